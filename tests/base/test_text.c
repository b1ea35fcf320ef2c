#include "../cmocka_headers.h"

#include <string.h>

#include "base/arena.h"
#include "base/reader.h"
#include "base/time_text.h"

static void check(hs_arena *arena, const char *in, size_t len, const char *expected)
{
    assert_string_equal(hs_arena_escaped(arena, hs_bytes_of(in, len)), expected);
}

static void what_could_drive_a_terminal_is_escaped(void **state)
{
    (void)state;
    hs_arena *arena = hs_arena_new(NULL, 1 << 20);
    check(arena, "plain text", 10, "plain text");
    check(arena, "\x1b[31m\r\n\x7f", 8, "\\x1b[31m\\x0d\\x0a\\x7f");
    check(arena, "nul\0", 4, "nul\\x00");
    check(arena,
          "b\xc3\xbc"
          "cher",
          7,
          "b\xc3\xbc"
          "cher");
    check(arena, "\xe6\x97\xa5\xf0\x9f\x98\x80", 7, "\xe6\x97\xa5\xf0\x9f\x98\x80");
    check(arena, "\xc2\x85", 2, "\\xc2\\x85");                   /* C1 control */
    check(arena, "\xc0\xaf", 2, "\\xc0\\xaf");                   /* overlong */
    check(arena, "\xe0\x80\xaf", 3, "\\xe0\\x80\\xaf");          /* overlong */
    check(arena, "\xed\xa0\x80", 3, "\\xed\\xa0\\x80");          /* surrogate */
    check(arena, "\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80"); /* beyond Unicode */
    check(arena, "\xe2\x80\xae", 3, "\\xe2\\x80\\xae");          /* right-to-left override */
    check(arena, "cut \xe6\x97", 6, "cut \\xe6\\x97");
    hs_arena_free(arena);
}

static void times_are_rounded_to_microseconds(void **state)
{
    char text[HS_TIME_TEXT_MAX];
    (void)state;
    assert_string_equal(hs_time_ms(0, text), "0.000");
    assert_string_equal(hs_time_ms(12345499, text), "12.345");
    assert_string_equal(hs_time_ms(12345500, text), "12.346");
    assert_string_equal(hs_time_ms(-1500000, text), "-1.500");
    assert_string_equal(hs_time_ms(-400, text), "0.000");
    assert_string_equal(hs_time_ms(INT64_MAX, text), "9223372036854.776");
    assert_string_equal(hs_time_ms(INT64_MIN, text), "-9223372036854.776");
}

static void dates_are_those_of_rfc_3339(void **state)
{
    char text[HS_TIME_TEXT_MAX];
    (void)state;
    assert_string_equal(hs_time_rfc3339(0, text), "1970-01-01T00:00:00.000000000Z");
    assert_string_equal(hs_time_rfc3339(INT64_C(1700000000123456789), text),
                        "2023-11-14T22:13:20.123456789Z");
    assert_string_equal(hs_time_rfc3339(-1, text), "1969-12-31T23:59:59.999999999Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_could_drive_a_terminal_is_escaped),
        cmocka_unit_test(times_are_rounded_to_microseconds),
        cmocka_unit_test(dates_are_those_of_rfc_3339),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
