#include "../cmocka_headers.h"

#include <stdlib.h>
#include <string.h>

#include "lab/counters.h"

static const char netstat[] =
    "TcpExt: SyncookiesSent SyncookiesRecv SyncookiesFailed EmbryonicRsts ListenOverflows "
    "ListenDrops TCPReqQFullDoCookies\n"
    "TcpExt: 14971 100 0 7 3 15303 14970\n"
    "IpExt: InNoRoutes ListenDropsOther\n"
    "IpExt: 1 2\n";

static void counters_are_found_by_name(void **state)
{
    (void)state;
    hs_listen_counters c;
    hs_listen_counters_parse(netstat, &c);
    assert_int_equal(c.values[HS_COUNTER_SYNCOOKIES_SENT], 14971);
    assert_int_equal(c.values[HS_COUNTER_SYNCOOKIES_RECV], 100);
    assert_int_equal(c.values[HS_COUNTER_SYNCOOKIES_FAILED], 0);
    assert_int_equal(c.values[HS_COUNTER_LISTEN_OVERFLOWS], 3);
    assert_int_equal(c.values[HS_COUNTER_LISTEN_DROPS], 15303);
    assert_int_equal(c.values[HS_COUNTER_REQ_Q_FULL_DO_COOKIES], 14970);
    /* This kernel has none: that is not zero. */
    assert_int_equal(c.values[HS_COUNTER_REQ_Q_FULL_DROP], HS_COUNTER_UNSEEN);
}

static void a_cut_text_gives_what_it_has(void **state)
{
    (void)state;
    for (size_t cut = 0; cut < sizeof netstat; cut++) {
        char *text = malloc(cut + 1);
        assert_non_null(text);
        memcpy(text, netstat, cut);
        text[cut] = '\0';
        hs_listen_counters c;
        hs_listen_counters_parse(text, &c);
        int64_t recv = c.values[HS_COUNTER_SYNCOOKIES_RECV];
        assert_true(recv == HS_COUNTER_UNSEEN || recv == 1 || recv == 10 || recv == 100);
        free(text);
    }
}

static void nonsense_is_not_a_number(void **state)
{
    (void)state;
    hs_listen_counters c;
    hs_listen_counters_parse("TcpExt: ListenDrops SyncookiesSent\nTcpExt: 1x -5\n", &c);
    for (int i = 0; i < HS_LISTEN_COUNTER_COUNT; i++) {
        assert_int_equal(c.values[i], HS_COUNTER_UNSEEN);
    }
}

static void this_kernel_has_them(void **state)
{
    (void)state;
    hs_listen_counters c;
    assert_int_equal(hs_listen_counters_read(&c), HS_OK);
    assert_true(c.values[HS_COUNTER_LISTEN_DROPS] >= 0);
    assert_true(c.values[HS_COUNTER_SYNCOOKIES_SENT] >= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_are_found_by_name),
        cmocka_unit_test(a_cut_text_gives_what_it_has),
        cmocka_unit_test(nonsense_is_not_a_number),
        cmocka_unit_test(this_kernel_has_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
