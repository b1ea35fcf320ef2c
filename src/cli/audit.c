/* `handshake audit`: this host's own posture for handshakes, once; or its counters, again and
 * again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/report.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"
#include "net/clock.h"

typedef struct settings {
    bool json;
    bool watch;
    int verbosity;
    int count;        /* 0: until it is interrupted */
    hs_time interval; /* HS_TIME_NONE: not given */
} settings;

#define INTERVAL_DEFAULT HS_SECOND
#define INTERVAL_MIN (10 * HS_MILLISECOND)
#define INTERVAL_MAX (86400 * HS_SECOND)

static const hs_option options[] = {
    {.group = "Watching",
     .name = "watch",
     .help = "print what the counters did since the last look, per second, until Ctrl-C",
     .kind = HS_OPTION_FLAG,
     .offset = offsetof(settings, watch)},
    {.letter = 'i',
     .name = "interval",
     .argument = "S",
     .help = "with --watch: seconds between two looks (default: 1)",
     .kind = HS_OPTION_SECONDS,
     .offset = offsetof(settings, interval),
     .min = INTERVAL_MIN,
     .max = INTERVAL_MAX},
    {.letter = 'c',
     .name = "count",
     .argument = "N",
     .help = "with --watch: end after N lines",
     .kind = HS_OPTION_INTEGER,
     .offset = offsetof(settings, count),
     .min = 1,
     .max = INT32_MAX},
    {.group = "Output",
     .letter = 'v',
     .name = "verbose",
     .help = "also the counters that are 0",
     .kind = HS_OPTION_COUNT,
     .offset = offsetof(settings, verbosity)},
    {.name = "json",
     .help = "one record on a line, with --watch one for each look",
     .kind = HS_OPTION_FLAG,
     .offset = offsetof(settings, json)},
    {.name = NULL},
};

static const hs_exit exits[] = {
    {"0", "done, also with findings"},
    {"2", "usage error"},
    HS_EXIT_ROW_READER_LEFT,
    {0},
};

static const hs_example examples[] = {
    {"handshake audit", "settings, listeners, counters, and what to make of them"},
    {"handshake audit --json | jq .findings", "for scripts"},
    {"handshake audit --watch -i 5", "what the counters do, every five seconds"},
    {"sudo handshake audit", "with the names of all listening processes"},
    {NULL, NULL},
};

static int look_once(const hs_command *command, const settings *s, const hs_report_options *report)
{
    hs_audit *audit;
    hs_result result = hs_audit_run(&audit);
    if (result == HS_OK) {
        result = s->json ? hs_audit_json(audit, stdout) : hs_audit_text(audit, report, stdout);
    }
    hs_audit_free(audit);
    if (result != HS_OK && result != HS_SYSTEM) {
        return hs_command_fail(command, "%s", hs_result_text(result));
    }
    return hs_command_finish(command, HS_EXIT_OK); /* which tells of a write error */
}

static bool print_interval(const settings *s, const hs_report_options *report,
                           const hs_audit_counters *before, const hs_audit_counters *after,
                           hs_result *result)
{
    hs_timeline now;
    hs_timeline_start(&now);
    const hs_audit_interval interval = {now.realtime_start, before, after};
    *result = s->json ? hs_audit_watch_json(&interval, stdout)
                      : hs_audit_watch_text(&interval, report, stdout);
    return *result == HS_OK && fflush(stdout) == 0;
}

static bool read_counters(const hs_command *command, hs_audit_counters *counters)
{
    int errors[HS_AUDIT_COUNTER_FILES];
    bool any = false;
    hs_audit_counters_read(counters, errors);
    for (size_t i = 0; i < HS_AUDIT_COUNTER_FILES; i++) {
        any = any || errors[i] == 0;
    }
    if (!any) {
        (void)hs_command_fail(command, "%s: %s", hs_audit_counters_path(0),
                              errors[0] > 0 ? strerror(errors[0]) : "its text was not understood");
    }
    return any;
}

static int watch(const hs_command *command, const settings *s, const hs_report_options *report)
{
    hs_audit_counters looks[2];
    hs_time pause = s->interval != HS_TIME_NONE ? s->interval : INTERVAL_DEFAULT;
    hs_result result = HS_OK;
    hs_interrupt_call(NULL);
    if (!read_counters(command, &looks[0])) {
        return HS_EXIT_USAGE;
    }
    hs_time next = hs_monotonic_now();
    size_t last = 0;
    for (int i = 0; s->count == 0 || i < s->count; i += s->count != 0) {
        hs_time now = hs_monotonic_now();
        next = next + pause > now ? next + pause : now + pause; /* no hurry after a long stop */
        hs_interrupt_sleep_until(next);
        if (hs_interrupted()) {
            break;
        }
        if (!read_counters(command, &looks[1 - last])) {
            return HS_EXIT_USAGE;
        }
        if (!print_interval(s, report, &looks[last], &looks[1 - last], &result)) {
            break;
        }
        last = 1 - last;
    }
    if (result == HS_NO_MEMORY) {
        return hs_command_fail(command, "%s", hs_result_text(result));
    }
    return hs_command_finish(command, HS_EXIT_OK);
}

static int run(const hs_command *command, int argc, char **argv)
{
    settings s = {.interval = HS_TIME_NONE};
    hs_operands operands;
    int status;
    if (!hs_command_parse(command, argc, argv, &s, &operands, &status)) {
        return status;
    }
    if (!s.watch && (s.count != 0 || s.interval != HS_TIME_NONE)) {
        return hs_command_fail(command, "--%s: needs --watch", s.count != 0 ? "count" : "interval");
    }
    hs_report_options report = {.verbosity = s.verbosity};
    hs_terminal_report_options(stdout, &report);
    return s.watch ? watch(command, &s, &report) : look_once(command, &s, &report);
}

const hs_command hs_command_audit = {
    .name = "audit",
    .operands = "",
    .summary = "this host's own handshake settings, listeners and counters",
    .description =
        "Reads what decides about handshakes on this host, in the network namespace that it runs "
        "in: the kernel's settings, the queues of each listening TCP socket, the counters; then "
        "says what is wrong and which command would change it. It changes nothing itself, and "
        "works for every user; what this user may not see is named.",
    .options = options,
    .exits = exits,
    .examples = examples,
    .run = run,
};
