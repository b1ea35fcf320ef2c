#include "../cmocka_headers.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/reader.h"

/* Lets `left` allocations through, then fails; counts what is not given back. */
typedef struct counter {
    int left;
    int held;
} counter;

static void *allocate(void *context, size_t size)
{
    counter *c = context;
    if (c->left == 0) {
        return NULL;
    }
    c->left--;
    c->held++;
    return malloc(size);
}

static void release(void *context, void *memory)
{
    counter *c = context;
    c->held--;
    free(memory);
}

static void memory_is_zeroed_and_aligned(void **state)
{
    (void)state;
    hs_arena *arena = hs_arena_new(NULL, 1 << 20);
    for (size_t size = 1; size < 300; size += 7) {
        uint8_t *memory = hs_arena_alloc(arena, size);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(memory[i], 0);
        }
        memset(memory, 0xff, size);
    }
    assert_false(hs_arena_failed(arena));
    hs_arena_free(arena);
}

static void the_limit_holds(void **state)
{
    (void)state;
    hs_arena *arena = hs_arena_new(NULL, 4096);
    size_t given = 0;
    while (hs_arena_alloc(arena, 64)) {
        given += 64;
        assert_true(given <= 4096);
    }
    assert_true(hs_arena_failed(arena));
    assert_int_equal(hs_arena_used(arena), 4096);
    assert_null(hs_arena_alloc(arena, SIZE_MAX));
    assert_null(hs_arena_alloc(arena, SIZE_MAX - 8));
    hs_arena_free(arena);
}

static void every_failed_allocation_is_survived(void **state)
{
    (void)state;
    for (int n = 0; n < 8; n++) {
        counter c = {.left = n};
        hs_allocator allocator = {allocate, release, &c};
        hs_arena *arena = hs_arena_new(&allocator, 1 << 20);
        if (!arena) {
            assert_int_equal(n, 0);
            continue;
        }
        for (int i = 0; i < 6; i++) {
            (void)hs_arena_alloc(arena, 16 * 1024);
        }
        assert_int_equal(hs_arena_failed(arena), n < 7);
        hs_arena_free(arena);
        assert_int_equal(c.held, 0);
    }
}

static void texts_are_copied(void **state)
{
    (void)state;
    hs_arena *arena = hs_arena_new(NULL, 1 << 20);
    char from[] = "abc";
    char *copy = hs_arena_text(arena, from);
    from[0] = 'x';
    assert_string_equal(copy, "abc");
    assert_string_equal(hs_arena_printf(arena, "%d-%s", 7, "q"), "7-q");
    hs_bytes bytes = hs_arena_copy(arena, hs_bytes_of("\0\1\2", 3));
    assert_memory_equal(bytes.data, "\0\1\2", 3);
    assert_string_equal(hs_arena_hex(arena, bytes), "000102");
    assert_int_equal(hs_arena_copy(arena, hs_bytes_of(NULL, 0)).len, 0);
    hs_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(the_limit_holds),
        cmocka_unit_test(every_failed_allocation_is_survived),
        cmocka_unit_test(texts_are_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
