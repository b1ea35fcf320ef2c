/* HTTP/2 (RFC 9113) frames of one direction. Frames that may be long and say little (DATA, unknown
 * types) are kept in part; of the others all is read. */
#include "decode/application_state.h"

enum { FRAME_MAX = 64 * 1024 }; /* longest payload that is read whole */

static const char *name_of(uint8_t type)
{
    const char *name = hs_http2_type_name(type);
    return name ? name : "unknown frame";
}

static bool step_preface(hs_application *app, hs_app_side *side)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, hs_buffer_bytes(&side->buffer), &fault, NULL);
    hs_result result = hs_http2_read_preface(&r);
    if (result == HS_NEED_MORE) {
        return false;
    }
    if (result != HS_OK) {
        side->protocol = HS_APP_DATA;
        side->fault = fault;
        return true;
    }
    hs_message message = hs_app_message(side, HS_LAYER_HTTP2, HS_APP_PREFACE, "connection preface",
                                        HS_HTTP2_PREFACE_LEN);
    (void)hs_app_emit(app, &message);
    hs_app_mark_end(app, HS_MILESTONE_SETTINGS_START, &message);
    hs_app_take(side, HS_HTTP2_PREFACE_LEN);
    side->http2.has_preface = true;
    return true;
}

/* Of fields that were not read. */
static void mark(hs_application *app, const hs_app_side *side, uint8_t type,
                 const hs_message *message)
{
    if (type != HS_HTTP2_HEADERS) {
        return;
    }
    if (side->from == HS_CLIENT) {
        hs_app_mark_end(app, HS_MILESTONE_REQUEST, message);
    } else {
        hs_app_mark_first(app, HS_MILESTONE_FIRST_RESPONSE, message);
    }
}

static const char *order_problem(hs_app_side *side, const hs_http2_header *header)
{
    hs_app_http2 *http2 = &side->http2;
    const char *problem = side->problem;
    bool is_first = !http2->has_settings;
    side->problem = NULL;
    http2->has_settings = true;
    if (problem) {
        return problem;
    }
    if (is_first && header->type != HS_HTTP2_SETTINGS) {
        return "the first frame is not SETTINGS";
    }
    if (http2->in_block && header->type != HS_HTTP2_CONTINUATION) {
        return "a field block has not ended";
    }
    return NULL;
}

/* A frame whose payload is not looked at. */
static void end_long_frame(hs_application *app, hs_app_side *side, uint64_t left)
{
    const hs_http2_header *header = &side->http2.header;
    hs_event *event = hs_app_run_end(app, side);
    hs_app_http2_header_detail(app, event, header);
    hs_app_add_number(app, event, "length", header->length);
    const char *problem = order_problem(side, header);
    if (!problem && header->type == HS_HTTP2_DATA && header->stream_id == 0) {
        problem = "must be on a stream";
    }
    hs_app_add_text(app, event, "problem", problem);
    bool has_fields = header->type == HS_HTTP2_HEADERS || header->type == HS_HTTP2_CONTINUATION ||
                      header->type == HS_HTTP2_PUSH_PROMISE;
    if (has_fields) {
        side->http2.is_broken = true;
        hs_app_add_text(app, event, "fields", "too long to be read");
    }
    if (left > 0) {
        hs_event_add_format(app->trace, event, "incomplete", "%llu bytes have not come",
                            (unsigned long long)left);
        return;
    }
    mark(app, side, header->type, &side->run.message);
}

static bool step_long_frame(hs_application *app, hs_app_side *side)
{
    bool took = hs_app_run_take_left(side);
    if (side->run.left > 0) {
        return took;
    }
    end_long_frame(app, side, 0);
    return true;
}

static void set_settings(hs_application *app, hs_bytes content)
{
    enum { SETTINGS_MAX = 256 };
    hs_http2_facts *facts = &app->trace->http2;
    size_t count = content.len / HS_HTTP2_SETTING_LEN;
    count = count < SETTINGS_MAX ? count : SETTINGS_MAX;
    facts->present = true;
    hs_setting *settings = hs_arena_alloc(hs_trace_arena(app->trace),
                                          (count + 1) * sizeof *settings);
    if (!settings) {
        return;
    }
    hs_http2_setting setting;
    for (size_t i = 0; i < count && hs_http2_next_setting(&content, &setting); i++) {
        settings[i] = (hs_setting){setting.id, setting.value};
    }
    facts->settings = settings;
    facts->setting_count = count;
}

static void set_facts(hs_application *app, hs_app_side *side, const hs_http2_frame *frame,
                      const hs_message *message)
{
    hs_http2_facts *facts = &app->trace->http2;
    if (side->from != HS_SERVER) {
        side->http2.said_goodbye |= frame->header.type == HS_HTTP2_GOAWAY;
        return;
    }
    if (frame->header.type == HS_HTTP2_SETTINGS && !(frame->header.flags & HS_HTTP2_FLAG_ACK) &&
        !facts->present) {
        set_settings(app, frame->content);
        if (app->sides[HS_CLIENT].protocol != HS_APP_HTTP1) {
            hs_app_mark_end(app, HS_MILESTONE_SETTINGS_DONE, message);
        }
    } else if (frame->header.type == HS_HTTP2_GOAWAY &&
               (frame->error != HS_HTTP2_NO_ERROR ||
                (!facts->has_goaway && !hs_app_other(app, side)->http2.said_goodbye))) {
        facts->has_goaway = true;
        facts->goaway_error = frame->error;
    }
}

static void handle_frame(hs_application *app, hs_app_side *side, size_t len)
{
    hs_bytes bytes = {hs_buffer_bytes(&side->buffer).data, len};
    hs_fault fault;
    hs_reader r;
    hs_http2_frame frame;
    hs_reader_init(&r, bytes, &fault, NULL);
    hs_result result = hs_http2_read_frame(&r, &frame);
    uint8_t type = side->http2.header.type;
    hs_message message = hs_app_message(side, HS_LAYER_HTTP2, type, name_of(type), len);
    hs_event *event = hs_app_emit(app, &message);
    hs_app_http2_header_detail(app, event, &side->http2.header);
    const char *problem = order_problem(side, &side->http2.header);
    if (result == HS_OK) {
        set_facts(app, side, &frame, &message);
        hs_app_http2_table_size(app, side, &frame);
        hs_app_http2_detail(app, side, event, &frame);
        problem = problem ? problem : hs_http2_frame_problem(&frame);
    } else {
        side->http2.block = (hs_app_block){.stream = side->http2.header.stream_id};
        hs_app_add_fault(app, event, &fault);
    }
    hs_app_add_text(app, event, "problem", problem);
    if (type == HS_HTTP2_HEADERS || type == HS_HTTP2_CONTINUATION) {
        hs_app_http2_headers(app, side, &message);
    } else if (type == HS_HTTP2_DATA && result == HS_OK) {
        hs_app_tunnel_data(app, side, frame.content);
    }
    hs_app_take(side, len);
}

bool hs_app_http2_step(hs_application *app, hs_app_side *side)
{
    if (side->run.is_open) {
        return step_long_frame(app, side);
    }
    if (side->from == HS_CLIENT && !side->http2.has_preface) {
        return step_preface(app, side);
    }
    hs_bytes bytes = hs_buffer_bytes(&side->buffer);
    hs_fault fault;
    hs_reader r;
    hs_http2_header *header = &side->http2.header;
    hs_reader_init(&r, bytes, &fault, NULL);
    if (hs_http2_read_header(&r, header) != HS_OK) {
        return false;
    }
    bool is_data = header->type == HS_HTTP2_DATA;
    bool carries = is_data && hs_app_tunnel_carries(app, side);
    bool is_long = (is_data && !carries) || !hs_http2_type_name(header->type) ||
                   header->length > FRAME_MAX;
    if (is_long) {
        if (carries) {
            hs_app_tunnel_stop(app, side);
        }
        hs_app_run_begin(side, HS_LAYER_HTTP2, header->type, name_of(header->type));
        hs_app_run_take(side, HS_HTTP2_HEADER_LEN);
        side->run.left = header->length;
        if (side->from == HS_SERVER) {
            mark(app, side, header->type, &side->run.message);
        }
        return true;
    }
    size_t len = HS_HTTP2_HEADER_LEN + header->length;
    if (bytes.len < len) {
        return false;
    }
    handle_frame(app, side, len);
    return true;
}

/* What has come of a frame that is not whole. */
static void finish_frame(hs_application *app, hs_app_side *side)
{
    hs_bytes bytes = hs_buffer_bytes(&side->buffer);
    if (bytes.len == 0) {
        return;
    }
    if (side->from == HS_CLIENT && !side->http2.has_preface) {
        side->protocol = HS_APP_DATA;
        return;
    }
    hs_fault fault;
    hs_reader r;
    hs_http2_header header;
    hs_reader_init(&r, bytes, &fault, NULL);
    bool has_header = hs_http2_read_header(&r, &header) == HS_OK;
    hs_message message = hs_app_message(side, HS_LAYER_HTTP2,
                                        has_header ? header.type : HS_APP_NO_FRAME,
                                        has_header ? name_of(header.type) : "frame", bytes.len);
    hs_event *event = hs_app_emit(app, &message);
    if (has_header) {
        hs_app_http2_header_detail(app, event, &header);
        if (side->from == HS_SERVER) {
            mark(app, side, header.type, &message);
        }
        hs_event_add_format(app->trace, event, "incomplete", "%zu bytes have not come",
                            HS_HTTP2_HEADER_LEN + header.length - bytes.len);
    } else {
        hs_app_add_text(app, event, "incomplete", "the frame header has not ended");
    }
    hs_app_take(side, bytes.len);
}

void hs_app_http2_finish(hs_application *app, hs_app_side *side)
{
    if (side->run.is_open) {
        end_long_frame(app, side, side->run.left);
    }
    hs_app_http2_headers_end(app, side);
    finish_frame(app, side);
    hs_app_tunnel_stop(app, side);
}
