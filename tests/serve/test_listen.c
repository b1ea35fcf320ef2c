#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "serve/listen.h"

static hs_problem problem;

static void addresses(const char *bind, hs_listen_address out[HS_LISTEN_MAX], size_t *count)
{
    assert_int_equal(hs_listen_addresses(bind, out, count, &problem), HS_OK);
}

static void free_port_is_the_same_on_both(void **state)
{
    (void)state;
    hs_listen_address list[HS_LISTEN_MAX];
    size_t count;
    hs_listening listening;
    addresses(NULL, list, &count);
    assert_int_equal(count, 2);
    assert_int_equal(hs_listen("tcp", list, count, 0, &listening, &problem), HS_OK);
    assert_int_equal(listening.count, listening.lacks_ipv6 ? 1 : 2);
    int port = hs_listen_port(&listening.addresses[0]);
    assert_true(port > 0);
    assert_int_equal(hs_listen_port(&listening.addresses[listening.count - 1]), port);
    hs_listening_close(&listening);
}

static void a_port_in_use_is_named(void **state)
{
    (void)state;
    hs_listen_address list[HS_LISTEN_MAX];
    size_t count;
    hs_listening first;
    hs_listening second;
    addresses(NULL, list, &count);
    assert_int_equal(hs_listen("tcp", list, count, 0, &first, &problem), HS_OK);
    char text[HS_LISTEN_TEXT_MAX];
    hs_listen_text(&first.addresses[0], text);
    int port = hs_listen_port(&first.addresses[0]);
    assert_int_equal(hs_listen("ws", list, count, port, &second, &problem), HS_SYSTEM);
    assert_non_null(strstr(problem.text, "ws: "));
    assert_non_null(strstr(problem.text, text));
    hs_listening_close(&first);
    assert_int_equal(hs_listen("ws", list, count, port, &second, &problem), HS_OK);
    hs_listening_close(&second);
}

static void addresses_are_written_as_in_urls(void **state)
{
    (void)state;
    hs_listen_address list[HS_LISTEN_MAX];
    size_t count;
    char text[HS_LISTEN_TEXT_MAX];
    addresses("[::1]", list, &count);
    assert_int_equal(count, 1);
    assert_string_equal(hs_listen_text(&list[0], text), "[::1]:0");
    addresses("127.0.0.2", list, &count);
    assert_string_equal(hs_listen_text(&list[0], text), "127.0.0.2:0");
}

static void what_is_no_address_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "localhost", "127.0.0", "[127.0.0.1", "::g", "1.2.3.4:5"};
    hs_listen_address list[HS_LISTEN_MAX];
    size_t count;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(hs_listen_addresses(bad[i], list, &count, &problem), HS_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(free_port_is_the_same_on_both),
        cmocka_unit_test(a_port_in_use_is_named),
        cmocka_unit_test(addresses_are_written_as_in_urls),
        cmocka_unit_test(what_is_no_address_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
