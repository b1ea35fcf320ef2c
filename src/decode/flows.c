#include "decode/flows_state.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
    MEMORY_LIMIT = 256 * 1024 * 1024,
    HANDSHAKE_LIMIT = 256 * 1024,
    FRAGMENTS_SHARE = 16, /* of the memory limit */
    SESSIONS_SHARE = 16,
    POOL_SHARE = 64,
    TRACE_LIMIT = 4 * 1024 * 1024, /* of one connection */
};

/* Times in a file may be any: differences of these do not overflow. */
static const int64_t time_limit = INT64_MAX / 4;

struct hs_flows_file {
    hs_flows_file *next;
    char text[];
};

static bool choose_seed(uint64_t seed[2])
{
    if (seed[0] != 0 || seed[1] != 0) {
        return true;
    }
    return getrandom(seed, 2 * sizeof seed[0], 0) == 2 * sizeof seed[0];
}

/* Only who has keys has a use for the sessions that they are of. False when out of memory. */
static bool have_sessions(hs_flows *flows)
{
    hs_flow_settings *settings = &flows->settings;
    if (settings->keylog && !settings->sessions) {
        settings->sessions = hs_tls12_sessions_new(flows->config.memory_limit / SESSIONS_SHARE,
                                                   flows->config.seed);
    }
    return !settings->keylog || settings->sessions;
}

static bool have_parts(hs_flows *flows)
{
    hs_flows_config *c = &flows->config;
    flows->own_chunks = c->chunks ? NULL : hs_chunks_new();
    hs_chunks *chunks = c->chunks ? c->chunks : flows->own_chunks;
    if (!chunks || !choose_seed(c->seed)) {
        return false;
    }
    flows->table = hs_flow_table_new(c->seed, chunks);
    flows->settings.store = hs_flow_store_new(chunks);
    flows->fragments = hs_fragments_new(c->memory_limit / FRAGMENTS_SHARE);
    flows->pool = hs_pool_new(c->memory_limit / POOL_SHARE);
    return flows->table && flows->settings.store && flows->fragments && flows->pool &&
           have_sessions(flows);
}

hs_flows *hs_flows_new(const hs_flows_config *config)
{
    hs_flows *flows = calloc(1, sizeof *flows);
    if (!flows) {
        return NULL;
    }
    flows->config = *config;
    hs_flows_config *c = &flows->config;
    c->memory_limit = c->memory_limit ? c->memory_limit : MEMORY_LIMIT;
    c->handshake_limit = c->handshake_limit ? c->handshake_limit : HANDSHAKE_LIMIT;
    c->linger = c->linger ? c->linger : 60 * HS_SECOND;
    flows->settings = (hs_flow_settings){.light = c->light,
                                         .handshake_limit = c->handshake_limit,
                                         .keylog = c->keylog,
                                         .keylog_complete = c->keylog_complete,
                                         .allocator = &flows->allocator};
    flows->settings.trace = (hs_trace_config){.memory_limit = TRACE_LIMIT,
                                              .allocator = &flows->allocator,
                                              .light = c->light,
                                              .keep_events = !c->light && c->keep_events,
                                              .keep_bytes = !c->light && c->keep_bytes};
    /* A SYN is sent again for at most 64 s later than the one before, a connection without
     * keep-alives may be idle for hours. */
    flows->patience[HS_FLOWS_OPENING] = 130 * HS_SECOND;
    flows->patience[HS_FLOWS_OPEN] = 3 * 3600 * HS_SECOND;
    flows->patience[HS_FLOWS_QUIET] = 120 * HS_SECOND;
    flows->patience[HS_FLOWS_CLOSED] = c->linger;
    flows->patience[HS_FLOWS_TOLD] = 60 * HS_SECOND + c->linger;
    flows->now = flows->newest_at = -time_limit;
    flows->due = INT64_MAX;
    flows->is_in_order = true;
    hs_flows_set_file(flows, config->file);
    if (!have_parts(flows)) {
        hs_flows_free(flows);
        return NULL;
    }
    flows->allocator = hs_pool_allocator(flows->pool);
    return flows;
}

static hs_flow *add_flow(hs_flows *flows, const hs_flow_head *head, int64_t at, uint64_t number)
{
    hs_flow *flow = hs_flow_new(head, &flows->settings, at, number, flows->file);
    if (!flow) {
        return NULL;
    }
    if (hs_flow_table_add(flows->table, flow) != HS_OK) {
        hs_flow_free(flow, &flows->settings);
        return NULL;
    }
    hs_flows_note_order(flows, flow);
    hs_flows_add_newest(flows, HS_FLOWS_OPENING, flow);
    hs_flows_charge(flows, flow);
    flows->counters.connections++;
    return flow;
}

static hs_result take_tcp(hs_flows *flows, const hs_flows_input *input, int64_t at, uint64_t number)
{
    const hs_packet *packet = &input->packet;
    const hs_flow_head *head = &input->head;
    unsigned from = input->from;
    hs_flow *flow = hs_flow_table_find(flows->table, &head->key, head->hash);
    if (flow && hs_flow_is_new_connection(flow, packet, from)) {
        hs_flows_tell_and_forget(flows, flow);
        flow = NULL;
    }
    if (!flow) {
        flow = add_flow(flows, head, at, number);
    }
    if (!flow) {
        return HS_NO_MEMORY;
    }
    if (flow->list == HS_FLOWS_TOLD) {
        return HS_OK;
    }
    bool was_over = flow->is_over;
    hs_flow_packet p = {.packet = packet, .hello = input->hello, .from = from};
    hs_result result = hs_flow_take(flow, &flows->settings, &p, at);
    hs_flows_put_in_place(flows, flow);
    if (!was_over || packet->tcp.flags & (HS_TCP_SYN | HS_TCP_FIN | HS_TCP_RST)) {
        hs_flows_charge(flows, flow);
        hs_flows_keep_within_limit(flows, flow);
    }
    return result == HS_NO_MEMORY ? HS_NO_MEMORY : HS_OK;
}

static hs_result reassemble(hs_flows *flows, hs_flows_input *input, int64_t at)
{
    uint8_t protocol = 0;
    hs_bytes payload;
    flows->counters.fragments++;
    hs_result result = hs_fragments_add(flows->fragments, &input->packet, at, &protocol, &payload);
    if (result == HS_OK) {
        input->kind = hs_packet_read_reassembled(&input->packet, protocol, payload);
        hs_flows_find_head(flows->config.seed, input);
    }
    return result == HS_NO_MEMORY ? HS_NO_MEMORY : HS_OK;
}

hs_result hs_flows_take(hs_flows *flows, hs_flows_input *input, int64_t at, uint64_t number)
{
    hs_result result = HS_OK;
    flows->counters.packets++;
    at = at > time_limit ? time_limit : at < -time_limit ? -time_limit : at;
    hs_flows_advance(flows, at);
    if (input->kind == HS_PACKET_FRAGMENT) {
        result = reassemble(flows, input, at);
    }
    switch (input->kind) {
    case HS_PACKET_TCP:
        flows->counters.tcp_packets++;
        result = take_tcp(flows, input, at, number);
        break;
    case HS_PACKET_UDP:
        flows->counters.udp_packets++;
        result = hs_flows_take_udp(flows, input, at, number);
        break;
    case HS_PACKET_FRAGMENT:
        break;
    case HS_PACKET_OTHER:
        flows->counters.other_packets++;
        break;
    case HS_PACKET_TRUNCATED:
        flows->counters.truncated_packets++;
        break;
    case HS_PACKET_MALFORMED:
        flows->counters.malformed_packets++;
        break;
    case HS_PACKET_LINK_UNKNOWN:
        flows->counters.unknown_link_packets++;
        break;
    }
    return result;
}

hs_result hs_flows_packet(hs_flows *flows, int link_type, hs_bytes frame, int64_t at,
                          uint64_t number)
{
    hs_flows_input input;
    hs_tls_hello hello;
    hs_flows_read(flows->config.seed, link_type, frame, &input);
    hs_flows_read_hello(&input, &hello);
    return hs_flows_take(flows, &input, at, number);
}

void hs_flows_expect(const hs_flows *flows, const hs_flows_input *soon, const hs_flows_input *next)
{
    if (soon && soon->kind == HS_PACKET_TCP) {
        hs_flow_table_expect(flows->table, soon->head.hash);
    }
    if (next && next->kind == HS_PACKET_TCP) {
        __builtin_prefetch(next->packet.payload.data);
        hs_tls_hello_expect(next->hello);
        const hs_flow *flow = hs_flow_table_likely(flows->table, next->head.hash);
        if (flow) {
            hs_flow_expect(flow);
        }
    }
}

void hs_flows_set_file(hs_flows *flows, const char *file)
{
    flows->file = NULL;
    flows->now = -time_limit; /* its packets may be older */
    if (!file) {
        return;
    }
    size_t size = strlen(file) + 1;
    hs_flows_file *name = malloc(sizeof *name + size);
    if (name) {
        memcpy(name->text, file, size);
        name->next = flows->files;
        flows->files = name;
        flows->file = name->text;
    }
}

void hs_flows_set_keylog(hs_flows *flows, const hs_keylog *keylog, bool is_complete)
{
    flows->settings.keylog = keylog;
    flows->settings.keylog_complete = is_complete;
    (void)have_sessions(flows); /* without, a resumed session may stay closed */
}

void hs_flows_free(hs_flows *flows)
{
    if (!flows) {
        return;
    }
    for (int name = 0; name < HS_FLOWS_LISTS; name++) {
        while (flows->lists[name].oldest) {
            hs_flows_forget(flows, flows->lists[name].oldest);
        }
    }
    hs_quic_flow_ids_free(flows->quic_ids);
    hs_quic_crypto_free(flows->settings.quic_crypto);
    hs_flow_table_free(flows->table);
    hs_fragments_free(flows->fragments);
    hs_tls12_sessions_free(flows->settings.sessions);
    hs_flow_store_free(flows->settings.store);
    hs_chunks_free(flows->own_chunks);
    hs_pool_free(flows->pool);
    while (flows->files) {
        hs_flows_file *next = flows->files->next;
        free(flows->files);
        flows->files = next;
    }
    free(flows);
}

hs_flows_counters hs_flows_count(const hs_flows *flows)
{
    hs_flows_counters counters = flows->counters;
    counters.fragments_dropped = hs_fragments_count(flows->fragments).dropped;
    counters.memory = hs_flows_memory(flows);
    counters.memory_idle = hs_pool_idle(flows->pool) + hs_flow_store_idle(flows->settings.store);
    return counters;
}
