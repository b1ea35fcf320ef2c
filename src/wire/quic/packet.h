/* QUIC packets: their headers (RFC 9000 17, RFC 9369 3), the part that every version shares
 * (RFC 8999), and the packets of one datagram (RFC 9000 12.2). What is protected stays as it is;
 * once header protection is removed (RFC 9001 5.4), the rest of the header is read by
 * hs_quic_read_clear. */
#ifndef HS_WIRE_QUIC_PACKET_H
#define HS_WIRE_QUIC_PACKET_H

#include "base/reader.h"
#include "base/writer.h"
#include "wire/quic/version.h"

enum {
    HS_QUIC_CONNECTION_ID_MAX = 20, /* of the known versions; 255 of any other (RFC 8999 5.1) */
    HS_QUIC_RETRY_TAG_LEN = 16,
    HS_QUIC_STATELESS_RESET_TOKEN_LEN = 16,
    HS_QUIC_STATELESS_RESET_MIN = 21,    /* the smallest datagram that may be one (RFC 9000 10.3) */
    HS_QUIC_INITIAL_DATAGRAM_MIN = 1200, /* RFC 9000 14.1 */
    HS_QUIC_PACKET_NUMBER_MAX_LEN = 4,
};

/* Bits of the first byte. */
enum {
    HS_QUIC_BIT_LONG = 0x80,
    HS_QUIC_BIT_FIXED = 0x40,
    HS_QUIC_BIT_SPIN = 0x20, /* of a short header */
};

/* One packet as it is seen from outside. Bytes are borrowed from the datagram; those that a type
 * does not have are empty. */
typedef struct hs_quic_packet {
    hs_quic_packet_type type;
    uint8_t first; /* the first byte; its low bits are protected, but in Retry and VN */
    bool fixed_bit;
    bool spin_bit;    /* 1-RTT */
    uint32_t version; /* long headers; 0 of Version Negotiation */
    hs_bytes dcid;
    hs_bytes scid;  /* long headers */
    hs_bytes token; /* Initial, Retry */
    /* The Length field: packet number and protected payload. Initial, 0-RTT, Handshake. */
    uint64_t length;
    unsigned length_size; /* how many bytes encode it; when writing, 0 for the fewest */
    /* Within `bytes`; 0 of a packet that has none. What stands before it is the header. */
    size_t packet_number_offset;
    /* Packet number and payload, protected; of an unknown version, all behind the invariants. */
    hs_bytes payload;
    hs_bytes retry_tag; /* Retry Integrity Tag */
    hs_bytes versions;  /* Version Negotiation: for hs_quic_next_version */
    hs_bytes bytes;     /* the whole packet */
} hs_quic_packet;

/* Reads the next packet of a datagram; r stands behind it afterwards. `dcid_len` is the length of
 * the Destination Connection ID of a short header, which cannot be seen on the wire.
 * HS_NEED_MORE: the datagram ends within it (it was cut, or it is no packet). HS_MALFORMED: e.g. a
 * connection ID longer than its version allows, no packet number, a list of versions that is empty
 * or not whole. */
HS_CHECKED hs_result hs_quic_read_packet(hs_reader *r, size_t dcid_len, hs_quic_packet *packet);
/* As that, but r ends at the packet number (where there is one), so that an unprotected copy can be
 * read on: hs_quic_read_clear, then the frames of `payload` without the packet number. Sets all but
 * the members payload and bytes. */
HS_CHECKED hs_result hs_quic_read_header(hs_reader *r, size_t dcid_len, hs_quic_packet *packet);
/* What RFC 9000 forbids in this packet taken alone, or NULL. */
const char *hs_quic_packet_problem(const hs_quic_packet *packet);

/* What header protection hides (RFC 9000 17.2 and 17.3.1). */
typedef struct hs_quic_clear {
    uint8_t reserved;           /* the two reserved bits */
    bool key_phase;             /* 1-RTT */
    unsigned packet_number_len; /* 1 to 4 */
    uint32_t packet_number;     /* truncated; see hs_quic_packet_number_decode */
} hs_quic_clear;

/* How many bytes the packet number has, by the unprotected first byte. */
unsigned hs_quic_packet_number_len(uint8_t first);
/* Reads the packet number at r. `first` is the unprotected first byte of a packet of `type`. */
HS_CHECKED hs_result hs_quic_read_clear(hs_reader *r, hs_quic_packet_type type, uint8_t first,
                                        hs_quic_clear *clear);

/* The unprotected first byte. */
uint8_t hs_quic_first_byte(const hs_quic_packet *packet, const hs_quic_clear *clear);
/* Writes the unprotected header with the packet number at its end: Initial, 0-RTT, Handshake (of
 * `length`, which counts the packet number, the payload and the AEAD's tag), 1-RTT. Of `packet`
 * type, version, fixed_bit, spin_bit, connection IDs, token, length and length_size count.
 * HS_INVALID: not a packet that can be. */
HS_CHECKED hs_result hs_quic_write_header(hs_writer *w, const hs_quic_packet *packet,
                                          const hs_quic_clear *clear);
/* Writes a Version Negotiation packet (RFC 9000 17.2.1); of `first` its lower seven bits count. */
HS_CHECKED hs_result hs_quic_write_version_negotiation(hs_writer *w, uint8_t first, hs_bytes dcid,
                                                       hs_bytes scid, const uint32_t *versions,
                                                       size_t count);
/* Takes the next one off the versions of Version Negotiation; false at their end. */
bool hs_quic_next_version(hs_bytes *versions, uint32_t *version);

/* No packet number was seen or acknowledged yet. */
#define HS_QUIC_NO_PACKET_NUMBER UINT64_MAX

/* The full packet number (RFC 9000 A.3): `largest` is the largest one processed in this space. */
uint64_t hs_quic_packet_number_decode(uint64_t largest, uint32_t truncated, unsigned len);
/* In how many bytes to send it (RFC 9000 A.2): `largest_acked` by the peer in this space. 0: it
 * does not fit in four. */
unsigned hs_quic_packet_number_encode_len(uint64_t full, uint64_t largest_acked);

/* The packets of one datagram, one by one. */
typedef struct hs_quic_datagram {
    hs_bytes bytes;
    size_t at; /* of the next packet */
    size_t
        dcid_len;  /* of short headers; the first packet's, once one with a long header was seen */
    hs_bytes dcid; /* of the first packet */
    size_t count;  /* of the packets so far */
    /* When it is over: bytes that are no packet, and why. Empty and HS_OK where all were. */
    hs_bytes trailing;
    hs_fault fault;
} hs_quic_datagram;

void hs_quic_datagram_init(hs_quic_datagram *datagram, hs_bytes bytes, size_t dcid_len);
/* False at the end. After the first packet, one that RFC 9000 12.2 forbids to be there (another
 * Destination Connection ID), and bytes that can be none, are left in `trailing`. */
bool hs_quic_datagram_next(hs_quic_datagram *datagram, hs_quic_packet *packet);

/* Whether a datagram may be a stateless reset (RFC 9000 10.3), and the token that it then ends
 * with. Any 1-RTT packet of 21 bytes may: the token decides. */
bool hs_quic_stateless_reset_token(hs_bytes datagram, hs_bytes *token);

#endif
