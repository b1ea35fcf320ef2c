/* One bounds-checked writer into a buffer of the caller's. An overflow is sticky; check once, at
 * the end. Length-prefixed blocks are opened, filled and closed. */
#ifndef HS_BASE_WRITER_H
#define HS_BASE_WRITER_H

#include <stdbool.h>

#include <handshake/api.h>

typedef struct hs_writer {
    uint8_t *data;
    size_t capacity;
    size_t len;
    bool overflow;
} hs_writer;

typedef struct hs_block {
    size_t at;       /* of the length prefix */
    unsigned prefix; /* its size in bytes */
} hs_block;

void hs_writer_init(hs_writer *w, void *data, size_t capacity);
void hs_write_u8(hs_writer *w, uint8_t value);
void hs_write_u16(hs_writer *w, uint16_t value);
void hs_write_u24(hs_writer *w, uint32_t value);
void hs_write_u32(hs_writer *w, uint32_t value);
void hs_write_u64(hs_writer *w, uint64_t value);
void hs_write_varint(hs_writer *w, uint64_t value);
void hs_write_bytes(hs_writer *w, hs_bytes bytes);
void hs_write_text(hs_writer *w, const char *text);

/* Opens a block with a length prefix of `prefix` (1, 2 or 3) bytes. */
hs_block hs_write_open(hs_writer *w, unsigned prefix);
/* Closes it; a block too long for its prefix is an overflow. */
void hs_write_close(hs_writer *w, hs_block block);

/* HS_OK or HS_LIMIT. */
HS_CHECKED hs_result hs_writer_result(const hs_writer *w);
hs_bytes hs_writer_bytes(const hs_writer *w);

#endif
