#include "base/slab.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/prefetch.h"

/* AddressSanitizer is told of what nobody uses; with it, objects stand apart. */
#if defined(__SANITIZE_ADDRESS__)
#define HS_SLAB_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HS_SLAB_SANITIZED 1
#endif
#endif
#ifdef HS_SLAB_SANITIZED
#include <sanitizer/asan_interface.h>
enum { APART = 32 };
#define HS_SLAB_HIDE(memory, size) ASAN_POISON_MEMORY_REGION(memory, size)
#define HS_SLAB_SHOW(memory, size) ASAN_UNPOISON_MEMORY_REGION(memory, size)
#else
enum { APART = 0 };
#define HS_SLAB_HIDE(memory, size) ((void)0)
#define HS_SLAB_SHOW(memory, size) ((void)0)
#endif

enum {
    CHUNK = HS_CHUNK_SIZE,
    WORD = 64,
    WORDS = CHUNK / HS_SLAB_OBJECT_MIN / WORD,
};

/* A chunk's head. Its objects stand at its end. */
typedef struct chunk {
    struct chunk *older; /* of all chunks, by when they were made */
    struct chunk *newer;
    struct chunk *previous; /* of those with room */
    struct chunk *next;
    size_t used;
    size_t first_word; /* none before it has a free object */
    uint64_t free[WORDS];
} chunk;

struct hs_slab {
    hs_chunks *chunks;
    size_t size;
    size_t stride;   /* from one object to the next */
    size_t words;    /* of a chunk's, that are used */
    size_t capacity; /* objects of a chunk */
    size_t start;    /* where the first stands in its chunk */
    size_t chunk_count;
    size_t used;
    chunk *oldest;
    chunk *newest;
    chunk *room; /* chunks with room; the first of them gives the next object */
};

hs_slab *hs_slab_new(size_t size, hs_chunks *chunks)
{
    hs_slab *slab = calloc(1, sizeof *slab);
    if (!slab) {
        return NULL;
    }
    const size_t align = _Alignof(max_align_t);
    slab->chunks = chunks;
    slab->size = size;
    slab->stride = (size + APART + align - 1) / align * align;
    slab->capacity = (CHUNK - sizeof(chunk)) / slab->stride;
    slab->words = (slab->capacity + WORD - 1) / WORD;
    slab->start = CHUNK - slab->capacity * slab->stride;
    return slab;
}

static void return_chunk(const hs_slab *slab, chunk *c)
{
    HS_SLAB_SHOW(c, CHUNK); /* the memory may be somebody else's next */
    hs_chunks_give_back(slab->chunks, c);
}

void hs_slab_free(hs_slab *slab)
{
    if (!slab) {
        return;
    }
    while (slab->oldest) {
        chunk *c = slab->oldest;
        slab->oldest = c->newer;
        return_chunk(slab, c);
    }
    free(slab);
}

/* ---- chunks */

static void link_room(hs_slab *slab, chunk *c)
{
    c->previous = NULL;
    c->next = slab->room;
    if (c->next) {
        c->next->previous = c;
    }
    slab->room = c;
}

static void unlink_room(hs_slab *slab, chunk *c)
{
    if (c->previous) {
        c->previous->next = c->next;
    } else {
        slab->room = c->next;
    }
    if (c->next) {
        c->next->previous = c->previous;
    }
}

static bool add_chunk(hs_slab *slab)
{
    chunk *c = hs_chunks_take(slab->chunks);
    if (!c) {
        return false;
    }
    *c = (chunk){.older = slab->newest};
    for (size_t i = 0; i < slab->words; i++) {
        size_t left = slab->capacity - i * WORD;
        c->free[i] = left < WORD ? (UINT64_C(1) << left) - 1 : UINT64_MAX;
    }
    HS_SLAB_HIDE((uint8_t *)c + slab->start, CHUNK - slab->start);
    if (slab->newest) {
        slab->newest->newer = c;
    } else {
        slab->oldest = c;
    }
    slab->newest = c;
    slab->chunk_count++;
    link_room(slab, c);
    return true;
}

static void remove_chunk(hs_slab *slab, chunk *c)
{
    unlink_room(slab, c);
    if (c->older) {
        c->older->newer = c->newer;
    } else {
        slab->oldest = c->newer;
    }
    if (c->newer) {
        c->newer->older = c->older;
    } else {
        slab->newest = c->older;
    }
    slab->chunk_count--;
    return_chunk(slab, c);
}

/* ---- objects */

static uint8_t *object_at(const hs_slab *slab, const chunk *c, size_t index)
{
    return (uint8_t *)(uintptr_t)c + slab->start + index * slab->stride;
}

static chunk *chunk_of(const void *object)
{
    return (chunk *)((uintptr_t)object / CHUNK * CHUNK);
}

static size_t index_of(const hs_slab *slab, const chunk *c, const void *object)
{
    return ((size_t)((const uint8_t *)object - (const uint8_t *)c) - slab->start) / slab->stride;
}

/* The objects of a new chunk are not in the cache, and are given out one after the other: asks for
 * one that will be wanted soon. */
static void expect_next(const hs_slab *slab, const uint8_t *object)
{
    enum { SOON = 2 };
    hs_prefetch_to_write(object + SOON * slab->stride, slab->stride);
}

void *hs_slab_allocate(hs_slab *slab)
{
    if (!slab->room && !add_chunk(slab)) {
        return NULL;
    }
    chunk *c = slab->room;
    while (c->free[c->first_word] == 0) {
        c->first_word++;
    }
    size_t bit = (size_t)__builtin_ctzll(c->free[c->first_word]);
    c->free[c->first_word] &= c->free[c->first_word] - 1;
    c->used++;
    slab->used++;
    if (c->used == slab->capacity) {
        unlink_room(slab, c);
    }
    uint8_t *object = object_at(slab, c, c->first_word * WORD + bit);
    expect_next(slab, object);
    HS_SLAB_SHOW(object, slab->size);
    return object;
}

void hs_slab_release(hs_slab *slab, void *object)
{
    if (!object) {
        return;
    }
    chunk *c = chunk_of(object);
    size_t index = index_of(slab, c, object);
    if (c->used == slab->capacity) {
        link_room(slab, c);
        c->first_word = index / WORD;
    }
    c->free[index / WORD] |= UINT64_C(1) << index % WORD;
    c->first_word = index / WORD < c->first_word ? index / WORD : c->first_word;
    c->used--;
    slab->used--;
    HS_SLAB_HIDE(object, slab->size);
    bool is_spare = slab->room != c || c->next; /* others have room */
    if (c->used == 0 && is_spare) {
        remove_chunk(slab, c);
    }
}

size_t hs_slab_idle(const hs_slab *slab)
{
    return slab->chunk_count * CHUNK - slab->used * slab->size;
}

/* The first object of the chunk, from `index` on, that is in use; NULL where there is none. */
static void *first_used(const hs_slab *slab, const chunk *c, size_t index)
{
    for (; index < slab->capacity; index = (index / WORD + 1) * WORD) {
        uint64_t used = ~c->free[index / WORD] >> index % WORD;
        index += used ? (size_t)__builtin_ctzll(used) : 0;
        if (used) {
            return index < slab->capacity ? object_at(slab, c, index) : NULL;
        }
    }
    return NULL;
}

void *hs_slab_next(const hs_slab *slab, const void *object)
{
    const chunk *c = object ? chunk_of(object) : slab->oldest;
    void *found = c ? first_used(slab, c, object ? index_of(slab, c, object) + 1 : 0) : NULL;
    while (c && !found) {
        c = c->newer;
        found = c ? first_used(slab, c, 0) : NULL;
    }
    return found;
}
