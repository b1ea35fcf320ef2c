#include "../cmocka_headers.h"

#include <string.h>

#include "lab/schedule.h"

#define MS HS_MILLISECOND

static hs_bytes packet_of(const char *text)
{
    return (hs_bytes){(const uint8_t *)text, strlen(text)};
}

static void offer(hs_schedule *schedule, hs_time at, const char *text)
{
    hs_schedule_offer(schedule, at, packet_of(text), strlen(text));
}

/* The time at which the next packet is due, which must be this one. */
static hs_time take(hs_schedule *schedule, const char *expected)
{
    hs_bytes packet;
    hs_time came;
    hs_time due = hs_schedule_due(schedule);
    hs_time taken_due;
    assert_true(due != HS_TIME_NONE);
    assert_false(hs_schedule_take(schedule, due - 1, &packet, &came, &taken_due));
    assert_true(hs_schedule_take(schedule, due, &packet, &came, &taken_due));
    assert_int_equal(due, taken_due);
    assert_int_equal(packet.len, strlen(expected));
    assert_memory_equal(packet.data, expected, packet.len);
    return due;
}

static void a_delay_is_exact_and_keeps_the_order(void **state)
{
    (void)state;
    const hs_path_options options = {.delay = 25 * MS};
    hs_schedule *s = hs_schedule_new(&options, 0);
    assert_int_equal(hs_schedule_due(s), HS_TIME_NONE);
    offer(s, 100 * MS, "a");
    offer(s, 100 * MS, "b");
    offer(s, 101 * MS, "c");
    assert_int_equal(take(s, "a"), 125 * MS);
    assert_int_equal(take(s, "b"), 125 * MS);
    assert_int_equal(take(s, "c"), 126 * MS);
    assert_int_equal(hs_schedule_due(s), HS_TIME_NONE);
    hs_schedule_free(s);
}

static void a_rate_spaces_packets_by_their_size(void **state)
{
    (void)state;
    const hs_path_options options = {.delay = 10 * MS, .rate = 8000}; /* a byte a millisecond */
    hs_schedule *s = hs_schedule_new(&options, 0);
    offer(s, 0, "four");
    offer(s, 0, "2x");
    offer(s, 50 * MS, "1");
    assert_int_equal(take(s, "four"), 14 * MS);
    assert_int_equal(take(s, "2x"), 16 * MS);
    assert_int_equal(take(s, "1"), 61 * MS);
    hs_schedule_free(s);
}

static void jitter_stays_within_its_bounds_and_in_order(void **state)
{
    (void)state;
    const hs_path_options options = {.delay = 20 * MS, .jitter = 5 * MS, .seed = 7};
    hs_schedule *s = hs_schedule_new(&options, 0);
    hs_time least = INT64_MAX;
    hs_time most = 0;
    for (hs_time at = 0; at < 1000 * 100 * MS; at += 100 * MS) {
        offer(s, at, "x");
        hs_time delay = take(s, "x") - at;
        least = delay < least ? delay : least;
        most = delay > most ? delay : most;
    }
    assert_true(least >= 15 * MS && least < 16 * MS);
    assert_true(most <= 25 * MS && most > 24 * MS);
    offer(s, 1000000 * MS, "1");
    offer(s, 1000000 * MS + 1, "2");
    offer(s, 1000000 * MS + 2, "3");
    take(s, "1");
    take(s, "2");
    take(s, "3");
    hs_schedule_free(s);
}

/* What became of each of a thousand packets, as one number. */
static uint64_t story(const hs_path_options *options, unsigned direction,
                      hs_schedule_counts *counts)
{
    hs_schedule *s = hs_schedule_new(options, direction);
    uint64_t sum = 0;
    for (uint16_t i = 0; i < 1000; i++) {
        hs_schedule_offer(s, i * MS, (hs_bytes){(const uint8_t *)&i, sizeof i}, sizeof i);
    }
    hs_bytes packet;
    hs_time came;
    hs_time due;
    while (hs_schedule_take(s, INT64_MAX, &packet, &came, &due)) {
        uint16_t number;
        memcpy(&number, packet.data, sizeof number);
        sum = sum * UINT64_C(6364136223846793005) + (uint64_t)due + number;
    }
    *counts = *hs_schedule_count(s);
    hs_schedule_free(s);
    return sum;
}

static void the_same_seed_repeats_exactly(void **state)
{
    (void)state;
    hs_path_options options = {.delay = 30 * MS,
                               .jitter = 10 * MS,
                               .loss = 0.1,
                               .duplicate = 0.05,
                               .reorder = 0.2,
                               .seed = 42};
    hs_schedule_counts a;
    hs_schedule_counts b;
    uint64_t first = story(&options, 0, &a);
    assert_true(first == story(&options, 0, &b));
    assert_memory_equal(&a, &b, sizeof a);
    assert_true(first != story(&options, 1, &b));
    options.seed = 43;
    assert_true(first != story(&options, 0, &b));
    assert_int_equal(a.offered, 1000);
    assert_in_range(a.lost, 70, 130);
    assert_in_range(a.duplicated, 25, 70);
    assert_in_range(a.reordered, 130, 230);
    assert_int_equal(a.sent, a.offered - a.lost + a.duplicated);
}

/* That a packet is lost does not change what becomes of the others. */
static void chances_do_not_depend_on_each_other(void **state)
{
    (void)state;
    hs_path_options options = {.delay = 30 * MS, .reorder = 0.2, .seed = 42};
    hs_schedule_counts whole;
    hs_schedule_counts again;
    story(&options, 0, &whole);
    options.duplicate = 1;
    story(&options, 0, &again);
    assert_int_equal(whole.reordered, again.reordered);
    assert_int_equal(again.sent, 2000);
    options.loss = 1;
    story(&options, 0, &again);
    assert_int_equal(again.lost, 1000);
    assert_int_equal(again.sent, 0);
}

/* One that only passes is delayed like the others, and changes nothing of what becomes of them. */
static void what_only_passes_draws_no_chances(void **state)
{
    (void)state;
    const hs_path_options options = {.delay = 30 * MS, .loss = 0.5, .rate = 8000, .seed = 9};
    hs_schedule *with = hs_schedule_new(&options, 0);
    hs_schedule *without = hs_schedule_new(&options, 0);
    for (hs_time at = 0; at < 100 * 100 * MS; at += 100 * MS) {
        hs_schedule_pass(with, at, packet_of("link"));
        assert_int_equal(take(with, "link"), at + 30 * MS);
        offer(with, at, "x");
        offer(without, at, "x");
        assert_int_equal(hs_schedule_due(with), hs_schedule_due(without));
        if (hs_schedule_due(with) != HS_TIME_NONE) {
            assert_int_equal(take(with, "x"), take(without, "x"));
        }
    }
    assert_memory_equal(hs_schedule_count(with), hs_schedule_count(without),
                        sizeof(hs_schedule_counts));
    assert_int_equal(hs_schedule_count(with)->offered, 100);
    hs_schedule_free(with);
    hs_schedule_free(without);
}

/* A packet's bytes may carry more than its size on the link. */
static void the_rate_goes_by_the_size_on_the_link(void **state)
{
    (void)state;
    const hs_path_options options = {.rate = 8000};
    hs_schedule *s = hs_schedule_new(&options, 0);
    hs_schedule_offer(s, 0, packet_of("longer"), 2);
    assert_int_equal(take(s, "longer"), 2 * MS);
    hs_schedule_free(s);
}

static void a_reordered_packet_overtakes(void **state)
{
    (void)state;
    const hs_path_options options = {.delay = 30 * MS, .reorder = 0.5, .seed = 1};
    hs_schedule *s = hs_schedule_new(&options, 0);
    hs_time last = 0;
    bool has_overtaken = false;
    for (uint8_t i = 0; i < 20; i++) {
        hs_schedule_offer(s, i * MS, (hs_bytes){&i, 1}, 1);
    }
    int before = -1;
    hs_bytes packet;
    hs_time came;
    hs_time due;
    while (hs_schedule_take(s, INT64_MAX, &packet, &came, &due)) {
        assert_true(due >= last);
        last = due;
        has_overtaken = has_overtaken || packet.data[0] < before;
        before = packet.data[0];
    }
    assert_true(has_overtaken);
    hs_schedule_free(s);
}

static void a_full_queue_drops_and_says_so(void **state)
{
    (void)state;
    const hs_path_options options = {.delay = 1000 * MS};
    hs_schedule *s = hs_schedule_new(&options, 0);
    for (int i = 0; i < HS_SCHEDULE_PACKETS_MAX + 10; i++) {
        offer(s, i, "x");
    }
    assert_int_equal(hs_schedule_count(s)->overflowed, 10);
    hs_schedule_free(s);
    s = hs_schedule_new(&options, 0);
    static uint8_t large[64 * 1024];
    for (int i = 0; i < 300; i++) {
        hs_schedule_offer(s, i, (hs_bytes){large, sizeof large}, sizeof large);
    }
    assert_int_equal(hs_schedule_count(s)->overflowed, 300 - HS_SCHEDULE_BYTES_MAX / sizeof large);
    hs_schedule_free(s);
}

static void unsound_options_are_known(void **state)
{
    (void)state;
    const hs_path_options sound[] = {{.seed = 0}, {.delay = MS, .jitter = MS, .loss = 1}};
    const hs_path_options unsound[] = {{.delay = -1},       {.delay = 61 * HS_SECOND},
                                       {.jitter = 1},       {.loss = 1.1},
                                       {.duplicate = -0.1}, {.reorder = 0.0 / 0.0}};
    for (size_t i = 0; i < sizeof sound / sizeof sound[0]; i++) {
        assert_true(hs_path_options_are_sound(&sound[i]));
    }
    for (size_t i = 0; i < sizeof unsound / sizeof unsound[0]; i++) {
        assert_false(hs_path_options_are_sound(&unsound[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_delay_is_exact_and_keeps_the_order),
        cmocka_unit_test(a_rate_spaces_packets_by_their_size),
        cmocka_unit_test(jitter_stays_within_its_bounds_and_in_order),
        cmocka_unit_test(the_same_seed_repeats_exactly),
        cmocka_unit_test(chances_do_not_depend_on_each_other),
        cmocka_unit_test(what_only_passes_draws_no_chances),
        cmocka_unit_test(the_rate_goes_by_the_size_on_the_link),
        cmocka_unit_test(a_reordered_packet_overtakes),
        cmocka_unit_test(a_full_queue_drops_and_says_so),
        cmocka_unit_test(unsound_options_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
