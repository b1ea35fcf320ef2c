/* The few shapes of field that all TLS messages are made of, over the reader and the writer. Inside
 * wire/tls only. */
#ifndef HS_WIRE_TLS_FIELDS_H
#define HS_WIRE_TLS_FIELDS_H

#include "base/reader.h"
#include "base/writer.h"

typedef const char *(*hs_tls_name_u8)(uint8_t value);
typedef const char *(*hs_tls_name_u16)(uint16_t value);

/* What the reader has still to read, without reading it. */
static inline hs_bytes hs_tls_peek(const hs_reader *r)
{
    return hs_reader_ok(r) ? (hs_bytes){r->data + r->pos, r->len - r->pos} : (hs_bytes){0};
}

/* A number with a name; `name` may be NULL. */
static inline uint8_t hs_tls_read_u8(hs_reader *r, const char *field, hs_tls_name_u8 name)
{
    uint8_t value = hs_read_u8(r, field);
    if (name && r->notes) {
        hs_note_meaning(r, name(value));
    }
    return value;
}

static inline uint16_t hs_tls_read_u16(hs_reader *r, const char *field, hs_tls_name_u16 name)
{
    uint16_t value = hs_read_u16(r, field);
    if (name && r->notes) {
        hs_note_meaning(r, name(value));
    }
    return value;
}

/* Opaque bytes after a length of 1, 2 or 3 bytes. */
hs_bytes hs_tls_read_opaque(hs_reader *r, unsigned prefix, const char *field);
void hs_tls_write_opaque(hs_writer *w, unsigned prefix, hs_bytes bytes);

/* A block with a length prefix of 1, 2 or 3 bytes. */
hs_reader hs_tls_read_block(hs_reader *r, unsigned prefix, const char *field);

/* A whole list of numbers after a length of 1, 2 or 3 bytes. Returns the elements' bytes; `count`
 * may be NULL. */
hs_bytes hs_tls_read_u8_list(hs_reader *r, unsigned prefix, const char *list, const char *item,
                             hs_tls_name_u8 name, size_t *count);
hs_bytes hs_tls_read_u16_list(hs_reader *r, unsigned prefix, const char *list, const char *item,
                              hs_tls_name_u16 name, size_t *count);
/* A whole list of opaque bytes, each with its own prefix. */
hs_bytes hs_tls_read_opaque_list(hs_reader *r, unsigned prefix, const char *list,
                                 unsigned item_prefix, const char *item, size_t *count);

#endif
