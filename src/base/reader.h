/* One bounds-checked cursor for all parsing.
 *
 * Every read names its field. The first overrun sets a sticky fault (what, where, which field) in a
 * struct that the caller owns, and this and all later reads yield zeros; so a parser is
 * straight-line code and is checked once, at its end. A length-prefixed block yields a sub-reader
 * that shares the fault and must end empty.
 *
 * Two kinds of overrun differ: past the end of the outermost reader, bytes are missing
 * (HS_NEED_MORE); past the end of a block whose length the peer gave, the bytes contradict
 * themselves (HS_MALFORMED).
 *
 * With a list of notes attached, each read also records (offset, length, field, value).
 */
#ifndef HS_BASE_READER_H
#define HS_BASE_READER_H

#include <stdbool.h>

#include <handshake/api.h>

typedef struct hs_fault {
    hs_result result;  /* HS_OK, HS_NEED_MORE or HS_MALFORMED */
    size_t offset;     /* of the field within the outermost bytes */
    const char *field; /* static */
    const char *why;   /* static */
} hs_fault;

typedef enum hs_note_kind {
    HS_NOTE_UINT,  /* `value` */
    HS_NOTE_BYTES, /* the bytes at offset/length */
    HS_NOTE_BLOCK, /* a group: notes that follow with a greater depth lie within it */
} hs_note_kind;

typedef struct hs_note {
    const char *field;   /* static */
    const char *meaning; /* static text for the value, or NULL: "TLS_AES_128_GCM_SHA256" */
    size_t offset;
    size_t length;
    uint64_t value;
    hs_note_kind kind;
    unsigned depth;
} hs_note;

/* Notes go into an array of the caller's; what does not fit is counted. */
typedef struct hs_notes {
    hs_note *items;
    size_t capacity;
    size_t count;
    size_t dropped;
    unsigned depth;
} hs_notes;

typedef struct hs_reader {
    const uint8_t *data;
    size_t len;
    size_t pos;
    size_t base; /* offset of data[0] within the outermost bytes */
    bool is_block;
    hs_fault *fault;
    hs_notes *notes; /* NULL: nobody listens */
    size_t group;    /* index + 1 of the note of this block, 0 for none */
} hs_reader;

/* Begins to read `bytes`. `fault` is reset; it and `notes` (may be NULL) must outlive the reader.
 */
void hs_reader_init(hs_reader *r, hs_bytes bytes, hs_fault *fault, hs_notes *notes);

/* What each read does where nobody listens and nothing is amiss: the next `len` bytes, else NULL.
 * It stands here to be part of its caller; all the rest of a read is a call. */
static inline const uint8_t *hs_reader_take(hs_reader *r, size_t len)
{
    if (r->notes || r->fault->result != HS_OK || len > r->len - r->pos) {
        return NULL;
    }
    const uint8_t *at = r->data + r->pos;
    r->pos += len;
    return at;
}

/* A number of `len` bytes in network order: noted, or a fault. */
uint64_t hs_read_uint_noted(hs_reader *r, size_t len, const char *field);
hs_bytes hs_read_bytes_noted(hs_reader *r, size_t len, const char *field);

static inline uint8_t hs_read_u8(hs_reader *r, const char *field)
{
    const uint8_t *at = hs_reader_take(r, 1);
    return at ? at[0] : (uint8_t)hs_read_uint_noted(r, 1, field);
}

static inline uint16_t hs_read_u16(hs_reader *r, const char *field)
{
    const uint8_t *at = hs_reader_take(r, 2);
    return at ? (uint16_t)(at[0] << 8 | at[1]) : (uint16_t)hs_read_uint_noted(r, 2, field);
}

uint32_t hs_read_u24(hs_reader *r, const char *field);
uint32_t hs_read_u32(hs_reader *r, const char *field);
uint64_t hs_read_u64(hs_reader *r, const char *field);
/* A QUIC variable-length integer (RFC 9000 16). */
uint64_t hs_read_varint(hs_reader *r, const char *field);
static inline hs_bytes hs_read_bytes(hs_reader *r, size_t len, const char *field)
{
    const uint8_t *at = hs_reader_take(r, len);
    return at ? (hs_bytes){at, len} : hs_read_bytes_noted(r, len, field);
}

/* Everything that is left. */
hs_bytes hs_read_rest(hs_reader *r, const char *field);

/* A block with a length prefix of 1, 2 or 3 bytes. After a fault the sub-reader is empty. Close it
 * with hs_reader_close, before the parent is read again. */
hs_reader hs_read_block8(hs_reader *r, const char *field);
hs_reader hs_read_block16(hs_reader *r, const char *field);
hs_reader hs_read_block24(hs_reader *r, const char *field);
/* A block whose length is known otherwise. */
hs_reader hs_read_block(hs_reader *r, size_t len, const char *field);
/* Ends a block: what is left in it is a fault (HS_MALFORMED). */
void hs_reader_close(hs_reader *r);

/* Groups the notes of the reads that follow, until hs_reader_group_end; no bytes are read. */
size_t hs_reader_group_begin(hs_reader *r, const char *field);
void hs_reader_group_end(hs_reader *r, size_t mark);

/* hs_note_meaning where there are notes. */
void hs_note_meaning_noted(hs_reader *r, const char *meaning);

/* Names the value that was read last. `meaning` is static or NULL. */
static inline void hs_note_meaning(hs_reader *r, const char *meaning)
{
    if (r->notes) {
        hs_note_meaning_noted(r, meaning);
    }
}

/* The parser's own judgement that the bytes cannot be: sets a sticky HS_MALFORMED. */
void hs_reader_fail(hs_reader *r, const char *field, const char *why);

static inline bool hs_reader_ok(const hs_reader *r)
{
    return r->fault->result == HS_OK;
}

static inline size_t hs_reader_left(const hs_reader *r)
{
    return hs_reader_ok(r) ? r->len - r->pos : 0;
}

/* HS_OK, or the fault's result. Does not ask for emptiness. */
HS_CHECKED static inline hs_result hs_reader_result(const hs_reader *r)
{
    return r->fault->result;
}

/* As hs_reader_result, and bytes left over are HS_MALFORMED. For a message whose end is known. */
HS_CHECKED hs_result hs_reader_finish(hs_reader *r);

static inline hs_bytes hs_bytes_of(const void *data, size_t len)
{
    hs_bytes bytes = {(const uint8_t *)data, len};
    return bytes;
}

bool hs_bytes_equal(hs_bytes a, hs_bytes b);
/* Whether `bytes` are exactly those of the C string `text`. */
bool hs_bytes_are(hs_bytes bytes, const char *text);

#endif
