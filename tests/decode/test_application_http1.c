/* The application-layer decoder over HTTP/1.1 conversations that recordings do not have. */
#include "recording.h"

#include <stdlib.h>
#include <string.h>

static void pipelined_requests_meet_their_answers(void **state)
{
    (void)state;
    recording r = {0};
    client(&r, "HEAD /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n");
    server(&r, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
               "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno");
    expect(&r, "> request 20 method=HEAD target=/a version=HTTP/1.1 @0-0\n"
               "> request 19 method=GET target=/b version=HTTP/1.1 @0-0\n"
               "< response 38 status=200 reason=OK version=HTTP/1.1 content-length=5 @1-1\n"
               "< response 45 status=404 reason=Not Found version=HTTP/1.1 content-length=2 @1-1\n"
               "< message body 2 content=2 @1-1\n"
               "request @0\n"
               "first_response @1\n"
               "http HTTP/1.1 200 server=- location=-\n");
}

/* Late keys may bring the server's bytes first. */
static void an_answer_waits_for_its_request(void **state)
{
    (void)state;
    recording r = {0};
    server(&r, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    client(&r, "HEAD / HTTP/1.1\r\n\r\n");
    server(&r, "HTTP/1.1 408 Request Timeout\r\n\r\nbye");
    expect(&r, "< response 38 status=200 reason=OK version=HTTP/1.1 content-length=5 @0-0\n"
               "> request 19 method=HEAD target=/ version=HTTP/1.1 @1-1\n"
               "< response 32 status=408 reason=Request Timeout version=HTTP/1.1 @2-2\n"
               "< message body 3 content=3 @2-2\n"
               "request @1\n"
               "first_response @0\n"
               "http HTTP/1.1 200 server=- location=-\n");
}

static void malformed_heads_end_in_data(void **state)
{
    (void)state;
    recording r = {0};
    client(&r, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    server(&r, "HTTP/1.1 200 OK\r\nServer : x\r\n\r\n");
    expect(&r, "> request 27 method=GET target=/ version=HTTP/1.1 host=a @0-0\n"
               "< response 24 status=200 reason=OK version=HTTP/1.1 "
               "malformed=field name: has whitespace before the colon @1-1\n"
               "< data 7 text=: x\\x0d\\x0a\\x0d\\x0a @1-1\n"
               "request @0\n"
               "first_response @1\n");
    client(&r, "GET / HTTP/1.1\r\n\r\n");
    server(&r, "HTTP/1.1 204 No Content\r\n\r\n<html>");
    expect(&r, "> request 18 method=GET target=/ version=HTTP/1.1 @0-0\n"
               "< response 27 status=204 reason=No Content version=HTTP/1.1 @1-1\n"
               "< data 6 text=<html> malformed=HTTP-version: is not \"HTTP/\" and two digits @1-1\n"
               "request @0\n"
               "first_response @1\n"
               "http HTTP/1.1 204 server=- location=-\n");
    client(&r, "GET / HTTP/1.1\r\n\r\n");
    server(&r, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n");
    expect(&r,
           "> request 18 method=GET target=/ version=HTTP/1.1 @0-0\n"
           "< response 47 status=200 reason=OK version=HTTP/1.1 transfer-encoding=chunked @1-1\n"
           "< message body 6 content=3 malformed=no CRLF follows the chunk's data @1-1\n"
           "< data 3 text=d\\x0d\\x0a @1-1\n"
           "request @0\n"
           "first_response @1\n"
           "http HTTP/1.1 200 server=- location=-\n");
}

static void what_did_not_end_says_so(void **state)
{
    (void)state;
    recording r = {0};
    client(&r, "GET / HTTP/1.1\r\n\r\n");
    server(&r, "HTTP/1.1 200 OK\r\nServer: half");
    expect(&r, "> request 18 method=GET target=/ version=HTTP/1.1 @0-0\n"
               "< response 29 status=200 reason=OK version=HTTP/1.1 "
               "incomplete=the head ends within: field value @1-1\n"
               "request @0\n"
               "first_response @1\n");
    client(&r, "GET / HTTP/1.1\r\n\r\n");
    server(&r, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
    expect(&r, "> request 18 method=GET target=/ version=HTTP/1.1 @0-0\n"
               "< response 40 status=200 reason=OK version=HTTP/1.1 content-length=100 @1-1\n"
               "< message body 3 content=3 incomplete=97 bytes have not come @1-1\n"
               "request @0\n"
               "first_response @1\n"
               "http HTTP/1.1 200 server=- location=-\n");
    client(&r, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    add(&r, 0, "\0\0\x10\x07\0\0\0\0\0abc", 12);
    add(&r, FROM_SERVER,
        "\0\0\0\x04\0\0\0\0\0\0\0\x05\0\0\0\0\0\x01"
        "xy",
        20);
    expect(&r, "> connection preface 24 @0-0\n"
               "> GOAWAY 12 incomplete=13 bytes have not come @1-1\n"
               "< SETTINGS 9 @2-2\n"
               "< DATA 11 stream=1 length=5 incomplete=3 bytes have not come @2-2\n"
               "settings_start @0\n"
               "settings_done @2\n"
               "http2\n");
}

static void long_messages_are_counted_and_not_kept(void **state)
{
    (void)state;
    recording r = {0};
    static uint8_t bytes[300000];
    memset(bytes, 'z', sizeof bytes);
    client(&r, "GET / HTTP/1.1\r\n\r\n");
    server(&r, "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n");
    add(&r, FROM_SERVER, bytes, sizeof bytes);
    hs_trace *trace = conversation_play((hs_bytes){r.data, r.len}, NULL, NULL);
    assert_non_null(trace);
    const hs_event *body = trace->events->next->next;
    assert_string_equal(body->name, "message body");
    assert_int_equal(body->bytes, sizeof bytes);
    assert_int_equal(body->raw.len, 1024);
    hs_trace_free(trace);
    free(r.data);
}

static void a_request_that_never_ends_is_malformed(void **state)
{
    (void)state;
    recording r = {0};
    static uint8_t bytes[70000];
    memset(bytes, 'z', sizeof bytes);
    client(&r, "GET / HTTP/1.1\r\nA: ");
    add(&r, 0, bytes, sizeof bytes);
    char *text = play_all(&r);
    assert_non_null(strstr(text, "malformed=field value: the head is longer than 64 KiB @"));
    free(text);
    free(r.data);
}

static void requests_without_answer_have_their_limit(void **state)
{
    (void)state;
    recording r = {0};
    for (int i = 0; i < 70; i++) {
        client(&r, "GET / HTTP/1.1\r\n\r\n");
    }
    for (int i = 0; i < 70; i++) {
        server(&r, "HTTP/1.1 204 No Content\r\n\r\n");
    }
    char *text = play_all(&r);
    size_t requests = 0;
    size_t responses = 0;
    for (const char *at = text; (at = strstr(at, "> request 18 method=GET")); at++) {
        requests++;
    }
    for (const char *at = text; (at = strstr(at, "< response 27 status=204")); at++) {
        responses++;
    }
    assert_int_equal(requests, 70);
    assert_int_equal(responses, 70);
    free(text);
    free(r.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pipelined_requests_meet_their_answers),
        cmocka_unit_test(an_answer_waits_for_its_request),
        cmocka_unit_test(malformed_heads_end_in_data),
        cmocka_unit_test(what_did_not_end_says_so),
        cmocka_unit_test(long_messages_are_counted_and_not_kept),
        cmocka_unit_test(a_request_that_never_ends_is_malformed),
        cmocka_unit_test(requests_without_answer_have_their_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
