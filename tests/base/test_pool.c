#include "../cmocka_headers.h"

#include <stdint.h>
#include <string.h>

#include "base/pool.h"

static void *take(hs_pool *pool, size_t size)
{
    hs_allocator allocator = hs_pool_allocator(pool);
    uint8_t *memory = allocator.allocate(allocator.context, size);
    assert_non_null(memory);
    assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
    memset(memory, 0xa5, size); /* all of it is there, as AddressSanitizer sees */
    return memory;
}

static void give_back(hs_pool *pool, void *memory)
{
    hs_allocator allocator = hs_pool_allocator(pool);
    allocator.release(allocator.context, memory);
}

static void every_size_is_given(void **state)
{
    static const size_t sizes[] = {0,    1,     479,   480,   481,   496,    512,
                                   1000, 16384, 32735, 32736, 32737, 100000, 1 << 20};
    enum { COUNT = sizeof sizes / sizeof sizes[0] };
    (void)state;
    hs_pool *pool = hs_pool_new(1 << 20);
    for (int round = 0; round < 3; round++) {
        uint8_t *memory[COUNT];
        for (size_t i = 0; i < COUNT; i++) {
            memory[i] = take(pool, sizes[i]);
            memset(memory[i], (int)i, sizes[i]);
        }
        for (size_t i = 0; i < COUNT; i++) { /* none lies within another */
            for (size_t at = 0; at < sizes[i]; at++) {
                assert_int_equal(memory[i][at], i);
            }
            give_back(pool, memory[i]);
        }
    }
    hs_allocator allocator = hs_pool_allocator(pool);
    assert_null(allocator.allocate(allocator.context, SIZE_MAX));
    assert_null(allocator.allocate(allocator.context, SIZE_MAX - 8));
    allocator.release(allocator.context, NULL);
    hs_pool_free(pool);
    hs_pool_free(NULL);
}

static void what_is_kept_has_a_limit(void **state)
{
    (void)state;
    hs_pool *pool = hs_pool_new(4096);
    void *memory[8];
    for (size_t i = 0; i < 8; i++) {
        memory[i] = take(pool, 1000);
    }
    assert_int_equal(hs_pool_idle(pool), 0);
    for (size_t i = 0; i < 8; i++) {
        give_back(pool, memory[i]);
        assert_true(hs_pool_idle(pool) <= 4096);
    }
    hs_pool_free(pool);
}

/* A trace may outlive the flows that it is from. */
static void blocks_outlive_their_pool(void **state)
{
    (void)state;
    hs_pool *pool = hs_pool_new(1 << 20);
    uint8_t *first = take(pool, 700);
    uint8_t *second = take(pool, 70000);
    give_back(pool, take(pool, 900));
    hs_pool_free(pool);
    first[699] = second[69999] = 1;
    give_back(pool, second);
    give_back(pool, first); /* and with it the pool, as LeakSanitizer sees */
}

static void an_arena_lives_on_a_pool(void **state)
{
    (void)state;
    hs_pool *pool = hs_pool_new(1 << 20);
    hs_allocator allocator = hs_pool_allocator(pool);
    for (int round = 0; round < 3; round++) {
        hs_arena *arena = hs_arena_new(&allocator, 1 << 20);
        for (int i = 0; i < 100; i++) {
            uint8_t *bytes = hs_arena_alloc(arena, 1000);
            assert_non_null(bytes);
            for (size_t at = 0; at < 1000; at++) { /* zeroed, whoever had it before */
                assert_int_equal(bytes[at], 0);
            }
            memset(bytes, 0xff, 1000);
        }
        hs_arena_free(arena);
    }
    hs_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_is_given),
        cmocka_unit_test(what_is_kept_has_a_limit),
        cmocka_unit_test(blocks_outlive_their_pool),
        cmocka_unit_test(an_arena_lives_on_a_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
