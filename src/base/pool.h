/* Memory that is used again: where objects of a few sizes come and go by the hundred thousand, the
 * block that was given back last is the next one to be given out, and still in the cache.
 *
 * For one thread. Sizes are rounded up to powers of two; what is larger than the largest of them
 * goes to malloc.
 */
#ifndef HS_BASE_POOL_H
#define HS_BASE_POOL_H

#include "base/arena.h"

typedef struct hs_pool hs_pool;

/* Keeps up to `keep` bytes that nobody uses. NULL when out of memory. */
hs_pool *hs_pool_new(size_t keep);
/* Blocks that are still in use stay valid; the pool goes with the last of them. */
void hs_pool_free(hs_pool *pool);
/* Gives memory out of the pool, which is not zeroed. */
hs_allocator hs_pool_allocator(hs_pool *pool);
/* Bytes that are kept and that nobody uses. */
size_t hs_pool_idle(const hs_pool *pool);

#endif
