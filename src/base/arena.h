/* Memory that is given back all at once, with a limit. Every allocation is zeroed and aligned for
 * any type. After one allocation failed, `hs_arena_failed` stays true, so that a builder can check
 * once at its end. */
#ifndef HS_BASE_ARENA_H
#define HS_BASE_ARENA_H

#include <stdarg.h>
#include <stdbool.h>

#include <handshake/api.h>

/* Where memory comes from; tests make it fail. */
typedef struct hs_allocator {
    void *(*allocate)(void *context, size_t size);
    void (*release)(void *context, void *memory);
    void *context;
} hs_allocator;

/* By malloc and free. */
extern const hs_allocator hs_malloc_allocator;

typedef struct hs_arena hs_arena;

/* `allocator` NULL means malloc. `limit` bounds the sum of all blocks. NULL when out of memory. */
hs_arena *hs_arena_new(const hs_allocator *allocator, size_t limit);
void hs_arena_free(hs_arena *arena);

/* Where it has its memory from. */
const hs_allocator *hs_arena_allocator(const hs_arena *arena);

/* NULL when out of memory or past the limit. */
void *hs_arena_alloc(hs_arena *arena, size_t size);
#define HS_ARENA_NEW(arena, type) ((type *)hs_arena_alloc((arena), sizeof(type)))
char *hs_arena_text(hs_arena *arena, const char *text);
/* A C string of `bytes`, with anything but printable ASCII and valid UTF-8 as \xNN. */
char *hs_arena_escaped(hs_arena *arena, hs_bytes bytes);
hs_bytes hs_arena_copy(hs_arena *arena, hs_bytes bytes);
char *hs_arena_hex(hs_arena *arena, hs_bytes bytes);
char *hs_arena_printf(hs_arena *arena, const char *format, ...) HS_PRINTF(2, 3);
char *hs_arena_vprintf(hs_arena *arena, const char *format, va_list arguments) HS_PRINTF(2, 0);

bool hs_arena_failed(const hs_arena *arena);
size_t hs_arena_used(const hs_arena *arena);

#endif
