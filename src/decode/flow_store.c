#include "decode/flow_store.h"

#include <stdlib.h>

#include "base/slab.h"
#include "decode/flow.h"

enum {
    STEP = 32, /* sizes of facts are rounded up to it */
    LARGEST = 512,
    SIZES = LARGEST / STEP,
};

struct hs_flow_store {
    hs_chunks *chunks;
    hs_slab *flows;
    hs_slab *facts[SIZES]; /* NULL: none of the size yet; what is larger goes to malloc */
    size_t idle;           /* of all of them */
};

hs_flow_store *hs_flow_store_new(hs_chunks *chunks)
{
    hs_flow_store *store = calloc(1, sizeof *store);
    if (store) {
        store->chunks = chunks;
        store->flows = hs_slab_new(sizeof(hs_flow), chunks);
    }
    if (!store || !store->flows) {
        free(store);
        return NULL;
    }
    return store;
}

void hs_flow_store_free(hs_flow_store *store)
{
    if (!store) {
        return;
    }
    hs_slab_free(store->flows);
    for (size_t i = 0; i < SIZES; i++) {
        hs_slab_free(store->facts[i]);
    }
    free(store);
}

static void *allocate(hs_flow_store *store, hs_slab *slab)
{
    size_t idle = hs_slab_idle(slab);
    void *memory = hs_slab_allocate(slab);
    store->idle += hs_slab_idle(slab) - idle;
    return memory;
}

static void release(hs_flow_store *store, hs_slab *slab, void *memory)
{
    size_t idle = hs_slab_idle(slab);
    hs_slab_release(slab, memory);
    store->idle += hs_slab_idle(slab) - idle;
}

void *hs_flow_store_flow(hs_flow_store *store)
{
    return store ? allocate(store, store->flows) : malloc(sizeof(hs_flow));
}

void hs_flow_store_release_flow(hs_flow_store *store, hs_flow *flow)
{
    if (store) {
        release(store, store->flows, flow);
    } else {
        free(flow);
    }
}

static size_t place_of(size_t size)
{
    return size > 0 ? (size - 1) / STEP : 0;
}

void *hs_flow_store_facts(hs_flow_store *store, size_t size)
{
    if (!store || size > LARGEST) {
        return malloc(size);
    }
    hs_slab **slab = &store->facts[place_of(size)];
    if (!*slab) {
        *slab = hs_slab_new((place_of(size) + 1) * STEP, store->chunks);
    }
    return *slab ? allocate(store, *slab) : NULL;
}

void hs_flow_store_release_facts(hs_flow_store *store, void *facts, size_t size)
{
    if (!store || size > LARGEST) {
        free(facts);
    } else if (facts) {
        release(store, store->facts[place_of(size)], facts);
    }
}

size_t hs_flow_store_idle(const hs_flow_store *store)
{
    return store->idle;
}

hs_flow *hs_flow_store_next(const hs_flow_store *store, const hs_flow *flow)
{
    return hs_slab_next(store->flows, flow);
}
