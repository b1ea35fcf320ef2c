/* The frames of one direction of a stream. Frames that may be long and say little (DATA, unknown
 * types) are kept in part; of the others all is read. */
#include "decode/http3_state.h"

static void take(hs_h3_half *half, size_t len)
{
    hs_buffer_consume(&half->buffer, len);
    half->consumed += len;
    hs_app_map_forget(&half->map, half->consumed);
}

/* --- stream types --- */

static hs_h3_kind kind_of_type(uint64_t type)
{
    switch (type) {
    case HS_HTTP3_STREAM_CONTROL:
        return HS_H3_CONTROL;
    case HS_HTTP3_STREAM_PUSH:
        return HS_H3_PUSH;
    case HS_HTTP3_STREAM_QPACK_ENCODER:
        return HS_H3_QPACK_ENCODER;
    default: /* the decoder's stream says only what was taken */
        return HS_H3_IGNORED;
    }
}

static bool step_type(hs_h3_half *half)
{
    hs_fault fault;
    hs_reader r;
    hs_http3_stream_header header;
    hs_bytes bytes = hs_buffer_bytes(&half->buffer);
    hs_reader_init(&r, bytes, &fault, NULL);
    if (hs_http3_read_stream_header(&r, &header) != HS_OK) {
        return false;
    }
    take(half, bytes.len - hs_reader_left(&r));
    half->kind = kind_of_type(header.type);
    if (half->kind == HS_H3_IGNORED) {
        take(half, hs_buffer_bytes(&half->buffer).len);
    }
    return true;
}

/* --- frames --- */

static void end_long(hs_http3_decoder *d, hs_h3_half *half)
{
    half->in_long = false;
    half->message.bytes += (size_t)(half->header.length - half->left);
    hs_event *event = hs_h3_emit(d, half, &half->message);
    hs_h3_add_number(d, event, "length", half->header.length);
    if (!hs_http3_frame_name(half->header.type) || hs_http3_is_reserved(half->header.type)) {
        hs_event_add_format(d->trace, event, "type", "0x%llx",
                            (unsigned long long)half->header.type);
    }
    hs_h3_add_text(d, event, "problem", hs_h3_order_problem(half, half->header.type));
    if (half->left > 0) {
        hs_event_add_format(d->trace, event, "incomplete", "%llu bytes have not come",
                            (unsigned long long)half->left);
    }
}

static bool step_long(hs_http3_decoder *d, hs_h3_half *half)
{
    size_t there = hs_buffer_bytes(&half->buffer).len;
    size_t len = there < half->left ? there : (size_t)half->left;
    if (len > 0) {
        half->message.end = hs_app_map_find(&half->map, half->consumed, len).end;
        take(half, len);
        half->left -= len;
    }
    if (half->left > 0) {
        return false;
    }
    end_long(d, half);
    return true;
}

static void begin_long(hs_http3_decoder *d, hs_h3_half *half, const hs_http3_header *header,
                       size_t header_len)
{
    half->in_long = true;
    half->header = *header;
    half->left = header->length;
    half->message = hs_h3_message(half, header->type, header_len);
    /* Its bytes are gone by the time that it is told. */
    half->message.raw = (hs_bytes){0};
    hs_h3_mark(d, half, header->type, &half->message);
    take(half, header_len);
}

static void handle_frame(hs_http3_decoder *d, hs_h3_half *half, uint64_t type, size_t len)
{
    hs_fault fault;
    hs_reader r;
    hs_http3_frame frame;
    hs_message message = hs_h3_message(half, type, len);
    hs_event *event = hs_h3_emit(d, half, &message);
    const char *problem = hs_h3_order_problem(half, type);
    hs_reader_init(&r, hs_bytes_of(hs_buffer_bytes(&half->buffer).data, len), &fault, NULL);
    hs_h3_mark(d, half, type, &message);
    if (hs_http3_read_frame(&r, &frame) == HS_OK) {
        hs_h3_tell(d, half, event, &frame, &message);
        problem = problem ? problem : hs_http3_frame_problem(&frame, NULL);
    } else {
        hs_event_add_format(d->trace, event, "malformed", "%s: %s", fault.field, fault.why);
    }
    hs_h3_add_text(d, event, "problem", problem);
    take(half, len);
}

static bool is_long(const hs_http3_header *header)
{
    return header->type == HS_HTTP3_DATA || !hs_http3_frame_name(header->type) ||
           hs_http3_is_reserved(header->type) || header->length > HS_HTTP3_FRAME_MAX;
}

static bool step_frame(hs_http3_decoder *d, hs_h3_half *half)
{
    hs_fault fault;
    hs_reader r;
    hs_http3_header header;
    hs_bytes bytes = hs_buffer_bytes(&half->buffer);
    hs_reader_init(&r, bytes, &fault, NULL);
    if (bytes.len == 0 || hs_http3_read_header(&r, &header) != HS_OK) {
        return false;
    }
    size_t header_len = bytes.len - hs_reader_left(&r);
    if (is_long(&header)) {
        begin_long(d, half, &header, header_len);
        return true;
    }
    if (bytes.len - header_len < header.length) {
        return false;
    }
    handle_frame(d, half, header.type, header_len + (size_t)header.length);
    return true;
}

static bool step_once(hs_http3_decoder *d, hs_h3_half *half)
{
    switch (half->kind) {
    case HS_H3_UNKNOWN:
        return step_type(half);
    case HS_H3_REQUEST:
    case HS_H3_CONTROL:
    case HS_H3_PUSH:
        return half->in_long ? step_long(d, half) : step_frame(d, half);
    case HS_H3_QPACK_ENCODER:
        hs_h3_qpack_encoder(d, half->from, hs_buffer_bytes(&half->buffer));
        take(half, hs_buffer_bytes(&half->buffer).len);
        return false;
    case HS_H3_IGNORED:
        break;
    }
    return false;
}

void hs_h3_step(hs_http3_decoder *d, hs_h3_half *half)
{
    while (step_once(d, half)) {
    }
}

void hs_h3_finish_half(hs_http3_decoder *d, hs_h3_half *half)
{
    bool has_frames = half->kind == HS_H3_REQUEST || half->kind == HS_H3_CONTROL ||
                      half->kind == HS_H3_PUSH;
    size_t len = hs_buffer_bytes(&half->buffer).len;
    if (has_frames && half->in_long) {
        end_long(d, half);
    } else if (has_frames && len > 0) {
        hs_fault fault;
        hs_reader r;
        hs_http3_header header;
        hs_reader_init(&r, hs_buffer_bytes(&half->buffer), &fault, NULL);
        bool has_header = hs_http3_read_header(&r, &header) == HS_OK;
        hs_message message = hs_h3_message(half, has_header ? header.type : UINT64_MAX, len);
        hs_event *event = hs_h3_emit(d, half, &message);
        hs_h3_add_text(d, event, "incomplete",
                       has_header ? "the payload has not ended" : "the frame header has not ended");
        take(half, len);
    }
}
