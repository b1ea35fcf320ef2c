/* Which frame may stand where: RFC 9114 4.1, 5.2, 6.2.1 and 7.2, RFC 9218 7.2. */
#include "decode/http3_state.h"

static const char *sender_problem(const hs_h3_stream *stream, uint64_t type)
{
    bool is_client = stream->side.from == HS_CLIENT;
    switch (type) {
    case HS_HTTP3_PUSH_PROMISE:
        return is_client ? "only a server sends this frame" : NULL;
    case HS_HTTP3_MAX_PUSH_ID:
    case HS_HTTP3_PRIORITY_UPDATE:
    case HS_HTTP3_PRIORITY_UPDATE_PUSH:
        return is_client ? NULL : "only a client sends this frame";
    default:
        return NULL;
    }
}

static const char *control_problem(hs_h3_stream *stream, uint64_t type)
{
    bool is_first = !stream->has_frame;
    if (is_first && type != HS_HTTP3_SETTINGS) {
        return "the first frame is not SETTINGS";
    }
    if (!is_first && type == HS_HTTP3_SETTINGS) {
        return "SETTINGS may come once";
    }
    return NULL;
}

/* Fields, then the body, then the trailer section; answers that are not final come before. */
static const char *message_problem(hs_h3_stream *stream, uint64_t type)
{
    bool is_headers = type == HS_HTTP3_HEADERS;
    if (!is_headers && type != HS_HTTP3_DATA) {
        return NULL;
    }
    if (stream->has_trailer) {
        return "it follows the trailer section";
    }
    if (!is_headers && !stream->has_headers) {
        return "DATA without HEADERS before it";
    }
    stream->has_trailer = is_headers && stream->has_data;
    stream->has_headers = true;
    stream->has_data = stream->has_data || !is_headers;
    return NULL;
}

const char *hs_h3_order_problem(hs_h3_stream *stream, uint64_t type)
{
    const char *problem = NULL;
    hs_http3_place place = HS_HTTP3_ON_REQUEST;
    if (stream->kind == HS_H3_CONTROL) {
        place = HS_HTTP3_ON_CONTROL;
        problem = control_problem(stream, type);
    } else {
        place = stream->kind == HS_H3_PUSH ? HS_HTTP3_ON_PUSH : HS_HTTP3_ON_REQUEST;
        problem = message_problem(stream, type);
    }
    stream->has_frame = true;
    if (!hs_http3_frame_is_allowed(type, place)) {
        return "this frame may not be on this stream";
    }
    return problem ? problem : sender_problem(stream, type);
}

const char *hs_h3_id_problem(hs_h3_stream *stream, const hs_http3_frame *frame)
{
    const char *problem = NULL;
    if (frame->header.type == HS_HTTP3_GOAWAY) {
        if (stream->side.from == HS_SERVER && frame->id % 4 != 0) {
            problem = "the ID is of no request stream";
        } else if (frame->id > stream->goaway_id) {
            problem = "the ID is larger than that of the GOAWAY before";
        }
        stream->goaway_id = frame->id;
    } else if (frame->header.type == HS_HTTP3_MAX_PUSH_ID) {
        if (frame->id < stream->max_push_id) {
            problem = "the ID is smaller than that of the MAX_PUSH_ID before";
        }
        stream->max_push_id = frame->id;
    }
    return problem;
}
