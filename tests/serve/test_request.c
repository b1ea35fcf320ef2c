#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "serve/request.h"

static hs_bytes text(const char *of)
{
    return hs_bytes_of(of, strlen(of));
}

static hs_result read_one(const char *request, hs_http1_head *head, hs_request_stream *stream)
{
    const char *why;
    hs_request_stream_init(stream);
    assert_int_equal(hs_request_stream_add(stream, text(request)), HS_OK);
    return hs_request_stream_next(stream, head, &why);
}

/* The status that refuses it; 0: none. */
static int status_of(const char *request, bool is_early)
{
    hs_http1_head head;
    hs_request_stream stream;
    const char *why;
    assert_int_equal(read_one(request, &head, &stream), HS_OK);
    int status = hs_request_check(&head, is_early, &why);
    hs_request_stream_free(&stream);
    return status;
}

static bool keeps_alive(const char *request)
{
    hs_http1_head head;
    hs_request_stream stream;
    assert_int_equal(read_one(request, &head, &stream), HS_OK);
    bool keeps = hs_request_keeps_alive(&head);
    hs_request_stream_free(&stream);
    return keeps;
}

static void pipelined_requests_come_one_by_one(void **state)
{
    (void)state;
    hs_http1_head head;
    hs_request_stream stream;
    const char *why;
    assert_int_equal(
        read_one("GET /a HTTP/1.1\r\nHost: x\r\n\r\n\r\nGET /b HTTP/1.1\r\n\r\nGE", &head, &stream),
        HS_OK);
    assert_true(hs_bytes_are(head.target, "/a"));
    hs_request_stream_consume(&stream, head.len);
    assert_int_equal(hs_request_stream_next(&stream, &head, &why), HS_OK);
    assert_true(hs_bytes_are(head.target, "/b"));
    hs_request_stream_consume(&stream, head.len);
    assert_int_equal(hs_request_stream_next(&stream, &head, &why), HS_NEED_MORE);
    hs_request_stream_free(&stream);
}

static void byte_by_byte_is_the_same(void **state)
{
    (void)state;
    static const char request[] = "\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    hs_http1_head head;
    hs_request_stream stream;
    const char *why;
    hs_request_stream_init(&stream);
    for (size_t i = 0; request[i] != '\0'; i++) {
        assert_int_equal(hs_request_stream_add(&stream, hs_bytes_of(&request[i], 1)), HS_OK);
        assert_int_equal(hs_request_stream_next(&stream, &head, &why),
                         request[i + 1] == '\0' ? HS_OK : HS_NEED_MORE);
    }
    hs_request_stream_free(&stream);
}

static void garbage_is_known_at_once(void **state)
{
    (void)state;
    hs_http1_head head;
    hs_request_stream stream;
    assert_int_equal(read_one("\x16\x03\x01\x02", &head, &stream), HS_MALFORMED);
    hs_request_stream_free(&stream);
}

static void a_long_head_has_an_end(void **state)
{
    (void)state;
    hs_http1_head head;
    hs_request_stream stream;
    const char *why;
    hs_request_stream_init(&stream);
    assert_int_equal(hs_request_stream_add(&stream, text("GET / HTTP/1.1\r\nX: ")), HS_OK);
    char chunk[1024];
    memset(chunk, 'a', sizeof chunk);
    hs_result result = HS_NEED_MORE;
    size_t fed = 0;
    while (result == HS_NEED_MORE) {
        assert_int_equal(hs_request_stream_add(&stream, hs_bytes_of(chunk, sizeof chunk)), HS_OK);
        fed += sizeof chunk;
        result = hs_request_stream_next(&stream, &head, &why);
    }
    assert_int_equal(result, HS_LIMIT);
    assert_true(fed > HS_HTTP1_HEAD_MAX - 1024 && fed < HS_HTTP1_HEAD_MAX + 2048);
    hs_request_stream_free(&stream);
}

static void paths_are_found_in_targets(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"/", "/"},
        {"/json?x=1", "/json"},
        {"/a//b?c?d", "/a//b"},
        {"http://host/x?y", "/x"},
        {"https://host", "/"},
        {"*", "*"},
        {"host:443", "host:443"},
        {"/redirect?to=http://a/b", "/redirect"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(hs_bytes_are(hs_request_path(text(rows[i][0])), rows[i][1]));
    }
    assert_int_equal(hs_request_path((hs_bytes){NULL, 0}).len, 0);
}

static void requests_are_checked(void **state)
{
    (void)state;
    assert_int_equal(status_of("GET / HTTP/1.1\r\nHost: a\r\n\r\n", false), 0);
    assert_int_equal(status_of("GET / HTTP/1.0\r\n\r\n", false), 0);
    assert_int_equal(status_of("GET / HTTP/1.1\r\n\r\n", false), 400);
    assert_int_equal(status_of("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", false), 400);
    assert_int_equal(status_of("PRI * HTTP/2.0\r\n\r\n", false), 505);
    assert_int_equal(status_of("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n",
                               false),
                     400);
}

static void unsafe_early_data_is_refused(void **state)
{
    (void)state;
    assert_int_equal(status_of("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true), 0);
    assert_int_equal(status_of("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", true), 0);
    assert_int_equal(status_of("POST / HTTP/1.1\r\nHost: a\r\n\r\n", true), 425);
    assert_int_equal(status_of("POST / HTTP/1.1\r\nHost: a\r\n\r\n", false), 0);
    assert_int_equal(status_of("DELETE / HTTP/1.1\r\nHost: a\r\nEarly-Data: 1\r\n\r\n", false),
                     425);
}

static void connections_are_kept_as_rfc_9112_says(void **state)
{
    (void)state;
    assert_true(keeps_alive("GET / HTTP/1.1\r\n\r\n"));
    assert_false(keeps_alive("GET / HTTP/1.1\r\nConnection: x, Close\r\n\r\n"));
    assert_false(keeps_alive("GET / HTTP/1.0\r\n\r\n"));
    assert_true(keeps_alive("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    assert_false(keeps_alive("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n"));
    assert_true(keeps_alive("POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pipelined_requests_come_one_by_one),
        cmocka_unit_test(byte_by_byte_is_the_same),
        cmocka_unit_test(garbage_is_known_at_once),
        cmocka_unit_test(a_long_head_has_an_end),
        cmocka_unit_test(paths_are_found_in_targets),
        cmocka_unit_test(requests_are_checked),
        cmocka_unit_test(unsafe_early_data_is_refused),
        cmocka_unit_test(connections_are_kept_as_rfc_9112_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
