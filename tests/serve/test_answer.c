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
    hs_visit visit;
    hs_visit_of_connection(&c, "HTTP/1.1", &visit);
    assert_int_equal(hs_answer_page(&visit, &request, answer), HS_OK);
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

static void a_visit_by_quic_says_so(void **state)
{
    (void)state;
    hs_answer answer;
    const hs_visit visit = {.scheme = "https",
                            .client = "[::1]:4",
                            .http = "HTTP/3",
                            .has_tls = true,
                            .tls_version = "TLSv1.3",
                            .alpn = "h3",
                            .early_data = HS_EARLY_DATA_REJECTED,
                            .quic_version = "v2",
                            .retried = true};
    const hs_request request = {text("GET"), text("/json")};
    assert_int_equal(hs_answer_page(&visit, &request, &answer), HS_OK);
    json_t *root = json_loads(answer.body, 0, NULL);
    json_t *quic = json_object_get(root, "quic");
    json_t *tls = json_object_get(root, "tls");
    assert_string_equal(json_string_value(json_object_get(root, "http")), "HTTP/3");
    assert_string_equal(json_string_value(json_object_get(quic, "version")), "v2");
    assert_true(json_is_true(json_object_get(quic, "retry")));
    assert_true(json_is_false(json_object_get(quic, "token")));
    assert_string_equal(json_string_value(json_object_get(tls, "early_data")), "rejected");
    assert_null(json_object_get(tls, "handshake_ms"));
    json_decref(root);
    hs_answer_free(&answer);
}

static void alt_svc_names_the_port(void **state)
{
    (void)state;
    char out[HS_ALT_SVC_SIZE];
    assert_string_equal(hs_answer_alt_svc(1, out), "h3=\":1\"; ma=300");
    assert_string_equal(hs_answer_alt_svc(65535, out), "h3=\":65535\"; ma=300");
}

static const char *field(const hs_answer_fields *fields, const char *name)
{
    const char *found = NULL;
    for (size_t i = 0; i < fields->count; i++) {
        if (strcmp(fields->items[i].name, name) == 0) {
            assert_null(found);
            found = fields->items[i].value;
        }
    }
    return found;
}

static void an_answer_becomes_fields(void **state)
{
    (void)state;
    hs_answer answer;
    hs_answer_fields fields;
    ask("POST", "/", &answer);
    answer.alt_svc = "h3=\":9\"; ma=300";
    hs_answer_make_fields(&answer, &fields);
    assert_int_equal(fields.count, HS_ANSWER_FIELDS_MAX);
    assert_string_equal(fields.items[0].name, ":status");
    assert_string_equal(field(&fields, ":status"), "405");
    assert_string_equal(field(&fields, "allow"), "GET, HEAD");
    assert_string_equal(field(&fields, "alt-svc"), "h3=\":9\"; ma=300");
    assert_int_equal(strtoul(field(&fields, "content-length"), NULL, 10), answer.body_len);
    hs_answer_free(&answer);
    ask("GET", "/", &answer);
    hs_answer_make_fields(&answer, &fields);
    assert_null(field(&fields, "alt-svc"));
    assert_null(field(&fields, "allow"));
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
        cmocka_unit_test(dates_are_imf_fixdate),      cmocka_unit_test(the_page_is_escaped_html),
        cmocka_unit_test(the_json_says_the_same),     cmocka_unit_test(a_visit_by_quic_says_so),
        cmocka_unit_test(alt_svc_names_the_port),     cmocka_unit_test(an_answer_becomes_fields),
        cmocka_unit_test(other_requests_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
