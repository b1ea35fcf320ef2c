/* Where flows, and the few facts that are kept of their handshakes, live: by the hundred thousand
 * in large captures. */
#ifndef HS_DECODE_FLOW_STORE_H
#define HS_DECODE_FLOW_STORE_H

#include <stddef.h>

#include "base/chunks.h"
#include "decode/flow_table.h"

typedef struct hs_flow_store hs_flow_store;

/* In `chunks`, which stays until the store is gone. NULL when out of memory. */
hs_flow_store *hs_flow_store_new(hs_chunks *chunks);
/* Nothing that it gave out is used any more. */
void hs_flow_store_free(hs_flow_store *store);

/* Memory that is not zeroed, or NULL. Without a store (NULL), by malloc. */
void *hs_flow_store_flow(hs_flow_store *store);
void hs_flow_store_release_flow(hs_flow_store *store, hs_flow *flow);
void *hs_flow_store_facts(hs_flow_store *store, size_t size);
void hs_flow_store_release_facts(hs_flow_store *store, void *facts, size_t size);

/* Bytes that it holds and that nothing has. */
size_t hs_flow_store_idle(const hs_flow_store *store);
/* As hs_slab_next. */
hs_flow *hs_flow_store_next(const hs_flow_store *store, const hs_flow *flow);

#endif
