/* The states of both ends, as somebody on the path can tell them (RFC 9293 3.3.2).
 *
 * What an end sends is seen. That it received something is only known from what it sends
 * afterwards: a SYN-ACK or a FIN may still be lost behind the place of the capture, or cross with
 * another packet. An acknowledgment proves nothing of itself; it is taken to arrive, in order. */
#include "decode/flow.h"

void hs_flow_move(hs_flow *flow, unsigned end, hs_tcp_event event, hs_time at)
{
    hs_flow_end *e = &flow->ends[end];
    hs_tcp_state from = (hs_tcp_state)e->state;
    hs_tcp_state to = hs_tcp_next(from, event);
    if (to == from) {
        return;
    }
    e->state = (uint8_t)to;
    hs_flow_record *record = flow->record;
    if (record && record->transition_count < HS_FLOW_TRANSITIONS_MAX) {
        record->transitions[record->transition_count++] = (hs_flow_transition){
            .at = at, .end = (uint8_t)end, .from = (uint8_t)from, .to = (uint8_t)to};
    }
}

static bool is_in(const hs_flow_end *end, hs_tcp_state state)
{
    return end->state == (uint8_t)state;
}

static void settle_fin(hs_flow *flow, unsigned end, hs_time at)
{
    if (flow->ends[end].fin_ack_waits) {
        flow->ends[end].fin_ack_waits = false;
        hs_flow_move(flow, end, HS_TCP_FIN_IS_ACKNOWLEDGED, at);
    }
}

static void receive_fin(hs_flow *flow, unsigned end, hs_time at)
{
    if (!flow->ends[end].has_received_fin) {
        flow->ends[end].has_received_fin = true;
        hs_flow_move(flow, end, HS_TCP_RECEIVES_FIN, at);
        settle_fin(flow, end, at);
    }
}

/* What the sender's packet proves that it had received. */
static void move_by_receipts(hs_flow *flow, const hs_flow_packet *p)
{
    hs_flow_end *end = &flow->ends[p->from];
    const hs_flow_end *peer = &flow->ends[hs_flow_other(p->from)];
    bool is_syn = p->packet->tcp.flags & HS_TCP_SYN;
    bool has_answer = !peer->has_isn || hs_flow_covers(end, peer->isn + 1);
    if (is_in(end, HS_TCP_SYN_SENT_STATE) && !is_syn && has_answer) {
        hs_flow_move(flow, p->from, HS_TCP_RECEIVES_SYN_ACK, p->at);
    }
    if (peer->has_fin && hs_flow_covers(end, peer->fin)) {
        receive_fin(flow, p->from, p->at);
    }
}

/* What the packet's acknowledgment does to the end that it goes to. */
static void move_acknowledged(hs_flow *flow, unsigned end, hs_time at, bool peer_had_closed)
{
    hs_flow_end *e = &flow->ends[end];
    const hs_flow_end *peer = &flow->ends[hs_flow_other(end)];
    if (is_in(e, HS_TCP_SYN_RECEIVED_STATE) && e->has_isn && hs_flow_covers(peer, e->isn + 1)) {
        hs_flow_move(flow, end, HS_TCP_SYN_IS_ACKNOWLEDGED, at);
    }
    if (!e->has_fin || !hs_flow_covers(peer, e->fin)) {
        return;
    }
    if (peer_had_closed && !e->has_received_fin && is_in(e, HS_TCP_FIN_WAIT_1_STATE)) {
        /* Both have closed at once if the peer's FIN came before this acknowledgment. What the end
         * sends next tells, or that the FIN, being lost, is sent again. */
        e->fin_ack_waits = true;
    } else {
        hs_flow_move(flow, end, HS_TCP_FIN_IS_ACKNOWLEDGED, at);
    }
}

static void move_by_rst(hs_flow *flow, const hs_flow_packet *p)
{
    unsigned to = hs_flow_other(p->from);
    hs_flow_end *peer = &flow->ends[to];
    bool is_opening = is_in(peer, HS_TCP_SYN_SENT_STATE) || is_in(peer, HS_TCP_SYN_RECEIVED_STATE);
    hs_flow_move(flow, p->from, HS_TCP_SENDS_RST, p->at);
    hs_flow_move(flow, to,
                 peer->has_opened && is_opening ? HS_TCP_SYN_IS_REFUSED : HS_TCP_RECEIVES_RST,
                 p->at);
}

static bool is_open_end(const hs_flow_end *end)
{
    return is_in(end, HS_TCP_ESTABLISHED_STATE) && !end->has_fin;
}

void hs_flow_move_both(hs_flow *flow, const hs_flow_packet *p)
{
    unsigned to = hs_flow_other(p->from);
    uint16_t flags = p->packet->tcp.flags;
    if (!(flags & (HS_TCP_SYN | HS_TCP_FIN | HS_TCP_RST)) && is_open_end(&flow->ends[0]) &&
        is_open_end(&flow->ends[1])) {
        return; /* data and acknowledgments, as most packets are */
    }
    if (flags & HS_TCP_RST) {
        move_by_rst(flow, p);
        return;
    }
    bool peer_had_closed = flow->ends[p->from].has_sent_fin; /* the sender, before this packet */
    if (flags & HS_TCP_FIN && peer_had_closed) {
        settle_fin(flow, to, p->at);
    }
    if (flags & HS_TCP_ACK) {
        move_by_receipts(flow, p);
        /* Of two ends that open at once, the one's acknowledgment may have crossed before the other
         * was known to have received the SYN. */
        move_acknowledged(flow, p->from, p->at, false);
        move_acknowledged(flow, to, p->at, peer_had_closed);
    }
    if (flags & HS_TCP_FIN) {
        flow->ends[p->from].has_sent_fin = true;
        hs_flow_move(flow, p->from, HS_TCP_SENDS_FIN, p->at);
    }
}

void hs_flow_settle_states(hs_flow *flow, hs_time at)
{
    settle_fin(flow, 0, at);
    settle_fin(flow, 1, at);
}

const char *hs_flow_ended(const hs_flow *flow)
{
    if (flow->rst_from != HS_FLOW_NO_END) {
        return hs_flow_side(flow, flow->rst_from) == HS_CLIENT ? "client_rst" : "server_rst";
    }
    if (flow->first_fin != HS_FLOW_NO_END) {
        return hs_flow_side(flow, flow->first_fin) == HS_CLIENT ? "client_fin" : "server_fin";
    }
    return NULL;
}
