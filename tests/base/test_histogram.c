#include "../cmocka_headers.h"

#include <stdlib.h>

#include "base/histogram.h"

static void an_empty_one_is_all_zero(void **state)
{
    (void)state;
    hs_histogram *h = hs_histogram_new();
    assert_int_equal(hs_histogram_count(h), 0);
    assert_int_equal(hs_histogram_min(h), 0);
    assert_int_equal(hs_histogram_quantile(h, 0.5), 0);
    assert_int_equal(hs_histogram_deviation(h), 0);
    hs_histogram_free(h);
}

static void moments_are_exact(void **state)
{
    (void)state;
    hs_histogram *h = hs_histogram_new();
    const hs_time values[] = {2000000, 4000000, 4000000, 4000000,
                              5000000, 5000000, 7000000, 9000000};
    for (size_t i = 0; i < 8; i++) {
        hs_histogram_add(h, values[i]);
    }
    assert_int_equal(hs_histogram_count(h), 8);
    assert_int_equal(hs_histogram_min(h), 2000000);
    assert_int_equal(hs_histogram_max(h), 9000000);
    assert_int_equal(hs_histogram_mean(h), 5000000);
    assert_int_equal(hs_histogram_deviation(h), 2000000);
    hs_histogram_free(h);
}

static int compare(const void *a, const void *b)
{
    hs_time x = *(const hs_time *)a;
    hs_time y = *(const hs_time *)b;
    return (x > y) - (x < y);
}

static void quantiles_are_within_a_64th(void **state)
{
    enum { COUNT = 10001 };
    static hs_time values[COUNT];
    (void)state;
    hs_histogram *h = hs_histogram_new();
    uint64_t seed = 12345;
    for (size_t i = 0; i < COUNT; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        values[i] = (hs_time)((seed >> 20) >> (seed >> 58 & 31));
        hs_histogram_add(h, values[i]);
    }
    qsort(values, COUNT, sizeof values[0], compare);
    for (int percent = 1; percent <= 100; percent++) {
        size_t rank = (size_t)((percent * COUNT + 99) / 100) - 1;
        hs_time expected = values[rank];
        hs_time got = hs_histogram_quantile(h, percent / 100.0);
        assert_true(got >= expected);
        assert_true(got <= expected + expected / 64 + 1);
    }
    hs_histogram_free(h);
}

static void extremes_are_kept(void **state)
{
    (void)state;
    hs_histogram *h = hs_histogram_new();
    hs_histogram_add(h, -5);
    hs_histogram_add(h, INT64_MAX);
    assert_int_equal(hs_histogram_min(h), 0);
    assert_true(hs_histogram_max(h) == INT64_MAX);
    assert_true(hs_histogram_quantile(h, 1.0) == INT64_MAX);
    assert_int_equal(hs_histogram_quantile(h, 0.5), 0);
    hs_histogram_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_one_is_all_zero),
        cmocka_unit_test(moments_are_exact),
        cmocka_unit_test(quantiles_are_within_a_64th),
        cmocka_unit_test(extremes_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
