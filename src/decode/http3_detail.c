/* What there is to tell of an HTTP/3 frame, in a person's order. */
#include "decode/http3_state.h"

static void add_settings(hs_http3_decoder *d, hs_event *event, hs_bytes content)
{
    enum { SHOWN_MAX = 64 };
    hs_http3_setting setting;
    int64_t count = 0;
    for (; hs_http3_next_setting(&content, &setting); count++) {
        const char *name = hs_http3_setting_name(setting.id);
        if (count >= SHOWN_MAX) {
            continue;
        }
        if (!name && event) {
            name = hs_arena_printf(hs_trace_arena(d->app.trace), "0x%llx",
                                   (unsigned long long)setting.id);
        }
        if (name) {
            hs_app_add_number(&d->app, event, name, (int64_t)setting.value);
        }
    }
    if (count > SHOWN_MAX) {
        hs_app_add_number(&d->app, event, "further_settings", count - SHOWN_MAX);
    }
}

static void add_priority(hs_http3_decoder *d, hs_event *event, hs_bytes priority)
{
    if (priority.len > 0) { /* else it is the default */
        hs_app_add_bytes(&d->app, event, "priority", priority, HS_APP_VALUE_MAX);
    }
}

static void add_id(hs_http3_decoder *d, hs_event *event, const char *key, uint64_t id)
{
    hs_app_add_number(&d->app, event, key, (int64_t)id);
}

void hs_h3_detail(hs_http3_decoder *d, const hs_h3_stream *stream, hs_event *event,
                  const hs_http3_frame *frame)
{
    switch (frame->header.type) {
    case HS_HTTP3_HEADERS:
        hs_h3_fields(d, stream, event, frame);
        break;
    case HS_HTTP3_PUSH_PROMISE:
        add_id(d, event, "push_id", frame->id);
        hs_h3_fields(d, stream, event, frame);
        break;
    case HS_HTTP3_SETTINGS:
        add_settings(d, event, frame->content);
        break;
    case HS_HTTP3_CANCEL_PUSH:
        add_id(d, event, "push_id", frame->id);
        break;
    case HS_HTTP3_MAX_PUSH_ID:
        add_id(d, event, "max_push_id", frame->id);
        break;
    case HS_HTTP3_GOAWAY:
        add_id(d, event, stream->side.from == HS_SERVER ? "first_unprocessed_stream" : "push_id",
               frame->id);
        break;
    case HS_HTTP3_ORIGIN:
        hs_app_add_origins(&d->app, event, frame->content);
        break;
    case HS_HTTP3_PRIORITY_UPDATE:
        add_id(d, event, "prioritized_stream", frame->id);
        add_priority(d, event, frame->content);
        break;
    case HS_HTTP3_PRIORITY_UPDATE_PUSH:
        add_id(d, event, "prioritized_push", frame->id);
        add_priority(d, event, frame->content);
        break;
    default:
        break;
    }
}
