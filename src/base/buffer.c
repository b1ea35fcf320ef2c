#include "base/buffer.h"

#include <string.h>

enum { OVERHEAD = 64 }; /* a capacity is a power of two with what an allocator adds */

void hs_buffer_init(hs_buffer *buffer, size_t limit)
{
    hs_buffer_init_from(buffer, limit, &hs_malloc_allocator);
}

void hs_buffer_init_from(hs_buffer *buffer, size_t limit, const hs_allocator *allocator)
{
    *buffer = (hs_buffer){.limit = limit, .allocator = allocator};
}

void hs_buffer_free(hs_buffer *buffer)
{
    if (buffer->data) {
        buffer->allocator->release(buffer->allocator->context, buffer->data);
    }
    hs_buffer_init_from(buffer, buffer->limit, buffer->allocator);
}

/* The bytes held, at the front of a larger piece of memory. */
static hs_result grow(hs_buffer *buffer, size_t capacity)
{
    size_t held = buffer->end - buffer->start;
    uint8_t *data = buffer->allocator->allocate(buffer->allocator->context, capacity);
    if (!data) {
        return HS_NO_MEMORY;
    }
    if (held > 0) {
        memcpy(data, buffer->data + buffer->start, held);
    }
    hs_buffer_free(buffer);
    buffer->data = data;
    buffer->end = held;
    buffer->capacity = capacity;
    return HS_OK;
}

/* Room for `len` more bytes after `end`, by moving what is held to the front or by growing. */
static hs_result make_room(hs_buffer *buffer, size_t len)
{
    size_t held = buffer->end - buffer->start;
    if (len <= buffer->capacity - buffer->end) {
        return HS_OK;
    }
    if (len <= buffer->capacity - held) {
        memmove(buffer->data, buffer->data + buffer->start, held);
        buffer->start = 0;
        buffer->end = held;
        return HS_OK;
    }
    size_t capacity = buffer->capacity ? buffer->capacity + OVERHEAD : 512;
    while (capacity - OVERHEAD < held + len) {
        capacity *= 2;
    }
    return grow(buffer, capacity - OVERHEAD);
}

hs_result hs_buffer_append(hs_buffer *buffer, hs_bytes bytes)
{
    if (bytes.len == 0) {
        return HS_OK;
    }
    if (bytes.len > buffer->limit - (buffer->end - buffer->start)) {
        return HS_LIMIT;
    }
    hs_result result = make_room(buffer, bytes.len);
    if (result != HS_OK) {
        return result;
    }
    memcpy(buffer->data + buffer->end, bytes.data, bytes.len);
    buffer->end += bytes.len;
    return HS_OK;
}

void hs_buffer_consume(hs_buffer *buffer, size_t len)
{
    size_t held = buffer->end - buffer->start;
    buffer->start += len < held ? len : held;
    if (buffer->start == buffer->end) {
        buffer->start = buffer->end = 0;
    }
}

hs_bytes hs_buffer_bytes(const hs_buffer *buffer)
{
    if (buffer->start == buffer->end) {
        return (hs_bytes){0};
    }
    return (hs_bytes){buffer->data + buffer->start, buffer->end - buffer->start};
}
