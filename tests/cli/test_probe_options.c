/* The probe's own table: sound as a table, and each checked option with good and bad values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture.h"
#include "cli/probe_options.h"

/* Of each command: no name twice, and every row whole. */
static void check_table(const hs_command *command)
{
    for (const hs_option *a = command->options; a->name || a->letter; a++) {
        for (const hs_option *b = command->options; b != a; b++) {
            assert_false(a->letter != 0 && a->letter == b->letter);
            assert_false(a->name && b->name && strcmp(a->name, b->name) == 0);
        }
        bool wants_argument = a->kind != HS_OPTION_FLAG && a->kind != HS_OPTION_COUNT &&
                              a->kind != HS_OPTION_CONSTANT;
        assert_true(wants_argument == (a->argument != NULL));
        assert_true((a->kind == HS_OPTION_CUSTOM) == (a->set != NULL));
        bool is_bounded = a->kind == HS_OPTION_INTEGER || a->kind == HS_OPTION_SECONDS;
        assert_true(is_bounded == (a->max != 0));
        assert_true(!a->group || a->help);
    }
}

static void test_tables(void **state)
{
    (void)state;
    check_table(&hs_command_probe);
    check_table(&hs_command_serve);
}

enum { ARGUMENTS_MAX = 32 };

/* The settings of `line`, or false with the message in `output`. */
static bool read_options(hs_probe_settings *settings, const char *line, hs_capture *output)
{
    static char words[2048];
    static char *argv[ARGUMENTS_MAX];
    snprintf(words, sizeof words, "probe %s https://localhost/", line);
    int argc = 0;
    char *rest = words;
    for (char *word; (word = strsep(&rest, " ")) != NULL;) {
        assert_true(argc < ARGUMENTS_MAX);
        argv[argc++] = strcmp(word, "~") == 0 ? word + 1 : word;
    }
    hs_operands operands;
    int status = 0;
    hs_probe_settings_init(settings);
    hs_capture_begin(output);
    bool ok = hs_command_parse(&hs_command_probe, argc, argv, settings, &operands, &status) &&
              hs_probe_settings_finish(&hs_command_probe, settings, &status);
    hs_capture_end(output);
    assert_int_equal(status, ok ? HS_EXIT_OK : HS_EXIT_USAGE);
    return ok;
}

static void expect_error(const char *line, const char *message)
{
    hs_probe_settings settings;
    hs_capture output;
    assert_false(read_options(&settings, line, &output));
    char expected[512];
    snprintf(expected, sizeof expected, "handshake probe: %s\n", message);
    assert_string_equal(output.text[1], expected);
    hs_capture_free(&output);
    hs_probe_settings_end(&settings);
}

static void expect_ok(hs_probe_settings *settings, const char *line)
{
    hs_capture output;
    bool ok = read_options(settings, line, &output);
    if (!ok) {
        print_error("%s", output.text[1]);
    }
    assert_true(ok);
    hs_capture_free(&output);
}

static void test_good(void **state)
{
    (void)state;
    hs_probe_settings s;
    expect_ok(&s, "-6 --http2 --tlsv1.2 --tls-max 1.3 --resolve a:1:::1 -E cert -k");
    assert_int_equal(s.probe.family, 6);
    assert_int_equal(s.probe.http_version, HS_HTTP_2);
    assert_int_equal(s.probe.tls_min, 0x0303);
    assert_int_equal(s.probe.tls_max, 0x0304);
    assert_int_equal(s.probe.resolve_count, 1);
    assert_string_equal(s.probe.resolve[0], "a:1:::1");
    assert_true(s.probe.insecure);
    assert_false(s.probe.keep_events);
    expect_ok(&s, "-v");
    assert_true(s.probe.keep_events && !s.probe.keep_bytes);
    expect_ok(&s, "-vv");
    assert_true(s.probe.keep_bytes);
    expect_ok(&s, "--json --events");
    assert_true(s.probe.keep_events);
    expect_ok(&s, "--alpn ~");
    assert_string_equal(s.probe.alpn, "");
    expect_ok(&s, "--alpn h2,http/1.1");
    expect_ok(&s, "--tls-max default");
    assert_int_equal(s.probe.tls_max, 0);
    expect_ok(&s, "--curves X25519");
    assert_string_equal(s.probe.groups, "X25519");
    expect_ok(&s, "--max-time 0.25");
    assert_int_equal(s.probe.timeout, 250 * HS_MILLISECOND);
    expect_ok(&s, "-i 0");
    assert_int_equal(s.interval, 0);
}

static void test_bad(void **state)
{
    (void)state;
    expect_error("--tls-max 9.9", "--tls-max: '9.9' is not one of 1.0, 1.1, 1.2, 1.3, default");
    expect_error("--tlsv1.3 --tls-max 1.2", "--tls-max: lower than the least version asked for");
    expect_error("--alpn ,h2", "--alpn: ',h2' is not a comma list of protocol names");
    expect_error("--alpn h2,", "--alpn: 'h2,' is not a comma list of protocol names");
    expect_error("--alpn h2,,x", "--alpn: 'h2,,x' is not a comma list of protocol names");
    expect_error("--servername ~", "--servername: '' is not a host name");
    expect_error("-c 0", "-c: '0' is not a number from 1 to 2147483647");
    expect_error("--json -w x", "--json and --write-out exclude each other");
    expect_error("-w %{nonsense}", "-w: %{nonsense} is no variable");
    expect_error("-w %{local_ip}", "-w: %{local_ip} is curl's, but a handshake does not show it");
    expect_error("-w @/no/such/file", "--write-out: '/no/such/file': No such file or directory");
}

static void test_long_protocol(void **state)
{
    (void)state;
    hs_probe_settings s;
    char line[400] = "--alpn ";
    memset(line + 7, 'a', 255);
    expect_ok(&s, line);
    line[7 + 255] = 'a';
    hs_capture output;
    assert_false(read_options(&s, line, &output));
    hs_capture_free(&output);
}

static void test_format_from_file(void **state)
{
    (void)state;
    char name[] = "/tmp/hs_format_XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    static const char format[] = "@%{http_code}\\n";
    assert_int_equal(write(fd, format, strlen(format)), (ssize_t)strlen(format));
    char line[64];
    snprintf(line, sizeof line, "-w @%s", name);
    hs_probe_settings s;
    expect_ok(&s, line);
    assert_string_equal(s.write_out, format);
    hs_probe_settings_end(&s);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(pwrite(fd, "%{nope}", 7, 0), 7);
    expect_error(line, "--write-out: %{nope} is no variable");
    close(fd);
    unlink(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_long_protocol),
        cmocka_unit_test(test_format_from_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
