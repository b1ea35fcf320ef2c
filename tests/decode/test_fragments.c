#include "../cmocka_headers.h"

#include <string.h>

#include "base/reader.h"
#include "decode/fragments.h"

enum { MEMORY = 1024 * 1024, LENGTH = 4000 };

static uint8_t whole[70000];

static int fill(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof whole; i++) {
        whole[i] = (uint8_t)(i * 7 + i / 256);
    }
    return 0;
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

static hs_packet packet_of(uint8_t family, uint32_t id, size_t offset, hs_bytes bytes, bool more)
{
    hs_packet packet = {.family = family, .protocol = HS_PROTOCOL_TCP};
    packet.source.bytes[0] = 10;
    packet.destination.bytes[0] = 20;
    packet.fragment = (hs_fragment){.is_fragment = true,
                                    .more = more,
                                    .id = id,
                                    .offset = (uint16_t)offset,
                                    .protocol = HS_PROTOCOL_TCP,
                                    .bytes = bytes,
                                    .length = (uint32_t)bytes.len};
    return packet;
}

typedef struct answer {
    hs_result result;
    uint8_t protocol;
    hs_bytes payload;
} answer;

static answer give(hs_fragments *f, const hs_packet *packet, int64_t at)
{
    answer a = {0};
    a.result = hs_fragments_add(f, packet, at, &a.protocol, &a.payload);
    return a;
}

static answer add(hs_fragments *f, uint32_t id, size_t offset, size_t len, bool more)
{
    hs_packet packet = packet_of(4, id, offset, hs_bytes_of(whole + offset, len), more);
    return give(f, &packet, 0);
}

static void assert_whole(answer a, size_t len)
{
    assert_int_equal(a.result, HS_OK);
    assert_int_equal(a.protocol, HS_PROTOCOL_TCP);
    assert_int_equal(a.payload.len, len);
    assert_memory_equal(a.payload.data, whole, len);
}

static void fragments_in_order_make_the_packet(void **state)
{
    (void)state;
    hs_fragments *f = hs_fragments_new(MEMORY);
    assert_int_equal(add(f, 1, 0, 1480, true).result, HS_NEED_MORE);
    assert_int_equal(add(f, 1, 1480, 1480, true).result, HS_NEED_MORE);
    assert_whole(add(f, 1, 2960, 101, false), 3061);
    assert_int_equal(hs_fragments_count(f).dropped, 0);
    /* The same identification again is another packet. */
    assert_int_equal(add(f, 1, 1480, 20, false).result, HS_NEED_MORE);
    hs_fragments_free(f);
}

static void any_order_with_repetitions(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 200; seed++) {
        uint32_t random = seed;
        hs_fragments *f = hs_fragments_new(MEMORY);
        size_t starts[64];
        size_t count = 0;
        for (size_t at = 0; at < LENGTH; at += 8 * (8 + next_random(&random) % 60)) {
            starts[count++] = at;
        }
        starts[count] = LENGTH;
        size_t order[64];
        for (size_t i = 0; i < count; i++) {
            order[i] = i;
        }
        for (size_t i = count - 1; i > 0; i--) {
            size_t j = next_random(&random) % (i + 1);
            size_t swap = order[i];
            order[i] = order[j];
            order[j] = swap;
        }
        for (size_t i = 0; i < count; i++) {
            size_t part = order[i];
            if (i > 0 && next_random(&random) % 3 == 0) {
                size_t again = order[next_random(&random) % i];
                assert_int_equal(
                    add(f, 1, starts[again], starts[again + 1] - starts[again], again + 1 < count)
                        .result,
                    HS_NEED_MORE);
            }
            answer a = add(f, 1, starts[part], starts[part + 1] - starts[part], part + 1 < count);
            if (i + 1 < count) {
                assert_int_equal(a.result, HS_NEED_MORE);
            } else {
                assert_whole(a, LENGTH);
            }
        }
        hs_fragments_free(f);
    }
}

static void of_overlapping_fragments_the_first_wins(void **state)
{
    (void)state;
    uint8_t other[64];
    memset(other, 0xee, sizeof other);
    hs_fragments *f = hs_fragments_new(MEMORY);
    assert_int_equal(add(f, 1, 16, 16, true).result, HS_NEED_MORE);
    hs_packet over = packet_of(4, 1, 8, hs_bytes_of(other, 32), true);
    assert_int_equal(give(f, &over, 0).result, HS_NEED_MORE);
    assert_int_equal(hs_fragments_count(f).overlapping, 16);
    assert_int_equal(add(f, 1, 0, 8, true).result, HS_NEED_MORE);
    answer a = add(f, 1, 40, 4, false);
    assert_int_equal(a.result, HS_OK);
    assert_int_equal(a.payload.len, 44);
    assert_memory_equal(a.payload.data, whole, 8);
    assert_memory_equal(a.payload.data + 8, other, 8);
    assert_memory_equal(a.payload.data + 16, whole + 16, 16);
    assert_memory_equal(a.payload.data + 32, other, 8);
    assert_memory_equal(a.payload.data + 40, whole + 40, 4);
    hs_fragments_free(f);
}

static void other_ends_identifications_and_protocols_are_other_packets(void **state)
{
    (void)state;
    hs_fragments *f = hs_fragments_new(MEMORY);
    assert_int_equal(add(f, 1, 0, 8, true).result, HS_NEED_MORE);
    hs_packet last = packet_of(4, 1, 8, hs_bytes_of(whole + 8, 8), false);
    hs_packet changed = last;
    changed.fragment.id = 2;
    assert_int_equal(give(f, &changed, 0).result, HS_NEED_MORE);
    changed = last;
    changed.fragment.protocol = HS_PROTOCOL_UDP;
    assert_int_equal(give(f, &changed, 0).result, HS_NEED_MORE);
    changed = last;
    changed.source.bytes[3] = 1;
    assert_int_equal(give(f, &changed, 0).result, HS_NEED_MORE);
    changed = last;
    changed.destination.bytes[3] = 1;
    assert_int_equal(give(f, &changed, 0).result, HS_NEED_MORE);
    changed = last;
    changed.family = 6;
    assert_int_equal(give(f, &changed, 0).result, HS_NEED_MORE);
    assert_whole(give(f, &last, 0), 16);
    hs_fragments_free(f);
}

static void in_ipv6_the_first_fragment_names_the_protocol(void **state)
{
    (void)state;
    hs_fragments *f = hs_fragments_new(MEMORY);
    hs_packet last = packet_of(6, 7, 8, hs_bytes_of(whole + 8, 8), false);
    last.fragment.protocol = HS_PROTOCOL_UDP;
    assert_int_equal(give(f, &last, 0).result, HS_NEED_MORE);
    hs_packet first = packet_of(6, 7, 0, hs_bytes_of(whole, 8), true);
    assert_whole(give(f, &first, 0), 16);
    hs_fragments_free(f);
}

static void contradictions_drop_the_packet(void **state)
{
    (void)state;
    hs_fragments *f = hs_fragments_new(MEMORY);
    assert_int_equal(add(f, 1, 0, 12, true).result, HS_MALFORMED); /* not a multiple of 8 */
    assert_int_equal(add(f, 2, 16, 8, false).result, HS_NEED_MORE);
    assert_int_equal(add(f, 2, 32, 8, false).result, HS_MALFORMED); /* another end */
    assert_int_equal(add(f, 3, 16, 8, false).result, HS_NEED_MORE);
    assert_int_equal(add(f, 3, 24, 8, true).result, HS_MALFORMED); /* behind the end */
    assert_int_equal(add(f, 4, 32, 8, true).result, HS_NEED_MORE);
    assert_int_equal(add(f, 4, 16, 8, false).result, HS_MALFORMED);     /* the end before it */
    assert_int_equal(add(f, 5, 65528, 16, false).result, HS_MALFORMED); /* longer than can be */
    hs_packet cut = packet_of(4, 6, 0, hs_bytes_of(whole, 8), true);
    cut.fragment.length = 16;
    assert_int_equal(give(f, &cut, 0).result, HS_LIMIT);
    assert_int_equal(hs_fragments_count(f).dropped, 9);
    assert_int_equal(hs_fragments_count(f).memory, 0);
    hs_fragments_free(f);
}

static void the_longest_packet_there_can_be(void **state)
{
    (void)state;
    hs_fragments *f = hs_fragments_new(MEMORY);
    for (size_t at = 0; at + 1480 < HS_FRAGMENTS_SIZE; at += 1480) {
        assert_int_equal(add(f, 1, at, 1480, true).result, HS_NEED_MORE);
    }
    size_t last = HS_FRAGMENTS_SIZE / 1480 * 1480;
    assert_whole(add(f, 1, last, HS_FRAGMENTS_SIZE - last, false), HS_FRAGMENTS_SIZE);
    hs_fragments_free(f);
}

static void count_bytes_holes_and_age_are_bounded(void **state)
{
    (void)state;
    hs_fragments *f = hs_fragments_new(MEMORY);
    for (uint32_t id = 0; id < 3 * HS_FRAGMENTS_PACKETS; id++) {
        assert_int_equal(add(f, id, 0, 8, true).result, HS_NEED_MORE);
    }
    assert_int_equal(hs_fragments_count(f).dropped, 2 * HS_FRAGMENTS_PACKETS);
    /* The youngest are left. */
    assert_whole(add(f, 3 * HS_FRAGMENTS_PACKETS - 1, 8, 8, false), 16);
    hs_fragments_free(f);

    f = hs_fragments_new(MEMORY);
    for (uint32_t id = 0; id < 100; id++) {
        assert_int_equal(add(f, id, 60000, 800, true).result, HS_NEED_MORE);
        assert_true(hs_fragments_count(f).memory <= MEMORY);
    }
    assert_true(hs_fragments_count(f).dropped > 0);
    hs_fragments_free(f);

    f = hs_fragments_new(1000); /* not even one has room */
    assert_int_equal(add(f, 1, 0, 1480, true).result, HS_LIMIT);
    hs_fragments_free(f);

    f = hs_fragments_new(MEMORY);
    hs_result result = HS_NEED_MORE;
    size_t holes = 0;
    for (; result == HS_NEED_MORE && holes < 1000; holes++) {
        result = add(f, 1, 8 + holes * 16, 8, true).result;
    }
    assert_int_equal(result, HS_LIMIT);
    assert_int_equal(holes, HS_FRAGMENTS_HOLES + 1);
    hs_fragments_free(f);

    f = hs_fragments_new(MEMORY);
    assert_int_equal(add(f, 1, 0, 8, true).result, HS_NEED_MORE);
    hs_packet last = packet_of(4, 1, 8, hs_bytes_of(whole + 8, 8), false);
    assert_int_equal(give(f, &last, HS_FRAGMENTS_AGE + 1).result, HS_NEED_MORE);
    assert_int_equal(hs_fragments_count(f).dropped, 1);
    hs_fragments_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fragments_in_order_make_the_packet),
        cmocka_unit_test(any_order_with_repetitions),
        cmocka_unit_test(of_overlapping_fragments_the_first_wins),
        cmocka_unit_test(other_ends_identifications_and_protocols_are_other_packets),
        cmocka_unit_test(in_ipv6_the_first_fragment_names_the_protocol),
        cmocka_unit_test(contradictions_drop_the_packet),
        cmocka_unit_test(the_longest_packet_there_can_be),
        cmocka_unit_test(count_bytes_holes_and_age_are_bounded),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
