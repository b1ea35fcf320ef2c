/* Inside of the flows: what flows.c and its parts share.
 *
 * flows.c has packets of TCP follow their flows, flows_quic.c those of QUIC; flows_input.c reads
 * frames, for which no flow is needed; flows_stay.c keeps flows as long as time and memory let it,
 * flows_end.c tells of those that are left. */
#ifndef HS_DECODE_FLOWS_STATE_H
#define HS_DECODE_FLOWS_STATE_H

#include "base/pool.h"
#include "decode/flow.h"
#include "decode/flow_list.h"
#include "decode/flows.h"
#include "decode/fragments.h"
#include "decode/quic_flow_ids.h"

typedef struct hs_flows_file hs_flows_file;

struct hs_flows {
    hs_flows_config config;
    hs_flow_settings settings;
    hs_chunks *own_chunks; /* NULL: the config's are used */
    hs_pool *pool;         /* of handshakes under way and traces that are told */
    hs_allocator allocator;
    hs_flow_table *table;
    hs_fragments *fragments;
    hs_quic_flow_ids *quic_ids; /* full account only; NULL before the first flow of QUIC */
    size_t quic_flows;
    /* The store has them by their first packets, as they are told at the end; the newest's is: */
    bool is_in_order;
    int64_t newest_at;
    uint64_t newest_packet;
    hs_flow_list lists[HS_FLOWS_LISTS];
    hs_time patience[HS_FLOWS_LISTS]; /* how long a flow may be idle in each */
    const char *file;
    hs_flows_file *files; /* all that there were: flows point to them */
    int64_t now;          /* time of the newest packet */
    int64_t due;          /* up to then none of them will have been idle for too long */
    hs_flows_counters counters;
    size_t flow_memory;
    size_t settled_memory; /* what `flow_memory` was when all was found to be within the limit */
};

/* flows_stay.c */

/* In the list, as the newest of it; it is in none. */
void hs_flows_add_newest(hs_flows *flows, hs_flows_list name, hs_flow *flow);
/* Where it belongs now. */
hs_flows_list hs_flows_list_of(const hs_flow *flow);
/* A packet has come for it. */
void hs_flows_put_in_place(hs_flows *flows, hs_flow *flow);
/* It has grown or shrunk. */
void hs_flows_charge(hs_flows *flows, hs_flow *flow);
size_t hs_flows_memory(const hs_flows *flows);
/* Ends others than `but` until all are within the limit. */
void hs_flows_keep_within_limit(hs_flows *flows, const hs_flow *but);
void hs_flows_tell(hs_flows *flows, hs_flow *flow);
/* Frees a flow that is neither in the table nor in a list any more. */
void hs_flows_drop(hs_flows *flows, hs_flow *flow);
/* Tells of it, unless that was done, and takes it out of the table, its list, and memory. */
void hs_flows_tell_and_forget(hs_flows *flows, hs_flow *flow);
void hs_flows_forget(hs_flows *flows, hs_flow *flow);

/* flows_end.c */

/* It was put into the store as the last one. */
void hs_flows_note_order(hs_flows *flows, const hs_flow *flow);

/* flows_input.c */
void hs_flows_find_head(const uint64_t seed[2], hs_flows_input *input);

/* flows_quic.c */
HS_CHECKED hs_result hs_flows_take_udp(hs_flows *flows, const hs_flows_input *input, int64_t at,
                                       uint64_t number);

#endif
