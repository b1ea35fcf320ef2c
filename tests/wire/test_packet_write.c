/* Packets that are written: what the reader sees in them, their checksums, and every cut. */
#include <string.h>

#include "../cmocka_headers.h"
#include "base/reader.h"
#include "wire/packet_write.h"

static const uint8_t options[] = {2, 4, 0x05, 0xb4, 1, 3, 3}; /* MSS 1460, no-op, window scale */
static const char text[] = "odd numbers of bytes";

static hs_packet sample(uint8_t family)
{
    hs_packet packet = {.family = family,
                        .source_port = 50001,
                        .destination_port = 443,
                        .tcp = {.sequence = 0xfffffff0,
                                .acknowledgment = 0x01020304,
                                .window = 512,
                                .flags = HS_TCP_ACK | HS_TCP_PSH,
                                .options = hs_bytes_of(options, sizeof options)},
                        .payload = hs_bytes_of(text, strlen(text) - 1)};
    for (size_t i = 0; i < (family == 4 ? 4 : 16); i++) {
        packet.source.bytes[i] = (uint8_t)(i + 0xc0);
        packet.destination.bytes[i] = (uint8_t)(i + 0x7f);
    }
    return packet;
}

static hs_bytes written(const hs_packet *packet, uint8_t *room, size_t size)
{
    hs_writer w;
    hs_writer_init(&w, room, size);
    hs_packet_write(&w, packet);
    assert_int_equal(hs_writer_result(&w), HS_OK);
    return hs_writer_bytes(&w);
}

static void test_round_trip(void **state)
{
    (void)state;
    for (uint8_t family = 4; family <= 6; family += 2) {
        uint8_t room[256];
        hs_packet packet = sample(family);
        hs_packet read;
        hs_bytes frame = written(&packet, room, sizeof room);
        assert_int_equal(hs_packet_read(HS_LINK_TYPE_RAW, frame, &read), HS_PACKET_TCP);
        assert_int_equal(read.family, family);
        assert_memory_equal(&read.source, &packet.source, sizeof read.source);
        assert_memory_equal(&read.destination, &packet.destination, sizeof read.destination);
        assert_int_equal(read.source_port, 50001);
        assert_int_equal(read.destination_port, 443);
        assert_int_equal(read.tcp.sequence, packet.tcp.sequence);
        assert_int_equal(read.tcp.acknowledgment, packet.tcp.acknowledgment);
        assert_int_equal(read.tcp.window, 512);
        assert_int_equal(read.tcp.flags, HS_TCP_ACK | HS_TCP_PSH);
        assert_int_equal(read.tcp.options.len, sizeof options + 1); /* padded */
        assert_memory_equal(read.tcp.options.data, options, sizeof options);
        assert_int_equal(read.payload_length, packet.payload.len);
        assert_true(hs_bytes_equal(read.payload, packet.payload));
    }
}

static void test_truncation(void **state)
{
    (void)state;
    for (uint8_t family = 4; family <= 6; family += 2) {
        uint8_t room[256];
        hs_packet packet = sample(family);
        hs_packet read;
        hs_bytes frame = written(&packet, room, sizeof room);
        size_t headers = frame.len - packet.payload.len;
        for (size_t len = 0; len < frame.len; len++) {
            hs_packet_kind kind = hs_packet_read(HS_LINK_TYPE_RAW, hs_bytes_of(room, len), &read);
            if (len >= headers) {
                assert_int_equal(kind, HS_PACKET_TCP);
                assert_int_equal(read.payload.len, len - headers);
                assert_int_equal(read.payload_length, packet.payload.len);
            } else {
                assert_true(kind == HS_PACKET_TRUNCATED || read.tcp.options_cut);
            }
        }
        /* And every room that is too small for it. */
        for (size_t size = 0; size < frame.len; size++) {
            hs_writer w;
            hs_writer_init(&w, room, size);
            hs_packet_write(&w, &packet);
            assert_int_equal(hs_writer_result(&w), HS_LIMIT);
        }
    }
}

/* RFC 1071, the plain way. */
static uint32_t sum_of(const uint8_t *bytes, size_t len)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < len; i++) {
        sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
    }
    return sum;
}

static uint32_t folded(uint32_t sum)
{
    while (sum > 0xffff) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

/* All words with their checksum add up to ones. */
static void test_checksums(void **state)
{
    (void)state;
    for (size_t len = 0; len < strlen(text); len++) {
        uint8_t room[256];
        hs_packet packet = sample(4);
        packet.payload.len = len;
        hs_bytes frame = written(&packet, room, sizeof room);
        assert_int_equal(folded(sum_of(room, 20)), 0xffff);
        uint32_t segment = sum_of(room + 20, frame.len - 20) + (uint32_t)(frame.len - 20);
        assert_int_equal(folded(segment + sum_of(room + 12, 8) + HS_PROTOCOL_TCP), 0xffff);

        packet = sample(6);
        packet.payload.len = len;
        frame = written(&packet, room, sizeof room);
        segment = sum_of(room + 40, frame.len - 40) + (uint32_t)(frame.len - 40);
        assert_int_equal(folded(segment + sum_of(room + 8, 32) + HS_PROTOCOL_TCP), 0xffff);
    }
}

static void test_udp(void **state)
{
    (void)state;
    for (size_t len = 0; len < strlen(text); len++) {
        for (uint8_t family = 4; family <= 6; family += 2) {
            uint8_t room[256];
            hs_packet packet = sample(family);
            hs_packet read;
            hs_writer w;
            packet.payload.len = len;
            hs_writer_init(&w, room, sizeof room);
            hs_packet_write_udp(&w, &packet);
            assert_int_equal(hs_writer_result(&w), HS_OK);
            hs_bytes frame = hs_writer_bytes(&w);
            assert_int_equal(hs_packet_read(HS_LINK_TYPE_RAW, frame, &read), HS_PACKET_UDP);
            assert_memory_equal(&read.source, &packet.source, sizeof read.source);
            assert_int_equal(read.source_port, 50001);
            assert_int_equal(read.destination_port, 443);
            assert_true(hs_bytes_equal(read.payload, packet.payload));
            size_t header = family == 4 ? 20 : 40;
            size_t ends = family == 4 ? 8 : 32;
            uint32_t sum = sum_of(room + header, frame.len - header) +
                           (uint32_t)(frame.len - header) + HS_PROTOCOL_UDP;
            assert_int_equal(folded(sum + sum_of(room + header - ends, ends)), 0xffff);
        }
    }
}

/* A checksum that comes out as zero is sent as ones: zero would say that there is none. */
static void test_udp_without_a_zero_checksum(void **state)
{
    (void)state;
    uint8_t room[256];
    uint8_t word[2];
    bool met = false;
    for (unsigned value = 0; value <= 0xffff; value++) {
        hs_packet packet = sample(4);
        hs_writer w;
        word[0] = (uint8_t)(value >> 8);
        word[1] = (uint8_t)value;
        packet.payload = hs_bytes_of(word, 2);
        hs_writer_init(&w, room, sizeof room);
        hs_packet_write_udp(&w, &packet);
        assert_true(room[26] != 0 || room[27] != 0);
        met = met || (room[26] == 0xff && room[27] == 0xff);
    }
    assert_true(met);
}

static void test_the_largest(void **state)
{
    (void)state;
    static uint8_t room[HS_PACKET_PAYLOAD_MAX + HS_PACKET_OVERHEAD];
    static uint8_t payload[HS_PACKET_PAYLOAD_MAX + 1];
    hs_packet read;
    memset(payload, 0xff, sizeof payload);
    for (uint8_t family = 4; family <= 6; family += 2) {
        hs_packet packet = sample(family);
        packet.payload = hs_bytes_of(payload, HS_PACKET_PAYLOAD_MAX);
        hs_bytes frame = written(&packet, room, sizeof room);
        assert_int_equal(hs_packet_read(HS_LINK_TYPE_RAW, frame, &read), HS_PACKET_TCP);
        assert_int_equal(read.payload_length, HS_PACKET_PAYLOAD_MAX);
        packet.payload.len++;
        hs_writer w;
        hs_writer_init(&w, room, sizeof room);
        hs_packet_write(&w, &packet);
        assert_int_equal(hs_writer_result(&w), HS_LIMIT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_truncation),
        cmocka_unit_test(test_checksums),
        cmocka_unit_test(test_udp),
        cmocka_unit_test(test_udp_without_a_zero_checksum),
        cmocka_unit_test(test_the_largest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
