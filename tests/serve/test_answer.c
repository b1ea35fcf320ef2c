#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <jansson.h>

#include "base/reader.h"
#include "serve/answer.h"

static hs_bytes text(const char *of)
{
    return hs_bytes_of(of, strlen(of));
}

static void ask(const char *method, const char *path, hs_answer *answer)
{
    hs_connection c;
    memset(&c, 0, sizeof c);
    c.phase = HS_CONNECTION_OPEN;
    c.service = hs_service_describe(HS_SERVICE_HTTP);
    strcpy(c.peer, "<\"&127.0.0.1:5");
    const hs_request request = {text(method), text(path)};
    assert_int_equal(hs_answer_page(&c, "HTTP/1.1", &request, answer), HS_OK);
}

static void dates_are_imf_fixdate(void **state)
{
    (void)state;
    char out[HS_HTTP_DATE_SIZE];
    assert_string_equal(hs_http_date(784111777, out), "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_string_equal(hs_http_date(0, out), "Thu, 01 Jan 1970 00:00:00 GMT");
    assert_string_equal(hs_http_date(951827696, out), "Tue, 29 Feb 2000 12:34:56 GMT");
    assert_string_equal(hs_http_date(INT64_MAX, out), "Thu, 01 Jan 1970 00:00:00 GMT");
}

static void the_page_is_escaped_html(void **state)
{
    (void)state;
    hs_answer answer;
    ask("GET", "/", &answer);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.content_type, "text/html; charset=utf-8");
    assert_int_equal(answer.body_len, strlen(answer.body));
    assert_non_null(strstr(answer.body, "&lt;&quot;&amp;127.0.0.1:5"));
    assert_null(strstr(answer.body, "<\"&"));
    hs_answer_free(&answer);
}

static void the_json_says_the_same(void **state)
{
    (void)state;
    hs_answer answer;
    ask("GET", "/json", &answer);
    assert_string_equal(answer.content_type, "application/json");
    json_t *root = json_loads(answer.body, 0, NULL);
    assert_non_null(root);
    assert_string_equal(json_string_value(json_object_get(root, "http")), "HTTP/1.1");
    assert_string_equal(json_string_value(json_object_get(root, "scheme")), "http");
    assert_null(json_object_get(root, "tls"));
    json_decref(root);
    hs_answer_free(&answer);
}

static void other_requests_are_refused(void **state)
{
    (void)state;
    hs_answer answer;
    ask("GET", "/favicon.ico", &answer);
    assert_int_equal(answer.status, 404);
    assert_non_null(strstr(answer.body, "404 Not Found"));
    hs_answer_free(&answer);
    ask("POST", "/", &answer);
    assert_int_equal(answer.status, 405);
    assert_string_equal(answer.field_name, "Allow");
    assert_string_equal(answer.field_value, "GET, HEAD");
    hs_answer_free(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_imf_fixdate),
        cmocka_unit_test(the_page_is_escaped_html),
        cmocka_unit_test(the_json_says_the_same),
        cmocka_unit_test(other_requests_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
