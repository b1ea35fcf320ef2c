/* Asks for memory that will be read, or written, soon; work goes on while it comes. */
#ifndef HS_BASE_PREFETCH_H
#define HS_BASE_PREFETCH_H

#include <stddef.h>

enum { HS_CACHE_LINE = 64 };

static inline void hs_prefetch(const void *memory, size_t size)
{
    for (size_t at = 0; at < size; at += HS_CACHE_LINE) {
        __builtin_prefetch((const char *)memory + at);
    }
}

static inline void hs_prefetch_to_write(const void *memory, size_t size)
{
    for (size_t at = 0; at < size; at += HS_CACHE_LINE) {
        __builtin_prefetch((const char *)memory + at, 1);
    }
}

#endif
