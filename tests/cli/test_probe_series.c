#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/probe_series.h"
#include "trace/build.h"

#define MS HS_MILLISECOND

static hs_moment user(hs_time at)
{
    return (hs_moment){at, HS_CLOCK_USER};
}

static hs_trace *connected(hs_time tcp, hs_time ready)
{
    hs_trace_config config = {0};
    hs_trace *trace = hs_trace_new(&config);
    trace->target.address = "::1";
    trace->target.family = 6;
    trace->target.port = 443;
    hs_trace_mark(trace, HS_MILESTONE_SYN, user(0));
    hs_trace_mark(trace, HS_MILESTONE_ESTABLISHED, user(tcp));
    hs_trace_mark(trace, HS_MILESTONE_READY, user(ready));
    hs_trace_mark(trace, HS_MILESTONE_END, user(ready));
    assert_int_equal(hs_trace_finish(trace), HS_OK);
    return trace;
}

static hs_trace *refused(void)
{
    static const hs_attempt attempt = {.address = "192.0.2.1",
                                       .family = 4,
                                       .start = 0,
                                       .end = MS,
                                       .failure = HS_FAILURE_TCP_REFUSED};
    hs_trace_config config = {0};
    hs_trace *trace = hs_trace_new(&config);
    trace->target.port = 443;
    trace->target.attempts = &attempt;
    trace->target.attempt_count = 1;
    hs_trace_fail(trace, HS_FAILURE_TCP_REFUSED, HS_PHASE_TCP, MS, "refused");
    hs_trace_mark(trace, HS_MILESTONE_END, user(MS));
    assert_int_equal(hs_trace_finish(trace), HS_OK);
    return trace;
}

static void test_lines_and_summary(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    hs_series *series = hs_series_new();
    hs_trace *traces[] = {connected(1 * MS, 4 * MS), connected(3 * MS, 8 * MS), refused()};
    assert_non_null(series);
    for (size_t i = 0; i < 3; i++) {
        hs_series_add(series, traces[i]);
        hs_series_line(series, traces[i], out);
        hs_trace_free(traces[i]);
    }
    hs_series_summary(series, "tls://x:443", out);
    fclose(out);
    assert_string_equal(text, "1  [::1]:443  TCP 1.000  ready 4.000 ms\n"
                              "2  [::1]:443  TCP 3.000  ready 8.000 ms\n"
                              "3  192.0.2.1:443  tcp.refused after 1.000 ms\n"
                              "\n"
                              "--- tls://x:443 ---\n"
                              "3 sent, 2 ok, 1 failed (33.3 %)\n"
                              "TCP            min/avg/max/mdev = 1.000/2.000/3.000/1.000 ms\n"
                              "ready          min/avg/max/mdev = 4.000/6.000/8.000/2.000 ms\n");
    free(text);
    hs_series_free(series);
}

static void test_empty_summary(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    hs_series *series = hs_series_new();
    hs_series_summary(series, "tcp://x:1", out);
    fclose(out);
    assert_string_equal(text, "\n--- tcp://x:1 ---\n0 sent, 0 ok, 0 failed (0 %)\n");
    free(text);
    hs_series_free(series);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_and_summary),
        cmocka_unit_test(test_empty_summary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
