/* More of what is carried inside UDP: VXLAN with a protocol field (draft-ietf-nvo3-vxlan-gpe), MPLS
 * (RFC 7510), PPP in L2TP (RFC 2661), and IPv6 in AYIYA (draft-massar-v6ops-ayiya); and service
 * function chains (NSH, RFC 8300), which also stand right behind an EtherType. */
#include "wire/packet_layers.h"

/* What the next protocol fields of NSH and of VXLAN-GPE number alike. NULL: nothing known. */
static hs_layer layer_of_next(uint8_t next)
{
    enum { NEXT_IPV4 = 1, NEXT_IPV6 = 2, NEXT_ETHERNET = 3, NEXT_NSH = 4, NEXT_MPLS = 5 };
    switch (next) {
    case NEXT_IPV4:
    case NEXT_IPV6:
        return hs_layer_ip;
    case NEXT_ETHERNET:
        return hs_layer_ethernet;
    case NEXT_NSH:
        return hs_layer_nsh;
    case NEXT_MPLS:
        return hs_layer_mpls;
    default:
        return NULL;
    }
}

hs_packet_kind hs_layer_nsh(hs_layers *layers, hs_span *span)
{
    enum { VERSION = 0xc0, LENGTH = 0x3f, LENGTH_LEAST = 8 };
    const uint8_t *start = hs_span_peek(span, 4);
    if (!start) {
        return hs_span_short(span, 4);
    }
    size_t len = (size_t)(start[1] & LENGTH) * 4;
    if (start[0] & VERSION || len < LENGTH_LEAST) {
        return HS_PACKET_OTHER;
    }
    if (!hs_span_take(span, len)) {
        return hs_span_short(span, len);
    }
    hs_layer inside = layer_of_next(start[3]);
    return inside ? hs_layer_inside(layers, inside, span, HS_PACKET_OTHER) : HS_PACKET_OTHER;
}

hs_packet_kind hs_layer_vxlan_gpe(hs_layers *layers, hs_span *span)
{
    enum { FLAG_VERSION = 0x30, FLAG_VNI = 0x08, FLAG_NEXT = 0x04 };
    const uint8_t *header = hs_span_take(span, 8);
    if (!header) {
        return hs_span_short_in_udp(span, 8);
    }
    if (header[0] & FLAG_VERSION || !(header[0] & FLAG_VNI)) {
        return HS_PACKET_UDP;
    }
    hs_layer inside = header[0] & FLAG_NEXT ? layer_of_next(header[3]) : hs_layer_ethernet;
    return inside ? hs_layer_inside(layers, inside, span, HS_PACKET_UDP) : HS_PACKET_UDP;
}

hs_packet_kind hs_layer_mpls_in_udp(hs_layers *layers, hs_span *span)
{
    return hs_layer_inside(layers, hs_layer_mpls, span, HS_PACKET_UDP);
}

hs_packet_kind hs_layer_ayiya(hs_layers *layers, hs_span *span)
{
    enum { OPERATION = 0x0f, OPERATION_FORWARD = 1, NEXT_IPV4 = 4, NEXT_IPV6 = 41 };
    const uint8_t *start = hs_span_peek(span, 4);
    if (!start) {
        return hs_span_short_in_udp(span, 4);
    }
    /* the four bytes, a time, an identity of 2^n bytes, a signature of n words */
    size_t len = 8 + ((size_t)1 << (start[0] >> 4)) + (size_t)(start[1] >> 4) * 4;
    bool is_ip = start[3] == NEXT_IPV4 || start[3] == NEXT_IPV6;
    if ((start[2] & OPERATION) != OPERATION_FORWARD || !is_ip) {
        return HS_PACKET_UDP;
    }
    if (!hs_span_take(span, len)) {
        return hs_span_short_in_udp(span, len);
    }
    return hs_layer_inside(layers, hs_layer_ip, span, HS_PACKET_UDP);
}

hs_packet_kind hs_layer_l2tp(hs_layers *layers, hs_span *span)
{
    enum {
        CONTROL = 0x8000,
        HAS_LENGTH = 0x4000,
        HAS_SEQUENCE = 0x0800,
        HAS_OFFSET = 0x0200,
        VERSION = 0x000f,
    };
    const uint8_t *start = hs_span_take(span, 2);
    if (!start) {
        return hs_span_short_in_udp(span, 2);
    }
    uint16_t flags = hs_load_u16(start);
    if (flags & CONTROL || (flags & VERSION) != 2) {
        return HS_PACKET_UDP;
    }
    size_t len = 4; /* tunnel and session */
    len += flags & HAS_LENGTH ? 2 : 0;
    len += flags & HAS_SEQUENCE ? 4 : 0;
    if (!hs_span_take(span, len)) {
        return hs_span_short_in_udp(span, len);
    }
    if (flags & HAS_OFFSET) {
        const uint8_t *size = hs_span_take(span, 2);
        size_t padding = size ? hs_load_u16(size) : 0;
        if (!size || !hs_span_take(span, padding)) {
            return hs_span_short_in_udp(span, size ? padding : 2);
        }
    }
    return hs_layer_inside(layers, hs_layer_ppp, span, HS_PACKET_UDP);
}
