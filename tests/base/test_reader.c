#include "../cmocka_headers.h"

#include "base/reader.h"
#include "base/writer.h"

static const uint8_t message[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x00,
                                  0x03, 'a',  'b',  'c',  0x02, 0xff, 0xfe};

static void parse(hs_reader *r, uint32_t *first, hs_bytes *name)
{
    (void)hs_read_u16(r, "version");
    *first = hs_read_u32(r, "first");
    hs_reader block = hs_read_block16(r, "name");
    *name = hs_read_rest(&block, "bytes");
    hs_reader_close(&block);
    hs_reader list = hs_read_block8(r, "list");
    while (hs_reader_left(&list) > 0) {
        (void)hs_read_u8(&list, "item");
    }
    hs_reader_close(&list);
}

static void reads_fields_in_order(void **state)
{
    hs_fault fault;
    hs_reader r;
    uint32_t first;
    hs_bytes name;
    (void)state;
    hs_reader_init(&r, hs_bytes_of(message, sizeof message), &fault, NULL);
    parse(&r, &first, &name);
    assert_int_equal(hs_reader_finish(&r), HS_OK);
    assert_int_equal(first, 0x03040506);
    assert_true(hs_bytes_are(name, "abc"));
}

static void every_truncation_needs_more_or_is_malformed(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof message; len++) {
        hs_fault fault;
        hs_reader r;
        uint32_t first;
        hs_bytes name;
        hs_reader_init(&r, hs_bytes_of(message, len), &fault, NULL);
        parse(&r, &first, &name);
        assert_int_equal(hs_reader_finish(&r), HS_NEED_MORE);
        assert_non_null(fault.field);
        assert_true(fault.offset <= len);
    }
}

static void an_overrun_within_a_block_is_malformed(void **state)
{
    static const uint8_t bytes[] = {0x01, 0x00, 0x55, 0x66};
    hs_fault fault;
    hs_reader r;
    (void)state;
    hs_reader_init(&r, hs_bytes_of(bytes, sizeof bytes), &fault, NULL);
    hs_reader block = hs_read_block8(&r, "block");
    assert_int_equal(hs_read_u16(&block, "wide"), 0);
    assert_int_equal(hs_reader_result(&r), HS_MALFORMED);
    assert_string_equal(fault.field, "wide");
    assert_int_equal(fault.offset, 1);
    /* The fault is sticky in every reader of the message. */
    assert_int_equal(hs_read_u8(&r, "later"), 0);
    assert_int_equal(hs_reader_left(&r), 0);
    assert_string_equal(fault.field, "wide");
}

static void bytes_left_over_are_malformed(void **state)
{
    hs_fault fault;
    hs_reader r;
    (void)state;
    hs_reader_init(&r, hs_bytes_of(message, sizeof message), &fault, NULL);
    (void)hs_read_u8(&r, "one");
    assert_int_equal(hs_reader_finish(&r), HS_MALFORMED);
    assert_int_equal(fault.offset, 1);

    hs_reader_init(&r, hs_bytes_of(message + 6, sizeof message - 6), &fault, NULL);
    hs_reader block = hs_read_block16(&r, "name");
    (void)hs_read_u8(&block, "one");
    hs_reader_close(&block);
    assert_int_equal(hs_reader_result(&r), HS_MALFORMED);
    assert_int_equal(fault.offset, 3);
}

static void notes_tell_every_byte(void **state)
{
    hs_note items[16];
    hs_notes notes = {.items = items, .capacity = 16};
    hs_fault fault;
    hs_reader r;
    uint32_t first;
    hs_bytes name;
    size_t covered = 0;
    (void)state;
    hs_reader_init(&r, hs_bytes_of(message, sizeof message), &fault, &notes);
    parse(&r, &first, &name);
    assert_int_equal(hs_reader_finish(&r), HS_OK);
    for (size_t i = 0; i < notes.count; i++) {
        if (items[i].kind != HS_NOTE_BLOCK) {
            assert_int_equal(items[i].offset, covered);
            covered += items[i].length;
        }
    }
    assert_int_equal(covered, sizeof message);
    assert_string_equal(items[3].field, "name");
    assert_int_equal(items[3].kind, HS_NOTE_BLOCK);
    assert_int_equal(items[3].depth, 0);
    assert_string_equal(items[4].field, "bytes");
    assert_int_equal(items[4].depth, 1);
    assert_int_equal(notes.depth, 0);
}

static void notes_that_do_not_fit_are_counted(void **state)
{
    hs_note items[2];
    hs_notes notes = {.items = items, .capacity = 2};
    hs_fault fault;
    hs_reader r;
    uint32_t first;
    hs_bytes name;
    (void)state;
    hs_reader_init(&r, hs_bytes_of(message, sizeof message), &fault, &notes);
    parse(&r, &first, &name);
    assert_int_equal(hs_reader_finish(&r), HS_OK);
    assert_int_equal(notes.count, 2);
    assert_int_equal(notes.dropped, 7);
    assert_int_equal(notes.depth, 0);
}

static void groups_span_what_was_read(void **state)
{
    hs_note items[4];
    hs_notes notes = {.items = items, .capacity = 4};
    hs_fault fault;
    hs_reader r;
    (void)state;
    hs_reader_init(&r, hs_bytes_of(message, sizeof message), &fault, &notes);
    size_t mark = hs_reader_group_begin(&r, "pair");
    (void)hs_read_u8(&r, "left");
    (void)hs_read_u8(&r, "right");
    hs_note_meaning(&r, "two");
    hs_reader_group_end(&r, mark);
    assert_int_equal(items[0].length, 2);
    assert_int_equal(items[2].depth, 1);
    assert_string_equal(items[2].meaning, "two");
    assert_int_equal(notes.depth, 0);
}

static void varints_are_read_as_they_are_written(void **state)
{
    /* RFC 9000 A.1 */
    static const struct {
        uint8_t bytes[8];
        size_t len;
        uint64_t value;
    } rows[] = {
        {{0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c}, 8, UINT64_C(151288809941952652)},
        {{0x9d, 0x7f, 0x3e, 0x7d}, 4, 494878333},
        {{0x7b, 0xbd}, 2, 15293},
        {{0x25}, 1, 37},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hs_note note;
        hs_notes notes = {.items = &note, .capacity = 1};
        hs_fault fault;
        hs_reader r;
        uint8_t out[8];
        hs_writer w;
        hs_reader_init(&r, hs_bytes_of(rows[i].bytes, rows[i].len), &fault, &notes);
        assert_true(hs_read_varint(&r, "value") == rows[i].value);
        assert_int_equal(hs_reader_finish(&r), HS_OK);
        assert_true(note.value == rows[i].value);
        hs_writer_init(&w, out, sizeof out);
        hs_write_varint(&w, rows[i].value);
        assert_int_equal(w.len, rows[i].len);
        assert_memory_equal(out, rows[i].bytes, rows[i].len);
        for (size_t len = 0; len < rows[i].len; len++) {
            hs_reader_init(&r, hs_bytes_of(rows[i].bytes, len), &fault, NULL);
            (void)hs_read_varint(&r, "value");
            assert_int_equal(hs_reader_finish(&r), HS_NEED_MORE);
        }
    }
}

static void the_parser_can_fail_by_its_own_judgement(void **state)
{
    hs_fault fault;
    hs_reader r;
    (void)state;
    hs_reader_init(&r, hs_bytes_of(message, sizeof message), &fault, NULL);
    (void)hs_read_u8(&r, "one");
    hs_reader_fail(&r, "one", "must not be 1");
    assert_false(hs_reader_ok(&r));
    assert_string_equal(fault.why, "must not be 1");
    assert_int_equal(hs_read_bytes(&r, 3, "more").len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_fields_in_order),
        cmocka_unit_test(every_truncation_needs_more_or_is_malformed),
        cmocka_unit_test(an_overrun_within_a_block_is_malformed),
        cmocka_unit_test(bytes_left_over_are_malformed),
        cmocka_unit_test(notes_tell_every_byte),
        cmocka_unit_test(notes_that_do_not_fit_are_counted),
        cmocka_unit_test(groups_span_what_was_read),
        cmocka_unit_test(varints_are_read_as_they_are_written),
        cmocka_unit_test(the_parser_can_fail_by_its_own_judgement),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
