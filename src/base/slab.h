/* Objects of one size by the hundred thousand, side by side in large chunks: they cost no header
 * each, and as long as none is given back, they stand in the order in which they were given out.
 *
 * For one thread.
 */
#ifndef HS_BASE_SLAB_H
#define HS_BASE_SLAB_H

#include <stddef.h>

#include "base/chunks.h"

typedef struct hs_slab hs_slab;

enum {
    HS_SLAB_OBJECT_MIN = 32,
    HS_SLAB_OBJECT_MAX = 8 * 1024,
};

/* Objects of `size` bytes, which is between those two, in `chunks`, which stays until the slab is
 * gone. NULL when out of memory. */
hs_slab *hs_slab_new(size_t size, hs_chunks *chunks);
/* All of its objects go with it. */
void hs_slab_free(hs_slab *slab);
/* An object, aligned for any pointer or number and not zeroed; NULL when out of memory. */
void *hs_slab_allocate(hs_slab *slab);
/* `object` is one of its own, or NULL. */
void hs_slab_release(hs_slab *slab, void *object);
/* Bytes of memory that no object has. */
size_t hs_slab_idle(const hs_slab *slab);

/* The object that stands behind `object` (NULL: the first), where any is left; it may be given back
 * before the next but one is asked for, and `object` has not been given back yet. */
void *hs_slab_next(const hs_slab *slab, const void *object);

#endif
