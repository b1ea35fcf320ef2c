#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <handshake/report.h>

#include "base/bytes_text.h"
#include "golden.h"
#include "samples.h"

static char *render(const hs_sample *sample, hs_report_options options)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    hs_trace *trace = sample->make();
    assert_non_null(out);
    assert_non_null(trace);
    assert_int_equal(hs_report_text(trace, &options, out), HS_OK);
    fclose(out);
    hs_trace_free(trace);
    return text;
}

static void test_golden(void **state)
{
    (void)state;
    for (const hs_sample *sample = hs_samples; sample->name; sample++) {
        for (int verbosity = 0; verbosity < 2; verbosity++) {
            char name[64];
            snprintf(name, sizeof name, "%s.v%d.txt", sample->name, verbosity);
            char *text = render(sample, (hs_report_options){.verbosity = verbosity});
            hs_golden_check(name, text);
            free(text);
        }
    }
}

static size_t columns(const char *line, size_t len)
{
    size_t count = 0;
    for (size_t i = 0; i < len; i++) {
        count += ((unsigned char)line[i] & 0xc0) != 0x80;
    }
    return count;
}

/* Nothing that could drive a terminal, no blanks at a line's end, no line beyond the page. */
static void check_plain(const char *text, size_t width)
{
    size_t start = 0;
    for (size_t i = 0; text[i] != '\0';) {
        if (text[i] == '\n') {
            assert_true(i == start || text[i - 1] != ' ');
            assert_true(columns(text + start, i - start) <= width);
            start = ++i;
            continue;
        }
        size_t len = hs_printable_length((hs_bytes){(const uint8_t *)text + i, strlen(text + i)});
        assert_true(len > 0);
        i += len;
    }
    assert_true(text[0] != '\0' && text[strlen(text) - 1] == '\n');
}

static void test_plain(void **state)
{
    (void)state;
    static const int widths[] = {72, 79, 80, 89, 90, 100, 200};
    for (const hs_sample *sample = hs_samples; sample->name; sample++) {
        for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++) {
            for (int verbosity = 0; verbosity < 2; verbosity++) {
                char *text = render(
                    sample, (hs_report_options){.verbosity = verbosity, .width = widths[w]});
                check_plain(text, verbosity == 0 ? (size_t)widths[w] : 1000);
                free(text);
            }
        }
    }
}

static void test_fields(void **state)
{
    (void)state;
    for (const hs_sample *sample = hs_samples; sample->name; sample++) {
        char *text = render(sample, (hs_report_options){.verbosity = 2});
        check_plain(text, 1000);
        if (strcmp(sample->name, "fields") == 0) {
            hs_golden_check("fields.v2.txt", text);
        }
        free(text);
    }
}

/* Colour adds codes and changes nothing else. */
static void test_color(void **state)
{
    (void)state;
    for (const hs_sample *sample = hs_samples; sample->name; sample++) {
        char *plain = render(sample, (hs_report_options){.verbosity = 1});
        char *colored = render(sample, (hs_report_options){.verbosity = 1, .color = true});
        assert_non_null(strstr(colored, "\033["));
        char *to = colored;
        for (const char *from = colored; *from != '\0';) {
            if (*from == '\033') {
                from += strcspn(from, "m") + 1;
            } else {
                *to++ = *from++;
            }
        }
        *to = '\0';
        assert_string_equal(plain, colored);
        free(plain);
        free(colored);
    }
}

static void test_write_error(void **state)
{
    (void)state;
    FILE *full = fopen("/dev/full", "w");
    if (!full) {
        skip();
    }
    setvbuf(full, NULL, _IONBF, 0);
    hs_trace *trace = hs_samples[0].make();
    hs_report_options options = {0};
    assert_int_equal(hs_report_text(trace, &options, full), HS_SYSTEM);
    assert_int_equal(hs_report_json(trace, &options, full), HS_SYSTEM);
    assert_int_equal(hs_report_write_out(trace, "%{url}", full, NULL), HS_SYSTEM);
    hs_trace_free(trace);
    fclose(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),      cmocka_unit_test(test_plain),
        cmocka_unit_test(test_fields),      cmocka_unit_test(test_color),
        cmocka_unit_test(test_write_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
