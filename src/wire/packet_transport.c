/* TCP (RFC 9293 3.1) and UDP (RFC 768) headers. */
#include "wire/packet_layers.h"

static void keep_payload(hs_packet *packet, const hs_span *span)
{
    packet->payload = hs_span_rest(span);
    packet->payload_length = hs_span_length(span);
}

hs_packet_kind hs_layer_tcp(hs_layers *layers, hs_span *span)
{
    enum { HEADER_LEN = 20 };
    const uint8_t *header = hs_span_take(span, HEADER_LEN);
    if (!header) {
        return hs_span_short(span, HEADER_LEN);
    }
    size_t data_offset = (size_t)(header[12] >> 4) * 4;
    if (data_offset < HEADER_LEN) {
        return HS_PACKET_MALFORMED;
    }
    size_t options_len = data_offset - HEADER_LEN;
    if (options_len > span->whole) {
        return HS_PACKET_MALFORMED;
    }
    hs_packet *packet = layers->packet;
    hs_span options = *span;
    hs_span_limit(&options, options_len);
    packet->tcp.options = hs_span_rest(&options);
    packet->tcp.options_cut = options.left < options_len;
    hs_tcp_set_fields(packet, header);
    hs_span_skip(span, options_len);
    keep_payload(packet, span);
    return HS_PACKET_TCP;
}

hs_packet_kind hs_layer_udp(hs_layers *layers, hs_span *span)
{
    enum { HEADER_LEN = 8 };
    const uint8_t *header = hs_span_take(span, HEADER_LEN);
    if (!header) {
        return hs_span_short(span, HEADER_LEN);
    }
    size_t length = hs_load_u16(header + 4);
    if (length > 0 && length < HEADER_LEN) {
        return HS_PACKET_MALFORMED;
    }
    if (length > 0) { /* 0: as the IP header has it (RFC 2675 4) */
        hs_span_limit(span, length - HEADER_LEN);
    }
    hs_packet *packet = layers->packet;
    packet->source_port = hs_load_u16(header);
    packet->destination_port = hs_load_u16(header + 2);
    keep_payload(packet, span);
    return hs_layer_udp_tunnel(layers, span);
}
