/* `handshake lab compare`: compare, on a path whose round trip one chooses. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/compare.h"
#include "cli/interrupt.h"
#include "cli/lab_compare_output.h"
#include "cli/lab_options.h"
#include "lab/far_end.h"
#include "net/clock.h"

enum {
    ROUNDS_DEFAULT = 10,
    RTT_DEFAULT_MS = 50,
    URL_MAX = 80,
    GRACE_SECONDS = 5,
    FOREVER_SECONDS = 86400,
};

typedef struct settings {
    hs_lab_rtts rtts;
    hs_path_options path;
    int family;
    int rounds;
    hs_compare_output output;
} settings;

#define AT(field) offsetof(settings, field)

static const hs_option options[] = {
    {.group = "The path",
     .name = "rtt",
     .argument = "LIST",
     .help = "its round trip, or several to draw time against: 10ms,50ms,100ms (default: 50ms)",
     .kind = HS_OPTION_CUSTOM,
     .offset = AT(rtts),
     .set = hs_lab_set_rtts},
    {.name = "jitter",
     .argument = "T",
     .help = "each packet is delayed by up to T more or less each way; the order stays",
     .kind = HS_OPTION_CUSTOM,
     .offset = AT(path.jitter),
     .set = hs_lab_set_time},
    {.name = "loss",
     .argument = "P",
     .help = "percent of the packets that are lost, each way",
     .kind = HS_OPTION_CUSTOM,
     .offset = AT(path.loss),
     .set = hs_lab_set_share},
    {.name = "reorder",
     .argument = "P",
     .help = "percent of the packets that are not delayed, and so overtake",
     .kind = HS_OPTION_CUSTOM,
     .offset = AT(path.reorder),
     .set = hs_lab_set_share},
    {.name = "duplicate",
     .argument = "P",
     .help = "percent of the packets that arrive twice",
     .kind = HS_OPTION_CUSTOM,
     .offset = AT(path.duplicate),
     .set = hs_lab_set_share},
    {.name = "rate",
     .argument = "R",
     .help = "bits a second, each way: 10mbit",
     .kind = HS_OPTION_CUSTOM,
     .offset = AT(path.rate),
     .set = hs_lab_set_rate},
    {.name = "seed",
     .argument = "N",
     .help = "what chance begins with: the same seed loses the same packets (default: 1)",
     .kind = HS_OPTION_CUSTOM,
     .offset = AT(path.seed),
     .set = hs_lab_set_seed},
    {.letter = '4',
     .help = "IPv4, which is the default",
     .kind = HS_OPTION_CONSTANT,
     .offset = AT(family),
     .value = 4},
    {.letter = '6', .help = "IPv6", .kind = HS_OPTION_CONSTANT, .offset = AT(family), .value = 6},
    {.group = "Repetition",
     .letter = 'c',
     .name = "count",
     .argument = "N",
     .help = "rounds, in each of which all ways take their turn (default: 10)",
     .kind = HS_OPTION_INTEGER,
     .offset = AT(rounds),
     .min = 1,
     .max = HS_COMPARE_ROUNDS_MAX},
    HS_COMPARE_OUTPUT_OPTIONS,
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
    {"handshake lab compare", "every way on a path of 50 ms"},
    {"handshake lab compare --rtt 10ms,25ms,50ms,100ms -c 5",
     "time against round trip: the slopes are the round trips"},
    {"handshake lab compare --rtt 30ms --loss 2 --seed 7", "the same losses each time"},
    {0},
};

/* --- the experiment, in a process of its own --- */

typedef struct experiment {
    const hs_command *command;
    settings *settings;
    hs_compare_printer *printer;
    hs_far_end far_end;
    hs_comparer *comparer;
    hs_comparison *comparisons[HS_LAB_RTTS_MAX];
    char *reports[HS_LAB_RTTS_MAX]; /* of the paths */
    hs_compare_point points[HS_LAB_RTTS_MAX];
    hs_compare_series series;
} experiment;

static experiment *volatile running;

static void on_stop(void)
{
    experiment *e = running;
    if (e && e->comparer) {
        hs_comparer_stop(e->comparer);
    }
}

/* As hs_interrupt_call has it: what is called is safe in a handler (handshake/compare.h). */
static void (*volatile const stop_call)(void) = on_stop;

/* One of the lab's processes has ended: there is nothing left to measure. */
static void on_child(int signal_number)
{
    (void)signal_number;
    stop_call();
}

static hs_result compare_once(experiment *e, hs_comparison **comparison, hs_problem *problem)
{
    const char *host = hs_far_end_host(&e->far_end);
    char target[URL_MAX];
    char plain[URL_MAX];
    char ws[URL_MAX];
    char wss[URL_MAX];
    char retry[URL_MAX];
    snprintf(target, sizeof target, "https://%s/", host);
    snprintf(plain, sizeof plain, "http://%s/", host);
    snprintf(ws, sizeof ws, "ws://%s:8080/", host);
    snprintf(wss, sizeof wss, "wss://%s:8443/", host);
    snprintf(retry, sizeof retry, "https://%s:%d/", host, HS_FAR_END_RETRY_PORT);
    const char *const also[] = {plain, ws, wss};
    hs_compare_options compare_options;
    hs_compare_options_init(&compare_options);
    compare_options.probe.cacert = e->far_end.ca_file;
    compare_options.rounds = e->settings->rounds;
    compare_options.also = also;
    compare_options.also_count = sizeof also / sizeof also[0];
    compare_options.retry = retry;
    compare_options.run_done = hs_compare_run_done;
    compare_options.context = e->printer;
    hs_result result = hs_comparer_new(&compare_options, target, &e->comparer, problem);
    if (result == HS_OK) {
        e->printer->comparer = e->comparer;
        /* What came before there was something to stop. */
        if (hs_interrupted() || hs_far_end_check(&e->far_end, problem) != HS_OK) {
            hs_comparer_stop(e->comparer);
        }
        result = hs_comparer_run(e->comparer, comparison, problem);
    }
    hs_comparer *comparer = e->comparer;
    e->comparer = NULL;
    e->printer->comparer = NULL;
    hs_comparer_free(comparer);
    return result;
}

static int failed(const experiment *e, hs_result result, const hs_problem *problem)
{
    if (hs_interrupted()) {
        (void)hs_command_fail(e->command, "interrupted");
        return HS_EXIT_SIGNAL + hs_interrupted();
    }
    return hs_command_fail(e->command, "%s",
                           problem->text[0] != '\0' ? problem->text : hs_result_text(result));
}

static hs_path_options path_of(const experiment *e, size_t index)
{
    hs_path_options path = e->settings->path;
    path.delay = e->settings->rtts.items[index] / 2;
    return path;
}

/* One round trip of the list. The path is ended with it, so that its report is whole. */
static int run_path(experiment *e, size_t index)
{
    hs_problem problem = {""};
    hs_relay_report relay = {0};
    const hs_path_options path = path_of(e, index);
    bool is_last = index + 1 == e->settings->rtts.count;
    const hs_path_options next = path_of(e, is_last ? index : index + 1);
    hs_comparison *comparison = NULL;
    hs_result result = compare_once(e, &comparison, &problem);
    e->comparisons[index] = comparison;
    hs_result whole = hs_far_end_check(&e->far_end, &problem);
    result = whole == HS_OK ? result : whole;
    if (result == HS_OK) {
        result = hs_far_end_set_path(&e->far_end, &next, &relay, &problem);
    }
    if (result != HS_OK) {
        return failed(e, result, &problem);
    }
    e->reports[index] = hs_lab_path_text(&path, &relay);
    e->points[e->series.count++] = (hs_compare_point){e->settings->rtts.items[index], comparison,
                                                      e->reports[index]};
    int status = hs_compare_print(e->printer, comparison);
    hs_lab_print_path(e->printer, &path, &relay, e->far_end.namespaces.way);
    return status == HS_EXIT_OK && hs_interrupted() ? failed(e, HS_LIMIT, &problem) : status;
}

static int run_paths(experiment *e)
{
    int status = HS_EXIT_OK;
    e->series.points = e->points;
    for (size_t i = 0; status == HS_EXIT_OK && i < e->settings->rtts.count; i++) {
        status = run_path(e, i);
    }
    if (e->series.count > 1) {
        hs_lab_print_slopes(e->printer, &e->series, e->far_end.namespaces.way);
    }
    if (e->series.count > 0) {
        hs_compare_draw(e->printer, e->points[e->series.count - 1].comparison, &e->series);
    }
    for (size_t i = 0; i < HS_LAB_RTTS_MAX; i++) {
        free(e->comparisons[i]);
        free(e->reports[i]);
    }
    return status;
}

static void run_experiment(void *context, int parent)
{
    experiment *e = context;
    hs_problem problem = {""};
    int status = HS_EXIT_OK;
    running = e;
    hs_interrupt_call(on_stop);
    const hs_far_end_options far_end_options = {.path = path_of(e, 0),
                                                .family = e->settings->family};
    hs_result result = hs_far_end_open(&e->far_end, &far_end_options, parent, &problem);
    if (result == HS_OK) {
        signal(SIGCHLD, on_child);
        status = run_paths(e);
        (void)!hs_far_end_close(&e->far_end, NULL);
    } else {
        status = failed(e, result, &problem);
    }
    status = hs_compare_printer_close(e->printer, status);
    (void)!hs_child_write(parent, &status, sizeof status);
}

/* --- this process --- */

/* A signal goes on to the experiment, which then tells what it has so far. */
static int wait_for(const hs_command *command, const hs_child *child)
{
    int status = HS_EXIT_USAGE;
    hs_time deadline = hs_clock_monotonic() + FOREVER_SECONDS * HS_SECOND;
    hs_result result = hs_child_read(child, &status, sizeof status, deadline, hs_is_interrupted);
    if (result == HS_LIMIT && hs_interrupted()) {
        kill(child->pid, hs_interrupted());
        deadline = hs_clock_monotonic() + GRACE_SECONDS * HS_SECOND;
        result = hs_child_read(child, &status, sizeof status, deadline, NULL);
    }
    if (result == HS_OK) {
        return status;
    }
    if (hs_interrupted()) {
        return HS_EXIT_SIGNAL + hs_interrupted();
    }
    return hs_command_fail(command, "the experiment's process ended without an answer");
}

static int run(const hs_command *command, int argc, char **argv)
{
    settings s = {.rtts = {{RTT_DEFAULT_MS * HS_MILLISECOND}, 1},
                  .path = {.seed = 1},
                  .family = 4,
                  .rounds = ROUNDS_DEFAULT};
    hs_operands operands;
    int status = HS_EXIT_OK;
    if (!hs_command_parse(command, argc, argv, &s, &operands, &status)) {
        return status;
    }
    for (size_t i = 0; i < s.rtts.count; i++) {
        s.path.delay = s.rtts.items[i] / 2;
        if (!hs_path_options_are_sound(&s.path)) {
            return hs_command_fail(command, "--jitter: more than half of the round trip");
        }
    }
    hs_compare_printer printer;
    if (!hs_compare_printer_open(&printer, command, &s.output, s.rounds)) {
        return HS_EXIT_USAGE;
    }
    experiment e = {.command = command, .settings = &s, .printer = &printer};
    hs_child child;
    hs_interrupt_call(NULL);
    if (hs_child_start(&child, run_experiment, &e) != HS_OK) {
        return hs_command_fail(command, "fork: %s", strerror(errno));
    }
    status = wait_for(command, &child);
    hs_child_end(&child);
    return status;
}

const hs_command hs_command_lab_compare = {
    .name = "lab compare",
    .operands = "",
    .summary = "every way to a server, on a path whose round trip one chooses",
    .description =
        "Two private network namespaces, a relay between them that delays exactly, and the lab "
        "server at the far end, with HTTP, TLS 1.2 and 1.3, Fast Open, QUIC with and without "
        "Retry, "
        "and WebSocket: what `handshake compare` measures there. What the path really did is part "
        "of the report.",
    .options = options,
    .exits = exits,
    .examples = examples,
    .run = run,
};
