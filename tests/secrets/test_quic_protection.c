/* The published packets opened and made again, every way to spoil one, and every suite. */
#include "quic_fixture.h"

#include "base/writer.h"
#include "secrets/quic_protection.h"

enum {
    ROOM = 2048,
    LONG_OFFSET = 18,   /* of the packet number, in the clients' samples */
    SERVER_OFFSET = 18, /* in the servers' */
};

static uint8_t plain[ROOM];
static uint8_t sealed[ROOM];

static hs_quic_keys *keys_new(void)
{
    hs_quic_keys *keys = NULL;
    assert_int_equal(hs_quic_keys_new(crypto, &keys), HS_OK);
    return keys;
}

static hs_quic_keys *initial_keys(uint32_t version, bool of_client)
{
    hs_quic_keys *keys = keys_new();
    assert_int_equal(hs_quic_keys_set_initial(keys, version, hex(quic_sample_dcid), of_client),
                     HS_OK);
    return keys;
}

static hs_quic_keys *traffic_keys(uint16_t suite, uint8_t fill)
{
    uint8_t secret[48];
    memset(secret, fill, sizeof secret);
    hs_quic_keys *keys = keys_new();
    assert_int_equal(
        hs_quic_keys_set_traffic(keys, 1, suite, hs_bytes_of(secret, suite == 0x1302 ? 48 : 32)),
        HS_OK);
    return keys;
}

static hs_result open_packet(hs_quic_keys *keys, hs_bytes packet, size_t offset,
                             hs_quic_protected_header *header, hs_bytes *payload)
{
    return hs_quic_packet_open(keys, packet, offset, HS_QUIC_NO_PACKET_NUMBER, plain, header,
                               payload);
}

/* Opens `packet`, and seals what was in it to the same bytes. */
static void there_and_back(hs_quic_keys *keys, hs_bytes clear_header, hs_bytes packet,
                           size_t offset, uint64_t number, uint64_t largest, hs_bytes start)
{
    hs_quic_protected_header header;
    hs_bytes payload;
    assert_int_equal(hs_quic_packet_open(keys, packet, offset, largest, plain, &header, &payload),
                     HS_OK);
    assert_int_equal(header.first_byte, clear_header.data[0]);
    assert_int_equal(header.reserved_bits, 0);
    assert_false(header.key_phase);
    assert_int_equal(header.packet_number, number);
    assert_int_equal(offset + header.packet_number_length, clear_header.len);
    assert_int_equal(payload.len, packet.len - clear_header.len - HS_QUIC_TAG);
    assert_true(payload.data >= plain && payload.data + payload.len <= plain + packet.len);
    assert_true(payload.len >= start.len);
    assert_memory_equal(payload.data, start.data, start.len);
    for (size_t i = start.len; i < payload.len; i++) {
        assert_int_equal(payload.data[i], 0);
    }
    size_t len = 0;
    assert_int_equal(
        hs_quic_packet_seal(keys, clear_header, number, payload, sealed, sizeof sealed, &len),
        HS_OK);
    assert_int_equal(len, packet.len);
    assert_memory_equal(sealed, packet.data, len);
}

static void published_packets(void **state)
{
    (void)state;
    for (size_t i = 0; i < QUIC_SAMPLE_SETS; i++) {
        const quic_samples *s = &quic_sample_sets[i];
        hs_quic_keys *client = initial_keys(s->version, true);
        hs_quic_keys *server = initial_keys(s->version, false);
        hs_quic_keys *chacha20 = keys_new();
        assert_int_equal(
            hs_quic_keys_set_traffic(chacha20, s->version, 0x1303, hex(s->chacha20.secret)), HS_OK);
        there_and_back(client, hex(s->client_header), hex(s->client_packet), LONG_OFFSET, 2,
                       HS_QUIC_NO_PACKET_NUMBER, hex(s->client_payload));
        there_and_back(server, hex(s->server_header), hex(s->server_packet), SERVER_OFFSET, 1,
                       HS_QUIC_NO_PACKET_NUMBER, hex(s->server_payload));
        there_and_back(chacha20, hex(s->short_header), hex(s->short_packet), 1,
                       quic_sample_short_number, quic_sample_short_number - 1, hex("01"));
        hs_quic_keys_free(client);
        hs_quic_keys_free(server);
        hs_quic_keys_free(chacha20);
    }
}

/* One object for all, as a decoder of captures has it. */
static void keys_set_again(void **state)
{
    (void)state;
    hs_quic_keys *keys = keys_new();
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < QUIC_SAMPLE_SETS; i++) {
            const quic_samples *s = &quic_sample_sets[i];
            assert_int_equal(
                hs_quic_keys_set_initial(keys, s->version, hex(quic_sample_dcid), true), HS_OK);
            there_and_back(keys, hex(s->client_header), hex(s->client_packet), LONG_OFFSET, 2,
                           HS_QUIC_NO_PACKET_NUMBER, hex(s->client_payload));
            assert_int_equal(
                hs_quic_keys_set_traffic(keys, s->version, 0x1303, hex(s->chacha20.secret)), HS_OK);
            there_and_back(keys, hex(s->short_header), hex(s->short_packet), 1,
                           quic_sample_short_number, quic_sample_short_number - 1, hex("01"));
        }
    }
    hs_quic_keys_free(keys);
}

static void every_truncation(void **state)
{
    (void)state;
    const quic_samples *s = &quic_sample_sets[0];
    const struct {
        hs_quic_keys *keys;
        const char *packet;
        size_t offset;
    } rows[] = {{initial_keys(1, true), s->client_packet, LONG_OFFSET},
                {initial_keys(1, false), s->server_packet, SERVER_OFFSET}};
    hs_quic_protected_header header;
    hs_bytes payload;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hs_bytes whole = hex(rows[i].packet);
        for (size_t len = 0; len < whole.len; len++) {
            /* In a block of its own, for the sanitizer to see a read beyond it. */
            uint8_t *copy = malloc(len + 1);
            assert_non_null(copy);
            memcpy(copy, whole.data, len);
            uint8_t *cut = realloc(copy, len > 0 ? len : 1);
            assert_non_null(cut);
            hs_result result = open_packet(rows[i].keys, hs_bytes_of(cut, len), rows[i].offset,
                                           &header, &payload);
            assert_int_equal(result,
                             len < rows[i].offset + 4 + HS_QUIC_SAMPLE ? HS_NEED_MORE : HS_NO_KEY);
            assert_int_equal(payload.len, 0);
            free(cut);
        }
        assert_int_equal(open_packet(rows[i].keys, whole, rows[i].offset, &header, &payload),
                         HS_OK);
        /* An offset too large is as a packet too short. */
        assert_int_equal(open_packet(rows[i].keys, whole, whole.len, &header, &payload),
                         HS_NEED_MORE);
        assert_int_equal(open_packet(rows[i].keys, whole, SIZE_MAX, &header, &payload),
                         HS_NEED_MORE);
        hs_quic_keys_free(rows[i].keys);
    }
}

static void every_bit(void **state)
{
    (void)state;
    hs_quic_keys *keys = initial_keys(1, false);
    hs_bytes whole = hex(quic_sample_sets[0].server_packet);
    uint8_t spoilt[ROOM];
    memcpy(spoilt, whole.data, whole.len);
    hs_bytes packet = hs_bytes_of(spoilt, whole.len);
    hs_quic_protected_header header;
    hs_bytes payload;
    for (size_t bit = 0; bit < 8 * whole.len; bit++) {
        spoilt[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(open_packet(keys, packet, SERVER_OFFSET, &header, &payload), HS_NO_KEY);
        spoilt[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_int_equal(open_packet(keys, packet, SERVER_OFFSET, &header, &payload), HS_OK);
    hs_quic_keys_free(keys);
}

static void wrong_keys(void **state)
{
    (void)state;
    hs_bytes packet = hex(quic_sample_sets[0].client_packet);
    hs_quic_protected_header header;
    hs_bytes payload;
    hs_quic_keys *keys = initial_keys(1, false);
    assert_int_equal(open_packet(keys, packet, LONG_OFFSET, &header, &payload), HS_NO_KEY);
    assert_int_equal(hs_quic_keys_set_initial(keys, 1, hex("8394c8f03e515709"), true), HS_OK);
    assert_int_equal(open_packet(keys, packet, LONG_OFFSET, &header, &payload), HS_NO_KEY);
    assert_int_equal(hs_quic_keys_set_initial(keys, 0x6b3343cf, hex(quic_sample_dcid), true),
                     HS_OK);
    assert_int_equal(open_packet(keys, packet, LONG_OFFSET, &header, &payload), HS_NO_KEY);
    hs_quic_keys_free(keys);
    for (uint16_t suite = 0x1301; suite <= 0x1304; suite++) {
        keys = traffic_keys(suite, 0x42);
        assert_int_equal(open_packet(keys, packet, LONG_OFFSET, &header, &payload), HS_NO_KEY);
        hs_quic_keys_free(keys);
    }
    /* The right keys, but the packet number is counted from elsewhere. */
    keys = initial_keys(1, false);
    packet = hex(quic_sample_sets[0].server_packet);
    assert_int_equal(
        hs_quic_packet_open(keys, packet, SERVER_OFFSET, 0x20000, plain, &header, &payload),
        HS_NO_KEY);
    hs_quic_keys_free(keys);
}

/* A header with a destination connection ID of `cid_len` bytes. */
static hs_bytes header_of(uint8_t first_byte, size_t cid_len, uint64_t number)
{
    static uint8_t header[64];
    hs_writer w;
    hs_writer_init(&w, header, sizeof header);
    hs_write_u8(&w, first_byte);
    for (size_t i = 0; i < cid_len; i++) {
        hs_write_u8(&w, (uint8_t)(0xc0 + i));
    }
    for (unsigned i = (first_byte & 3U) + 1; i > 0; i--) {
        hs_write_u8(&w, (uint8_t)(number >> (8 * (i - 1))));
    }
    assert_int_equal(hs_writer_result(&w), HS_OK);
    return hs_writer_bytes(&w);
}

static void round_trip(hs_quic_keys *sender, hs_quic_keys *receiver, uint8_t first_byte,
                       size_t cid_len, size_t payload_len)
{
    static uint8_t content[1300];
    const uint64_t number = UINT64_C(0x123456789a);
    memset(content, 0xa5, sizeof content);
    hs_bytes header = header_of(first_byte, cid_len, number);
    size_t len = 0;
    hs_result result = hs_quic_packet_seal(sender, header, number,
                                           hs_bytes_of(content, payload_len), sealed, ROOM, &len);
    if ((first_byte & 3U) + 1 + payload_len < 4) {
        assert_int_equal(result, HS_INVALID);
        assert_int_equal(len, 0);
        return;
    }
    assert_int_equal(result, HS_OK);
    assert_int_equal(len, header.len + payload_len + HS_QUIC_TAG);
    hs_quic_protected_header got;
    hs_bytes payload;
    hs_bytes packet = hs_bytes_of(sealed, len);
    sealed[len - 1] ^= 1;
    assert_int_equal(
        hs_quic_packet_open(receiver, packet, cid_len + 1, number - 1, plain, &got, &payload),
        HS_NO_KEY);
    sealed[len - 1] ^= 1;
    assert_int_equal(
        hs_quic_packet_open(receiver, packet, cid_len + 1, number - 1, plain, &got, &payload),
        HS_OK);
    assert_int_equal(got.first_byte, first_byte);
    assert_int_equal(got.packet_number, number);
    assert_int_equal(got.packet_number_length, (first_byte & 3) + 1);
    bool is_long = (first_byte & 0x80) != 0;
    assert_int_equal(got.reserved_bits, is_long ? first_byte >> 2 & 3 : first_byte >> 3 & 3);
    assert_int_equal(got.key_phase, !is_long && (first_byte & 4) != 0);
    assert_int_equal(payload.len, payload_len);
    assert_memory_equal(payload.data, content, payload_len);
}

/* Every suite, every value of the protected bits, reserved ones too. */
static void every_suite(void **state)
{
    (void)state;
    static const size_t payloads[] = {0, 1, 2, 3, 4, 15, 16, 17, 1300};
    for (uint16_t suite = 0x1301; suite <= 0x1304; suite++) {
        hs_quic_keys *sender = traffic_keys(suite, 0x17);
        hs_quic_keys *receiver = traffic_keys(suite, 0x17);
        for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
            for (uint8_t bits = 0; bits < 0x20; bits++) {
                round_trip(sender, receiver, 0x40 | bits, 0, payloads[i]);
                round_trip(sender, receiver, 0x40 | bits, 20, payloads[i]);
                round_trip(sender, receiver, 0xc0 | bits, 30, payloads[i]);
                round_trip(sender, sender, 0x40 | bits, 8, payloads[i]); /* both ways in turn */
            }
        }
        hs_quic_keys_free(sender);
        hs_quic_keys_free(receiver);
    }
}

/* RFC 9001 6: the header tells the phase before the payload is opened. */
static void key_update(void **state)
{
    (void)state;
    for (uint16_t suite = 0x1301; suite <= 0x1304; suite++) {
        hs_quic_keys *sender = traffic_keys(suite, 0x31);
        hs_quic_keys *current = traffic_keys(suite, 0x31);
        hs_quic_keys *next = keys_new();
        assert_int_equal(hs_quic_keys_set_next(next, current), HS_OK);
        for (unsigned phase = 0; phase < 4; phase++) {
            uint64_t number = 100 + phase;
            uint8_t first_byte = (uint8_t)(0x41 | (phase & 1) << 2);
            size_t len = 0;
            assert_int_equal(hs_quic_packet_seal(sender, header_of(first_byte, 8, number), number,
                                                 hex("01000000"), sealed, ROOM, &len),
                             HS_OK);
            hs_bytes packet = hs_bytes_of(sealed, len);
            hs_quic_protected_header header;
            hs_bytes payload;
            /* Any phase's keys open the header, and only one's the payload. */
            assert_int_equal(hs_quic_header_open(next, packet, 9, number - 1, &header), HS_OK);
            assert_int_equal(header.key_phase, phase & 1);
            assert_int_equal(header.packet_number, number);
            assert_int_equal(hs_quic_payload_open(next, packet, 9, &header, plain, &payload),
                             HS_NO_KEY);
            assert_int_equal(hs_quic_header_open(current, packet, 9, number - 1, &header), HS_OK);
            assert_int_equal(hs_quic_payload_open(current, packet, 9, &header, plain, &payload),
                             HS_OK);
            assert_hex(payload.data, payload.len, "01000000");

            assert_int_equal(hs_quic_keys_set_next(sender, sender), HS_OK);
            hs_quic_keys *old = current;
            current = next;
            next = old;
            assert_int_equal(hs_quic_keys_set_next(next, current), HS_OK);
        }
        hs_quic_keys_free(sender);
        hs_quic_keys_free(current);
        hs_quic_keys_free(next);
    }
}

/* RFC 9000 A.3, whose example is the first row. */
static void packet_numbers(void **state)
{
    (void)state;
    static const struct {
        uint64_t largest;
        uint64_t number;
        unsigned length;
    } rows[] = {
        {UINT64_C(0xa82f30ea), UINT64_C(0xa82f9b32), 2},
        {HS_QUIC_NO_PACKET_NUMBER, 0, 1},
        {HS_QUIC_NO_PACKET_NUMBER, 0xff, 1},
        {HS_QUIC_NO_PACKET_NUMBER, UINT64_C(0xffffffff), 4},
        {0, 0, 1},
        {0, 129, 1},
        {0xff, 0x100, 1},
        {0xff, 0x180, 1}, /* the far end of the window */
        {0xff, 0x81, 1},  /* and the near one */
        {0x1ff, 0x1fe, 1},
        {0xffff, 0x10000, 2},
        {0xfffffe, 0x1000001, 3},
        {UINT64_C(0xffffffff), UINT64_C(0x100000000), 4},
        {(UINT64_C(1) << 62) - 2, (UINT64_C(1) << 62) - 1, 1},
        {(UINT64_C(1) << 62) - 1, (UINT64_C(1) << 62) - 2, 1},
        {(UINT64_C(1) << 62) - 1, (UINT64_C(1) << 62) - 200, 2},
    };
    hs_quic_keys *keys = traffic_keys(0x1301, 0x55);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = 0;
        hs_bytes header = header_of((uint8_t)(0x40 | (rows[i].length - 1)), 0, rows[i].number);
        assert_int_equal(
            hs_quic_packet_seal(keys, header, rows[i].number, hex("01010101"), sealed, ROOM, &len),
            HS_OK);
        hs_quic_protected_header got;
        hs_bytes payload;
        assert_int_equal(hs_quic_packet_open(keys, hs_bytes_of(sealed, len), 1, rows[i].largest,
                                             plain, &got, &payload),
                         HS_OK);
        assert_true(got.packet_number == rows[i].number);
    }
    /* Beyond the window, the number is taken for another. */
    size_t len = 0;
    assert_int_equal(hs_quic_packet_seal(keys, header_of(0x40, 0, 0x181), 0x181, hex("01010101"),
                                         sealed, ROOM, &len),
                     HS_OK);
    hs_quic_protected_header got;
    assert_int_equal(hs_quic_header_open(keys, hs_bytes_of(sealed, len), 1, 0xff, &got), HS_OK);
    assert_int_equal(got.packet_number, 0x81);
    hs_quic_keys_free(keys);
}

static void what_cannot_be(void **state)
{
    (void)state;
    hs_quic_keys *keys = keys_new();
    hs_bytes packet = hex(quic_sample_sets[0].client_packet);
    hs_bytes clear = hex(quic_sample_sets[0].client_header);
    hs_bytes content = hex("0102030405060708");
    hs_quic_protected_header header;
    hs_bytes payload;
    size_t len = 1;
    assert_int_equal(open_packet(keys, packet, LONG_OFFSET, &header, &payload), HS_INVALID);
    assert_int_equal(hs_quic_payload_open(keys, packet, LONG_OFFSET, &header, plain, &payload),
                     HS_INVALID);
    assert_int_equal(hs_quic_packet_seal(keys, clear, 2, content, sealed, ROOM, &len), HS_INVALID);
    assert_int_equal(len, 0);
    assert_int_equal(hs_quic_keys_set_initial(keys, 1, hex(quic_sample_dcid), true), HS_OK);
    assert_int_equal(open_packet(keys, packet, 0, &header, &payload), HS_INVALID);
    assert_int_equal(hs_quic_header_open(keys, packet, LONG_OFFSET, 0, &header), HS_OK);
    assert_int_equal(hs_quic_payload_open(keys, packet, 0, &header, plain, &payload), HS_INVALID);
    assert_int_equal(hs_quic_payload_open(keys, packet, packet.len - 19, &header, plain, &payload),
                     HS_NEED_MORE);
    header.packet_number_length = 5;
    assert_int_equal(hs_quic_payload_open(keys, packet, LONG_OFFSET, &header, plain, &payload),
                     HS_INVALID);

    uint8_t *huge = calloc(1, HS_QUIC_PACKET_MAX + 1);
    uint8_t *out = calloc(1, HS_QUIC_PACKET_MAX + 1);
    assert_non_null(huge);
    assert_non_null(out);
    header.packet_number_length = 4;
    assert_int_equal(open_packet(keys, hs_bytes_of(huge, HS_QUIC_PACKET_MAX + 1), LONG_OFFSET,
                                 &header, &payload),
                     HS_LIMIT);
    assert_int_equal(hs_quic_packet_open(keys, hs_bytes_of(huge, HS_QUIC_PACKET_MAX), LONG_OFFSET,
                                         0, out, &header, &payload),
                     HS_NO_KEY);
    header.packet_number_length = 4;
    assert_int_equal(hs_quic_payload_open(keys, hs_bytes_of(huge, HS_QUIC_PACKET_MAX + 1),
                                          LONG_OFFSET, &header, plain, &payload),
                     HS_LIMIT);
    assert_int_equal(hs_quic_packet_seal(keys, clear, 2, hs_bytes_of(huge, HS_QUIC_PACKET_MAX), out,
                                         HS_QUIC_PACKET_MAX + 1, &len),
                     HS_LIMIT);
    free(huge);
    free(out);

    for (size_t n = 0; n < clear.len + content.len + HS_QUIC_TAG; n++) {
        assert_int_equal(hs_quic_packet_seal(keys, clear, 2, content, sealed, n, &len), HS_LIMIT);
        assert_int_equal(len, 0);
    }
    /* c3: the first byte says a packet number of 4 bytes. */
    for (size_t n = 0; n <= 4; n++) {
        assert_int_equal(
            hs_quic_packet_seal(keys, hs_bytes_of(clear.data, n), 2, content, sealed, ROOM, &len),
            HS_INVALID);
    }
    hs_quic_keys_free(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_packets), cmocka_unit_test(keys_set_again),
        cmocka_unit_test(every_truncation),  cmocka_unit_test(every_bit),
        cmocka_unit_test(wrong_keys),        cmocka_unit_test(every_suite),
        cmocka_unit_test(key_update),        cmocka_unit_test(packet_numbers),
        cmocka_unit_test(what_cannot_be),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
