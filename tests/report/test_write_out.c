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

#include "report/write_out.h"
#include "report/write_out_variables.h"
#include "samples.h"

static char *write_out(const char *sample_name, const char *format)
{
    const hs_sample *sample = hs_samples;
    while (strcmp(sample->name, sample_name) != 0) {
        sample++;
    }
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    hs_trace *trace = sample->make();
    assert_non_null(trace);
    assert_int_equal(hs_report_write_out(trace, format, out, NULL), HS_OK);
    fclose(out);
    hs_trace_free(trace);
    return text;
}

static void expect(const char *sample, const char *format, const char *expected)
{
    char *text = write_out(sample, format);
    assert_string_equal(text, expected);
    free(text);
}

/* The classic set: cumulative, in seconds, six digits. */
static void test_times(void **state)
{
    (void)state;
    expect("https_h2",
           "%{time_namelookup} %{time_connect} %{time_appconnect} %{time_pretransfer} "
           "%{time_redirect} %{time_starttransfer} %{time_total}",
           "0.000210 0.000241 0.003415 0.003415 0.000000 0.003990 0.004100");
    expect("refused", "%{time_namelookup} %{time_connect} %{time_appconnect} %{time_total}",
           "0.000040 0.000000 0.000000 0.000112");
}

static void test_values(void **state)
{
    (void)state;
    expect("https_h2",
           "%{http_code} %{response_code} %{http_version} %{remote_ip} %{remote_port} %{scheme} "
           "%{ssl_verify_result} %{num_connects} %{num_certs} %{num_redirects} %{exitcode} "
           "[%{errormsg}] %{url} %{url_effective}",
           "200 200 2 127.0.0.1 8443 https 0 1 2 0 0 [] https://example.test:8443/ "
           "https://example.test:8443/");
    expect("refused", "%{http_code} %{http_version} %{exitcode} %{num_connects} [%{remote_ip}]",
           "000 0 7 0 []");
    expect("expired", "%{ssl_verify_result} %{exitcode} %{errormsg}",
           "10 60 the certificate of example.test expired 59 days ago");
    expect("hostile", "%{http_version}", "1.1");
}

/* As curl 7.88 does: an unknown escape and a lone percent sign stand for themselves. */
static void test_escapes(void **state)
{
    (void)state;
    expect("nothing", "a\\tb\\nc\\rd", "a\tb\nc\rd");
    expect("nothing", "100%% %x %", "100% %x %");
    expect("nothing", "\\q \\\\ \\", "\\q \\\\ \\");
    expect("nothing", "%{unclosed", "%{unclosed");
    expect("nothing", "", "");
}

static void test_onerror(void **state)
{
    (void)state;
    expect("https_h2", "a%{onerror}b", "a");
    expect("refused", "a%{onerror}b", "ab");
    expect("https_h2", "a%{stdout}b", "ab");
}

static void test_refused(void **state)
{
    (void)state;
    char unknown[64];
    assert_int_equal(hs_report_write_out_check("%{http_code} %{nonsense}", unknown), HS_INVALID);
    assert_string_equal(unknown, "nonsense");
    assert_int_equal(hs_report_write_out_check("%{local_ip}", unknown), HS_INVALID);
    assert_true(hs_write_out_is_curls(unknown));
    assert_int_equal(hs_report_write_out_check("%header{server}", unknown), HS_INVALID);
    assert_string_equal(unknown, "header{server}");
    assert_int_equal(hs_report_write_out_check("%{}", NULL), HS_INVALID);
    char longer[400] = "%{";
    memset(longer + 2, 'x', 300);
    strcpy(longer + 302, "}");
    assert_int_equal(hs_report_write_out_check(longer, unknown), HS_INVALID);
    assert_int_equal(strlen(unknown), 63);
}

static void test_refused_writes_nothing(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    hs_trace *trace = hs_samples[0].make();
    assert_int_equal(hs_report_write_out(trace, "before %{nonsense}", out, NULL), HS_INVALID);
    fclose(out);
    assert_int_equal(size, 0);
    free(text);
    hs_trace_free(trace);
}

/* No name is both observed and refused, and the table is in order. */
static void test_table(void **state)
{
    (void)state;
    for (const hs_variable *variable = hs_variables; variable->name; variable++) {
        assert_false(hs_write_out_is_curls(variable->name));
        assert_true(!variable[1].name || strcmp(variable->name, variable[1].name) < 0);
    }
}

static void test_json(void **state)
{
    (void)state;
    char *text = write_out("https_h2", "%{json}");
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(object);
    assert_int_equal(json_integer_value(json_object_get(object, "http_code")), 200);
    assert_true(json_number_value(json_object_get(object, "time_total")) == 0.0041);
    assert_string_equal(json_string_value(json_object_get(object, "remote_ip")), "127.0.0.1");
    assert_true(json_is_null(json_object_get(object, "errormsg")));
    json_decref(object);
    free(text);
}

static void test_certs(void **state)
{
    (void)state;
    char *text = write_out("https_h2", "%{certs}");
    assert_non_null(strstr(text, "Subject:CN=example.test\n"));
    assert_non_null(strstr(text, "Expire date:2026-03-31 00:00:00 GMT\n"));
    const char *pem = strstr(text, "Cert:-----BEGIN CERTIFICATE-----\nAAAA");
    assert_non_null(pem);
    /* 700 bytes are 936 letters (the last group has one padding letter), 64 a line. */
    const char *body = strchr(pem, '\n') + 1;
    size_t letters = 0;
    size_t lines = 0;
    while (body[0] != '-') {
        size_t len = strcspn(body, "\n");
        assert_true(len <= 64);
        letters += len;
        lines++;
        body += len + 1;
    }
    assert_int_equal(letters, 936);
    assert_int_equal(lines, 15);
    assert_true(body[-2] == '=' && body[-3] == '=');
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),   cmocka_unit_test(test_values),
        cmocka_unit_test(test_escapes), cmocka_unit_test(test_onerror),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_refused_writes_nothing),
        cmocka_unit_test(test_table),   cmocka_unit_test(test_json),
        cmocka_unit_test(test_certs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
