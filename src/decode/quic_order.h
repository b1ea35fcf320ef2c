/* Pieces of a stream of QUIC put in order: CRYPTO data and streams (RFC 9000 2.2, 19.6, 19.8).
 *
 * What comes first is kept; bytes that come again are left out, whether or not they are the same.
 * Each piece knows which bytes of the side's datagrams carried it. Bounded in bytes and pieces. */
#ifndef HS_DECODE_QUIC_ORDER_H
#define HS_DECODE_QUIC_ORDER_H

#include <stdbool.h>

#include <handshake/api.h>

/* A run of the stream's bytes, and what carried them. */
typedef struct hs_quic_piece {
    uint64_t offset;
    hs_bytes bytes;
    uint64_t first;
    uint64_t end;
    bool is_early; /* carried by 0-RTT */
} hs_quic_piece;

typedef struct hs_quic_held {
    struct hs_quic_held *next;
    hs_quic_piece piece; /* its bytes lie in `data` */
    uint8_t data[];
} hs_quic_held;

typedef struct hs_quic_order {
    hs_quic_held *head; /* by offset, without overlap */
    uint64_t next;      /* all before it was taken */
    size_t held;        /* bytes, with what each piece costs beside its own */
    size_t count;
} hs_quic_order;

/* Keeps of `piece` what is not there yet. `*overlaps` (may be NULL) is set where some of it was.
 * HS_LIMIT: `limit` bytes or `pieces` would be passed, or the offset is beyond 2^62; what did not
 * fit was not kept. HS_NO_MEMORY. */
HS_CHECKED hs_result hs_quic_order_add(hs_quic_order *order, const hs_quic_piece *piece,
                                       size_t limit, size_t pieces, bool *overlaps);
/* Takes a piece that is next, without keeping it, where nothing is held. False: add it. */
bool hs_quic_order_pass(hs_quic_order *order, const hs_quic_piece *piece);
/* The piece that is next, or NULL. */
const hs_quic_piece *hs_quic_order_head(const hs_quic_order *order);
/* The first piece, next or not. */
const hs_quic_piece *hs_quic_order_first(const hs_quic_order *order);
/* Drops the first piece; all up to its end counts as taken. */
void hs_quic_order_drop(hs_quic_order *order);
void hs_quic_order_free(hs_quic_order *order);

#endif
