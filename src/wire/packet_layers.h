/* The layers of a packet, each read by one function that goes on to the next. Internal to the
 * packet files. */
#ifndef HS_WIRE_PACKET_LAYERS_H
#define HS_WIRE_PACKET_LAYERS_H

#include "wire/packet.h"
#include "wire/span.h"

enum {
    HS_TUNNELS_MAX = 8,     /* how deep tunnels may nest */
    HS_ETHERTYPES_MAX = 16, /* how often a layer may name its content by an EtherType */
};

enum {
    HS_ETHERTYPE_IPV4 = 0x0800,
    HS_ETHERTYPE_ETHERNET = 0x6558, /* a whole frame: Transparent Ethernet Bridging */
    HS_ETHERTYPE_VLAN = 0x8100,
    HS_ETHERTYPE_IPV6 = 0x86dd,
    HS_ETHERTYPE_PPP = 0x880b,
    HS_ETHERTYPE_MPLS = 0x8847,
    HS_ETHERTYPE_MPLS_MULTICAST = 0x8848,
    HS_ETHERTYPE_PPPOE_SESSION = 0x8864,
    HS_ETHERTYPE_SERVICE_VLAN = 0x88a8,
    HS_ETHERTYPE_BACKBONE = 0x88e7,    /* IEEE 802.1ah */
    HS_ETHERTYPE_FABRIC_PATH = 0x8903, /* Cisco */
    HS_ETHERTYPE_VN_TAG = 0x8926,      /* IEEE 802.1BR's forerunner */
    HS_ETHERTYPE_NSH = 0x894f,         /* RFC 8300 */
    HS_ETHERTYPE_OLD_VLAN = 0x9100,    /* QinQ before IEEE 802.1ad */
    HS_ETHERTYPE_LEAST = 0x0600,       /* a smaller number is a length */
    HS_IEEE_LENGTH_MAX = 1500,
};

/* Where the reading of one frame stands. */
typedef struct hs_layers {
    hs_packet *packet;
    unsigned tunnels;
    unsigned ethertypes;
} hs_layers;

typedef hs_packet_kind (*hs_layer)(hs_layers *layers, hs_span *span);

/* Links. */
hs_packet_kind hs_layer_ethernet(hs_layers *layers, hs_span *span);
hs_packet_kind hs_layer_llc(hs_layers *layers, hs_span *span);
hs_packet_kind hs_layer_cooked(hs_layers *layers, hs_span *span);
hs_packet_kind hs_layer_cooked2(hs_layers *layers, hs_span *span);
hs_packet_kind hs_layer_loopback(hs_layers *layers, hs_span *span);
hs_packet_kind hs_layer_nflog(hs_layers *layers, hs_span *span);
hs_packet_kind hs_layer_hdlc(hs_layers *layers, hs_span *span);
hs_packet_kind hs_layer_ppp(hs_layers *layers, hs_span *span);
hs_packet_kind hs_layer_ppp_serial(hs_layers *layers, hs_span *span);
hs_packet_kind hs_layer_pppoe(hs_layers *layers, hs_span *span);
hs_packet_kind hs_layer_mpls(hs_layers *layers, hs_span *span);
hs_packet_kind hs_layer_wlan(hs_layers *layers, hs_span *span);
hs_packet_kind hs_layer_radiotap(hs_layers *layers, hs_span *span);
/* What stands behind an EtherType, or behind an IEEE 802.3 length. */
hs_packet_kind hs_layer_ethertype(hs_layers *layers, uint16_t type, hs_span *span);

/* IPv4 or IPv6, as the version says. */
hs_packet_kind hs_layer_ip(hs_layers *layers, hs_span *span);
/* What an IP header of `packet->family` carries under this protocol number. */
hs_packet_kind hs_layer_ip_payload(hs_layers *layers, uint8_t protocol, hs_span *span);
hs_packet_kind hs_layer_tcp(hs_layers *layers, hs_span *span);
hs_packet_kind hs_layer_udp(hs_layers *layers, hs_span *span);

/* Tunnels. What they hold takes the place of `layers->packet`, if it is IP; else the answer is
 * `otherwise` and the packet stays. */
hs_packet_kind hs_layer_inside(hs_layers *layers, hs_layer inside, hs_span *span,
                               hs_packet_kind otherwise);
hs_packet_kind hs_layer_inside_ethertype(hs_layers *layers, uint16_t type, hs_span *span,
                                         hs_packet_kind otherwise);
hs_packet_kind hs_layer_gre(hs_layers *layers, hs_span *span);
hs_packet_kind hs_layer_nsh(hs_layers *layers, hs_span *span);
/* In a datagram; HS_PACKET_UDP where it is none of these. */
hs_packet_kind hs_layer_vxlan_gpe(hs_layers *layers, hs_span *span);
hs_packet_kind hs_layer_mpls_in_udp(hs_layers *layers, hs_span *span);
hs_packet_kind hs_layer_ayiya(hs_layers *layers, hs_span *span);
hs_packet_kind hs_layer_l2tp(hs_layers *layers, hs_span *span);
/* A datagram's payload, by its ports; HS_PACKET_UDP where it is no tunnel. */
hs_packet_kind hs_layer_udp_tunnel(hs_layers *layers, hs_span *span);

/* The fields of a TCP header (RFC 9293 3.1), but for the options. */
static inline void hs_tcp_set_fields(hs_packet *packet, const uint8_t *header)
{
    packet->source_port = hs_load_u16(header);
    packet->destination_port = hs_load_u16(header + 2);
    packet->tcp.sequence = hs_load_u32(header + 4);
    packet->tcp.acknowledgment = hs_load_u32(header + 8);
    packet->tcp.flags = hs_load_u16(header + 12) & 0x01ff;
    packet->tcp.window = hs_load_u16(header + 14);
}

/* `len` bytes could not be taken: were they cut off, or can they not be? */
static inline hs_packet_kind hs_span_short(const hs_span *span, size_t len)
{
    return len > span->whole ? HS_PACKET_MALFORMED : HS_PACKET_TRUNCATED;
}

/* The same of a tunnel's header over UDP: a datagram that is too short for it is no tunnel. */
static inline hs_packet_kind hs_span_short_in_udp(const hs_span *span, size_t len)
{
    return hs_span_short(span, len) == HS_PACKET_TRUNCATED ? HS_PACKET_TRUNCATED : HS_PACKET_UDP;
}

#endif
