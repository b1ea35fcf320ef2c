/* Writes headers (RFC 9000 17, RFC 9369 3.2). */
#include "wire/quic/field.h"
#include "wire/quic/packet.h"

static bool is_protected_long(hs_quic_packet_type type)
{
    return type == HS_QUIC_INITIAL || type == HS_QUIC_0RTT || type == HS_QUIC_HANDSHAKE;
}

static bool length_can_be(const hs_quic_packet *packet)
{
    size_t least = hs_quic_varint_size(packet->length);
    switch (packet->length_size) {
    case 0:
        return packet->length <= HS_QUIC_VARINT_MAX;
    case 1:
    case 2:
    case 4:
    case 8:
        return packet->length <= HS_QUIC_VARINT_MAX && packet->length_size >= least;
    default:
        return false;
    }
}

static bool header_can_be(const hs_quic_packet *packet, const hs_quic_clear *clear)
{
    unsigned len = clear->packet_number_len;
    if (clear->reserved > 3 || len < 1 || len > HS_QUIC_PACKET_NUMBER_MAX_LEN ||
        (uint64_t)clear->packet_number >> (8 * len) != 0 ||
        packet->dcid.len > HS_QUIC_CONNECTION_ID_MAX) {
        return false;
    }
    if (packet->type == HS_QUIC_1RTT) {
        return packet->scid.len == 0 && packet->token.len == 0;
    }
    return is_protected_long(packet->type) && hs_quic_version_is_known(packet->version) &&
           packet->scid.len <= HS_QUIC_CONNECTION_ID_MAX && packet->length >= len &&
           length_can_be(packet) && (packet->type == HS_QUIC_INITIAL || packet->token.len == 0);
}

uint8_t hs_quic_first_byte(const hs_quic_packet *packet, const hs_quic_clear *clear)
{
    unsigned first = packet->fixed_bit ? HS_QUIC_BIT_FIXED : 0;
    first |= (clear->packet_number_len - 1) & 3;
    if (packet->type == HS_QUIC_1RTT) {
        first |= packet->spin_bit ? HS_QUIC_BIT_SPIN : 0;
        first |= (clear->reserved & 3U) << 3;
        first |= clear->key_phase ? 1U << 2 : 0;
    } else {
        first |= HS_QUIC_BIT_LONG;
        first |= (unsigned)hs_quic_long_type_bits(packet->version, packet->type) << 4;
        first |= (clear->reserved & 3U) << 2;
    }
    return (uint8_t)first;
}

/* The length in as many bytes as were asked for. */
static void write_length(hs_writer *w, const hs_quic_packet *packet)
{
    uint64_t length = packet->length;
    switch (packet->length_size) {
    case 2:
        hs_write_u16(w, (uint16_t)(length | UINT64_C(1) << 14));
        break;
    case 4:
        hs_write_u32(w, (uint32_t)(length | UINT64_C(2) << 30));
        break;
    case 8:
        hs_write_u64(w, length | UINT64_C(3) << 62);
        break;
    default:
        hs_write_varint(w, length);
    }
}

static void write_packet_number(hs_writer *w, const hs_quic_clear *clear)
{
    switch (clear->packet_number_len) {
    case 1:
        hs_write_u8(w, (uint8_t)clear->packet_number);
        break;
    case 2:
        hs_write_u16(w, (uint16_t)clear->packet_number);
        break;
    case 3:
        hs_write_u24(w, clear->packet_number);
        break;
    default:
        hs_write_u32(w, clear->packet_number);
    }
}

hs_result hs_quic_write_header(hs_writer *w, const hs_quic_packet *packet,
                               const hs_quic_clear *clear)
{
    if (!header_can_be(packet, clear)) {
        return HS_INVALID;
    }
    hs_write_u8(w, hs_quic_first_byte(packet, clear));
    if (packet->type == HS_QUIC_1RTT) {
        hs_write_bytes(w, packet->dcid);
    } else {
        hs_write_u32(w, packet->version);
        hs_quic_write_connection_id(w, packet->dcid);
        hs_quic_write_connection_id(w, packet->scid);
        if (packet->type == HS_QUIC_INITIAL) {
            hs_quic_write_prefixed(w, packet->token);
        }
        write_length(w, packet);
    }
    write_packet_number(w, clear);
    return hs_writer_result(w);
}

hs_result hs_quic_write_version_negotiation(hs_writer *w, uint8_t first, hs_bytes dcid,
                                            hs_bytes scid, const uint32_t *versions, size_t count)
{
    if (count == 0 || dcid.len > UINT8_MAX || scid.len > UINT8_MAX) {
        return HS_INVALID;
    }
    hs_write_u8(w, first | HS_QUIC_BIT_LONG);
    hs_write_u32(w, HS_QUIC_VERSION_NEGOTIATION_VERSION);
    hs_quic_write_connection_id(w, dcid);
    hs_quic_write_connection_id(w, scid);
    for (size_t i = 0; i < count; i++) {
        hs_write_u32(w, versions[i]);
    }
    return hs_writer_result(w);
}
