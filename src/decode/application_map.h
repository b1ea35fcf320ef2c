/* Where plain bytes crossed: for the bytes of one direction that are still looked at, the range of
 * its TCP stream that carried each. Bytes that crossed in the clear have their own place; protected
 * ones share that of their chunk. */
#ifndef HS_DECODE_APPLICATION_MAP_H
#define HS_DECODE_APPLICATION_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include <handshake/api.h>

#include "decode/application.h"

typedef struct hs_app_span {
    uint64_t plain; /* of its first byte, among the plain bytes of the direction */
    uint64_t len;
    uint64_t first;
    uint64_t end;
    bool is_exact; /* each byte crossed as itself: the n-th at first + n */
    bool is_protected;
} hs_app_span;

/* Bounded: once many spans wait, new ones are joined to the last. */
typedef struct hs_app_map {
    hs_app_span *spans;
    size_t count;
    size_t capacity;
} hs_app_map;

void hs_app_map_free(hs_app_map *map);
/* The chunk's bytes follow those of all chunks before; `plain` is the place of the first. */
HS_CHECKED hs_result hs_app_map_add(hs_app_map *map, uint64_t plain, const hs_chunk *chunk);
/* Bytes before `plain` will not be asked for again. */
void hs_app_map_forget(hs_app_map *map, uint64_t plain);

typedef struct hs_app_place {
    uint64_t first;
    uint64_t end;
    bool is_protected;
} hs_app_place;

/* Of `len` > 0 bytes from `plain` on: from the start of what carried the first to the end of what
 * carried the last. */
hs_app_place hs_app_map_find(const hs_app_map *map, uint64_t plain, uint64_t len);

#endif
