#include "wire/tls/fields.h"

static size_t read_length(hs_reader *r, unsigned prefix)
{
    switch (prefix) {
    case 1:
        return hs_read_u8(r, "length");
    case 2:
        return hs_read_u16(r, "length");
    default:
        return hs_read_u24(r, "length");
    }
}

hs_bytes hs_tls_read_opaque(hs_reader *r, unsigned prefix, const char *field)
{
    return hs_read_bytes(r, read_length(r, prefix), field);
}

void hs_tls_write_opaque(hs_writer *w, unsigned prefix, hs_bytes bytes)
{
    hs_block block = hs_write_open(w, prefix);
    hs_write_bytes(w, bytes);
    hs_write_close(w, block);
}

hs_reader hs_tls_read_block(hs_reader *r, unsigned prefix, const char *field)
{
    switch (prefix) {
    case 1:
        return hs_read_block8(r, field);
    case 2:
        return hs_read_block16(r, field);
    default:
        return hs_read_block24(r, field);
    }
}

static void set_count(size_t *out, size_t count)
{
    if (out) {
        *out = count;
    }
}

hs_bytes hs_tls_read_u8_list(hs_reader *r, unsigned prefix, const char *list, const char *item,
                             hs_tls_name_u8 name, size_t *count)
{
    hs_reader block = hs_tls_read_block(r, prefix, list);
    hs_bytes all = hs_tls_peek(&block);
    size_t n = 0;
    for (; hs_reader_left(&block) > 0; n++) {
        (void)hs_tls_read_u8(&block, item, name);
    }
    hs_reader_close(&block);
    set_count(count, n);
    return all;
}

hs_bytes hs_tls_read_u16_list(hs_reader *r, unsigned prefix, const char *list, const char *item,
                              hs_tls_name_u16 name, size_t *count)
{
    hs_reader block = hs_tls_read_block(r, prefix, list);
    hs_bytes all = hs_tls_peek(&block);
    size_t n = 0;
    for (; hs_reader_left(&block) > 0; n++) {
        (void)hs_tls_read_u16(&block, item, name);
    }
    hs_reader_close(&block);
    set_count(count, n);
    return all;
}

hs_bytes hs_tls_read_opaque_list(hs_reader *r, unsigned prefix, const char *list,
                                 unsigned item_prefix, const char *item, size_t *count)
{
    hs_reader block = hs_tls_read_block(r, prefix, list);
    hs_bytes all = hs_tls_peek(&block);
    size_t n = 0;
    for (; hs_reader_left(&block) > 0; n++) {
        (void)hs_tls_read_opaque(&block, item_prefix, item);
    }
    hs_reader_close(&block);
    set_count(count, n);
    return all;
}
