#include "base/writer.h"

#include <string.h>

void hs_writer_init(hs_writer *w, void *data, size_t capacity)
{
    *w = (hs_writer){.data = data, .capacity = capacity};
}

static uint8_t *reserve(hs_writer *w, size_t len)
{
    if (w->overflow || len > w->capacity - w->len) {
        w->overflow = true;
        return NULL;
    }
    uint8_t *at = w->data + w->len;
    w->len += len;
    return at;
}

static void put_uint(uint8_t *at, uint64_t value, size_t len)
{
    for (size_t i = len; i > 0; i--) {
        at[i - 1] = (uint8_t)(value & 0xff);
        value >>= 8;
    }
}

static void write_uint(hs_writer *w, uint64_t value, size_t len)
{
    uint8_t *at = reserve(w, len);
    if (at) {
        put_uint(at, value, len);
    }
}

void hs_write_u8(hs_writer *w, uint8_t value)
{
    write_uint(w, value, 1);
}

void hs_write_u16(hs_writer *w, uint16_t value)
{
    write_uint(w, value, 2);
}

void hs_write_u24(hs_writer *w, uint32_t value)
{
    if (value > 0xffffff) {
        w->overflow = true;
        return;
    }
    write_uint(w, value, 3);
}

void hs_write_u32(hs_writer *w, uint32_t value)
{
    write_uint(w, value, 4);
}

void hs_write_u64(hs_writer *w, uint64_t value)
{
    write_uint(w, value, 8);
}

void hs_write_varint(hs_writer *w, uint64_t value)
{
    if (value < UINT64_C(1) << 6) {
        write_uint(w, value, 1);
    } else if (value < UINT64_C(1) << 14) {
        write_uint(w, value | UINT64_C(1) << 14, 2);
    } else if (value < UINT64_C(1) << 30) {
        write_uint(w, value | UINT64_C(2) << 30, 4);
    } else if (value < UINT64_C(1) << 62) {
        write_uint(w, value | UINT64_C(3) << 62, 8);
    } else {
        w->overflow = true;
    }
}

void hs_write_bytes(hs_writer *w, hs_bytes bytes)
{
    uint8_t *at = reserve(w, bytes.len);
    if (at && bytes.len > 0) {
        memcpy(at, bytes.data, bytes.len);
    }
}

void hs_write_text(hs_writer *w, const char *text)
{
    hs_write_bytes(w, (hs_bytes){(const uint8_t *)text, strlen(text)});
}

hs_block hs_write_open(hs_writer *w, unsigned prefix)
{
    hs_block block = {w->len, prefix};
    write_uint(w, 0, prefix);
    return block;
}

void hs_write_close(hs_writer *w, hs_block block)
{
    if (w->overflow) {
        return;
    }
    size_t len = w->len - block.at - block.prefix;
    if (len >> (8 * block.prefix) != 0) {
        w->overflow = true;
        return;
    }
    put_uint(w->data + block.at, len, block.prefix);
}

hs_result hs_writer_result(const hs_writer *w)
{
    return w->overflow ? HS_LIMIT : HS_OK;
}

hs_bytes hs_writer_bytes(const hs_writer *w)
{
    return (hs_bytes){w->data, w->overflow ? 0 : w->len};
}
