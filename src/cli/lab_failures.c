/* `handshake lab failures`: every way in which a handshake fails, made to happen and told apart. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/lab_options.h"
#include "cli/suggest.h"
#include "cli/terminal.h"
#include "lab/failures/failures.h"

enum {
    RTT_DEFAULT_MS = 20,
    STATUS_NOT_TOLD_APART = 1,
    NAME_MAX_HERE = 64,
};

typedef struct settings {
    hs_time rtt;
    int verbosity;
    bool list;
    bool json;
} settings;

static hs_result set_rtt(void *field, const char *argument, hs_problem *problem)
{
    hs_time rtt;
    hs_result result = hs_lab_set_time(&rtt, argument, problem);
    if (result == HS_OK && rtt > HS_FAILURES_RTT_MS_MAX * HS_MILLISECOND) {
        snprintf(problem->text, sizeof problem->text, "'%.80s' is more than %d ms", argument,
                 HS_FAILURES_RTT_MS_MAX);
        return HS_INVALID;
    }
    if (result == HS_OK) {
        memcpy(field, &rtt, sizeof rtt);
    }
    return result;
}

static const hs_option options[] = {
    {.group = "The path",
     .name = "rtt",
     .argument = "T",
     .help = "its round trip, at most 500 ms (default: 20ms)",
     .kind = HS_OPTION_CUSTOM,
     .offset = offsetof(settings, rtt),
     .set = set_rtt},
    {.group = "Output",
     .letter = 'v',
     .help = "the prober's whole report of each, with the ladder",
     .kind = HS_OPTION_COUNT,
     .offset = offsetof(settings, verbosity)},
    {.name = "list",
     .help = "only say which cases there are",
     .kind = HS_OPTION_FLAG,
     .offset = offsetof(settings, list)},
    {.name = "json",
     .help = "one record a case (schema handshake/1, with `lab`), then one that sums up",
     .kind = HS_OPTION_FLAG,
     .offset = offsetof(settings, json)},
    {0},
};

static const hs_exit exits[] = {
    {"0", "every failure was told apart"},
    {"1", "one or more were not"},
    {"2", "usage error, or this system permits no such namespaces"},
    HS_EXIT_ROW_INTERRUPTED,
    HS_EXIT_ROW_READER_LEFT,
    {0},
};

static const hs_example examples[] = {
    {"handshake lab failures", "all of them: how each looks, and whether it is told apart"},
    {"handshake lab failures tls.cert", "those of certificates"},
    {"handshake lab failures -v udp-blocked", "one case, with its ladder"},
    {"handshake lab failures --list", "what there is"},
    {0},
};

/* --- which --- */

/* A case by its name; several by their class, or by its first parts: "tls.cert" is all of its kind.
 */
static bool fits(const hs_failure_case *row, const char *word)
{
    const char *cls = hs_failure_describe(row->cls)->name;
    const size_t len = strlen(word);
    return strcmp(row->name, word) == 0 ||
           (len > 0 && strncmp(cls, word, len) == 0 && (cls[len] == '\0' || cls[len] == '.'));
}

typedef struct nearest {
    const char *word;
    int distance; /* -1: nothing is near */
    char name[NAME_MAX_HERE];
} nearest;

static void consider(nearest *n, const char *candidate, size_t len)
{
    char name[NAME_MAX_HERE];
    (void)snprintf(name, sizeof name, "%.*s", (int)len, candidate);
    int distance = hs_suggest_distance(n->word, name);
    if (distance >= 0 && (n->distance < 0 || distance < n->distance)) {
        n->distance = distance;
        memcpy(n->name, name, sizeof name);
    }
}

/* With each of its beginnings. */
static void consider_class(nearest *n, const char *cls)
{
    for (const char *dot = strchr(cls, '.'); dot; dot = strchr(dot + 1, '.')) {
        consider(n, cls, (size_t)(dot - cls));
    }
    consider(n, cls, strlen(cls));
}

static int refuse(const hs_command *command, const char *word)
{
    const hs_failure_class cls = hs_failure_find(word);
    const char *why = cls != HS_FAILURE_NONE ? hs_failure_not_made(cls) : NULL;
    if (why) {
        return hs_command_fail(command, "%s is not made here: %s", word, why);
    }
    nearest n = {.word = word, .distance = -1};
    for (size_t i = 0; i < hs_failure_case_count(); i++) {
        const hs_failure_case *row = hs_failure_case_at(i);
        consider(&n, row->name, strlen(row->name));
        consider_class(&n, hs_failure_describe(row->cls)->name);
    }
    return n.distance >= 0
               ? hs_command_fail(command, "'%.80s': no such case or class; did you mean %s?", word,
                                 n.name)
               : hs_command_fail(command, "'%.80s': no such case or class; --list names them",
                                 word);
}

/* False: one line was printed. */
static bool choose(const hs_command *command, const hs_operands *operands, bool *chosen,
                   int *status)
{
    const size_t count = hs_failure_case_count();
    for (size_t i = 0; i < count; i++) {
        chosen[i] = operands->count == 0;
    }
    for (size_t word = 0; word < operands->count; word++) {
        bool is_any = false;
        for (size_t i = 0; i < count; i++) {
            bool is_it = fits(hs_failure_case_at(i), operands->items[word]);
            chosen[i] = chosen[i] || is_it;
            is_any = is_any || is_it;
        }
        if (!is_any) {
            *status = refuse(command, operands->items[word]);
            return false;
        }
    }
    return true;
}

/* --- the run --- */

typedef struct printing {
    const hs_failures_options *options;
    bool json;
    bool is_begun;
    hs_result result;
} printing;

static bool print_outcome(void *context, hs_namespace_way way, const hs_failure_outcome *outcome)
{
    printing *p = context;
    p->result = p->json ? hs_failures_json_outcome(outcome, way, stdout)
                        : hs_failures_text_outcome(outcome, !p->is_begun, way, p->options, stdout);
    p->is_begun = true;
    /* Each as soon as it is there. */
    return p->result == HS_OK && fflush(stdout) == 0;
}

static int run_chosen(const hs_command *command, const settings *s,
                      const hs_failures_options *failures, bool are_all)
{
    printing p = {.options = failures, .json = s->json, .result = HS_OK};
    hs_failures_summary summary;
    hs_problem problem = {""};
    hs_interrupt_call(NULL);
    hs_result result = hs_failures_run(failures, print_outcome, &p, &summary, &problem);
    if (hs_interrupted()) {
        (void)hs_command_fail(command, "interrupted");
        return HS_EXIT_SIGNAL + hs_interrupted();
    }
    if (result == HS_OK) {
        p.result = s->json ? hs_failures_json_summary(&summary, are_all, stdout)
                           : hs_failures_text_summary(&summary, are_all, &failures->report, stdout);
    }
    if (p.result == HS_NO_MEMORY) {
        return hs_command_fail(command, "%s", hs_result_text(p.result));
    }
    if (result != HS_OK && p.result == HS_OK && !ferror(stdout)) {
        return hs_command_fail(command, "%s",
                               problem.text[0] != '\0' ? problem.text : hs_result_text(result));
    }
    return hs_command_finish(command, summary.as_expected == summary.run ? HS_EXIT_OK
                                                                         : STATUS_NOT_TOLD_APART);
}

static int run(const hs_command *command, int argc, char **argv)
{
    settings s = {.rtt = RTT_DEFAULT_MS * HS_MILLISECOND};
    hs_operands operands;
    hs_failures_options failures = {.is_stopped = hs_is_interrupted};
    int status = HS_EXIT_OK;
    if (!hs_command_parse(command, argc, argv, &s, &operands, &status) ||
        !choose(command, &operands, failures.chosen, &status)) {
        return status;
    }
    if (s.list && s.json) {
        return hs_command_fail(command, "--list and --json: one of them");
    }
    failures.rtt = s.rtt;
    failures.ladder = s.verbosity > 0;
    hs_terminal_report_options(stdout, &failures.report);
    if (s.list) {
        hs_result result = hs_failures_text_list(failures.chosen, &failures.report, stdout);
        return result == HS_NO_MEMORY ? hs_command_fail(command, "%s", hs_result_text(result))
                                      : hs_command_finish(command, HS_EXIT_OK);
    }
    return run_chosen(command, &s, &failures, operands.count == 0);
}

const hs_command hs_command_lab_failures = {
    .name = "lab failures",
    .operands = "[NAME…]",
    .summary = "every way in which a handshake fails, made to happen and told apart",
    .description =
        "A far end for each case fails in one way, from a name that does not exist to a QUIC "
        "server "
        "that lost its state, on a path with a round trip. The prober, which does not know, says "
        "what it sees. NAME is a case, a class of failures, or the beginning of one (tls.cert). "
        "All of it happens in private network namespaces.",
    .operands_max = HS_FAILURE_CASES_MAX,
    .options = options,
    .exits = exits,
    .examples = examples,
    .run = run,
};
