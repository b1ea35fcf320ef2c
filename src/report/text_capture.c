/* What only a capture tells of a connection: what was seen of it, and TCP from both ends. */
#include <inttypes.h>

#include "base/time_text.h"
#include "report/text_parts.h"

static void put_count(hs_page *page, uint64_t count, const char *what)
{
    if (count > 0) {
        hs_page_item(page, HS_TONE_NOTE, "%s %" PRIu64, what, count);
    }
}

static void put_source(hs_page *page, const hs_capture_facts *capture)
{
    hs_text_row(page, HS_TONE_PLAIN, "capture");
    if (capture->file) {
        hs_page_item(page, HS_TONE_PLAIN, "%s", capture->file);
    }
    hs_page_item(page, HS_TONE_PLAIN, "from packet %" PRIu64 " on", capture->first_packet);
    hs_page_item(page, HS_TONE_PLAIN, "%" PRIu64 " packet%s", capture->packets,
                 capture->packets == 1 ? "" : "s");
    if (capture->midstream) {
        hs_page_item(page, HS_TONE_NOTE, "its beginning was not captured");
    }
    put_count(page, capture->missing_bytes, "missing bytes");
    put_count(page, capture->truncated_packets, "packets cut short");
    put_count(page, capture->conflicting_bytes, "bytes sent again otherwise");
    hs_page_end_line(page);
}

static void put_seen(hs_page *page, hs_seen seen, const char *what)
{
    if (seen == HS_YES) {
        hs_page_item(page, HS_TONE_PLAIN, "%s", what);
    }
}

static void put_side(hs_page *page, const hs_tcp_side *side, const char *label)
{
    if (!side->seen) {
        return;
    }
    hs_text_row(page, HS_TONE_PLAIN, label);
    hs_page_item(page, HS_TONE_PLAIN, "isn %" PRIu32, side->isn);
    if (side->mss >= 0) {
        hs_page_item(page, HS_TONE_PLAIN, "mss %d", side->mss);
    }
    if (side->window_scale >= 0) {
        hs_page_item(page, HS_TONE_PLAIN, "window scale %d", side->window_scale);
    }
    put_seen(page, side->sack, "sack");
    put_seen(page, side->timestamps, "timestamps");
    put_seen(page, side->ecn, "ecn");
    put_seen(page, side->mptcp, "mptcp");
    if (side->fast_open) {
        hs_page_item(page, HS_TONE_PLAIN, "fast open %s", side->fast_open);
    }
    hs_page_end_line(page);
}

static void put_round_trips(hs_page *page, const hs_trace *trace)
{
    bool is_quic = trace->quic.present;
    hs_time server = is_quic ? trace->quic.rtt_server : trace->tcp.rtt_server;
    hs_time client = is_quic ? trace->quic.rtt_client : trace->tcp.rtt_client;
    char text[HS_TIME_TEXT_MAX];
    if (server == HS_TIME_NONE && client == HS_TIME_NONE) {
        return;
    }
    hs_text_row(page, HS_TONE_PLAIN, "round trip");
    if (server != HS_TIME_NONE) {
        hs_page_item(page, HS_TONE_PLAIN, "%s ms to the server", hs_time_ms(server, text));
    }
    if (client != HS_TIME_NONE) {
        hs_page_item(page, HS_TONE_PLAIN, "%s ms to the client", hs_time_ms(client, text));
    }
    hs_page_item(page, HS_TONE_DIM, "%s",
                 trace->capture.present ? "from where the capture was made" : "at this host");
    hs_page_end_line(page);
}

static void put_states(hs_page *page, const hs_tcp_facts *tcp, hs_side side, const char *label)
{
    bool any = false;
    for (size_t i = 0; i < tcp->state_count; i++) {
        const hs_tcp_transition *step = &tcp->states[i];
        char text[HS_TIME_TEXT_MAX];
        if (step->side != side) {
            continue;
        }
        if (!any) {
            hs_text_row(page, HS_TONE_PLAIN, label);
            hs_page_item(page, HS_TONE_PLAIN, "%s", step->from);
            any = true;
        }
        hs_page_item(page, HS_TONE_PLAIN, "→ %s at %s ms", step->to, hs_time_ms(step->at, text));
    }
    if (any) {
        hs_page_end_line(page);
    }
}

void hs_text_capture(hs_page *page, const hs_trace *trace, bool states)
{
    const hs_tcp_facts *tcp = &trace->tcp;
    /* Of a connection of our own, the packets are told of where the ladder has them, too. */
    bool has_packets = states && (tcp->client.seen || tcp->server.seen);
    if (trace->capture.present) {
        put_source(page, &trace->capture);
    } else if (!has_packets) {
        return;
    }
    put_side(page, &tcp->client, "client");
    put_side(page, &tcp->server, "server");
    put_round_trips(page, trace);
    if (tcp->ended) {
        hs_text_row(page, HS_TONE_PLAIN, "ended");
        hs_page_item(page, HS_TONE_PLAIN, "%s", tcp->ended);
        hs_page_end_line(page);
    }
    if (states) {
        put_states(page, tcp, HS_CLIENT, "client is");
        put_states(page, tcp, HS_SERVER, "server is");
    }
}
