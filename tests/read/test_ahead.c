#include "../cmocka_headers.h"

#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "read/ahead.h"

enum { LARGEST = 300000, SECRETS_EVERY = 7, FRAME_LEAST = 40 };

static const uint64_t seed[2] = {1, 2};

/* Lends the same memory for every item, as libpcap does. */
typedef struct counting_source {
    hs_source source;
    size_t given;
    size_t count;
    hs_result end; /* what comes in place of the end */
    uint8_t bytes[LARGEST];
} counting_source;

static bool is_secrets(size_t number)
{
    return number % SECRETS_EVERY == SECRETS_EVERY - 1;
}

/* Nothing, usual lengths, and some that are longer than a batch. */
static size_t length_of(size_t number)
{
    if (number % 101 == 100) {
        return LARGEST - number % 1000;
    }
    return number % 11 == 10 ? 0 : FRAME_LEAST + number % 1500;
}

static hs_result next_number(hs_source *source, hs_source_item *item)
{
    counting_source *s = (counting_source *)source;
    if (s->given == s->count) {
        *item = (hs_source_item){.event = HS_SOURCE_END};
        return s->end;
    }
    size_t number = s->given++;
    size_t len = length_of(number);
    memset(s->bytes, 0xee, LARGEST);
    memset(s->bytes, (int)(number % 251), len);
    *item = (hs_source_item){.event = HS_SOURCE_PACKET, .link_type = 1, .at = (int64_t)number};
    if (is_secrets(number)) {
        item->event = HS_SOURCE_SECRETS;
        item->secrets = hs_bytes_of(s->bytes, len);
    } else {
        item->frame = hs_bytes_of(s->bytes, len);
    }
    return HS_OK;
}

static void free_nothing(hs_source *source)
{
    (void)source;
}

static const hs_source_class counting_class = {.next = next_number, .free = free_nothing};

static counting_source *new_source(size_t count, hs_result end)
{
    counting_source *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->source.class = &counting_class;
    s->count = count;
    s->end = end;
    return s;
}

static void check_item(const hs_ahead_item *item, size_t number)
{
    hs_bytes bytes = is_secrets(number) ? item->item.secrets : item->item.frame;
    assert_int_equal(item->item.event, is_secrets(number) ? HS_SOURCE_SECRETS : HS_SOURCE_PACKET);
    assert_int_equal(item->item.at, number);
    assert_int_equal(bytes.len, length_of(number));
    for (size_t i = 0; i < bytes.len; i++) {
        assert_int_equal(bytes.data[i], number % 251);
    }
    if (!is_secrets(number)) {
        hs_flows_input input;
        hs_flows_read(seed, 1, bytes, &input);
        assert_int_equal(item->input.kind, input.kind);
    }
}

/* Asks for `wanted` items, or for all. */
static void read_some(hs_ahead *ahead, size_t count, size_t wanted, bool may_read_ahead)
{
    counting_source *s = new_source(count, HS_OK);
    hs_ahead_item *item;
    hs_ahead_begin(ahead, &s->source, may_read_ahead);
    for (size_t i = 0; i < count && i < wanted; i++) {
        assert_int_equal(hs_ahead_next(ahead, &item), HS_OK);
        check_item(item, i);
        const hs_ahead_item *later = hs_ahead_peek(ahead, 3);
        if (later) {
            check_item(later, i + 4);
        }
    }
    if (wanted > count) {
        assert_int_equal(hs_ahead_next(ahead, &item), HS_OK);
        assert_int_equal(item->item.event, HS_SOURCE_END);
    }
    hs_ahead_end(ahead);
    assert_true(s->given >= (wanted < count ? wanted : count)); /* the source is ours again */
    free(s);
}

static void items_come_in_order_and_whole(void **state)
{
    (void)state;
    hs_ahead *ahead = hs_ahead_new(seed, NULL, true);
    assert_non_null(ahead);
    read_some(ahead, 0, SIZE_MAX, true);
    read_some(ahead, 1, SIZE_MAX, true);
    read_some(ahead, 127, SIZE_MAX, true);
    read_some(ahead, 128, SIZE_MAX, true);
    read_some(ahead, 129, SIZE_MAX, true);
    read_some(ahead, 5000, SIZE_MAX, true);
    read_some(ahead, 300, SIZE_MAX, false);
    read_some(ahead, 300, SIZE_MAX, true);
    hs_ahead_free(ahead);
}

static void without_a_thread_it_is_the_same(void **state)
{
    (void)state;
    hs_ahead *ahead = hs_ahead_new(seed, NULL, false);
    assert_non_null(ahead);
    read_some(ahead, 500, SIZE_MAX, true);
    read_some(ahead, 500, 100, true);
    hs_ahead_free(ahead);
}

static void it_can_be_ended_anywhere(void **state)
{
    (void)state;
    hs_ahead *ahead = hs_ahead_new(seed, NULL, true);
    assert_non_null(ahead);
    for (size_t wanted = 0; wanted < 1200; wanted += 37) {
        read_some(ahead, 3000, wanted, true);
    }
    counting_source *s = new_source(10000, HS_OK); /* also without hs_ahead_end */
    hs_ahead_item *item;
    hs_ahead_begin(ahead, &s->source, true);
    assert_int_equal(hs_ahead_next(ahead, &item), HS_OK);
    hs_ahead_free(ahead);
    free(s);
    hs_ahead_free(NULL);
}

static void what_a_source_fails_with_comes_in_its_place(void **state)
{
    (void)state;
    hs_ahead *ahead = hs_ahead_new(seed, NULL, true);
    counting_source *s = new_source(200, HS_NO_MEMORY);
    hs_ahead_item *item;
    hs_ahead_begin(ahead, &s->source, true);
    for (size_t i = 0; i < 200; i++) {
        assert_int_equal(hs_ahead_next(ahead, &item), HS_OK);
        check_item(item, i);
    }
    assert_int_equal(hs_ahead_next(ahead, &item), HS_NO_MEMORY);
    hs_ahead_end(ahead);
    hs_ahead_free(ahead);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_come_in_order_and_whole),
        cmocka_unit_test(without_a_thread_it_is_the_same),
        cmocka_unit_test(it_can_be_ended_anywhere),
        cmocka_unit_test(what_a_source_fails_with_comes_in_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
