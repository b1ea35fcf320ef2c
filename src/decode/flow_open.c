/* The opening of a connection: SYN, SYN-ACK, ACK (RFC 9293 3.5), lost and repeated ones, both ends
 * at once, Fast Open (RFC 7413). */
#include "decode/flow.h"

static bool is_from_client(const hs_flow *flow, const hs_flow_packet *p)
{
    return p->from == flow->client;
}

/* Who may have which Fast Open option is told by the direction. */
static hs_flow_fast_open fast_open_of(const hs_tcp_options *options, bool is_syn_ack)
{
    if (!options->has_fast_open) {
        return HS_FLOW_FAST_OPEN_NONE;
    }
    if (options->fast_open_cookie.len == 0) {
        return is_syn_ack ? HS_FLOW_FAST_OPEN_NONE : HS_FLOW_FAST_OPEN_REQUESTED;
    }
    return is_syn_ack ? HS_FLOW_FAST_OPEN_GIVEN : HS_FLOW_FAST_OPEN_USED;
}

/* ECN setup: ECE and CWR in a SYN, ECE alone in a SYN-ACK (RFC 3168 6.1.1). */
static bool is_ecn_setup(uint16_t flags)
{
    uint16_t ecn = flags & (HS_TCP_ECE | HS_TCP_CWR);
    return flags & HS_TCP_ACK ? ecn == HS_TCP_ECE : ecn == (HS_TCP_ECE | HS_TCP_CWR);
}

static void keep_options(hs_flow_end *end, const hs_packet *packet)
{
    hs_tcp_options options;
    bool is_syn_ack = packet->tcp.flags & HS_TCP_ACK;
    hs_tcp_options_read(packet->tcp.options, &options);
    int cut_kind = packet->tcp.options_cut ? options.cut_kind : -1;
    end->has_options = true;
    end->options_cut = packet->tcp.options_cut;
    end->mss = options.mss;
    end->window_scale = (int16_t)options.window_scale;
    end->sack = options.sack_permitted || cut_kind == HS_TCP_OPTION_SACK_PERMITTED;
    end->timestamps = options.has_timestamps || cut_kind == HS_TCP_OPTION_TIMESTAMPS;
    end->mptcp = options.mptcp_subtype >= 0 || cut_kind == HS_TCP_OPTION_MPTCP;
    end->fast_open = (uint8_t)fast_open_of(&options, is_syn_ack);
    end->ecn = is_ecn_setup(packet->tcp.flags);
    end->syn_had_data = packet->payload_length > 0;
}

static void begin_end(hs_flow_end *end, const hs_packet *packet, hs_time at)
{
    end->has_isn = true;
    end->isn = packet->tcp.sequence;
    if (!end->has_next) {
        end->has_next = true;
        end->next = end->isn + 1 + packet->payload_length;
        end->advanced_at = at;
    }
    keep_options(end, packet);
}

static void take_syn(hs_flow *flow, const hs_flow_packet *p)
{
    hs_flow_end *end = &flow->ends[p->from];
    bool is_repeated = end->has_opened;
    if (flow->client == HS_FLOW_NO_END || (!flow->ends[0].has_opened && !flow->ends[1].has_opened &&
                                           flow->syn_ack_at == HS_TIME_NONE && !flow->work)) {
        flow->client = (uint8_t)p->from;
    }
    end->has_opened = true;
    if (!end->has_isn) {
        begin_end(end, p->packet, p->at);
    }
    if (end->state == HS_TCP_STATE_COUNT) {
        end->state = HS_TCP_CLOSED_STATE;
    }
    hs_flow_move(flow, p->from, HS_TCP_SENDS_SYN, p->at);
    if (!is_from_client(flow, p)) {
        return;
    }
    if (is_repeated) {
        flow->syn_retransmits++;
    }
    if (flow->syn_at == HS_TIME_NONE) {
        flow->syn_at = p->at;
    }
    if (flow->syn_ack_at == HS_TIME_NONE) {
        flow->last_syn_at = p->at;
    }
}

static void take_syn_ack(hs_flow *flow, const hs_flow_packet *p)
{
    unsigned to = hs_flow_other(p->from);
    hs_flow_end *end = &flow->ends[p->from];
    hs_flow_end *peer = &flow->ends[to];
    if (flow->client == HS_FLOW_NO_END) {
        flow->client = (uint8_t)to;
    }
    if (peer->state == HS_TCP_STATE_COUNT) {
        peer->state = HS_TCP_SYN_SENT_STATE; /* its SYN was not seen, and must have been */
    }
    if (end->state == HS_TCP_STATE_COUNT) {
        end->state = HS_TCP_LISTEN_STATE;
    }
    if (!end->has_isn) {
        begin_end(end, p->packet, p->at);
    }
    hs_flow_move(flow, p->from, HS_TCP_RECEIVES_SYN, p->at);
    if (is_from_client(flow, p)) {
        flow->syn_ack_reverse = true;
        return;
    }
    if (flow->syn_ack_at == HS_TIME_NONE) {
        flow->syn_ack_at = p->at;
        flow->syn_ack_number = p->packet->tcp.acknowledgment;
        keep_options(end, p->packet);    /* also where it had sent a SYN before */
        flow->rst_from = HS_FLOW_NO_END; /* refused at first, and taken then */
    } else if (flow->syn_ack_retransmits < UINT16_MAX) {
        flow->syn_ack_retransmits++;
    }
}

void hs_flow_take_syn(hs_flow *flow, const hs_flow_packet *p)
{
    bool is_syn_ack = p->packet->tcp.flags & HS_TCP_ACK;
    hs_flow_note_packet(flow, p, is_syn_ack ? "SYN-ACK" : "SYN", true);
    if (is_syn_ack) {
        take_syn_ack(flow, p);
    } else {
        take_syn(flow, p);
    }
}

void hs_flow_take_handshake_ack(hs_flow *flow, const hs_flow_packet *p)
{
    const hs_flow_end *server = &flow->ends[hs_flow_other(p->from)];
    bool completes = is_from_client(flow, p) && flow->acknowledged_at == HS_TIME_NONE &&
                     flow->syn_ack_at != HS_TIME_NONE &&
                     hs_sequence_diff(p->packet->tcp.acknowledgment, server->isn + 1) >= 0;
    if (completes) {
        flow->acknowledged_at = p->at;
        hs_flow_note_packet(flow, p, "ACK", false);
    }
}

/* 1: these are a client's first bytes, -1: a server's, 0: they tell nothing. */
static int who_begins_so(hs_bytes bytes)
{
    static const struct {
        const char *start;
        size_t len;
        int who;
    } starts[] = {
        {"PRI * HTTP/2", 12, 1}, {"GET ", 4, 1},     {"POST ", 5, 1},    {"HEAD ", 5, 1},
        {"PUT ", 4, 1},          {"OPTIONS ", 8, 1}, {"CONNECT ", 8, 1}, {"DELETE ", 7, 1},
        {"PATCH ", 6, 1},        {"HTTP/", 5, -1},
    };
    enum { HANDSHAKE_RECORD = 22, MESSAGE_TYPE = 5, CLIENT_HELLO = 1, SERVER_HELLO = 2 };
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        if (bytes.len >= starts[i].len &&
            hs_bytes_equal(hs_bytes_of(bytes.data, starts[i].len),
                           hs_bytes_of(starts[i].start, starts[i].len))) {
            return starts[i].who;
        }
    }
    if (bytes.len > MESSAGE_TYPE && bytes.data[0] == HANDSHAKE_RECORD && bytes.data[1] == 3) {
        return bytes.data[MESSAGE_TYPE] == CLIENT_HELLO   ? 1
               : bytes.data[MESSAGE_TYPE] == SERVER_HELLO ? -1
                                                          : 0;
    }
    return 0;
}

/* The lower port is the server's. */
static unsigned client_by_ports(const hs_flow *flow, unsigned first_sender)
{
    const uint16_t *ports = flow->head.key.port;
    if (ports[0] == ports[1]) {
        return first_sender;
    }
    return ports[0] < ports[1] ? 1 : 0;
}

void hs_flow_find_client(hs_flow *flow, const hs_flow_packet *p)
{
    if (flow->client != HS_FLOW_NO_END) {
        return;
    }
    int who = who_begins_so(p->packet->payload);
    if (who != 0) {
        flow->client = (uint8_t)(who > 0 ? p->from : hs_flow_other(p->from));
    } else {
        flow->client = (uint8_t)client_by_ports(flow, p->from);
    }
}
