/* HTTP/3: stream headers and frames as bytes and as structs, cut anywhere, what cannot be, and the
 * names of the registries. */
#include "quic_support.h"
#include "wire/http3_frame.h"

/* A frame of each type, with the members that it is read to. */
static const struct {
    const char *hex;
    uint64_t type;
    uint64_t id;
    const char *content;
} frames[] = {
    {"0003aabbcc", HS_HTTP3_DATA, 0, "aabbcc"},
    {"0000", HS_HTTP3_DATA, 0, ""},
    {"01040000d1d7", HS_HTTP3_HEADERS, 0, "0000d1d7"},
    {"03024064", HS_HTTP3_CANCEL_PUSH, 100, ""},
    {"04060150000740c8", HS_HTTP3_SETTINGS, 0, "0150000740c8"},
    {"0400", HS_HTTP3_SETTINGS, 0, ""},
    {"0504070000d1", HS_HTTP3_PUSH_PROMISE, 7, "0000d1"},
    {"070104", HS_HTTP3_GOAWAY, 4, ""},
    {"0c0b000968747470733a2f2f61", HS_HTTP3_ORIGIN, 0, "000968747470733a2f2f61"},
    {"0d0108", HS_HTTP3_MAX_PUSH_ID, 8, ""},
    {"800f07000404753d31", HS_HTTP3_PRIORITY_UPDATE, 4, "753d31"},
    {"800f0701020175", HS_HTTP3_PRIORITY_UPDATE_PUSH, 1, "75"},
    {"2103aabbcc", 0x21, 0, "aabbcc"},
    {"c0abcdef0123456700", 0xabcdef01234567, 0, ""},
};

static hs_result read_bytes(hs_bytes bytes, hs_http3_frame *frame, hs_fault *fault)
{
    hs_reader r;
    hs_reader_init(&r, bytes, fault, NULL);
    return hs_http3_read_frame(&r, frame);
}

static void each_type_is_read_and_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        hs_bytes bytes = wire_unhex(frames[i].hex);
        hs_http3_frame frame;
        hs_fault fault;
        assert_int_equal(read_bytes(bytes, &frame, &fault), HS_OK);
        assert_true(frame.header.type == frames[i].type);
        assert_int_equal(frame.id, frames[i].id);
        assert_bytes(frame.content, frames[i].content);
        assert_null(hs_http3_frame_problem(&frame, NULL));
        frame.header.length = 0; /* computed */
        uint8_t out[64];
        hs_writer w;
        hs_writer_init(&w, out, sizeof out);
        assert_int_equal(hs_http3_write_frame(&w, &frame), HS_OK);
        assert_bytes(hs_writer_bytes(&w), frames[i].hex);
        for (size_t len = 0; len < bytes.len; len++) {
            hs_writer_init(&w, out, len);
            assert_int_equal(hs_http3_write_frame(&w, &frame), HS_LIMIT);
            hs_bytes cut = wire_copy(hs_bytes_of(bytes.data, len));
            assert_int_equal(read_bytes(cut, &frame, &fault), HS_NEED_MORE);
            wire_free(cut);
            assert_int_equal(read_bytes(bytes, &frame, &fault), HS_OK);
        }
        wire_free(bytes);
    }
}

/* RFC 9114 7.1: a payload has the fields of its type, no less and no more. */
static void lengths_that_cannot_be(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "0300",         /* CANCEL_PUSH without a push ID */
        "030140",       /* cut */
        "03020102",     /* and with a byte more */
        "040101",       /* SETTINGS: an identifier alone */
        "04020140",     /* a value that is cut */
        "0403010240",   /* an identifier that is cut */
        "0500",         /* PUSH_PROMISE without a push ID */
        "0700",         /* GOAWAY */
        "07020405",     //
        "0d00",         /* MAX_PUSH_ID */
        "0d020101",     //
        "0c0200ff",     /* ORIGIN: an entry that is cut */
        "0c0100",       //
        "800f070000",   /* PRIORITY_UPDATE without an element */
        "800f07010140", //
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        hs_bytes bytes = wire_unhex(bad[i]);
        hs_http3_frame frame;
        hs_fault fault;
        hs_result result = read_bytes(bytes, &frame, &fault);
        if (result != HS_MALFORMED) {
            fail_msg("%s: %s", bad[i], hs_result_text(result));
        }
        wire_free(bytes);
    }
    hs_bytes bytes = wire_unhex("00ffffffffffffffffaa");
    hs_http3_frame frame;
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
        {"0200", "a frame of HTTP/2 that HTTP/3 has not", HS_HTTP3_ERROR_FRAME_UNEXPECTED},
        {"0600", "a frame of HTTP/2 that HTTP/3 has not", HS_HTTP3_ERROR_FRAME_UNEXPECTED},
        {"0800", "a frame of HTTP/2 that HTTP/3 has not", HS_HTTP3_ERROR_FRAME_UNEXPECTED},
        {"0900", "a frame of HTTP/2 that HTTP/3 has not", HS_HTTP3_ERROR_FRAME_UNEXPECTED},
        {"04020000", "a setting of HTTP/2 that HTTP/3 has not", HS_HTTP3_ERROR_SETTINGS_ERROR},
        {"04020201", "a setting of HTTP/2 that HTTP/3 has not", HS_HTTP3_ERROR_SETTINGS_ERROR},
        {"04020500", "a setting of HTTP/2 that HTTP/3 has not", HS_HTTP3_ERROR_SETTINGS_ERROR},
        {"0406010006000105", "a setting is repeated", HS_HTTP3_ERROR_SETTINGS_ERROR},
        {"04020802", "a setting that is 0 or 1 is neither", HS_HTTP3_ERROR_SETTINGS_ERROR},
        {"04023302", "a setting that is 0 or 1 is neither", HS_HTTP3_ERROR_SETTINGS_ERROR},
        {"800f07000102", "the prioritized element is no request stream", HS_HTTP3_ERROR_ID_ERROR},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        hs_bytes bytes = wire_unhex(bad[i].hex);
        hs_http3_frame frame;
        hs_fault fault;
        assert_int_equal(read_bytes(bytes, &frame, &fault), HS_OK);
        uint64_t error = 0;
        const char *problem = hs_http3_frame_problem(&frame, &error);
        assert_non_null(problem);
        assert_string_equal(problem, bad[i].problem);
        assert_int_equal(error, bad[i].error);
        wire_free(bytes);
    }
}

/* RFC 9114, table 1. */
static void where_frames_may_be(void **state)
{
    (void)state;
    static const struct {
        uint64_t type;
        bool on_control;
        bool on_request;
        bool on_push;
    } rows[] = {
        {HS_HTTP3_DATA, false, true, true},
        {HS_HTTP3_HEADERS, false, true, true},
        {HS_HTTP3_CANCEL_PUSH, true, false, false},
        {HS_HTTP3_SETTINGS, true, false, false},
        {HS_HTTP3_PUSH_PROMISE, false, true, false},
        {HS_HTTP3_GOAWAY, true, false, false},
        {HS_HTTP3_MAX_PUSH_ID, true, false, false},
        {HS_HTTP3_PRIORITY_UPDATE, true, false, false},
        {HS_HTTP3_PRIORITY_UPDATE_PUSH, true, false, false},
        {HS_HTTP3_ORIGIN, true, false, false},
        {0x21, true, true, true},
        {0x02, false, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t type = rows[i].type;
        assert_int_equal(hs_http3_frame_is_allowed(type, HS_HTTP3_ON_CONTROL), rows[i].on_control);
        assert_int_equal(hs_http3_frame_is_allowed(type, HS_HTTP3_ON_REQUEST), rows[i].on_request);
        assert_int_equal(hs_http3_frame_is_allowed(type, HS_HTTP3_ON_PUSH), rows[i].on_push);
    }
}

static void stream_headers(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        hs_http3_stream_header header;
    } rows[] = {
        {"00", {HS_HTTP3_STREAM_CONTROL, 0}},        {"014064", {HS_HTTP3_STREAM_PUSH, 100}},
        {"02", {HS_HTTP3_STREAM_QPACK_ENCODER, 0}},  {"03", {HS_HTTP3_STREAM_QPACK_DECODER, 0}},
        {"4054", {HS_HTTP3_STREAM_WEBTRANSPORT, 0}}, {"405f", {0x5f, 0}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hs_bytes bytes = wire_unhex(rows[i].hex);
        for (size_t len = 0; len <= bytes.len; len++) {
            hs_bytes cut = wire_copy(hs_bytes_of(bytes.data, len));
            hs_http3_stream_header header;
            hs_fault fault;
            hs_reader r;
            hs_reader_init(&r, cut, &fault, NULL);
            hs_result result = hs_http3_read_stream_header(&r, &header);
            assert_int_equal(result, len < bytes.len ? HS_NEED_MORE : HS_OK);
            if (result == HS_OK) {
                assert_int_equal(header.type, rows[i].header.type);
                assert_int_equal(header.push_id, rows[i].header.push_id);
            }
            wire_free(cut);
        }
        uint8_t out[16];
        hs_writer w;
        hs_writer_init(&w, out, sizeof out);
        assert_int_equal(hs_http3_write_stream_header(&w, &rows[i].header), HS_OK);
        assert_bytes(hs_writer_bytes(&w), rows[i].hex);
        wire_free(bytes);
    }
}

/* SETTINGS one by one, and as notes. */
static void settings_one_by_one(void **state)
{
    (void)state;
    const hs_http3_setting sent[] = {{HS_HTTP3_SETTING_QPACK_MAX_TABLE_CAPACITY, 4096},
                                     {HS_HTTP3_SETTING_QPACK_BLOCKED_STREAMS, 100},
                                     {0x1f * UINT64_C(5) + 0x21, 9}};
    uint8_t out[64];
    hs_writer w;
    hs_writer_init(&w, out, sizeof out);
    assert_int_equal(hs_http3_write_settings(&w, sent, 3), HS_OK);
    hs_http3_frame frame;
    hs_fault fault;
    hs_note items[16];
    hs_notes notes = {.items = items, .capacity = 16};
    hs_reader r;
    hs_reader_init(&r, hs_writer_bytes(&w), &fault, &notes);
    assert_int_equal(hs_http3_read_frame(&r, &frame), HS_OK);
    assert_int_equal(hs_reader_finish(&r), HS_OK);
    hs_http3_setting setting;
    for (size_t i = 0; i < 3; i++) {
        assert_true(hs_http3_next_setting(&frame.content, &setting));
        assert_true(setting.id == sent[i].id);
        assert_true(setting.value == sent[i].value);
    }
    assert_false(hs_http3_next_setting(&frame.content, &setting));
    /* frame header, Type, Length, payload, then identifiers and values */
    assert_int_equal(notes.count, 10);
    assert_string_equal(items[1].meaning, "SETTINGS");
    assert_string_equal(items[4].meaning, "QPACK_MAX_TABLE_CAPACITY");
    assert_int_equal(items[5].value, 4096);
    assert_string_equal(items[8].meaning, "GREASE");
    const hs_http3_setting large = {UINT64_C(1) << 62, 0};
    assert_int_equal(hs_http3_write_settings(&w, &large, 1), HS_LIMIT);
}

static void frames_that_cannot_be_written(void **state)
{
    (void)state;
    static const uint8_t some[2] = {0x01, 0x40};
    const hs_http3_frame bad[] = {
        {.header = {.type = HS_HTTP3_GOAWAY}, .content = {some, 1}},
        {.header = {.type = HS_HTTP3_MAX_PUSH_ID}, .content = {some, 1}},
        {.header = {.type = HS_HTTP3_SETTINGS}, .content = {some, 2}},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t out[64];
        hs_writer w;
        hs_writer_init(&w, out, sizeof out);
        assert_int_equal(hs_http3_write_frame(&w, &bad[i]), HS_INVALID);
    }
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(hs_http3_stream_name(0), "control stream");
    assert_string_equal(hs_http3_stream_name(0x21), "GREASE");
    assert_null(hs_http3_stream_name(4));
    assert_string_equal(hs_http3_frame_name(0xf0701), "PRIORITY_UPDATE");
    assert_null(hs_http3_frame_name(2));
    assert_string_equal(hs_http3_setting_name(7), "QPACK_BLOCKED_STREAMS");
    assert_string_equal(hs_http3_setting_name(0x33), "H3_DATAGRAM");
    assert_string_equal(hs_http3_setting_name(0x40), "GREASE");
    assert_null(hs_http3_setting_name(2));
    assert_string_equal(hs_http3_error_name(0x10c), "H3_REQUEST_CANCELLED");
    assert_string_equal(hs_http3_error_name(0x200), "QPACK_DECOMPRESSION_FAILED");
    assert_null(hs_http3_error_name(0x111));
    assert_true(hs_http3_is_reserved(UINT64_C(0x3ffffffffffffffe)));
    assert_false(hs_http3_is_reserved(0x20));
    assert_false(hs_http3_is_reserved(0x02));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_type_is_read_and_written),
        cmocka_unit_test(lengths_that_cannot_be),
        cmocka_unit_test(what_the_rfc_forbids_is_told),
        cmocka_unit_test(where_frames_may_be),
        cmocka_unit_test(stream_headers),
        cmocka_unit_test(settings_one_by_one),
        cmocka_unit_test(frames_that_cannot_be_written),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
