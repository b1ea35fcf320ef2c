/* The bodies that many extensions share: nothing, a number, a list, opaque bytes. */
#include "wire/tls/extension_format.h"

#define READS(shape)                                                                               \
    void hs_tls_read_##shape(hs_reader *r, const hs_tls_extension_format *format,                  \
                             hs_tls_extension_value *out)
#define WRITES(shape)                                                                              \
    void hs_tls_write_##shape(hs_writer *w, const hs_tls_extension_format *format,                 \
                              const hs_tls_extension_value *value)

READS(shape_empty)
{
    (void)r;
    (void)format;
    (void)out;
}

WRITES(shape_empty)
{
    (void)w;
    (void)format;
    (void)value;
}

READS(shape_u8)
{
    out->number = hs_tls_read_u8(r, format->list, format->name_u8);
}

WRITES(shape_u8)
{
    (void)format;
    hs_write_u8(w, (uint8_t)value->number);
}

READS(shape_u16)
{
    out->number = hs_tls_read_u16(r, format->list, format->name_u16);
}

WRITES(shape_u16)
{
    (void)format;
    hs_write_u16(w, (uint16_t)value->number);
}

READS(shape_u32)
{
    out->number = hs_read_u32(r, format->list);
}

WRITES(shape_u32)
{
    (void)format;
    hs_write_u32(w, value->number);
}

READS(shape_list8_u8)
{
    out->list = hs_tls_read_u8_list(r, 1, format->list, format->item, format->name_u8, &out->count);
}

WRITES(shape_list8_u8)
{
    (void)format;
    hs_tls_write_opaque(w, 1, value->list);
}

READS(shape_list8_u16)
{
    out->list = hs_tls_read_u16_list(r, 1, format->list, format->item, format->name_u16,
                                     &out->count);
}

WRITES(shape_list8_u16)
{
    (void)format;
    hs_tls_write_opaque(w, 1, value->list);
}

READS(shape_list16_u16)
{
    out->list = hs_tls_read_u16_list(r, 2, format->list, format->item, format->name_u16,
                                     &out->count);
}

WRITES(shape_list16_u16)
{
    (void)format;
    hs_tls_write_opaque(w, 2, value->list);
}

READS(shape_list16_opaque8)
{
    out->list = hs_tls_read_opaque_list(r, 2, format->list, 1, format->item, &out->count);
}

WRITES(shape_list16_opaque8)
{
    (void)format;
    hs_tls_write_opaque(w, 2, value->list);
}

READS(shape_list16_opaque16)
{
    out->list = hs_tls_read_opaque_list(r, 2, format->list, 2, format->item, &out->count);
}

WRITES(shape_list16_opaque16)
{
    (void)format;
    hs_tls_write_opaque(w, 2, value->list);
}

READS(shape_rest_opaque8)
{
    out->list = hs_tls_peek(r);
    for (; hs_reader_left(r) > 0; out->count++) {
        (void)hs_tls_read_opaque(r, 1, format->item);
    }
}

WRITES(shape_rest_opaque8)
{
    (void)format;
    hs_write_bytes(w, value->list);
}

READS(shape_opaque8)
{
    out->bytes = hs_tls_read_opaque(r, 1, format->list);
}

WRITES(shape_opaque8)
{
    (void)format;
    hs_tls_write_opaque(w, 1, value->bytes);
}

READS(shape_opaque16)
{
    out->bytes = hs_tls_read_opaque(r, 2, format->list);
}

WRITES(shape_opaque16)
{
    (void)format;
    hs_tls_write_opaque(w, 2, value->bytes);
}

READS(shape_rest)
{
    out->bytes = hs_read_rest(r, format->list);
}

WRITES(shape_rest)
{
    (void)format;
    hs_write_bytes(w, value->bytes);
}
