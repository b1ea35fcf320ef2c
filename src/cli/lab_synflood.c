/* `handshake lab synflood`: honest connections through a SYN flood, for each setting of the cookies
 * and each backlog. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"
#include "lab/synflood/synflood.h"

enum {
    LIST_MAX = 4,
    RATE_DEFAULT = 5000,
    SECONDS_DEFAULT = 2,
    BACKLOG_SMALL = 128,
    BACKLOG_LARGE = 2048,
    COOKIES_MAX = 2,
};

typedef struct number_list {
    int items[LIST_MAX];
    size_t count;
} number_list;

typedef struct settings {
    int rate;
    hs_time seconds;
    number_list backlogs;
    number_list cookies;
    bool json;
} settings;

static hs_result set_list(number_list *list, const char *argument, int min, int max,
                          hs_problem *problem)
{
    list->count = 0;
    for (const char *at = argument;;) {
        char *end;
        errno = 0;
        long value = strtol(at, &end, 10);
        const bool is_digit = *at >= '0' && *at <= '9';
        if (!is_digit || errno != 0 || value < min || value > max ||
            (*end != ',' && *end != '\0')) {
            snprintf(problem->text, sizeof problem->text,
                     "'%s' is not a list of numbers from %d to %d: 1,2", argument, min, max);
            return HS_INVALID;
        }
        if (list->count == LIST_MAX) {
            snprintf(problem->text, sizeof problem->text, "'%s' has more than %d numbers", argument,
                     LIST_MAX);
            return HS_INVALID;
        }
        list->items[list->count++] = (int)value;
        if (*end == '\0') {
            return HS_OK;
        }
        at = end + 1;
    }
}

static hs_result set_backlogs(void *field, const char *argument, hs_problem *problem)
{
    return set_list(field, argument, HS_SYNFLOOD_BACKLOG_MIN, HS_SYNFLOOD_BACKLOG_MAX, problem);
}

static hs_result set_cookies(void *field, const char *argument, hs_problem *problem)
{
    return set_list(field, argument, 0, COOKIES_MAX, problem);
}

static const hs_option options[] = {
    {.group = "The flood",
     .name = "rate",
     .argument = "N",
     .help = "half-open connections a second, at most 20000 (default: 5000)",
     .kind = HS_OPTION_INTEGER,
     .offset = offsetof(settings, rate),
     .min = 1,
     .max = HS_FLOOD_RATE_MAX},
    {.name = "seconds",
     .argument = "S",
     .help = "how long it lasts, from 0.1 to 10 (default: 2)",
     .kind = HS_OPTION_SECONDS,
     .offset = offsetof(settings, seconds),
     .min = HS_SECOND / 10,
     .max = HS_FLOOD_SECONDS_MAX * HS_SECOND},
    {.group = "The server",
     .name = "backlog",
     .argument = "LIST",
     .help = "lengths of its queue, from 8 to 4096 (default: 128,2048)",
     .kind = HS_OPTION_CUSTOM,
     .offset = offsetof(settings, backlogs),
     .set = set_backlogs},
    {.name = "cookies",
     .argument = "LIST",
     .help = "values of net.ipv4.tcp_syncookies: 0 never, 1 where the queue is full, 2 always "
             "(default: 0,1,2)",
     .kind = HS_OPTION_CUSTOM,
     .offset = offsetof(settings, cookies),
     .set = set_cookies},
    {.group = "Output",
     .name = "json",
     .help = "one object for each pair of settings, a line each",
     .kind = HS_OPTION_FLAG,
     .offset = offsetof(settings, json)},
    {0},
};

static const hs_exit exits[] = {
    {"0", "done"},
    {"2", "usage error, or this system permits no such namespaces"},
    HS_EXIT_ROW_INTERRUPTED,
    HS_EXIT_ROW_READER_LEFT,
    {0},
};

static const hs_example examples[] = {
    {"handshake lab synflood", "all settings of the cookies, a small and a large backlog"},
    {"handshake lab synflood --cookies 0 --backlog 64 --seconds 5", "one case, for longer"},
    {"handshake lab synflood --rate 20000 --json", "the hardest flood, for scripts"},
    {0},
};

/* One row, printed as soon as it is there. The exit status. */
static int run_row(const hs_command *command, const settings *s, int cookies, int backlog,
                   bool is_first)
{
    const hs_synflood_options row_options = {
        .rate = s->rate, .flood = s->seconds, .syncookies = cookies, .backlog = backlog};
    hs_report_options report = {0};
    hs_terminal_report_options(stdout, &report);
    hs_problem problem = {""};
    hs_synflood_row *row = malloc(sizeof *row);
    hs_result result = row ? hs_synflood_run(&row_options, hs_is_interrupted, row, &problem)
                           : HS_NO_MEMORY;
    int status = HS_EXIT_OK;
    if (hs_interrupted()) {
        (void)hs_command_fail(command, "interrupted");
        status = HS_EXIT_SIGNAL + hs_interrupted();
    } else if (result != HS_OK) {
        status = hs_command_fail(command, "%s",
                                 problem.text[0] != '\0' ? problem.text : hs_result_text(result));
    } else {
        result = s->json ? hs_synflood_json(row, stdout)
                         : hs_synflood_text(row, is_first, &report, stdout);
        status = result == HS_NO_MEMORY ? hs_command_fail(command, "%s", hs_result_text(result))
                                        : hs_command_finish(command, HS_EXIT_OK);
    }
    free(row);
    return status;
}

static int run(const hs_command *command, int argc, char **argv)
{
    settings s = {.rate = RATE_DEFAULT,
                  .seconds = SECONDS_DEFAULT * HS_SECOND,
                  .backlogs = {{BACKLOG_SMALL, BACKLOG_LARGE}, 2},
                  .cookies = {{0, 1, 2}, COOKIES_MAX + 1}};
    hs_operands operands;
    int status = HS_EXIT_OK;
    if (!hs_command_parse(command, argc, argv, &s, &operands, &status)) {
        return status;
    }
    hs_interrupt_call(NULL);
    bool is_first = true;
    for (size_t b = 0; b < s.backlogs.count && status == HS_EXIT_OK; b++) {
        for (size_t c = 0; c < s.cookies.count && status == HS_EXIT_OK; c++) {
            status = run_row(command, &s, s.cookies.items[c], s.backlogs.items[b], is_first);
            is_first = false;
        }
    }
    return status;
}

const hs_command hs_command_lab_synflood = {
    .name = "lab synflood",
    .operands = "",
    .summary = "honest connections through a SYN flood, with and without SYN cookies",
    .description =
        "For each backlog and each setting of the cookies, a server of its own gets honest "
        "connections before, during and after a bounded flood of SYNs that nobody completes. What "
        "the clients got, the kernel's own counters and the half-open connections are told, each "
        "with its meaning. All of it happens in private network namespaces; the only target is the "
        "server in them, though the kernel may log once that it sees a possible SYN flood.",
    .options = options,
    .exits = exits,
    .examples = examples,
    .run = run,
};
