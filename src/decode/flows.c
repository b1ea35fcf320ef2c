#include "decode/flows.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "base/pool.h"
#include "decode/flow.h"
#include "decode/flow_list.h"
#include "decode/fragments.h"
#include "decode/quic_flow.h"
#include "decode/quic_flow_ids.h"

enum {
    MEMORY_LIMIT = 256 * 1024 * 1024,
    HANDSHAKE_LIMIT = 256 * 1024,
    FRAGMENTS_SHARE = 16, /* of the memory limit */
    SESSIONS_SHARE = 16,
    POOL_SHARE = 64,
};

static const hs_time clock_was_set = 3600 * HS_SECOND;

/* Times in a file may be any: differences of these do not overflow. */
static const int64_t time_limit = INT64_MAX / 4;

struct hs_flows {
    hs_flows_config config;
    hs_flow_settings settings;
    hs_pool *pool; /* of handshakes under way and traces that are told */
    hs_allocator allocator;
    hs_flow_table *table;
    hs_fragments *fragments;
    hs_quic_flow_ids *quic_ids; /* full account only; NULL before the first flow of QUIC */
    size_t quic_flows;
    hs_flow_list lists[HS_FLOWS_LISTS];
    hs_time patience[HS_FLOWS_LISTS]; /* how long a flow may be idle in each */
    const char *file;
    struct file_name *files; /* all that there were: flows point to them */
    int64_t now;             /* time of the newest packet */
    int64_t due;             /* up to then none of them will have been idle for too long */
    hs_flows_counters counters;
    size_t flow_memory;
    size_t settled_memory; /* what `flow_memory` was when all was found to be within the limit */
};

typedef struct file_name {
    struct file_name *next;
    char text[];
} file_name;

static bool choose_seed(uint64_t seed[2])
{
    if (seed[0] != 0 || seed[1] != 0) {
        return true;
    }
    return RAND_bytes((unsigned char *)seed, 2 * sizeof seed[0]) == 1;
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
                                         .keep_events = c->keep_events || c->keep_bytes,
                                         .keep_bytes = c->keep_bytes,
                                         .handshake_limit = c->handshake_limit,
                                         .keylog = c->keylog,
                                         .keylog_complete = c->keylog_complete,
                                         .allocator = &flows->allocator};
    /* A SYN is sent again for at most 64 s later than the one before, a connection without
     * keep-alives may be idle for hours. */
    flows->patience[HS_FLOWS_OPENING] = 130 * HS_SECOND;
    flows->patience[HS_FLOWS_OPEN] = 3 * 3600 * HS_SECOND;
    flows->patience[HS_FLOWS_QUIET] = 120 * HS_SECOND;
    flows->patience[HS_FLOWS_CLOSED] = c->linger;
    flows->patience[HS_FLOWS_TOLD] = 60 * HS_SECOND + c->linger;
    flows->now = -time_limit;
    flows->due = INT64_MAX;
    if (choose_seed(c->seed)) {
        flows->table = hs_flow_table_new(c->seed);
    }
    flows->fragments = hs_fragments_new(c->memory_limit / FRAGMENTS_SHARE);
    flows->pool = hs_pool_new(c->memory_limit / POOL_SHARE);
    hs_flows_set_file(flows, config->file);
    if (!flows->table || !flows->fragments || !flows->pool || !have_sessions(flows)) {
        hs_flows_free(flows);
        return NULL;
    }
    flows->allocator = hs_pool_allocator(flows->pool);
    return flows;
}

static void note_due(hs_flows *flows, const hs_flow *flow)
{
    int64_t due = flow->last_at + flows->patience[flow->list];
    flows->due = due < flows->due ? due : flows->due;
}

static void add_newest(hs_flows *flows, hs_flows_list name, hs_flow *flow)
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

static hs_flows_list list_of(const hs_flow *flow)
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

/* --- memory --- */

static size_t memory_of(const hs_flows *flows)
{
    return flows->flow_memory + hs_flow_table_memory(flows->table) +
           hs_fragments_count(flows->fragments).memory + hs_pool_idle(flows->pool) +
           hs_quic_flow_ids_memory(flows->quic_ids) +
           (flows->settings.sessions ? hs_tls12_sessions_memory(flows->settings.sessions) : 0);
}

/* A flow has grown or shrunk. */
static void charge(hs_flows *flows, hs_flow *flow)
{
    size_t memory = hs_flow_memory(flow);
    flows->flow_memory = flows->flow_memory - flow->charged + memory;
    flow->charged = memory;
}

/* A flow that is not in the table any more. */
static void drop(hs_flows *flows, hs_flow *flow)
{
    take_out(flows, flow);
    flows->quic_flows -= flow->quic != NULL;
    if (flow->quic && flows->quic_ids) {
        hs_quic_flow_ids_forget(flows->quic_ids, flow);
    }
    flows->flow_memory -= flow->charged;
    hs_flow_free(flow);
}

static void forget(hs_flows *flows, hs_flow *flow)
{
    hs_flow_table_remove(flows->table, flow);
    drop(flows, flow);
}

static void tell(hs_flows *flows, hs_flow *flow)
{
    int64_t until = flows->now > flow->last_at ? flows->now : flow->last_at;
    hs_trace *trace = hs_flow_tell(flow, &flows->settings, until);
    charge(flows, flow);
    if (trace && flows->config.connection) {
        flows->config.connection(flows->config.context, trace);
    } else {
        hs_trace_free(trace);
    }
}

static void tell_and_forget(hs_flows *flows, hs_flow *flow)
{
    if (flow->list != HS_FLOWS_TOLD) {
        tell(flows, flow);
    }
    forget(flows, flow);
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

static void keep_within_limit(hs_flows *flows, const hs_flow *but)
{
    if (flows->flow_memory == flows->settled_memory) {
        return;
    }
    while (memory_of(flows) > flows->config.memory_limit) {
        hs_flow *flow = idle_longest(flows, but);
        if (!flow) {
            break;
        }
        flows->counters.evicted += flow->list <= HS_FLOWS_QUIET;
        tell_and_forget(flows, flow);
    }
    size_t memory = memory_of(flows);
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
            tell(flows, flow);
            take_out(flows, flow);
            add_newest(flows, HS_FLOWS_TOLD, flow);
        } else {
            tell_and_forget(flows, flow);
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

/* --- packets --- */

static hs_flow *add_flow(hs_flows *flows, const hs_flow_head *head, int64_t at, uint64_t number)
{
    hs_flow *flow = hs_flow_new(head, &flows->settings, at, number, flows->file);
    if (!flow) {
        return NULL;
    }
    if (hs_flow_table_add(flows->table, flow) != HS_OK) {
        hs_flow_free(flow);
        return NULL;
    }
    add_newest(flows, HS_FLOWS_OPENING, flow);
    charge(flows, flow);
    flows->counters.connections++;
    return flow;
}

static void put_in_place(hs_flows *flows, hs_flow *flow)
{
    hs_flows_list name = list_of(flow);
    if (flow->list == name && flows->lists[name].newest == flow) {
        return;
    }
    take_out(flows, flow);
    add_newest(flows, name, flow);
}

static hs_result take_tcp(hs_flows *flows, const hs_flows_input *input, int64_t at, uint64_t number)
{
    const hs_packet *packet = &input->packet;
    const hs_flow_head *head = &input->head;
    unsigned from = input->from;
    hs_flow *flow = hs_flow_table_find(flows->table, &head->key, head->hash);
    if (flow && hs_flow_is_new_connection(flow, packet, from)) {
        tell_and_forget(flows, flow);
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
    put_in_place(flows, flow);
    if (!was_over || packet->tcp.flags & (HS_TCP_SYN | HS_TCP_FIN | HS_TCP_RST)) {
        charge(flows, flow);
        keep_within_limit(flows, flow);
    }
    return result == HS_NO_MEMORY ? HS_NO_MEMORY : HS_OK;
}

/* --- QUIC --- */

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
    put_in_place(flows, flow);
    if (!was_over) {
        charge(flows, flow);
        keep_within_limit(flows, flow);
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
        hs_flow_free(flow);
        return result == HS_NO_MEMORY ? HS_NO_MEMORY : HS_OK;
    }
    *began = true;
    flows->quic_flows++;
    add_newest(flows, list_of(flow), flow);
    return settle_quic(flows, flow, false);
}

static hs_result take_udp(hs_flows *flows, const hs_flows_input *input, int64_t at, uint64_t number)
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
        tell_and_forget(flows, flow);
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

static void find_head(const uint64_t seed[2], hs_flows_input *input)
{
    if (input->kind == HS_PACKET_TCP || input->kind == HS_PACKET_UDP) {
        hs_flow_key_set(&input->head.key, &input->packet, &input->from);
        input->head.hash = hs_flow_key_hash(seed, &input->head.key);
    }
}

static hs_result reassemble(hs_flows *flows, hs_flows_input *input, int64_t at)
{
    uint8_t protocol = 0;
    hs_bytes payload;
    flows->counters.fragments++;
    hs_result result = hs_fragments_add(flows->fragments, &input->packet, at, &protocol, &payload);
    if (result == HS_OK) {
        input->kind = hs_packet_read_reassembled(&input->packet, protocol, payload);
        find_head(flows->config.seed, input);
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
        result = take_udp(flows, input, at, number);
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

void hs_flows_read(const uint64_t seed[2], int link_type, hs_bytes frame, hs_flows_input *out)
{
    out->kind = hs_packet_read(link_type, frame, &out->packet);
    out->hello = NULL;
    find_head(seed, out);
}

void hs_flows_read_hello(hs_flows_input *input, hs_tls_hello *room)
{
    if (input->kind == HS_PACKET_TCP && hs_tls_hello_read(input->packet.payload, room)) {
        input->hello = room;
    }
}

void hs_flows_expect(const hs_flows *flows, const hs_flows_input *soon, const hs_flows_input *next)
{
    if (soon && soon->kind == HS_PACKET_TCP) {
        hs_flow_table_expect(flows->table, soon->head.hash);
    }
    if (next && next->kind == HS_PACKET_TCP) {
        __builtin_prefetch(next->packet.payload.data);
        const hs_flow *flow = hs_flow_table_likely(flows->table, next->head.hash);
        if (flow) {
            hs_flow_expect(flow);
        }
    }
}

/* --- the end --- */

/* A flow with what it is put in order by, so that nothing else of it is touched. */
typedef struct flow_order {
    int64_t first_at;
    uint64_t first_packet;
    hs_flow *flow;
} flow_order;

static int compare_first(const void *a, const void *b)
{
    const flow_order *x = a;
    const flow_order *y = b;
    if (x->first_at != y->first_at) {
        return x->first_at < y->first_at ? -1 : 1;
    }
    return x->first_packet < y->first_packet ? -1 : x->first_packet > y->first_packet;
}

/* Where there is no memory to put them in order, they come as they are. */
static void tell_in_order(hs_flows *flows, size_t most)
{
    enum { AHEAD = 6 }; /* flows: about as long as memory takes that is not in the cache */
    size_t count = 0;
    flow_order *all = malloc((most + 1) * sizeof *all);
    for (int name = 0; all && name < HS_FLOWS_TOLD; name++) {
        for (hs_flow *flow = flows->lists[name].oldest; flow; flow = flow->newer) {
            all[count++] = (flow_order){flow->first_at, flow->first_packet, flow};
        }
    }
    if (count > 0) {
        qsort(all, count, sizeof *all, compare_first);
    }
    for (size_t i = 0; i < count; i++) {
        if (i + 2 * AHEAD < count) {
            hs_flow_expect(all[i + 2 * AHEAD].flow);
        }
        if (i + AHEAD < count) {
            hs_flow_brief_expect(all[i + AHEAD].flow->brief);
        }
        tell(flows, all[i].flow);
        drop(flows, all[i].flow);
    }
    free(all);
}

void hs_flows_finish(hs_flows *flows)
{
    size_t most = hs_flow_table_count(flows->table);
    hs_flow_table_clear(flows->table); /* at once: nothing is looked up any more */
    tell_in_order(flows, most);
    for (int name = 0; name < HS_FLOWS_LISTS; name++) {
        while (flows->lists[name].oldest) {
            hs_flow *flow = flows->lists[name].oldest;
            if (name != HS_FLOWS_TOLD) {
                tell(flows, flow);
            }
            drop(flows, flow);
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
    file_name *name = malloc(sizeof *name + size);
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
            forget(flows, flows->lists[name].oldest);
        }
    }
    hs_quic_flow_ids_free(flows->quic_ids);
    hs_quic_crypto_free(flows->settings.quic_crypto);
    hs_flow_table_free(flows->table);
    hs_fragments_free(flows->fragments);
    hs_tls12_sessions_free(flows->settings.sessions);
    hs_pool_free(flows->pool);
    while (flows->files) {
        file_name *next = flows->files->next;
        free(flows->files);
        flows->files = next;
    }
    free(flows);
}

hs_flows_counters hs_flows_count(const hs_flows *flows)
{
    hs_flows_counters counters = flows->counters;
    counters.fragments_dropped = hs_fragments_count(flows->fragments).dropped;
    counters.memory = memory_of(flows);
    return counters;
}
