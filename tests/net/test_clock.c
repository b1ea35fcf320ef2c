/* The two clocks of a live connection on one scale. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "net/clock.h"

static void test_now_rises_from_the_start(void **state)
{
    (void)state;
    hs_timeline timeline;
    hs_timeline_start(&timeline);
    hs_moment last = hs_timeline_now(&timeline);
    assert_true(last.at >= 0);
    for (int i = 0; i < 100; i++) {
        hs_moment now = hs_timeline_now(&timeline);
        assert_int_equal(now.clock, HS_CLOCK_USER);
        assert_true(now.at >= last.at);
        last = now;
    }
    assert_true(hs_clock_monotonic() - timeline.monotonic_start >= last.at);
}

static void test_a_stamp_is_relative_to_the_start(void **state)
{
    (void)state;
    hs_timeline timeline = {.monotonic_start = 5 * HS_SECOND, .realtime_start = 900 * HS_SECOND};
    struct timespec stamp = {.tv_sec = 901, .tv_nsec = 250};
    hs_moment moment = hs_timeline_of_stamp(&timeline, &stamp);
    assert_int_equal(moment.at, HS_SECOND + 250);
    assert_int_equal(moment.clock, HS_CLOCK_KERNEL);
    stamp = (struct timespec){.tv_sec = 899, .tv_nsec = 999999999};
    assert_int_equal(hs_timeline_of_stamp(&timeline, &stamp).at, -1);
}

/* A realtime reading between two monotonic ones comes out between them, but for the inexactness
 * with which the start read both clocks. */
static void test_both_clocks_agree(void **state)
{
    (void)state;
    hs_timeline timeline;
    hs_timeline_start(&timeline);
    hs_moment before = hs_timeline_now(&timeline);
    struct timespec stamp;
    clock_gettime(CLOCK_REALTIME, &stamp);
    hs_moment after = hs_timeline_now(&timeline);
    hs_moment between = hs_timeline_of_stamp(&timeline, &stamp);
    assert_true(between.at >= before.at - HS_MILLISECOND);
    assert_true(between.at <= after.at + HS_MILLISECOND);
}

static void test_a_set_clock_is_noticed(void **state)
{
    (void)state;
    hs_timeline timeline;
    hs_timeline_start(&timeline);
    assert_false(hs_timeline_clock_was_set(&timeline));
    timeline.realtime_start -= 3 * HS_MILLISECOND; /* as if it had been set forward since */
    assert_true(hs_timeline_clock_was_set(&timeline));
    timeline.realtime_start += 6 * HS_MILLISECOND;
    assert_true(hs_timeline_clock_was_set(&timeline));
    timeline.realtime_start -= 3 * HS_MILLISECOND;
    assert_false(hs_timeline_clock_was_set(&timeline));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_now_rises_from_the_start),
        cmocka_unit_test(test_a_stamp_is_relative_to_the_start),
        cmocka_unit_test(test_both_clocks_agree),
        cmocka_unit_test(test_a_set_clock_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
