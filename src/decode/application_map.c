#include "decode/application_map.h"

#include <stdlib.h>
#include <string.h>

enum { SPANS_MAX = 1024 };

void hs_app_map_free(hs_app_map *map)
{
    free(map->spans);
    *map = (hs_app_map){0};
}

/* Whether the chunk goes on where the span stops, so that both are one span. */
static bool continues(const hs_app_span *span, const hs_app_span *next)
{
    return span->is_exact && next->is_exact && span->end == next->first &&
           span->is_protected == next->is_protected;
}

/* Whether the same bytes carried both. */
static bool shares_place(const hs_app_span *span, const hs_app_span *next)
{
    return !span->is_exact && !next->is_exact && span->first == next->first &&
           span->end == next->end && span->is_protected == next->is_protected;
}

hs_result hs_app_map_add(hs_app_map *map, uint64_t plain, const hs_chunk *chunk)
{
    hs_app_span span = {.plain = plain,
                        .len = chunk->bytes.len,
                        .first = chunk->first,
                        .end = chunk->end,
                        .is_exact = !chunk->is_protected &&
                                    chunk->end - chunk->first == chunk->bytes.len,
                        .is_protected = chunk->is_protected};
    hs_app_span *last = map->count > 0 ? &map->spans[map->count - 1] : NULL;
    if (last && (continues(last, &span) || shares_place(last, &span) || map->count == SPANS_MAX)) {
        last->is_exact = continues(last, &span);
        last->len += span.len;
        last->end = span.end;
        return HS_OK;
    }
    if (map->count == map->capacity) {
        size_t capacity = map->capacity ? map->capacity * 2 : 8;
        hs_app_span *spans = realloc(map->spans, capacity * sizeof *spans);
        if (!spans) {
            return HS_NO_MEMORY;
        }
        map->spans = spans;
        map->capacity = capacity;
    }
    map->spans[map->count++] = span;
    return HS_OK;
}

void hs_app_map_forget(hs_app_map *map, uint64_t plain)
{
    size_t gone = 0;
    while (gone < map->count && map->spans[gone].plain + map->spans[gone].len <= plain) {
        gone++;
    }
    if (gone > 0) {
        map->count -= gone;
        memmove(map->spans, map->spans + gone, map->count * sizeof *map->spans);
    }
}

/* The span that holds the byte `plain`. It is there: it was added, and is not yet forgotten. */
static const hs_app_span *span_of(const hs_app_map *map, uint64_t plain)
{
    size_t low = 0;
    size_t high = map->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (map->spans[middle].plain <= plain) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return &map->spans[low];
}

hs_app_place hs_app_map_find(const hs_app_map *map, uint64_t plain, uint64_t len)
{
    if (map->count == 0 || len == 0) {
        return (hs_app_place){0};
    }
    const hs_app_span *head = span_of(map, plain);
    const hs_app_span *tail = span_of(map, plain + len - 1);
    hs_app_place place = {head->first, tail->end, head->is_protected};
    if (head->is_exact) {
        place.first += plain - head->plain;
    }
    if (tail->is_exact) {
        place.end = tail->first + (plain + len - tail->plain);
    }
    return place;
}
