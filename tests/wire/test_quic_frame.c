/* QUIC frames: each type as bytes and as a struct, cut anywhere, the RFCs' samples, and what RFC
 * 9000 19 forbids. */
#include "quic_samples.h"
#include "quic_support.h"
#include "wire/quic/frame.h"

#define TOKEN16 "000102030405060708090a0b0c0d0e0f"

/* A frame of each type; `open` where its end is that of the packet. */
static const struct {
    const char *hex;
    hs_quic_frame_kind kind;
    bool open;
} frames[] = {
    {"00", HS_QUIC_FRAME_PADDING, false},
    {"01", HS_QUIC_FRAME_PING, false},
    {"020a40640007", HS_QUIC_FRAME_ACK, false},
    {"020a00020001000001", HS_QUIC_FRAME_ACK, false},
    {"030a0000020102407f", HS_QUIC_FRAME_ACK, false},
    {"0404410025", HS_QUIC_FRAME_RESET_STREAM, false},
    {"05044100", HS_QUIC_FRAME_STOP_SENDING, false},
    {"06405a03aabbcc", HS_QUIC_FRAME_CRYPTO, false},
    {"0702aabb", HS_QUIC_FRAME_NEW_TOKEN, false},
    {"0804aabb", HS_QUIC_FRAME_STREAM, true},
    {"0904aabb", HS_QUIC_FRAME_STREAM, true},
    {"0a0402aabb", HS_QUIC_FRAME_STREAM, false},
    {"0b0402aabb", HS_QUIC_FRAME_STREAM, false},
    {"0c044100aabb", HS_QUIC_FRAME_STREAM, true},
    {"0d044100aabb", HS_QUIC_FRAME_STREAM, true},
    {"0e04410002aabb", HS_QUIC_FRAME_STREAM, false},
    {"0f04410002aabb", HS_QUIC_FRAME_STREAM, false},
    {"1080100000", HS_QUIC_FRAME_MAX_DATA, false},
    {"110480100000", HS_QUIC_FRAME_MAX_STREAM_DATA, false},
    {"124064", HS_QUIC_FRAME_MAX_STREAMS, false},
    {"1303", HS_QUIC_FRAME_MAX_STREAMS, false},
    {"1480100000", HS_QUIC_FRAME_DATA_BLOCKED, false},
    {"150480100000", HS_QUIC_FRAME_STREAM_DATA_BLOCKED, false},
    {"164064", HS_QUIC_FRAME_STREAMS_BLOCKED, false},
    {"1703", HS_QUIC_FRAME_STREAMS_BLOCKED, false},
    {"18020104aabbccdd" TOKEN16, HS_QUIC_FRAME_NEW_CONNECTION_ID, false},
    {"1907", HS_QUIC_FRAME_RETIRE_CONNECTION_ID, false},
    {"1a0001020304050607", HS_QUIC_FRAME_PATH_CHALLENGE, false},
    {"1b0001020304050607", HS_QUIC_FRAME_PATH_RESPONSE, false},
    {"1c0a0602686f", HS_QUIC_FRAME_CONNECTION_CLOSE, false},
    {"1d4100026869", HS_QUIC_FRAME_CONNECTION_CLOSE_APPLICATION, false},
    {"1e", HS_QUIC_FRAME_HANDSHAKE_DONE, false},
    {"30aabb", HS_QUIC_FRAME_DATAGRAM, true},
    {"3102aabb", HS_QUIC_FRAME_DATAGRAM, false},
    {"40af0102", HS_QUIC_FRAME_UNKNOWN, true},
};

static hs_result read_bytes(hs_bytes bytes, hs_quic_frame *frame, hs_fault *fault)
{
    hs_reader r;
    hs_reader_init(&r, bytes, fault, NULL);
    return hs_quic_read_frame(&r, frame);
}

static hs_bytes read_hex(const char *hex, hs_quic_frame *frame)
{
    hs_bytes bytes = wire_unhex(hex);
    hs_fault fault;
    assert_int_equal(read_bytes(bytes, frame, &fault), HS_OK);
    return bytes;
}

static void each_type_is_read_and_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        hs_quic_frame frame;
        hs_bytes bytes = read_hex(frames[i].hex, &frame);
        assert_int_equal(frame.kind, frames[i].kind);
        assert_int_equal(frame.bytes.len, bytes.len);
        assert_true(frame.type_is_minimal);
        assert_true(frame.kind == HS_QUIC_FRAME_UNKNOWN || !hs_quic_frame_problem(&frame, NULL));
        uint8_t out[64];
        hs_writer w;
        hs_writer_init(&w, out, sizeof out);
        assert_int_equal(hs_quic_write_frame(&w, &frame), HS_OK);
        assert_bytes(hs_writer_bytes(&w), frames[i].hex);
        for (size_t len = 0; len < bytes.len; len++) {
            hs_writer_init(&w, out, len);
            assert_int_equal(hs_quic_write_frame(&w, &frame), HS_LIMIT);
        }
        wire_free(bytes);
    }
}

static void each_type_cut_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        hs_bytes whole = wire_unhex(frames[i].hex);
        for (size_t len = 0; len < whole.len; len++) {
            hs_bytes cut = wire_copy(hs_bytes_of(whole.data, len));
            hs_quic_frame frame;
            hs_fault fault;
            hs_result result = read_bytes(cut, &frame, &fault);
            /* The last two bytes of an open frame are data. */
            bool is_whole = frames[i].open && len + 2 >= whole.len;
            if (result != (is_whole ? HS_OK : HS_NEED_MORE)) {
                fail_msg("%s in %zu bytes: %s", frames[i].hex, len, hs_result_text(result));
            }
            wire_free(cut);
        }
        wire_free(whole);
    }
}

/* Members by their names, where the round trip would not see two of them exchanged. */
static void members(void **state)
{
    (void)state;
    hs_quic_frame f;
    wire_free(read_hex("030a0000020102407f", &f));
    assert_int_equal(f.ack.largest, 10);
    assert_int_equal(f.ack.first_range, 2);
    assert_true(f.ack.has_ecn);
    assert_int_equal(f.ack.ect0, 1);
    assert_int_equal(f.ack.ect1, 2);
    assert_int_equal(f.ack.ecn_ce, 127);
    wire_free(read_hex("0404410025", &f));
    assert_int_equal(f.reset_stream.stream_id, 4);
    assert_int_equal(f.reset_stream.error, 0x100);
    assert_int_equal(f.reset_stream.final_size, 0x25);
    wire_free(read_hex("05044100", &f));
    assert_int_equal(f.stop_sending.stream_id, 4);
    assert_int_equal(f.stop_sending.error, 0x100);
    hs_bytes bytes = read_hex("0f04410002aabb", &f);
    assert_true(f.stream.fin);
    assert_int_equal(f.stream.stream_id, 4);
    assert_int_equal(f.stream.offset, 0x100);
    assert_bytes(f.stream.data, "aabb");
    wire_free(bytes);
    wire_free(read_hex("110480100000", &f));
    assert_int_equal(f.max_stream_data.stream_id, 4);
    assert_int_equal(f.max_stream_data.maximum, 0x100000);
    wire_free(read_hex("1303", &f));
    assert_true(f.max_streams.unidirectional);
    wire_free(read_hex("164064", &f));
    assert_false(f.max_streams.unidirectional);
    assert_int_equal(f.max_streams.maximum, 100);
    bytes = read_hex("18020104aabbccdd" TOKEN16, &f);
    assert_int_equal(f.new_connection_id.sequence_number, 2);
    assert_int_equal(f.new_connection_id.retire_prior_to, 1);
    assert_bytes(f.new_connection_id.connection_id, "aabbccdd");
    assert_bytes(f.new_connection_id.stateless_reset_token, TOKEN16);
    wire_free(bytes);
    bytes = read_hex("1c0a0602686f", &f);
    assert_int_equal(f.connection_close.error, HS_QUIC_ERROR_PROTOCOL_VIOLATION);
    assert_int_equal(f.connection_close.frame_type, 6);
    assert_true(hs_bytes_are(f.connection_close.reason, "ho"));
    wire_free(bytes);
}

/* The payloads of RFC 9001 A.2 and A.3, which RFC 9369 A has too. */
static void the_sample_payloads(void **state)
{
    (void)state;
    hs_bytes crypto = wire_unhex(QUIC_V1_CLIENT_PAYLOAD);
    uint8_t payload[1162] = {0};
    memcpy(payload, crypto.data, crypto.len);
    hs_fault fault;
    hs_reader r;
    hs_quic_frame frame;
    hs_reader_init(&r, hs_bytes_of(payload, sizeof payload), &fault, NULL);
    assert_int_equal(hs_quic_read_frame(&r, &frame), HS_OK);
    assert_int_equal(frame.kind, HS_QUIC_FRAME_CRYPTO);
    assert_int_equal(frame.crypto.offset, 0);
    assert_int_equal(frame.crypto.data.len, 241);
    assert_int_equal(frame.crypto.data.data[0], 1); /* ClientHello */
    assert_int_equal(hs_quic_read_frame(&r, &frame), HS_OK);
    assert_int_equal(frame.kind, HS_QUIC_FRAME_PADDING);
    assert_int_equal(frame.padding.length, 1162 - 245);
    assert_int_equal(hs_reader_finish(&r), HS_OK);
    wire_free(crypto);

    static const char *const payloads[] = {QUIC_V1_SERVER_PAYLOAD, QUIC_V2_SERVER_PAYLOAD};
    for (size_t i = 0; i < 2; i++) {
        hs_bytes bytes = wire_unhex(payloads[i]);
        hs_reader_init(&r, bytes, &fault, NULL);
        assert_int_equal(hs_quic_read_frame(&r, &frame), HS_OK);
        assert_int_equal(frame.kind, HS_QUIC_FRAME_ACK);
        assert_int_equal(frame.ack.largest, 0);
        assert_int_equal(frame.bytes.len, 5);
        assert_int_equal(hs_quic_read_frame(&r, &frame), HS_OK);
        assert_int_equal(frame.kind, HS_QUIC_FRAME_CRYPTO);
        assert_int_equal(frame.crypto.data.len, 90);
        assert_int_equal(hs_reader_finish(&r), HS_OK);
        wire_free(bytes);
    }
}

static void padding_runs(void **state)
{
    (void)state;
    hs_bytes bytes = wire_unhex("0000000001");
    hs_fault fault;
    hs_reader r;
    hs_quic_frame frame;
    hs_reader_init(&r, bytes, &fault, NULL);
    assert_int_equal(hs_quic_read_frame(&r, &frame), HS_OK);
    assert_int_equal(frame.padding.length, 4);
    assert_int_equal(frame.bytes.len, 4);
    uint8_t out[4];
    hs_writer w;
    hs_writer_init(&w, out, sizeof out);
    assert_int_equal(hs_quic_write_frame(&w, &frame), HS_OK);
    assert_bytes(hs_writer_bytes(&w), "00000000");
    assert_int_equal(hs_quic_read_frame(&r, &frame), HS_OK);
    assert_int_equal(frame.kind, HS_QUIC_FRAME_PING);
    wire_free(bytes);
    frame = (hs_quic_frame){.kind = HS_QUIC_FRAME_PADDING, .padding = {.length = UINT64_MAX}};
    assert_int_equal(hs_quic_write_frame(&w, &frame), HS_LIMIT);
}

static void ack_ranges(void **state)
{
    (void)state;
    static const hs_quic_ack_range ranges[] = {{95, 100}, {50, 90}, {48, 48}, {0, 3}};
    hs_quic_ack ack = {.delay = 7, .has_ecn = true, .ect0 = 5};
    uint8_t out[64];
    hs_writer w;
    hs_writer_init(&w, out, sizeof out);
    assert_int_equal(hs_quic_write_ack(&w, &ack, ranges, 4), HS_OK);
    hs_quic_frame frame;
    hs_fault fault;
    assert_int_equal(read_bytes(hs_writer_bytes(&w), &frame, &fault), HS_OK);
    assert_int_equal(frame.ack.range_count, 3);
    assert_int_equal(frame.ack.ect0, 5);
    hs_quic_ack_iterator it = hs_quic_ack_begin(&frame.ack);
    hs_quic_ack_range range;
    for (size_t i = 0; i < 4; i++) {
        assert_true(hs_quic_ack_next(&it, &range));
        assert_int_equal(range.smallest, ranges[i].smallest);
        assert_int_equal(range.largest, ranges[i].largest);
    }
    assert_false(hs_quic_ack_next(&it, &range));

    const hs_quic_ack_range touching[] = {{5, 6}, {3, 4}};
    const hs_quic_ack_range turned[] = {{6, 5}};
    const hs_quic_ack_range ascending[] = {{1, 2}, {5, 6}};
    assert_int_equal(hs_quic_write_ack(&w, &ack, touching, 2), HS_INVALID);
    assert_int_equal(hs_quic_write_ack(&w, &ack, turned, 1), HS_INVALID);
    assert_int_equal(hs_quic_write_ack(&w, &ack, ascending, 2), HS_INVALID);
    assert_int_equal(hs_quic_write_ack(&w, &ack, ranges, 0), HS_INVALID);
}

static void ranges_below_zero_are_malformed(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "0201000002",         /* the first range */
        "020a0001020700",     /* the gap: 8 - 7 - 2 */
        "020a0001020007",     /* the range: 6 to -1 */
        "020a00020200060000", /* a gap at 0 */
        "020a0001"            /* numbers of 62 bits */
        "02ffffffffffffffff"  //
        "ffffffffffffffff",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        hs_bytes bytes = wire_unhex(bad[i]);
        hs_quic_frame frame;
        hs_fault fault;
        hs_result result = read_bytes(bytes, &frame, &fault);
        if (result != HS_MALFORMED) {
            fail_msg("%s: %s", bad[i], hs_result_text(result));
        }
        wire_free(bytes);
    }
    /* A count that no packet could carry ends with the bytes. */
    hs_bytes bytes = wire_unhex("020affffffffffffffffff00");
    hs_quic_frame frame;
    hs_fault fault;
    assert_int_equal(read_bytes(bytes, &frame, &fault), HS_NEED_MORE);
    wire_free(bytes);
}

static void what_the_rfc_forbids_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        const char *problem;
        uint64_t error;
    } bad[] = {
        {"40af", "the type is unknown", HS_QUIC_ERROR_FRAME_ENCODING_ERROR},
        {"4001", "the type is not in its shortest encoding", HS_QUIC_ERROR_PROTOCOL_VIOLATION},
        {"06ffffffffffffffff01aa", "the data ends beyond offset 2^62-1",
         HS_QUIC_ERROR_FRAME_ENCODING_ERROR},
        {"0e00ffffffffffffffff01aa", "the data ends beyond offset 2^62-1",
         HS_QUIC_ERROR_FRAME_ENCODING_ERROR},
        {"0700", "the token is empty", HS_QUIC_ERROR_FRAME_ENCODING_ERROR},
        {"12d000000000000001", "the number of streams is above 2^60",
         HS_QUIC_ERROR_FRAME_ENCODING_ERROR},
        {"17d000000000000001", "the number of streams is above 2^60",
         HS_QUIC_ERROR_FRAME_ENCODING_ERROR},
        {"18010000" TOKEN16, "the connection ID has not 1 to 20 bytes",
         HS_QUIC_ERROR_FRAME_ENCODING_ERROR},
        {"18010015000102030405060708090a0b0c0d0e0f1011121314" TOKEN16,
         "the connection ID has not 1 to 20 bytes", HS_QUIC_ERROR_FRAME_ENCODING_ERROR},
        {"18010201aa" TOKEN16, "Retire Prior To is above the sequence number",
         HS_QUIC_ERROR_FRAME_ENCODING_ERROR},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        hs_quic_frame frame;
        uint64_t error = 0;
        hs_bytes bytes = read_hex(bad[i].hex, &frame);
        const char *problem = hs_quic_frame_problem(&frame, &error);
        assert_non_null(problem);
        assert_string_equal(problem, bad[i].problem);
        assert_int_equal(error, bad[i].error);
        wire_free(bytes);
    }
    /* The largest of each that may be. */
    static const char *const good[] = {"06fffffffffffffffe01aa", "12d000000000000000",
                                       ("18010101aa" TOKEN16)};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        hs_quic_frame frame;
        wire_free(read_hex(good[i], &frame));
        assert_null(hs_quic_frame_problem(&frame, NULL));
    }
}

static void an_unknown_type_ends_the_payload(void **state)
{
    (void)state;
    hs_bytes bytes = wire_unhex("0140af010203");
    hs_fault fault;
    hs_reader r;
    hs_quic_frame frame;
    hs_reader_init(&r, bytes, &fault, NULL);
    assert_int_equal(hs_quic_read_frame(&r, &frame), HS_OK);
    assert_int_equal(hs_quic_read_frame(&r, &frame), HS_OK);
    assert_int_equal(frame.kind, HS_QUIC_FRAME_UNKNOWN);
    assert_int_equal(frame.type, 0xaf);
    assert_bytes(frame.unknown.data, "010203");
    assert_int_equal(hs_reader_left(&r), 0);
    wire_free(bytes);
}

static void frames_that_cannot_be_written(void **state)
{
    (void)state;
    static const uint8_t some[300] = {0};
    const hs_quic_frame bad[] = {
        {.kind = HS_QUIC_FRAME_PING, .type = HS_QUIC_CRYPTO},
        {.kind = HS_QUIC_FRAME_UNKNOWN, .type = HS_QUIC_PING},
        {.kind = HS_QUIC_FRAME_PADDING},
        {.kind = HS_QUIC_FRAME_STREAM, .type = HS_QUIC_STREAM, .stream = {.offset = 1}},
        {.kind = HS_QUIC_FRAME_PATH_CHALLENGE,
         .type = HS_QUIC_PATH_CHALLENGE,
         .path = {.data = {some, 7}}},
        {.kind = HS_QUIC_FRAME_NEW_CONNECTION_ID,
         .type = HS_QUIC_NEW_CONNECTION_ID,
         .new_connection_id = {.stateless_reset_token = {some, 15}}},
        {.kind = HS_QUIC_FRAME_NEW_CONNECTION_ID,
         .type = HS_QUIC_NEW_CONNECTION_ID,
         .new_connection_id = {.connection_id = {some, 256}, .stateless_reset_token = {some, 16}}},
        {.kind = HS_QUIC_FRAME_ACK, .type = HS_QUIC_ACK, .ack = {.first_range = 1}},
        {.kind = HS_QUIC_FRAME_ACK, .type = HS_QUIC_ACK, .ack = {.range_count = 1}},
        {.kind = HS_QUIC_FRAME_ACK, .type = HS_QUIC_ACK, .ack = {.ranges = {some, 2}}},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t out[400];
        hs_writer w;
        hs_writer_init(&w, out, sizeof out);
        assert_int_equal(hs_quic_write_frame(&w, &bad[i]), HS_INVALID);
    }
    uint8_t out[16];
    hs_writer w;
    hs_writer_init(&w, out, sizeof out);
    hs_quic_frame large = {.kind = HS_QUIC_FRAME_MAX_DATA,
                           .type = HS_QUIC_MAX_DATA,
                           .max_data = {.maximum = UINT64_C(1) << 62}};
    assert_int_equal(hs_quic_write_frame(&w, &large), HS_LIMIT);
}

/* RFC 9000 12.4, table 3. */
static void where_frames_may_be(void **state)
{
    (void)state;
    static const struct {
        uint64_t type;
        const char *packets;
        bool elicits;
    } rows[] = {
        {0x00, "IH01", false}, {0x01, "IH01", true}, {0x02, "IH_1", false}, {0x03, "IH_1", false},
        {0x04, "__01", true},  {0x05, "__01", true}, {0x06, "IH_1", true},  {0x07, "___1", true},
        {0x08, "__01", true},  {0x0f, "__01", true}, {0x10, "__01", true},  {0x11, "__01", true},
        {0x12, "__01", true},  {0x13, "__01", true}, {0x14, "__01", true},  {0x15, "__01", true},
        {0x16, "__01", true},  {0x17, "__01", true}, {0x18, "__01", true},  {0x19, "__01", true},
        {0x1a, "__01", true},  {0x1b, "___1", true}, {0x1c, "IH01", false}, {0x1d, "__01", false},
        {0x1e, "___1", true},  {0x30, "__01", true}, {0x31, "__01", true},
    };
    static const hs_quic_packet_type packets[] = {HS_QUIC_INITIAL, HS_QUIC_HANDSHAKE, HS_QUIC_0RTT,
                                                  HS_QUIC_1RTT};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t p = 0; p < 4; p++) {
            assert_int_equal(hs_quic_frame_is_allowed(rows[i].type, packets[p]),
                             rows[i].packets[p] != '_');
        }
        assert_false(hs_quic_frame_is_allowed(rows[i].type, HS_QUIC_RETRY));
        assert_int_equal(hs_quic_frame_elicits_ack(rows[i].type), rows[i].elicits);
        assert_non_null(hs_quic_frame_name(rows[i].type));
    }
    assert_true(hs_quic_frame_is_allowed(0xaf, HS_QUIC_INITIAL));
    assert_true(hs_quic_frame_elicits_ack(0xaf));
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(hs_quic_frame_name(0x0b), "STREAM");
    assert_string_equal(hs_quic_frame_name(0x1d), "CONNECTION_CLOSE");
    assert_string_equal(hs_quic_frame_name(0x18), "NEW_CONNECTION_ID");
    assert_null(hs_quic_frame_name(0x1f));
    assert_null(hs_quic_frame_name(0x32));
    char text[HS_QUIC_ERROR_TEXT_SIZE];
    assert_string_equal(hs_quic_error_text(0x0a, text), "PROTOCOL_VIOLATION");
    assert_string_equal(hs_quic_error_text(0x11, text), "VERSION_NEGOTIATION_ERROR");
    assert_string_equal(hs_quic_error_text(0x178, text), "CRYPTO_ERROR (no_application_protocol)");
    assert_string_equal(hs_quic_error_text(0x1fe, text), "CRYPTO_ERROR (alert 254)");
    assert_string_equal(hs_quic_error_text(UINT64_MAX, text), "0xffffffffffffffff");
    assert_string_equal(hs_quic_error_text(0x200, text), "0x200");
    assert_string_equal(hs_quic_error_name(0x128), "CRYPTO_ERROR");
    assert_null(hs_quic_error_name(0xff));
    uint8_t alert = 0;
    assert_true(hs_quic_error_alert(0x128, &alert));
    assert_int_equal(alert, 40);
    assert_false(hs_quic_error_alert(0x28, &alert));
}

static void notes_group_each_frame(void **state)
{
    (void)state;
    hs_bytes bytes = wire_unhex("0000001c0a0602686f");
    hs_note items[32];
    hs_notes notes = {.items = items, .capacity = 32};
    hs_fault fault;
    hs_reader r;
    hs_quic_frame frame;
    hs_reader_init(&r, bytes, &fault, &notes);
    while (hs_reader_left(&r) > 0) {
        assert_int_equal(hs_quic_read_frame(&r, &frame), HS_OK);
    }
    assert_int_equal(notes.count, 9);
    assert_string_equal(items[0].field, "PADDING");
    assert_int_equal(items[0].length, 3);
    assert_string_equal(items[3].field, "CONNECTION_CLOSE");
    assert_int_equal(items[3].offset, 3);
    assert_int_equal(items[3].length, 6);
    assert_string_equal(items[5].field, "Error Code");
    assert_string_equal(items[5].meaning, "PROTOCOL_VIOLATION");
    assert_string_equal(items[6].meaning, "CRYPTO");
    assert_int_equal(items[6].depth, 1);
    wire_free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_type_is_read_and_written),
        cmocka_unit_test(each_type_cut_anywhere),
        cmocka_unit_test(members),
        cmocka_unit_test(the_sample_payloads),
        cmocka_unit_test(padding_runs),
        cmocka_unit_test(ack_ranges),
        cmocka_unit_test(ranges_below_zero_are_malformed),
        cmocka_unit_test(what_the_rfc_forbids_is_told),
        cmocka_unit_test(an_unknown_type_ends_the_payload),
        cmocka_unit_test(frames_that_cannot_be_written),
        cmocka_unit_test(where_frames_may_be),
        cmocka_unit_test(names),
        cmocka_unit_test(notes_group_each_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
