/* A stream cut into records, at any chunking: what is whole in a chunk is used in place, only the
 * rest is copied. Holds at most one record. */
#ifndef HS_DECODE_TLS_FRAMING_H
#define HS_DECODE_TLS_FRAMING_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/reader.h"

typedef enum hs_tls_piece_kind {
    HS_TLS_PIECE_RECORD,
    HS_TLS_PIECE_SSL2_HELLO, /* an SSLv2 ClientHello with its header */
    HS_TLS_PIECE_BAD,        /* from here on the stream is no TLS */
} hs_tls_piece_kind;

/* A record and where in the stream it lies. */
typedef struct hs_tls_piece {
    hs_tls_piece_kind kind;
    uint8_t type;   /* hs_tls_content_type */
    hs_bytes bytes; /* with the header; of a bad one up to the field at fault; of one that was
                       passed over, the header alone */
    size_t size;    /* of all of it */
    uint64_t first;
    uint64_t end;
    hs_fault fault; /* of a bad one */
    uint64_t place; /* among the records of both directions; the decoder's */
    uint64_t turn;  /* how often the direction had changed before; the decoder's */
} hs_tls_piece;

typedef struct hs_tls_framer {
    hs_buffer partial;
    uint64_t offset;  /* in the stream, of the next byte that belongs to no piece yet */
    size_t given;     /* bytes of `partial` that the piece handed out last occupies */
    bool may_be_ssl2; /* the first piece may be an SSLv2 ClientHello */
    bool is_bad;
    bool is_lost; /* behind a gap: it is not known where the next record begins */
    size_t skip;  /* bytes left of a record that a gap has spoilt */

    /* Nobody can read what records of application data have in them from here on, or asks for it:
     * of those that do not come whole, no more than the header is kept. The owner's to set. */
    bool passes_data_over;
    size_t over_size; /* of the one that is being passed over; 0: none */
    size_t over_left;
    uint8_t over_header[5];
} hs_tls_framer;

/* `allocator` is for what does not come whole, and must outlive the framer. */
void hs_tls_framer_init(hs_tls_framer *framer, bool may_be_ssl2, const hs_allocator *allocator);
void hs_tls_framer_free(hs_tls_framer *framer);
/* Takes bytes off `chunk`. HS_OK: a piece, valid until the next call; after a bad one all that
 * follows is taken and counted in `offset` alone. HS_NEED_MORE: the chunk is used up.
 * HS_NO_MEMORY. */
HS_CHECKED hs_result hs_tls_framer_next(hs_tls_framer *framer, hs_bytes *chunk, hs_tls_piece *out);
/* `length` bytes are missing here. A record that they lie in is dropped; where they may reach
 * beyond it, a chunk that begins like a record is waited for. */
void hs_tls_framer_gap(hs_tls_framer *framer, uint64_t length);
/* What is held of a record that is not whole; how much of it has come, and how long it says it is
 * (0: its header is not whole). */
hs_bytes hs_tls_framer_rest(const hs_tls_framer *framer, size_t *got, size_t *expected);

#endif
