/* What went wrong, from the packets alone. What was not captured whole gives no failure that rests
 * on something not having come. */
#include "decode/flow.h"
#include "decode/tls_alert_class.h"
#include "trace/build.h"
#include "wire/tls/alert.h"
#include "wire/tls/names.h"

enum { FIRST_BYTES_SHOWN = 24 };

/* Nobody waits shorter for an answer to a SYN (RFC 6298 2.1). */
static const hs_time answer_within = HS_SECOND;

/* Two SYNs, or SYN-ACKs, closer than this are one that the capture has twice. */
static const hs_time asked_again_after = 100 * HS_MILLISECOND;

typedef enum way { STILL_OPEN, CLOSED, RESET } way;

/* How it ended, and by whom. */
typedef struct ending {
    way way;
    hs_side by;
    bool by_both; /* the other end has closed too: nothing more comes */
    hs_time at;
} ending;

static const char *side_name(hs_side side)
{
    return side == HS_CLIENT ? "the client" : "the server";
}

static ending ending_of(const hs_flow *flow)
{
    ending e = {.at = flow->stopped_at, .by_both = flow->ends[0].has_fin && flow->ends[1].has_fin};
    if (flow->rst_from != HS_FLOW_NO_END) {
        e.way = RESET;
        e.by = hs_flow_side(flow, flow->rst_from);
    } else if (flow->first_fin != HS_FLOW_NO_END) {
        e.way = CLOSED;
        e.by = hs_flow_side(flow, flow->first_fin);
    }
    return e;
}

/* Both directions, from their first bytes on, without a hole. */
static bool is_whole(const hs_flow *flow, const hs_trace *trace)
{
    return flow->ends[0].has_isn && flow->ends[1].has_isn && flow->missing_bytes == 0 &&
           !trace->incomplete;
}

/* When that side's last data crossed. */
static hs_time last_from(const hs_trace *trace, hs_side side, hs_time otherwise)
{
    hs_time last = HS_TIME_NONE;
    for (size_t i = 0; i < trace->segment_count; i++) {
        const hs_segment *segment = &trace->segments[i];
        if (segment->from == side && segment->moment.at > last) {
            last = segment->moment.at;
        }
    }
    return last != HS_TIME_NONE ? last : otherwise;
}

static void judge_alert(const hs_flow *flow, hs_trace *trace, hs_time at)
{
    const hs_tls_facts *tls = &trace->tls;
    /* With the ServerHello it had agreed to all; the CertificateRequest may be among what was lost.
     */
    bool may_have_asked = tls->client_certificate_requested == HS_UNSEEN && tls->has_cipher &&
                          flow->missing_bytes > 0;
    bool was_asked = tls->client_certificate_requested == HS_YES || may_have_asked;
    hs_failure_class cls = hs_tls_alert_class_seen(tls->alert_description, tls->alert_from,
                                                   was_asked);
    const char *name = hs_tls_alert_description_name(tls->alert_description);
    hs_trace_fail(trace, cls, HS_PHASE_TLS, last_from(trace, tls->alert_from, at),
                  "%s sent alert %s (%u)", side_name(tls->alert_from),
                  name ? name : "without a name", tls->alert_description);
    trace->failure.alert = tls->alert_description;
}

static void judge_not_tls(hs_trace *trace, const hs_flow_view *view)
{
    hs_bytes shown = view->first_bytes;
    shown.len = shown.len < FIRST_BYTES_SHOWN ? shown.len : FIRST_BYTES_SHOWN;
    const char *text = hs_arena_escaped(hs_trace_arena(trace), shown);
    hs_trace_fail(trace, HS_FAILURE_TLS_NOT_TLS, HS_PHASE_TLS,
                  last_from(trace, HS_SERVER, view->at),
                  "the server's answer to the ClientHello is no TLS, it begins with \"%s\"",
                  text ? text : "");
}

static void judge_end(hs_trace *trace, const ending *e, hs_phase phase, hs_failure_class closed,
                      hs_failure_class reset, const char *within)
{
    if (e->way == RESET) {
        hs_trace_fail(trace, reset, phase, e->at, "%s reset the connection within %s",
                      side_name(e->by), within);
    } else if (e->way == CLOSED && e->by_both) {
        hs_trace_fail(trace, closed, phase, e->at, "%s closed the connection within %s",
                      side_name(e->by), within);
    }
}

/* A server that answered with what is no ServerHello and no alert speaks a dialect. */
static bool is_understood(const hs_trace *trace)
{
    return trace->bytes_received == 0 || trace->tls.version != 0;
}

/* Before TLS 1.3 a warning ends nothing, but that the user gave up. */
static bool has_fatal_alert(const hs_tls_facts *tls)
{
    return tls->has_alert &&
           (hs_tls_is_13(tls->version) || tls->alert_level != HS_TLS_ALERT_WARNING ||
            tls->alert_description == HS_TLS_ALERT_USER_CANCELED);
}

static void judge_tls(const hs_flow *flow, hs_trace *trace, const hs_flow_view *view)
{
    const hs_tls_facts *tls = &trace->tls;
    bool is_answered = hs_trace_is_marked(trace, HS_MILESTONE_FIRST_RESPONSE);
    /* In TLS 1.3 the server looks at the client's certificate when the client is done already. */
    bool is_late = tls->alert_from == HS_SERVER && !is_answered;
    ending e = ending_of(flow);
    bool is_from_its_start = flow->ends[hs_flow_other(flow->client)].has_isn;
    if (view->is_not_tls && is_from_its_start) {
        judge_not_tls(trace, view);
    } else if (has_fatal_alert(tls) && (!view->is_tls_done || is_late)) {
        judge_alert(flow, trace, view->at);
    } else if (!view->is_tls_done && is_whole(flow, trace) && is_understood(trace)) {
        bool is_silent = e.way != STILL_OPEN && trace->bytes_received == 0 && e.by == HS_CLIENT &&
                         e.at - last_from(trace, HS_CLIENT, 0) >= answer_within;
        if (is_silent) {
            hs_trace_fail(trace, HS_FAILURE_TLS_TIMED_OUT, HS_PHASE_TLS, e.at,
                          "the client gave up without an answer to its ClientHello");
        } else {
            judge_end(trace, &e, HS_PHASE_TLS, HS_FAILURE_TLS_CLOSED, HS_FAILURE_TLS_RESET,
                      "the TLS handshake");
        }
    }
}

/* RFC 6455 4.1; over HTTP/2 any 2xx (RFC 8441 5). */
static bool is_switched(const hs_trace *trace)
{
    int status = trace->websocket.status;
    return hs_trace_is_marked(trace, HS_MILESTONE_SETTINGS_START) ? status / 100 == 2
                                                                  : status == 101;
}

static void judge_websocket(const hs_flow *flow, hs_trace *trace, hs_time at)
{
    const hs_websocket_facts *facts = &trace->websocket;
    ending e = ending_of(flow);
    if (facts->status != 0 && !is_switched(trace)) {
        hs_trace_fail(trace, HS_FAILURE_WEBSOCKET_STATUS, HS_PHASE_UPGRADE,
                      last_from(trace, HS_SERVER, at), "the server answered with status %d",
                      facts->status);
    } else if (facts->has_upgrade == HS_NO) {
        hs_trace_fail(trace, HS_FAILURE_WEBSOCKET_BAD_UPGRADE, HS_PHASE_UPGRADE,
                      last_from(trace, HS_SERVER, at),
                      "the answer lacks a proper Upgrade or Connection header");
    } else if (facts->accepted == HS_NO) {
        hs_trace_fail(trace, HS_FAILURE_WEBSOCKET_BAD_ACCEPT, HS_PHASE_UPGRADE,
                      last_from(trace, HS_SERVER, at),
                      "Sec-WebSocket-Accept does not answer the key that was sent");
    } else if (facts->status == 0 && is_whole(flow, trace)) {
        judge_end(trace, &e, HS_PHASE_UPGRADE, HS_FAILURE_WEBSOCKET_CLOSED,
                  HS_FAILURE_WEBSOCKET_RESET, "the upgrade");
    }
}

static void judge_http(const hs_flow *flow, hs_trace *trace)
{
    ending e = ending_of(flow);
    bool is_http2 = hs_trace_is_marked(trace, HS_MILESTONE_SETTINGS_START);
    bool is_asked = hs_trace_is_marked(trace, HS_MILESTONE_REQUEST);
    bool is_answered = hs_trace_is_marked(trace, HS_MILESTONE_FIRST_RESPONSE);
    if (is_answered || !is_whole(flow, trace)) {
        return;
    }
    if (is_http2 && trace->http2.has_goaway && trace->http2.goaway_error != 0) {
        hs_trace_fail(trace, HS_FAILURE_HTTP2_GOAWAY, HS_PHASE_RESPONSE,
                      last_from(trace, HS_SERVER, e.at), "the server sent GOAWAY, error %u",
                      trace->http2.goaway_error);
    } else if (is_http2 && is_asked) {
        judge_end(trace, &e, HS_PHASE_RESPONSE, HS_FAILURE_HTTP2_CLOSED, HS_FAILURE_HTTP2_RESET,
                  "the HTTP/2 exchange");
    } else if (is_asked) {
        judge_end(trace, &e, HS_PHASE_RESPONSE, HS_FAILURE_HTTP_CLOSED, HS_FAILURE_HTTP_RESET,
                  "the HTTP exchange");
    }
}

/* Bytes of a protocol that nobody here knows: only silence tells something. */
static void judge_data(const hs_flow *flow, hs_trace *trace)
{
    ending e = ending_of(flow);
    bool is_unanswered = trace->bytes_sent > 0 && trace->bytes_received == 0;
    if (is_unanswered && e.by == HS_SERVER && is_whole(flow, trace)) {
        judge_end(trace, &e, HS_PHASE_RESPONSE, HS_FAILURE_TCP_CLOSED, HS_FAILURE_TCP_RESET,
                  "the exchange, without an answer");
    }
}

void hs_flow_judge_application(const hs_flow *flow, hs_trace *trace, const hs_flow_view *view)
{
    if (trace->tls.present) {
        judge_tls(flow, trace, view);
    }
    if (trace->failure.cls != HS_FAILURE_NONE) {
        return;
    }
    if (hs_trace_is_marked(trace, HS_MILESTONE_UPGRADE_START)) {
        judge_websocket(flow, trace, view->at);
    } else if (hs_trace_is_marked(trace, HS_MILESTONE_REQUEST) ||
               hs_trace_is_marked(trace, HS_MILESTONE_SETTINGS_START)) {
        judge_http(flow, trace);
    } else if (!trace->tls.present) {
        judge_data(flow, trace);
    }
}

/* --- the connection itself --- */

/* As far as their acknowledgments tell: the data itself may not have been captured. */
static bool have_spoken(const hs_flow_end *client, const hs_flow_end *server)
{
    return (client->has_isn && hs_flow_covers(server, client->isn + 2)) ||
           (server->has_isn && hs_flow_covers(client, server->isn + 2));
}

static void judge_reset(const hs_flow *flow, hs_trace *trace, const hs_flow_end *client,
                        const hs_flow_end *server)
{
    ending e = ending_of(flow);
    bool was_answered = server->has_acknowledged || client->has_acknowledged;
    if (flow->acknowledged_at == HS_TIME_NONE && !was_answered && e.by == HS_SERVER) {
        hs_trace_fail(trace, HS_FAILURE_TCP_REFUSED, HS_PHASE_TCP, e.at,
                      "the server answered the SYN with RST");
    } else if (flow->acknowledged_at == HS_TIME_NONE && server->has_isn) {
        hs_trace_fail(trace, HS_FAILURE_TCP_RESET, HS_PHASE_TCP, e.at,
                      "%s sent RST before the handshake was complete", side_name(e.by));
    } else if (flow->acknowledged_at != HS_TIME_NONE && !flow->work && !flow->brief &&
               e.by == HS_SERVER && !have_spoken(client, server)) {
        hs_trace_fail(trace, HS_FAILURE_TCP_RESET, HS_PHASE_TCP, e.at,
                      "the server reset the connection before any data crossed");
    }
}

static void judge_silence(const hs_flow *flow, hs_trace *trace, const hs_flow_end *client,
                          const hs_flow_end *server, hs_time until)
{
    hs_time end = hs_flow_time(flow, flow->last_at);
    bool client_waits = !server->has_isn && !server->has_acknowledged && !server->has_next;
    bool server_waits = server->has_isn;
    bool asked_again = flow->syn_retransmits > 0 &&
                       flow->last_syn_at - flow->syn_at >= asked_again_after;
    if (client->has_acknowledged || flow->first_fin != HS_FLOW_NO_END) {
        return;
    }
    if (client_waits && (asked_again || until - flow->last_syn_at >= answer_within)) {
        hs_trace_fail(trace, HS_FAILURE_TCP_TIMED_OUT, HS_PHASE_TCP, end, "no answer to %u SYN%s",
                      flow->syn_retransmits + 1U, flow->syn_retransmits > 0 ? "s" : "");
    } else if (server_waits && flow->syn_ack_retransmits > 0 &&
               end - flow->syn_ack_at >= asked_again_after) {
        hs_trace_fail(trace, HS_FAILURE_TCP_TIMED_OUT, HS_PHASE_TCP, end,
                      "the client did not answer %u SYN-ACKs", flow->syn_ack_retransmits + 1U);
    }
}

void hs_flow_judge_connection(const hs_flow *flow, hs_trace *trace, hs_time until)
{
    if (flow->syn_at == HS_TIME_NONE) {
        return;
    }
    const hs_flow_end *client = &flow->ends[flow->client];
    const hs_flow_end *server = &flow->ends[hs_flow_other(flow->client)];
    if (flow->rst_from != HS_FLOW_NO_END) {
        judge_reset(flow, trace, client, server);
    } else if (flow->acknowledged_at == HS_TIME_NONE) {
        judge_silence(flow, trace, client, server, until);
    }
}
