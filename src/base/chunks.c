#include "base/chunks.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum {
    READY = 4,     /* chunks, at most */
    FEW_TAKEN = 4, /* who has taken no more will hardly need another */
};

struct hs_chunks {
    _Atomic(void *) ready[READY]; /* NULL: a free place */
    atomic_uint taken;            /* up to FEW_TAKEN */
    atomic_size_t expected;       /* size of a large one; 0: none */
    size_t large_size;            /* of `large`, which is set behind it */
    _Atomic(void *) large;        /* NULL: none is ready */
};

hs_chunks *hs_chunks_new(void)
{
    return calloc(1, sizeof(hs_chunks));
}

void hs_chunks_free(hs_chunks *chunks)
{
    for (size_t i = 0; chunks && i < READY; i++) {
        void *chunk = atomic_load(&chunks->ready[i]);
        if (chunk) {
            (void)munmap(chunk, HS_CHUNK_SIZE);
        }
    }
    if (chunks && atomic_load(&chunks->large)) {
        (void)munmap(atomic_load(&chunks->large), chunks->large_size);
    }
    free(chunks);
}

static uint8_t *map(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

/* So many bytes, where a multiple of `align` is. */
static void *map_aligned(size_t size, size_t align)
{
    uint8_t *memory = map(size + align);
    if (!memory) {
        return NULL;
    }
    size_t before = align - (uintptr_t)memory % align;
    (void)munmap(memory, before);
    if (before < align) {
        (void)munmap(memory + before + size, align - before);
    }
    return memory + before;
}

/* The system puts one mapping beside the other: once one begins where it is to, so do those that
 * follow. */
static void *map_chunk(void)
{
    uint8_t *memory = map(HS_CHUNK_SIZE);
    if (!memory || (uintptr_t)memory % HS_CHUNK_SIZE == 0) {
        return memory;
    }
    (void)munmap(memory, HS_CHUNK_SIZE);
    return map_aligned(HS_CHUNK_SIZE, HS_CHUNK_SIZE);
}

/* All at once: else the system is asked page by page. */
static void populate(void *memory, size_t size)
{
#ifdef MADV_POPULATE_WRITE
    (void)madvise(memory, size, MADV_POPULATE_WRITE); /* since Linux 5.14 */
#else
    (void)memory;
    (void)size;
#endif
}

static void *make(void)
{
    void *chunk = map_chunk();
    if (chunk) {
        populate(chunk, HS_CHUNK_SIZE);
    }
    return chunk;
}

static void *make_large(size_t size)
{
    void *memory = map_aligned(size, HS_CHUNKS_LARGE);
    if (memory) {
        (void)madvise(memory, size, MADV_HUGEPAGE); /* only asked for */
    }
    return memory;
}

void *hs_chunks_take(hs_chunks *chunks)
{
    if (atomic_load_explicit(&chunks->taken, memory_order_relaxed) < FEW_TAKEN) {
        atomic_fetch_add_explicit(&chunks->taken, 1, memory_order_relaxed);
    }
    for (size_t i = 0; i < READY; i++) {
        void *chunk = atomic_exchange_explicit(&chunks->ready[i], NULL, memory_order_acquire);
        if (chunk) {
            return chunk;
        }
    }
    return make();
}

/* It goes where there is a free place. */
static bool put(hs_chunks *chunks, size_t place, void *chunk)
{
    void *nothing = NULL;
    return atomic_compare_exchange_strong_explicit(&chunks->ready[place], &nothing, chunk,
                                                   memory_order_release, memory_order_relaxed);
}

void hs_chunks_give_back(hs_chunks *chunks, void *chunk)
{
    for (size_t i = 0; i < READY; i++) {
        if (put(chunks, i, chunk)) {
            return;
        }
    }
    (void)munmap(chunk, HS_CHUNK_SIZE);
}

void hs_chunks_expect_large(hs_chunks *chunks, size_t size)
{
    atomic_store_explicit(&chunks->expected, size, memory_order_relaxed);
}

void *hs_chunks_take_large(hs_chunks *chunks, size_t size)
{
    void *memory = atomic_exchange_explicit(&chunks->large, NULL, memory_order_acquire);
    if (memory && chunks->large_size == size) {
        return memory;
    }
    if (memory) {
        (void)munmap(memory, chunks->large_size);
    }
    return make_large(size);
}

void hs_chunks_give_back_large(void *memory, size_t size)
{
    (void)munmap(memory, size);
}

static void prepare_large(hs_chunks *chunks)
{
    size_t size = atomic_exchange_explicit(&chunks->expected, 0, memory_order_relaxed);
    if (size == 0 || atomic_load_explicit(&chunks->large, memory_order_relaxed)) {
        return;
    }
    void *memory = make_large(size);
    if (memory) {
        populate(memory, size);
        chunks->large_size = size;
        atomic_store_explicit(&chunks->large, memory, memory_order_release);
    }
}

void hs_chunks_prepare(hs_chunks *chunks)
{
    if (atomic_load_explicit(&chunks->taken, memory_order_relaxed) < FEW_TAKEN) {
        return;
    }
    prepare_large(chunks);
    for (size_t i = 0; i < READY; i++) {
        void *chunk = NULL;
        if (!atomic_load_explicit(&chunks->ready[i], memory_order_relaxed)) {
            chunk = make();
        }
        if (chunk && !put(chunks, i, chunk)) {
            (void)munmap(chunk, HS_CHUNK_SIZE);
        }
    }
}
