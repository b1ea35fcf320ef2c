/* HTTP/3 as the lab server takes it from clients that break it. The bytes are those of RFC 9114 7
 * and RFC 9204 4, written by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/reader.h"
#include "base/writer.h"
#include "quic_kit.h"
#include "wire/http3.h"

#define BYTES(text) hs_bytes_of(text, sizeof(text) - 1)

/* A control stream (type 0) with empty SETTINGS. */
#define CONTROL "\x00\x04\x00"
/* HEADERS with ":method GET", ":scheme https" and ":path /" of QPACK's static table, and
 * ":authority a". */
#define REQUEST "\x01\x08\x00\x00\xd1\xd7\xc1\x50\x01\x61"

static bool has_fin(const client *c)
{
    return c->fins > 0 || c->is_closed;
}

static bool has_page(const client *c)
{
    hs_bytes data = hs_buffer_bytes(&c->data);
    return data.len > 0 && memmem(data.data, data.len, "Your handshake", 14) != NULL;
}

static void begin(client *c)
{
    quic_meet(c, HS_SERVICE_HTTPS3, "h3");
}

static void expect_close(client *c, uint64_t error)
{
    quic_run_until(c, quic_is_closed);
    assert_int_equal(c->end.kind, HS_QUIC_END_PEER_CLOSE);
    assert_true(c->end.is_application);
    assert_int_equal(c->end.error, error);
    quic_wait_line(NULL, "#1 closed by server (");
    quic_close(c);
}

static void a_request_is_answered(void **state)
{
    (void)state;
    client c;
    begin(&c);
    quic_send(&c, quic_open_stream(&c, false), BYTES(CONTROL), false);
    quic_send(&c, quic_open_stream(&c, true), BYTES(REQUEST), true);
    quic_run_until(&c, has_fin);
    assert_true(has_page(&c));
    quic_wait_line(&c, "#1 GET / 200 ");
    quic_leave(&c);
}

static void a_body_of_a_request_changes_nothing(void **state)
{
    (void)state;
    static uint8_t body[600000];
    client c;
    begin(&c);
    quic_send(&c, quic_open_stream(&c, false), BYTES(CONTROL), false);
    int64_t stream = quic_open_stream(&c, true);
    /* DATA with a length of four bytes (RFC 9000 16): 600000 is 0x927c0. */
    quic_send(&c, stream, BYTES(REQUEST "\x00\x80\x09\x27\xc0"), false);
    c.rest = body;
    c.rest_len = sizeof body;
    quic_put_rest(&c);
    quic_run_until(&c, has_fin);
    assert_true(has_page(&c));
    while (c.rest_len > 0 && !c.is_closed) {
        uv_run(&c.loop, UV_RUN_ONCE);
    }
    assert_false(c.is_closed);
    quic_leave(&c);
}

static void what_breaks_http3_ends_the_connection(void **state)
{
    (void)state;
    static const struct {
        bool bidirectional;
        bool fin;
        const char *bytes;
        size_t len;
        uint64_t error;
    } rows[] = {
#define ROW(bidirectional, fin, text, error)                                                       \
    {bidirectional, fin, text, sizeof(text) - 1, HS_HTTP3_ERROR_##error}
        /* the control stream begins with another frame than SETTINGS */
        ROW(false, false, "\x00\x07\x01\x00", MISSING_SETTINGS),
        /* and never ends */
        ROW(false, true, CONTROL, CLOSED_CRITICAL_STREAM),
        /* HTTP/2's settings */
        ROW(false, false, "\x00\x04\x02\x02\x01", SETTINGS_ERROR),
        /* DATA before HEADERS */
        ROW(true, false, "\x00\x01\x61", FRAME_UNEXPECTED),
        /* a frame that ends with its stream, but too early */
        ROW(true, true, "\x01\x08\x00\x00\xd1", FRAME_ERROR),
        /* PUSH_PROMISE from a client */
        ROW(true, false, "\x05\x01\x00", FRAME_UNEXPECTED),
        /* a field of the dynamic table, of which there is none */
        ROW(true, false, "\x01\x03\x00\x00\x80", QPACK_DECOMPRESSION_FAILED),
        /* a second SETTINGS */
        ROW(false, false, CONTROL "\x04\x00", FRAME_UNEXPECTED),
        /* QPACK's encoder stream: a capacity above what was allowed */
        ROW(false, false, "\x02\x3f\xff\xff\x7f", QPACK_ENCODER_STREAM_ERROR),
        /* a push stream from a client */
        ROW(false, false, "\x01\x00", STREAM_CREATION_ERROR),
#undef ROW
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        client c;
        begin(&c);
        quic_send(&c, quic_open_stream(&c, rows[i].bidirectional),
                  hs_bytes_of(rows[i].bytes, rows[i].len), rows[i].fin);
        expect_close(&c, rows[i].error);
    }
}

static void critical_streams_may_not_be_given_up(void **state)
{
    (void)state;
    client c;
    begin(&c);
    int64_t control = quic_open_stream(&c, false);
    quic_send(&c, control, BYTES(CONTROL), false);
    quic_send(&c, quic_open_stream(&c, true), BYTES(REQUEST), true);
    quic_run_until(&c, has_fin);
    assert_int_equal(hs_quic_session_reset(c.session, control, 0x100), HS_OK);
    expect_close(&c, HS_HTTP3_ERROR_CLOSED_CRITICAL_STREAM);
}

static void a_request_may_be_given_up(void **state)
{
    (void)state;
    client c;
    begin(&c);
    quic_send(&c, quic_open_stream(&c, false), BYTES(CONTROL), false);
    int64_t first = quic_open_stream(&c, true);
    quic_send(&c, first, hs_bytes_of(REQUEST, 4), false);
    quic_flush(&c);
    assert_int_equal(hs_quic_session_reset(c.session, first, HS_HTTP3_ERROR_REQUEST_CANCELLED),
                     HS_OK);
    int64_t second = quic_open_stream(&c, true);
    assert_int_equal(hs_quic_session_stop(c.session, second, HS_HTTP3_ERROR_REQUEST_CANCELLED),
                     HS_OK);
    quic_send(&c, second, BYTES(REQUEST), true);
    quic_flush(&c);
    quic_send(&c, quic_open_stream(&c, true), BYTES(REQUEST), true);
    quic_run_until(&c, has_page);
    assert_true(has_page(&c));
    assert_int_equal(c.stream, 8);
    quic_leave(&c);
}

/* An integer behind a prefix of seven bits that are all ones (RFC 9204 4.1.1, RFC 7541 5.1). */
static void write_long_length(hs_writer *w, size_t length)
{
    for (length -= 127; length >= 128; length >>= 7) {
        hs_write_u8(w, (uint8_t)(length | 128));
    }
    hs_write_u8(w, (uint8_t)length);
}

/* HEADERS of a GET with a path, and fields of a hundred bytes behind it. */
static void send_large_request(client *c, size_t path_len, size_t field_count)
{
    static uint8_t section[200000];
    static uint8_t frame[200000];
    static char text[100000];
    hs_writer fields;
    hs_writer w;
    memset(text, 'x', sizeof text);
    text[0] = '/';
    hs_writer_init(&fields, section, sizeof section);
    hs_write_bytes(&fields, BYTES("\x00\x00\xd1\xd7\x50\x01\x61\x51\x7f"));
    write_long_length(&fields, path_len);
    hs_write_bytes(&fields, hs_bytes_of(text, path_len));
    for (size_t i = 0; i < field_count; i++) {
        hs_write_bytes(&fields, BYTES("\x21\x61\x64")); /* "a", and a hundred bytes */
        hs_write_bytes(&fields, hs_bytes_of(text, 100));
    }
    hs_writer_init(&w, frame, sizeof frame);
    hs_write_varint(&w, HS_HTTP3_HEADERS);
    hs_write_varint(&w, hs_writer_bytes(&fields).len);
    hs_write_bytes(&w, hs_writer_bytes(&fields));
    assert_int_equal(hs_writer_result(&fields), HS_OK);
    assert_int_equal(hs_writer_result(&w), HS_OK);
    quic_send(c, quic_open_stream(c, true), hs_writer_bytes(&w), true);
}

static void fields_that_are_too_large_are_refused(void **state)
{
    (void)state;
    client c;
    begin(&c);
    quic_send(&c, quic_open_stream(&c, false), BYTES(CONTROL), false);
    send_large_request(&c, 2049, 0);
    quic_wait_line(&c, "#1 GET 431 ");
    send_large_request(&c, 2048, 0);
    quic_wait_line(&c, " 404 ");
    send_large_request(&c, 200, 700); /* over 64 KiB */
    quic_wait_line(&c, " on stream 8");
    assert_true(quic_has_line(" 431 "));
    assert_false(has_page(&c));
    quic_send(&c, quic_open_stream(&c, true), BYTES(REQUEST), true);
    quic_run_until(&c, has_page);
    assert_true(has_page(&c));
    quic_leave(&c);
}

/* One field that is longer than any that QPACK's decoder takes. */
static void a_field_without_end_ends_the_connection(void **state)
{
    (void)state;
    client c;
    begin(&c);
    quic_send(&c, quic_open_stream(&c, false), BYTES(CONTROL), false);
    send_large_request(&c, 70000, 0);
    expect_close(&c, HS_HTTP3_ERROR_EXCESSIVE_LOAD);
}

/* A request that waits for the dynamic table gets no more than its window (RFC 9204 2.1.2). */
static void what_waits_for_qpack_is_bounded(void **state)
{
    (void)state;
    enum { WINDOW = 256 << 10, QUEUE = HS_QUIC_STREAM_QUEUE_MAX };
    static uint8_t much[2000000];
    client c;
    begin(&c);
    quic_send(&c, quic_open_stream(&c, false), BYTES(CONTROL), false);
    int64_t stream = quic_open_stream(&c, true);
    /* HEADERS whose required insert count is 1, encoded as 2; then DATA without end. */
    quic_send(&c, stream, BYTES("\x01\x03\x02\x00\x80\x00\x80\x1e\x84\x80"), false);
    c.rest = much;
    c.rest_len = sizeof much;
    quic_put_rest(&c);
    quic_flush(&c);
    uint64_t until = uv_hrtime() + UINT64_C(1000000000);
    while (uv_hrtime() < until) {
        uv_run(&c.loop, UV_RUN_NOWAIT);
        uv_sleep(1);
    }
    assert_false(c.is_closed);
    assert_in_range(c.taken, WINDOW, WINDOW + QUEUE);
    /* Others are answered all the same. */
    quic_send(&c, quic_open_stream(&c, true), BYTES(REQUEST), true);
    quic_run_until(&c, has_page);
    assert_true(has_page(&c));
    quic_leave(&c);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, quic_start_server, quic_stop_server)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_request_is_answered),
        WITH_SERVER(a_body_of_a_request_changes_nothing),
        WITH_SERVER(what_breaks_http3_ends_the_connection),
        WITH_SERVER(critical_streams_may_not_be_given_up),
        WITH_SERVER(a_request_may_be_given_up),
        WITH_SERVER(fields_that_are_too_large_are_refused),
        WITH_SERVER(a_field_without_end_ends_the_connection),
        WITH_SERVER(what_waits_for_qpack_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
