/* Ethernet (IEEE 802.3) and its tags, LLC (802.2), and the pseudo headers that capturing systems
 * put in place of a link's own. */
#include <string.h>

#include "wire/packet_layers.h"

hs_packet_kind hs_layer_ethernet(hs_layers *layers, hs_span *span)
{
    const uint8_t *header = hs_span_take(span, 14);
    if (!header) {
        return hs_span_short(span, 14);
    }
    return hs_layer_ethertype(layers, hs_load_u16(header + 12), span);
}

/* A tag whose last two bytes are the next EtherType. */
static bool take_tag(hs_span *span, size_t len, uint16_t *type)
{
    const uint8_t *tag = hs_span_take(span, len);
    if (!tag) {
        return false;
    }
    *type = hs_load_u16(tag + len - 2);
    return true;
}

/* A header of that length, then a whole Ethernet frame. */
static hs_packet_kind read_frame_behind(hs_layers *layers, size_t len, hs_span *span)
{
    if (!hs_span_take(span, len)) {
        return hs_span_short(span, len);
    }
    return hs_layer_inside(layers, hs_layer_ethernet, span, HS_PACKET_OTHER);
}

static hs_packet_kind read_type(hs_layers *layers, uint16_t type, hs_span *span)
{
    switch (type) {
    case HS_ETHERTYPE_IPV4:
    case HS_ETHERTYPE_IPV6:
        return hs_layer_ip(layers, span);
    case HS_ETHERTYPE_ETHERNET:
        return hs_layer_inside(layers, hs_layer_ethernet, span, HS_PACKET_OTHER);
    case HS_ETHERTYPE_BACKBONE:
        return read_frame_behind(layers, 4, span);
    case HS_ETHERTYPE_FABRIC_PATH:
        return read_frame_behind(layers, 2, span);
    case HS_ETHERTYPE_PPP:
        return hs_layer_ppp(layers, span);
    case HS_ETHERTYPE_PPPOE_SESSION:
        return hs_layer_pppoe(layers, span);
    case HS_ETHERTYPE_MPLS:
    case HS_ETHERTYPE_MPLS_MULTICAST:
        return hs_layer_mpls(layers, span);
    case HS_ETHERTYPE_NSH:
        return hs_layer_nsh(layers, span);
    default:
        break;
    }
    if (type > HS_IEEE_LENGTH_MAX) {
        return HS_PACKET_OTHER;
    }
    hs_span_limit(span, type);
    return hs_layer_llc(layers, span);
}

hs_packet_kind hs_layer_ethertype(hs_layers *layers, uint16_t type, hs_span *span)
{
    if (++layers->ethertypes > HS_ETHERTYPES_MAX) {
        return HS_PACKET_OTHER;
    }
    for (;;) {
        size_t len;
        switch (type) {
        case HS_ETHERTYPE_VLAN:
        case HS_ETHERTYPE_SERVICE_VLAN:
        case HS_ETHERTYPE_OLD_VLAN:
            len = 4;
            break;
        case HS_ETHERTYPE_VN_TAG:
            len = 6;
            break;
        default:
            return read_type(layers, type, span);
        }
        if (!take_tag(span, len, &type)) {
            return hs_span_short(span, len);
        }
    }
}

/* IEEE 802.2, and its SNAP extension (RFC 1042). */
hs_packet_kind hs_layer_llc(hs_layers *layers, hs_span *span)
{
    static const uint8_t snap[3] = {0xaa, 0xaa, 0x03};
    static const uint8_t ip[3] = {0x06, 0x06, 0x03};
    static const uint8_t rfc1042[3] = {0x00, 0x00, 0x00};
    static const uint8_t bridge_tunnel[3] = {0x00, 0x00, 0xf8};
    const uint8_t *header = hs_span_take(span, 3);
    if (!header) {
        return hs_span_short(span, 3);
    }
    if (memcmp(header, ip, 3) == 0) {
        return hs_layer_ip(layers, span);
    }
    if (memcmp(header, snap, 3) != 0) {
        return HS_PACKET_OTHER;
    }
    const uint8_t *extension = hs_span_take(span, 5);
    if (!extension) {
        return hs_span_short(span, 5);
    }
    uint16_t type = hs_load_u16(extension + 3);
    if (type < HS_ETHERTYPE_LEAST ||
        (memcmp(extension, rfc1042, 3) != 0 && memcmp(extension, bridge_tunnel, 3) != 0)) {
        return HS_PACKET_OTHER;
    }
    return hs_layer_ethertype(layers, type, span);
}

/* The protocol field of both cooked headers: an EtherType, or one of Linux's own small numbers. */
static hs_packet_kind read_cooked(hs_layers *layers, uint16_t hardware, uint16_t protocol,
                                  hs_span *span)
{
    enum { HARDWARE_NETLINK = 824, PROTOCOL_802_2 = 4 };
    if (hardware == HARDWARE_NETLINK) {
        return HS_PACKET_OTHER;
    }
    if (protocol == PROTOCOL_802_2) {
        return hs_layer_llc(layers, span);
    }
    if (protocol < HS_ETHERTYPE_LEAST) {
        return HS_PACKET_OTHER;
    }
    return hs_layer_ethertype(layers, protocol, span);
}

hs_packet_kind hs_layer_cooked(hs_layers *layers, hs_span *span)
{
    const uint8_t *header = hs_span_take(span, 16);
    if (!header) {
        return hs_span_short(span, 16);
    }
    return read_cooked(layers, hs_load_u16(header + 2), hs_load_u16(header + 14), span);
}

hs_packet_kind hs_layer_cooked2(hs_layers *layers, hs_span *span)
{
    const uint8_t *header = hs_span_take(span, 20);
    if (!header) {
        return hs_span_short(span, 20);
    }
    return read_cooked(layers, hs_load_u16(header + 8), hs_load_u16(header), span);
}

/* BSD's loopback header: an address family in the byte order of whoever captured. The number for
 * IPv6 differs from system to system, the IP header tells it as well. */
hs_packet_kind hs_layer_loopback(hs_layers *layers, hs_span *span)
{
    const uint8_t *header = hs_span_take(span, 4);
    if (!header) {
        return hs_span_short(span, 4);
    }
    uint32_t family = hs_load_u32(header);
    if (family > UINT16_MAX) {
        family = (uint32_t)header[1] << 8 | header[0];
    }
    switch (family) {
    case 2:  /* IPv4, everywhere */
    case 10: /* IPv6: Linux */
    case 23: /* Windows */
    case 24: /* NetBSD, OpenBSD */
    case 28: /* FreeBSD */
    case 30: /* Darwin */
        return hs_layer_ip(layers, span);
    default:
        return HS_PACKET_OTHER;
    }
}

/* Linux's netfilter log: a header, then attributes in the byte order of this machine (libpcap turns
 * those of a foreign file round); one of them is the packet. */
hs_packet_kind hs_layer_nflog(hs_layers *layers, hs_span *span)
{
    enum { ATTRIBUTE_PAYLOAD = 9, ATTRIBUTE_HEADER_LEN = 4 };
    if (!hs_span_take(span, 4)) {
        return hs_span_short(span, 4);
    }
    while (span->left > 0) {
        const uint8_t *header = hs_span_take(span, ATTRIBUTE_HEADER_LEN);
        if (!header) {
            return hs_span_short(span, ATTRIBUTE_HEADER_LEN);
        }
        uint16_t len;
        uint16_t type;
        memcpy(&len, header, sizeof len);
        memcpy(&type, header + 2, sizeof type);
        if (len < ATTRIBUTE_HEADER_LEN) {
            return HS_PACKET_MALFORMED;
        }
        size_t content = (size_t)len - ATTRIBUTE_HEADER_LEN;
        if (type == ATTRIBUTE_PAYLOAD) {
            hs_span_limit(span, content);
            return hs_layer_ip(layers, span);
        }
        size_t padded = (content + 3) & ~(size_t)3;
        if (!hs_span_take(span, padded)) {
            return hs_span_short(span, padded);
        }
    }
    return HS_PACKET_TRUNCATED; /* a record without a packet, or cut before it */
}
