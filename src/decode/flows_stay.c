/* How long flows stay: in lists by what has become of them, as long as they may be idle, and as
 * there is memory. */
#include "decode/flows_state.h"

static const hs_time clock_was_set = 3600 * HS_SECOND;

static void note_due(hs_flows *flows, const hs_flow *flow)
{
    int64_t due = flow->last_at + flows->patience[flow->list];
    flows->due = due < flows->due ? due : flows->due;
}

void hs_flows_add_newest(hs_flows *flows, hs_flows_list name, hs_flow *flow)
{
    flow->list = (uint8_t)name;
    hs_flow_list_add(&flows->lists[name], flow);
    note_due(flows, flow);
}

/* Out of its list. Where packets were out of order, the next one may be due before this one was. */
static void take_out(hs_flows *flows, hs_flow *flow)
{
    hs_flow_list *list = &flows->lists[flow->list];
    bool was_oldest = list->oldest == flow;
    hs_flow_list_take(list, flow);
    if (was_oldest && list->oldest) {
        note_due(flows, list->oldest);
    }
}

hs_flows_list hs_flows_list_of(const hs_flow *flow)
{
    if (flow->list == HS_FLOWS_TOLD) {
        return HS_FLOWS_TOLD;
    }
    if (hs_flow_is_closed(flow)) {
        return HS_FLOWS_CLOSED;
    }
    if (!hs_flow_is_open(flow)) {
        return HS_FLOWS_OPENING;
    }
    return flow->quic ? HS_FLOWS_QUIET : HS_FLOWS_OPEN;
}

void hs_flows_put_in_place(hs_flows *flows, hs_flow *flow)
{
    hs_flows_list name = hs_flows_list_of(flow);
    if (flow->list == name && flows->lists[name].newest == flow) {
        return;
    }
    take_out(flows, flow);
    hs_flows_add_newest(flows, name, flow);
}

/* --- memory --- */

size_t hs_flows_memory(const hs_flows *flows)
{
    return flows->flow_memory + hs_flow_table_memory(flows->table) +
           hs_fragments_count(flows->fragments).memory + hs_pool_idle(flows->pool) +
           hs_flow_store_idle(flows->settings.store) + hs_quic_flow_ids_memory(flows->quic_ids) +
           (flows->settings.sessions ? hs_tls12_sessions_memory(flows->settings.sessions) : 0);
}

/* A flow has grown or shrunk. */
void hs_flows_charge(hs_flows *flows, hs_flow *flow)
{
    size_t memory = hs_flow_memory(flow);
    flows->flow_memory = flows->flow_memory - flow->charged + memory;
    flow->charged = memory;
}

/* A flow that is neither in the table nor in a list any more. */
void hs_flows_drop(hs_flows *flows, hs_flow *flow)
{
    flows->is_in_order = false; /* the next may take its place */
    flows->quic_flows -= flow->quic != NULL;
    if (flow->quic && flows->quic_ids) {
        hs_quic_flow_ids_forget(flows->quic_ids, flow);
    }
    flows->flow_memory -= flow->charged;
    hs_flow_free(flow, &flows->settings);
}

void hs_flows_forget(hs_flows *flows, hs_flow *flow)
{
    hs_flow_table_remove(flows->table, flow);
    take_out(flows, flow);
    hs_flows_drop(flows, flow);
}

void hs_flows_tell(hs_flows *flows, hs_flow *flow)
{
    int64_t until = flows->now > flow->last_at ? flows->now : flow->last_at;
    hs_trace *trace = hs_flow_tell(flow, &flows->settings, until);
    if (trace && flows->config.connection) {
        flows->config.connection(flows->config.context, trace);
    } else {
        hs_trace_free(trace);
    }
}

void hs_flows_tell_and_forget(hs_flows *flows, hs_flow *flow)
{
    if (flow->list != HS_FLOWS_TOLD) {
        hs_flows_tell(flows, flow);
    }
    hs_flows_forget(flows, flow);
}

/* The flow that was idle longest, of those whose end costs least. */
static hs_flow *idle_longest(const hs_flows *flows, const hs_flow *but)
{
    static const hs_flows_list order[] = {HS_FLOWS_TOLD, HS_FLOWS_CLOSED};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        hs_flow *oldest = flows->lists[order[i]].oldest;
        if (oldest && oldest != but) {
            return oldest;
        }
    }
    hs_flow *longest = NULL;
    for (size_t name = HS_FLOWS_OPENING; name <= HS_FLOWS_QUIET; name++) {
        hs_flow *oldest = flows->lists[name].oldest;
        if (oldest && oldest != but && (!longest || oldest->last_at < longest->last_at)) {
            longest = oldest;
        }
    }
    return longest;
}

void hs_flows_keep_within_limit(hs_flows *flows, const hs_flow *but)
{
    if (flows->flow_memory == flows->settled_memory) {
        return;
    }
    while (hs_flows_memory(flows) > flows->config.memory_limit) {
        hs_flow *flow = idle_longest(flows, but);
        if (!flow) {
            break;
        }
        flows->counters.evicted += flow->list <= HS_FLOWS_QUIET;
        hs_flows_tell_and_forget(flows, flow);
    }
    size_t memory = hs_flows_memory(flows);
    if (memory > flows->counters.memory_peak) {
        flows->counters.memory_peak = memory;
    }
    flows->settled_memory = flows->flow_memory;
}

/* --- time --- */

static void end_idle(hs_flows *flows, hs_flows_list name)
{
    hs_flow *flow = flows->lists[name].oldest;
    while (flow && flows->now - flow->last_at > flows->patience[name]) {
        if (name == HS_FLOWS_CLOSED) {
            hs_flows_tell(flows, flow);
            hs_flows_charge(flows, flow); /* it has given its trace away */
            take_out(flows, flow);
            hs_flows_add_newest(flows, HS_FLOWS_TOLD, flow);
        } else {
            hs_flows_tell_and_forget(flows, flow);
        }
        flow = flows->lists[name].oldest;
    }
}

void hs_flows_advance(hs_flows *flows, int64_t at)
{
    /* Packets of a file may be a little out of order; a clock that was set back is followed. */
    if (at <= flows->now && flows->now - at < clock_was_set) {
        return;
    }
    flows->now = at;
    if (at <= flows->due) {
        return;
    }
    for (int name = 0; name < HS_FLOWS_LISTS; name++) {
        end_idle(flows, (hs_flows_list)name);
    }
    flows->due = INT64_MAX;
    for (int name = 0; name < HS_FLOWS_LISTS; name++) {
        if (flows->lists[name].oldest) {
            note_due(flows, flows->lists[name].oldest);
        }
    }
}
