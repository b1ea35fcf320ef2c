#include "conversation.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/reader.h"
#include "decode/application.h"

/* Plays one record. Its chunks share its place on the wire, as if it were one TLS record or one
 * segment. */
static void play_record(hs_application *app, uint64_t offset, uint8_t flags, hs_bytes bytes,
                        conversation_split split, void *context)
{
    size_t at = 0;
    while (at < bytes.len) {
        size_t len = split ? split(bytes.len - at, context) : bytes.len;
        hs_chunk chunk = {.from = flags & FROM_SERVER ? HS_SERVER : HS_CLIENT,
                          .bytes = {bytes.data + at, len},
                          .first = offset + at,
                          .end = offset + at + len,
                          .is_protected = (flags & PROTECTED) != 0};
        if (chunk.is_protected) {
            chunk.first = offset;
            chunk.end = offset + bytes.len;
        }
        (void)!hs_application_feed(app, &chunk);
        at += len;
    }
}

hs_trace *conversation_play(hs_bytes recording, conversation_split split, void *context)
{
    hs_trace_config config = {.keep_bytes = true, .event_limit = 1 << 20};
    return conversation_play_into(&config, recording, split, context);
}

hs_trace *conversation_play_into(const hs_trace_config *config, hs_bytes recording,
                                 conversation_split split, void *context)
{
    hs_trace *trace = hs_trace_new(config);
    hs_application *app = trace ? hs_application_new(trace) : NULL;
    if (!app) {
        hs_trace_free(trace);
        return NULL;
    }
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, recording, &fault, NULL);
    uint64_t offsets[2] = {0, 0};
    for (hs_time at = 0; hs_reader_left(&r) > 3; at += HS_MILLISECOND) {
        uint8_t flags = hs_read_u8(&r, "flags");
        size_t len = hs_read_u16(&r, "length");
        len = len < hs_reader_left(&r) ? len : hs_reader_left(&r);
        hs_bytes bytes = hs_read_bytes(&r, len, "bytes");
        hs_side from = flags & FROM_SERVER ? HS_SERVER : HS_CLIENT;
        if (len > 0) {
            hs_trace_add_segment(trace, from, len, (hs_moment){at, HS_CLOCK_USER});
            play_record(app, offsets[from], flags, bytes, split, context);
            offsets[from] += len;
        }
    }
    hs_application_finish(app);
    hs_application_free(app);
    (void)!hs_trace_finish(trace);
    return trace;
}

static void print_events(FILE *out, const hs_trace *trace)
{
    for (const hs_event *event = trace->events; event; event = event->next) {
        fprintf(out, "%s %s %zu", event->from == HS_CLIENT ? ">" : "<", event->name, event->bytes);
        for (const hs_detail *detail = event->details; detail; detail = detail->next) {
            if (detail->text) {
                fprintf(out, " %s=%s", detail->key, detail->text);
            } else {
                fprintf(out, " %s=%lld", detail->key, (long long)detail->number);
            }
        }
        fprintf(out, "%s @%lld-%lld\n", event->is_protected ? " protected" : "",
                (long long)(event->first_at / HS_MILLISECOND),
                (long long)(event->moment.at / HS_MILLISECOND));
    }
}

static void print_http3(FILE *out, const hs_http3_facts *http3)
{
    if (http3->present) {
        fprintf(out, "http3");
        for (size_t i = 0; i < http3->setting_count; i++) {
            fprintf(out, " %llu=%llu", (unsigned long long)http3->settings[i].id,
                    (unsigned long long)http3->settings[i].value);
        }
        fprintf(out, "\n");
    }
    if (http3->has_goaway) {
        fprintf(out, "goaway %llu\n", (unsigned long long)http3->goaway_id);
    }
}

static void print_facts(FILE *out, const hs_trace *trace)
{
    for (int i = 0; i < HS_MILESTONE_COUNT; i++) {
        if (trace->milestones[i].at != HS_TIME_NONE) {
            fprintf(out, "%s @%lld\n", hs_milestone_name((hs_milestone)i),
                    (long long)(trace->milestones[i].at / HS_MILLISECOND));
        }
    }
    const hs_http_facts *http = &trace->http;
    if (http->present) {
        fprintf(out, "http %s %d server=%s location=%s\n", http->version, http->status,
                http->server ? http->server : "-", http->location ? http->location : "-");
    }
    const hs_http2_facts *http2 = &trace->http2;
    if (http2->present) {
        fprintf(out, "http2");
        for (size_t i = 0; i < http2->setting_count; i++) {
            fprintf(out, " %u=%u", http2->settings[i].id, http2->settings[i].value);
        }
        fprintf(out, "\n");
    }
    if (http2->has_goaway) {
        fprintf(out, "goaway %u\n", http2->goaway_error);
    }
    print_http3(out, &trace->http3);
    const hs_websocket_facts *websocket = &trace->websocket;
    if (websocket->present) {
        fprintf(out, "websocket %d accepted=%d subprotocol=%s extensions=%s upgrade=%d\n",
                websocket->status, websocket->accepted,
                websocket->subprotocol ? websocket->subprotocol : "-",
                websocket->extensions ? websocket->extensions : "-", websocket->has_upgrade);
    }
}

char *conversation_text(const hs_trace *trace)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (!out) {
        return NULL;
    }
    print_events(out, trace);
    print_facts(out, trace);
    fclose(out);
    return text;
}
