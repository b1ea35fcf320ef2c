#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include <handshake/report.h>

#include "golden.h"
#include "samples.h"

static char *render(hs_trace *trace, hs_report_options options)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_int_equal(hs_report_json(trace, &options, out), HS_OK);
    fclose(out);
    return text;
}

static void test_golden(void **state)
{
    (void)state;
    for (const hs_sample *sample = hs_samples; sample->name; sample++) {
        char name[64];
        snprintf(name, sizeof name, "%s.json", sample->name);
        hs_trace *trace = sample->make();
        char *text = render(trace, (hs_report_options){.events = true});
        hs_golden_check(name, text);
        free(text);
        hs_trace_free(trace);
    }
}

/* One line, one object, no byte below 0x20 but the newline at its end. */
static void test_one_line(void **state)
{
    (void)state;
    for (const hs_sample *sample = hs_samples; sample->name; sample++) {
        hs_trace *trace = sample->make();
        char *text = render(trace, (hs_report_options){.events = true});
        size_t len = strlen(text);
        assert_true(len > 1 && text[len - 1] == '\n');
        for (size_t i = 0; i + 1 < len; i++) {
            assert_true((unsigned char)text[i] >= 0x20);
        }
        json_t *record = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(record);
        json_decref(record);
        free(text);
        hs_trace_free(trace);
    }
}

static void test_events_only_where_asked(void **state)
{
    (void)state;
    hs_trace *trace = hs_samples[0].make();
    char *without = render(trace, (hs_report_options){0});
    char *verbose = render(trace, (hs_report_options){.verbosity = 1});
    assert_null(strstr(without, "\"events\""));
    assert_non_null(strstr(verbose, "\"events\""));
    free(without);
    free(verbose);
    hs_trace_free(trace);
}

static double ms_of(hs_time at)
{
    hs_trace *trace = hs_samples[0].make();
    trace->milestones[HS_MILESTONE_READY].at = at;
    char *text = render(trace, (hs_report_options){0});
    json_t *record = json_loads(text, 0, NULL);
    double value = json_number_value(json_object_get(record, "ready_ms"));
    /* Microsecond digits and no more. */
    const char *printed = strstr(text, "\"ready_ms\":") + strlen("\"ready_ms\":");
    size_t len = strcspn(printed, ",}");
    const char *point = memchr(printed, '.', len);
    assert_non_null(point);
    assert_true(len - (size_t)(point + 1 - printed) <= 3);
    json_decref(record);
    free(text);
    hs_trace_free(trace);
    return value;
}

static void test_times_have_microseconds(void **state)
{
    (void)state;
    assert_true(ms_of(12345000) == 12.345);
    assert_true(ms_of(12345499) == 12.345);
    assert_true(ms_of(12345500) == 12.346);
    assert_true(ms_of(0) == 0.0);
    assert_true(ms_of(999) == 0.001);
    assert_true(ms_of(INT64_C(86400000000001000)) == 86400000000.001);
    for (int us = 0; us < 5000; us += 7) {
        (void)ms_of(us * HS_MICROSECOND + us % 1000);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--records") == 0) {
        /* For the check against the schema. */
        hs_report_options options = {.events = true};
        for (const hs_sample *sample = hs_samples; sample->name; sample++) {
            hs_trace *trace = sample->make();
            if (!trace || hs_report_json(trace, &options, stdout) != HS_OK) {
                return 1;
            }
            hs_trace_free(trace);
        }
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_one_line),
        cmocka_unit_test(test_events_only_where_asked),
        cmocka_unit_test(test_times_have_microseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
