#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "serve/names.h"

static bool has(const hs_serve_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->items[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void collect(const char *bind, hs_serve_names *names)
{
    hs_listen_address addresses[HS_LISTEN_MAX];
    size_t count;
    hs_problem problem;
    assert_int_equal(hs_listen_addresses(bind, addresses, &count, &problem), HS_OK);
    hs_serve_names_collect(addresses, count, names);
}

static void loopback_is_always_there(void **state)
{
    (void)state;
    hs_serve_names names;
    collect(NULL, &names);
    assert_true(has(&names, "localhost"));
    assert_true(has(&names, "*.localhost"));
    assert_true(has(&names, "127.0.0.1"));
    assert_true(has(&names, "::1"));
    assert_true(names.count <= 5); /* and this host's name; nothing stands twice */
}

static void the_bound_address_is_a_name(void **state)
{
    (void)state;
    hs_serve_names names;
    collect("192.0.2.1", &names);
    assert_true(has(&names, "192.0.2.1"));
    collect("[2001:db8:0::1]", &names);
    assert_true(has(&names, "2001:db8::1"));
}

static void all_addresses_are_those_of_the_interfaces(void **state)
{
    (void)state;
    hs_serve_names names;
    collect("0.0.0.0", &names);
    assert_false(has(&names, "0.0.0.0"));
    collect("::", &names);
    assert_false(has(&names, "::"));
}

static void only_dns_names_are_valid(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "lab", "3com.example", "a-b.c", "XN--MNCHEN-3YA"};
    static const char *const bad[] = {"",   ".",    "a.",          ".a",  "a..b",         "-a",
                                      "a-", "a-.b", "a_b",         "a b", "a,IP:1.2.3.4", "a\nb",
                                      "*",  "ä.de", "localhost\t", "a.-b"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(hs_serve_name_is_valid(good[i]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(hs_serve_name_is_valid(bad[i]));
    }
    char label[65];
    memset(label, 'a', sizeof label);
    label[64] = '\0';
    assert_false(hs_serve_name_is_valid(label));
    label[63] = '\0';
    assert_true(hs_serve_name_is_valid(label));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loopback_is_always_there),
        cmocka_unit_test(the_bound_address_is_a_name),
        cmocka_unit_test(all_addresses_are_those_of_the_interfaces),
        cmocka_unit_test(only_dns_names_are_valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
