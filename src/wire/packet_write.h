/* A TCP segment or a UDP datagram as an IP packet, for files: the other direction of packet.h. */
#ifndef HS_WIRE_PACKET_WRITE_H
#define HS_WIRE_PACKET_WRITE_H

#include "base/writer.h"
#include "wire/packet.h"

enum {
    HS_LINK_TYPE_RAW = 101, /* LINKTYPE_RAW: packets begin with their IP header */
    /* IPv6, TCP and its options: more than any packet has beside its payload. */
    HS_PACKET_OVERHEAD = 40 + 20 + HS_TCP_OPTIONS_MAX,
    /* The most that an IPv4 packet carries with these. */
    HS_PACKET_PAYLOAD_MAX = 65535 - HS_PACKET_OVERHEAD,
};

/* Writes the packet's `family`, ends, `tcp` and `payload` as IPv4 (RFC 791) or IPv6 (RFC 8200) with
 * TCP (RFC 9293 3.1), checksums included. Options are padded to whole words. The payload has at
 * most HS_PACKET_PAYLOAD_MAX bytes; else the writer overflows. */
void hs_packet_write(hs_writer *w, const hs_packet *packet);
/* As that, of `family`, ends and `payload`, with UDP (RFC 768). */
void hs_packet_write_udp(hs_writer *w, const hs_packet *packet);

#endif
