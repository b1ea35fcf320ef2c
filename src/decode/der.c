#include "decode/der.h"

enum { LONG_FORM = 0x80, HIGH_TAG = 0x1f };

static size_t read_length(hs_reader *r)
{
    uint8_t first = hs_read_u8(r, "length");
    if (first < LONG_FORM) {
        return first;
    }
    switch (first & ~LONG_FORM) {
    case 1:
        return hs_read_u8(r, "length");
    case 2:
        return hs_read_u16(r, "length");
    case 3:
        return hs_read_u24(r, "length");
    default:
        hs_reader_fail(r, "length", "longer than a certificate's element may be");
        return 0;
    }
}

hs_der hs_der_read(hs_reader *r, const char *field)
{
    hs_der out = {0};
    const uint8_t *start = hs_reader_left(r) > 0 ? r->data + r->pos : NULL;
    size_t before = hs_reader_left(r);
    out.tag = hs_read_u8(r, field);
    if ((out.tag & HIGH_TAG) == HIGH_TAG) {
        hs_reader_fail(r, field, "a tag of more than one byte");
    }
    size_t len = read_length(r);
    out.content = hs_read_bytes(r, len, field);
    if (hs_reader_ok(r)) {
        out.whole = hs_bytes_of(start, before - hs_reader_left(r));
    }
    return out;
}

hs_der hs_der_expect(hs_reader *r, uint8_t tag, const char *field)
{
    hs_der out = hs_der_read(r, field);
    if (hs_reader_ok(r) && out.tag != tag) {
        hs_reader_fail(r, field, "another type than this field has");
    }
    return out;
}

uint8_t hs_der_peek(const hs_reader *r)
{
    return hs_reader_left(r) > 0 ? r->data[r->pos] : 0;
}

hs_reader hs_der_enter(const hs_reader *parent, hs_der element)
{
    if (!hs_reader_ok(parent) || element.content.len == 0) {
        return (hs_reader){.is_block = true, .fault = parent->fault};
    }
    return (hs_reader){.data = element.content.data,
                       .len = element.content.len,
                       .base = parent->base + (size_t)(element.content.data - parent->data),
                       .is_block = true,
                       .fault = parent->fault};
}
