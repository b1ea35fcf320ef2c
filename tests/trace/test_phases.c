#include "../cmocka_headers.h"

#include <string.h>

#include "trace/build.h"

static hs_moment ms(hs_time at)
{
    return (hs_moment){at * HS_MILLISECOND, HS_CLOCK_USER};
}

/* A connection over a path of 50 ms, with `turns` turns of TLS before the request's own. */
static hs_trace *https_trace(int turns)
{
    hs_trace_config config = {0};
    hs_trace *t = hs_trace_new(&config);
    hs_time now = 50;
    t->target.scheme = "https";
    hs_trace_mark(t, HS_MILESTONE_SYN, ms(0));
    hs_trace_mark(t, HS_MILESTONE_ESTABLISHED, ms(now));
    hs_trace_mark_byte(t, HS_MILESTONE_TLS_START, HS_CLIENT, 99);
    uint64_t client = 0;
    for (int i = 0; i < turns; i++) {
        hs_trace_add_segment(t, HS_CLIENT, 100, ms(now));
        client += 100;
        now += 50;
        hs_trace_add_segment(t, HS_SERVER, 100, ms(now));
    }
    hs_trace_add_segment(t, HS_CLIENT, 100, ms(now));
    hs_trace_mark_byte(t, HS_MILESTONE_TLS_DONE, HS_CLIENT, client + 99);
    hs_trace_add_segment(t, HS_CLIENT, 100, ms(now + 1));
    hs_trace_mark_byte(t, HS_MILESTONE_REQUEST, HS_CLIENT, client + 199);
    hs_trace_add_segment(t, HS_SERVER, 100, ms(now + 51));
    hs_trace_mark_byte(t, HS_MILESTONE_FIRST_RESPONSE, HS_SERVER, (uint64_t)turns * 100);
    hs_trace_mark(t, HS_MILESTONE_END, ms(now + 52));
    assert_int_equal(hs_trace_finish(t), HS_OK);
    return t;
}

static void round_trips_are_counted_in_their_phases(void **state)
{
    (void)state;
    for (int turns = 1; turns <= 3; turns++) {
        hs_trace *t = https_trace(turns);
        assert_int_equal(t->phases[HS_PHASE_TCP].round_trips, 1);
        assert_int_equal(t->phases[HS_PHASE_TLS].round_trips, turns);
        assert_int_equal(t->phases[HS_PHASE_RESPONSE].round_trips, 1);
        assert_false(t->phases[HS_PHASE_DNS].present);
        assert_false(t->phases[HS_PHASE_UPGRADE].present);
        assert_int_equal(t->accounting.round_trips_to_ready, 1 + turns);
        hs_time ready = t->milestones[HS_MILESTONE_READY].at;
        assert_true(ready == (50 + 50 * turns) * HS_MILLISECOND);
        hs_trace_free(t);
    }
}

static void a_phase_starts_where_the_one_before_ended(void **state)
{
    (void)state;
    hs_trace *t = https_trace(2);
    assert_true(t->phases[HS_PHASE_TLS].start.at == t->phases[HS_PHASE_TCP].end.at);
    hs_trace_free(t);
}

static void a_failed_phase_has_a_start_and_no_end(void **state)
{
    (void)state;
    hs_trace_config config = {0};
    hs_trace *t = hs_trace_new(&config);
    t->target.scheme = "https";
    hs_trace_mark(t, HS_MILESTONE_DNS_START, ms(0));
    hs_trace_mark(t, HS_MILESTONE_DNS_DONE, ms(3));
    hs_trace_mark(t, HS_MILESTONE_SYN, ms(3));
    hs_trace_mark(t, HS_MILESTONE_ESTABLISHED, ms(10));
    hs_trace_add_segment(t, HS_CLIENT, 100, ms(11));
    hs_trace_mark_byte(t, HS_MILESTONE_TLS_START, HS_CLIENT, 99);
    hs_trace_fail(t, HS_FAILURE_TLS_TIMED_OUT, HS_PHASE_TLS, 500 * HS_MILLISECOND, "silence");
    hs_trace_mark(t, HS_MILESTONE_END, ms(500));
    assert_int_equal(hs_trace_finish(t), HS_OK);
    assert_true(t->phases[HS_PHASE_DNS].end.at == 3 * HS_MILLISECOND);
    assert_int_equal(t->phases[HS_PHASE_DNS].round_trips, -1);
    assert_true(t->phases[HS_PHASE_TLS].present);
    assert_true(t->phases[HS_PHASE_TLS].end.at == HS_TIME_NONE);
    assert_int_equal(t->phases[HS_PHASE_TLS].round_trips, -1);
    assert_true(t->milestones[HS_MILESTONE_READY].at == HS_TIME_NONE);
    assert_int_equal(t->accounting.round_trips_to_ready, -1);
    hs_trace_free(t);
}

static void data_in_the_syn_costs_no_round_trip(void **state)
{
    (void)state;
    hs_trace_config config = {0};
    hs_trace *t = hs_trace_new(&config);
    t->target.scheme = "tcp";
    t->tcp.syn_data_acknowledged = HS_YES;
    hs_trace_mark(t, HS_MILESTONE_SYN, ms(1));
    hs_trace_mark(t, HS_MILESTONE_ESTABLISHED, ms(1));
    hs_trace_mark(t, HS_MILESTONE_END, ms(60));
    assert_int_equal(hs_trace_finish(t), HS_OK);
    assert_int_equal(t->phases[HS_PHASE_TCP].round_trips, 0);
    assert_int_equal(t->accounting.round_trips_to_ready, 0);
    hs_trace_free(t);
}

static void accepted_early_data_is_ready_with_the_client_hello(void **state)
{
    (void)state;
    hs_trace_config config = {0};
    hs_trace *t = hs_trace_new(&config);
    t->target.scheme = "https";
    t->tls.early_data = HS_EARLY_DATA_ACCEPTED;
    hs_trace_mark(t, HS_MILESTONE_SYN, ms(0));
    hs_trace_mark(t, HS_MILESTONE_ESTABLISHED, ms(50));
    hs_trace_mark(t, HS_MILESTONE_TLS_START, ms(51));
    hs_trace_mark(t, HS_MILESTONE_TLS_DONE, ms(102));
    hs_trace_mark(t, HS_MILESTONE_END, ms(103));
    assert_int_equal(hs_trace_finish(t), HS_OK);
    assert_true(t->milestones[HS_MILESTONE_READY].at == 51 * HS_MILLISECOND);
    assert_int_equal(t->accounting.round_trips_to_ready, 1);
    hs_trace_free(t);
}

/* A NewSessionTicket that comes between Finished and the upgrade's request answers the former. */
static void what_answers_something_earlier_was_not_waited_for(void **state)
{
    (void)state;
    for (int is_prompt = 0; is_prompt <= 1; is_prompt++) {
        hs_trace_config config = {0};
        hs_trace *t = hs_trace_new(&config);
        t->target.scheme = "wss";
        hs_trace_mark(t, HS_MILESTONE_SYN, ms(0));
        hs_trace_mark(t, HS_MILESTONE_ESTABLISHED, ms(50));
        hs_trace_add_segment(t, HS_CLIENT, 100, ms(50));
        hs_trace_add_segment(t, HS_SERVER, 100, ms(100));
        hs_trace_add_segment(t, HS_CLIENT, 10, ms(100)); /* Finished */
        if (is_prompt) {
            hs_trace_add_segment(t, HS_CLIENT, 90, ms(101)); /* the request */
            hs_trace_add_segment(t, HS_SERVER, 50, ms(150)); /* NewSessionTicket */
        } else {
            hs_trace_add_segment(t, HS_SERVER, 50, ms(150));
            hs_trace_add_segment(t, HS_CLIENT, 90, ms(151));
        }
        hs_trace_add_segment(t, HS_SERVER, 100, ms(is_prompt ? 151 : 201));
        hs_trace_mark_byte(t, HS_MILESTONE_TLS_START, HS_CLIENT, 99);
        hs_trace_mark_byte(t, HS_MILESTONE_TLS_DONE, HS_CLIENT, 109);
        hs_trace_mark_byte(t, HS_MILESTONE_UPGRADE_START, HS_CLIENT, 199);
        hs_trace_mark_byte(t, HS_MILESTONE_UPGRADE_DONE, HS_SERVER, 249);
        hs_trace_mark(t, HS_MILESTONE_END, ms(300));
        assert_int_equal(hs_trace_finish(t), HS_OK);
        assert_int_equal(t->phases[HS_PHASE_TLS].round_trips, 1);
        assert_int_equal(t->phases[HS_PHASE_UPGRADE].round_trips, 1);
        assert_int_equal(t->accounting.round_trips_to_ready, 3);
        hs_trace_free(t);
    }
}

/* A ticket before the server's SETTINGS, with a late segment of the client's in between. */
static void settings_take_one_wait(void **state)
{
    (void)state;
    hs_trace_config config = {0};
    hs_trace *t = hs_trace_new(&config);
    t->target.scheme = "https";
    hs_trace_mark(t, HS_MILESTONE_SYN, ms(0));
    hs_trace_mark(t, HS_MILESTONE_ESTABLISHED, ms(50));
    hs_trace_add_segment(t, HS_CLIENT, 100, ms(50));
    hs_trace_add_segment(t, HS_SERVER, 100, ms(100));
    hs_trace_add_segment(t, HS_CLIENT, 10, ms(100)); /* Finished */
    hs_trace_add_segment(t, HS_SERVER, 50, ms(150)); /* NewSessionTicket */
    hs_trace_add_segment(t, HS_CLIENT, 90, ms(151)); /* SETTINGS */
    hs_trace_add_segment(t, HS_SERVER, 30, ms(152)); /* SETTINGS */
    hs_trace_mark_byte(t, HS_MILESTONE_TLS_START, HS_CLIENT, 99);
    hs_trace_mark_byte(t, HS_MILESTONE_TLS_DONE, HS_CLIENT, 109);
    hs_trace_mark_byte(t, HS_MILESTONE_SETTINGS_START, HS_CLIENT, 199);
    hs_trace_mark_byte(t, HS_MILESTONE_SETTINGS_DONE, HS_SERVER, 179);
    hs_trace_mark(t, HS_MILESTONE_END, ms(300));
    assert_int_equal(hs_trace_finish(t), HS_OK);
    assert_int_equal(t->phases[HS_PHASE_SETTINGS].round_trips, 1);
    hs_trace_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trips_are_counted_in_their_phases),
        cmocka_unit_test(a_phase_starts_where_the_one_before_ended),
        cmocka_unit_test(a_failed_phase_has_a_start_and_no_end),
        cmocka_unit_test(data_in_the_syn_costs_no_round_trip),
        cmocka_unit_test(accepted_early_data_is_ready_with_the_client_hello),
        cmocka_unit_test(what_answers_something_earlier_was_not_waited_for),
        cmocka_unit_test(settings_take_one_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
