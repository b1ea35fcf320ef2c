#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "net/clock.h"
#include "serve/quic_plan.h"
#include "wire/quic/version.h"

static hs_quic_plan plans[HS_QUIC_PORTS_MAX];
static size_t count;
static hs_problem problem;

static hs_serve_options options_of(int quic, int https3)
{
    hs_serve_options options;
    hs_serve_options_init(&options);
    options.ports[HS_SERVICE_QUIC] = quic;
    options.ports[HS_SERVICE_HTTPS3] = https3;
    return options;
}

static hs_result make(const hs_serve_options *options)
{
    return hs_quic_plan_make(options, plans, &count, &problem);
}

static void each_service_has_its_port(void **state)
{
    (void)state;
    hs_serve_options options = options_of(-1, -1);
    assert_int_equal(make(&options), HS_OK);
    assert_int_equal(count, 0);
    options = options_of(-1, 443);
    assert_int_equal(make(&options), HS_OK);
    assert_int_equal(count, 1);
    assert_int_equal(plans[0].port, 443);
    assert_string_equal(plans[0].alpn, "h3");
    assert_string_equal(hs_quic_plan_scheme(&plans[0]), "https3");
    /* Any free port of each. */
    options = options_of(0, 0);
    assert_int_equal(make(&options), HS_OK);
    assert_int_equal(count, 2);
    assert_string_equal(plans[0].alpn, "echo,hq-interop");
    assert_string_equal(hs_quic_plan_scheme(&plans[0]), "quic");
    assert_true(plans[0].has_echo && !plans[0].has_http3);
    assert_true(plans[1].has_http3 && !plans[1].has_echo);
}

static void one_port_serves_both(void **state)
{
    (void)state;
    hs_serve_options options = options_of(4433, 4433);
    options.quic_alpn = "a,b";
    assert_int_equal(make(&options), HS_OK);
    assert_int_equal(count, 1);
    assert_true(plans[0].has_echo && plans[0].has_http3);
    assert_string_equal(plans[0].alpn, "h3,a,b");
    assert_string_equal(hs_quic_plan_scheme(&plans[0]), "quic");
}

static void a_long_list_is_whole_or_refused(void **state)
{
    (void)state;
    char list[2 * HS_QUIC_PLAN_ALPN_MAX];
    for (size_t len = 1; len < sizeof list; len++) {
        memset(list, 'a', len);
        list[len] = '\0';
        hs_serve_options options = options_of(9, 9);
        options.quic_alpn = list;
        if (make(&options) == HS_OK) {
            assert_int_equal(strlen(plans[0].alpn), len + 3);
            assert_string_equal(plans[0].alpn + 3, list);
        } else {
            assert_true(len + 4 > HS_QUIC_PLAN_ALPN_MAX - 1);
            assert_string_equal(problem.text, "quic-alpn: the list is too long");
        }
    }
}

static void versions_are_in_order(void **state)
{
    (void)state;
    hs_serve_options options = options_of(1, -1);
    assert_int_equal(make(&options), HS_OK);
    assert_int_equal(plans[0].version_count, 0);
    options.quic_versions = "v1,v2";
    assert_int_equal(make(&options), HS_OK);
    assert_int_equal(plans[0].version_count, 2);
    assert_true(plans[0].versions[0] == HS_QUIC_V1 && plans[0].versions[1] == HS_QUIC_V2);
    options.quic_versions = "v2";
    options.quic_retry = true;
    assert_int_equal(make(&options), HS_OK);
    hs_quic_server_config config;
    hs_quic_plan_config(&plans[0], &config);
    assert_int_equal(config.version_count, 1);
    assert_true(config.versions[0] == HS_QUIC_V2);
    assert_int_equal(config.retry, HS_QUIC_RETRY_ALWAYS);
    /* The wall clock's time, when the other clock said 0. */
    hs_time apart = config.epoch + hs_clock_monotonic() - (hs_time)time(NULL) * HS_SECOND;
    assert_true(apart > -2 * HS_SECOND && apart < 2 * HS_SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_service_has_its_port),
        cmocka_unit_test(one_port_serves_both),
        cmocka_unit_test(a_long_list_is_whole_or_refused),
        cmocka_unit_test(versions_are_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
