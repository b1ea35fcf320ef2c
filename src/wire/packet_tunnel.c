/* What is carried inside IP: GRE (RFC 2784, RFC 2890, RFC 2637) with ERSPAN, WCCP and access
 * points' frames in it, and over UDP VXLAN (RFC 7348), Geneve (RFC 8926), GTP-U (3GPP TS 29.281)
 * and Teredo (RFC 4380). UDP tunnels are known by their port and a header that makes sense. */
#include "wire/packet_layers.h"

typedef struct content {
    hs_layer layer;
    uint16_t type;
} content;

static hs_packet_kind read_inside(hs_layers *layers, content inside, hs_span *span,
                                  hs_packet_kind otherwise)
{
    if (layers->tunnels == HS_TUNNELS_MAX) {
        return otherwise;
    }
    hs_packet packet = {0};
    hs_layers deeper = {.packet = &packet, .tunnels = layers->tunnels + 1};
    hs_packet_kind kind = inside.layer ? inside.layer(&deeper, span)
                                       : hs_layer_ethertype(&deeper, inside.type, span);
    if (packet.family == 0) {
        return kind == HS_PACKET_TRUNCATED ? kind : otherwise;
    }
    *layers->packet = packet;
    return kind;
}

hs_packet_kind hs_layer_inside(hs_layers *layers, hs_layer inside, hs_span *span,
                               hs_packet_kind otherwise)
{
    return read_inside(layers, (content){.layer = inside}, span, otherwise);
}

hs_packet_kind hs_layer_inside_ethertype(hs_layers *layers, uint16_t type, hs_span *span,
                                         hs_packet_kind otherwise)
{
    if (type < HS_ETHERTYPE_LEAST) {
        return otherwise;
    }
    return read_inside(layers, (content){.type = type}, span, otherwise);
}

/* Type I has no header of its own, and no sequence number in the one before it. */
static hs_packet_kind read_erspan2(hs_layers *layers, bool has_sequence, hs_span *span)
{
    if (has_sequence && !hs_span_take(span, 8)) {
        return hs_span_short(span, 8);
    }
    return hs_layer_inside(layers, hs_layer_ethernet, span, HS_PACKET_OTHER);
}

static hs_packet_kind read_erspan3(hs_layers *layers, hs_span *span)
{
    const uint8_t *header = hs_span_take(span, 12);
    if (!header) {
        return hs_span_short(span, 12);
    }
    bool has_subheader = header[11] & 1;
    if (has_subheader && !hs_span_take(span, 8)) {
        return hs_span_short(span, 8);
    }
    bool is_ip = (header[10] & 0x7c) == 0x08; /* frame type 2 */
    return hs_layer_inside(layers, is_ip ? hs_layer_ip : hs_layer_ethernet, span, HS_PACKET_OTHER);
}

/* WCCP version 2 puts four bytes before the packet, version 1 does not. */
static hs_packet_kind read_wccp(hs_layers *layers, hs_span *span)
{
    const uint8_t *start = hs_span_peek(span, 4);
    if (!start) {
        return hs_span_short(span, 4);
    }
    if (start[0] >> 4 != 4) {
        (void)hs_span_take(span, 4);
    }
    return hs_layer_inside(layers, hs_layer_ip, span, HS_PACKET_OTHER);
}

enum {
    GRE_CHECKSUM = 0x8000,
    GRE_ROUTING = 0x4000,
    GRE_KEY = 0x2000,
    GRE_SEQUENCE = 0x1000,
    GRE_ACKNOWLEDGMENT = 0x0080, /* version 1 */
    GRE_VERSION = 0x0007,
};

static hs_packet_kind read_gre_content(hs_layers *layers, uint16_t flags, uint16_t type,
                                       hs_span *span)
{
    enum {
        TYPE_ERSPAN3 = 0x22eb,
        TYPE_ARUBA = 0x8200, /* to 0x82ff, one a radio */
        TYPE_WCCP = 0x883e,
        TYPE_ERSPAN2 = 0x88be,
    };
    switch (type) {
    case TYPE_ERSPAN2:
        return read_erspan2(layers, flags & GRE_SEQUENCE, span);
    case TYPE_ERSPAN3:
        return read_erspan3(layers, span);
    case TYPE_WCCP:
        return read_wccp(layers, span);
    default:
        break;
    }
    if ((type & 0xff00) == TYPE_ARUBA) {
        return hs_layer_inside(layers, hs_layer_wlan, span, HS_PACKET_OTHER);
    }
    return hs_layer_inside_ethertype(layers, type, span, HS_PACKET_OTHER);
}

hs_packet_kind hs_layer_gre(hs_layers *layers, hs_span *span)
{
    const uint8_t *header = hs_span_take(span, 4);
    if (!header) {
        return hs_span_short(span, 4);
    }
    uint16_t flags = hs_load_u16(header);
    uint16_t type = hs_load_u16(header + 2);
    unsigned version = flags & GRE_VERSION;
    if (version > 1 || flags & GRE_ROUTING || (version == 1 && type != HS_ETHERTYPE_PPP)) {
        return HS_PACKET_OTHER;
    }
    size_t fields = 0;
    fields += flags & GRE_CHECKSUM ? 4 : 0;
    fields += flags & GRE_KEY ? 4 : 0;
    fields += flags & GRE_SEQUENCE ? 4 : 0;
    fields += version == 1 && flags & GRE_ACKNOWLEDGMENT ? 4 : 0;
    if (!hs_span_take(span, fields)) {
        return hs_span_short(span, fields);
    }
    if (version == 1 && !(flags & GRE_SEQUENCE)) { /* an acknowledgment alone */
        return HS_PACKET_OTHER;
    }
    return read_gre_content(layers, flags, type, span);
}

static hs_packet_kind read_vxlan(hs_layers *layers, hs_span *span)
{
    enum { FLAG_VNI = 0x08 };
    const uint8_t *header = hs_span_take(span, 8);
    if (!header) {
        return hs_span_short_in_udp(span, 8);
    }
    if (!(header[0] & FLAG_VNI)) {
        return HS_PACKET_UDP;
    }
    return hs_layer_inside(layers, hs_layer_ethernet, span, HS_PACKET_UDP);
}

static hs_packet_kind read_geneve(hs_layers *layers, hs_span *span)
{
    const uint8_t *header = hs_span_take(span, 8);
    if (!header) {
        return hs_span_short_in_udp(span, 8);
    }
    if (header[0] >> 6 != 0) {
        return HS_PACKET_UDP;
    }
    size_t options_len = (size_t)(header[0] & 0x3f) * 4;
    if (!hs_span_take(span, options_len)) {
        return hs_span_short_in_udp(span, options_len);
    }
    return hs_layer_inside_ethertype(layers, hs_load_u16(header + 2), span, HS_PACKET_UDP);
}

/* Extension headers count their length in fours, both ends included; the last byte is the next
 * one's type. False: one of no length, or the end. */
static bool take_gtp_extension(uint8_t *next, hs_span *span)
{
    const uint8_t *length = hs_span_peek(span, 1);
    size_t len = length ? (size_t)*length * 4 : 0;
    const uint8_t *header = hs_span_take(span, len);
    if (len == 0 || !header) {
        return false;
    }
    *next = header[len - 1];
    return true;
}

static hs_packet_kind read_gtp(hs_layers *layers, hs_span *span)
{
    enum { VERSION_MASK = 0xf0, VERSION_1_GTP = 0x30, HAS_OPTIONAL = 0x07, HAS_EXTENSION = 0x04 };
    enum { MESSAGE_G_PDU = 0xff };
    const uint8_t *header = hs_span_take(span, 8);
    if (!header) {
        return hs_span_short_in_udp(span, 8);
    }
    size_t length = hs_load_u16(header + 2);
    if ((header[0] & VERSION_MASK) != VERSION_1_GTP || header[1] != MESSAGE_G_PDU ||
        length > span->whole) {
        return HS_PACKET_UDP;
    }
    hs_span_limit(span, length);
    if (header[0] & HAS_OPTIONAL) {
        const uint8_t *optional = hs_span_take(span, 4);
        if (!optional) {
            return hs_span_short_in_udp(span, 4);
        }
        uint8_t next = header[0] & HAS_EXTENSION ? optional[3] : 0;
        while (next != 0) {
            if (!take_gtp_extension(&next, span)) {
                return span->left < span->whole ? HS_PACKET_TRUNCATED : HS_PACKET_UDP;
            }
        }
    }
    return hs_layer_inside(layers, hs_layer_ip, span, HS_PACKET_UDP);
}

/* An authentication and an origin header may stand before the IPv6 packet (RFC 4380 5.1.1). */
static hs_packet_kind read_teredo(hs_layers *layers, hs_span *span)
{
    enum { AUTHENTICATION = 1, ORIGIN = 0, ORIGIN_LEN = 8 };
    const uint8_t *start = hs_span_peek(span, 4);
    if (start && hs_load_u16(start) == AUTHENTICATION) {
        /* type, both lengths, nonce and confirmation byte, besides the two fields */
        size_t len = 4 + 8 + 1 + (size_t)start[2] + start[3];
        if (!hs_span_take(span, len)) {
            return hs_span_short_in_udp(span, len);
        }
        start = hs_span_peek(span, 4);
    }
    if (start && hs_load_u16(start) == ORIGIN) {
        if (!hs_span_take(span, ORIGIN_LEN)) {
            return hs_span_short_in_udp(span, ORIGIN_LEN);
        }
        start = hs_span_peek(span, 4);
    }
    if (!start) {
        return hs_span_short_in_udp(span, 4);
    }
    if (start[0] >> 4 != 6) {
        return HS_PACKET_UDP;
    }
    return hs_layer_inside(layers, hs_layer_ip, span, HS_PACKET_UDP);
}

static hs_layer tunnel_of_port(uint16_t port)
{
    switch (port) {
    case 1701:
        return hs_layer_l2tp;
    case 2152:
        return read_gtp;
    case 3544:
        return read_teredo;
    case 4789:
    case 8472: /* Linux's, from before there was an assigned one */
        return read_vxlan;
    case 4790:
        return hs_layer_vxlan_gpe;
    case 5072:
        return hs_layer_ayiya;
    case 6081:
        return read_geneve;
    case 6635:
        return hs_layer_mpls_in_udp;
    default:
        return NULL;
    }
}

hs_packet_kind hs_layer_udp_tunnel(hs_layers *layers, hs_span *span)
{
    hs_layer read = tunnel_of_port(layers->packet->destination_port);
    if (!read) {
        read = tunnel_of_port(layers->packet->source_port);
    }
    return read ? read(layers, span) : HS_PACKET_UDP;
}
