/* A connection as a trace: what its packets said, put to what was decoded. */
#include <arpa/inet.h>
#include <string.h>

#include "base/digits.h"
#include "decode/flow.h"
#include "decode/quic_flow.h"
#include "trace/build.h"

/* inet_ntop writes an IPv4 address by way of printf, which would take longer than all that is told
 * of a connection in the light mode. */
static void put_ipv4(char *at, const uint8_t address[4])
{
    for (int i = 0; i < 4; i++) {
        at = hs_put_digits(at, address[i]);
        *at++ = i < 3 ? '.' : '\0';
    }
}

const char *hs_flow_ip_text(hs_trace *trace, uint8_t family, const hs_ip_address *address)
{
    char text[INET6_ADDRSTRLEN] = "";
    if (family == 6) {
        (void)inet_ntop(AF_INET6, address->bytes, text, sizeof text);
    } else {
        put_ipv4(text, address->bytes);
    }
    return hs_arena_text(hs_trace_arena(trace), text);
}

static const char *address_text(hs_trace *trace, const hs_flow *flow, unsigned end)
{
    return hs_flow_ip_text(trace, flow->head.key.family, &flow->head.key.address[end]);
}

static const char *fast_open_name(uint8_t fast_open)
{
    static const char *const names[] = {
        [HS_FLOW_FAST_OPEN_NONE] = NULL,
        [HS_FLOW_FAST_OPEN_REQUESTED] = "cookie_requested",
        [HS_FLOW_FAST_OPEN_GIVEN] = "cookie_given",
        [HS_FLOW_FAST_OPEN_USED] = "cookie_used",
    };
    return names[fast_open];
}

static hs_seen seen(bool value)
{
    return value ? HS_YES : HS_NO;
}

/* An option that is not there may have been where the snapshot length cut. */
static hs_seen seen_option(const hs_flow_end *end, bool value)
{
    return !value && end->options_cut ? HS_UNSEEN : seen(value);
}

static void tell_side(const hs_flow_end *end, hs_tcp_side *side)
{
    if (!end->has_options) {
        return;
    }
    side->seen = true;
    side->isn = end->isn;
    side->mss = end->mss;
    side->window_scale = end->window_scale;
    side->sack = seen_option(end, end->sack);
    side->timestamps = seen_option(end, end->timestamps);
    side->ecn = seen(end->ecn);
    side->mptcp = seen_option(end, end->mptcp);
    side->fast_open = fast_open_name(end->fast_open);
}

static hs_seen both(hs_seen one, hs_seen other)
{
    if (one == HS_NO || other == HS_NO) {
        return HS_NO;
    }
    return one == HS_YES && other == HS_YES ? HS_YES : HS_UNSEEN;
}

/* What is in use is what both said. */
static void tell_negotiated(const hs_flow_end *client, const hs_flow_end *server, hs_tcp_facts *tcp)
{
    if (client->has_options && server->has_options) {
        tcp->window_scale = both(seen_option(client, client->window_scale >= 0),
                                 seen_option(server, server->window_scale >= 0));
        tcp->sack = both(tcp->client.sack, tcp->server.sack);
        tcp->timestamps = both(tcp->client.timestamps, tcp->server.timestamps);
        tcp->ecn = both(tcp->client.ecn, tcp->server.ecn);
    }
}

static void tell_fast_open(const hs_flow *flow, const hs_flow_end *client, hs_tcp_facts *tcp)
{
    if (!client->has_options) {
        return;
    }
    tcp->fast_open = fast_open_name(client->fast_open);
    if (!tcp->fast_open && !client->options_cut) {
        tcp->fast_open = "not_used";
    }
    if (client->syn_had_data && flow->syn_ack_at != HS_TIME_NONE) {
        bool is_taken = hs_sequence_diff(flow->syn_ack_number, client->isn + 1) > 0;
        tcp->syn_data_acknowledged = seen(is_taken);
        tcp->fast_open = is_taken ? "syn_data_acknowledged" : "syn_data_not_acknowledged";
    }
}

static void tell_states(const hs_flow *flow, hs_trace *trace)
{
    const hs_flow_record *record = flow->record;
    if (!record || record->transition_count == 0) {
        return;
    }
    hs_tcp_transition *states = hs_arena_alloc(hs_trace_arena(trace),
                                               record->transition_count * sizeof *states);
    for (size_t i = 0; states && i < record->transition_count; i++) {
        const hs_flow_transition *t = &record->transitions[i];
        states[i] = (hs_tcp_transition){.at = t->at,
                                        .side = hs_flow_side(flow, t->end),
                                        .from = hs_tcp_state_name((hs_tcp_state)t->from),
                                        .to = hs_tcp_state_name((hs_tcp_state)t->to)};
    }
    trace->tcp.states = states;
    trace->tcp.state_count = states ? record->transition_count : 0;
}

void hs_flow_tell_tcp(const hs_flow *flow, hs_trace *trace)
{
    hs_tcp_facts *tcp = &trace->tcp;
    const hs_flow_end *client = &flow->ends[flow->client];
    const hs_flow_end *server = &flow->ends[hs_flow_other(flow->client)];
    tcp->present = true;
    tell_side(client, &tcp->client);
    tell_side(server, &tcp->server);
    tell_negotiated(client, server, tcp);
    tell_fast_open(flow, client, tcp);
    if (flow->syn_ack_at != HS_TIME_NONE && flow->last_syn_at != HS_TIME_NONE) {
        tcp->rtt_server = flow->syn_ack_at - flow->last_syn_at;
    }
    if (flow->syn_ack_at != HS_TIME_NONE && flow->acknowledged_at != HS_TIME_NONE) {
        tcp->rtt_client = flow->acknowledged_at - flow->syn_ack_at;
    }
    if (flow->syn_at != HS_TIME_NONE) {
        tcp->syn_retransmits = flow->syn_retransmits;
    }
    if (flow->syn_ack_at != HS_TIME_NONE) {
        tcp->syn_ack_retransmits = flow->syn_ack_retransmits;
    }
    uint64_t retransmits = (uint64_t)client->retransmits + server->retransmits;
    tcp->retransmits = retransmits < INT32_MAX ? (int)retransmits : INT32_MAX;
    tcp->ended = hs_flow_ended(flow);
    tell_states(flow, trace);
}

void hs_flow_tell_capture(const hs_flow *flow, hs_trace *trace)
{
    hs_capture_facts *capture = &trace->capture;
    capture->present = true;
    capture->file = flow->file ? hs_arena_text(hs_trace_arena(trace), flow->file) : NULL;
    capture->first_packet = flow->first_packet;
    capture->packets = flow->packets;
    capture->midstream = !flow->quic && flow->syn_at == HS_TIME_NONE &&
                         flow->syn_ack_at == HS_TIME_NONE;
    capture->client_address = address_text(trace, flow, flow->client);
    capture->client_port = flow->head.key.port[flow->client];
    capture->missing_bytes = flow->missing_bytes;
    capture->truncated_packets = flow->truncated;
    capture->conflicting_bytes = flow->conflicting_bytes;
}

static const char *scheme_of(const hs_trace *trace)
{
    const char *alpn = trace->tls.alpn;
    bool is_http = trace->http.present || trace->http2.present ||
                   hs_trace_is_marked(trace, HS_MILESTONE_REQUEST) ||
                   hs_trace_is_marked(trace, HS_MILESTONE_SETTINGS_START) ||
                   (alpn && (strcmp(alpn, "h2") == 0 || strcmp(alpn, "http/1.1") == 0));
    if (hs_trace_is_marked(trace, HS_MILESTONE_UPGRADE_START)) {
        return trace->tls.present ? "wss" : "ws";
    }
    if (is_http) {
        return trace->tls.present ? "https" : "http";
    }
    return trace->tls.present ? "tls" : "tcp";
}

static bool is_default_port(const char *scheme, uint16_t port)
{
    bool is_secure = strcmp(scheme, "https") == 0 || strcmp(scheme, "wss") == 0;
    bool is_plain = strcmp(scheme, "http") == 0 || strcmp(scheme, "ws") == 0;
    return (is_secure && port == 443) || (is_plain && port == 80);
}

void hs_flow_tell_target(const hs_flow *flow, hs_trace *trace)
{
    hs_target *target = &trace->target;
    hs_arena *arena = hs_trace_arena(trace);
    unsigned server = hs_flow_other(flow->client);
    target->scheme = flow->quic ? "quic" : scheme_of(trace);
    target->family = flow->head.key.family;
    target->address = address_text(trace, flow, server);
    target->port = flow->head.key.port[server];
    if (trace->tls.server_name) {
        target->host = trace->tls.server_name;
    } else if (!target->host) {
        target->host = target->address;
    }
    if (hs_trace_is_light(trace)) {
        return; /* a line shows the ends */
    }
    bool is_v6 = target->host && strchr(target->host, ':') != NULL;
    const char *path = target->path ? target->path : "";
    const char *host = target->host ? target->host : "";
    const char *open = is_v6 ? "[" : "";
    const char *close = is_v6 ? "]" : "";
    target->url = is_default_port(target->scheme, target->port)
                      ? hs_arena_printf(arena, "%s://%s%s%s%s", target->scheme, open, host, close,
                                        path)
                      : hs_arena_printf(arena, "%s://%s%s%s:%u%s", target->scheme, open, host,
                                        close, target->port, path);
}

/* Where both ends opened at once, the later of the two SYN-ACKs is what completes the handshake. */
static hs_time established_at(const hs_flow *flow)
{
    if (flow->acknowledged_at != HS_TIME_NONE || !flow->syn_ack_reverse) {
        return flow->acknowledged_at;
    }
    return flow->syn_ack_at;
}

void hs_flow_tell_opening(const hs_flow *flow, hs_trace *trace)
{
    trace->at = flow->first_at;
    hs_trace_mark(trace, HS_MILESTONE_SYN, hs_flow_moment(flow->syn_at));
    hs_trace_mark(trace, HS_MILESTONE_ESTABLISHED, hs_flow_moment(established_at(flow)));
}

/* The trace that was begun, or a new one. */
static hs_trace *begin(hs_flow *flow, const hs_flow_settings *settings)
{
    hs_trace *trace = hs_flow_work_take_trace(flow->work);
    return trace ? trace : hs_trace_new(&settings->trace);
}

hs_trace *hs_flow_tell(hs_flow *flow, const hs_flow_settings *settings, int64_t until)
{
    if (flow->quic) {
        return hs_quic_flow_tell(flow, settings, until);
    }
    if (flow->client == HS_FLOW_NO_END) {
        hs_packet nothing = {0};
        hs_flow_packet p = {.packet = &nothing};
        hs_flow_find_client(flow, &p);
    }
    hs_time last = hs_flow_time(flow, flow->last_at);
    bool is_lost = hs_flow_work_end(flow, settings, last) != HS_OK;
    hs_trace *trace = begin(flow, settings);
    if (!trace) {
        return NULL;
    }
    hs_flow_settle_states(flow, last);
    hs_flow_tell_events(flow, trace, HS_CLOCK_CAPTURE);
    hs_flow_tell_opening(flow, trace);
    hs_flow_tell_tcp(flow, trace);
    hs_flow_tell_capture(flow, trace);
    if (flow->brief) {
        hs_flow_brief_restore(flow->brief, trace);
    }
    trace->incomplete = trace->incomplete || is_lost;
    hs_trace_mark(trace, HS_MILESTONE_END, hs_flow_moment(last));
    hs_flow_judge_connection(flow, trace, until - flow->first_at);
    hs_flow_tell_target(flow, trace);
    if (!flow->brief && hs_trace_finish(trace) != HS_OK) {
        trace->incomplete = true;
    }
    return trace;
}
