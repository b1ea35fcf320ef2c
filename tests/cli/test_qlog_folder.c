#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/qlog_folder.h"
#include "trace/build.h"

static const hs_command command = {.name = "probe"};

static hs_trace *trace_of(const char *host, const char *dcid)
{
    hs_trace *trace = hs_trace_new(&(hs_trace_config){.keep_events = true});
    assert_non_null(trace);
    trace->at = INT64_C(1767225600) * HS_SECOND + 5;
    trace->target.host = host;
    trace->quic.original_dcid = dcid;
    return trace;
}

static void check_name(const char *host, const char *dcid, const char *expected)
{
    char name[HS_QLOG_NAME_MAX];
    hs_trace *trace = trace_of(host, dcid);
    assert_string_equal(hs_qlog_file_name(trace, name), expected);
    hs_trace_free(trace);
}

static void names(void **state)
{
    (void)state;
    check_name("example.org", "8394c8f03e515708",
               "20260101T000000.000000005Z-example.org-8394c8f0.sqlog");
    check_name("2001:db8::1", NULL, "20260101T000000.000000005Z-2001_db8__1.sqlog");
    check_name("../a/\n\x1b\xff b", "ab", "20260101T000000.000000005Z-.._a_____b-ab.sqlog");
    check_name(NULL, NULL, "20260101T000000.000000005Z-.sqlog");
}

/* A host's name is cut, never what follows it. */
static void long_names(void **state)
{
    (void)state;
    char host[300];
    char name[HS_QLOG_NAME_MAX];
    memset(host, 'h', sizeof host - 1);
    host[sizeof host - 1] = '\0';
    hs_trace *trace = trace_of(host, "8394c8f03e515708");
    const char *end = strstr(hs_qlog_file_name(trace, name), "-8394c8f0.sqlog");
    assert_non_null(end);
    assert_string_equal(end, "-8394c8f0.sqlog");
    hs_trace_free(trace);
}

static void client_random(void **state)
{
    (void)state;
    char name[HS_QLOG_NAME_MAX];
    hs_trace *trace = trace_of("h", NULL);
    trace->tls.has_client_random = true;
    memset(trace->tls.client_random, 0xa5, sizeof trace->tls.client_random);
    assert_string_equal(hs_qlog_file_name(trace, name),
                        "20260101T000000.000000005Z-h-a5a5a5a5.sqlog");
    hs_trace_free(trace);
}

/* What is there is never written over. */
static void exists(void **state)
{
    (void)state;
    char folder[] = "/tmp/test_qlog_XXXXXX";
    char path[sizeof folder + HS_QLOG_NAME_MAX];
    char name[HS_QLOG_NAME_MAX];
    hs_message message = {.layer = HS_LAYER_TCP, .name = "SYN"};
    assert_non_null(mkdtemp(folder));
    int fd = hs_qlog_folder_open(&command, folder);
    assert_true(fd >= 0);
    hs_trace *trace = trace_of("h", NULL);
    (void)hs_trace_add_event_at(trace, &message, (hs_moment){0, HS_CLOCK_KERNEL}, 0);
    assert_int_equal(hs_trace_finish(trace), HS_OK);
    assert_true(hs_qlog_folder_write(&command, fd, folder, trace));
    assert_false(hs_qlog_folder_write(&command, fd, folder, trace));
    snprintf(path, sizeof path, "%s/%s", folder, hs_qlog_file_name(trace, name));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(hs_qlog_folder_open(&command, folder), -1);
    close(fd);
    hs_trace_free(trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(long_names),
        cmocka_unit_test(client_random),
        cmocka_unit_test(exists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
