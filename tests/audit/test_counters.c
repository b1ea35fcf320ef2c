#include "../cmocka_headers.h"

#include <string.h>

#include "audit/report.h"
#include "base/reader.h"

static const char text[] = "TcpExt: SyncookiesSent Unknown ListenDrops TW\n"
                           "TcpExt: 7 -1 18446744073709551615 3\n"
                           "Tcp: MaxConn ActiveOpens PassiveOpens\n"
                           "Tcp: -1 10 200\n";

static hs_result parse(const char *source, hs_audit_counters *counters)
{
    *counters = (hs_audit_counters){.at = 0};
    return hs_audit_counters_parse(hs_bytes_of(source, strlen(source)), counters);
}

static void known_counters_are_taken(void **state)
{
    hs_audit_counters counters;
    (void)state;
    assert_int_equal(parse(text, &counters), HS_OK);
    assert_int_equal(hs_audit_counter_value(&counters, HS_AUDIT_COUNTER_SYNCOOKIES_SENT), 7);
    assert_true(counters.values[HS_AUDIT_COUNTER_LISTEN_DROPS] == UINT64_MAX);
    assert_int_equal(counters.values[HS_AUDIT_COUNTER_PASSIVE_OPENS], 200);
    assert_false(counters.is_seen[HS_AUDIT_COUNTER_UDP_NO_PORTS]);
    assert_int_equal(hs_audit_counter_value(&counters, HS_AUDIT_COUNTER_UDP_NO_PORTS), 0);
    counters.values[HS_AUDIT_COUNTER_LISTEN_DROPS] = 3;
    double share = hs_audit_counter_share(&counters, HS_AUDIT_COUNTER_LISTEN_DROPS);
    assert_true(share > 0.0149 && share < 0.0151);
    assert_true(hs_audit_counter_share(&counters, HS_AUDIT_COUNTER_TW) < 0);
    counters.values[HS_AUDIT_COUNTER_PASSIVE_OPENS] = 0;
    assert_true(hs_audit_counter_share(&counters, HS_AUDIT_COUNTER_LISTEN_DROPS) < 0);
}

/* A name is never given another one's value, wherever the text is cut. */
static void truncations_never_shift(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof text - 1; len++) {
        hs_audit_counters counters = {.at = 0};
        hs_result result = hs_audit_counters_parse(hs_bytes_of(text, len), &counters);
        assert_true(result == HS_OK || result == HS_MALFORMED);
        if (counters.is_seen[HS_AUDIT_COUNTER_SYNCOOKIES_SENT]) {
            assert_int_equal(counters.values[HS_AUDIT_COUNTER_SYNCOOKIES_SENT], 7);
        }
        if (counters.is_seen[HS_AUDIT_COUNTER_ACTIVE_OPENS]) {
            uint64_t value = counters.values[HS_AUDIT_COUNTER_ACTIVE_OPENS];
            assert_true(value == 10 || value == 1); /* the digit may be the last byte */
        }
    }
}

static void malformed_text_is_refused(void **state)
{
    static const char *const wrong[] = {
        "no colon\nno colon\n",
        ": a\n: 1\n",
        "TcpExt: TW\nTcp: 1\n",
        "TcpExt: TW ListenDrops\nTcpExt: 1\n",
        "TcpExt: TW\nTcpExt: 1 2\n",
        "TcpExt: TW\nTcpExt: -1\n",
        "TcpExt: TW\nTcpExt: 1x\n",
        "TcpExt: TW\nTcpExt: 18446744073709551616\n",
        "TcpExt: TW\n",
        "\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        hs_audit_counters counters;
        assert_int_equal(parse(wrong[i], &counters), HS_MALFORMED);
        assert_false(counters.is_seen[HS_AUDIT_COUNTER_LISTEN_DROPS]);
    }
    hs_audit_counters counters;
    assert_int_equal(parse("", &counters), HS_OK);
    assert_int_equal(parse("Tcp:\nTcp:\n", &counters), HS_OK);
}

static int64_t time_wait(const char *source)
{
    return hs_audit_time_wait_parse(hs_bytes_of(source, strlen(source)));
}

static void time_wait_is_found(void **state)
{
    (void)state;
    assert_int_equal(
        time_wait("sockets: used 9\nTCP: inuse 3 orphan 0 tw 12 alloc 5\nUDP: inuse 1\n"), 12);
    assert_int_equal(time_wait("TCP: inuse 3 orphan 0\n"), -1);
    assert_int_equal(time_wait("TCP: inuse 3 tw\n"), -1);
    assert_int_equal(time_wait("TCP: inuse x tw 4\n"), -1);
    assert_int_equal(time_wait("UDP: tw 4\n"), -1);
    assert_int_equal(time_wait(""), -1);
}

static void rates_need_two_looks(void **state)
{
    hs_audit_counters before;
    hs_audit_counters after;
    (void)state;
    assert_int_equal(parse(text, &before), HS_OK);
    assert_int_equal(parse(text, &after), HS_OK);
    after.at = 2 * HS_SECOND;
    after.values[HS_AUDIT_COUNTER_SYNCOOKIES_SENT] += 5;
    after.values[HS_AUDIT_COUNTER_TW] = 0; /* as in another namespace */
    const hs_audit_interval interval = {0, &before, &after};
    double rate = hs_audit_interval_rate(&interval, HS_AUDIT_COUNTER_SYNCOOKIES_SENT);
    assert_true(rate > 2.499 && rate < 2.501);
    assert_true(hs_audit_interval_rate(&interval, HS_AUDIT_COUNTER_TW) < 0);
    assert_true(hs_audit_interval_rate(&interval, HS_AUDIT_COUNTER_UDP_NO_PORTS) < 0);
    const hs_audit_interval none = {0, &after, &after};
    assert_true(hs_audit_interval_rate(&none, HS_AUDIT_COUNTER_TW) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_counters_are_taken),  cmocka_unit_test(truncations_never_shift),
        cmocka_unit_test(malformed_text_is_refused), cmocka_unit_test(time_wait_is_found),
        cmocka_unit_test(rates_need_two_looks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
