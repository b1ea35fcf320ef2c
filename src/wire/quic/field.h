/* What the codecs of QUIC and HTTP/3 share: variable-length integers as lengths (RFC 9000 16). */
#ifndef HS_WIRE_QUIC_FIELD_H
#define HS_WIRE_QUIC_FIELD_H

#include "base/reader.h"
#include "base/writer.h"

#define HS_QUIC_VARINT_MAX ((UINT64_C(1) << 62) - 1)

/* A length of up to 62 bits as a size. One that no memory can hold stays more than any bytes have.
 */
static inline size_t hs_quic_size(uint64_t length)
{
    return length > SIZE_MAX ? SIZE_MAX : (size_t)length;
}

/* In how many bytes it is encoded at the least. */
static inline size_t hs_quic_varint_size(uint64_t value)
{
    return value < 1 << 6 ? 1 : value < 1 << 14 ? 2 : value < 1 << 30 ? 4 : 8;
}

/* Bytes behind their length. */
static inline hs_bytes hs_quic_read_prefixed(hs_reader *r, const char *length, const char *field)
{
    uint64_t len = hs_read_varint(r, length);
    return hs_read_bytes(r, hs_quic_size(len), field);
}

static inline void hs_quic_write_prefixed(hs_writer *w, hs_bytes bytes)
{
    hs_write_varint(w, bytes.len);
    hs_write_bytes(w, bytes);
}

/* A connection ID behind its length of one byte. */
static inline void hs_quic_write_connection_id(hs_writer *w, hs_bytes id)
{
    hs_block block = hs_write_open(w, 1);
    hs_write_bytes(w, id);
    hs_write_close(w, block);
}

/* A reader of the same bytes that nobody listens to. `fault` must outlive it. */
static inline hs_reader hs_quic_peek(const hs_reader *r, hs_fault *fault)
{
    hs_reader peek = *r;
    *fault = *r->fault;
    peek.fault = fault;
    peek.notes = NULL;
    peek.group = 0;
    return peek;
}

/* The bytes from `start` to where the reader is. A block that was not there has none. */
static inline hs_bytes hs_quic_since(const hs_reader *r, size_t start)
{
    return r->data ? (hs_bytes){r->data + start, r->pos - start} : (hs_bytes){0};
}

#endif
