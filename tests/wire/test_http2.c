/* HTTP/2 frames: each type as bytes and as a struct, cut anywhere, and with lengths that cannot be.
 */
#include "../cmocka_headers.h"

#include <string.h>

#include "wire/http2_frame.h"

/* A frame of each type; header length is computed when written. */
static const struct {
    hs_http2_frame frame;
    const char *bytes;
    size_t len;
} rows[] = {
#define BYTES(text) text, sizeof text - 1
#define TEXT(text)                                                                                 \
    {                                                                                              \
        (const uint8_t *)(text), sizeof text - 1                                                   \
    }
    {{.header = {.type = HS_HTTP2_DATA, .flags = HS_HTTP2_FLAG_END_STREAM, .stream_id = 1},
      .content = TEXT("hello")},
     BYTES("\0\0\x05\0\x01\0\0\0\x01hello")},
    {{.header = {.type = HS_HTTP2_DATA, .flags = HS_HTTP2_FLAG_PADDED, .stream_id = 1},
      .has_padding = true,
      .content = TEXT("hi"),
      .padding = TEXT("\0\0\0")},
     BYTES("\0\0\x06\0\x08\0\0\0\x01\x03hi\0\0\0")},
    {{.header = {.type = HS_HTTP2_HEADERS,
                 .flags = HS_HTTP2_FLAG_END_HEADERS | HS_HTTP2_FLAG_PRIORITY,
                 .stream_id = 3},
      .has_priority = true,
      .priority = {.exclusive = true, .dependency = 1, .weight = 15},
      .content = TEXT("\x82")},
     BYTES("\0\0\x06\x01\x24\0\0\0\x03\x80\0\0\x01\x0f\x82")},
    {{.header = {.type = HS_HTTP2_PRIORITY, .stream_id = 5},
      .has_priority = true,
      .priority = {.dependency = 3, .weight = 255}},
     BYTES("\0\0\x05\x02\0\0\0\0\x05\0\0\0\x03\xff")},
    {{.header = {.type = HS_HTTP2_RST_STREAM, .stream_id = 1}, .error = HS_HTTP2_CANCEL},
     BYTES("\0\0\x04\x03\0\0\0\0\x01\0\0\0\x08")},
    {{.header = {.type = HS_HTTP2_SETTINGS}, .content = TEXT("\0\x03\0\0\0\x64\x12\x34\0\0\0\x01")},
     BYTES("\0\0\x0c\x04\0\0\0\0\0\0\x03\0\0\0\x64\x12\x34\0\0\0\x01")},
    {{.header = {.type = HS_HTTP2_PUSH_PROMISE, .flags = HS_HTTP2_FLAG_END_HEADERS, .stream_id = 1},
      .stream_id = 2,
      .content = TEXT("\x84")},
     BYTES("\0\0\x05\x05\x04\0\0\0\x01\0\0\0\x02\x84")},
    {{.header = {.type = HS_HTTP2_PING, .flags = HS_HTTP2_FLAG_ACK}, .content = TEXT("12345678")},
     BYTES("\0\0\x08\x06\x01\0\0\0\0"
           "12345678")},
    {{.header = {.type = HS_HTTP2_GOAWAY},
      .stream_id = 7,
      .error = HS_HTTP2_ENHANCE_YOUR_CALM,
      .content = TEXT("too many")},
     BYTES("\0\0\x10\x07\0\0\0\0\0\0\0\0\x07\0\0\0\x0btoo many")},
    {{.header = {.type = HS_HTTP2_WINDOW_UPDATE},
      .payload_reserved = true,
      .increment = 0x7fffffff},
     BYTES("\0\0\x04\x08\0\0\0\0\0\xff\xff\xff\xff")},
    {{.header = {.type = HS_HTTP2_CONTINUATION, .reserved = true, .stream_id = 0x7fffffff},
      .content = TEXT("\x85")},
     BYTES("\0\0\x01\x09\0\xff\xff\xff\xff\x85")},
    {{.header = {.type = HS_HTTP2_ALTSVC}, .origin = TEXT("http://a"), .content = TEXT("h3")},
     BYTES("\0\0\x0c\x0a\0\0\0\0\0\0\x08http://ah3")},
    {{.header = {.type = HS_HTTP2_ORIGIN},
      .content = TEXT("\0\x01"
                      "a\0\0\0\x02"
                      "bc")},
     BYTES("\0\0\x09\x0c\0\0\0\0\0\0\x01"
           "a\0\0\0\x02"
           "bc")},
    {{.header = {.type = HS_HTTP2_PRIORITY_UPDATE}, .stream_id = 9, .content = TEXT("u=1")},
     BYTES("\0\0\x07\x10\0\0\0\0\0\0\0\0\x09u=1")},
    {{.header = {.type = 0xfa, .flags = 0xff, .stream_id = 11}, .content = TEXT("grease")},
     BYTES("\0\0\x06\xfa\xff\0\0\0\x0bgrease")},
};

static hs_result read_frame(hs_bytes bytes, hs_http2_frame *frame, hs_fault *fault)
{
    hs_reader r;
    hs_reader_init(&r, bytes, fault, NULL);
    return hs_http2_read_frame(&r, frame);
}

static void each_type_is_written_and_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const hs_http2_frame *expected = &rows[i].frame;
        uint8_t out[64];
        hs_writer w;
        hs_writer_init(&w, out, sizeof out);
        assert_int_equal(hs_http2_write_frame(&w, expected), HS_OK);
        assert_int_equal(w.len, rows[i].len);
        assert_memory_equal(out, rows[i].bytes, w.len);

        hs_http2_frame frame;
        hs_fault fault;
        assert_int_equal(read_frame(hs_writer_bytes(&w), &frame, &fault), HS_OK);
        assert_int_equal(frame.header.length, w.len - HS_HTTP2_HEADER_LEN);
        assert_int_equal(frame.header.type, expected->header.type);
        assert_int_equal(frame.header.flags, expected->header.flags);
        assert_int_equal(frame.header.reserved, expected->header.reserved);
        assert_int_equal(frame.header.stream_id, expected->header.stream_id);
        assert_int_equal(frame.has_padding, expected->has_padding);
        assert_int_equal(frame.has_priority, expected->has_priority);
        assert_int_equal(frame.priority.exclusive, expected->priority.exclusive);
        assert_int_equal(frame.priority.dependency, expected->priority.dependency);
        assert_int_equal(frame.priority.weight, expected->priority.weight);
        assert_int_equal(frame.payload_reserved, expected->payload_reserved);
        assert_int_equal(frame.stream_id, expected->stream_id);
        assert_int_equal(frame.error, expected->error);
        assert_int_equal(frame.increment, expected->increment);
        assert_true(hs_bytes_equal(frame.origin, expected->origin));
        assert_true(hs_bytes_equal(frame.content, expected->content));
        assert_true(hs_bytes_equal(frame.padding, expected->padding));
        assert_null(hs_http2_frame_problem(&frame));
        for (size_t len = 0; len < w.len; len++) {
            assert_int_equal(read_frame(hs_bytes_of(out, len), &frame, &fault), HS_NEED_MORE);
            uint8_t small[64];
            hs_writer cut;
            hs_writer_init(&cut, small, len);
            assert_int_equal(hs_http2_write_frame(&cut, expected), HS_LIMIT);
        }
    }
}

/* Every length of every type: with the length field shortened or lengthened, a frame is read whole
 * or is malformed, and never reaches beyond its payload. */
static void each_type_in_any_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (uint8_t length = 0; length < 32; length++) {
            uint8_t bytes[64] = {0};
            memcpy(bytes, rows[i].bytes, rows[i].len);
            bytes[2] = length;
            hs_http2_frame frame;
            hs_fault fault;
            hs_reader r;
            hs_reader_init(&r, hs_bytes_of(bytes, sizeof bytes), &fault, NULL);
            if (hs_http2_read_frame(&r, &frame) == HS_OK) {
                assert_int_equal(r.pos, HS_HTTP2_HEADER_LEN + length);
            } else {
                assert_int_equal(fault.result, HS_MALFORMED);
            }
        }
    }
}

static void lengths_that_cannot_be(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
    } bad[] = {
        {BYTES("\0\0\x01\0\x08\0\0\0\x01\x01")},           /* DATA: padding too long */
        {BYTES("\0\0\0\0\x08\0\0\0\x01")},                 /* DATA: no pad length */
        {BYTES("\0\0\x04\x01\x20\0\0\0\x01\0\0\0\0")},     /* HEADERS: half a priority */
        {BYTES("\0\0\x04\x02\0\0\0\0\x01\0\0\0\0")},       /* PRIORITY of 4 */
        {BYTES("\0\0\x06\x02\0\0\0\0\x01\0\0\0\0\0\0")},   /* PRIORITY of 6 */
        {BYTES("\0\0\x03\x03\0\0\0\0\x01\0\0\0")},         /* RST_STREAM of 3 */
        {BYTES("\0\0\x05\x04\0\0\0\0\0\0\x03\0\0\0")},     /* SETTINGS of 5 */
        {BYTES("\0\0\x07\x04\0\0\0\0\0\0\x03\0\0\0\0\0")}, /* SETTINGS of 7 */
        {BYTES("\0\0\x03\x05\0\0\0\0\x01\0\0\0")},         /* PUSH_PROMISE of 3 */
        {BYTES("\0\0\x07\x06\0\0\0\0\0"
               "1234567")}, /* PING of 7 */
        {BYTES("\0\0\x09\x06\0\0\0\0\0"
               "123456789")}, /* PING of 9 */
        {BYTES("\0\0\x07\x07\0\0\0\0\0"
               "1234567")}, /* GOAWAY of 7 */
        {BYTES("\0\0\x05\x08\0\0\0\0\0"
               "12345")}, /* WINDOW_UPDATE of 5 */
        {BYTES("\0\0\x03\x0a\0\0\0\0\0\0\x02"
               "a")}, /* ALTSVC: origin too long */
        {BYTES("\0\0\x03\x0c\0\0\0\0\0\0\x02"
               "a")}, /* ORIGIN: entry too long */
        {BYTES("\0\0\x03\x10\0\0\0\0\0"
               "123")}, /* PRIORITY_UPDATE of 3 */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        hs_http2_frame frame;
        hs_fault fault;
        assert_int_equal(read_frame(hs_bytes_of(bad[i].bytes, bad[i].len), &frame, &fault),
                         HS_MALFORMED);
        assert_non_null(fault.field);
    }
}

static void what_the_rfc_forbids_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        const char *problem;
    } bad[] = {
        {BYTES("\0\0\0\0\0\0\0\0\0"), "must be on a stream"},
        {BYTES("\0\0\0\x01\0\0\0\0\0"), "must be on a stream"},
        {BYTES("\0\0\0\x04\0\0\0\0\x01"), "must be on stream 0"},
        {BYTES("\0\0\x08\x06\0\0\0\0\x01"
               "12345678"),
         "must be on stream 0"},
        {BYTES("\0\0\x06\x04\x01\0\0\0\0\0\x03\0\0\0\x01"), "an acknowledgement carries settings"},
        {BYTES("\0\0\x06\x04\0\0\0\0\0\0\x02\0\0\0\x02"), "ENABLE_PUSH is neither 0 nor 1"},
        {BYTES("\0\0\x06\x04\0\0\0\0\0\0\x04\x80\0\0\0"), "INITIAL_WINDOW_SIZE is above 2^31-1"},
        {BYTES("\0\0\x06\x04\0\0\0\0\0\0\x05\0\0\x3f\xff"),
         "MAX_FRAME_SIZE is not from 2^14 to 2^24-1"},
        {BYTES("\0\0\x04\x08\0\0\0\0\x01\0\0\0\0"), "the increment is 0"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        hs_http2_frame frame;
        hs_fault fault;
        assert_int_equal(read_frame(hs_bytes_of(bad[i].bytes, bad[i].len), &frame, &fault), HS_OK);
        assert_string_equal(hs_http2_frame_problem(&frame), bad[i].problem);
    }
}

static void frames_that_cannot_be_written(void **state)
{
    (void)state;
    uint8_t out[64];
    static const uint8_t long_padding[256];
    const hs_http2_frame bad[] = {
        {.header = {.type = HS_HTTP2_PING}, .content = TEXT("1234567")},
        {.header = {.type = HS_HTTP2_SETTINGS}, .content = TEXT("12345")},
        {.header = {.type = HS_HTTP2_DATA, .stream_id = UINT32_C(1) << 31}},
        {.header = {.type = HS_HTTP2_DATA}, .padding = TEXT("x")},
        {.header = {.type = HS_HTTP2_DATA, .flags = HS_HTTP2_FLAG_PADDED},
         .padding = {long_padding, 256}},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        hs_writer w;
        hs_writer_init(&w, out, sizeof out);
        assert_int_equal(hs_http2_write_frame(&w, &bad[i]), HS_INVALID);
    }
}

static void settings_one_by_one(void **state)
{
    (void)state;
    const hs_http2_setting settings[] = {{HS_HTTP2_SETTING_ENABLE_PUSH, 0}, {0x1234, 0xfedcba98}};
    uint8_t out[64];
    hs_writer w;
    hs_writer_init(&w, out, sizeof out);
    assert_int_equal(hs_http2_write_settings(&w, settings, 2), HS_OK);
    assert_int_equal(hs_http2_write_settings_ack(&w), HS_OK);
    hs_http2_frame frame;
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, hs_writer_bytes(&w), &fault, NULL);
    assert_int_equal(hs_http2_read_frame(&r, &frame), HS_OK);
    hs_http2_setting setting;
    for (size_t i = 0; i < 2; i++) {
        assert_true(hs_http2_next_setting(&frame.content, &setting));
        assert_int_equal(setting.id, settings[i].id);
        assert_int_equal(setting.value, settings[i].value);
    }
    assert_false(hs_http2_next_setting(&frame.content, &setting));
    assert_int_equal(hs_http2_read_frame(&r, &frame), HS_OK);
    assert_int_equal(frame.header.flags, HS_HTTP2_FLAG_ACK);
    assert_int_equal(frame.content.len, 0);
    assert_int_equal(hs_reader_finish(&r), HS_OK);
    assert_int_equal(hs_http2_write_settings(&w, settings, SIZE_MAX), HS_INVALID);
}

static void origins_one_by_one(void **state)
{
    (void)state;
    hs_bytes content = TEXT("\0\x01"
                            "a\0\0\0\x02"
                            "bc");
    hs_bytes origin;
    assert_true(hs_http2_next_origin(&content, &origin));
    assert_true(hs_bytes_are(origin, "a"));
    assert_true(hs_http2_next_origin(&content, &origin));
    assert_int_equal(origin.len, 0);
    assert_true(hs_http2_next_origin(&content, &origin));
    assert_true(hs_bytes_are(origin, "bc"));
    assert_false(hs_http2_next_origin(&content, &origin));
}

static void the_preface(void **state)
{
    (void)state;
    static const char preface[] = HS_HTTP2_PREFACE;
    hs_fault fault;
    hs_reader r;
    for (size_t len = 0; len < HS_HTTP2_PREFACE_LEN; len++) {
        hs_reader_init(&r, hs_bytes_of(preface, len), &fault, NULL);
        assert_int_equal(hs_http2_read_preface(&r), HS_NEED_MORE);
    }
    hs_reader_init(&r, hs_bytes_of(preface, HS_HTTP2_PREFACE_LEN), &fault, NULL);
    assert_int_equal(hs_http2_read_preface(&r), HS_OK);
    hs_reader_init(&r, hs_bytes_of("PRI * HTTP/1", 12), &fault, NULL);
    assert_int_equal(hs_http2_read_preface(&r), HS_MALFORMED);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(hs_http2_type_name(0), "DATA");
    assert_string_equal(hs_http2_type_name(0x10), "PRIORITY_UPDATE");
    assert_null(hs_http2_type_name(0x0b));
    assert_string_equal(hs_http2_setting_name(8), "ENABLE_CONNECT_PROTOCOL");
    assert_string_equal(hs_http2_setting_name(9), "NO_RFC7540_PRIORITIES");
    assert_null(hs_http2_setting_name(7));
    assert_string_equal(hs_http2_error_name(13), "HTTP_1_1_REQUIRED");
    assert_null(hs_http2_error_name(14));
    uint8_t flags = 0x85;
    assert_string_equal(hs_http2_next_flag(HS_HTTP2_HEADERS, &flags), "END_STREAM");
    assert_string_equal(hs_http2_next_flag(HS_HTTP2_HEADERS, &flags), "END_HEADERS");
    assert_null(hs_http2_next_flag(HS_HTTP2_HEADERS, &flags));
    assert_int_equal(flags, 0x80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_type_is_written_and_read),
        cmocka_unit_test(each_type_in_any_length),
        cmocka_unit_test(lengths_that_cannot_be),
        cmocka_unit_test(what_the_rfc_forbids_is_told),
        cmocka_unit_test(frames_that_cannot_be_written),
        cmocka_unit_test(settings_one_by_one),
        cmocka_unit_test(origins_one_by_one),
        cmocka_unit_test(the_preface),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
