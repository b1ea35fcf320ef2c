/* HTTP/3 frames (RFC 9114 7) of one stream's half. Frames that may be long and say little (DATA,
 * unknown types) are kept in part; of the others all is read. */
#include "decode/http3_state.h"

static const char *name_of(uint64_t type)
{
    const char *name = hs_http3_frame_name(type);
    return name ? name : "unknown frame";
}

static unsigned event_type(uint64_t type)
{
    return type < HS_HTTP3_EVENT_FRAME_MAX ? (unsigned)type : HS_HTTP3_EVENT_FRAME_MAX;
}

static bool has_fields(uint64_t type)
{
    return type == HS_HTTP3_HEADERS || type == HS_HTTP3_PUSH_PROMISE;
}

static bool is_long(const hs_http3_header *header)
{
    return header->type == HS_HTTP3_DATA || !hs_http3_frame_name(header->type) ||
           hs_http3_is_reserved(header->type) || header->length > HS_HTTP3_FRAME_MAX;
}

/* HS_OK: `len` is the header's own length. */
static hs_result read_header(hs_bytes bytes, hs_http3_header *header, size_t *len)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, bytes, &fault, NULL);
    hs_result result = hs_http3_read_header(&r, header);
    *len = r.pos;
    return result;
}

static void add_type(hs_http3_decoder *d, hs_event *event, uint64_t type)
{
    if (!hs_http3_frame_name(type) || hs_http3_is_reserved(type)) {
        hs_event_add_format(d->app.trace, event, "type", "0x%llx", (unsigned long long)type);
    }
}

/* What is wrong with the stream comes before what is wrong with the frame. */
static const char *problem_of(hs_h3_stream *stream, const hs_http3_frame *frame)
{
    const char *problem = stream->problem;
    const char *order = hs_h3_order_problem(stream, frame->header.type);
    stream->problem = NULL;
    problem = problem ? problem : hs_http3_frame_problem(frame, NULL);
    return problem ? problem : order;
}

static void begin_run(hs_http3_decoder *d, hs_h3_stream *stream, size_t header_len)
{
    hs_app_side *side = &stream->side;
    const hs_http3_header *header = &stream->header;
    stream->start = side->consumed;
    stream->missing = 0;
    hs_app_run_begin(side, HS_LAYER_HTTP3, event_type(header->type), name_of(header->type));
    hs_app_run_take(side, header_len);
    side->run.left = header->length;
    if (side->from == HS_SERVER) {
        hs_h3_mark(d, stream, header->type, &side->run.message);
    }
}

/* A frame whose payload is not looked at. */
static void end_run(hs_http3_decoder *d, hs_h3_stream *stream, bool fin)
{
    const hs_http3_frame frame = {.header = stream->header};
    uint64_t type = frame.header.type;
    uint64_t left = stream->side.run.left;
    hs_message message = hs_app_run_message(&stream->side);
    hs_event *event = hs_h3_emit(d, stream, &message);
    add_type(d, event, type);
    hs_app_add_number(&d->app, event, "length", (int64_t)frame.header.length);
    if (stream->missing > 0) {
        hs_app_add_number(&d->app, event, "missing", (int64_t)stream->missing);
    }
    hs_app_add_text(&d->app, event, "problem", problem_of(stream, &frame));
    if (has_fields(type) && left == 0) {
        bool is_too_long = frame.header.length > HS_HTTP3_FRAME_MAX;
        hs_app_add_text(&d->app, event, "fields",
                        is_too_long ? "too long to be read" : "bytes of them are missing");
    }
    if (left == 0) {
        hs_h3_mark(d, stream, type, &message);
        return;
    }
    hs_event_add_format(d->app.trace, event, "incomplete", "%llu bytes have not come",
                        (unsigned long long)left);
    hs_app_add_text(&d->app, event, "problem", fin ? "the stream ends within the frame" : NULL);
}

static bool step_run(hs_http3_decoder *d, hs_h3_stream *stream)
{
    hs_app_run *run = &stream->side.run;
    size_t kept = run->kept_len;
    bool took = hs_app_run_take_left(&stream->side);
    if (stream->missing > 0) {
        run->kept_len = kept; /* what is kept is the frame's beginning */
    }
    if (run->left > 0) {
        return took;
    }
    end_run(d, stream, false);
    return true;
}

static void handle_frame(hs_http3_decoder *d, hs_h3_stream *stream, size_t len)
{
    hs_app_side *side = &stream->side;
    hs_bytes bytes = {hs_buffer_bytes(&side->buffer).data, len};
    uint64_t type = stream->header.type;
    hs_fault fault;
    hs_reader r;
    hs_http3_frame frame;
    hs_reader_init(&r, bytes, &fault, NULL);
    hs_result result = hs_http3_read_frame(&r, &frame);
    hs_message message = hs_app_message(side, HS_LAYER_HTTP3, event_type(type), name_of(type), len);
    stream->start = side->consumed;
    hs_event *event = hs_h3_emit(d, stream, &message);
    bool is_first = !stream->has_frame;
    const char *problem = problem_of(stream, &frame);
    hs_h3_mark(d, stream, type, &message);
    if (result == HS_OK) {
        if (stream->kind == HS_H3_CONTROL) {
            const char *id_problem = hs_h3_id_problem(stream, &frame);
            problem = problem ? problem : id_problem;
            hs_h3_set_facts(d, stream, &frame, is_first, &message);
        }
        hs_h3_detail(d, stream, event, &frame);
    } else {
        hs_app_add_fault(&d->app, event, &fault);
    }
    hs_app_add_text(&d->app, event, "problem", problem);
    hs_app_take(side, len);
}

bool hs_h3_frames_step(hs_http3_decoder *d, hs_h3_stream *stream)
{
    if (stream->side.run.is_open) {
        return step_run(d, stream);
    }
    hs_bytes bytes = hs_buffer_bytes(&stream->side.buffer);
    hs_http3_header *header = &stream->header;
    size_t header_len;
    if (read_header(bytes, header, &header_len) != HS_OK) {
        return false;
    }
    if (is_long(header)) {
        begin_run(d, stream, header_len);
        return true;
    }
    size_t len = header_len + (size_t)header->length;
    if (bytes.len < len) {
        return false;
    }
    handle_frame(d, stream, len);
    return true;
}

static void finish_header(hs_http3_decoder *d, hs_h3_stream *stream, bool fin)
{
    hs_app_side *side = &stream->side;
    size_t len = hs_buffer_bytes(&side->buffer).len;
    hs_message message = hs_app_message(side, HS_LAYER_HTTP3, HS_HTTP3_EVENT_NO_FRAME, "frame",
                                        len);
    stream->start = side->consumed;
    hs_event *event = hs_h3_emit(d, stream, &message);
    hs_app_add_text(&d->app, event, "incomplete", "the frame header has not ended");
    hs_app_add_text(&d->app, event, "problem", fin ? "the stream ends within the frame" : NULL);
    hs_app_take(side, len);
}

void hs_h3_frames_finish(hs_http3_decoder *d, hs_h3_stream *stream, bool fin)
{
    hs_app_side *side = &stream->side;
    hs_bytes bytes = hs_buffer_bytes(&side->buffer);
    size_t header_len;
    if (!side->run.is_open && bytes.len > 0) {
        if (read_header(bytes, &stream->header, &header_len) != HS_OK) {
            finish_header(d, stream, fin);
            return;
        }
        begin_run(d, stream, header_len);
        (void)hs_app_run_take_left(side);
    }
    if (side->run.is_open) {
        end_run(d, stream, fin);
    }
}

bool hs_h3_frames_gap(hs_http3_decoder *d, hs_h3_stream *stream, uint64_t length)
{
    hs_app_side *side = &stream->side;
    hs_bytes bytes = hs_buffer_bytes(&side->buffer);
    size_t header_len;
    if (!side->run.is_open && read_header(bytes, &stream->header, &header_len) == HS_OK) {
        begin_run(d, stream, header_len);
        (void)hs_app_run_take_left(side);
    }
    if (!side->run.is_open || length > side->run.left) {
        return false;
    }
    side->run.left -= length;
    side->run.bytes += length;
    stream->missing += length;
    if (side->run.left == 0) {
        end_run(d, stream, false);
    }
    return true;
}
