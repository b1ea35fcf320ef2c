/* `handshake explain`: a topic told by a real handshake that is made on the spot. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/suggest.h"
#include "cli/terminal.h"
#include "explain/explain.h"

typedef struct settings {
    bool json;
    const char *output;
    const char *html;
    const char *pcap;
} settings;

static const hs_option options[] = {
    {.group = "Output",
     .name = "json",
     .help = "one object, with the record of each connection",
     .kind = HS_OPTION_FLAG,
     .offset = offsetof(settings, json)},
    {.letter = 'o',
     .name = "output",
     .argument = "FILE",
     .help = "write to FILE instead of stdout",
     .kind = HS_OPTION_TEXT,
     .offset = offsetof(settings, output)},
    {.name = "html",
     .argument = "FILE",
     .help = "also a page with a sequence diagram, whole in itself",
     .kind = HS_OPTION_TEXT,
     .offset = offsetof(settings, html)},
    {.name = "pcap",
     .argument = "FILE",
     .help = "also the packets that were told (pcapng, with the TLS secrets in it)",
     .kind = HS_OPTION_TEXT,
     .offset = offsetof(settings, pcap)},
    {0},
};

static const hs_exit exits[] = {
    {"0", "done"},
    {"2", "usage error, or the topic needs namespaces that this system does not permit"},
    HS_EXIT_ROW_INTERRUPTED,
    HS_EXIT_ROW_READER_LEFT,
    {0},
};

static const hs_example examples[] = {
    {"handshake explain", "the topics, a line each"},
    {"handshake explain tls1.3", "a full handshake, message by message"},
    {"handshake explain quic --html quic.html", "and the same as a page, with a diagram"},
    {"handshake explain 0-rtt --pcap 0-rtt.pcapng", "and its packets, to look at elsewhere"},
    {0},
};

static int list_topics(const hs_command *command)
{
    size_t widest = 0;
    for (size_t i = 0; i < hs_topic_count; i++) {
        size_t len = strlen(hs_topics[i].name);
        widest = len > widest ? len : widest;
    }
    for (size_t i = 0; i < hs_topic_count; i++) {
        printf("%-*s  %s\n", (int)widest, hs_topics[i].name, hs_topics[i].summary);
    }
    return hs_command_finish(command, HS_EXIT_OK);
}

static int unknown_topic(const hs_command *command, const char *name)
{
    const char *nearest = NULL;
    int best = 0;
    for (size_t i = 0; i < hs_topic_count; i++) {
        int distance = hs_suggest_distance(name, hs_topics[i].name);
        if (distance >= 0 && (!nearest || distance < best)) {
            nearest = hs_topics[i].name;
            best = distance;
        }
    }
    return hs_command_fail(command, "'%s': no such topic%s%s; without one the topics are listed",
                           name, nearest ? ", perhaps " : "", nearest ? nearest : "");
}

/* --- the files --- */

/* Each has its part of the explanation; NULL: not asked for. */
typedef struct outputs {
    FILE *text;
    FILE *page;
    FILE *packets;
} outputs;

static bool open_file(const hs_command *command, const char *option, const char *name, FILE **file)
{
    if (name && !(*file = fopen(name, "we"))) {
        (void)hs_command_fail(command, "%s: '%s': %s", option, name, strerror(errno));
        return false;
    }
    return true;
}

/* All that can be wrong with a file is found before anything is made. */
static bool open_outputs(const hs_command *command, const settings *s, outputs *out)
{
    *out = (outputs){.text = stdout};
    return open_file(command, "--output", s->output, &out->text) &&
           open_file(command, "--html", s->html, &out->page) &&
           open_file(command, "--pcap", s->pcap, &out->packets);
}

static void put(FILE *file, const hs_explained *part)
{
    if (file) {
        (void)fwrite(part->bytes, 1, part->len, file); /* its error is looked for at the end */
    }
}

static int close_file(const hs_command *command, const char *option, const char *name, FILE *file,
                      int status)
{
    if (!file || file == stdout) {
        return status;
    }
    bool is_broken = ferror(file) != 0;
    if (fclose(file) != 0 || is_broken) {
        return hs_command_fail(command, "%s: '%s' could not be written: %s", option, name,
                               strerror(errno));
    }
    return status;
}

static int close_outputs(const hs_command *command, const settings *s, const outputs *out,
                         int status)
{
    status = close_file(command, "--output", s->output, out->text, status);
    status = close_file(command, "--html", s->html, out->page, status);
    return close_file(command, "--pcap", s->pcap, out->packets, status);
}

/* --- */

static int explain(const hs_command *command, const hs_topic *topic, const settings *s,
                   const outputs *out)
{
    hs_explain_options explain_options = {
        .json = s->json, .page = out->page != NULL, .packets = out->packets != NULL};
    hs_explanation explanation;
    hs_problem problem = {""};
    int status = HS_EXIT_OK;
    hs_terminal_report_options(out->text, &explain_options.report);
    hs_interrupt_call(NULL);
    hs_result result = hs_explain(topic, &explain_options, hs_is_interrupted, &explanation,
                                  &problem);
    if (hs_interrupted()) {
        (void)hs_command_fail(command, "interrupted");
        status = HS_EXIT_SIGNAL + hs_interrupted();
    } else if (result != HS_OK) {
        status = hs_command_fail(command, "%s",
                                 problem.text[0] != '\0' ? problem.text : hs_result_text(result));
    } else {
        put(out->text, &explanation.text);
        put(out->page, &explanation.page);
        put(out->packets, &explanation.packets);
    }
    hs_explanation_free(&explanation);
    return status;
}

static int run(const hs_command *command, int argc, char **argv)
{
    settings s = {0};
    hs_operands operands;
    outputs out;
    int status = HS_EXIT_OK;
    if (!hs_command_parse(command, argc, argv, &s, &operands, &status)) {
        return status;
    }
    if (operands.count == 0) {
        return list_topics(command);
    }
    const hs_topic *topic = hs_topic_find(operands.items[0]);
    if (!topic) {
        return unknown_topic(command, operands.items[0]);
    }
    status = open_outputs(command, &s, &out) ? explain(command, topic, &s, &out) : HS_EXIT_USAGE;
    status = close_outputs(command, &s, &out, status);
    return hs_command_finish(command, status);
}

const hs_command hs_command_explain = {
    .name = "explain",
    .operands = "[TOPIC]",
    .summary = "a real handshake, made on the spot and told message by message",
    .description =
        "Tells who sends what and why, what each field is for, the states of both ends, how long "
        "each step took in round trips, what somebody on the path sees of it, and what would save "
        "a round trip. Every value is one that was observed: the handshake is made on a path of "
        "its own in private network namespaces, or on loopback where this system permits none. "
        "Without a topic they are listed.",
    .operands_max = 1,
    .options = options,
    .exits = exits,
    .examples = examples,
    .run = run,
};
