/* The ladder: every message that crossed the wire, client left, server right, in wire order. */
#include <inttypes.h>
#include <string.h>

#include "base/time_text.h"
#include "report/text_parts.h"

enum { LADDER_TIME_COLUMNS = 10 };

/* Shorter than the record's names: the room is the details'. */
static const char *layer_text(hs_layer layer)
{
    switch (layer) {
    case HS_LAYER_HTTP2:
        return "h2";
    case HS_LAYER_HTTP3:
        return "h3";
    case HS_LAYER_WEBSOCKET:
        return "ws";
    default:
        return hs_layer_name(layer);
    }
}

static void put_times(hs_page *page, const hs_event *event, hs_time *previous)
{
    char text[HS_TIME_TEXT_MAX];
    if (event->moment.at == HS_TIME_NONE) {
        hs_page_put(page, HS_TONE_PLAIN, "%*s", 2 * LADDER_TIME_COLUMNS, "");
        return;
    }
    hs_page_put(page, HS_TONE_PLAIN, "%*s", LADDER_TIME_COLUMNS,
                hs_time_ms(event->moment.at, text));
    char since[HS_TIME_TEXT_MAX + 1];
    hs_time gap = *previous == HS_TIME_NONE ? event->moment.at : event->moment.at - *previous;
    snprintf(since, sizeof since, "%s%s", gap < 0 ? "" : "+", hs_time_ms(gap, text));
    hs_page_put(page, HS_TONE_DIM, "%*s", LADDER_TIME_COLUMNS, since);
    *previous = event->moment.at;
}

static const char *arrow(const hs_event *event)
{
    if (event->from == HS_CLIENT) {
        return event->is_protected ? "══════▶" : "──────▶";
    }
    return event->is_protected ? "◀══════" : "◀──────";
}

/* The client's initial sequence number is x, the server's y (RFC 9293 3.5): what follows counts
 * from there. A number that is x or y itself is told as well. False: the side's own is not known.
 */
static bool sequence_text(const hs_trace *trace, hs_side whose, int64_t number,
                          char out[HS_DETAIL_TEXT_MAX])
{
    const hs_tcp_side *side = whose == HS_CLIENT ? &trace->tcp.client : &trace->tcp.server;
    char letter = whose == HS_CLIENT ? 'x' : 'y';
    uint32_t since = (uint32_t)number - side->isn;
    if (since == 0) {
        snprintf(out, HS_DETAIL_TEXT_MAX, "%c (%" PRId64 ")", letter, number);
    } else {
        snprintf(out, HS_DETAIL_TEXT_MAX, "%c+%" PRIu32, letter, since);
    }
    return side->seen;
}

const char *hs_text_detail(const hs_trace *trace, const hs_event *event, const hs_detail *detail,
                           char out[HS_DETAIL_TEXT_MAX])
{
    bool is_tcp = event->layer == HS_LAYER_TCP && !detail->text;
    bool is_own = strcmp(detail->key, "seq") == 0;
    bool is_peers = strcmp(detail->key, "ack") == 0;
    hs_side whose = (event->from == HS_CLIENT) == is_own ? HS_CLIENT : HS_SERVER;
    if (!is_tcp || !(is_own || is_peers) || !sequence_text(trace, whose, detail->number, out)) {
        snprintf(out, HS_DETAIL_TEXT_MAX, "%" PRId64, detail->number);
    }
    return detail->text ? detail->text : out;
}

static void put_details(hs_page *page, const hs_trace *trace, const hs_event *event)
{
    for (const hs_detail *detail = event->details; detail; detail = detail->next) {
        char number[HS_DETAIL_TEXT_MAX];
        hs_page_pair(page, detail->key, hs_text_detail(trace, event, detail, number));
    }
}

static void put_event(hs_page *page, const hs_trace *trace, const hs_event *event,
                      hs_time *previous)
{
    put_times(page, event, previous);
    hs_page_put(page, event->from == HS_CLIENT ? HS_TONE_ACCENT : HS_TONE_GOOD, "  %s",
                arrow(event));
    hs_page_put(page, HS_TONE_PLAIN, " %6zu", event->bytes);
    hs_page_put(page, HS_TONE_DIM, "  %-4s ", layer_text(event->layer));
    hs_page_hang(page);
    hs_page_item(page, HS_TONE_STRONG, "%s", event->name ? event->name : "unnamed message");
    put_details(page, trace, event);
    hs_page_end_line(page);
}

/* A frame of QUIC stands in its packet's line; with all fields it has its own. */
static bool is_told(const hs_event *event, bool fields)
{
    return fields || event->layer != HS_LAYER_QUIC || event->type >= HS_EVENT_QUIC_PACKET;
}

void hs_text_ladder(hs_page *page, const hs_trace *trace, bool fields)
{
    if (!trace->events) {
        return;
    }
    hs_page_end_line(page);
    hs_page_put(page, HS_TONE_DIM, "%*s%*s  to      bytes       message (═ encrypted)",
                LADDER_TIME_COLUMNS, "at ms", LADDER_TIME_COLUMNS, "since");
    hs_page_end_line(page);
    hs_time previous = HS_TIME_NONE;
    for (const hs_event *event = trace->events; event; event = event->next) {
        if (!is_told(event, fields)) {
            continue;
        }
        put_event(page, trace, event, &previous);
        if (fields && hs_text_fields(page, trace, event) != HS_OK) {
            page->no_memory = true;
            return;
        }
    }
    if (trace->events_dropped > 0) {
        hs_page_put(page, HS_TONE_NOTE, "  %" PRIu64 " more message%s not kept",
                    trace->events_dropped, trace->events_dropped == 1 ? " was" : "s were");
        hs_page_end_line(page);
    }
}
