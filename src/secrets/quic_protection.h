/* QUIC packet protection off and on (RFC 9001 5.3, 5.4; packet numbers: RFC 9000 17.1, A.3).
 *
 * A packet is the bytes of exactly one QUIC packet: of a coalesced datagram, the part that the
 * Length field says. Its header form bit (RFC 8999 5.1) tells which bits of the first byte are
 * masked. Nothing is allocated, and the packet is not changed. */
#ifndef HS_SECRETS_QUIC_PROTECTION_H
#define HS_SECRETS_QUIC_PROTECTION_H

#include "secrets/quic_keys.h"
#include "wire/quic/packet.h"

enum {
    HS_QUIC_TAG = 16,           /* every AEAD's, behind the payload */
    HS_QUIC_SAMPLE = 16,        /* of header protection */
    HS_QUIC_PACKET_MAX = 65527, /* of a UDP datagram: the longest packet that is opened or made */
};

/* What header protection hid. */
typedef struct hs_quic_protected_header {
    uint8_t first_byte; /* without its mask */
    /* The two reserved bits, at the right end. Only of a packet that authenticated do they mean
     * anything; there, not zero is a PROTOCOL_VIOLATION (RFC 9000 17.2, 17.3.1). */
    uint8_t reserved_bits;
    bool key_phase;               /* of a short header, else false */
    uint8_t packet_number_length; /* 1 to 4 */
    uint64_t packet_number;
} hs_quic_protected_header;

/* Takes header protection off. The Packet Number field begins at `packet_number_offset`. `largest`
 * is the largest packet number that authenticated in this space so far, or
 * HS_QUIC_NO_PACKET_NUMBER. HS_NEED_MORE: too short for a sample; so is a packet of a capture that
 * was cut. HS_INVALID: the keys are not set, or the offset is 0. HS_LIMIT: longer than
 * HS_QUIC_PACKET_MAX. HS_CRYPTO: libcrypto failed. This says nothing of whether the keys are right:
 * any key gives a header. */
HS_CHECKED hs_result hs_quic_header_open(hs_quic_keys *keys, hs_bytes packet,
                                         size_t packet_number_offset, uint64_t largest,
                                         hs_quic_protected_header *out);

/* Decrypts the payload behind a header that hs_quic_header_open gave; the keys may be those of
 * another key phase. `out` has room for as many bytes as the packet, and is not the packet itself;
 * `payload` lies within it. HS_NO_KEY: it does not authenticate, so the keys are not its own or it
 * was changed on its way; `out` then holds nothing of worth. Other results as above. */
HS_CHECKED hs_result hs_quic_payload_open(hs_quic_keys *keys, hs_bytes packet,
                                          size_t packet_number_offset,
                                          const hs_quic_protected_header *header, uint8_t *out,
                                          hs_bytes *payload);

/* Both of the above. The header is given also where the payload does not authenticate. */
HS_CHECKED hs_result hs_quic_packet_open(hs_quic_keys *keys, hs_bytes packet,
                                         size_t packet_number_offset, uint64_t largest,
                                         uint8_t *out, hs_quic_protected_header *header,
                                         hs_bytes *payload);

/* Writes one protected packet. `header` ends with the Packet Number field, in the clear, of the
 * length that its first byte says; its Length field, if it has one, already counts the tag. The
 * payload is padded by the caller: HS_INVALID where packet number and payload together have fewer
 * than 4 bytes, so that no sample could be taken, or where the keys are not set or the header is
 * shorter than it says. HS_LIMIT: no room. */
HS_CHECKED hs_result hs_quic_packet_seal(hs_quic_keys *keys, hs_bytes header,
                                         uint64_t packet_number, hs_bytes payload, uint8_t *out,
                                         size_t capacity, size_t *len);

#endif
