#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A chunk with its head, and with what an allocator puts before it, is no more than 16 KiB. */
enum { CHUNK_SIZE = 16 * 1024 - 128, ALIGNMENT = _Alignof(max_align_t) };

typedef struct chunk {
    struct chunk *next;
    size_t capacity;
    size_t used;
    _Alignas(max_align_t) uint8_t bytes[];
} chunk;

struct hs_arena {
    hs_allocator allocator;
    chunk *chunks; /* the first one is being filled */
    size_t limit;
    size_t held; /* sum of the chunks' capacities */
    size_t used;
    bool failed;
};

static void *allocate_by_malloc(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void release_by_free(void *context, void *memory)
{
    (void)context;
    free(memory);
}

const hs_allocator hs_malloc_allocator = {allocate_by_malloc, release_by_free, NULL};

hs_arena *hs_arena_new(const hs_allocator *allocator, size_t limit)
{
    if (!allocator) {
        allocator = &hs_malloc_allocator;
    }
    hs_arena *arena = allocator->allocate(allocator->context, sizeof *arena);
    if (!arena) {
        return NULL;
    }
    *arena = (hs_arena){.allocator = *allocator, .limit = limit};
    return arena;
}

void hs_arena_free(hs_arena *arena)
{
    if (!arena) {
        return;
    }
    hs_allocator allocator = arena->allocator;
    for (chunk *c = arena->chunks; c;) {
        chunk *next = c->next;
        allocator.release(allocator.context, c);
        c = next;
    }
    allocator.release(allocator.context, arena);
}

const hs_allocator *hs_arena_allocator(const hs_arena *arena)
{
    return &arena->allocator;
}

static chunk *add_chunk(hs_arena *arena, size_t size)
{
    size_t capacity = size > CHUNK_SIZE ? size : CHUNK_SIZE;
    if (capacity > arena->limit - arena->held) {
        capacity = size; /* the last piece under the limit may be a small one */
    }
    if (capacity > arena->limit - arena->held) {
        return NULL;
    }
    chunk *c = arena->allocator.allocate(arena->allocator.context, sizeof *c + capacity);
    if (!c) {
        return NULL;
    }
    c->capacity = capacity;
    c->used = 0;
    c->next = arena->chunks;
    arena->chunks = c;
    arena->held += capacity;
    return c;
}

void *hs_arena_alloc(hs_arena *arena, size_t size)
{
    if (size > SIZE_MAX - ALIGNMENT - sizeof(chunk)) {
        arena->failed = true;
        return NULL;
    }
    size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    chunk *c = arena->chunks;
    if (!c || rounded > c->capacity - c->used) {
        c = add_chunk(arena, rounded);
    }
    if (!c) {
        arena->failed = true;
        return NULL;
    }
    void *memory = c->bytes + c->used;
    c->used += rounded;
    arena->used += rounded;
    memset(memory, 0, rounded);
    return memory;
}

char *hs_arena_text(hs_arena *arena, const char *text)
{
    size_t len = strlen(text);
    char *copy = hs_arena_alloc(arena, len + 1);
    if (copy) {
        memcpy(copy, text, len);
    }
    return copy;
}

hs_bytes hs_arena_copy(hs_arena *arena, hs_bytes bytes)
{
    uint8_t *copy = bytes.len > 0 ? hs_arena_alloc(arena, bytes.len) : NULL;
    if (!copy) {
        return (hs_bytes){0};
    }
    memcpy(copy, bytes.data, bytes.len);
    return (hs_bytes){copy, bytes.len};
}

char *hs_arena_vprintf(hs_arena *arena, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int len = vsnprintf(NULL, 0, format, arguments);
    char *text = len >= 0 ? hs_arena_alloc(arena, (size_t)len + 1) : NULL;
    if (text) {
        (void)vsnprintf(text, (size_t)len + 1, format, again);
    }
    va_end(again);
    return text;
}

char *hs_arena_printf(hs_arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = hs_arena_vprintf(arena, format, arguments);
    va_end(arguments);
    return text;
}

bool hs_arena_failed(const hs_arena *arena)
{
    return arena->failed;
}

size_t hs_arena_used(const hs_arena *arena)
{
    return arena->used;
}
