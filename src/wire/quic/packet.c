#include "wire/quic/packet.h"

#include "wire/quic/field.h"

/* The version of a long header; 0 where the bytes end before it. */
static uint32_t peek_version(const hs_reader *r)
{
    hs_fault fault;
    hs_reader peek = hs_quic_peek(r, &fault);
    (void)hs_read_u8(&peek, "first byte");
    return hs_read_u32(&peek, "Version");
}

static hs_quic_packet_type type_of(uint8_t first, uint32_t version)
{
    if (!(first & HS_QUIC_BIT_LONG)) {
        return HS_QUIC_1RTT;
    }
    if (version == HS_QUIC_VERSION_NEGOTIATION_VERSION) {
        return HS_QUIC_VERSION_NEGOTIATION;
    }
    if (!hs_quic_version_is_known(version)) {
        return HS_QUIC_UNKNOWN_VERSION;
    }
    return hs_quic_long_type(version, first >> 4 & 3);
}

/* What the first byte holds, by the names of RFC 9000 17 and RFC 8999 5. */
static const char *first_byte_fields(uint8_t first, hs_quic_packet_type type)
{
    if (!(first & HS_QUIC_BIT_LONG)) {
        return "Header Form, Fixed Bit, Spin Bit, Reserved Bits, Key Phase, Packet Number Length";
    }
    switch (type) {
    case HS_QUIC_VERSION_NEGOTIATION:
        return "Header Form, Unused";
    case HS_QUIC_UNKNOWN_VERSION:
        return "Header Form, Version-Specific Bits";
    case HS_QUIC_RETRY:
        return "Header Form, Fixed Bit, Long Packet Type, Unused";
    default:
        return "Header Form, Fixed Bit, Long Packet Type, Reserved Bits, Packet Number Length";
    }
}

static hs_bytes read_connection_id(hs_reader *r, const hs_quic_packet *packet, const char *length,
                                   const char *field)
{
    uint8_t len = hs_read_u8(r, length);
    if (len > HS_QUIC_CONNECTION_ID_MAX && hs_quic_version_is_known(packet->version)) {
        hs_reader_fail(r, length, "is more than 20");
    }
    return hs_read_bytes(r, len, field);
}

static void read_versions(hs_reader *r, hs_quic_packet *packet)
{
    size_t start = r->pos;
    do {
        uint32_t version = hs_read_u32(r, "Supported Version");
        hs_note_meaning(r, hs_quic_version_name(version));
    } while (hs_reader_left(r) > 0);
    packet->versions = hs_quic_since(r, start);
}

static void read_retry(hs_reader *r, hs_quic_packet *packet)
{
    size_t left = hs_reader_left(r);
    packet->token = hs_read_bytes(
        r, left > HS_QUIC_RETRY_TAG_LEN ? left - HS_QUIC_RETRY_TAG_LEN : 0, "Retry Token");
    packet->retry_tag = hs_read_bytes(r, HS_QUIC_RETRY_TAG_LEN, "Retry Integrity Tag");
}

static void read_length(hs_reader *r, hs_quic_packet *packet)
{
    size_t start = r->pos;
    packet->length = hs_read_varint(r, "Length");
    packet->length_size = (unsigned)(r->pos - start);
    if (packet->length == 0) {
        hs_reader_fail(r, "Length", "leaves no packet number");
    }
}

static void read_long_header(hs_reader *r, hs_quic_packet *packet)
{
    packet->version = hs_read_u32(r, "Version");
    hs_note_meaning(r, hs_quic_version_name(packet->version));
    packet->dcid = read_connection_id(r, packet, "Destination Connection ID Length",
                                      "Destination Connection ID");
    packet->scid = read_connection_id(r, packet, "Source Connection ID Length",
                                      "Source Connection ID");
    switch (packet->type) {
    case HS_QUIC_VERSION_NEGOTIATION:
        read_versions(r, packet);
        break;
    case HS_QUIC_RETRY:
        read_retry(r, packet);
        break;
    case HS_QUIC_INITIAL:
        packet->token = hs_quic_read_prefixed(r, "Token Length", "Token");
        read_length(r, packet);
        break;
    case HS_QUIC_0RTT:
    case HS_QUIC_HANDSHAKE:
        read_length(r, packet);
        break;
    default:
        break;
    }
}

static bool has_packet_number(hs_quic_packet_type type)
{
    return type == HS_QUIC_INITIAL || type == HS_QUIC_0RTT || type == HS_QUIC_HANDSHAKE ||
           type == HS_QUIC_1RTT;
}

hs_result hs_quic_read_header(hs_reader *r, size_t dcid_len, hs_quic_packet *packet)
{
    *packet = (hs_quic_packet){0};
    size_t start = r->pos;
    hs_fault fault;
    hs_reader peek = hs_quic_peek(r, &fault);
    uint8_t first = hs_read_u8(&peek, "first byte");
    packet->type = type_of(first, peek_version(r));
    size_t group = hs_reader_group_begin(r, "header");
    packet->first = hs_read_u8(r, first_byte_fields(first, packet->type));
    hs_note_meaning(r, hs_quic_packet_type_name(packet->type));
    packet->fixed_bit = packet->first & HS_QUIC_BIT_FIXED;
    if (packet->type == HS_QUIC_1RTT) {
        packet->spin_bit = packet->first & HS_QUIC_BIT_SPIN;
        packet->dcid = hs_read_bytes(r, dcid_len, "Destination Connection ID");
    } else {
        read_long_header(r, packet);
    }
    hs_reader_group_end(r, group);
    if (has_packet_number(packet->type)) {
        packet->packet_number_offset = r->pos - start;
    }
    return hs_reader_result(r);
}

hs_result hs_quic_read_packet(hs_reader *r, size_t dcid_len, hs_quic_packet *packet)
{
    size_t start = r->pos;
    hs_result result = hs_quic_read_header(r, dcid_len, packet);
    if (result != HS_OK) {
        return result;
    }
    switch (packet->type) {
    case HS_QUIC_INITIAL:
    case HS_QUIC_0RTT:
    case HS_QUIC_HANDSHAKE:
        packet->payload = hs_read_bytes(r, hs_quic_size(packet->length),
                                        "Packet Number, Packet Payload");
        hs_note_meaning(r, "protected");
        break;
    case HS_QUIC_1RTT: {
        /* Without the least packet number, bytes are missing. */
        size_t left = hs_reader_left(r);
        packet->payload = hs_read_bytes(r, left ? left : 1, "Packet Number, Packet Payload");
        hs_note_meaning(r, "protected");
        break;
    }
    case HS_QUIC_UNKNOWN_VERSION:
        packet->payload = hs_read_rest(r, "Version-Specific Data");
        break;
    default:
        break;
    }
    packet->bytes = hs_quic_since(r, start);
    return hs_reader_result(r);
}

const char *hs_quic_packet_problem(const hs_quic_packet *packet)
{
    /* RFC 9001 5.4.2: the sample begins where a packet number of four bytes would end. */
    enum { SAMPLED = HS_QUIC_PACKET_NUMBER_MAX_LEN + 16 };
    if (has_packet_number(packet->type) && packet->payload.len < SAMPLED) {
        return "the packet is too short for a sample of header protection";
    }
    if (packet->type == HS_QUIC_RETRY && packet->token.len == 0) {
        return "the Retry has no token";
    }
    bool is_invariant = packet->type == HS_QUIC_VERSION_NEGOTIATION ||
                        packet->type == HS_QUIC_UNKNOWN_VERSION;
    return packet->fixed_bit || is_invariant ? NULL : "the fixed bit is 0";
}

bool hs_quic_next_version(hs_bytes *versions, uint32_t *version)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, *versions, &fault, NULL);
    *version = hs_read_u32(&r, "Supported Version");
    *versions = hs_read_rest(&r, "versions");
    return hs_reader_ok(&r);
}

bool hs_quic_stateless_reset_token(hs_bytes datagram, hs_bytes *token)
{
    if (datagram.len < HS_QUIC_STATELESS_RESET_MIN) {
        return false;
    }
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, datagram, &fault, NULL);
    uint8_t first = hs_read_u8(&r, "first byte");
    (void)hs_read_bytes(&r, datagram.len - 1 - HS_QUIC_STATELESS_RESET_TOKEN_LEN,
                        "Unpredictable Bits");
    *token = hs_read_rest(&r, "Stateless Reset Token");
    return !(first & HS_QUIC_BIT_LONG);
}
