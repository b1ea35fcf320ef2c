#include "../cmocka_headers.h"

#include <math.h>
#include <string.h>

#include "compare/samples.h"

#define MS HS_MILLISECOND

static void none(hs_trace *trace)
{
    *trace = (hs_trace){0};
    for (int i = 0; i < HS_MILESTONE_COUNT; i++) {
        trace->milestones[i].at = HS_TIME_NONE;
    }
    trace->accounting.path_rtt = HS_TIME_NONE;
}

static hs_sample sample(hs_time ready, hs_time response)
{
    hs_sample made = {.ready = ready,
                      .settings = HS_TIME_NONE,
                      .first_response = response,
                      .cpu = ready / 10,
                      .bytes_sent = (uint64_t)(ready / MS),
                      .bytes_received = (uint64_t)(2 * ready / MS)};
    hs_time whole = response == HS_TIME_NONE ? ready : response;
    made.accounting = (hs_accounting){.present = true,
                                      .path_rtt = 10 * MS,
                                      .total = whole,
                                      .network = whole / 2,
                                      .server = whole / 4,
                                      .client = whole - whole / 2 - whole / 4};
    for (int i = 0; i < HS_PHASE_COUNT; i++) {
        made.phases[i] = i == HS_PHASE_TCP ? ready / 2 : HS_TIME_NONE;
    }
    (void)snprintf(made.parts, sizeof made.parts, ": TCP 1; run of %d", (int)(ready / MS));
    return made;
}

static void add(hs_samples *samples, hs_time ready, hs_time response)
{
    hs_sample one = sample(ready, response);
    assert_int_equal(hs_samples_add(samples, &one), HS_OK);
}

/* --- quantiles --- */

static void quantiles_are_values_that_were_measured(void **state)
{
    /* By hand: the value at rank ceil(p N) of the sorted list. */
    static const struct {
        size_t count; /* the times 1 … count */
        hs_time p50;
        hs_time p95;
    } rows[] = {{1, 1, 1},    {2, 1, 2},     {3, 2, 3},    {4, 2, 4},    {5, 3, 5},
                {10, 5, 10},  {19, 10, 19},  {20, 10, 19}, {21, 11, 20}, {40, 20, 38},
                {99, 50, 95}, {100, 50, 95}, {101, 51, 96}};
    hs_time times[128];
    (void)state;
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        size_t count = rows[row].count;
        for (size_t i = 0; i < count; i++) {
            times[i] = (hs_time)(count - i);
        }
        hs_quantiles q = hs_quantiles_of(times, count);
        assert_int_equal(q.count, count);
        assert_int_equal(q.least, 1);
        assert_int_equal(q.p50, rows[row].p50);
        assert_int_equal(q.p95, rows[row].p95);
        assert_int_equal(q.most, count);
    }
}

static void what_was_not_seen_is_left_out(void **state)
{
    hs_time times[] = {HS_TIME_NONE, 7, HS_TIME_NONE, 0, 3, HS_TIME_NONE};
    hs_time unseen[] = {HS_TIME_NONE, HS_TIME_NONE};
    (void)state;
    hs_quantiles q = hs_quantiles_of(times, sizeof times / sizeof *times);
    assert_int_equal(q.count, 3);
    assert_int_equal(q.least, 0);
    assert_int_equal(q.p50, 3);
    assert_int_equal(q.most, 7);
    q = hs_quantiles_of(unseen, 2);
    assert_int_equal(q.count, 0);
    assert_true(q.least == HS_TIME_NONE && q.p50 == HS_TIME_NONE && q.p95 == HS_TIME_NONE &&
                q.most == HS_TIME_NONE);
    q = hs_quantiles_of(unseen, 0);
    assert_int_equal(q.count, 0);
}

static void round_trips_need_a_path(void **state)
{
    (void)state;
    assert_true(hs_round_trips(30 * MS, 10 * MS) == 3.0);
    assert_true(hs_round_trips(0, 10 * MS) == 0.0);
    assert_true(hs_round_trips(-5 * MS, 10 * MS) == -0.5);
    assert_true(isnan(hs_round_trips(30 * MS, HS_TIME_NONE)));
    assert_true(isnan(hs_round_trips(30 * MS, 0)));
    assert_true(isnan(hs_round_trips(HS_TIME_NONE, 10 * MS)));
}

/* --- one run --- */

static void times_begin_at_the_first_packet(void **state)
{
    hs_trace trace;
    hs_sample one;
    (void)state;
    none(&trace);
    trace.milestones[HS_MILESTONE_SYN].at = 100 * MS; /* after name resolution */
    trace.milestones[HS_MILESTONE_READY].at = 130 * MS;
    trace.milestones[HS_MILESTONE_FIRST_RESPONSE].at = 141 * MS;
    trace.bytes_sent = 5;
    trace.bytes_received = 6;
    hs_sample_of(&trace, 3 * MS, &one);
    assert_true(one.ready == 30 * MS && one.first_response == 41 * MS);
    assert_true(one.settings == HS_TIME_NONE && one.cpu == 3 * MS);
    assert_int_equal(one.bytes_sent, 5);
    assert_int_equal(one.bytes_received, 6);
    assert_string_equal(one.parts, ""); /* no path round trip was seen */
    for (int i = 0; i < HS_PHASE_COUNT; i++) {
        assert_true(one.phases[i] == HS_TIME_NONE);
    }

    /* Of QUIC it is the first Initial packet. */
    trace.milestones[HS_MILESTONE_QUIC_START].at = 110 * MS;
    hs_sample_of(&trace, HS_TIME_NONE, &one);
    assert_true(one.ready == 20 * MS);

    /* What an address costs that does not answer is part of it. */
    const hs_attempt attempts[] = {{.start = 90 * MS}, {.start = 110 * MS}};
    trace.target.attempts = attempts;
    trace.target.attempt_count = 2;
    hs_sample_of(&trace, HS_TIME_NONE, &one);
    assert_true(one.ready == 40 * MS);

    none(&trace);
    hs_sample_of(&trace, HS_TIME_NONE, &one);
    assert_true(one.ready == HS_TIME_NONE && one.first_response == HS_TIME_NONE);
}

static void phases_and_parts_are_told(void **state)
{
    hs_trace trace;
    hs_sample one;
    (void)state;
    none(&trace);
    trace.milestones[HS_MILESTONE_SYN].at = 0;
    trace.milestones[HS_MILESTONE_READY].at = 30 * MS;
    trace.phases[HS_PHASE_TCP] = (hs_phase_span){.present = true, .round_trips = 1};
    trace.phases[HS_PHASE_TCP].end.at = 10 * MS;
    trace.phases[HS_PHASE_TLS] = (hs_phase_span){.present = true, .round_trips = 2};
    trace.phases[HS_PHASE_TLS].start.at = 10 * MS;
    trace.phases[HS_PHASE_TLS].end.at = 30 * MS;
    trace.phases[HS_PHASE_RESPONSE] = (hs_phase_span){.present = true, .round_trips = 1};
    trace.phases[HS_PHASE_RESPONSE].end.at = 40 * MS; /* after ready */
    trace.tls.present = true;
    trace.tls.hello_retry_request = HS_YES;
    trace.accounting = (hs_accounting){
        .present = true, .path_rtt = 10 * MS, .total = 45 * MS, .dns = 5 * MS, .network = 36 * MS};
    hs_sample_of(&trace, 0, &one);
    assert_true(one.phases[HS_PHASE_TCP] == 10 * MS && one.phases[HS_PHASE_TLS] == 20 * MS);
    assert_string_equal(one.parts, ": TCP 1, HelloRetryRequest 1, TLS 1; 90 % network");
}

/* --- a row --- */

static void a_row_is_medians_and_one_typical_run(void **state)
{
    hs_samples samples = {0};
    hs_compare_row row = {0};
    (void)state;
    /* The run with the middle response is not that with the middle ready. */
    add(&samples, 30 * MS, 90 * MS);
    add(&samples, 20 * MS, 41 * MS);
    add(&samples, 21 * MS, 40 * MS);
    add(&samples, 25 * MS, 50 * MS);
    add(&samples, 22 * MS, 42 * MS);
    assert_int_equal(hs_samples_sum_up(&samples, 10 * MS, &row), HS_OK);
    assert_int_equal(row.ready.count, 5);
    assert_true(row.ready.least == 20 * MS && row.ready.p50 == 22 * MS);
    assert_true(row.ready.p95 == 30 * MS && row.ready.most == 30 * MS);
    assert_true(row.first_response.p50 == 42 * MS && row.first_response.most == 90 * MS);
    assert_int_equal(row.settings.count, 0);
    assert_true(row.round_trips_to_ready == 2.2 && row.round_trips_to_response == 4.2);
    assert_true(isnan(row.round_trips_to_settings));
    assert_true(row.cpu.p50 == 2200 * HS_MICROSECOND);
    assert_int_equal(row.bytes_sent, 22);
    assert_int_equal(row.bytes_received, 44);
    const hs_accounting *parts = &row.accounting;
    assert_true(parts->present && parts->total == 42 * MS);
    assert_true(parts->dns + parts->network + parts->server + parts->client + parts->tail +
                    parts->loss ==
                parts->total);
    assert_true(row.phases[HS_PHASE_TCP] == 11 * MS);
    assert_true(row.phases[HS_PHASE_TLS] == HS_TIME_NONE);
    assert_string_equal(row.sentence, "2.20 round trips: TCP 1; run of 22");
    hs_samples_free(&samples);
}

static void without_a_response_ready_decides(void **state)
{
    hs_samples samples = {0};
    hs_compare_row row = {0};
    (void)state;
    add(&samples, 30 * MS, HS_TIME_NONE);
    add(&samples, 20 * MS, HS_TIME_NONE);
    add(&samples, 10 * MS, HS_TIME_NONE);
    assert_int_equal(hs_samples_sum_up(&samples, HS_TIME_NONE, &row), HS_OK);
    assert_true(row.accounting.total == 20 * MS);
    assert_int_equal(row.first_response.count, 0);
    assert_true(isnan(row.round_trips_to_ready) && isnan(row.round_trips_to_response));
    assert_string_equal(row.sentence, "");
    hs_samples_free(&samples);
}

static void a_row_without_runs_is_empty(void **state)
{
    hs_samples samples = {0};
    hs_compare_row row = {0};
    (void)state;
    assert_int_equal(hs_samples_sum_up(&samples, 10 * MS, &row), HS_OK);
    assert_int_equal(row.ready.count, 0);
    assert_true(isnan(row.round_trips_to_ready));
    assert_false(row.accounting.present);
    assert_true(row.phases[HS_PHASE_TCP] == HS_TIME_NONE);
    hs_samples_free(&samples);
}

static void a_thousand_rounds_fit(void **state)
{
    hs_samples samples = {0};
    hs_compare_row row = {0};
    (void)state;
    for (int i = 0; i < HS_COMPARE_ROUNDS_MAX; i++) {
        add(&samples, (i * 7919 % HS_COMPARE_ROUNDS_MAX + 1) * MS, HS_TIME_NONE);
    }
    assert_int_equal(hs_samples_sum_up(&samples, 1 * MS, &row), HS_OK);
    assert_true(row.ready.p50 == 500 * MS && row.ready.p95 == 950 * MS);
    assert_string_equal(row.sentence, "500 round trips: TCP 1; run of 500");
    hs_samples_free(&samples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_are_values_that_were_measured),
        cmocka_unit_test(what_was_not_seen_is_left_out),
        cmocka_unit_test(round_trips_need_a_path),
        cmocka_unit_test(times_begin_at_the_first_packet),
        cmocka_unit_test(phases_and_parts_are_told),
        cmocka_unit_test(a_row_is_medians_and_one_typical_run),
        cmocka_unit_test(without_a_response_ready_decides),
        cmocka_unit_test(a_row_without_runs_is_empty),
        cmocka_unit_test(a_thousand_rounds_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
