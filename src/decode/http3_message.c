/* What there is to tell of an HTTP/3 frame, in a person's order. */
#include <string.h>

#include "decode/http3_state.h"
#include "wire/http2_frame.h"

enum { VALUE_MAX = 256, SETTINGS_SHOWN = 64, TYPE_LARGEST = 0xffff };

static const char *name_of(uint64_t type)
{
    const char *name = hs_http3_frame_name(type);
    return name ? name : "unknown frame";
}

hs_message hs_h3_message(const hs_h3_half *half, uint64_t type, size_t len)
{
    hs_app_place place = hs_app_map_find(&half->map, half->consumed, len);
    return (hs_message){.from = half->from,
                        .layer = HS_LAYER_HTTP3,
                        .type = (uint16_t)(type < TYPE_LARGEST ? type : TYPE_LARGEST),
                        .is_protected = true,
                        .name = name_of(type),
                        .bytes = len,
                        .raw = {hs_buffer_bytes(&half->buffer).data, len},
                        .first = place.first,
                        .end = place.end};
}

/* Whether so much more of the trace's memory may be used. */
static bool spend(hs_http3_decoder *d, size_t bytes)
{
    if (bytes > d->budget) {
        return false;
    }
    d->budget -= bytes;
    return true;
}

static const char *stream_text(const hs_h3_half *half)
{
    return half->kind == HS_H3_CONTROL ? hs_http3_stream_name(HS_HTTP3_STREAM_CONTROL)
           : half->kind == HS_H3_PUSH  ? hs_http3_stream_name(HS_HTTP3_STREAM_PUSH)
                                       : NULL;
}

hs_event *hs_h3_emit(hs_http3_decoder *d, const hs_h3_half *half, const hs_message *message)
{
    hs_message copy = *message;
    if (!hs_trace_keeps_bytes(d->trace) || !spend(d, copy.raw.len)) {
        copy.raw = (hs_bytes){0};
    }
    hs_event *event = hs_trace_add_event(d->trace, &copy);
    hs_h3_add_number(d, event, "stream", half->stream_id);
    if (!half->has_frame) {
        hs_h3_add_text(d, event, "on", stream_text(half));
    }
    return event;
}

void hs_h3_add_text(hs_http3_decoder *d, hs_event *event, const char *key, const char *text)
{
    if (event && text && spend(d, sizeof(hs_detail) + strlen(text))) {
        hs_event_add_text(d->trace, event, key, text);
    }
}

void hs_h3_add_bytes(hs_http3_decoder *d, hs_event *event, const char *key, hs_bytes bytes)
{
    bytes.len = bytes.len < VALUE_MAX ? bytes.len : VALUE_MAX;
    /* Each byte may become four characters, twice: escaped, and copied into the detail. */
    if (event && spend(d, sizeof(hs_detail) + 8 * bytes.len)) {
        hs_event_add_text(d->trace, event, key, hs_arena_escaped(hs_trace_arena(d->trace), bytes));
    }
}

void hs_h3_add_number(hs_http3_decoder *d, hs_event *event, const char *key, uint64_t number)
{
    if (event && spend(d, sizeof(hs_detail))) {
        hs_event_add_number(d->trace, event, key, (int64_t)number);
    }
}

static void mark_end(hs_http3_decoder *d, hs_milestone milestone, const hs_message *message)
{
    hs_trace_mark_byte(d->trace, milestone, message->from, message->end - 1);
}

void hs_h3_mark(hs_http3_decoder *d, const hs_h3_half *half, uint64_t type,
                const hs_message *message)
{
    if (half->kind == HS_H3_CONTROL && type == HS_HTTP3_SETTINGS) {
        mark_end(d,
                 half->from == HS_CLIENT ? HS_MILESTONE_SETTINGS_START : HS_MILESTONE_SETTINGS_DONE,
                 message);
    } else if (half->kind == HS_H3_REQUEST && type == HS_HTTP3_HEADERS) {
        if (half->from == HS_CLIENT) {
            mark_end(d, HS_MILESTONE_REQUEST, message);
        } else {
            hs_trace_mark_byte(d->trace, HS_MILESTONE_FIRST_RESPONSE, message->from,
                               message->first);
        }
    }
}

const char *hs_h3_order_problem(hs_h3_half *half, uint64_t type)
{
    bool is_first = !half->has_frame;
    hs_http3_place place = half->kind == HS_H3_CONTROL ? HS_HTTP3_ON_CONTROL
                           : half->kind == HS_H3_PUSH  ? HS_HTTP3_ON_PUSH
                                                       : HS_HTTP3_ON_REQUEST;
    half->has_frame = true;
    if (!hs_http3_frame_is_allowed(type, place)) {
        return "must not be on this stream";
    }
    if (half->kind == HS_H3_CONTROL && is_first != (type == HS_HTTP3_SETTINGS)) {
        return is_first ? "the first frame is not SETTINGS" : "SETTINGS come once";
    }
    return NULL;
}

static void add_settings(hs_http3_decoder *d, hs_event *event, hs_bytes content)
{
    hs_http3_setting setting;
    for (int i = 0; hs_http3_next_setting(&content, &setting); i++) {
        const char *name = hs_http3_setting_name(setting.id);
        if (i == SETTINGS_SHOWN) {
            hs_h3_add_number(d, event, "further_bytes", content.len);
            return;
        }
        if ((!name || hs_http3_is_reserved(setting.id)) && event) {
            name = hs_arena_printf(hs_trace_arena(d->trace), "0x%llx",
                                   (unsigned long long)setting.id);
        }
        if (name) {
            hs_h3_add_number(d, event, name, setting.value);
        }
    }
}

static void tell_settings(hs_http3_decoder *d, const hs_h3_half *half, hs_event *event,
                          hs_bytes content)
{
    add_settings(d, event, content);
    if (half->kind == HS_H3_CONTROL && !d->has_settings[half->from]) {
        d->has_settings[half->from] = true;
        hs_h3_learn_settings(d, half->from, content);
    }
}

static void tell_goaway(hs_http3_decoder *d, const hs_h3_half *half, hs_event *event, uint64_t id)
{
    hs_h3_add_number(d, event, half->from == HS_SERVER ? "stream_id" : "push_id", id);
    if (half->from == HS_SERVER && half->kind == HS_H3_CONTROL) {
        d->trace->http3.has_goaway = true;
        d->trace->http3.goaway_id = id;
    }
}

void hs_h3_tell(hs_http3_decoder *d, hs_h3_half *half, hs_event *event, const hs_http3_frame *frame,
                const hs_message *message)
{
    (void)message;
    switch (frame->header.type) {
    case HS_HTTP3_SETTINGS:
        tell_settings(d, half, event, frame->content);
        break;
    case HS_HTTP3_HEADERS:
        hs_h3_qpack_section(d, half, event, frame->content);
        break;
    case HS_HTTP3_PUSH_PROMISE:
        hs_h3_add_number(d, event, "push_id", frame->id);
        hs_h3_qpack_section(d, half, event, frame->content);
        break;
    case HS_HTTP3_GOAWAY:
        tell_goaway(d, half, event, frame->id);
        break;
    case HS_HTTP3_CANCEL_PUSH:
    case HS_HTTP3_MAX_PUSH_ID:
        hs_h3_add_number(d, event, "push_id", frame->id);
        break;
    case HS_HTTP3_PRIORITY_UPDATE:
    case HS_HTTP3_PRIORITY_UPDATE_PUSH:
        hs_h3_add_number(d, event, "prioritized", frame->id);
        hs_h3_add_bytes(d, event, "priority", frame->content);
        break;
    default:
        break;
    }
}
