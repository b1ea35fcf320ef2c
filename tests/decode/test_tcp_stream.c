#include "../cmocka_headers.h"

#include <stdlib.h>
#include <string.h>

#include "stream_model.h"

enum { LIMIT = 256 * 1024 };

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

typedef struct kit {
    stream_model model;
    hs_tcp_stream stream;
    uint32_t first;
    hs_time now;
} kit;

static kit *kit_new(uint32_t first, size_t limit)
{
    kit *k = malloc(sizeof *k);
    assert_non_null(k);
    stream_model_init(&k->model);
    hs_tcp_sink sink = stream_model_sink(&k->model);
    hs_tcp_stream_init(&k->stream, &sink, limit, &hs_malloc_allocator);
    hs_tcp_stream_start(&k->stream, first);
    k->first = first;
    k->now = 0;
    return k;
}

static void kit_free(kit *k)
{
    hs_tcp_stream_free(&k->stream);
    free(k);
}

static void add_cut(kit *k, uint64_t offset, hs_bytes bytes, size_t length)
{
    hs_tcp_segment segment = {.sequence = k->first + (uint32_t)offset,
                              .bytes = bytes,
                              .length = (uint32_t)length,
                              .at = k->now++};
    stream_model_add(&k->model, offset, bytes);
    assert_int_equal(hs_tcp_stream_add(&k->stream, &segment), HS_OK);
}

static void add(kit *k, uint64_t offset, const char *text)
{
    add_cut(k, offset, hs_bytes_of(text, strlen(text)), strlen(text));
}

static void assert_given(const kit *k, const char *text)
{
    assert_false(k->model.is_wrong);
    assert_int_equal(k->model.given_end, strlen(text));
    assert_memory_equal(k->model.given, text, strlen(text));
}

static void segments_in_order_pass_at_once(void **state)
{
    (void)state;
    kit *k = kit_new(100, LIMIT);
    add(k, 0, "abc");
    assert_given(k, "abc");
    add(k, 3, "de");
    assert_given(k, "abcde");
    assert_int_equal(k->stream.held_count, 0);
    kit_free(k);
}

static void a_segment_too_early_waits_and_has_the_time_of_what_it_waited_for(void **state)
{
    (void)state;
    kit *k = kit_new(100, LIMIT);
    add(k, 3, "def");
    assert_int_equal(k->model.given_end, 0);
    add(k, 0, "abc");
    assert_given(k, "abcdef");
    assert_int_equal(k->model.latest, 1);
    kit_free(k);
}

static void the_first_bytes_win_and_others_are_counted(void **state)
{
    (void)state;
    kit *k = kit_new(100, LIMIT);
    add(k, 0, "abcd");
    add(k, 2, "CDef"); /* two of them differ from what was passed on */
    assert_given(k, "abcdef");
    assert_int_equal(k->stream.conflicting_bytes, 2);
    add(k, 8, "ij");
    add(k, 6, "ghIJkl"); /* and two from what is held */
    assert_given(k, "abcdefghijkl");
    assert_int_equal(k->stream.conflicting_bytes, 4);
    kit_free(k);
}

static void a_keep_alive_is_no_data(void **state)
{
    (void)state;
    kit *k = kit_new(100, LIMIT);
    add(k, 0, "abc");
    hs_tcp_segment probe = {.sequence = 102, .bytes = {(const uint8_t *)"\0", 1}, .length = 1};
    assert_int_equal(hs_tcp_stream_add(&k->stream, &probe), HS_OK);
    assert_given(k, "abc");
    assert_int_equal(k->stream.conflicting_bytes, 0);
    kit_free(k);
}

static void a_zero_window_probe_is_the_next_byte_once(void **state)
{
    (void)state;
    kit *k = kit_new(100, LIMIT);
    add(k, 0, "abc");
    add(k, 3, "d");
    add(k, 3, "d");
    add(k, 3, "defg");
    assert_given(k, "abcdefg");
    assert_int_equal(k->stream.conflicting_bytes, 0);
    kit_free(k);
}

static void what_the_peer_has_and_nobody_saw_is_a_gap(void **state)
{
    (void)state;
    kit *k = kit_new(100, LIMIT);
    add(k, 0, "abc");
    add(k, 6, "ghi");
    hs_tcp_stream_acknowledged(&k->stream, 105, k->now);
    assert_int_equal(k->stream.missing_bytes, 2); /* the sixth may still come */
    add(k, 5, "f");
    assert_int_equal(k->model.given_end, 9);
    assert_memory_equal(k->model.given + 5, "fghi", 4);
    hs_tcp_stream_acknowledged(&k->stream, 120, k->now);
    assert_int_equal(k->stream.missing_bytes, 2 + 11);
    assert_true(stream_model_agrees(&k->model));
    kit_free(k);
}

static void an_acknowledged_fin_is_no_missing_byte(void **state)
{
    (void)state;
    kit *k = kit_new(100, LIMIT);
    add(k, 0, "abc");
    hs_tcp_stream_end(&k->stream, 103);
    assert_true(hs_tcp_stream_is_complete(&k->stream));
    hs_tcp_stream_acknowledged(&k->stream, 104, k->now);
    assert_int_equal(k->stream.missing_bytes, 0);
    kit_free(k);
}

static void what_is_missing_before_the_fin_is_a_gap_at_the_flush(void **state)
{
    (void)state;
    kit *k = kit_new(100, LIMIT);
    add(k, 0, "abc");
    hs_tcp_stream_end(&k->stream, 110);
    assert_false(hs_tcp_stream_is_complete(&k->stream));
    hs_tcp_stream_flush(&k->stream, k->now);
    assert_true(hs_tcp_stream_is_complete(&k->stream));
    assert_int_equal(k->model.gaps, 7);
    kit_free(k);
}

static void bytes_cut_off_by_the_snapshot_length_are_a_gap(void **state)
{
    (void)state;
    kit *k = kit_new(100, LIMIT);
    add_cut(k, 0, hs_bytes_of("abc", 3), 10);
    assert_int_equal(k->model.given_end, 10);
    assert_int_equal(k->stream.missing_bytes, 7);
    add(k, 10, "kl");
    assert_int_equal(k->model.given_end, 12);
    assert_memory_equal(k->model.given + 10, "kl", 2);
    add_cut(k, 14, hs_bytes_of("op", 2), 6); /* and behind a hole */
    add(k, 12, "mn");
    assert_int_equal(k->model.given_end, 20);
    assert_memory_equal(k->model.given + 12, "mnop", 4);
    assert_int_equal(k->stream.missing_bytes, 11);
    kit_free(k);
}

static void a_segment_far_away_is_none_of_the_stream(void **state)
{
    (void)state;
    kit *k = kit_new(100, LIMIT);
    add(k, 0, "abc");
    uint32_t far_off[] = {100 + HS_TCP_STREAM_WINDOW + 4, 0x7fffffff, 0x80000000, 50, 99};
    for (size_t i = 0; i < sizeof far_off / sizeof far_off[0]; i++) {
        hs_tcp_segment segment = {
            .sequence = far_off[i], .bytes = {(const uint8_t *)"x", 1}, .length = 1};
        assert_int_equal(hs_tcp_stream_add(&k->stream, &segment), HS_OK);
    }
    hs_tcp_stream_acknowledged(&k->stream, 0x80000000, 0);
    hs_tcp_stream_flush(&k->stream, k->now);
    assert_given(k, "abc");
    kit_free(k);
}

static void what_came_before_the_first_byte_seen_is_cut_off(void **state)
{
    (void)state;
    kit *k = kit_new(100, LIMIT);
    hs_tcp_segment segment = {.sequence = 98, .bytes = {(const uint8_t *)"yzabc", 5}, .length = 5};
    assert_int_equal(hs_tcp_stream_add(&k->stream, &segment), HS_OK);
    assert_int_equal(k->model.given_end, 3);
    assert_memory_equal(k->model.given, "abc", 3);
    kit_free(k);
}

static void memory_is_bounded_and_the_rest_goes_on(void **state)
{
    (void)state;
    kit *k = kit_new(100, 4096);
    uint8_t block[512];
    memset(block, 'x', sizeof block);
    for (size_t i = 0; i < 64; i++) {
        add_cut(k, 100 + i * 600, hs_bytes_of(block, sizeof block), sizeof block);
        assert_true(k->stream.held_bytes <= 4096);
    }
    assert_true(k->model.gaps > 0);
    assert_true(stream_model_agrees(&k->model));
    kit_free(k);
    /* Bytes one by one, with holes between: bounded in number. */
    k = kit_new(100, LIMIT);
    for (size_t i = 0; i < 4 * HS_TCP_STREAM_PIECES; i++) {
        add_cut(k, 1 + i * 2, hs_bytes_of(block, 1), 1);
        assert_true(k->stream.held_count <= HS_TCP_STREAM_PIECES);
    }
    assert_true(stream_model_agrees(&k->model));
    kit_free(k);
}

/* Any cut of the stream, in any order, some parts several times: all of it comes, in order. */
static void any_split_in_any_order(void **state)
{
    (void)state;
    enum { LENGTH = 3000, PARTS = 64 };
    uint8_t whole[LENGTH];
    for (uint32_t seed = 1; seed <= 400; seed++) {
        uint32_t random = seed;
        /* Half of the streams wrap around. */
        uint32_t first = seed % 2 ? UINT32_MAX - next_random(&random) % LENGTH
                                  : next_random(&random);
        kit *k = kit_new(first, LIMIT);
        for (size_t i = 0; i < LENGTH; i++) {
            whole[i] = (uint8_t)next_random(&random);
        }
        size_t starts[PARTS];
        size_t ends[PARTS];
        size_t at = 0;
        size_t count = 0;
        while (at < LENGTH && count < PARTS) {
            size_t len = 1 + next_random(&random) % 120;
            len = count == PARTS - 1 || at + len > LENGTH ? LENGTH - at : len;
            size_t before = next_random(&random) % 3 == 0 && at > 20 ? next_random(&random) % 20
                                                                     : 0;
            starts[count] = at - before;
            ends[count++] = at + len;
            at += len;
        }
        for (size_t i = count - 1; i > 0; i--) {
            size_t j = next_random(&random) % (i + 1);
            size_t start = starts[i];
            size_t end = ends[i];
            starts[i] = starts[j];
            ends[i] = ends[j];
            starts[j] = start;
            ends[j] = end;
        }
        for (size_t i = 0; i < count; i++) {
            add_cut(k, starts[i], hs_bytes_of(whole + starts[i], ends[i] - starts[i]),
                    ends[i] - starts[i]);
            if (next_random(&random) % 4 == 0) {
                size_t again = next_random(&random) % (i + 1);
                add_cut(k, starts[again],
                        hs_bytes_of(whole + starts[again], ends[again] - starts[again]),
                        ends[again] - starts[again]);
            }
        }
        assert_int_equal(k->model.given_end, LENGTH);
        assert_memory_equal(k->model.given, whole, LENGTH);
        assert_int_equal(k->stream.missing_bytes, 0);
        assert_int_equal(k->stream.conflicting_bytes, 0);
        assert_int_equal(k->stream.held_count, 0);
        kit_free(k);
    }
}

/* Anything anywhere, contradicting itself: the first wins, every difference is counted, and at the
 * flush only what never came is missing. */
static void whatever_comes_the_first_wins(void **state)
{
    (void)state;
    enum { LENGTH = 4000 };
    for (uint32_t seed = 1; seed <= 400; seed++) {
        uint32_t random = seed;
        kit *k = kit_new(next_random(&random) << 8, LIMIT);
        for (int i = 0; i < 150; i++) {
            uint8_t bytes[80];
            size_t len = 2 + next_random(&random) % (sizeof bytes - 2);
            size_t offset = next_random(&random) % (LENGTH - sizeof bytes);
            for (size_t b = 0; b < len; b++) {
                bytes[b] = (uint8_t)(next_random(&random) % 4);
            }
            add_cut(k, offset, hs_bytes_of(bytes, len), len);
            assert_true(stream_model_agrees(&k->model));
        }
        uint64_t missing = 0;
        hs_tcp_stream_flush(&k->stream, k->now);
        for (uint64_t i = 0; i < k->model.end; i++) {
            assert_int_equal(k->model.is_given[i], k->model.is_there[i]);
            missing += !k->model.is_there[i];
        }
        assert_int_equal(k->model.given_end, k->model.end);
        assert_int_equal(k->stream.missing_bytes, missing);
        assert_int_equal(k->stream.conflicting_bytes, k->model.conflicts);
        assert_true(stream_model_agrees(&k->model));
        kit_free(k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_in_order_pass_at_once),
        cmocka_unit_test(a_segment_too_early_waits_and_has_the_time_of_what_it_waited_for),
        cmocka_unit_test(the_first_bytes_win_and_others_are_counted),
        cmocka_unit_test(a_keep_alive_is_no_data),
        cmocka_unit_test(a_zero_window_probe_is_the_next_byte_once),
        cmocka_unit_test(what_the_peer_has_and_nobody_saw_is_a_gap),
        cmocka_unit_test(an_acknowledged_fin_is_no_missing_byte),
        cmocka_unit_test(what_is_missing_before_the_fin_is_a_gap_at_the_flush),
        cmocka_unit_test(bytes_cut_off_by_the_snapshot_length_are_a_gap),
        cmocka_unit_test(a_segment_far_away_is_none_of_the_stream),
        cmocka_unit_test(what_came_before_the_first_byte_seen_is_cut_off),
        cmocka_unit_test(memory_is_bounded_and_the_rest_goes_on),
        cmocka_unit_test(any_split_in_any_order),
        cmocka_unit_test(whatever_comes_the_first_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
