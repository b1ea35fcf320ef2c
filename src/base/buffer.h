/* A growing run of bytes with a limit, consumed from the front. */
#ifndef HS_BASE_BUFFER_H
#define HS_BASE_BUFFER_H

#include "base/arena.h"

typedef struct hs_buffer {
    uint8_t *data;
    size_t start;
    size_t end;
    size_t capacity;
    size_t limit; /* most bytes held at once */
    const hs_allocator *allocator;
} hs_buffer;

void hs_buffer_init(hs_buffer *buffer, size_t limit);
/* With memory from there; the allocator must outlive it. */
void hs_buffer_init_from(hs_buffer *buffer, size_t limit, const hs_allocator *allocator);
void hs_buffer_free(hs_buffer *buffer);
/* HS_OK, HS_LIMIT (nothing was added) or HS_NO_MEMORY (nothing was added). */
HS_CHECKED hs_result hs_buffer_append(hs_buffer *buffer, hs_bytes bytes);
void hs_buffer_consume(hs_buffer *buffer, size_t len);
hs_bytes hs_buffer_bytes(const hs_buffer *buffer);

#endif
