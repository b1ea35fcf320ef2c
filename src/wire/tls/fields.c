#include "wire/tls/fields.h"

hs_bytes hs_tls_peek(const hs_reader *r)
{
    hs_fault fault = {.result = r->fault->result};
    hs_reader copy = *r;
    copy.fault = &fault;
    copy.notes = NULL;
    return hs_read_rest(&copy, "rest");
}

uint8_t hs_tls_read_u8(hs_reader *r, const char *field, hs_tls_name_u8 name)
{
    uint8_t value = hs_read_u8(r, field);
    if (name && r->notes) {
        hs_note_meaning(r, name(value));
    }
    return value;
}

uint16_t hs_tls_read_u16(hs_reader *r, const char *field, hs_tls_name_u16 name)
{
    uint16_t value = hs_read_u16(r, field);
    if (name && r->notes) {
        hs_note_meaning(r, name(value));
    }
    return value;
}

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
