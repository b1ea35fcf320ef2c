/* Flows by what has become of them, in the order of their last packets. */
#ifndef HS_DECODE_FLOW_LIST_H
#define HS_DECODE_FLOW_LIST_H

#include "decode/flow.h"

/* Where a flow stands; each list is in the order of the flows' last packets. */
typedef enum hs_flows_list {
    HS_FLOWS_OPENING, /* SYNs without an answer, or half-open */
    HS_FLOWS_OPEN,
    HS_FLOWS_QUIET,  /* open, of QUIC: it ends in silence */
    HS_FLOWS_CLOSED, /* ended; stragglers may come */
    HS_FLOWS_TOLD,   /* given out; kept so that stragglers begin no new connection */
    HS_FLOWS_LISTS
} hs_flows_list;

typedef struct hs_flow_list {
    hs_flow *oldest;
    hs_flow *newest;
} hs_flow_list;

/* `flow` is in no list. */
void hs_flow_list_add(hs_flow_list *list, hs_flow *flow);
void hs_flow_list_take(hs_flow_list *list, hs_flow *flow);

#endif
