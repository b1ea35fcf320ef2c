/* Fragmented IP packets put together (RFC 791 3.2, RFC 8200 4.5), bounded in count, bytes and age.
 * Where fragments overlap, the bytes that came first count. */
#ifndef HS_DECODE_FRAGMENTS_H
#define HS_DECODE_FRAGMENTS_H

#include <handshake/time.h>

#include "wire/packet.h"

enum {
    HS_FRAGMENTS_PACKETS = 256, /* under way at once; the oldest gives way */
    HS_FRAGMENTS_HOLES = 64,    /* in one packet */
    HS_FRAGMENTS_SIZE = 65535,  /* of one packet's payload */
};
#define HS_FRAGMENTS_AGE (60 * HS_SECOND)

typedef struct hs_fragments hs_fragments;

typedef struct hs_fragments_counters {
    uint64_t dropped;     /* fragments of packets that were given up */
    uint64_t overlapping; /* bytes that came more than once */
    size_t memory;
} hs_fragments_counters;

/* `memory_limit` bounds the bytes of all packets under way. NULL when out of memory. */
hs_fragments *hs_fragments_new(size_t memory_limit);
void hs_fragments_free(hs_fragments *fragments);

/* Adds the fragment in `packet`. HS_OK: the packet is whole; `protocol` and `payload` are what
 * hs_packet_read_reassembled wants, valid until the next call. HS_NEED_MORE. HS_MALFORMED: the
 * fragments contradict each other, HS_LIMIT, HS_NO_MEMORY: all of that packet is dropped. */
HS_CHECKED hs_result hs_fragments_add(hs_fragments *fragments, const hs_packet *packet, int64_t at,
                                      uint8_t *protocol, hs_bytes *payload);
hs_fragments_counters hs_fragments_count(const hs_fragments *fragments);

#endif
