/* HTTP/1.1 heads and bodies: read, written, cut anywhere, and bent in every way that is dangerous.
 */
#include "../cmocka_headers.h"

#include <stdlib.h>
#include <string.h>

#include "wire/http1_body.h"

static hs_bytes text(const char *s)
{
    return hs_bytes_of(s, strlen(s));
}

static hs_result read_head(hs_bytes bytes, hs_http1_kind kind, hs_http1_head *head, hs_fault *fault)
{
    hs_reader r;
    hs_reader_init(&r, bytes, fault, NULL);
    return hs_http1_read_head(&r, kind, head);
}

static const char request_text[] = "GET /chat?x=1 HTTP/1.1\r\n"
                                   "Host: server.example.com\r\n"
                                   "Upgrade: websocket\r\n"
                                   "Connection: keep-alive,  Upgrade \r\n"
                                   "X-Empty:\r\n"
                                   "\r\n";
static const char response_text[] = "HTTP/1.1 101 Switching Protocols\r\n"
                                    "UPGRADE:\twebsocket\t\r\n"
                                    "connection: Upgrade\r\n"
                                    "\r\n"
                                    "what follows";

static void a_request_is_read(void **state)
{
    (void)state;
    hs_http1_head head;
    hs_fault fault;
    assert_int_equal(read_head(text(request_text), HS_HTTP1_REQUEST, &head, &fault), HS_OK);
    assert_true(hs_bytes_are(head.method, "GET"));
    assert_true(hs_bytes_are(head.target, "/chat?x=1"));
    assert_true(hs_bytes_are(head.version, "HTTP/1.1"));
    assert_int_equal(head.field_count, 4);
    assert_int_equal(head.len, strlen(request_text));
    assert_false(head.has_bare_lf);
    assert_true(hs_bytes_are(hs_http1_find(&head, "host")->value, "server.example.com"));
    assert_int_equal(hs_http1_find(&head, "x-empty")->value.len, 0);
    assert_null(hs_http1_find(&head, "Hos"));
    assert_true(hs_http1_has_token(&head, "connection", "upgrade"));
    assert_true(hs_http1_has_token(&head, "connection", "Keep-Alive"));
    assert_false(hs_http1_has_token(&head, "connection", "keep"));
    assert_false(hs_http1_has_token(&head, "upgrade", "h2c"));
}

static void a_response_is_read(void **state)
{
    (void)state;
    hs_http1_head head;
    hs_fault fault;
    assert_int_equal(read_head(text(response_text), HS_HTTP1_RESPONSE, &head, &fault), HS_OK);
    assert_int_equal(head.status, 101);
    assert_true(hs_bytes_are(head.reason, "Switching Protocols"));
    assert_true(hs_bytes_are(hs_http1_find(&head, "Upgrade")->value, "websocket"));
    assert_int_equal(head.len, strlen(response_text) - strlen("what follows"));
}

static void every_truncation_needs_more(void **state)
{
    (void)state;
    hs_http1_head head;
    hs_fault fault;
    for (size_t len = 0; len < strlen(request_text); len++) {
        assert_int_equal(read_head(hs_bytes_of(request_text, len), HS_HTTP1_REQUEST, &head, &fault),
                         HS_NEED_MORE);
    }
    for (size_t len = 0; len < strlen(response_text) - strlen("what follows"); len++) {
        assert_int_equal(
            read_head(hs_bytes_of(response_text, len), HS_HTTP1_RESPONSE, &head, &fault),
            HS_NEED_MORE);
    }
}

static void unusual_heads_are_read(void **state)
{
    (void)state;
    hs_http1_head head;
    hs_fault fault;
    assert_int_equal(read_head(text("HTTP/1.1 200\r\n\r\n"), HS_HTTP1_RESPONSE, &head, &fault),
                     HS_OK);
    assert_int_equal(head.reason.len, 0);
    assert_int_equal(read_head(text("HTTP/1.1 200 \r\n\r\n"), HS_HTTP1_RESPONSE, &head, &fault),
                     HS_OK);
    assert_int_equal(read_head(text("HTTP/4.2 999 \x80\r\n\r\n"), HS_HTTP1_RESPONSE, &head, &fault),
                     HS_OK);
    assert_int_equal(head.status, 999);
    assert_true(hs_bytes_are(head.version, "HTTP/4.2"));
    assert_int_equal(read_head(text("HTTP/1.1 200 OK\nA: b\n\n"), HS_HTTP1_RESPONSE, &head, &fault),
                     HS_OK);
    assert_true(head.has_bare_lf);
    assert_int_equal(read_head(text("\r\nGET / HTTP/1.1\r\n\r\n"), HS_HTTP1_REQUEST, &head, &fault),
                     HS_OK);
    assert_int_equal(head.len, 20);
    assert_int_equal(
        read_head(text("GET / HTTP/1.1\r\nA: \x01\x7f\r\n\r\n"), HS_HTTP1_REQUEST, &head, &fault),
        HS_OK);
}

static void dangerous_heads_are_malformed(void **state)
{
    (void)state;
    static const struct {
        hs_http1_kind kind;
        const char *bytes;
        size_t len; /* 0: strlen */
        const char *field;
        size_t offset;
    } rows[] = {
        {HS_HTTP1_REQUEST, "G@T / HTTP/1.1\r\n", 0, "request target", 1},
        {HS_HTTP1_REQUEST, " GET / HTTP/1.1\r\n", 0, "method", 0},
        {HS_HTTP1_REQUEST, "GET  / HTTP/1.1\r\n", 0, "request target", 4},
        {HS_HTTP1_REQUEST, "GET /\r\n", 0, "HTTP-version", 5},
        {HS_HTTP1_REQUEST, "GET / http/1.1\r\n", 0, "HTTP-version", 6},
        {HS_HTTP1_REQUEST, "GET / HTTP/1.10\r\n", 0, "request line", 14},
        {HS_HTTP1_REQUEST, "GET / HTTP/1.1\rX", 0, "request line", 15},
        {HS_HTTP1_REQUEST, "GET / HTTP/1.1\r\nA : b\r\n", 0, "field name", 17},
        {HS_HTTP1_REQUEST, "GET / HTTP/1.1\r\nA\r\n", 0, "field name", 17},
        {HS_HTTP1_REQUEST, "GET / HTTP/1.1\r\n: b\r\n", 0, "field name", 16},
        {HS_HTTP1_REQUEST, "GET / HTTP/1.1\r\nA(: b\r\n", 0, "field name", 17},
        {HS_HTTP1_REQUEST, "GET / HTTP/1.1\r\n A: b\r\n", 0, "field line", 16},
        {HS_HTTP1_REQUEST, "GET / HTTP/1.1\r\nA: b\r\n\tc\r\n", 0, "field line", 22},
        {HS_HTTP1_REQUEST, "GET / HTTP/1.1\r\nA: b\rc\r\n", 0, "field value", 21},
        {HS_HTTP1_REQUEST, "GET / HTTP/1.1\r\nA: \0\r\n", 23, "field value", 19},
        {HS_HTTP1_REQUEST, "GET / HTTP/1.1\r\n\rX", 0, "empty line", 17},
        {HS_HTTP1_REQUEST, "\r\n\r\n\r\n\r\n\r\n\r\n", 0, "empty line", 8},
        {HS_HTTP1_RESPONSE, "SSH-2.0-OpenSSH_9.2\r\n", 0, "HTTP-version", 0},
        {HS_HTTP1_RESPONSE, "H\x16", 0, "HTTP-version", 0},
        {HS_HTTP1_RESPONSE, "HTTP/1.1  200 OK\r\n", 0, "status code", 9},
        {HS_HTTP1_RESPONSE, "HTTP/1.1 20 OK\r\n", 0, "status code", 9},
        {HS_HTTP1_RESPONSE, "HTTP/1.1 2000 OK\r\n", 0, "reason phrase", 12},
        {HS_HTTP1_RESPONSE, "HTTP/1.1 200 O\rK\r\n", 0, "reason phrase", 15},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hs_http1_head head;
        hs_fault fault;
        size_t len = rows[i].len ? rows[i].len : strlen(rows[i].bytes);
        assert_int_equal(read_head(hs_bytes_of(rows[i].bytes, len), rows[i].kind, &head, &fault),
                         HS_MALFORMED);
        assert_string_equal(fault.field, rows[i].field);
        assert_int_equal(fault.offset, rows[i].offset);
        assert_non_null(fault.why);
    }
}

/* A head of `fields` lines "A: b", the last value filled so that all is `len` bytes long. */
static char *make_head(size_t fields, size_t len)
{
    static const char start[] = "GET / HTTP/1.1\r\n";
    char *head = malloc(len + 1);
    assert_non_null(head);
    memset(head, 'x', len);
    memcpy(head, start, sizeof start - 1);
    for (size_t i = 0; i < fields; i++) {
        memcpy(head + sizeof start - 1 + 6 * i, i + 1 < fields ? "A: b\r\n" : "A: bbb", 6);
    }
    memcpy(head + len - 4, "\r\n\r\n", 4);
    head[len] = 0;
    return head;
}

static void a_head_has_its_limits(void **state)
{
    (void)state;
    hs_http1_head head;
    hs_fault fault;
    char *longest = make_head(1, HS_HTTP1_HEAD_MAX);
    assert_int_equal(
        read_head(hs_bytes_of(longest, HS_HTTP1_HEAD_MAX), HS_HTTP1_REQUEST, &head, &fault), HS_OK);
    free(longest);
    char *too_long = make_head(1, HS_HTTP1_HEAD_MAX + 1);
    assert_int_equal(
        read_head(hs_bytes_of(too_long, HS_HTTP1_HEAD_MAX), HS_HTTP1_REQUEST, &head, &fault),
        HS_NEED_MORE);
    assert_int_equal(
        read_head(hs_bytes_of(too_long, HS_HTTP1_HEAD_MAX + 1), HS_HTTP1_REQUEST, &head, &fault),
        HS_MALFORMED);
    free(too_long);
    char *most = make_head(HS_HTTP1_FIELD_MAX, 4096);
    assert_int_equal(read_head(hs_bytes_of(most, 4096), HS_HTTP1_REQUEST, &head, &fault), HS_OK);
    assert_int_equal(head.field_count, HS_HTTP1_FIELD_MAX);
    assert_int_equal(hs_http1_count(&head, "a"), HS_HTTP1_FIELD_MAX);
    free(most);
    char *too_many = make_head(HS_HTTP1_FIELD_MAX + 1, 4096);
    assert_int_equal(read_head(hs_bytes_of(too_many, 4096), HS_HTTP1_REQUEST, &head, &fault),
                     HS_MALFORMED);
    free(too_many);
}

static void notes_cover_the_head(void **state)
{
    (void)state;
    hs_note items[32];
    hs_notes notes = {.items = items, .capacity = 32};
    hs_fault fault;
    hs_reader r;
    hs_http1_head head;
    hs_reader_init(&r, text("HTTP/1.1 404 Not Found\r\nServer: x\r\n\r\n"), &fault, &notes);
    assert_int_equal(hs_http1_read_head(&r, HS_HTTP1_RESPONSE, &head), HS_OK);
    static const struct {
        const char *field;
        size_t offset;
        size_t length;
        unsigned depth;
    } rows[] = {
        {"status line", 0, 22, 0},   {"HTTP-version", 0, 8, 1}, {"status code", 9, 3, 1},
        {"reason phrase", 13, 9, 1}, {"field line", 24, 9, 0},  {"field name", 24, 6, 1},
        {"field value", 32, 1, 1},
    };
    assert_int_equal(notes.count, sizeof rows / sizeof rows[0]);
    for (size_t i = 0; i < notes.count; i++) {
        assert_string_equal(items[i].field, rows[i].field);
        assert_int_equal(items[i].offset, rows[i].offset);
        assert_int_equal(items[i].length, rows[i].length);
        assert_int_equal(items[i].depth, rows[i].depth);
    }
    assert_string_equal(items[2].meaning, "Not Found");
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    uint8_t out[256];
    hs_writer w;
    hs_http1_head head;
    hs_http1_head again;
    hs_fault fault;
    hs_http1_request_init(&head, "HEAD", "/");
    assert_int_equal(hs_http1_add_field(&head, "Host", "example.org"), HS_OK);
    hs_writer_init(&w, out, sizeof out);
    assert_int_equal(hs_http1_write_head(&w, &head), HS_OK);
    assert_true(hs_bytes_are(hs_writer_bytes(&w), "HEAD / HTTP/1.1\r\nHost: example.org\r\n\r\n"));
    for (size_t room = 0; room < w.len; room++) {
        hs_writer cut;
        hs_writer_init(&cut, out, room);
        assert_int_equal(hs_http1_write_head(&cut, &head), HS_LIMIT);
    }
    hs_http1_response_init(&head, 404, NULL);
    assert_int_equal(hs_http1_add_field(&head, "Content-Length", "0"), HS_OK);
    hs_writer_init(&w, out, sizeof out);
    assert_int_equal(hs_http1_write_head(&w, &head), HS_OK);
    assert_int_equal(read_head(hs_writer_bytes(&w), HS_HTTP1_RESPONSE, &again, &fault), HS_OK);
    assert_int_equal(again.status, 404);
    assert_true(hs_bytes_are(again.reason, "Not Found"));
    assert_int_equal(again.len, w.len);
}

static void nothing_can_be_injected(void **state)
{
    (void)state;
    static const char *const rows[][4] = {
        {"GET", "/", "Host", "a\r\nX: y"},
        {"GET", "/", "Host", "a\nX: y"},
        {"GET", "/", "Host: a\r\nX", "y"},
        {"GET", "/", "", "y"},
        {"GET", "/ HTTP/1.1\r\nX: y", "A", "b"},
        {"GET", "/ x", "A", "b"},
        {"GET", "", "A", "b"},
        {"G T", "/", "A", "b"},
        {"", "/", "A", "b"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t out[256];
        hs_writer w;
        hs_http1_head head;
        hs_writer_init(&w, out, sizeof out);
        hs_http1_request_init(&head, rows[i][0], rows[i][1]);
        assert_int_equal(hs_http1_add_field(&head, rows[i][2], rows[i][3]), HS_OK);
        assert_int_equal(hs_http1_write_head(&w, &head), HS_INVALID);
        assert_int_equal(w.len, 0);
    }
    hs_http1_head head;
    hs_writer w = {0};
    hs_http1_response_init(&head, 99, "");
    assert_int_equal(hs_http1_write_head(&w, &head), HS_INVALID);
    hs_http1_response_init(&head, 200, "OK\r\n");
    assert_int_equal(hs_http1_write_head(&w, &head), HS_INVALID);
    hs_http1_response_init(&head, 200, NULL);
    for (size_t i = 0; i < HS_HTTP1_FIELD_MAX; i++) {
        assert_int_equal(hs_http1_add_field(&head, "A", "b"), HS_OK);
    }
    assert_int_equal(hs_http1_add_field(&head, "A", "b"), HS_LIMIT);
}

static void elements_of_a_list(void **state)
{
    (void)state;
    hs_bytes list = text(" a ,, \"b,\\\"c\" ; x=\"1,2\",\t,d;q=1");
    hs_bytes element;
    assert_true(hs_http1_next_element(&list, &element));
    assert_true(hs_bytes_are(element, "a"));
    assert_true(hs_http1_next_element(&list, &element));
    assert_true(hs_bytes_are(element, "\"b,\\\"c\" ; x=\"1,2\""));
    assert_true(hs_http1_next_element(&list, &element));
    assert_true(hs_bytes_are(element, "d;q=1"));
    assert_false(hs_http1_next_element(&list, &element));
}

static void the_body_is_framed(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        const char *method; /* of the request that is answered; NULL: this is a request */
        hs_http1_framing framing;
        uint64_t length;
        bool has_problem;
    } rows[] = {
        {"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", NULL, HS_HTTP1_BODY_LENGTH, 5, false},
        {"POST / HTTP/1.1\r\nContent-Length: 5, 5\r\n\r\n", NULL, HS_HTTP1_BODY_LENGTH, 5, false},
        {"POST / HTTP/1.1\r\n\r\n", NULL, HS_HTTP1_BODY_NONE, 0, false},
        {"POST / HTTP/1.1\r\nContent-Length: 5, 6\r\n\r\n", NULL, HS_HTTP1_BODY_NONE, 0, true},
        {"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n", NULL, HS_HTTP1_BODY_NONE, 0, true},
        {"POST / HTTP/1.1\r\nContent-Length: 18446744073709551616\r\n\r\n", NULL,
         HS_HTTP1_BODY_NONE, 0, true},
        {"POST / HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n\r\n", NULL,
         HS_HTTP1_BODY_LENGTH, UINT64_MAX, false},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", NULL, HS_HTTP1_BODY_CHUNKED,
         0, false},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", NULL, HS_HTTP1_BODY_NONE, 0,
         true},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", NULL,
         HS_HTTP1_BODY_CHUNKED, 0, true},
        {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", NULL, HS_HTTP1_BODY_CHUNKED, 0,
         true},
        {"HTTP/1.1 200 OK\r\n\r\n", "GET", HS_HTTP1_BODY_UNTIL_CLOSE, 0, false},
        {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "GET", HS_HTTP1_BODY_LENGTH, 9, false},
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "GET", HS_HTTP1_BODY_NONE, 0, false},
        {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HEAD", HS_HTTP1_BODY_NONE, 9, false},
        {"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "GET", HS_HTTP1_BODY_NONE, 9,
         false},
        {"HTTP/1.1 204 No Content\r\n\r\n", "GET", HS_HTTP1_BODY_NONE, 0, false},
        {"HTTP/1.1 100 Continue\r\n\r\n", "POST", HS_HTTP1_BODY_NONE, 0, false},
        {"HTTP/1.1 101 Switching Protocols\r\n\r\n", "GET", HS_HTTP1_BODY_TUNNEL, 0, false},
        {"HTTP/1.1 200 OK\r\n\r\n", "CONNECT", HS_HTTP1_BODY_TUNNEL, 0, false},
        {"HTTP/1.1 403 Forbidden\r\nContent-Length: 1\r\n\r\n", "CONNECT", HS_HTTP1_BODY_LENGTH, 1,
         false},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n", "GET", HS_HTTP1_BODY_UNTIL_CLOSE,
         0, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hs_http1_head head;
        hs_fault fault;
        hs_http1_kind kind = rows[i].method ? HS_HTTP1_RESPONSE : HS_HTTP1_REQUEST;
        assert_int_equal(read_head(text(rows[i].head), kind, &head, &fault), HS_OK);
        hs_http1_body body = rows[i].method ? hs_http1_response_body(&head, text(rows[i].method))
                                            : hs_http1_request_body(&head);
        assert_int_equal(body.framing, rows[i].framing);
        assert_true(body.length == rows[i].length);
        assert_int_equal(body.problem != NULL, rows[i].has_problem);
    }
}

static const char chunked_text[] =
    "4\r\nWiki\r\n6;a=\"b\"\r\npedia \r\n00E \r\nin \r\n\r\nchunks.\r\n"
    "0\r\nTrailer: x\r\n\r\n";

static void a_chunked_body_ends_in_any_split(void **state)
{
    (void)state;
    size_t len = strlen(chunked_text);
    for (size_t cut = 0; cut <= len; cut++) {
        hs_http1_chunked chunked;
        size_t used = 0;
        size_t rest = 0;
        hs_http1_chunked_init(&chunked);
        hs_result first = hs_http1_chunked_feed(&chunked, hs_bytes_of(chunked_text, cut), &used);
        assert_int_equal(first, cut < len ? HS_NEED_MORE : HS_OK);
        assert_int_equal(used, cut);
        assert_int_equal(
            hs_http1_chunked_feed(&chunked, hs_bytes_of(chunked_text + cut, len - cut), &rest),
            HS_OK);
        assert_int_equal(rest, len - cut);
        assert_int_equal(chunked.content, 24);
    }
    hs_http1_chunked chunked;
    size_t used = 0;
    hs_http1_chunked_init(&chunked);
    assert_int_equal(hs_http1_chunked_feed(&chunked, text("0\r\n\r\nHTTP/1.1"), &used), HS_OK);
    assert_int_equal(used, 5);
}

static void a_bad_chunk_is_malformed(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t used;
    } rows[] = {
        {"\r\n", 0},
        {"x\r\n", 0},
        {"4x", 1},
        {"4\n", 1},
        {"4;a\n", 3},
        {"4\rx", 2},
        {"1\r\nab", 4},
        {"1\r\na\rb", 5},
        {"0\r\n\rx", 4},
        {"0\r\nA: b\rx", 8},
        {"fffffffffffffffff", 15},
        {"-1\r\n", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hs_http1_chunked chunked;
        size_t used = 0;
        hs_http1_chunked_init(&chunked);
        assert_int_equal(hs_http1_chunked_feed(&chunked, text(rows[i].bytes), &used), HS_MALFORMED);
        assert_int_equal(used, rows[i].used);
        assert_non_null(chunked.problem);
    }
}

static void chunk_lines_have_their_limits(void **state)
{
    (void)state;
    static uint8_t endless[128 * 1024];
    hs_http1_chunked chunked;
    size_t used = 0;
    hs_http1_chunked_init(&chunked);
    memset(endless, 'a', sizeof endless);
    memcpy(endless, "1;", 2);
    assert_int_equal(hs_http1_chunked_feed(&chunked, hs_bytes_of(endless, sizeof endless), &used),
                     HS_MALFORMED);
    assert_true(used <= 4096);
    hs_http1_chunked_init(&chunked);
    memcpy(endless, "0\r\n", 3);
    assert_int_equal(hs_http1_chunked_feed(&chunked, hs_bytes_of(endless, sizeof endless), &used),
                     HS_MALFORMED);
    assert_true(used <= 65 * 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_read),
        cmocka_unit_test(a_response_is_read),
        cmocka_unit_test(every_truncation_needs_more),
        cmocka_unit_test(unusual_heads_are_read),
        cmocka_unit_test(dangerous_heads_are_malformed),
        cmocka_unit_test(a_head_has_its_limits),
        cmocka_unit_test(notes_cover_the_head),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(nothing_can_be_injected),
        cmocka_unit_test(elements_of_a_list),
        cmocka_unit_test(the_body_is_framed),
        cmocka_unit_test(a_chunked_body_ends_in_any_split),
        cmocka_unit_test(a_bad_chunk_is_malformed),
        cmocka_unit_test(chunk_lines_have_their_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
