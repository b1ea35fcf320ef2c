#include "../cmocka_headers.h"

#include <ctype.h>
#include <string.h>

#include <handshake/failure.h>

static void every_class_is_described_and_found_by_its_name(void **state)
{
    (void)state;
    for (int i = HS_FAILURE_NONE + 1; i < HS_FAILURE_COUNT; i++) {
        const hs_failure_descriptor *d = hs_failure_describe((hs_failure_class)i);
        assert_non_null(d);
        assert_int_equal(hs_failure_find(d->name), i);
        assert_true(strlen(d->meaning) > 10);
        assert_true(strlen(d->advice) > 10);
        assert_in_range(d->exit_status, 2, 96);
        for (const char *c = d->name; *c; c++) {
            assert_true(islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '.' ||
                        *c == '_');
        }
    }
}

static void what_is_no_class_is_not_described(void **state)
{
    (void)state;
    assert_null(hs_failure_describe(HS_FAILURE_NONE));
    assert_null(hs_failure_describe(HS_FAILURE_COUNT));
    assert_int_equal(hs_failure_find("tcp.nonsense"), HS_FAILURE_NONE);
}

static void exit_statuses_are_those_that_scripts_know(void **state)
{
    static const struct {
        const char *name;
        int status;
    } rows[] = {
        {"dns.name_not_resolved", 6},
        {"tcp.refused", 7},
        {"tcp.address_unreachable", 7},
        {"websocket.status", 22},
        {"tcp.timed_out", 28},
        {"tls.timed_out", 28},
        {"websocket.timed_out", 28},
        {"http2.timed_out", 28},
        {"tls.version_mismatch", 35},
        {"tls.alert", 35},
        {"tcp.closed", 52},
        {"websocket.closed", 52},
        {"tls.reset", 56},
        {"tls.cert.date_invalid", 60},
        {"tls.cert.revoked", 91},
        {"tls.cert.pinned_key_not_in_cert_chain", 90},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hs_failure_class cls = hs_failure_find(rows[i].name);
        assert_int_not_equal(cls, HS_FAILURE_NONE);
        assert_int_equal(hs_failure_describe(cls)->exit_status, rows[i].status);
    }
}

static void results_have_texts(void **state)
{
    (void)state;
    assert_string_equal(hs_result_text(HS_OK), "ok");
    assert_non_null(hs_result_text((hs_result)9999));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_class_is_described_and_found_by_its_name),
        cmocka_unit_test(what_is_no_class_is_not_described),
        cmocka_unit_test(exit_statuses_are_those_that_scripts_know),
        cmocka_unit_test(results_have_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
