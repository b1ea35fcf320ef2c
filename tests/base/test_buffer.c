#include "../cmocka_headers.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/reader.h"

static void holds_what_is_appended_less_what_is_consumed(void **state)
{
    hs_buffer b;
    uint8_t next_in = 0;
    uint8_t next_out = 0;
    (void)state;
    hs_buffer_init(&b, 4096);
    for (size_t round = 0; round < 500; round++) {
        uint8_t chunk[64];
        size_t len = round * 7 % sizeof chunk;
        for (size_t i = 0; i < len; i++) {
            chunk[i] = next_in++;
        }
        assert_int_equal(hs_buffer_append(&b, hs_bytes_of(chunk, len)), HS_OK);
        hs_bytes held = hs_buffer_bytes(&b);
        size_t take = held.len > 20 ? held.len - 13 : held.len / 2;
        for (size_t i = 0; i < take; i++) {
            assert_int_equal(held.data[i], next_out++);
        }
        hs_buffer_consume(&b, take);
    }
    hs_buffer_free(&b);
}

static void the_limit_is_of_what_is_held(void **state)
{
    hs_buffer b;
    uint8_t chunk[60] = {0};
    (void)state;
    hs_buffer_init(&b, 100);
    assert_int_equal(hs_buffer_append(&b, hs_bytes_of(chunk, 60)), HS_OK);
    assert_int_equal(hs_buffer_append(&b, hs_bytes_of(chunk, 41)), HS_LIMIT);
    assert_int_equal(hs_buffer_bytes(&b).len, 60);
    hs_buffer_consume(&b, 30);
    assert_int_equal(hs_buffer_append(&b, hs_bytes_of(chunk, 41)), HS_OK);
    hs_buffer_consume(&b, 1000);
    assert_int_equal(hs_buffer_bytes(&b).len, 0);
    assert_int_equal(hs_buffer_append(&b, hs_bytes_of(NULL, 0)), HS_OK);
    hs_buffer_free(&b);
}

static void *count_allocation(void *context, size_t size)
{
    (*(int *)context)++;
    return malloc(size);
}

static void count_release(void *context, void *memory)
{
    (*(int *)context)--;
    free(memory);
}

static void memory_is_from_where_it_was_told(void **state)
{
    hs_buffer b;
    uint8_t chunk[100] = {0};
    int pieces = 0;
    hs_allocator allocator = {count_allocation, count_release, &pieces};
    (void)state;
    hs_buffer_init_from(&b, 100000, &allocator);
    for (int i = 0; i < 100; i++) {
        chunk[0] = (uint8_t)i;
        assert_int_equal(hs_buffer_append(&b, hs_bytes_of(chunk, sizeof chunk)), HS_OK);
        assert_int_equal(pieces, 1);
    }
    for (int i = 0; i < 100; i++) {
        assert_int_equal(hs_buffer_bytes(&b).data[i * 100], i);
    }
    hs_buffer_free(&b);
    assert_int_equal(pieces, 0);
    assert_int_equal(hs_buffer_append(&b, hs_bytes_of(chunk, 1)), HS_OK); /* it can be used again */
    assert_int_equal(pieces, 1);
    hs_buffer_free(&b);
    assert_int_equal(pieces, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_what_is_appended_less_what_is_consumed),
        cmocka_unit_test(the_limit_is_of_what_is_held),
        cmocka_unit_test(memory_is_from_where_it_was_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
