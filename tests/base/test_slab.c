#include "../cmocka_headers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/slab.h"

static uint32_t seed = 1;

static uint32_t random_number(void)
{
    seed = seed * 1664525 + 1013904223;
    return seed >> 8;
}

static uint8_t *take(hs_slab *slab, size_t size, uint8_t content)
{
    uint8_t *object = hs_slab_allocate(slab);
    assert_non_null(object);
    assert_int_equal((uintptr_t)object % _Alignof(max_align_t), 0);
    memset(object, content, size); /* all of it is there, as AddressSanitizer sees */
    return object;
}

static void check(const uint8_t *object, size_t size, uint8_t content)
{
    for (size_t at = 0; at < size; at++) {
        assert_int_equal(object[at], content);
    }
}

static size_t count_of(const hs_slab *slab)
{
    size_t count = 0;
    for (const void *o = hs_slab_next(slab, NULL); o; o = hs_slab_next(slab, o)) {
        count++;
    }
    return count;
}

static void objects_stand_in_order(void **state)
{
    static const size_t sizes[] = {HS_SLAB_OBJECT_MIN, 33, 280, 288, 512, 4000, HS_SLAB_OBJECT_MAX};
    enum { MANY = 10000 };
    (void)state;
    hs_chunks *chunks = hs_chunks_new();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        hs_slab *slab = hs_slab_new(sizes[i], chunks);
        assert_null(hs_slab_next(slab, NULL));
        assert_int_equal(hs_slab_idle(slab), 0);
        uint8_t **objects = malloc(MANY * sizeof *objects);
        for (size_t n = 0; n < MANY; n++) {
            objects[n] = take(slab, sizes[i], (uint8_t)n);
        }
        const uint8_t *object = hs_slab_next(slab, NULL);
        for (size_t n = 0; n < MANY; n++) {
            assert_ptr_equal(object, objects[n]);
            check(object, sizes[i], (uint8_t)n);
            object = hs_slab_next(slab, object);
        }
        assert_null(object);
        for (size_t n = 0; n < MANY; n += 2) { /* the others stay in order */
            hs_slab_release(slab, objects[n]);
        }
        object = hs_slab_next(slab, NULL);
        for (size_t n = 1; n < MANY; n += 2) {
            assert_ptr_equal(object, objects[n]);
            check(object, sizes[i], (uint8_t)n);
            object = hs_slab_next(slab, object);
        }
        assert_null(object);
        free(objects);
        hs_slab_free(slab); /* with what is still in use */
    }
    hs_chunks_free(chunks);
}

/* Against an array of those that are in use. */
static void any_order_of_calls(void **state)
{
    enum { MOST = 6000, ROUNDS = 200000, SIZE = 120 };
    (void)state;
    hs_chunks *chunks = hs_chunks_new();
    hs_slab *slab = hs_slab_new(SIZE, chunks);
    static uint8_t *used[MOST];
    size_t count = 0;
    for (size_t round = 0; round < ROUNDS; round++) {
        bool grows = round / 20000 % 2 == 0;
        bool takes = count == 0 || (count < MOST && random_number() % 3 < (grows ? 2 : 1));
        if (takes) {
            used[count] = take(slab, SIZE, (uint8_t)((uintptr_t)count * 7));
            count++;
        } else {
            size_t which = random_number() % count;
            check(used[which], SIZE, used[which][0]);
            hs_slab_release(slab, used[which]);
            used[which] = used[--count];
        }
        if (round % 5000 == 0) {
            assert_int_equal(count_of(slab), count);
        }
    }
    while (count > 0) {
        hs_slab_release(slab, used[--count]);
    }
    hs_slab_release(slab, NULL);
    assert_null(hs_slab_next(slab, NULL));
    assert_true(hs_slab_idle(slab) <= HS_CHUNK_SIZE); /* one is kept for the next object */
    hs_slab_free(slab);
    hs_slab_free(NULL);
    hs_chunks_free(chunks);
    hs_chunks_free(NULL);
}

static void idle_memory_is_what_objects_do_not_have(void **state)
{
    enum { SIZE = 256, MANY = 5000 };
    (void)state;
    hs_chunks *chunks = hs_chunks_new();
    hs_slab *slab = hs_slab_new(SIZE, chunks);
    void *objects[MANY];
    for (size_t i = 0; i < MANY; i++) {
        objects[i] = take(slab, SIZE, 1);
        assert_int_equal((hs_slab_idle(slab) + (i + 1) * SIZE) % HS_CHUNK_SIZE, 0);
    }
    assert_true(hs_slab_idle(slab) < HS_CHUNK_SIZE + MANY * SIZE / 4);
    for (size_t i = 0; i < MANY; i++) {
        hs_slab_release(slab, objects[i]);
    }
    assert_int_equal(hs_slab_idle(slab), HS_CHUNK_SIZE);
    hs_slab_free(slab);
    hs_chunks_free(chunks);
}

typedef struct preparer {
    hs_chunks *chunks;
    atomic_bool is_over;
} preparer;

static void *prepare(void *context)
{
    preparer *p = context;
    while (!atomic_load(&p->is_over)) {
        hs_chunks_prepare(p->chunks);
    }
    return NULL;
}

/* Whoever made them: each is whole, nobody else's, and where it may begin. */
static void chunks_may_be_made_by_another_thread(void **state)
{
    enum { HELD = 8, ROUNDS = 4000 };
    (void)state;
    preparer p = {.chunks = hs_chunks_new()};
    uint8_t *held[HELD] = {0};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, prepare, &p), 0);
    for (size_t round = 0; round < ROUNDS; round++) {
        size_t which = random_number() % HELD;
        if (held[which]) {
            assert_int_equal(held[which][0], which);
            assert_int_equal(held[which][HS_CHUNK_SIZE - 1], which);
            hs_chunks_give_back(p.chunks, held[which]);
            held[which] = NULL;
        } else {
            held[which] = hs_chunks_take(p.chunks);
            assert_non_null(held[which]);
            assert_int_equal((uintptr_t)held[which] % HS_CHUNK_SIZE, 0);
            held[which][0] = held[which][HS_CHUNK_SIZE - 1] = (uint8_t)which;
        }
    }
    atomic_store(&p.is_over, true);
    pthread_join(thread, NULL);
    for (size_t i = 0; i < HELD; i++) {
        if (held[i]) {
            hs_chunks_give_back(p.chunks, held[i]);
        }
    }
    hs_chunks_free(p.chunks);
}

static void check_large(uint8_t *memory, size_t size)
{
    assert_non_null(memory);
    assert_int_equal((uintptr_t)memory % HS_CHUNKS_LARGE, 0);
    for (size_t at = 0; at < size; at += 64) {
        assert_int_equal(memory[at], 0);
    }
    memset(memory, 1, size);
}

/* Ready or not, and whatever was expected. */
static void large_ones_are_zeroed(void **state)
{
    (void)state;
    hs_chunks *chunks = hs_chunks_new();
    for (size_t times = 1; times <= 4; times++) {
        for (size_t expected = 0; expected <= 4; expected++) {
            size_t size = times * HS_CHUNKS_LARGE;
            hs_chunks_expect_large(chunks, expected * HS_CHUNKS_LARGE);
            for (size_t i = 0; i < 8; i++) {
                hs_chunks_give_back(chunks, hs_chunks_take(chunks)); /* it will prepare now */
            }
            hs_chunks_prepare(chunks);
            uint8_t *memory = hs_chunks_take_large(chunks, size);
            check_large(memory, size);
            hs_chunks_give_back_large(memory, size);
        }
    }
    hs_chunks_expect_large(chunks, HS_CHUNKS_LARGE);
    hs_chunks_prepare(chunks);
    hs_chunks_free(chunks); /* with the one that nobody took */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_stand_in_order),
        cmocka_unit_test(any_order_of_calls),
        cmocka_unit_test(idle_memory_is_what_objects_do_not_have),
        cmocka_unit_test(chunks_may_be_made_by_another_thread),
        cmocka_unit_test(large_ones_are_zeroed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
