#include "../cmocka_headers.h"

#include <string.h>

#include "compare/ways.h"

enum { ALSO_MAX = 4 };

static hs_url parsed(const char *text)
{
    hs_url url;
    hs_problem problem = {""};
    assert_int_equal(hs_url_parse(text, &url, &problem), HS_OK);
    return url;
}

/* The way's URL, or NULL where it has none. */
static const char *url_of(hs_way way, const char *target, const char *const *also)
{
    static char url[HS_WAY_URL_MAX];
    char why[HS_WAY_WHY_MAX] = "";
    hs_url urls[ALSO_MAX];
    hs_url target_url = parsed(target);
    size_t count = 0;
    for (; also && also[count]; count++) {
        urls[count] = parsed(also[count]);
    }
    bool is_there = hs_way_url(way, &target_url, urls, count, url, why);
    assert_true(is_there == (why[0] == '\0'));
    return is_there ? url : NULL;
}

static void one_url_tells_its_siblings(void **state)
{
    static const struct {
        const char *target;
        hs_way way;
        const char *url; /* NULL: nothing tells */
    } rows[] = {
        {"https://h.test/a?b", HS_WAY_TLS12, "https://h.test:443/a?b"},
        {"https://h.test/a", HS_WAY_TLS13_EARLY_DATA, "https://h.test:443/a"},
        {"https://h.test/a", HS_WAY_QUIC, "https://h.test:443/a"},
        {"https://h.test/a", HS_WAY_WSS_TLS13, "wss://h.test:443/a"},
        {"https://h.test/a", HS_WAY_WSS_HTTP2, "wss://h.test:443/a"},
        {"https://h.test/a", HS_WAY_TCP, "tcp://h.test:443"},
        {"https://h.test/a", HS_WAY_TCP_FAST_OPEN, NULL},
        {"https://h.test/a", HS_WAY_WS, NULL},
        {"h.test:8443", HS_WAY_TLS13, "https://h.test:8443/"},
        {"wss://h.test/s", HS_WAY_TLS12_RESUMED, "https://h.test:443/s"},
        {"wss://h.test/s", HS_WAY_WSS_TLS12, "wss://h.test:443/s"},
        {"http://h.test/a", HS_WAY_TCP, "http://h.test:80/a"},
        {"http://h.test/a", HS_WAY_TCP_FAST_OPEN, "http://h.test:80/a"},
        {"http://h.test/a", HS_WAY_WS, "ws://h.test:80/a"},
        {"http://h.test/a", HS_WAY_TLS13, NULL},
        {"http://h.test/a", HS_WAY_QUIC, NULL},
        {"ws://h.test/s", HS_WAY_TCP, "http://h.test:80/s"},
        {"ws://h.test/s", HS_WAY_WSS_TLS13, NULL},
        {"tls://h.test:9", HS_WAY_TCP, "tcp://h.test:9"},
        {"tls://h.test:9", HS_WAY_TLS12, "tls://h.test:9"},
        {"tls://h.test:9", HS_WAY_TLS13_HELLO_RETRY, "tls://h.test:9"},
        {"tls://h.test:9", HS_WAY_TLS13_FAST_OPEN, "tls://h.test:9"},
        {"tls://h.test:9", HS_WAY_TLS13_EARLY_DATA, NULL},
        {"tls://h.test:9", HS_WAY_HTTP2, NULL},
        {"tls://h.test:9", HS_WAY_QUIC, NULL},
        {"tcp://h.test:9", HS_WAY_TCP, "tcp://h.test:9"},
        {"tcp://h.test:9", HS_WAY_TCP_FAST_OPEN, NULL},
        {"tcp://h.test:9", HS_WAY_TLS12, NULL},
        {"quic://h.test:9", HS_WAY_QUIC, "quic://h.test:9"},
        {"quic://h.test:9", HS_WAY_QUIC_RESUMED, "quic://h.test:9"},
        {"quic://h.test:9", HS_WAY_QUIC_EARLY_DATA, NULL},
        {"quic://h.test:9", HS_WAY_TCP, NULL},
        {"quic://h.test:9", HS_WAY_TLS13, NULL},
        {"https://[2001:db8::1]/a", HS_WAY_TLS13, "https://[2001:db8::1]:443/a"},
        {"https://[2001:db8::1]:8443", HS_WAY_TCP, "tcp://[2001:db8::1]:8443"},
        {"https://192.0.2.1:8443/#part", HS_WAY_WSS_TLS12, "wss://192.0.2.1:8443/"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *url = url_of(rows[i].way, rows[i].target, NULL);
        if (rows[i].url) {
            assert_non_null(url);
            assert_string_equal(url, rows[i].url);
        } else {
            assert_null(url);
        }
    }
}

static void other_urls_come_first(void **state)
{
    const char *const also[] = {"http://other.test:81/x", "wss://[::1]:82/y", "quic://q.test:83",
                                NULL};
    const char *const tls[] = {"tls://t.test:84", "tcp://t.test:85", NULL};
    (void)state;
    assert_string_equal(url_of(HS_WAY_TCP, "https://h.test/", also), "http://other.test:81/x");
    assert_string_equal(url_of(HS_WAY_TCP_FAST_OPEN, "https://h.test/", also),
                        "http://other.test:81/x");
    assert_string_equal(url_of(HS_WAY_WSS_TLS13, "https://h.test/", also), "wss://[::1]:82/y");
    assert_string_equal(url_of(HS_WAY_TLS13, "https://h.test/", also), "https://h.test:443/");
    assert_null(url_of(HS_WAY_WS, "https://h.test/", also));
    /* The better scheme, though another one was named. */
    assert_string_equal(url_of(HS_WAY_QUIC, "https://h.test/", also), "https://h.test:443/");
    assert_string_equal(url_of(HS_WAY_QUIC, "http://h.test/", also), "quic://q.test:83");
    assert_string_equal(url_of(HS_WAY_TLS12, "http://h.test/", tls), "tls://t.test:84");
    assert_string_equal(url_of(HS_WAY_TCP, "https://h.test/", tls), "tcp://t.test:85");
    assert_string_equal(url_of(HS_WAY_TCP, "quic://h.test:1", tls), "tcp://t.test:85");
}

static void long_urls_have_no_row(void **state)
{
    char target[HS_WAY_URL_MAX + 100] = "https://h.test:443/";
    char url[HS_WAY_URL_MAX];
    char why[HS_WAY_WHY_MAX];
    (void)state;
    size_t len = strlen(target);
    memset(target + len, 'a', HS_WAY_URL_MAX - 1 - len);
    target[HS_WAY_URL_MAX - 1] = '\0';
    hs_url fits = parsed(target);
    assert_true(hs_way_url(HS_WAY_TLS13, &fits, NULL, 0, url, why));
    assert_string_equal(url, target);
    target[HS_WAY_URL_MAX - 1] = 'a';
    hs_url longer = parsed(target);
    assert_false(hs_way_url(HS_WAY_TLS13, &longer, NULL, 0, url, why));
    assert_non_null(strstr(why, "longer than 319 bytes"));
    /* Without its path it is short again. */
    assert_true(hs_way_url(HS_WAY_TCP, &longer, NULL, 0, url, why));
    assert_string_equal(url, "tcp://h.test:443");
}

static void options_are_the_ways_own(void **state)
{
    hs_probe_options options;
    (void)state;
    hs_probe_options_init(&options);
    hs_way_set_options(HS_WAY_TLS13_FAST_OPEN_EARLY_DATA, "https://h.test:443/", &options);
    assert_true(options.tcp_fastopen && options.early_data);
    assert_false(options.resume || options.hello_retry);
    assert_int_equal(options.tls_min, 0x0304);
    assert_int_equal(options.tls_max, 0x0304);
    assert_null(options.alpn);
    assert_int_equal(hs_way_tls_version(HS_WAY_TLS13_FAST_OPEN_EARLY_DATA), 0x0304);
    assert_int_equal(hs_way_tls_version(HS_WAY_WSS_TLS12), 0x0303);
    assert_int_equal(hs_way_tls_version(HS_WAY_HTTP2), 0);

    hs_probe_options_init(&options);
    hs_way_set_options(HS_WAY_QUIC_RESUMED, "quic://h.test:1", &options);
    assert_true(options.resume);
    assert_int_equal(options.http_version, HS_HTTP_3);
    assert_string_equal(options.alpn, "h3");

    hs_probe_options_init(&options);
    hs_way_set_options(HS_WAY_TLS13_HELLO_RETRY, "tls://quic.test:1", &options);
    assert_true(options.hello_retry);
    assert_null(options.alpn);
}

static void what_is_compared_cannot_be_set(void **state)
{
    const char *what = NULL;
    hs_probe_options common;
    (void)state;
    hs_probe_options_init(&common);
    assert_true(hs_way_options_are_common(&common, &what));
    hs_probe_options each[8];
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        each[i] = common;
    }
    each[0].http_version = HS_HTTP_2;
    each[1].tls_min = 0x0304;
    each[2].tls_max = 0x0303;
    each[3].tcp_fastopen = true;
    each[4].resume = true;
    each[5].early_data = true;
    each[6].hello_retry = true;
    each[7].alpn = "h2";
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        assert_false(hs_way_options_are_common(&each[i], &what));
        assert_non_null(what);
    }
}

/* --- which run counts for which row --- */

static bool holds(hs_way way, const hs_trace *trace)
{
    char why[HS_WAY_WHY_MAX] = "";
    bool it_does = hs_way_holds(way, trace, why);
    assert_true(it_does == (why[0] == '\0'));
    return it_does;
}

static void a_run_must_show_what_its_row_says(void **state)
{
    hs_trace trace = {0};
    (void)state;
    assert_true(holds(HS_WAY_TCP, &trace));
    assert_true(holds(HS_WAY_TLS12, &trace));
    assert_false(holds(HS_WAY_TCP_FAST_OPEN, &trace));
    trace.tcp.syn_data_acknowledged = HS_NO;
    assert_false(holds(HS_WAY_TCP_FAST_OPEN, &trace));
    trace.tcp.syn_data_acknowledged = HS_YES;
    assert_true(holds(HS_WAY_TCP_FAST_OPEN, &trace));
    assert_true(holds(HS_WAY_TLS13_FAST_OPEN, &trace));

    assert_false(holds(HS_WAY_TLS12_RESUMED, &trace));
    trace.tls.resumed = HS_NO;
    assert_false(holds(HS_WAY_TLS13_RESUMED, &trace));
    trace.tls.resumed = HS_YES;
    assert_true(holds(HS_WAY_TLS12_RESUMED, &trace));
    assert_true(holds(HS_WAY_QUIC_RESUMED, &trace));

    assert_false(holds(HS_WAY_TLS13_EARLY_DATA, &trace));
    trace.tls.early_data = HS_EARLY_DATA_REJECTED;
    assert_false(holds(HS_WAY_TLS13_EARLY_DATA, &trace));
    trace.tls.early_data = HS_EARLY_DATA_ACCEPTED;
    assert_true(holds(HS_WAY_TLS13_EARLY_DATA, &trace));
    assert_true(holds(HS_WAY_TLS13_FAST_OPEN_EARLY_DATA, &trace));
    trace.tcp.syn_data_acknowledged = HS_NO;
    assert_false(holds(HS_WAY_TLS13_FAST_OPEN_EARLY_DATA, &trace));

    assert_false(holds(HS_WAY_TLS13_HELLO_RETRY, &trace));
    trace.tls.hello_retry_request = HS_YES;
    assert_true(holds(HS_WAY_TLS13_HELLO_RETRY, &trace));

    assert_false(holds(HS_WAY_HTTP2, &trace));
    trace.tls.alpn = "http/1.1";
    assert_false(holds(HS_WAY_HTTP2, &trace));
    assert_false(holds(HS_WAY_WSS_HTTP2, &trace));
    trace.tls.alpn = "h2";
    assert_true(holds(HS_WAY_HTTP2, &trace));
}

static void the_reason_tells_what_the_server_did(void **state)
{
    char why[HS_WAY_WHY_MAX];
    hs_trace trace = {0};
    (void)state;
    trace.tcp.fast_open = "cookie_requested";
    assert_false(hs_way_holds(HS_WAY_TCP_FAST_OPEN, &trace, why));
    assert_string_equal(why, "the server gave no Fast Open cookie (RFC 7413)");
    trace.tcp.fast_open = "not_used";
    assert_false(hs_way_holds(HS_WAY_TCP_FAST_OPEN, &trace, why));
    assert_non_null(strstr(why, "this host did not use Fast Open"));
    trace.tcp.fast_open = "syn_data_not_acknowledged";
    assert_false(hs_way_holds(HS_WAY_TCP_FAST_OPEN, &trace, why));
    assert_string_equal(why, "the data in the SYN was not taken (RFC 7413)");
    assert_false(hs_way_holds(HS_WAY_TLS13_EARLY_DATA, &trace, why));
    assert_string_equal(why, "the server gave no ticket that permits early data");
    trace.tls.early_data = HS_EARLY_DATA_REJECTED;
    assert_false(hs_way_holds(HS_WAY_TLS13_EARLY_DATA, &trace, why));
    assert_string_equal(why, "the server rejected the early data");
    /* Over QUIC it is QUIC that knows. */
    trace.quic.present = true;
    trace.quic.early_data = HS_EARLY_DATA_ACCEPTED;
    assert_true(hs_way_holds(HS_WAY_QUIC_EARLY_DATA, &trace, why));
}

static void retry_moves_a_run_of_quic(void **state)
{
    hs_trace trace = {0};
    (void)state;
    trace.quic.present = true;
    trace.quic.retry = HS_NO;
    assert_int_equal(hs_way_of_run(HS_WAY_QUIC, &trace), HS_WAY_QUIC);
    assert_false(holds(HS_WAY_QUIC_RETRY, &trace));
    trace.quic.retry = HS_YES;
    assert_int_equal(hs_way_of_run(HS_WAY_QUIC, &trace), HS_WAY_QUIC_RETRY);
    assert_true(holds(HS_WAY_QUIC_RETRY, &trace));
    /* The others are rare, and have a row that says what they are. */
    assert_int_equal(hs_way_of_run(HS_WAY_QUIC_RESUMED, &trace), HS_WAY_QUIC_RESUMED);
    assert_int_equal(hs_way_of_run(HS_WAY_TLS13, &trace), HS_WAY_TLS13);
}

static void names_are_one_of_a_kind(void **state)
{
    (void)state;
    for (int a = 0; a < HS_WAY_COUNT; a++) {
        for (int b = 0; b < a; b++) {
            assert_string_not_equal(hs_way_name((hs_way)a), hs_way_name((hs_way)b));
            assert_string_not_equal(hs_way_title((hs_way)a), hs_way_title((hs_way)b));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_url_tells_its_siblings),
        cmocka_unit_test(other_urls_come_first),
        cmocka_unit_test(long_urls_have_no_row),
        cmocka_unit_test(options_are_the_ways_own),
        cmocka_unit_test(what_is_compared_cannot_be_set),
        cmocka_unit_test(a_run_must_show_what_its_row_says),
        cmocka_unit_test(the_reason_tells_what_the_server_did),
        cmocka_unit_test(retry_moves_a_run_of_quic),
        cmocka_unit_test(names_are_one_of_a_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
