/* `handshake explain`: a topic told by a real handshake that is made on the spot. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/suggest.h"
#include "cli/terminal.h"
#include "explain/explain.h"

enum { SIGNAL_STATUS = 128 };

typedef struct settings {
    bool json;
    const char *html;
    const char *pcap;
} settings;

static const hs_option options[] = {
    {.group = "Output",
     .name = "html",
     .argument = "FILE",
     .help = "a page that needs nothing else, with a sequence diagram; - for stdout",
     .kind = HS_OPTION_TEXT,
     .offset = offsetof(settings, html)},
    {.name = "json",
     .help = "one object, with the record of each connection",
     .kind = HS_OPTION_FLAG,
     .offset = offsetof(settings, json)},
    {.name = "pcap",
     .argument = "FILE",
     .help = "the packets that were told, too (pcapng, with the TLS secrets in it)",
     .kind = HS_OPTION_TEXT,
     .offset = offsetof(settings, pcap)},
    {0},
};

static const hs_example examples[] = {
    {"handshake explain", "the topics, a line each"},
    {"handshake explain tls1.3", "a full handshake, message by message"},
    {"handshake explain quic --html quic.html", "the same as a page, with a diagram"},
    {"handshake explain 0-rtt --pcap 0-rtt.pcapng", "and its packets, to look at elsewhere"},
    {0},
};

static bool is_stopped(void)
{
    return hs_interrupted() != 0;
}

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

/* Opened before anything is made, so that a wrong name costs nothing. */
static bool open_file(const hs_command *command, const char *option, const char *name, FILE **file)
{
    *file = NULL;
    if (!name) {
        return true;
    }
    *file = strcmp(name, "-") == 0 ? stdout : fopen(name, "we");
    if (!*file) {
        (void)hs_command_fail(command, "--%s: '%s': %s", option, name, strerror(errno));
    }
    return *file != NULL;
}

static bool write_file(FILE *file, const char *bytes, size_t len)
{
    bool is_written = fwrite(bytes, 1, len, file) == len;
    return fflush(file) == 0 && is_written;
}

static int explain(const hs_command *command, const hs_topic *topic, const settings *s, FILE *text,
                   FILE *packets)
{
    hs_explain_options explain_options = {
        .form = s->html ? HS_EXPLAIN_HTML : s->json ? HS_EXPLAIN_JSON : HS_EXPLAIN_TEXT,
        .packets = packets != NULL};
    hs_explanation explanation;
    hs_problem problem = {""};
    int status = HS_EXIT_OK;
    hs_terminal_report_options(stdout, &explain_options.report);
    hs_interrupt_call(NULL);
    hs_result result = hs_explain(topic, &explain_options, is_stopped, &explanation, &problem);
    if (hs_interrupted()) {
        (void)hs_command_fail(command, "interrupted");
        status = SIGNAL_STATUS + hs_interrupted();
    } else if (result != HS_OK) {
        status = hs_command_fail(command, "%s",
                                 problem.text[0] != '\0' ? problem.text : hs_result_text(result));
    } else if (!write_file(text, explanation.text, explanation.len) && text != stdout) {
        status = hs_command_fail(command, "--html: '%s': %s", s->html, strerror(errno));
    } else if (packets && !write_file(packets, explanation.packets, explanation.packets_len) &&
               packets != stdout) {
        status = hs_command_fail(command, "--pcap: '%s': %s", s->pcap, strerror(errno));
    }
    hs_explanation_free(&explanation);
    return status;
}

static void close_file(FILE *file)
{
    if (file && file != stdout) {
        (void)fclose(file); /* it was flushed */
    }
}

static int run(const hs_command *command, int argc, char **argv)
{
    settings s = {0};
    hs_operands operands;
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
    if (s.json && s.html) {
        return hs_command_fail(command, "--json and --html exclude each other");
    }
    if (s.pcap && strcmp(s.pcap, "-") == 0 && (!s.html || strcmp(s.html, "-") == 0)) {
        return hs_command_fail(command, "--pcap -: the text goes to stdout already");
    }
    FILE *html;
    FILE *packets = NULL;
    if (!open_file(command, "html", s.html, &html) ||
        !open_file(command, "pcap", s.pcap, &packets)) {
        close_file(html);
        return HS_EXIT_USAGE;
    }
    status = explain(command, topic, &s, html ? html : stdout, packets);
    close_file(html);
    close_file(packets);
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
        "Without a topic they are listed. Exit status: 0 done, 2 usage, or where the topic needs "
        "namespaces that this system does not permit.",
    .operands_max = 1,
    .options = options,
    .examples = examples,
    .run = run,
};
