/* Streams of HTTP/3 by their type (RFC 9114 6.2, RFC 9204 4.2), and what is in those that have no
 * frames. A stream of frames is told by its first frame, any other by its head. */
#include <string.h>

#include "decode/http3_state.h"

hs_event *hs_h3_emit(hs_http3_decoder *d, hs_h3_stream *stream, const hs_message *message)
{
    hs_event *event = hs_app_emit(&d->app, message);
    hs_app_add_number(&d->app, event, "stream", (int64_t)stream->id);
    if (message->type != HS_HTTP3_EVENT_STREAM) {
        hs_app_add_text(&d->app, event, "stream_type", stream->kind_name);
    }
    if (stream->kind == HS_H3_PUSH && stream->kind_name) {
        hs_app_add_number(&d->app, event, "push_id", (int64_t)stream->push_id);
    }
    if (stream->start < stream->early_end) {
        hs_app_add_text(&d->app, event, "early_data", "yes");
    }
    stream->kind_name = NULL;
    stream->event = event;
    return event;
}

bool hs_h3_is_critical(const hs_h3_stream *stream)
{
    return stream->kind == HS_H3_CONTROL || stream->kind == HS_H3_ENCODER ||
           stream->kind == HS_H3_DECODER;
}

/* There may be one of these of each side. A second one is not followed. */
static void decide_unique(bool *has, hs_h3_stream *stream, hs_h3_kind kind)
{
    if (*has) {
        stream->kind = HS_H3_OTHER;
        stream->problem = "there is one of this type already";
        return;
    }
    *has = true;
    stream->kind = kind;
}

static void decide(hs_http3_decoder *d, hs_h3_stream *stream, uint64_t type)
{
    hs_side from = stream->side.from;
    switch (type) {
    case HS_HTTP3_STREAM_CONTROL:
        decide_unique(&d->has_control[from], stream, HS_H3_CONTROL);
        break;
    case HS_HTTP3_STREAM_QPACK_ENCODER:
        decide_unique(&d->has_encoder[from], stream, HS_H3_ENCODER);
        break;
    case HS_HTTP3_STREAM_QPACK_DECODER:
        decide_unique(&d->has_decoder[from], stream, HS_H3_DECODER);
        break;
    case HS_HTTP3_STREAM_PUSH:
        stream->kind = HS_H3_PUSH;
        stream->problem = from == HS_CLIENT ? "only a server pushes" : NULL;
        break;
    default:
        stream->kind = HS_H3_OTHER;
        break;
    }
}

static const char *name_of(uint64_t type)
{
    const char *name = hs_http3_stream_name(type);
    if (!name) {
        return "unknown stream";
    }
    return hs_http3_is_reserved(type) ? "GREASE stream" : name;
}

static void show_head(hs_http3_decoder *d, hs_h3_stream *stream, const hs_message *message,
                      const hs_http3_stream_header *header)
{
    hs_event *event = hs_h3_emit(d, stream, message);
    const char *name = hs_http3_stream_name(header->type);
    if (!name || hs_http3_is_reserved(header->type)) {
        hs_event_add_format(d->app.trace, event, "type", "0x%llx",
                            (unsigned long long)header->type);
    }
    hs_app_add_text(&d->app, event, "problem", stream->problem);
    stream->problem = NULL;
}

static bool step_head(hs_http3_decoder *d, hs_h3_stream *stream)
{
    hs_app_side *side = &stream->side;
    hs_bytes bytes = hs_buffer_bytes(&side->buffer);
    hs_fault fault;
    hs_reader r;
    hs_http3_stream_header header;
    hs_reader_init(&r, bytes, &fault, NULL);
    if (hs_http3_read_stream_header(&r, &header) != HS_OK) {
        return false;
    }
    const char *name = name_of(header.type);
    hs_message message = hs_app_message(side, HS_LAYER_HTTP3, HS_HTTP3_EVENT_STREAM, name, r.pos);
    decide(d, stream, header.type);
    stream->start = side->consumed;
    if (stream->kind == HS_H3_CONTROL || stream->kind == HS_H3_PUSH) {
        memcpy(stream->head_bytes, bytes.data, r.pos);
        stream->head = message;
        stream->head.raw = hs_bytes_of(stream->head_bytes, r.pos);
        stream->kind_name = name;
        stream->push_id = header.push_id;
    } else {
        show_head(d, stream, &message, &header);
    }
    hs_app_take(side, r.pos);
    return true;
}

static bool step_encoder(hs_http3_decoder *d, hs_h3_stream *stream)
{
    hs_app_side *side = &stream->side;
    hs_bytes bytes = hs_buffer_bytes(&side->buffer);
    bool must_wait = hs_h3_qpack_waits(d, side->from) && bytes.len < HS_HTTP3_FRAME_MAX;
    if (bytes.len == 0 || (must_wait && !d->is_finishing)) {
        return false;
    }
    if (hs_h3_qpack_insert(d, side->from, bytes) == HS_MALFORMED) {
        hs_app_add_text(&d->app, stream->event, "malformed",
                        "QPACK encoder instructions: cannot be read, or not be followed");
    }
    hs_app_take(side, bytes.len);
    return true;
}

static bool step_other(hs_h3_stream *stream)
{
    size_t len = hs_buffer_bytes(&stream->side.buffer).len;
    hs_app_take(&stream->side, len);
    return len > 0;
}

static bool step_data(hs_h3_stream *stream)
{
    hs_app_side *side = &stream->side;
    size_t len = hs_buffer_bytes(&side->buffer).len;
    if (len > 0 && !side->run.is_open) {
        stream->start = side->consumed;
        hs_app_run_begin(side, HS_LAYER_DATA, 0, "data");
    }
    hs_app_run_take(side, len);
    return len > 0;
}

bool hs_h3_stream_step(hs_http3_decoder *d, hs_h3_stream *stream)
{
    switch (stream->kind) {
    case HS_H3_UNDECIDED:
        return step_head(d, stream);
    case HS_H3_CONTROL:
    case HS_H3_REQUEST:
    case HS_H3_PUSH:
        return hs_h3_frames_step(d, stream);
    case HS_H3_ENCODER:
        return step_encoder(d, stream);
    case HS_H3_DECODER:
    case HS_H3_OTHER:
        return step_other(stream);
    case HS_H3_DATA:
        return step_data(stream);
    case HS_H3_STOPPED:
        break;
    }
    return false;
}

static void finish_head(hs_http3_decoder *d, hs_h3_stream *stream)
{
    hs_app_side *side = &stream->side;
    size_t len = hs_buffer_bytes(&side->buffer).len;
    if (len == 0) {
        return;
    }
    hs_message message = hs_app_message(side, HS_LAYER_HTTP3, HS_HTTP3_EVENT_NO_FRAME, "stream",
                                        len);
    stream->start = side->consumed;
    hs_event *event = hs_h3_emit(d, stream, &message);
    hs_app_add_text(&d->app, event, "incomplete", "the stream header has not ended");
    hs_app_take(side, len);
}

/* Without its head. */
static void finish_counted(hs_http3_decoder *d, hs_h3_stream *stream)
{
    hs_app_side *side = &stream->side;
    hs_app_add_number(&d->app, stream->event, "length", (int64_t)side->received);
    if (stream->missing > 0) {
        hs_app_add_number(&d->app, stream->event, "missing", (int64_t)stream->missing);
    }
    hs_app_take(side, hs_buffer_bytes(&side->buffer).len);
}

static void finish_data(hs_http3_decoder *d, hs_h3_stream *stream)
{
    if (!stream->side.run.is_open) {
        return;
    }
    hs_message message = hs_app_run_message(&stream->side);
    hs_event *event = hs_h3_emit(d, stream, &message);
    hs_app_add_bytes(&d->app, event, "text", message.raw, HS_APP_TEXT_MAX);
    hs_app_add_text(&d->app, event, "problem", stream->problem);
    stream->problem = NULL;
}

static void finish_frames(hs_http3_decoder *d, hs_h3_stream *stream, bool fin)
{
    hs_h3_frames_finish(d, stream, fin);
    if (stream->kind_name) {
        hs_http3_stream_header header = {
            .type = stream->kind == HS_H3_PUSH ? HS_HTTP3_STREAM_PUSH : HS_HTTP3_STREAM_CONTROL};
        stream->start = 0;
        show_head(d, stream, &stream->head, &header);
    }
}

void hs_h3_stream_finish(hs_http3_decoder *d, hs_h3_stream *stream, bool fin)
{
    switch (stream->kind) {
    case HS_H3_UNDECIDED:
        finish_head(d, stream);
        break;
    case HS_H3_CONTROL:
    case HS_H3_REQUEST:
    case HS_H3_PUSH:
        finish_frames(d, stream, fin);
        break;
    case HS_H3_ENCODER:
    case HS_H3_DECODER:
    case HS_H3_OTHER:
        finish_counted(d, stream);
        break;
    case HS_H3_DATA:
        finish_data(d, stream);
        break;
    case HS_H3_STOPPED:
        break;
    }
}

void hs_h3_stream_gap(hs_http3_decoder *d, hs_h3_stream *stream, uint64_t length)
{
    switch (stream->kind) {
    case HS_H3_CONTROL:
    case HS_H3_REQUEST:
    case HS_H3_PUSH:
        if (hs_h3_frames_gap(d, stream, length)) {
            return;
        }
        hs_h3_stream_finish(d, stream, false);
        stream->kind = HS_H3_DATA;
        break;
    case HS_H3_UNDECIDED:
    case HS_H3_DATA:
        hs_h3_stream_finish(d, stream, false);
        stream->kind = HS_H3_DATA;
        break;
    case HS_H3_ENCODER:
        hs_h3_qpack_break(d, stream->side.from, "QPACK insertions are missing");
        hs_h3_run(d, stream);
        hs_h3_retry_sections(d);
        stream->missing += length;
        break;
    case HS_H3_DECODER:
    case HS_H3_OTHER:
        stream->missing += length;
        break;
    case HS_H3_STOPPED:
        break;
    }
}
