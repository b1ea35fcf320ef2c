/* The slope of time against round trip is the number of round trips. */
#include "../cmocka_headers.h"

#include <math.h>
#include <stdlib.h>

#include "comparisons.h"

enum { POINTS_MAX = 5 };

/* A series of one way, TCP, from pairs of round trip and time to ready. */
typedef struct fixture {
    hs_comparison comparisons[POINTS_MAX];
    hs_compare_point points[POINTS_MAX];
    hs_compare_series series;
    hs_compare_slope slopes[HS_WAY_COUNT];
} fixture;

static void add(fixture *f, hs_time rtt, hs_time ready)
{
    size_t i = f->series.count++;
    hs_comparison *comparison = &f->comparisons[i];
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        comparison->rows[way].state = HS_WAY_NOT_TRIED;
    }
    comparison->path_rtt = (hs_quantiles){.count = rtt != HS_TIME_NONE, .p50 = rtt};
    hs_compare_row *row = &comparison->rows[HS_WAY_TCP];
    row->state = HS_WAY_MEASURED;
    row->ready = (hs_quantiles){.count = ready != HS_TIME_NONE, .p50 = ready};
    f->points[i] = (hs_compare_point){HS_TIME_NONE, comparison, NULL};
    f->series.points = f->points;
}

static const hs_compare_slope *slope_of(fixture *f)
{
    hs_compare_slopes(&f->series, f->slopes);
    return &f->slopes[HS_WAY_TCP];
}

static void near(double value, double expected)
{
    assert_true(fabs(value - expected) < 1e-9);
}

static void a_line_is_met(void **state)
{
    (void)state;
    fixture f = {0};
    add(&f, 10000000, 31000000);
    add(&f, 20000000, 61000000);
    add(&f, 50000000, 151000000);
    const hs_compare_slope *slope = slope_of(&f);
    assert_int_equal(slope->points, 3);
    near(slope->round_trips, 3);
    assert_int_equal(slope->fixed, 1000000);
    assert_int_equal(slope->residual, 0);
}

/* By hand: the line is 50 + 3/4 of the round trip, and the points are off it by 25, -50 and 25. */
static void what_is_off_the_line_is_told(void **state)
{
    (void)state;
    fixture f = {0};
    add(&f, 100, 150);
    add(&f, 200, 150);
    add(&f, 300, 300);
    const hs_compare_slope *slope = slope_of(&f);
    near(slope->round_trips, 0.75);
    assert_int_equal(slope->fixed, 50);
    assert_int_equal(slope->residual, 35); /* the root of 3750 / 3 */
}

static void two_points_have_no_residual(void **state)
{
    (void)state;
    fixture f = {0};
    add(&f, 10, 5);
    add(&f, 20, 3);
    const hs_compare_slope *slope = slope_of(&f);
    near(slope->round_trips, -0.2);
    assert_int_equal(slope->fixed, 7);
    assert_true(slope->residual == HS_TIME_NONE);
}

static void is_unknown(const hs_compare_slope *slope, uint32_t points)
{
    assert_int_equal(slope->points, points);
    assert_true(isnan(slope->round_trips));
    assert_true(slope->fixed == HS_TIME_NONE);
    assert_true(slope->residual == HS_TIME_NONE);
}

static void one_round_trip_has_no_slope(void **state)
{
    (void)state;
    fixture f = {0};
    is_unknown(slope_of(&f), 0);
    add(&f, 10, 5);
    is_unknown(slope_of(&f), 1);
    add(&f, 10, 7);
    add(&f, 10, 9);
    is_unknown(slope_of(&f), 3);
    is_unknown(&f.slopes[HS_WAY_QUIC], 0);
}

static void what_was_not_seen_does_not_count(void **state)
{
    (void)state;
    fixture f = {0};
    add(&f, 10, 20);
    add(&f, HS_TIME_NONE, 1000000);
    add(&f, 20, HS_TIME_NONE);
    add(&f, 30, 60);
    add(&f, 40, 1000000);
    f.comparisons[4].rows[HS_WAY_TCP].state = HS_WAY_NOT_OFFERED;
    const hs_compare_slope *slope = slope_of(&f);
    assert_int_equal(slope->points, 2);
    near(slope->round_trips, 2);
}

static void the_largest_times_stay_numbers(void **state)
{
    (void)state;
    fixture f = {0};
    add(&f, 1, INT64_MAX);
    add(&f, 2, 0);
    add(&f, INT64_MAX, INT64_MAX);
    const hs_compare_slope *slope = slope_of(&f);
    assert_int_equal(slope->points, 3);
    assert_true(isfinite(slope->round_trips));
    assert_true(slope->residual > 0);
    fixture steep = {0};
    add(&steep, INT64_MAX - 4096, 0);
    add(&steep, INT64_MAX, INT64_MAX);
    slope = slope_of(&steep);
    assert_true(slope->round_trips > 1e14);
    assert_true(slope->fixed == HS_TIME_NONE); /* 64 bits do not hold it */
}

static void the_ways_of_a_series_have_their_round_trips(void **state)
{
    (void)state;
    static const struct {
        hs_way way;
        int round_trips;
    } expected[] = {{HS_WAY_TCP, 1},
                    {HS_WAY_TCP_FAST_OPEN, 0},
                    {HS_WAY_TLS12, 3},
                    {HS_WAY_TLS13, 2},
                    {HS_WAY_QUIC_RETRY, 2},
                    {HS_WAY_QUIC_EARLY_DATA, 0},
                    {HS_WAY_TLS13_HELLO_RETRY, 3}};
    hs_compare_point points[HS_TEST_POINTS];
    hs_compare_series series;
    hs_compare_slope slopes[HS_WAY_COUNT];
    hs_test_series(points, &series);
    hs_compare_slopes(&series, slopes);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_true(fabs(slopes[expected[i].way].round_trips - expected[i].round_trips) < 0.01);
    }
    is_unknown(&slopes[HS_WAY_WSS_HTTP2], 0);
    hs_test_series_free(&series);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_met),
        cmocka_unit_test(what_is_off_the_line_is_told),
        cmocka_unit_test(two_points_have_no_residual),
        cmocka_unit_test(one_round_trip_has_no_slope),
        cmocka_unit_test(what_was_not_seen_does_not_count),
        cmocka_unit_test(the_largest_times_stay_numbers),
        cmocka_unit_test(the_ways_of_a_series_have_their_round_trips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
