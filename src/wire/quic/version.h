/* QUIC versions: their names and what is known of their wire images (RFC 8999, RFC 9000 15 and
 * 17.2, RFC 9369 3). */
#ifndef HS_WIRE_QUIC_VERSION_H
#define HS_WIRE_QUIC_VERSION_H

#include <stdbool.h>

#include <handshake/api.h>

/* Versions whose packets this program reads whole. X(symbol, value, name) */
#define HS_QUIC_VERSION_MAP(X)                                                                     \
    X(V1, 0x00000001, "v1")                                                                        \
    X(V2, 0x6b3343cf, "v2")                                                                        \
    X(DRAFT_29, 0xff00001d, "draft-29")                                                            \
    X(DRAFT_30, 0xff00001e, "draft-30")                                                            \
    X(DRAFT_31, 0xff00001f, "draft-31")                                                            \
    X(DRAFT_32, 0xff000020, "draft-32")                                                            \
    X(DRAFT_33, 0xff000021, "draft-33")                                                            \
    X(DRAFT_34, 0xff000022, "draft-34")

/* Values are above INT_MAX, so they are no enumerators. */
#define HS_QUIC_VERSION_NEGOTIATION_VERSION UINT32_C(0)
#define HS_QUIC_V1 UINT32_C(0x00000001)
#define HS_QUIC_V2 UINT32_C(0x6b3343cf)
#define HS_QUIC_DRAFT_29 UINT32_C(0xff00001d)
#define HS_QUIC_DRAFT_34 UINT32_C(0xff000022)

/* The kinds of packet, in the order in which a handshake sees them. */
typedef enum hs_quic_packet_type {
    HS_QUIC_INITIAL,
    HS_QUIC_0RTT,
    HS_QUIC_HANDSHAKE,
    HS_QUIC_RETRY,
    HS_QUIC_VERSION_NEGOTIATION,
    HS_QUIC_1RTT,            /* short header */
    HS_QUIC_UNKNOWN_VERSION, /* a long header of which the invariants alone are known */
} hs_quic_packet_type;

enum { HS_QUIC_VERSION_TEXT_SIZE = 12 };

/* The static name of a version of the map; "GREASE" of a reserved one (0x?a?a?a?a); else NULL. */
const char *hs_quic_version_name(uint32_t version);
/* "v1", "v2", "draft-29" (any draft of RFC 9000), or "0x1a2a3a4a". Returns `text`. */
const char *hs_quic_version_text(uint32_t version, char text[HS_QUIC_VERSION_TEXT_SIZE]);
/* The version of such a name or number ("v1", "draft-29", "0x1a2a3a4a"), of `len` bytes. False: it
 * is none, or 0. */
bool hs_quic_version_parse(const char *text, size_t len, uint32_t *version);
/* One of the map: its packets can be read beyond the invariants. */
bool hs_quic_version_is_known(uint32_t version);
/* Reserved to exercise version negotiation (RFC 9000 15). */
bool hs_quic_version_is_reserved(uint32_t version);
/* A draft of RFC 9000 (0xff000000 and its number); sets `number`. */
bool hs_quic_version_is_draft(uint32_t version, unsigned *number);

/* The two bits of Long Packet Type, which v2 permutes (RFC 9369 3.2). `type` is one of the first
 * four, `version` a known one. */
uint8_t hs_quic_long_type_bits(uint32_t version, hs_quic_packet_type type);
hs_quic_packet_type hs_quic_long_type(uint32_t version, uint8_t bits);

/* "Initial", "0-RTT", "Handshake", "Retry", "Version Negotiation", "1-RTT", "unknown version". */
const char *hs_quic_packet_type_name(hs_quic_packet_type type);

#endif
