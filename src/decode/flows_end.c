/* The end of a capture: every connection that is left, in order. */
#include <stdlib.h>
#include <string.h>

#include "decode/flows_state.h"

enum { TOLD_AHEAD = 6 }; /* flows: about as long as memory takes that is not in the cache */

void hs_flows_note_order(hs_flows *flows, const hs_flow *flow)
{
    bool is_behind = flow->first_at > flows->newest_at ||
                     (flow->first_at == flows->newest_at &&
                      flow->first_packet > flows->newest_packet);
    flows->is_in_order = flows->is_in_order && is_behind;
    flows->newest_at = flow->first_at;
    flows->newest_packet = flow->first_packet;
}

/* One of many that are put in order. */
typedef struct place {
    hs_flow *flow;
} place;

static int compare_first(const void *a, const void *b)
{
    const hs_flow *x = ((const place *)a)->flow;
    const hs_flow *y = ((const place *)b)->flow;
    if (x->first_at != y->first_at) {
        return x->first_at < y->first_at ? -1 : 1;
    }
    return x->first_packet < y->first_packet ? -1 : x->first_packet > y->first_packet;
}

static void tell_and_drop(hs_flows *flows, hs_flow *flow)
{
    if (flow->list != HS_FLOWS_TOLD) {
        hs_flows_tell(flows, flow);
    }
    hs_flows_drop(flows, flow);
}

/* The flow that is to be told after as many others; NULL where there are no more. */
static const hs_flow *after(const hs_flow_store *store, size_t count)
{
    const hs_flow *flow = hs_flow_store_next(store, NULL);
    for (size_t i = 0; flow && i < count; i++) {
        flow = hs_flow_store_next(store, flow);
    }
    return flow;
}

static void tell_as_stored(hs_flows *flows)
{
    const hs_flow_store *store = flows->settings.store;
    const hs_flow *soon = after(store, 2 * (size_t)TOLD_AHEAD);
    const hs_flow *next = after(store, TOLD_AHEAD);
    hs_flow *flow = hs_flow_store_next(store, NULL);
    while (flow) {
        if (soon) {
            hs_flow_expect(soon);
            soon = hs_flow_store_next(store, soon);
        }
        if (next) {
            hs_flow_brief_expect(next->brief);
            next = hs_flow_store_next(store, next);
        }
        hs_flow *behind = hs_flow_store_next(store, flow);
        tell_and_drop(flows, flow);
        flow = behind;
    }
}

/* Where there is no memory to put them in order, they come as they are stored. */
static void tell_in_order(hs_flows *flows, size_t most)
{
    hs_flow_store *store = flows->settings.store;
    size_t count = 0;
    place *all = malloc((most + 1) * sizeof *all);
    for (hs_flow *flow = all ? hs_flow_store_next(store, NULL) : NULL; flow;
         flow = hs_flow_store_next(store, flow)) {
        all[count++].flow = flow;
    }
    if (count > 0) {
        qsort(all, count, sizeof *all, compare_first);
    }
    for (size_t i = 0; i < count; i++) {
        if (i + 2 * TOLD_AHEAD < count) {
            hs_flow_expect(all[i + 2 * TOLD_AHEAD].flow);
        }
        if (i + TOLD_AHEAD < count) {
            hs_flow_brief_expect(all[i + TOLD_AHEAD].flow->brief);
        }
        tell_and_drop(flows, all[i].flow);
    }
    free(all);
}

void hs_flows_finish(hs_flows *flows)
{
    size_t most = hs_flow_table_count(flows->table);
    hs_flow_table_clear(flows->table); /* at once: nothing is looked up any more */
    memset(flows->lists, 0, sizeof flows->lists);
    if (!flows->is_in_order) {
        tell_in_order(flows, most);
    }
    tell_as_stored(flows);
}
