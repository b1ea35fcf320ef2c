/* WebSocket frames against the examples of RFC 6455 5.7 and 1.3, and every rule of its section 5.
 */
#include "../cmocka_headers.h"

#include <string.h>

#include "secrets/websocket_accept.h"
#include "wire/websocket.h"

static hs_result read_header(hs_bytes bytes, hs_websocket_frame *frame)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, bytes, &fault, NULL);
    return hs_websocket_read_header(&r, frame);
}

/* RFC 6455 5.7 */
static const struct {
    uint8_t bytes[14];
    size_t len; /* of the header */
    hs_websocket_frame frame;
} examples[] = {
    {{0x81, 0x05}, 2, {.fin = true, .opcode = 1, .payload_len = 5}},
    {{0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d},
     6,
     {.fin = true,
      .opcode = 1,
      .is_masked = true,
      .mask = {0x37, 0xfa, 0x21, 0x3d},
      .payload_len = 5}},
    {{0x01, 0x03}, 2, {.opcode = 1, .payload_len = 3}},
    {{0x80, 0x02}, 2, {.fin = true, .opcode = 0, .payload_len = 2}},
    {{0x89, 0x05}, 2, {.fin = true, .opcode = 9, .payload_len = 5}},
    {{0x82, 0x7e, 0x01, 0x00}, 4, {.fin = true, .opcode = 2, .payload_len = 256}},
    {{0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0}, 10, {.fin = true, .opcode = 2, .payload_len = 65536}},
    {{0xf1, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4},
     14,
     {.fin = true,
      .rsv = 7,
      .opcode = 1,
      .is_masked = true,
      .mask = {1, 2, 3, 4},
      .payload_len = INT64_MAX}},
};

static void the_examples_are_read_and_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        const hs_websocket_frame *expected = &examples[i].frame;
        hs_websocket_frame frame;
        assert_int_equal(read_header(hs_bytes_of(examples[i].bytes, examples[i].len), &frame),
                         HS_OK);
        assert_int_equal(frame.fin, expected->fin);
        assert_int_equal(frame.rsv, expected->rsv);
        assert_int_equal(frame.opcode, expected->opcode);
        assert_int_equal(frame.is_masked, expected->is_masked);
        assert_memory_equal(frame.mask, expected->mask, 4);
        assert_true(frame.payload_len == expected->payload_len);
        assert_int_equal(frame.header_len, examples[i].len);
        assert_false(frame.is_long_form);

        uint8_t out[HS_WEBSOCKET_HEADER_MAX];
        hs_writer w;
        hs_writer_init(&w, out, sizeof out);
        assert_int_equal(hs_websocket_write_header(&w, expected), HS_OK);
        assert_int_equal(w.len, examples[i].len);
        assert_memory_equal(out, examples[i].bytes, w.len);
        for (size_t len = 0; len < examples[i].len; len++) {
            assert_int_equal(read_header(hs_bytes_of(examples[i].bytes, len), &frame),
                             HS_NEED_MORE);
            hs_writer_init(&w, out, len);
            assert_int_equal(hs_websocket_write_header(&w, expected), HS_LIMIT);
        }
    }
}

static void the_masked_example_is_unmasked(void **state)
{
    (void)state;
    const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    uint8_t payload[] = {0x7f, 0x9f, 0x4d, 0x51, 0x58};
    hs_websocket_mask(payload, 3, mask, 0);
    hs_websocket_mask(payload + 3, 2, mask, 3);
    assert_memory_equal(payload, "Hello", 5);
}

static void the_length_has_63_bits(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0x82, 0x7f, 0x80, 0, 0, 0, 0, 0, 0, 0};
    hs_websocket_frame frame;
    assert_int_equal(read_header(hs_bytes_of(bytes, sizeof bytes), &frame), HS_MALFORMED);
    uint8_t out[HS_WEBSOCKET_HEADER_MAX];
    hs_writer w;
    hs_writer_init(&w, out, sizeof out);
    frame = (hs_websocket_frame){.payload_len = UINT64_C(1) << 63};
    assert_int_equal(hs_websocket_write_header(&w, &frame), HS_INVALID);
    frame = (hs_websocket_frame){.opcode = 16};
    assert_int_equal(hs_websocket_write_header(&w, &frame), HS_INVALID);
}

static void lengths_may_be_longer_than_needed(void **state)
{
    (void)state;
    static const uint8_t rows[][10] = {{0x82, 0x7e, 0, 125},
                                       {0x82, 0x7f, 0, 0, 0, 0, 0, 0, 0xff, 0xff}};
    for (size_t i = 0; i < 2; i++) {
        hs_websocket_frame frame;
        assert_int_equal(read_header(hs_bytes_of(rows[i], 10), &frame), HS_OK);
        assert_true(frame.is_long_form);
        assert_non_null(hs_websocket_frame_problem(&frame, false, 0));
    }
}

static void what_the_rfc_forbids_is_told(void **state)
{
    (void)state;
    static const struct {
        hs_websocket_frame frame;
        bool from_client;
        uint8_t rsv_allowed;
        const char *problem;
    } rows[] = {
        {{.fin = true, .opcode = 1, .is_masked = true}, true, 0, NULL},
        {{.fin = true, .opcode = 1}, false, 0, NULL},
        {{.fin = false, .opcode = 0}, false, 0, NULL},
        {{.fin = true, .opcode = 10, .payload_len = 125}, false, 0, NULL},
        {{.fin = true, .opcode = 1, .rsv = 4}, false, 4, NULL},
        {{.fin = true, .opcode = 3}, false, 0, "the opcode is reserved"},
        {{.fin = true, .opcode = 15}, false, 0, "the opcode is reserved"},
        {{.fin = false, .opcode = 9}, false, 0, "a control frame is fragmented"},
        {{.fin = true, .opcode = 8, .payload_len = 126},
         false,
         0,
         "a control frame is longer than 125 bytes"},
        {{.fin = true, .opcode = 1, .rsv = 6},
         false,
         4,
         "a reserved bit is set that no extension gave a meaning"},
        {{.fin = true, .opcode = 1}, true, 0, "a frame from the client is not masked"},
        {{.fin = true, .opcode = 1, .is_masked = true},
         false,
         0,
         "a frame from the server is masked"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *problem = hs_websocket_frame_problem(&rows[i].frame, rows[i].from_client,
                                                         rows[i].rsv_allowed);
        if (rows[i].problem) {
            assert_non_null(problem);
            assert_string_equal(problem, rows[i].problem);
        } else {
            assert_null(problem);
        }
    }
}

static hs_result read_close(hs_bytes bytes, hs_websocket_close *close)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, bytes, &fault, NULL);
    return hs_websocket_read_close(&r, close);
}

static void close_payloads(void **state)
{
    (void)state;
    uint8_t out[HS_WEBSOCKET_CONTROL_MAX];
    hs_writer w;
    hs_websocket_close close = {.has_code = true, .code = 1001, .reason = hs_bytes_of("bye", 3)};
    hs_writer_init(&w, out, sizeof out);
    assert_int_equal(hs_websocket_write_close(&w, &close), HS_OK);
    assert_memory_equal(out,
                        "\x03\xe9"
                        "bye",
                        5);
    assert_int_equal(read_close(hs_writer_bytes(&w), &close), HS_OK);
    assert_true(close.has_code);
    assert_int_equal(close.code, 1001);
    assert_true(hs_bytes_are(close.reason, "bye"));
    assert_int_equal(read_close(hs_bytes_of(out, 0), &close), HS_OK);
    assert_false(close.has_code);
    assert_int_equal(read_close(hs_bytes_of(out, 1), &close), HS_NEED_MORE);
    assert_int_equal(read_close(hs_bytes_of(out, 2), &close), HS_OK);
    assert_int_equal(close.reason.len, 0);

    uint8_t text[HS_WEBSOCKET_CONTROL_MAX] = {0};
    hs_writer_init(&w, out, sizeof out);
    close = (hs_websocket_close){.has_code = true, .reason = {text, 124}};
    assert_int_equal(hs_websocket_write_close(&w, &close), HS_INVALID);
    close.reason.len = 123;
    assert_int_equal(hs_websocket_write_close(&w, &close), HS_OK);
    close = (hs_websocket_close){.reason = {text, 1}};
    assert_int_equal(hs_websocket_write_close(&w, &close), HS_INVALID);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(hs_websocket_opcode_name(0), "continuation");
    assert_string_equal(hs_websocket_opcode_name(10), "pong");
    assert_string_equal(hs_websocket_opcode_name(11), "unknown");
    assert_string_equal(hs_websocket_close_name(1000), "Normal Closure");
    assert_string_equal(hs_websocket_close_name(1004), "unknown");
}

/* RFC 6455 1.3 */
static void the_accept_value_of_the_rfc(void **state)
{
    (void)state;
    char out[HS_WEBSOCKET_ACCEPT_SIZE];
    hs_bytes key = hs_bytes_of("dGhlIHNhbXBsZSBub25jZQ==", 24);
    assert_int_equal(hs_websocket_accept(key, out), HS_OK);
    assert_string_equal(out, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    char text[HS_WEBSOCKET_KEY_SIZE];
    assert_string_equal(hs_websocket_key_text((const uint8_t *)"the sample nonce", text),
                        "dGhlIHNhbXBsZSBub25jZQ==");
    assert_true(hs_websocket_key_is_valid(key));
}

static void keys_are_base64_of_16_bytes(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ==A",
                                      "dGhlIHNhbXBsZSBub25jZQAA", "dGhlIHNhbXBsZSBub25j!Q=="};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(hs_websocket_key_is_valid(hs_bytes_of(bad[i], strlen(bad[i]))));
    }
}

static void heads_that_upgrade(void **state)
{
    (void)state;
    static const struct {
        const char *upgrade;
        const char *connection;
        bool is_right;
    } rows[] = {
        {"websocket", "Upgrade", true},      {"WebSocket", "keep-alive, upgrade", true},
        {"h2c, websocket", "upgrade", true}, {"websocket", "keep-alive", false},
        {"h2c", "Upgrade", false},           {"websockets", "Upgrade", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hs_http1_head head;
        hs_http1_response_init(&head, 101, NULL);
        assert_false(hs_websocket_head_upgrades(&head));
        assert_int_equal(hs_http1_add_field(&head, "Upgrade", rows[i].upgrade), HS_OK);
        assert_int_equal(hs_http1_add_field(&head, "Connection", rows[i].connection), HS_OK);
        assert_int_equal(hs_websocket_head_upgrades(&head), rows[i].is_right);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_are_read_and_written),
        cmocka_unit_test(the_masked_example_is_unmasked),
        cmocka_unit_test(the_length_has_63_bits),
        cmocka_unit_test(lengths_may_be_longer_than_needed),
        cmocka_unit_test(what_the_rfc_forbids_is_told),
        cmocka_unit_test(close_payloads),
        cmocka_unit_test(names),
        cmocka_unit_test(the_accept_value_of_the_rfc),
        cmocka_unit_test(keys_are_base64_of_16_bytes),
        cmocka_unit_test(heads_that_upgrade),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
