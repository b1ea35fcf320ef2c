/* IPv4 (RFC 791), IPv6 and its extension headers (RFC 8200, RFC 2675, RFC 4302). Checksums are not
 * looked at: captures at the sender have none yet. */
#include <string.h>

#include "wire/packet_layers.h"

enum {
    IPV4_HEADER_LEN = 20,
    IPV6_HEADER_LEN = 40,
};

/* IANA "Assigned Internet Protocol Numbers" */
enum {
    PROTOCOL_HOP_BY_HOP = 0,
    PROTOCOL_IPV4 = 4,
    PROTOCOL_IPV6 = 41,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_GRE = 47,
    PROTOCOL_AUTHENTICATION = 51,
    PROTOCOL_DESTINATION_OPTIONS = 60,
    PROTOCOL_IPIP = 94,
    PROTOCOL_ETHERIP = 97, /* RFC 3378 */
    PROTOCOL_MOBILITY = 135,
    PROTOCOL_MPLS = 137, /* RFC 4023 */
    PROTOCOL_HIP = 139,
    PROTOCOL_SHIM6 = 140,
};

static hs_packet_kind keep_fragment(hs_layers *layers, const hs_fragment *fragment,
                                    const hs_span *span)
{
    hs_packet *packet = layers->packet;
    packet->protocol = fragment->protocol;
    packet->fragment = *fragment;
    packet->fragment.is_fragment = true;
    packet->fragment.bytes = hs_span_rest(span);
    packet->fragment.length = hs_span_length(span);
    return HS_PACKET_FRAGMENT;
}

static hs_packet_kind read_etherip(hs_layers *layers, hs_span *span)
{
    const uint8_t *header = hs_span_take(span, 2);
    if (!header) {
        return hs_span_short(span, 2);
    }
    return header[0] >> 4 == 3 ? hs_layer_ethernet(layers, span) : HS_PACKET_OTHER;
}

static hs_packet_kind read_transport(hs_layers *layers, uint8_t protocol, hs_span *span)
{
    hs_packet *packet = layers->packet;
    packet->protocol = protocol;
    if (protocol == HS_PROTOCOL_TCP) {
        return hs_layer_tcp(layers, span);
    }
    if (protocol == HS_PROTOCOL_UDP) {
        return hs_layer_udp(layers, span);
    }
    packet->payload = hs_span_rest(span);
    packet->payload_length = hs_span_length(span);
    switch (protocol) {
    case PROTOCOL_IPV4:
    case PROTOCOL_IPV6:
    case PROTOCOL_IPIP:
        return hs_layer_inside(layers, hs_layer_ip, span, HS_PACKET_OTHER);
    case PROTOCOL_GRE:
        return hs_layer_gre(layers, span);
    case PROTOCOL_ETHERIP:
        return hs_layer_inside(layers, read_etherip, span, HS_PACKET_OTHER);
    case PROTOCOL_MPLS:
        return hs_layer_inside(layers, hs_layer_mpls, span, HS_PACKET_OTHER);
    default:
        return HS_PACKET_OTHER;
    }
}

/* How long the extension header is that begins with these two bytes. */
static size_t extension_length(uint8_t protocol, const uint8_t *start)
{
    return protocol == PROTOCOL_AUTHENTICATION ? 4 * ((size_t)start[1] + 2)
                                               : 8 * ((size_t)start[1] + 1);
}

static bool is_extension(uint8_t family, uint8_t protocol)
{
    switch (protocol) {
    case PROTOCOL_AUTHENTICATION:
        return true;
    case PROTOCOL_HOP_BY_HOP:
    case PROTOCOL_ROUTING:
    case PROTOCOL_DESTINATION_OPTIONS:
    case PROTOCOL_MOBILITY:
    case PROTOCOL_HIP:
    case PROTOCOL_SHIM6:
        return family == 6;
    default:
        return false;
    }
}

/* The payload length that a hop-by-hop header's jumbo option has (RFC 2675), or 0. */
static size_t jumbo_length(const uint8_t *header, size_t len)
{
    enum { OPTION_PAD1 = 0, OPTION_JUMBO = 0xc2 };
    hs_span options = hs_span_of((hs_bytes){header + 2, len - 2});
    const uint8_t *option;
    while ((option = hs_span_take(&options, 1)) != NULL) {
        if (option[0] == OPTION_PAD1) {
            continue;
        }
        const uint8_t *size = hs_span_take(&options, 1);
        const uint8_t *value = size ? hs_span_take(&options, size[0]) : NULL;
        if (!value) {
            break;
        }
        if (option[0] == OPTION_JUMBO && size[0] == 4) {
            return hs_load_u32(value);
        }
    }
    return 0;
}

/* Takes one extension header off, and leaves the next one's number in `protocol`. HS_PACKET_OTHER:
 * done; HS_PACKET_TRUNCATED and HS_PACKET_MALFORMED: not there. */
static hs_packet_kind take_extension(uint8_t *protocol, hs_span *span)
{
    const uint8_t *start = hs_span_peek(span, 2);
    if (!start) {
        return hs_span_short(span, 2);
    }
    size_t len = extension_length(*protocol, start);
    const uint8_t *header = hs_span_take(span, len);
    if (!header) {
        return hs_span_short(span, len);
    }
    /* Only a packet whose IPv6 header gives no length can be longer than the header can say. */
    if (*protocol == PROTOCOL_HOP_BY_HOP && !hs_span_is_known(span)) {
        size_t jumbo = jumbo_length(header, len);
        if (jumbo > 0 && jumbo < len) {
            return HS_PACKET_MALFORMED;
        }
        if (jumbo > 0) {
            hs_span_limit(span, jumbo - len);
        }
    }
    *protocol = header[0];
    return HS_PACKET_OTHER;
}

hs_packet_kind hs_layer_ip_payload(hs_layers *layers, uint8_t protocol, hs_span *span)
{
    uint8_t family = layers->packet->family;
    for (;;) {
        if (family == 6 && protocol == PROTOCOL_FRAGMENT) {
            const uint8_t *header = hs_span_take(span, 8);
            if (!header) {
                return hs_span_short(span, 8);
            }
            uint16_t place = hs_load_u16(header + 2);
            hs_fragment fragment = {.protocol = header[0],
                                    .offset = place & 0xfff8,
                                    .more = place & 1,
                                    .id = hs_load_u32(header + 4)};
            if (fragment.offset != 0 || fragment.more) {
                return keep_fragment(layers, &fragment, span);
            }
            protocol = fragment.protocol;
        } else if (is_extension(family, protocol)) {
            hs_packet_kind kind = take_extension(&protocol, span);
            if (kind != HS_PACKET_OTHER) {
                return kind;
            }
        } else {
            return read_transport(layers, protocol, span);
        }
    }
}

static hs_packet_kind read_ipv4(hs_layers *layers, hs_span *span)
{
    const uint8_t *header = hs_span_take(span, IPV4_HEADER_LEN);
    if (!header) {
        return hs_span_short(span, IPV4_HEADER_LEN);
    }
    size_t header_len = (size_t)(header[0] & 0x0f) * 4;
    size_t total = hs_load_u16(header + 2);
    if (header_len < IPV4_HEADER_LEN || (total > 0 && total < header_len)) {
        return HS_PACKET_MALFORMED;
    }
    if (total > 0) { /* 0: left to the network card, as many bytes as there are */
        hs_span_limit(span, total - IPV4_HEADER_LEN);
    }
    hs_packet *packet = layers->packet;
    packet->family = 4;
    packet->ecn = header[1] & 0x03;
    memcpy(packet->source.bytes, header + 12, 4);
    memcpy(packet->destination.bytes, header + 16, 4);
    size_t options_len = header_len - IPV4_HEADER_LEN;
    if (!hs_span_take(span, options_len)) {
        return hs_span_short(span, options_len);
    }
    uint16_t place = hs_load_u16(header + 6);
    if (place & 0x3fff) {
        hs_fragment fragment = {.protocol = header[9],
                                .offset = (uint16_t)((place & 0x1fff) * 8),
                                .more = place & 0x2000,
                                .id = hs_load_u16(header + 4)};
        return keep_fragment(layers, &fragment, span);
    }
    return hs_layer_ip_payload(layers, header[9], span);
}

static hs_packet_kind read_ipv6(hs_layers *layers, hs_span *span)
{
    const uint8_t *header = hs_span_take(span, IPV6_HEADER_LEN);
    if (!header) {
        return hs_span_short(span, IPV6_HEADER_LEN);
    }
    size_t length = hs_load_u16(header + 4);
    if (length > 0) { /* 0: a jumbo option has it, or as many bytes as there are */
        hs_span_limit(span, length);
    }
    hs_packet *packet = layers->packet;
    packet->family = 6;
    packet->ecn = header[1] >> 4 & 0x03;
    memcpy(packet->source.bytes, header + 8, 16);
    memcpy(packet->destination.bytes, header + 24, 16);
    return hs_layer_ip_payload(layers, header[6], span);
}

hs_packet_kind hs_layer_ip(hs_layers *layers, hs_span *span)
{
    const uint8_t *start = hs_span_peek(span, 1);
    if (!start) {
        return hs_span_short(span, 1);
    }
    switch (*start >> 4) {
    case 4:
        return read_ipv4(layers, span);
    case 6:
        return read_ipv6(layers, span);
    default:
        return HS_PACKET_MALFORMED;
    }
}
