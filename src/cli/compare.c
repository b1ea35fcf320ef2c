/* `handshake compare`: every way in which a target can be reached, side by side. */
#include <stdio.h>
#include <stdlib.h>

#include <handshake/compare.h>

#include "cli/compare.h"
#include "cli/interrupt.h"
#include "cli/shared_options.h"
#include "cli/terminal.h"

typedef struct settings {
    hs_probe_options probe;
    hs_text_list resolve;
    hs_text_list also;
    const char *retry;
    hs_compare_output output;
    int rounds;
} settings;

#define AT(field) offsetof(settings, field)

static const hs_option options[] = {
    HS_ADDRESS_OPTIONS,
    {.name = "also",
     .argument = "URL",
     .help = "where another scheme of the same target is served: http://, ws://, wss:// … "
             "(repeatable)",
     .kind = HS_OPTION_LIST,
     .offset = AT(also)},
    {.name = "retry",
     .argument = "URL",
     .help = "https:// of the same target whose QUIC answers with Retry",
     .kind = HS_OPTION_TEXT,
     .offset = AT(retry)},

    HS_DEADLINE_OPTIONS,

    {.group = "TLS",
     .name = "ciphers",
     .argument = "LIST",
     .help = "cipher suites to offer, as OpenSSL lists them",
     .kind = HS_OPTION_TEXT,
     .offset = AT(probe.ciphers)},
    HS_SERVER_NAME_OPTION,

    HS_TRUST_OPTIONS,

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
    {"0", "at least one way of the target's own scheme works"},
    {"2", "usage error"},
    {"other", "that of the first failure, as with handshake probe"},
    HS_EXIT_ROW_INTERRUPTED,
    HS_EXIT_ROW_READER_LEFT,
    {0},
};

static const hs_example examples[] = {
    {"handshake compare https://example.org", "TLS 1.2 and 1.3, Fast Open, 0-RTT, HTTP/2 and QUIC"},
    {"handshake compare -c 20 --also http://example.org https://example.org",
     "with TCP alone, as port 80 speaks it"},
    {"handshake compare --json example.org | tail -n 1 | jq -c '.ways[]'",
     "for scripts: the last line sums up"},
    {0},
};

static hs_comparer *volatile running;

static void on_stop(void)
{
    hs_comparer *comparer = running;
    if (comparer) {
        hs_comparer_stop(comparer);
    }
}

static int failed(const hs_command *command, hs_result result, const hs_problem *problem)
{
    return hs_command_fail(command, "%s",
                           problem->text[0] != '\0' ? problem->text : hs_result_text(result));
}

static int compare(const hs_command *command, const hs_compare_options *options_of,
                   const char *target, hs_compare_printer *printer)
{
    hs_problem problem = {""};
    hs_comparer *comparer = NULL;
    hs_comparison *comparison = NULL;
    hs_result result = hs_comparer_new(options_of, target, &comparer, &problem);
    if (result != HS_OK) {
        return failed(command, result, &problem);
    }
    printer->comparer = comparer;
    running = comparer;
    hs_interrupt_call(on_stop);
    result = hs_comparer_run(comparer, &comparison, &problem);
    running = NULL;
    int status = HS_EXIT_OK;
    if (result == HS_OK) {
        status = hs_compare_print(printer, comparison);
        hs_compare_draw(printer, comparison, NULL);
    } else if (!hs_interrupted() && printer->result == HS_OK) {
        status = failed(command, result, &problem);
    }
    if (hs_interrupted()) {
        (void)hs_command_fail(command, "interrupted");
        status = HS_EXIT_SIGNAL + hs_interrupted();
    }
    free(comparison);
    printer->comparer = NULL;
    hs_comparer_free(comparer);
    return status;
}

static int run(const hs_command *command, int argc, char **argv)
{
    settings s = {.rounds = HS_COMPARE_ROUNDS_DEFAULT};
    hs_probe_options_init(&s.probe);
    hs_operands operands;
    int status = HS_EXIT_OK;
    if (!hs_command_parse(command, argc, argv, &s, &operands, &status)) {
        return status;
    }
    s.probe.resolve = s.resolve.items;
    s.probe.resolve_count = s.resolve.count;
    hs_compare_printer printer;
    if (!hs_compare_printer_open(&printer, command, &s.output, s.rounds)) {
        return HS_EXIT_USAGE;
    }
    const hs_compare_options compare_options = {.probe = s.probe,
                                                .rounds = s.rounds,
                                                .also = s.also.items,
                                                .also_count = s.also.count,
                                                .retry = s.retry,
                                                .run_done = hs_compare_run_done,
                                                .context = &printer};
    status = compare(command, &compare_options, operands.items[0], &printer);
    return hs_compare_printer_close(&printer, status);
}

const hs_command hs_command_compare = {
    .name = "compare",
    .operands = "TARGET",
    .summary = "every way in which a target can be reached, side by side",
    .description =
        "TARGET is a URL, as for handshake probe. "
        "TCP, Fast Open, TLS 1.2 and 1.3 full, resumed and with 0-RTT, a forced HelloRetryRequest, "
        "HTTP/2, QUIC, and WebSocket: each way is looked at once, then all that the target offers "
        "take turns in each round. A way that is not offered is a row that says why.",
    .operands_min = 1,
    .operands_max = 1,
    .options = options,
    .exits = exits,
    .examples = examples,
    .run = run,
};
