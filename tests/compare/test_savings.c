#include "../cmocka_headers.h"

#include <math.h>
#include <string.h>

#include "compare/savings.h"

#define MS HS_MILLISECOND

static const hs_trace *const no_runs[HS_WAY_COUNT];

static void start(hs_comparison *all, hs_time rtt)
{
    *all = (hs_comparison){0};
    all->path_rtt = (hs_quantiles){.count = rtt != HS_TIME_NONE, .p50 = rtt};
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        all->rows[way].way = (hs_way)way;
        all->rows[way].state = HS_WAY_NOT_TRIED;
        all->rows[way].ready.p50 = HS_TIME_NONE;
    }
}

static void measured(hs_comparison *all, hs_way way, hs_time ready)
{
    all->rows[way].state = HS_WAY_MEASURED;
    all->rows[way].ready = (hs_quantiles){.count = 3, .p50 = ready};
}

static const hs_saving *find(const hs_comparison *all, const char *name)
{
    for (size_t i = 0; i < all->saving_count; i++) {
        if (strcmp(all->savings[i].name, name) == 0) {
            return &all->savings[i];
        }
    }
    return NULL;
}

static void both_rows_measured(void **state)
{
    hs_comparison all;
    (void)state;
    start(&all, 10 * MS);
    measured(&all, HS_WAY_TLS12, 31 * MS);
    measured(&all, HS_WAY_TLS13, 21 * MS);
    measured(&all, HS_WAY_QUIC, 26 * MS);
    hs_savings_find(&all, no_runs);
    assert_int_equal(all.saving_count, 2);
    const hs_saving *saving = find(&all, "tls1.3");
    assert_non_null(saving);
    assert_true(saving->measured && saving->time == 10 * MS && saving->round_trips == 1.0);
    assert_int_equal(saving->from, HS_WAY_TLS12);
    assert_int_equal(saving->to, HS_WAY_TLS13);
    assert_string_equal(saving->advice, "let clients offer TLS 1.3");
    /* What costs more here is told as well. */
    saving = find(&all, "quic");
    assert_non_null(saving);
    assert_true(saving->measured && saving->time == -5 * MS && saving->round_trips == -0.5);
}

static void not_offered_is_a_promise(void **state)
{
    hs_comparison all;
    (void)state;
    start(&all, 10 * MS);
    measured(&all, HS_WAY_TLS12, 31 * MS);
    measured(&all, HS_WAY_TLS13, 21 * MS);
    all.rows[HS_WAY_TLS12_RESUMED].state = HS_WAY_NOT_OFFERED;
    all.rows[HS_WAY_TLS13_FAST_OPEN_EARLY_DATA].state = HS_WAY_NOT_OFFERED;
    hs_savings_find(&all, no_runs);
    assert_int_equal(all.saving_count, 3);
    const hs_saving *saving = find(&all, "tls1.2_resumption");
    assert_non_null(saving);
    assert_true(!saving->measured && saving->time == 10 * MS && saving->round_trips == 1.0);
    assert_string_equal(saving->advice, "turn on session tickets or a session cache on the server");
    saving = find(&all, "fast_open_early_data");
    assert_non_null(saving);
    assert_true(!saving->measured && saving->time == 20 * MS && saving->round_trips == 2.0);
}

static void nothing_is_promised_unasked(void **state)
{
    hs_comparison all;
    (void)state;
    start(&all, 10 * MS);
    measured(&all, HS_WAY_TLS13, 21 * MS); /* QUIC and all else was not tried */
    hs_savings_find(&all, no_runs);
    assert_int_equal(all.saving_count, 0);

    start(&all, 10 * MS); /* what it would improve is not there */
    all.rows[HS_WAY_TLS13].state = HS_WAY_NOT_OFFERED;
    all.rows[HS_WAY_TLS12].state = HS_WAY_NOT_OFFERED;
    measured(&all, HS_WAY_TLS12_RESUMED, 20 * MS);
    hs_savings_find(&all, no_runs);
    assert_int_equal(all.saving_count, 0);
}

static void without_the_path_only_times_are_known(void **state)
{
    hs_comparison all;
    (void)state;
    start(&all, HS_TIME_NONE);
    measured(&all, HS_WAY_TLS12, 31 * MS);
    measured(&all, HS_WAY_TLS13, 21 * MS);
    all.rows[HS_WAY_QUIC].state = HS_WAY_NOT_OFFERED;
    hs_savings_find(&all, no_runs);
    assert_int_equal(all.saving_count, 1);
    assert_true(all.savings[0].measured && all.savings[0].time == 10 * MS);
    assert_true(isnan(all.savings[0].round_trips));
}

static void findings_of_plain_ways_cost(void **state)
{
    const hs_finding other = {.id = "no_stapling", .cost_round_trips = 1, .cost = 10 * MS};
    const hs_finding free_of_charge = {
        .next = &other, .id = "flight_exceeds_window", .cost_round_trips = 0};
    const hs_finding retry = {.next = &free_of_charge,
                              .id = "hello_retry_request",
                              .title = "a second ClientHello",
                              .advice = "offer the group",
                              .cost_round_trips = 1,
                              .cost = 10 * MS};
    hs_trace plain = {.findings = &retry};
    const hs_trace *last[HS_WAY_COUNT] = {0};
    hs_comparison all;
    (void)state;
    start(&all, 10 * MS);
    last[HS_WAY_TLS13] = &plain;
    last[HS_WAY_TLS13_HELLO_RETRY] = &plain; /* which was asked for it */
    hs_savings_find(&all, last);
    assert_int_equal(all.saving_count, 1);
    assert_string_equal(all.savings[0].name, "hello_retry_request");
    assert_string_equal(all.savings[0].title, "TLS 1.3: a second ClientHello");
    assert_string_equal(all.savings[0].advice, "offer the group");
    assert_false(all.savings[0].measured);
    assert_int_equal(all.savings[0].from, HS_WAY_TLS13);
    assert_int_equal(all.savings[0].to, HS_WAY_TLS13);
    assert_true(all.savings[0].round_trips == 1.0 && all.savings[0].time == 10 * MS);
}

static void there_is_room_for_so_many(void **state)
{
    static const char *const ids[] = {"hello_retry_request", "flight_exceeds_window",
                                      "quic_amplification_limited"};
    hs_finding findings[3];
    hs_trace plain = {.findings = findings};
    const hs_trace *last[HS_WAY_COUNT];
    hs_comparison all;
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        findings[i] = (hs_finding){.next = i < 2 ? &findings[i + 1] : NULL,
                                   .id = ids[i],
                                   .title = "title",
                                   .advice = "advice",
                                   .cost_round_trips = 1,
                                   .cost = MS};
    }
    start(&all, 10 * MS);
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        measured(&all, (hs_way)way, MS);
        last[way] = &plain;
    }
    hs_savings_find(&all, last);
    assert_int_equal(all.saving_count, HS_SAVINGS_MAX);
    assert_non_null(find(&all, "wss_tls1.3"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_rows_measured),
        cmocka_unit_test(not_offered_is_a_promise),
        cmocka_unit_test(nothing_is_promised_unasked),
        cmocka_unit_test(without_the_path_only_times_are_known),
        cmocka_unit_test(findings_of_plain_ways_cost),
        cmocka_unit_test(there_is_room_for_so_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
