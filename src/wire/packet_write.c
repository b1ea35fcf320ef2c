#include "wire/packet_write.h"

#include "base/reader.h"

enum {
    IPV4_HEADER = 20,
    IPV6_HEADER = 40,
    TCP_HEADER = 20,
    UDP_HEADER = 8,
    HOPS = 64,
    DONT_FRAGMENT = 0x4000,
    IPV4_CHECKSUM_AT = 10,
    TCP_CHECKSUM_AT = 16,
    UDP_CHECKSUM_AT = 6,
};

/* RFC 1071: words are added up, what is carried out comes back in. */
static uint32_t add_words(uint32_t sum, hs_bytes bytes)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, bytes, &fault, NULL);
    while (hs_reader_left(&r) > 1) {
        sum += hs_read_u16(&r, "word");
        sum = (sum & 0xffff) + (sum >> 16);
    }
    if (hs_reader_left(&r) == 1) {
        sum += (uint32_t)hs_read_u8(&r, "byte") << 8;
    }
    sum = (sum & 0xffff) + (sum >> 16);
    return (sum & 0xffff) + (sum >> 16);
}

/* Puts the checksum in its place, where zeros were added up. */
static void put_checksum(hs_writer *w, size_t at, uint32_t sum)
{
    if (w->overflow) {
        return;
    }
    hs_writer field;
    hs_writer_init(&field, w->data + at, 2);
    hs_write_u16(&field, (uint16_t)~sum);
}

static hs_bytes written_since(const hs_writer *w, size_t start)
{
    return w->overflow ? hs_bytes_of(NULL, 0) : hs_bytes_of(w->data + start, w->len - start);
}

static hs_bytes address(const hs_packet *packet, const hs_ip_address *end)
{
    return hs_bytes_of(end->bytes, packet->family == 4 ? 4 : sizeof end->bytes);
}

static void write_ipv4(hs_writer *w, const hs_packet *packet, uint8_t protocol, size_t segment)
{
    size_t start = w->len;
    hs_write_u8(w, 4 << 4 | IPV4_HEADER / 4);
    hs_write_u8(w, 0);
    hs_write_u16(w, (uint16_t)(IPV4_HEADER + segment));
    hs_write_u16(w, 0);
    hs_write_u16(w, DONT_FRAGMENT);
    hs_write_u8(w, HOPS);
    hs_write_u8(w, protocol);
    hs_write_u16(w, 0);
    hs_write_bytes(w, address(packet, &packet->source));
    hs_write_bytes(w, address(packet, &packet->destination));
    put_checksum(w, start + IPV4_CHECKSUM_AT, add_words(0, written_since(w, start)));
}

static void write_ipv6(hs_writer *w, const hs_packet *packet, uint8_t protocol, size_t segment)
{
    hs_write_u32(w, UINT32_C(6) << 28);
    hs_write_u16(w, (uint16_t)segment);
    hs_write_u8(w, protocol);
    hs_write_u8(w, HOPS);
    hs_write_bytes(w, address(packet, &packet->source));
    hs_write_bytes(w, address(packet, &packet->destination));
}

static void write_ip(hs_writer *w, const hs_packet *packet, uint8_t protocol, size_t segment)
{
    if (packet->family == 4) {
        write_ipv4(w, packet, protocol, segment);
    } else {
        write_ipv6(w, packet, protocol, segment);
    }
}

/* Of a segment with the pseudo-header of RFC 9293 3.1 and RFC 8200 8.1, not complemented yet. */
static uint32_t sum_segment(const hs_packet *packet, uint8_t protocol, hs_bytes segment)
{
    uint32_t sum = add_words(protocol, segment);
    sum += (uint32_t)segment.len;
    sum = add_words(sum, address(packet, &packet->source));
    return add_words(sum, address(packet, &packet->destination));
}

static void write_tcp(hs_writer *w, const hs_packet *packet, size_t options)
{
    const hs_tcp_header *tcp = &packet->tcp;
    size_t start = w->len;
    hs_write_u16(w, packet->source_port);
    hs_write_u16(w, packet->destination_port);
    hs_write_u32(w, tcp->sequence);
    hs_write_u32(w, tcp->acknowledgment);
    hs_write_u16(w, (uint16_t)((TCP_HEADER + options) / 4 << 12 | (tcp->flags & 0x1ff)));
    hs_write_u16(w, tcp->window);
    hs_write_u16(w, 0);
    hs_write_u16(w, 0); /* urgent pointer */
    hs_write_bytes(w, tcp->options);
    while (w->len < start + TCP_HEADER + options && !w->overflow) {
        hs_write_u8(w, 0);
    }
    hs_write_bytes(w, packet->payload);
    put_checksum(w, start + TCP_CHECKSUM_AT,
                 sum_segment(packet, HS_PROTOCOL_TCP, written_since(w, start)));
}

void hs_packet_write(hs_writer *w, const hs_packet *packet)
{
    size_t options = (packet->tcp.options.len + 3) / 4 * 4;
    size_t segment = TCP_HEADER + options + packet->payload.len;
    if (options > HS_TCP_OPTIONS_MAX || packet->payload.len > HS_PACKET_PAYLOAD_MAX) {
        w->overflow = true;
        return;
    }
    write_ip(w, packet, HS_PROTOCOL_TCP, segment);
    write_tcp(w, packet, options);
}

void hs_packet_write_udp(hs_writer *w, const hs_packet *packet)
{
    size_t length = UDP_HEADER + packet->payload.len;
    if (packet->payload.len > HS_PACKET_PAYLOAD_MAX) {
        w->overflow = true;
        return;
    }
    write_ip(w, packet, HS_PROTOCOL_UDP, length);
    size_t start = w->len;
    hs_write_u16(w, packet->source_port);
    hs_write_u16(w, packet->destination_port);
    hs_write_u16(w, (uint16_t)length);
    hs_write_u16(w, 0);
    hs_write_bytes(w, packet->payload);
    uint32_t sum = sum_segment(packet, HS_PROTOCOL_UDP, written_since(w, start));
    /* A sum of zero would say that there is none (RFC 768). */
    put_checksum(w, start + UDP_CHECKSUM_AT, (uint16_t)~sum == 0 ? 0 : sum);
}
