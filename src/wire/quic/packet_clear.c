/* What header protection hides, and packet numbers (RFC 9000 17.1, 17.2, 17.3.1, A.2, A.3). */
#include "wire/quic/packet.h"

unsigned hs_quic_packet_number_len(uint8_t first)
{
    return (first & 3U) + 1;
}

hs_result hs_quic_read_clear(hs_reader *r, hs_quic_packet_type type, uint8_t first,
                             hs_quic_clear *clear)
{
    static const char field[] = "Packet Number";
    *clear = (hs_quic_clear){.packet_number_len = hs_quic_packet_number_len(first)};
    if (type == HS_QUIC_1RTT) {
        clear->reserved = first >> 3 & 3;
        clear->key_phase = first >> 2 & 1;
    } else {
        clear->reserved = first >> 2 & 3;
    }
    switch (clear->packet_number_len) {
    case 1:
        clear->packet_number = hs_read_u8(r, field);
        break;
    case 2:
        clear->packet_number = hs_read_u16(r, field);
        break;
    case 3:
        clear->packet_number = hs_read_u24(r, field);
        break;
    default:
        clear->packet_number = hs_read_u32(r, field);
    }
    return hs_reader_result(r);
}

uint64_t hs_quic_packet_number_decode(uint64_t largest, uint32_t truncated, unsigned len)
{
    uint64_t expected = largest == HS_QUIC_NO_PACKET_NUMBER ? 0 : largest + 1;
    uint64_t window = UINT64_C(1) << (8 * len);
    uint64_t half = window / 2;
    uint64_t candidate = (expected & ~(window - 1)) | truncated;
    if (candidate + half <= expected && candidate + window < UINT64_C(1) << 62) {
        return candidate + window;
    }
    if (candidate > expected + half && candidate >= window) {
        return candidate - window;
    }
    return candidate;
}

unsigned hs_quic_packet_number_encode_len(uint64_t full, uint64_t largest_acked)
{
    uint64_t unacked = full + 1;
    if (largest_acked != HS_QUIC_NO_PACKET_NUMBER) {
        if (full <= largest_acked) {
            return 0;
        }
        unacked = full - largest_acked;
    }
    for (unsigned len = 1; len <= HS_QUIC_PACKET_NUMBER_MAX_LEN; len++) {
        if (unacked <= UINT64_C(1) << (8 * len - 1)) {
            return len;
        }
    }
    return 0;
}
