#include "base/pool.h"

#include <stdlib.h>

/* A block that is kept would hide from AddressSanitizer that somebody still uses it. */
#if defined(__SANITIZE_ADDRESS__)
#define HS_POOL_KEEPS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HS_POOL_KEEPS 0
#endif
#endif
#ifndef HS_POOL_KEEPS
#define HS_POOL_KEEPS 1
#endif

enum {
    SMALLEST = 9, /* 512 bytes, as a power of two */
    LARGEST = 15,
    CLASSES = LARGEST - SMALLEST + 1,
};

/* In front of what is given out. */
typedef struct block {
    struct block *next;  /* while nobody uses it */
    unsigned size_class; /* CLASSES: not to be kept */
    _Alignas(max_align_t) uint8_t bytes[];
} block;

struct hs_pool {
    block *idle[CLASSES];
    size_t idle_bytes;
    size_t keep;
    size_t used_count;
    bool is_closed;
};

hs_pool *hs_pool_new(size_t keep)
{
    hs_pool *pool = calloc(1, sizeof *pool);
    if (pool) {
        pool->keep = HS_POOL_KEEPS ? keep : 0;
    }
    return pool;
}

static size_t size_of(unsigned size_class)
{
    return (size_t)1 << (SMALLEST + size_class);
}

static unsigned class_of(size_t size)
{
    unsigned size_class = 0;
    while (size_class < CLASSES && size_of(size_class) - sizeof(block) < size) {
        size_class++;
    }
    return size_class;
}

static void *allocate(void *context, size_t size)
{
    hs_pool *pool = context;
    unsigned size_class = class_of(size);
    block *b = size_class < CLASSES ? pool->idle[size_class] : NULL;
    if (b) {
        pool->idle[size_class] = b->next;
        pool->idle_bytes -= size_of(size_class);
    } else if (size <= SIZE_MAX - sizeof *b) {
        b = malloc(size_class < CLASSES ? size_of(size_class) : sizeof *b + size);
    }
    if (!b) {
        return NULL;
    }
    b->size_class = size_class;
    pool->used_count++;
    return b->bytes;
}

static void release(void *context, void *memory)
{
    hs_pool *pool = context;
    if (!memory) {
        return;
    }
    block *b = (block *)((uint8_t *)memory - offsetof(block, bytes));
    pool->used_count--;
    if (!pool->is_closed && b->size_class < CLASSES &&
        size_of(b->size_class) <= pool->keep - pool->idle_bytes) {
        b->next = pool->idle[b->size_class];
        pool->idle[b->size_class] = b;
        pool->idle_bytes += size_of(b->size_class);
        return;
    }
    free(b);
    if (pool->is_closed && pool->used_count == 0) {
        free(pool);
    }
}

void hs_pool_free(hs_pool *pool)
{
    if (!pool) {
        return;
    }
    for (unsigned size_class = 0; size_class < CLASSES; size_class++) {
        while (pool->idle[size_class]) {
            block *b = pool->idle[size_class];
            pool->idle[size_class] = b->next;
            free(b);
        }
    }
    pool->idle_bytes = 0;
    pool->is_closed = true;
    if (pool->used_count == 0) {
        free(pool);
    }
}

hs_allocator hs_pool_allocator(hs_pool *pool)
{
    return (hs_allocator){allocate, release, pool};
}

size_t hs_pool_idle(const hs_pool *pool)
{
    return pool->idle_bytes;
}
