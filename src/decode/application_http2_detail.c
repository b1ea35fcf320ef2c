/* What there is to tell of an HTTP/2 frame, in a person's order. */
#include "decode/application_state.h"

void hs_app_http2_header_detail(hs_application *app, hs_event *event, const hs_http2_header *header)
{
    if (header->stream_id != 0) {
        hs_app_add_number(app, event, "stream", header->stream_id);
    }
    char text[64]; /* the longest: HEADERS with all its flags */
    hs_writer w;
    hs_writer_init(&w, text, sizeof text);
    uint8_t flags = header->flags;
    const char *flag;
    while ((flag = hs_http2_next_flag(header->type, &flags)) != NULL) {
        hs_write_text(&w, w.len > 0 ? ", " : "");
        hs_write_text(&w, flag);
    }
    if (w.len > 0) {
        hs_write_u8(&w, 0);
        hs_app_add_text(app, event, "flags", hs_writer_result(&w) == HS_OK ? text : NULL);
    }
    if (flags != 0) {
        hs_event_add_format(app->trace, event, "unknown_flags", "0x%02x", flags);
    }
    if (!hs_http2_type_name(header->type)) {
        hs_event_add_format(app->trace, event, "type", "0x%02x", header->type);
    }
}

static void add_error(hs_application *app, hs_event *event, uint32_t error)
{
    const char *name = hs_http2_error_name(error);
    if (name) {
        hs_app_add_text(app, event, "error", name);
    } else {
        hs_event_add_format(app->trace, event, "error", "0x%x", error);
    }
}

static void add_settings(hs_application *app, hs_event *event, hs_bytes content)
{
    enum { SHOWN_MAX = 64 };
    hs_http2_setting setting;
    for (int i = 0; hs_http2_next_setting(&content, &setting); i++) {
        const char *name = hs_http2_setting_name(setting.id);
        if (i == SHOWN_MAX) {
            hs_app_add_number(app, event, "further_settings",
                              (int64_t)(content.len / HS_HTTP2_SETTING_LEN + 1));
            return;
        }
        if (!name && event) {
            name = hs_arena_printf(hs_trace_arena(app->trace), "0x%04x", setting.id);
        }
        if (name) {
            hs_app_add_number(app, event, name, setting.value);
        }
    }
}

static void add_priority(hs_application *app, hs_event *event, const hs_http2_priority *priority)
{
    hs_app_add_number(app, event, "weight", priority->weight + 1);
    hs_app_add_number(app, event, "depends_on", priority->dependency);
    if (priority->exclusive) {
        hs_app_add_number(app, event, "exclusive", 1);
    }
}

static void add_fields(hs_application *app, hs_app_side *side, hs_event *event,
                       const hs_http2_frame *frame)
{
    hs_app_http2_fields(app, side, event, frame->content,
                        (frame->header.flags & HS_HTTP2_FLAG_END_HEADERS) != 0);
}

void hs_app_http2_detail(hs_application *app, hs_app_side *side, hs_event *event,
                         const hs_http2_frame *frame)
{
    switch (frame->header.type) {
    case HS_HTTP2_DATA:
        hs_app_add_number(app, event, "length", frame->header.length);
        break;
    case HS_HTTP2_HEADERS:
        add_fields(app, side, event, frame);
        if (frame->has_priority) {
            add_priority(app, event, &frame->priority);
        }
        break;
    case HS_HTTP2_CONTINUATION:
        add_fields(app, side, event, frame);
        break;
    case HS_HTTP2_PUSH_PROMISE:
        hs_app_add_number(app, event, "promised_stream", frame->stream_id);
        add_fields(app, side, event, frame);
        break;
    case HS_HTTP2_PRIORITY:
        add_priority(app, event, &frame->priority);
        break;
    case HS_HTTP2_RST_STREAM:
        add_error(app, event, frame->error);
        break;
    case HS_HTTP2_SETTINGS:
        add_settings(app, event, frame->content);
        break;
    case HS_HTTP2_PING:
        if (event) {
            hs_app_add_text(app, event, "data",
                            hs_arena_hex(hs_trace_arena(app->trace), frame->content));
        }
        break;
    case HS_HTTP2_GOAWAY:
        add_error(app, event, frame->error);
        hs_app_add_number(app, event, "last_stream", frame->stream_id);
        if (frame->content.len > 0) {
            hs_app_add_bytes(app, event, "debug", frame->content, HS_APP_VALUE_MAX);
        }
        break;
    case HS_HTTP2_WINDOW_UPDATE:
        hs_app_add_number(app, event, "increment", frame->increment);
        break;
    case HS_HTTP2_ALTSVC:
        hs_app_add_bytes(app, event, "origin", frame->origin, HS_APP_VALUE_MAX);
        hs_app_add_bytes(app, event, "alt-svc", frame->content, HS_APP_VALUE_MAX);
        break;
    case HS_HTTP2_ORIGIN:
        hs_app_add_origins(app, event, frame->content);
        break;
    case HS_HTTP2_PRIORITY_UPDATE:
        hs_app_add_number(app, event, "prioritized_stream", frame->stream_id);
        hs_app_add_bytes(app, event, "priority", frame->content, HS_APP_VALUE_MAX);
        break;
    default:
        break;
    }
}
