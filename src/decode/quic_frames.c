/* The frames of a packet, and what they say of the connection (RFC 9000 19). */
#include "decode/quic_parts.h"

static void take_new_connection_id(hs_quic_decoder *d, const hs_quic_found *found,
                                   const hs_quic_frame *frame)
{
    hs_quic_issue(d, found->from, frame->new_connection_id.connection_id);
    hs_quic_give_token(d, found->from, frame->new_connection_id.stateless_reset_token);
}

static void take_ack(const hs_quic_decoder *d, const hs_quic_found *found,
                     const hs_quic_frame *frame, hs_quic_record *record)
{
    enum { DELAY_BITS = 40 }; /* of microseconds: twelve days */
    if (record->acked != HS_QUIC_NO_PACKET_NUMBER) {
        return;
    }
    /* The peer's exponent is known, and used, only once the handshake is over. */
    uint64_t exponent = found->packet.type == HS_QUIC_1RTT ? d->ack_exponent[found->from]
                                                           : HS_QUIC_DEFAULT_ACK_EXPONENT;
    uint64_t delay = frame->ack.delay;
    record->acked = frame->ack.largest;
    record->delay = delay >> DELAY_BITS ? UINT64_C(1) << DELAY_BITS : delay << exponent;
}

static void note_acknowledged(hs_quic_direction *direction, hs_quic_space space, uint64_t largest)
{
    uint64_t *acknowledged = &direction->acknowledged[space];
    if (*acknowledged == HS_QUIC_NO_PACKET_NUMBER || largest > *acknowledged) {
        *acknowledged = largest;
    }
}

static void take(hs_quic_decoder *d, const hs_quic_found *found, const hs_quic_opened *opened,
                 const hs_quic_frame *frame, hs_quic_record *record)
{
    hs_quic_facts *quic = &d->trace->quic;
    bool is_server = found->from == HS_SERVER;
    switch (frame->kind) {
    case HS_QUIC_FRAME_PING:
        record->has_ping = true;
        break;
    case HS_QUIC_FRAME_ACK:
        take_ack(d, found, frame, record);
        note_acknowledged(&d->sides[is_server ? HS_CLIENT : HS_SERVER], opened->space,
                          frame->ack.largest);
        break;
    case HS_QUIC_FRAME_CRYPTO:
        record->has_crypto = true;
        record->repeats |= hs_quic_crypto_data(d, found, opened->space, frame->crypto.offset,
                                               frame->crypto.data);
        break;
    case HS_QUIC_FRAME_STREAM:
        hs_quic_stream_data(d, found, frame);
        break;
    case HS_QUIC_FRAME_NEW_TOKEN:
        quic->new_tokens += is_server;
        break;
    case HS_QUIC_FRAME_NEW_CONNECTION_ID:
        take_new_connection_id(d, found, frame);
        break;
    case HS_QUIC_FRAME_CONNECTION_CLOSE:
    case HS_QUIC_FRAME_CONNECTION_CLOSE_APPLICATION:
        hs_quic_learn_close(d, found, frame);
        break;
    case HS_QUIC_FRAME_HANDSHAKE_DONE:
        if (is_server) {
            quic->handshake_confirmed = HS_YES;
            d->is_confirmed = true;
        }
        break;
    default:
        break;
    }
}

/* Shown first, all of them: the messages that they complete stand behind them. */
static void show(hs_quic_decoder *d, const hs_quic_found *found, const hs_quic_opened *opened)
{
    hs_fault fault;
    hs_reader r;
    hs_quic_frame frame;
    hs_reader_init(&r, opened->payload, &fault, NULL);
    while (hs_reader_left(&r) > 0) {
        hs_bytes rest = hs_bytes_of(
            opened->payload.data + (opened->payload.len - hs_reader_left(&r)), hs_reader_left(&r));
        if (hs_quic_read_frame(&r, &frame) != HS_OK) {
            hs_quic_show_frame_fault(d, found, rest, &fault);
            return;
        }
        hs_quic_show_frame(d, found, &frame);
    }
}

void hs_quic_frames(hs_quic_decoder *d, const hs_quic_found *found, const hs_quic_opened *opened)
{
    hs_quic_record record = {.place = found->place,
                             .end = found->end,
                             .number = opened->header.packet_number,
                             .acked = HS_QUIC_NO_PACKET_NUMBER,
                             .from = (uint8_t)found->from,
                             .space = (uint8_t)opened->space};
    hs_event *event = hs_quic_show_packet(d, found, opened);
    if (event) {
        show(d, found, opened);
    }
    if (opened->is_duplicate) {
        return; /* RFC 9000 12.3 */
    }
    hs_fault fault;
    hs_reader r;
    hs_quic_frame frame;
    hs_reader_init(&r, opened->payload, &fault, NULL);
    while (hs_reader_left(&r) > 0 && hs_quic_read_frame(&r, &frame) == HS_OK) {
        record.elicits |= hs_quic_frame_elicits_ack(frame.type);
        if (hs_quic_frame_is_allowed(frame.type, found->packet.type)) {
            take(d, found, opened, &frame, &record);
        }
    }
    hs_quic_record_packet(d, &record);
}
