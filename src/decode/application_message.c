/* From bytes in a direction's buffer to events, and what all protocols tell in the same way. */
#include <string.h>

#include "decode/application_state.h"

void hs_app_take(hs_app_side *side, size_t len)
{
    hs_buffer_consume(&side->buffer, len);
    side->consumed += len;
    hs_app_map_forget(&side->map, side->consumed);
}

hs_message hs_app_message(const hs_app_side *side, hs_layer layer, unsigned type, const char *name,
                          size_t len)
{
    hs_app_place place = hs_app_map_find(&side->map, side->consumed, len);
    return (hs_message){.from = side->from,
                        .layer = layer,
                        .type = (uint16_t)type,
                        .is_protected = place.is_protected,
                        .name = name,
                        .bytes = len,
                        .raw = {hs_buffer_bytes(&side->buffer).data, len},
                        .first = place.first,
                        .end = place.end};
}

/* Whether so much more of the trace's memory may be used. */
static bool spend(hs_application *app, size_t bytes)
{
    if (bytes > app->budget) {
        return false;
    }
    app->budget -= bytes;
    return true;
}

hs_event *hs_app_emit(hs_application *app, const hs_message *message)
{
    hs_message copy = *message;
    if (!hs_trace_keeps_bytes(app->trace) || !spend(app, copy.raw.len)) {
        copy.raw = (hs_bytes){0};
    }
    return hs_trace_add_event(app->trace, &copy);
}

void hs_app_add_bytes(hs_application *app, hs_event *event, const char *key, hs_bytes bytes,
                      size_t max)
{
    bytes.len = bytes.len < max ? bytes.len : max;
    /* Each byte may become four characters, twice: escaped, and copied into the detail. */
    if (!event || !spend(app, sizeof(hs_detail) + 8 * bytes.len)) {
        return;
    }
    hs_event_add_text(app->trace, event, key, hs_arena_escaped(hs_trace_arena(app->trace), bytes));
}

void hs_app_add_number(hs_application *app, hs_event *event, const char *key, int64_t number)
{
    if (event && spend(app, sizeof(hs_detail))) {
        hs_event_add_number(app->trace, event, key, number);
    }
}

void hs_app_add_text(hs_application *app, hs_event *event, const char *key, const char *text)
{
    if (event && text && spend(app, sizeof(hs_detail) + strlen(text))) {
        hs_event_add_text(app->trace, event, key, text);
    }
}

void hs_app_add_fault(hs_application *app, hs_event *event, const hs_fault *fault)
{
    hs_event_add_format(app->trace, event, "malformed", "%s: %s", fault->field, fault->why);
}

const char *hs_app_fact(hs_application *app, hs_bytes bytes)
{
    bytes.len = bytes.len < HS_APP_KEPT_MAX ? bytes.len : HS_APP_KEPT_MAX;
    return hs_arena_escaped(hs_trace_arena(app->trace), bytes);
}

void hs_app_mark_end(hs_application *app, hs_milestone milestone, const hs_message *message)
{
    uint64_t last = message->end > message->first ? message->end - 1 : message->first;
    hs_trace_mark_byte(app->trace, milestone, message->from, last);
}

void hs_app_mark_first(hs_application *app, hs_milestone milestone, const hs_message *message)
{
    hs_trace_mark_byte(app->trace, milestone, message->from, message->first);
}

void hs_app_run_begin(hs_app_side *side, hs_layer layer, unsigned type, const char *name)
{
    side->run.is_open = true;
    side->run.message = hs_app_message(side, layer, type, name, 1);
    side->run.bytes = 0;
    side->run.left = 0;
    side->run.kept_len = 0;
}

void hs_app_run_take(hs_app_side *side, size_t len)
{
    hs_app_run *run = &side->run;
    if (len == 0) {
        return;
    }
    hs_bytes bytes = hs_buffer_bytes(&side->buffer);
    size_t room = sizeof run->kept - run->kept_len;
    size_t kept = len < room ? len : room;
    memcpy(run->kept + run->kept_len, bytes.data, kept);
    run->kept_len += kept;
    run->bytes += len;
    run->message.end = hs_app_map_find(&side->map, side->consumed, len).end;
    hs_app_take(side, len);
}

bool hs_app_run_take_left(hs_app_side *side)
{
    size_t there = hs_buffer_bytes(&side->buffer).len;
    size_t len = there < side->run.left ? there : (size_t)side->run.left;
    side->run.left -= len;
    hs_app_run_take(side, len);
    return len > 0;
}

hs_bytes hs_app_run_kept(const hs_app_side *side)
{
    return (hs_bytes){side->run.kept, side->run.kept_len};
}

hs_message hs_app_run_message(hs_app_side *side)
{
    hs_app_run *run = &side->run;
    run->is_open = false;
    run->message.bytes = (size_t)run->bytes;
    run->message.raw = hs_app_run_kept(side);
    return run->message;
}

hs_event *hs_app_run_end(hs_application *app, hs_app_side *side)
{
    hs_message message = hs_app_run_message(side);
    return hs_app_emit(app, &message);
}

void hs_app_add_field(hs_application *app, hs_event *event, hs_bytes name, hs_bytes value)
{
    static const char *const telling[] = {
        ":method",
        ":scheme",
        ":authority",
        ":path",
        ":protocol",
        ":status",
        "host",
        "user-agent",
        "server",
        "via",
        "location",
        "date",
        "content-type",
        "content-length",
        "transfer-encoding",
        "connection",
        "upgrade",
        "http2-settings",
        "alt-svc",
        "retry-after",
        "strict-transport-security",
        "www-authenticate",
        "origin",
        "sec-websocket-key",
        "sec-websocket-version",
        "sec-websocket-protocol",
        "sec-websocket-extensions",
        "sec-websocket-accept",
    };
    enum { DETAILS_MAX = 48 }; /* a head may repeat a field without end */
    size_t count = 0;
    for (const hs_detail *detail = event ? event->details : NULL; detail; detail = detail->next) {
        count++;
    }
    for (size_t i = 0; event && count < DETAILS_MAX && i < sizeof telling / sizeof telling[0];
         i++) {
        if (hs_http1_is_same(name, telling[i])) {
            hs_app_add_bytes(app, event, telling[i], value, HS_APP_VALUE_MAX);
            return;
        }
    }
}

void hs_app_add_origins(hs_application *app, hs_event *event, hs_bytes content)
{
    uint8_t list[HS_APP_KEPT_MAX];
    hs_writer w;
    hs_writer_init(&w, list, sizeof list);
    hs_bytes shown = {0};
    hs_bytes origin;
    while (hs_writer_result(&w) == HS_OK && hs_http2_next_origin(&content, &origin)) {
        shown = hs_writer_bytes(&w);
        hs_write_text(&w, w.len > 0 ? ", " : "");
        hs_write_bytes(&w, origin);
    }
    /* What does not fit is left out whole. */
    hs_app_add_bytes(app, event, "origins",
                     hs_writer_result(&w) == HS_OK ? hs_writer_bytes(&w) : shown, sizeof list);
}
