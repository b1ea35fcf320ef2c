/* Any bytes as a datagram of QUIC packets; the first byte is the length of a short header's
 * connection ID. A header that can be read is written as it was read, but for how the length of a
 * token is encoded. */
#include <stdlib.h>

#include "wire/quic/retry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_clear(const hs_quic_packet *packet)
{
    static uint8_t out[1 << 17];
    hs_fault fault;
    hs_reader r;
    hs_quic_clear clear;
    hs_reader_init(&r, packet->payload, &fault, NULL);
    if (hs_quic_read_clear(&r, packet->type, packet->first, &clear) != HS_OK ||
        packet->dcid.len > HS_QUIC_CONNECTION_ID_MAX) {
        return;
    }
    hs_writer w;
    hs_writer_init(&w, out, sizeof out);
    must(hs_quic_write_header(&w, packet, &clear) == HS_OK);
    hs_quic_packet again;
    hs_reader_init(&r, hs_writer_bytes(&w), &fault, NULL);
    must(hs_quic_read_header(&r, packet->dcid.len, &again) == HS_OK);
    must(again.first == packet->first && again.version == packet->version &&
         again.length == packet->length && again.length_size == packet->length_size);
    must(hs_bytes_equal(again.dcid, packet->dcid) && hs_bytes_equal(again.scid, packet->scid));
    must(hs_bytes_equal(again.token, packet->token));
    must(hs_reader_left(&r) == clear.packet_number_len);
    uint64_t full = hs_quic_packet_number_decode(packet->length, clear.packet_number,
                                                 clear.packet_number_len);
    must((full ^ clear.packet_number) << (64 - 8 * clear.packet_number_len) == 0);
}

static void check_packet(const hs_quic_packet *packet)
{
    static uint8_t out[1 << 17];
    hs_writer w;
    hs_writer_init(&w, out, sizeof out);
    (void)hs_quic_packet_problem(packet);
    must(packet->packet_number_offset + packet->payload.len <= packet->bytes.len);
    if (packet->packet_number_offset > 0) {
        check_clear(packet);
    } else if (packet->type == HS_QUIC_RETRY) {
        must(hs_quic_write_retry(&w, packet) == HS_OK);
        must(hs_bytes_equal(hs_writer_bytes(&w), packet->bytes));
        must(hs_quic_write_retry_pseudo_packet(&w, packet->scid, packet->bytes) == HS_OK);
    }
    hs_bytes versions = packet->versions;
    uint32_t version = 0;
    size_t count = 0;
    while (hs_quic_next_version(&versions, &version)) {
        char text[HS_QUIC_VERSION_TEXT_SIZE];
        (void)hs_quic_version_text(version, text);
        count++;
    }
    must(count * 4 == packet->versions.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 1 << 16) {
        return 0;
    }
    hs_bytes bytes = hs_bytes_of(data + 1, size - 1);
    hs_quic_datagram datagram;
    hs_quic_packet packet;
    size_t total = 0;
    hs_quic_datagram_init(&datagram, bytes, data[0] & 31);
    while (hs_quic_datagram_next(&datagram, &packet)) {
        check_packet(&packet);
        total += packet.bytes.len;
    }
    must(total + datagram.trailing.len == bytes.len);
    hs_note items[64];
    hs_notes notes = {.items = items, .capacity = sizeof items / sizeof items[0]};
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, bytes, &fault, &notes);
    hs_result result = hs_quic_read_packet(&r, data[0] & 31, &packet);
    must(bytes.len == 0 || (result == HS_OK) == (datagram.count > 0));
    hs_bytes token;
    (void)hs_quic_stateless_reset_token(bytes, &token);
    return 0;
}
