#include "../cmocka_headers.h"

#include <string.h>

#include "decode/tcp_machine.h"

#define S(name) HS_TCP_##name##_STATE
#define NONE HS_TCP_STATE_COUNT

/* RFC 9293 3.3.2, figure 5, and the text on RST in 3.10.7, a column an event; NONE where the figure
 * has no arrow. */
static const hs_tcp_state expected[HS_TCP_STATE_COUNT][HS_TCP_EVENT_COUNT] = {
    /*                   sends SYN    gets SYN         gets SYN-ACK    SYN acked       SYN refused
                         sends FIN      gets FIN       FIN acked      sends RST  gets RST */
    [S(CLOSED)] = {S(SYN_SENT), NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE},
    [S(LISTEN)] = {S(SYN_SENT), S(SYN_RECEIVED), NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE},
    [S(SYN_SENT)] = {NONE, S(SYN_RECEIVED), S(ESTABLISHED), NONE, S(CLOSED), NONE, NONE, NONE,
                     S(CLOSED), S(CLOSED)},
    [S(SYN_RECEIVED)] = {NONE, NONE, NONE, S(ESTABLISHED), S(CLOSED), S(FIN_WAIT_1), NONE, NONE,
                         S(CLOSED), S(LISTEN)},
    [S(ESTABLISHED)] = {NONE, NONE, NONE, NONE, NONE, S(FIN_WAIT_1), S(CLOSE_WAIT), NONE, S(CLOSED),
                        S(CLOSED)},
    [S(FIN_WAIT_1)] = {NONE, NONE, NONE, NONE, NONE, NONE, S(CLOSING), S(FIN_WAIT_2), S(CLOSED),
                       S(CLOSED)},
    [S(FIN_WAIT_2)] = {NONE, NONE, NONE, NONE, NONE, NONE, S(TIME_WAIT), NONE, S(CLOSED),
                       S(CLOSED)},
    [S(CLOSE_WAIT)] = {NONE, NONE, NONE, NONE, NONE, S(LAST_ACK), NONE, NONE, S(CLOSED), S(CLOSED)},
    [S(CLOSING)] = {NONE, NONE, NONE, NONE, NONE, NONE, NONE, S(TIME_WAIT), S(CLOSED), S(CLOSED)},
    [S(LAST_ACK)] = {NONE, NONE, NONE, NONE, NONE, NONE, NONE, S(CLOSED), S(CLOSED), S(CLOSED)},
    [S(TIME_WAIT)] = {NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, S(CLOSED)},
};

static void every_pair_of_state_and_event_is_as_in_the_figure(void **state)
{
    (void)state;
    for (int from = 0; from < HS_TCP_STATE_COUNT; from++) {
        for (int event = 0; event < HS_TCP_EVENT_COUNT; event++) {
            hs_tcp_state want = expected[from][event];
            want = want == NONE ? (hs_tcp_state)from : want;
            hs_tcp_state got = hs_tcp_next((hs_tcp_state)from, (hs_tcp_event)event);
            if (got != want) {
                fail_msg("%s, %s: %s, not %s", hs_tcp_state_name((hs_tcp_state)from),
                         hs_tcp_event_name((hs_tcp_event)event), hs_tcp_state_name(got),
                         hs_tcp_state_name(want));
            }
        }
    }
}

static void rules_are_unambiguous_and_change_something(void **state)
{
    (void)state;
    size_t count = 0;
    const hs_tcp_rule *rules = hs_tcp_rules(&count);
    size_t arrows = 0;
    for (int from = 0; from < HS_TCP_STATE_COUNT; from++) {
        for (int event = 0; event < HS_TCP_EVENT_COUNT; event++) {
            arrows += expected[from][event] != NONE;
        }
    }
    assert_int_equal(count, arrows);
    for (size_t i = 0; i < count; i++) {
        assert_int_not_equal(rules[i].from, rules[i].to);
        for (size_t j = 0; j < i; j++) {
            assert_false(rules[i].from == rules[j].from && rules[i].event == rules[j].event);
        }
    }
}

static void an_unknown_state_stays_unknown(void **state)
{
    (void)state;
    for (int event = 0; event < HS_TCP_EVENT_COUNT; event++) {
        assert_int_equal(hs_tcp_next(HS_TCP_STATE_COUNT, (hs_tcp_event)event), HS_TCP_STATE_COUNT);
    }
}

static void names_are_those_of_the_rfc(void **state)
{
    (void)state;
    assert_string_equal(hs_tcp_state_name(HS_TCP_SYN_SENT_STATE), "SYN-SENT");
    assert_string_equal(hs_tcp_state_name(HS_TCP_FIN_WAIT_1_STATE), "FIN-WAIT-1");
    assert_string_equal(hs_tcp_state_name(HS_TCP_TIME_WAIT_STATE), "TIME-WAIT");
    assert_string_equal(hs_tcp_state_name(HS_TCP_STATE_COUNT), "unknown");
    assert_string_equal(hs_tcp_event_name(HS_TCP_SENDS_FIN), "sends FIN");
    assert_string_equal(hs_tcp_event_name(HS_TCP_EVENT_COUNT), "unknown");
    for (int event = 0; event < HS_TCP_EVENT_COUNT; event++) {
        assert_non_null(hs_tcp_event_name((hs_tcp_event)event));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_of_state_and_event_is_as_in_the_figure),
        cmocka_unit_test(rules_are_unambiguous_and_change_something),
        cmocka_unit_test(an_unknown_state_stays_unknown),
        cmocka_unit_test(names_are_those_of_the_rfc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
