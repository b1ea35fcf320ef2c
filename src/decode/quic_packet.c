/* One packet's protection off (RFC 9001 5), and packet numbers in their spaces (RFC 9000 12.3). */
#include "decode/quic_parts.h"

hs_quic_space hs_quic_space_of(hs_quic_packet_type type)
{
    return type == HS_QUIC_INITIAL     ? HS_QUIC_SPACE_INITIAL
           : type == HS_QUIC_HANDSHAKE ? HS_QUIC_SPACE_HANDSHAKE
                                       : HS_QUIC_SPACE_APPLICATION;
}

bool hs_quic_note_number(hs_quic_numbers *numbers, uint64_t number)
{
    enum { WINDOW = 64 };
    if (numbers->largest == HS_QUIC_NO_PACKET_NUMBER) {
        *numbers = (hs_quic_numbers){.largest = number, .window = 1};
        return false;
    }
    if (number > numbers->largest) {
        uint64_t step = number - numbers->largest;
        numbers->window = step < WINDOW ? numbers->window << step : 0;
        numbers->window |= 1;
        numbers->largest = number;
        return false;
    }
    uint64_t back = numbers->largest - number;
    if (back >= WINDOW) {
        return false; /* too old to be known */
    }
    bool was_there = numbers->window >> back & 1;
    numbers->window |= UINT64_C(1) << back;
    return was_there;
}

hs_result hs_quic_try(hs_quic_decoder *d, hs_quic_keys *keys, const hs_quic_found *found,
                      hs_quic_space space, hs_quic_opened *out)
{
    const hs_quic_packet *packet = &found->packet;
    *out = (hs_quic_opened){.space = space};
    const hs_quic_direction *direction = &d->sides[found->from];
    uint64_t largest = direction->numbers[space].largest;
    uint64_t acknowledged = direction->acknowledged[space];
    hs_result result = hs_quic_packet_open(keys, packet->bytes, packet->packet_number_offset,
                                           largest, d->scratch, &out->header, &out->payload);
    /* The sender cuts the number to what tells it from those that the peer has acknowledged
     * (RFC 9000 17.1), and these need not all have been seen here. */
    bool may_be_cut_more = acknowledged != HS_QUIC_NO_PACKET_NUMBER &&
                           (largest == HS_QUIC_NO_PACKET_NUMBER || acknowledged > largest);
    if (result == HS_NO_KEY && may_be_cut_more) {
        result = hs_quic_packet_open(keys, packet->bytes, packet->packet_number_offset,
                                     acknowledged, d->scratch, &out->header, &out->payload);
    }
    return result == HS_NO_KEY || result == HS_NEED_MORE ? HS_MALFORMED : result;
}

hs_result hs_quic_open(hs_quic_decoder *d, const hs_quic_found *found, hs_quic_opened *out)
{
    hs_result result = found->packet.type == HS_QUIC_INITIAL ? hs_quic_open_initial(d, found, out)
                                                             : hs_quic_open_traffic(d, found, out);
    if (result == HS_OK) {
        out->is_duplicate = hs_quic_note_number(&d->sides[found->from].numbers[out->space],
                                                out->header.packet_number);
    }
    return result;
}
