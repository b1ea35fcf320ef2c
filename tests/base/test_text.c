#include "../cmocka_headers.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/decimal_text.h"
#include "base/digits.h"
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

/* Every day that 64 bits of nanoseconds reach, by the C library's calendar. */
static void dates_are_those_of_the_calendar(void **state)
{
    const int64_t day = 86400 * HS_SECOND;
    (void)state;
    for (int64_t days = INT64_MIN / day; days <= INT64_MAX / day; days++) {
        char text[HS_TIME_TEXT_MAX];
        char expected[HS_TIME_TEXT_MAX];
        struct tm tm;
        time_t at = (time_t)(days * 86400);
        assert_non_null(gmtime_r(&at, &tm));
        assert_int_not_equal(strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S", &tm), 0);
        assert_memory_equal(hs_time_rfc3339(days * day, text), expected, strlen(expected));
    }
    char text[HS_TIME_TEXT_MAX];
    assert_string_equal(hs_time_rfc3339(INT64_MIN, text), "1677-09-21T00:12:43.145224192Z");
    assert_string_equal(hs_time_rfc3339(INT64_MAX, text), "2262-04-11T23:47:16.854775807Z");
}

static void digits_are_those_of_the_number(void **state)
{
    static const uint64_t numbers[] = {0, 9, 10, 99, 100, 65535, UINT64_MAX - 1, UINT64_MAX};
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char text[HS_DIGITS_MAX + 1];
        char expected[HS_DIGITS_MAX + 1];
        *hs_put_digits(text, numbers[i]) = '\0';
        snprintf(expected, sizeof expected, "%" PRIu64, numbers[i]);
        assert_string_equal(text, expected);
    }
}

static void decimals_are(double value, unsigned digits, const char *expected)
{
    char text[HS_DECIMAL_TEXT_MAX];
    assert_string_equal(hs_decimal_text(value, digits, text), expected);
}

static void decimals_are_rounded(void **state)
{
    (void)state;
    decimals_are(0, 2, "0.00");
    decimals_are(3.0199, 2, "3.02");
    decimals_are(0.995001, 2, "1.00");
    decimals_are(-1.5, 0, "-2");
    decimals_are(-0.004, 2, "0.00");
    decimals_are(2.5, 0, "3");
    decimals_are(0.000000001, HS_DECIMAL_DIGITS_MAX, "0.000000001");
    decimals_are(9223372036854775808., 3, "9223372036854775808.000");
    decimals_are(1e300, 1, "18446744073709551615.0");
    decimals_are((double)-INFINITY, 2, "-18446744073709551615.00");
    decimals_are((double)NAN, 2, "nan");
    char long_one[HS_DECIMAL_TEXT_MAX];
    assert_true(strlen(hs_decimal_text(-1e300, HS_DECIMAL_DIGITS_MAX, long_one)) <
                HS_DECIMAL_TEXT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_could_drive_a_terminal_is_escaped),
        cmocka_unit_test(times_are_rounded_to_microseconds),
        cmocka_unit_test(dates_are_those_of_rfc_3339),
        cmocka_unit_test(dates_are_those_of_the_calendar),
        cmocka_unit_test(digits_are_those_of_the_number),
        cmocka_unit_test(decimals_are_rounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
