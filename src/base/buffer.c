#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>

void hs_buffer_init(hs_buffer *buffer, size_t limit)
{
    *buffer = (hs_buffer){.limit = limit};
}

void hs_buffer_free(hs_buffer *buffer)
{
    free(buffer->data);
    *buffer = (hs_buffer){.limit = buffer->limit};
}

/* Room for `len` more bytes after `end`, by moving what is held to the front or by growing. */
static hs_result make_room(hs_buffer *buffer, size_t len)
{
    size_t held = buffer->end - buffer->start;
    if (len <= buffer->capacity - buffer->end) {
        return HS_OK;
    }
    if (buffer->start > 0) {
        memmove(buffer->data, buffer->data + buffer->start, held);
        buffer->start = 0;
        buffer->end = held;
    }
    if (len <= buffer->capacity - held) {
        return HS_OK;
    }
    size_t capacity = buffer->capacity ? buffer->capacity : 512;
    while (capacity < held + len) {
        capacity *= 2;
    }
    uint8_t *data = realloc(buffer->data, capacity);
    if (!data) {
        return HS_NO_MEMORY;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return HS_OK;
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
