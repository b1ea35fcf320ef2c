/* PPP (RFC 1661, RFC 1662), PPPoE (RFC 2516), Cisco's HDLC, and MPLS (RFC 3032). */
#include "wire/packet_layers.h"

hs_packet_kind hs_layer_ppp(hs_layers *layers, hs_span *span)
{
    enum { IPV4 = 0x0021, IPV6 = 0x0057, MPLS = 0x0281, MPLS_MULTICAST = 0x0283 };
    const uint8_t *start = hs_span_peek(span, 2);
    if (!start) {
        return hs_span_short(span, 2);
    }
    if (start[0] == 0xff && start[1] == 0x03) { /* address and control, which may be left out */
        (void)hs_span_take(span, 2);
    }
    const uint8_t *byte = hs_span_take(span, 1);
    if (!byte) {
        return hs_span_short(span, 1);
    }
    unsigned protocol = *byte;
    if (protocol % 2 == 0) { /* an odd first byte is the whole of a compressed number */
        byte = hs_span_take(span, 1);
        if (!byte) {
            return hs_span_short(span, 1);
        }
        protocol = protocol << 8 | *byte;
    }
    switch (protocol) {
    case IPV4:
    case IPV6:
        return hs_layer_ip(layers, span);
    case MPLS:
    case MPLS_MULTICAST:
        return hs_layer_mpls(layers, span);
    default:
        return HS_PACKET_OTHER;
    }
}

hs_packet_kind hs_layer_hdlc(hs_layers *layers, hs_span *span)
{
    const uint8_t *header = hs_span_take(span, 4);
    if (!header) {
        return hs_span_short(span, 4);
    }
    uint16_t type = hs_load_u16(header + 2);
    return type < HS_ETHERTYPE_LEAST ? HS_PACKET_OTHER : hs_layer_ethertype(layers, type, span);
}

/* Either of the two, told apart by the address byte. */
hs_packet_kind hs_layer_ppp_serial(hs_layers *layers, hs_span *span)
{
    enum { UNICAST = 0x0f, MULTICAST = 0x8f };
    const uint8_t *address = hs_span_peek(span, 1);
    if (!address) {
        return hs_span_short(span, 1);
    }
    bool is_hdlc = *address == UNICAST || *address == MULTICAST;
    return is_hdlc ? hs_layer_hdlc(layers, span) : hs_layer_ppp(layers, span);
}

hs_packet_kind hs_layer_pppoe(hs_layers *layers, hs_span *span)
{
    enum { VERSION_AND_TYPE = 0x11, CODE_SESSION = 0 };
    const uint8_t *header = hs_span_take(span, 6);
    if (!header) {
        return hs_span_short(span, 6);
    }
    if (header[0] != VERSION_AND_TYPE) {
        return HS_PACKET_MALFORMED;
    }
    if (header[1] != CODE_SESSION) {
        return HS_PACKET_OTHER;
    }
    hs_span_limit(span, hs_load_u16(header + 4));
    return hs_layer_ppp(layers, span);
}

/* An Ethernet frame, behind a control word (RFC 4448 4.6) or without one: nothing tells which. */
static hs_packet_kind read_pseudowire(hs_layers *layers, hs_span *span)
{
    enum { CONTROL_WORD_LEN = 4 };
    hs_span bare = *span;
    if (!hs_span_take(span, CONTROL_WORD_LEN)) {
        return hs_span_short(span, CONTROL_WORD_LEN);
    }
    hs_packet_kind kind = hs_layer_inside(layers, hs_layer_ethernet, span, HS_PACKET_OTHER);
    if (layers->packet->family != 0 || kind == HS_PACKET_TRUNCATED) {
        return kind;
    }
    return hs_layer_inside(layers, hs_layer_ethernet, &bare, HS_PACKET_OTHER);
}

/* The label stack does not say what it carries: IP by its version, or else perhaps Ethernet. */
hs_packet_kind hs_layer_mpls(hs_layers *layers, hs_span *span)
{
    const uint8_t *entry;
    do {
        entry = hs_span_take(span, 4);
        if (!entry) {
            return hs_span_short(span, 4);
        }
    } while (!(entry[2] & 1));
    const uint8_t *start = hs_span_peek(span, 1);
    if (!start) {
        return hs_span_short(span, 1);
    }
    switch (*start >> 4) {
    case 4:
    case 6:
        return hs_layer_ip(layers, span);
    case 0:
        return read_pseudowire(layers, span);
    default:
        return HS_PACKET_OTHER;
    }
}
