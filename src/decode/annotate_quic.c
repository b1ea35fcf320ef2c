#include "decode/annotate_quic.h"

#include <string.h>

#include "decode/quic_parts.h"

/* How long the Destination Connection ID of a short header is, no byte of it says. */
static size_t dcid_len(const hs_event *event)
{
    for (const hs_detail *detail = event->details; detail; detail = detail->next) {
        if (strcmp(detail->key, "dcid") == 0 && detail->text) {
            return strlen(detail->text) / 2;
        }
    }
    return 0;
}

/* A header, and behind it the packet number where protection was taken off. */
static hs_result annotate_packet(const hs_event *event, hs_reader *reader)
{
    hs_quic_packet packet;
    hs_result result = hs_quic_read_header(reader, dcid_len(event), &packet);
    if (result != HS_OK || hs_reader_left(reader) == 0) {
        return result;
    }
    if (packet.packet_number_offset == 0) {
        (void)hs_read_rest(reader, "of this version");
        return hs_reader_result(reader);
    }
    hs_quic_clear clear;
    return hs_quic_read_clear(reader, packet.type, packet.first, &clear);
}

static hs_result annotate_reset(const hs_event *event, hs_reader *reader)
{
    if (event->raw.len > HS_QUIC_STATELESS_RESET_TOKEN_LEN) {
        (void)hs_read_bytes(reader, event->raw.len - HS_QUIC_STATELESS_RESET_TOKEN_LEN,
                            "unpredictable bits");
    }
    (void)hs_read_rest(reader, "stateless reset token");
    return hs_reader_result(reader);
}

hs_result hs_annotate_quic(const hs_event *event, hs_reader *reader)
{
    hs_quic_frame frame;
    if (event->layer == HS_LAYER_UDP) {
        (void)hs_read_rest(reader, "datagram");
        return hs_reader_result(reader);
    }
    if (event->layer != HS_LAYER_QUIC) {
        return HS_INVALID;
    }
    if ((event->type & HS_EVENT_QUIC_PACKET) != HS_EVENT_QUIC_PACKET) {
        return hs_quic_read_frame(reader, &frame);
    }
    switch (event->type & ~HS_EVENT_QUIC_PACKET) {
    case HS_EVENT_QUIC_RESET:
        return annotate_reset(event, reader);
    case HS_EVENT_QUIC_NO_PACKET:
        (void)hs_read_rest(reader, "bytes");
        return hs_reader_result(reader);
    default:
        return annotate_packet(event, reader);
    }
}
