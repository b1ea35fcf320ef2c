#include "wire/packet.h"

#include <string.h>

#include "wire/packet_layers.h"

/* One row a link type; the numbers are those of capture files and, where they differ, of libpcap's
 * DLT_ names. The most frequent come first. */
static const struct link {
    int type;
    const char *name;
    hs_layer read;
} links[] = {
    {1, "EN10MB", hs_layer_ethernet},
    {113, "LINUX_SLL", hs_layer_cooked},
    {276, "LINUX_SLL2", hs_layer_cooked2},
    {0, "NULL", hs_layer_loopback},
    {9, "PPP", hs_layer_ppp},
    {12, "RAW", hs_layer_ip},
    {14, "RAW", hs_layer_ip},
    {50, "PPP_SERIAL", hs_layer_ppp_serial},
    {51, "PPP_ETHER", hs_layer_pppoe},
    {101, "RAW", hs_layer_ip},
    {104, "C_HDLC", hs_layer_hdlc},
    {105, "IEEE802_11", hs_layer_wlan},
    {108, "LOOP", hs_layer_loopback},
    {127, "IEEE802_11_RADIO", hs_layer_radiotap},
    {228, "IPV4", hs_layer_ip},
    {229, "IPV6", hs_layer_ip},
    {239, "NFLOG", hs_layer_nflog},
};

static const struct link *find_link(int type)
{
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        if (links[i].type == type) {
            return &links[i];
        }
    }
    return NULL;
}

bool hs_packet_link_known(int link_type)
{
    return find_link(link_type) != NULL;
}

const char *hs_packet_link_name(int link_type)
{
    const struct link *link = find_link(link_type);
    return link ? link->name : NULL;
}

/* Most frames of most captures: Ethernet with IPv4 and TCP, neither tagged nor in fragments, all
 * headers whole. What the layers would say of it, in one go; false for any other frame, of which
 * nothing was read. */
static bool read_usual(hs_bytes frame, hs_packet *packet)
{
    enum { ETHERNET = 14, IPV4 = 20, TCP = 20 };
    if (frame.len < ETHERNET + IPV4 + TCP) {
        return false;
    }
    const uint8_t *ip = frame.data + ETHERNET;
    const uint8_t *tcp = ip + IPV4;
    size_t tcp_len = (size_t)(tcp[12] >> 4) * 4;
    size_t total = hs_load_u16(ip + 2);
    if (hs_load_u16(ip - 2) != HS_ETHERTYPE_IPV4 || ip[0] != 0x45 || hs_load_u16(ip + 6) & 0x3fff ||
        ip[9] != HS_PROTOCOL_TCP || tcp_len < TCP || total < IPV4 + tcp_len ||
        frame.len < ETHERNET + IPV4 + tcp_len) {
        return false;
    }
    size_t captured = frame.len - ETHERNET < total ? frame.len - ETHERNET : total;
    packet->family = 4;
    packet->ecn = ip[1] & 0x03;
    packet->protocol = HS_PROTOCOL_TCP;
    memcpy(packet->source.bytes, ip + 12, 4);
    memcpy(packet->destination.bytes, ip + 16, 4);
    hs_tcp_set_fields(packet, tcp);
    packet->tcp.options = (hs_bytes){tcp + TCP, tcp_len - TCP};
    packet->payload = (hs_bytes){tcp + tcp_len, captured - IPV4 - tcp_len};
    packet->payload_length = (uint32_t)(total - IPV4 - tcp_len);
    return true;
}

hs_packet_kind hs_packet_read(int link_type, hs_bytes frame, hs_packet *packet)
{
    *packet = (hs_packet){0};
    if (link_type == links[0].type && read_usual(frame, packet)) {
        return HS_PACKET_TCP;
    }
    const struct link *link = find_link(link_type);
    if (!link) {
        return HS_PACKET_LINK_UNKNOWN;
    }
    hs_layers layers = {.packet = packet};
    hs_span span = hs_span_of(frame);
    return link->read(&layers, &span);
}

static void move(hs_bytes *bytes, const uint8_t *from, const uint8_t *to)
{
    if (bytes->data) {
        bytes->data = to + (bytes->data - from);
    }
}

void hs_packet_move(hs_packet *packet, hs_packet_kind kind, const uint8_t *from, const uint8_t *to)
{
    move(&packet->payload, from, to);
    move(&packet->tcp.options, from, to);
    if (kind == HS_PACKET_FRAGMENT) {
        move(&packet->fragment.bytes, from, to);
    }
}

hs_packet_kind hs_packet_read_reassembled(hs_packet *packet, uint8_t protocol, hs_bytes payload)
{
    hs_packet whole = {.family = packet->family,
                       .ecn = packet->ecn,
                       .source = packet->source,
                       .destination = packet->destination};
    *packet = whole;
    hs_layers layers = {.packet = packet};
    hs_span span = hs_span_of(payload);
    span.whole = span.left;
    return hs_layer_ip_payload(&layers, protocol, &span);
}
