#include "../cmocka_headers.h"

#include <string.h>

#include "base/reader.h"
#include "base/writer.h"

static void write_all(hs_writer *w)
{
    hs_write_u8(w, 1);
    hs_write_u16(w, 0x0203);
    hs_write_u24(w, 0x040506);
    hs_write_u32(w, 0x0708090a);
    hs_write_u64(w, UINT64_C(0x0b0c0d0e0f101112));
    hs_block outer = hs_write_open(w, 2);
    hs_block inner = hs_write_open(w, 1);
    hs_write_text(w, "abc");
    hs_write_close(w, inner);
    hs_write_close(w, outer);
}

static void writes_big_endian_and_closes_blocks(void **state)
{
    static const uint8_t expected[] = {1,  2,  3,  4,  5,  6,  7, 8, 9, 10,  11,  12,
                                       13, 14, 15, 16, 17, 18, 0, 4, 3, 'a', 'b', 'c'};
    uint8_t out[64];
    hs_writer w;
    (void)state;
    hs_writer_init(&w, out, sizeof out);
    write_all(&w);
    assert_int_equal(hs_writer_result(&w), HS_OK);
    assert_true(hs_bytes_equal(hs_writer_bytes(&w), hs_bytes_of(expected, sizeof expected)));
}

static void every_short_buffer_overflows_and_is_not_overrun(void **state)
{
    (void)state;
    for (size_t capacity = 0; capacity < 24; capacity++) {
        uint8_t out[32];
        hs_writer w;
        memset(out, 0xee, sizeof out);
        hs_writer_init(&w, out, capacity);
        write_all(&w);
        assert_int_equal(hs_writer_result(&w), HS_LIMIT);
        assert_int_equal(hs_writer_bytes(&w).len, 0);
        assert_int_equal(out[capacity], 0xee);
    }
}

static void a_block_too_long_for_its_prefix_overflows(void **state)
{
    uint8_t out[300];
    uint8_t body[256] = {0};
    hs_writer w;
    (void)state;
    hs_writer_init(&w, out, sizeof out);
    hs_block block = hs_write_open(&w, 1);
    hs_write_bytes(&w, hs_bytes_of(body, sizeof body));
    hs_write_close(&w, block);
    assert_int_equal(hs_writer_result(&w), HS_LIMIT);
}

static void values_out_of_range_overflow(void **state)
{
    uint8_t out[16];
    hs_writer w;
    (void)state;
    hs_writer_init(&w, out, sizeof out);
    hs_write_u24(&w, 0x1000000);
    assert_int_equal(hs_writer_result(&w), HS_LIMIT);
    hs_writer_init(&w, out, sizeof out);
    hs_write_varint(&w, UINT64_C(1) << 62);
    assert_int_equal(hs_writer_result(&w), HS_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_big_endian_and_closes_blocks),
        cmocka_unit_test(every_short_buffer_overflows_and_is_not_overrun),
        cmocka_unit_test(a_block_too_long_for_its_prefix_overflows),
        cmocka_unit_test(values_out_of_range_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
