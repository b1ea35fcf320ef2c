#include "../cmocka_headers.h"

#include <string.h>

#include "probe/url.h"

typedef struct row {
    const char *text;
    const char *scheme;
    const char *host;
    unsigned port;
    const char *path;
    bool literal;
} row;

static void targets_are_taken_apart(void **state)
{
    static const row rows[] = {
        {"example.com", "https", "example.com", 443, "/", false},
        {"example.com:8443", "https", "example.com", 8443, "/", false},
        {"https://example.com/a/b?c=d#e", "https", "example.com", 443, "/a/b?c=d", false},
        {"HTTP://EXAMPLE.com?x=/y", "http", "EXAMPLE.com", 80, "/?x=/y", false},
        {"tcp://127.0.0.1:22", "tcp", "127.0.0.1", 22, "/", true},
        {"tls://[::1]:853", "tls", "::1", 853, "/", true},
        {"[2001:db8::1]", "https", "2001:db8::1", 443, "/", true},
        {"ws://[fe80::1%lo]:80/chat", "ws", "fe80::1%lo", 80, "/chat", true},
        {"ws://[fe80::1%25lo]/", "ws", "fe80::1%lo", 80, "/", true},
        {"ws://[fe80::1%25]/", "ws", "fe80::1%25", 80, "/", true},
        {"wss://a_b.example./", "wss", "a_b.example.", 443, "/", false},
        {"host/http://other", "https", "host", 443, "/http://other", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hs_url url;
        hs_problem problem;
        assert_int_equal(hs_url_parse(rows[i].text, &url, &problem), HS_OK);
        assert_string_equal(url.scheme->name, rows[i].scheme);
        assert_string_equal(url.host, rows[i].host);
        assert_int_equal(url.port, rows[i].port);
        assert_string_equal(url.path, rows[i].path);
        assert_int_equal(url.host_is_literal, rows[i].literal);
    }
}

static void what_is_no_target_is_refused_in_one_line(void **state)
{
    static const char *const rows[] = {
        "",
        "https://",
        "https://:443",
        "gopher://example.com",
        "://example.com",
        "tcp://example.com",
        "tls://example.com",
        "example.com:0",
        "example.com:65536",
        "example.com:99999999999",
        "example.com:",
        "example.com:8a",
        "example.com:-1",
        "::1",
        "[::1",
        "[::1]x",
        "[127.0.0.1]",
        "[host]",
        "[]",
        "user@example.com",
        "https://user:pw@example.com/",
        "exa mple.com",
        "example.com/\r\nHost: x",
        "-\x7f-",
        "a..b",
        ".example.com",
        "ex*mple.com",
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hs_url url;
        hs_problem problem = {""};
        assert_int_equal(hs_url_parse(rows[i], &url, &problem), HS_INVALID);
        assert_true(strlen(problem.text) > 10);
        assert_null(strpbrk(problem.text, "\r\n\x7f"));
    }
}

static void a_name_beyond_ascii_is_told_what_it_needs(void **state)
{
    hs_url url;
    hs_problem problem = {""};
    (void)state;
    assert_int_equal(hs_url_parse("https://b\xc3\xbc"
                                  "cher.example/",
                                  &url, &problem),
                     HS_INVALID);
    assert_non_null(strstr(problem.text, "xn--"));
}

static void long_targets_are_refused(void **state)
{
    static char text[5000];
    hs_url url;
    hs_problem problem;
    (void)state;
    for (size_t len = 1; len < sizeof text; len += 13) {
        memset(text, 'a', len);
        text[len] = '\0';
        /* No label may have over 63 bytes; beyond that the whole may not be too long. */
        assert_int_equal(hs_url_parse(text, &url, &problem), len <= 63 ? HS_OK : HS_INVALID);
    }
    memcpy(text, "https://h/", 10);
    memset(text + 10, 'p', 2000);
    text[2010] = '\0';
    assert_int_equal(hs_url_parse(text, &url, &problem), HS_OK);
    assert_int_equal(strlen(url.path), 2001);
}

static void the_authority_names_only_what_it_must(void **state)
{
    static const struct {
        const char *text;
        const char *authority;
    } rows[] = {
        {"https://example.com:443/", "example.com"},
        {"https://example.com:80/", "example.com:80"},
        {"http://[::1]/", "[::1]"},
        {"ws://[::1]:8080/", "[::1]:8080"},
        {"http://[fe80::1%lo]/", "[fe80::1]"},
        {"http://[fe80::1%25lo]:81/", "[fe80::1]:81"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hs_url url;
        hs_problem problem;
        char authority[HS_HOST_MAX + 16];
        assert_int_equal(hs_url_parse(rows[i].text, &url, &problem), HS_OK);
        hs_url_authority(&url, authority);
        assert_string_equal(authority, rows[i].authority);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_are_taken_apart),
        cmocka_unit_test(what_is_no_target_is_refused_in_one_line),
        cmocka_unit_test(a_name_beyond_ascii_is_told_what_it_needs),
        cmocka_unit_test(long_targets_are_refused),
        cmocka_unit_test(the_authority_names_only_what_it_must),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
