/* One captured frame, from its link layer down to the TCP segment or UDP datagram in it.
 *
 * Layers are looked through as far as they go: 802.1Q, QinQ, PPPoE, MPLS, GRE, VXLAN, IP in IP and
 * the like; the innermost IP packet counts. Bytes that the snapshot length cut off are not guessed:
 * lengths come from the headers, `payload` has what was captured.
 */
#ifndef HS_WIRE_PACKET_H
#define HS_WIRE_PACKET_H

#include <stdbool.h>

#include <handshake/api.h>

typedef struct hs_ip_address {
    uint8_t bytes[16]; /* an IPv4 address stands in the first four, the rest are 0 */
} hs_ip_address;

/* The part of an IPv4 or IPv6 packet that is a fragment of a larger one (RFC 791, RFC 8200 4.5). */
typedef struct hs_fragment {
    bool is_fragment;
    bool more;
    uint8_t protocol;
    uint32_t id;
    uint32_t length; /* of its part of the payload, as the IP header has it */
    uint16_t offset; /* in bytes */
    hs_bytes bytes;  /* that part, as far as it was captured */
} hs_fragment;

enum { HS_TCP_OPTIONS_MAX = 40 };

typedef struct hs_tcp_header {
    uint32_t sequence;
    uint32_t acknowledgment;
    uint16_t window;
    uint16_t flags;   /* HS_TCP_FIN | … and, above them, AE (bit 8) */
    bool options_cut; /* the snapshot length cut them: `options` are those before the cut, and what
                         hs_tcp_options_read finds malformed may only be the cut itself */
    hs_bytes options;
} hs_tcp_header;

enum {
    HS_TCP_FIN = 0x01,
    HS_TCP_SYN = 0x02,
    HS_TCP_RST = 0x04,
    HS_TCP_PSH = 0x08,
    HS_TCP_ACK = 0x10,
    HS_TCP_URG = 0x20,
    HS_TCP_ECE = 0x40,
    HS_TCP_CWR = 0x80,
};

enum { HS_PROTOCOL_TCP = 6, HS_PROTOCOL_UDP = 17 };

/* What a flow asks for comes first: it is close together, and to what stands before the packet. */
typedef struct hs_packet {
    uint32_t payload_length; /* as the IP header has it; more than payload.len where cut off */
    hs_bytes payload;        /* captured bytes behind the transport's header */
    hs_tcp_header tcp;
    uint8_t family;   /* 4 or 6 */
    uint8_t protocol; /* of the transport: HS_PROTOCOL_TCP, HS_PROTOCOL_UDP, or another */
    uint8_t ecn; /* the IP header's two bits (RFC 3168 5): 0 Not-ECT, 1 ECT(1), 2 ECT(0), 3 CE */
    hs_ip_address source;
    hs_ip_address destination;
    uint16_t source_port; /* TCP and UDP */
    uint16_t destination_port;
    hs_fragment fragment; /* if is_fragment, no payload and no header of a transport is filled */
} hs_packet;

typedef enum hs_packet_kind {
    HS_PACKET_TCP,
    HS_PACKET_UDP,
    HS_PACKET_FRAGMENT,
    HS_PACKET_OTHER,        /* whole, and of no interest here */
    HS_PACKET_TRUNCATED,    /* the snapshot length cut a header (but see options_cut) */
    HS_PACKET_MALFORMED,    /* its headers contradict themselves */
    HS_PACKET_LINK_UNKNOWN, /* no decoder for this link type */
} hs_packet_kind;

/* Whether frames of this libpcap link type (LINKTYPE_… as in a capture file) can be read. */
bool hs_packet_link_known(int link_type);
/* The link type's name as libpcap has it ("EN10MB"), or NULL. */
const char *hs_packet_link_name(int link_type);

/* Reads one frame. No allocation; `packet` borrows from `frame`. */
hs_packet_kind hs_packet_read(int link_type, hs_bytes frame, hs_packet *packet);
/* The frame was copied from `from` to `to`: what was read of it borrows from the copy. */
void hs_packet_move(hs_packet *packet, hs_packet_kind kind, const uint8_t *from, const uint8_t *to);
/* Goes on with the reassembled payload of an IP packet whose fragments were put together; addresses
 * and family stay as they are in `packet`. */
hs_packet_kind hs_packet_read_reassembled(hs_packet *packet, uint8_t protocol, hs_bytes payload);

#endif
