#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/reader.h"
#include "serve/request_fields.h"

static const hs_visit visit = {.scheme = "https", .client = "[::1]:4", .http = "HTTP/3"};
static char filling[HS_REQUEST_LIST_MAX];

static void add(hs_request_fields *fields, const char *name, const char *value, size_t len)
{
    hs_request_fields_add(fields, hs_bytes_of(name, strlen(name)), hs_bytes_of(value, len));
}

static void begin(hs_request_fields *fields, const char *method, const char *path)
{
    memset(fields, 0, sizeof *fields);
    add(fields, ":method", method, strlen(method));
    add(fields, ":path", path, strlen(path));
}

static int status_of(const hs_request_fields *fields)
{
    hs_answer answer;
    assert_int_equal(hs_request_fields_answer(fields, &visit, &answer), HS_OK);
    int status = answer.status;
    hs_answer_free(&answer);
    return status;
}

static void the_page_is_asked_for(void **state)
{
    (void)state;
    hs_request_fields fields;
    begin(&fields, "GET", "/json?a=b");
    assert_int_equal(status_of(&fields), 200);
    assert_true(hs_bytes_are(hs_request_fields_request(&fields).path, "/json"));
    begin(&fields, "DELETE", "/");
    assert_int_equal(status_of(&fields), 405);
    memset(&fields, 0, sizeof fields);
    assert_int_equal(status_of(&fields), 404);
}

static void what_is_too_long_is_refused(void **state)
{
    (void)state;
    hs_request_fields fields;
    memset(filling, '/', sizeof filling);
    for (size_t len = HS_REQUEST_TARGET_MAX - 1; len <= HS_REQUEST_TARGET_MAX + 1; len++) {
        memset(&fields, 0, sizeof fields);
        add(&fields, ":method", "GET", 3);
        add(&fields, ":path", filling, len);
        assert_int_equal(status_of(&fields), len > HS_REQUEST_TARGET_MAX ? 431 : 404);
    }
    /* Of all names and values, and 32 a field. */
    begin(&fields, "GET", "/");
    size_t used = 2 * 32 + 7 + 3 + 5 + 1;
    assert_int_equal(fields.list_size, used);
    size_t left = HS_REQUEST_LIST_MAX - used - 32 - 1;
    add(&fields, "x", filling, left);
    assert_int_equal(status_of(&fields), 200);
    begin(&fields, "GET", "/");
    add(&fields, "x", filling, left + 1);
    assert_int_equal(status_of(&fields), 431);
}

static void an_early_request_must_be_safe(void **state)
{
    (void)state;
    hs_request_fields fields;
    begin(&fields, "POST", "/");
    add(&fields, "early-data", "0", 1);
    assert_int_equal(status_of(&fields), 405);
    add(&fields, "early-data", "1", 1);
    assert_int_equal(status_of(&fields), 425);
    begin(&fields, "GET", "/");
    fields.is_early = true;
    assert_int_equal(status_of(&fields), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_is_asked_for),
        cmocka_unit_test(what_is_too_long_is_refused),
        cmocka_unit_test(an_early_request_must_be_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
