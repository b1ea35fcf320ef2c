#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <handshake/time.h>

#include "capture.h"
#include "cli/command.h"
#include "cli/suggest.h"

typedef struct settings {
    bool flag;
    int count;
    int constant;
    int integer;
    hs_time seconds;
    const char *text;
    hs_text_list list;
    int custom;
} settings;

static hs_result set_even(void *field, const char *argument, hs_problem *problem)
{
    int value = argument[0] - '0';
    if (value % 2 != 0) {
        snprintf(problem->text, sizeof problem->text, "'%s' is odd", argument);
        return HS_INVALID;
    }
    memcpy(field, &value, sizeof value);
    return HS_OK;
}

static const hs_option options[] = {
    {.group = "Some",
     .letter = 'f',
     .name = "flag",
     .help = "a flag",
     .kind = HS_OPTION_FLAG,
     .offset = offsetof(settings, flag)},
    {.letter = 'v',
     .name = "verbose",
     .help = "counts",
     .kind = HS_OPTION_COUNT,
     .offset = offsetof(settings, count)},
    {.letter = '4',
     .help = "a letter alone",
     .kind = HS_OPTION_CONSTANT,
     .offset = offsetof(settings, constant),
     .value = 4},
    {.letter = 'n',
     .name = "number",
     .argument = "N",
     .help = "a number",
     .kind = HS_OPTION_INTEGER,
     .offset = offsetof(settings, integer),
     .min = -5,
     .max = 99},
    {.letter = 'm',
     .name = "timeout",
     .argument = "S",
     .help = "a time",
     .kind = HS_OPTION_SECONDS,
     .offset = offsetof(settings, seconds),
     .min = 1,
     .max = 100 * HS_SECOND},
    {.name = "max-time",
     .argument = "S",
     .kind = HS_OPTION_SECONDS,
     .offset = offsetof(settings, seconds),
     .min = 1,
     .max = 100 * HS_SECOND},
    {.group = "Others",
     .letter = 'o',
     .name = "output",
     .argument = "FILE",
     .help =
         "a text whose help is so long that it has to be broken between two words and then goes "
         "on in the same column as before",
     .kind = HS_OPTION_TEXT,
     .offset = offsetof(settings, text)},
    {.name = "resolve",
     .argument = "A",
     .help = "again and again",
     .kind = HS_OPTION_LIST,
     .offset = offsetof(settings, list)},
    {.name = "even",
     .argument = "E",
     .help = "only even ones",
     .kind = HS_OPTION_CUSTOM,
     .offset = offsetof(settings, custom),
     .set = set_even},
    {0},
};

static const hs_exit exits[] = {
    {"0", "done"},
    {"other",
     "a meaning that is so long that it has to be broken between two words and then goes on "
     "in its column"},
    {0},
};

static const hs_command command = {
    .name = "try",
    .operands = "THING…",
    .summary = "tries",
    .operands_min = 1,
    .operands_max = 3,
    .options = options,
    .exits = exits,
};

enum { ARGUMENTS_MAX = 32 };

typedef struct attempt {
    settings settings;
    hs_operands operands;
    char *argv[ARGUMENTS_MAX];
    char words[512];
    bool ok;
    int status;
    hs_capture output;
} attempt;

/* Splits `line` at blanks; '~' stands for an empty argument. */
static void parse(attempt *a, const char *line)
{
    memset(a, 0, sizeof *a);
    snprintf(a->words, sizeof a->words, "try %s", line);
    int argc = 0;
    char *rest = a->words;
    for (char *word; (word = strsep(&rest, " ")) != NULL;) {
        assert_true(argc < ARGUMENTS_MAX);
        a->argv[argc++] = strcmp(word, "~") == 0 ? word + 1 : word;
    }
    hs_capture_begin(&a->output);
    a->ok = hs_command_parse(&command, argc, a->argv, &a->settings, &a->operands, &a->status);
    hs_capture_end(&a->output);
}

static void expect_error(const char *line, const char *message)
{
    attempt a;
    parse(&a, line);
    assert_false(a.ok);
    assert_int_equal(a.status, HS_EXIT_USAGE);
    assert_string_equal(a.output.text[0], "");
    char expected[256];
    snprintf(expected, sizeof expected, "handshake try: %s\n", message);
    assert_string_equal(a.output.text[1], expected);
    hs_capture_free(&a.output);
}

static void test_every_kind(void **state)
{
    (void)state;
    attempt a;
    parse(&a, "-f -vv --verbose -4 -n -3 --timeout=1.5 --output out --resolve a --resolve b "
              "--even 2 x");
    assert_true(a.ok);
    assert_true(a.settings.flag);
    assert_int_equal(a.settings.count, 3);
    assert_int_equal(a.settings.constant, 4);
    assert_int_equal(a.settings.integer, -3);
    assert_int_equal(a.settings.seconds, 1500 * HS_MILLISECOND);
    assert_string_equal(a.settings.text, "out");
    assert_int_equal(a.settings.list.count, 2);
    assert_string_equal(a.settings.list.items[1], "b");
    assert_int_equal(a.settings.custom, 2);
    assert_int_equal(a.operands.count, 1);
    assert_string_equal(a.output.text[0], "");
    assert_string_equal(a.output.text[1], "");
    hs_capture_free(&a.output);
}

static void test_forms(void **state)
{
    (void)state;
    attempt a;
    parse(&a, "-fvn7 -oout x --max-time 2 - -- -f");
    assert_true(a.ok);
    assert_true(a.settings.flag && a.settings.count == 1 && a.settings.integer == 7);
    assert_string_equal(a.settings.text, "out");
    assert_int_equal(a.settings.seconds, 2 * HS_SECOND);
    assert_int_equal(a.operands.count, 3);
    assert_string_equal(a.operands.items[0], "x");
    assert_string_equal(a.operands.items[1], "-");
    assert_string_equal(a.operands.items[2], "-f");
    hs_capture_free(&a.output);
}

static void test_errors(void **state)
{
    (void)state;
    expect_error("--tomeout 1 x",
                 "--tomeout: no such option, perhaps --timeout; --help lists them");
    expect_error("--zzzzzz x", "--zzzzzz: no such option; --help lists them");
    expect_error("-fz x", "-z: no such option in '-fz'; --help lists them");
    expect_error("x --timeout", "--timeout: its argument (S) is missing");
    expect_error("x -fm", "-m: its argument (S) is missing");
    expect_error("--flag=1 x", "--flag: takes no argument");
    expect_error("--timeout 1x x", "--timeout: '1x' is not a number of seconds");
    expect_error("--timeout ~ x", "--timeout: '' is not a number of seconds");
    expect_error("--timeout . x", "--timeout: '.' is not a number of seconds");
    expect_error("--timeout nan x", "--timeout: 'nan' is not a number of seconds");
    expect_error("--timeout 0x1 x", "--timeout: '0x1' is not a number of seconds");
    expect_error("--timeout -1 x", "--timeout: '-1' is not a number of seconds");
    expect_error("--timeout 0 x", "--timeout: '0' is not from 1e-09 to 100 seconds");
    expect_error("-m 101 x", "-m: '101' is not from 1e-09 to 100 seconds");
    expect_error("-n 100 x", "-n: '100' is not a number from -5 to 99");
    expect_error("-n 9999999999999999999999 x",
                 "-n: '9999999999999999999999' is not a number from -5 to 99");
    expect_error("-n 1.5 x", "-n: '1.5' is not a number from -5 to 99");
    expect_error("--even 3 x", "--even: '3' is odd");
    expect_error("-f", "THING… is missing; --help says more");
    expect_error("a b c d", "'d': one argument too many");
    expect_error("-n \033[31m x", "-n: '\\x1b[31m' is not a number from -5 to 99");
}

static void test_list_is_bounded(void **state)
{
    (void)state;
    static char *argv[2 + 2 * (HS_TEXT_LIST_MAX + 1)];
    char words[][10] = {"try", "x", "--resolve", "a"};
    int argc = 0;
    argv[argc++] = words[0];
    argv[argc++] = words[1];
    for (int i = 0; i <= HS_TEXT_LIST_MAX; i++) {
        argv[argc++] = words[2];
        argv[argc++] = words[3];
    }
    settings s = {0};
    hs_operands operands;
    int status = 0;
    hs_capture output;
    hs_capture_begin(&output);
    bool ok = hs_command_parse(&command, argc, argv, &s, &operands, &status);
    hs_capture_end(&output);
    assert_false(ok);
    assert_int_equal(status, HS_EXIT_USAGE);
    assert_string_equal(output.text[1], "handshake try: --resolve: given more than 256 times\n");
    hs_capture_free(&output);
}

static void test_help(void **state)
{
    (void)state;
    attempt a;
    parse(&a, "--nonsense=1 --help");
    assert_false(a.ok);
    hs_capture_free(&a.output);
    parse(&a, "-f --help");
    assert_false(a.ok);
    assert_int_equal(a.status, HS_EXIT_OK);
    assert_string_equal(a.output.text[1], "");
    assert_string_equal(
        a.output.text[0],
        "Usage: handshake try [OPTION]… THING…\n"
        "\n"
        "tries\n"
        "\n"
        "Some\n"
        "  -f, --flag               a flag\n"
        "  -v, --verbose            counts\n"
        "  -4                       a letter alone\n"
        "  -n, --number N           a number\n"
        "  -m, --timeout S          a time\n"
        "\n"
        "Others\n"
        "  -o, --output FILE        a text whose help is so long that it has to be broken between "
        "two\n"
        "                           words and then goes on in the same column as before\n"
        "      --resolve A          again and again\n"
        "      --even E             only even ones\n"
        "      --help               this text\n"
        "\n"
        "Exit status\n"
        "  0        done\n"
        "  other    a meaning that is so long that it has to be broken between two words and then\n"
        "           goes on in its column\n");
    hs_capture_free(&a.output);
}

static void test_suggest(void **state)
{
    (void)state;
    assert_int_equal(hs_suggest_distance("probe", "probe"), 0);
    assert_int_equal(hs_suggest_distance("prob", "probe"), 1);
    assert_int_equal(hs_suggest_distance("porbe", "probe"), 1);
    assert_int_equal(hs_suggest_distance("sever", "serve"), -1);
    assert_int_equal(hs_suggest_distance("connect-timout", "connect-timeout"), 1);
    assert_int_equal(hs_suggest_distance("xyz", "probe"), -1);
    assert_int_equal(hs_suggest_distance("", "probe"), -1);
    char longer[100];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(hs_suggest_distance(longer, "probe"), -1);
    assert_int_equal(hs_suggest_distance("probe", longer), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind), cmocka_unit_test(test_forms),
        cmocka_unit_test(test_errors),     cmocka_unit_test(test_list_is_bounded),
        cmocka_unit_test(test_help),       cmocka_unit_test(test_suggest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
