/* Datagrams that may be QUIC's. */
#include "decode/flows_state.h"
#include "decode/quic_flow.h"

static hs_result have_quic(hs_flows *flows)
{
    if (!flows->settings.quic_crypto) {
        hs_result result = hs_quic_crypto_new(&flows->settings.quic_crypto);
        if (result != HS_OK) {
            return result;
        }
    }
    if (!flows->config.light && !flows->quic_ids) {
        flows->quic_ids = hs_quic_flow_ids_new(flows->config.seed);
        return flows->quic_ids ? HS_OK : HS_NO_MEMORY;
    }
    return HS_OK;
}

/* What a datagram has changed. */
static hs_result settle_quic(hs_flows *flows, hs_flow *flow, bool was_over)
{
    hs_result result = HS_OK;
    if (hs_quic_flow_is_real(flow->quic) && !hs_quic_flow_is_counted(flow->quic)) {
        hs_quic_flow_set_counted(flow->quic);
        flows->counters.connections++;
    }
    if (flows->quic_ids) {
        result = hs_quic_flow_ids_update(flows->quic_ids, flow);
    }
    hs_flows_put_in_place(flows, flow);
    if (!was_over) {
        hs_flows_charge(flows, flow);
        hs_flows_keep_within_limit(flows, flow);
    }
    return result;
}

/* A flow, where the datagram is what it looks like; else `*began` is false. */
static hs_result begin_quic(hs_flows *flows, const hs_flow_head *head, const hs_packet *packet,
                            unsigned from, int64_t at, uint64_t number, bool *began)
{
    *began = false;
    hs_result result = have_quic(flows);
    hs_flow *flow = result == HS_OK ? hs_flow_new(head, &flows->settings, at, number, flows->file)
                                    : NULL;
    if (!flow) {
        return HS_NO_MEMORY;
    }
    result = hs_quic_flow_begin(flow, &flows->settings, from);
    if (result == HS_OK) {
        result = hs_quic_flow_take(flow, &flows->settings, packet, from, at);
    }
    if (result == HS_NO_MEMORY || !hs_quic_flow_is_possible(flow->quic) ||
        hs_flow_table_add(flows->table, flow) != HS_OK) {
        hs_flow_free(flow, &flows->settings);
        return result == HS_NO_MEMORY ? HS_NO_MEMORY : HS_OK;
    }
    *began = true;
    flows->quic_flows++;
    hs_flows_note_order(flows, flow);
    hs_flows_add_newest(flows, hs_flows_list_of(flow), flow);
    return settle_quic(flows, flow, false);
}

hs_result hs_flows_take_udp(hs_flows *flows, const hs_flows_input *input, int64_t at,
                            uint64_t number)
{
    const hs_packet *packet = &input->packet;
    const hs_flow_head *head = &input->head;
    unsigned from = input->from;
    bool may_begin = hs_quic_may_begin(packet->payload);
    if (!may_begin && flows->quic_flows == 0) {
        return HS_OK;
    }
    hs_flow *flow = hs_flow_table_find(flows->table, &head->key, head->hash);
    if (flow && may_begin && hs_quic_flow_is_new_connection(flow, packet->payload, from)) {
        hs_flows_tell_and_forget(flows, flow);
        flow = NULL;
    }
    if (!flow && may_begin) {
        bool began = false;
        hs_result result = begin_quic(flows, head, packet, from, at, number, &began);
        if (began || result != HS_OK) {
            return result;
        }
    }
    if (!flow && flows->quic_ids) { /* another path of a connection */
        flow = hs_quic_flow_ids_find(flows->quic_ids, packet, &head->key, from, &from);
    }
    if (!flow || flow->list == HS_FLOWS_TOLD) {
        return HS_OK;
    }
    bool was_over = flow->is_over;
    hs_result result = hs_quic_flow_take(flow, &flows->settings, packet, from, at);
    hs_result settled = settle_quic(flows, flow, was_over);
    return result == HS_NO_MEMORY ? HS_NO_MEMORY : settled;
}
