/* `handshake read`: opens all that is named, confines itself, and prints what each connection was.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <handshake/handshake.h>

#include "cli/read_line.h"
#include "cli/read_options.h"
#include "cli/read_summary.h"
#include "cli/terminal.h"

enum { OUTPUT_BUFFER = 64 * 1024 };

typedef struct session {
    const hs_command *command;
    hs_read_settings settings;
    hs_report_options report;
    hs_capture *capture;
    hs_read_summary *summary;
    FILE *out;
    bool is_live; /* somebody waits for each line */
    bool is_over; /* the output is broken */
    int status;   /* where it is */
    uint64_t printed;
} session;

static hs_capture *running; /* for the signal handler, which is given nothing else */

static void interrupted(int number)
{
    (void)number;
    hs_capture_stop(running);
}

/* Without SA_RESTART: a read that waits for a pipe ends too. A second signal ends the program. */
static void watch_signals(void)
{
    struct sigaction action = {.sa_handler = interrupted, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static void broken_output(session *s)
{
    const char *name = s->settings.output;
    s->status = name ? hs_command_fail(s->command, "%s: %s", name,
                                       errno != 0 ? strerror(errno)
                                                  : "the output could not be written")
                     : hs_command_broken_output(s->command);
    s->is_over = true;
    hs_capture_stop(s->capture);
}

static hs_result render(session *s, const hs_trace *trace)
{
    if (s->settings.json) {
        return hs_report_json(trace, &s->report, s->out);
    }
    if (s->settings.verbosity == 0) {
        if (s->printed == 0) {
            hs_read_line_head(s->out);
        }
        hs_read_line(trace, s->out);
        return HS_OK;
    }
    if (s->printed > 0) {
        fputc('\n', s->out);
    }
    return hs_report_text(trace, &s->report, s->out);
}

static void on_connection(void *context, const hs_trace *trace)
{
    session *s = context;
    if (s->is_over) {
        return;
    }
    errno = 0;
    hs_read_summary_add(s->summary, trace);
    hs_result result = render(s, trace);
    s->printed++;
    if (s->is_live) {
        (void)fflush(s->out);
    }
    if (ferror(s->out)) {
        broken_output(s);
    } else if (result != HS_OK) {
        s->status = hs_command_fail(s->command, "%s", hs_result_text(result));
        s->is_over = true;
        hs_capture_stop(s->capture);
    }
}

static void on_trouble(void *context, const char *line)
{
    const session *s = context;
    (void)fflush(s->out);
    (void)hs_command_fail(s->command, "%s", line);
}

static void set_report_options(session *s)
{
    hs_terminal_report_options(s->out, &s->report);
    s->report.verbosity = s->settings.verbosity;
    s->report.events = s->settings.events;
    s->is_live = hs_is_terminal(s->out) || s->settings.capture.device;
}

/* Everything that can fail for the user's fault fails here. */
static bool prepare(session *s)
{
    hs_problem problem = {""};
    s->settings.capture.connection = on_connection;
    s->settings.capture.trouble = on_trouble;
    s->settings.capture.context = s;
    hs_result result = hs_capture_new(&s->settings.capture, &s->capture, &problem);
    if (result != HS_OK) {
        (void)hs_command_fail(s->command, "%s",
                              problem.text[0] != '\0' ? problem.text : hs_result_text(result));
        return false;
    }
    s->summary = hs_read_summary_new();
    if (!s->summary) {
        (void)hs_command_fail(s->command, "%s", hs_result_text(HS_NO_MEMORY));
        return false;
    }
    if (s->settings.output) {
        FILE *out = fopen(s->settings.output, "we");
        if (!out) {
            (void)hs_command_fail(s->command, "--output: '%s': %s", s->settings.output,
                                  strerror(errno));
            return false;
        }
        s->out = out;
    }
    set_report_options(s);
    if (!s->is_live) {
        (void)setvbuf(s->out, NULL, _IOFBF, OUTPUT_BUFFER);
    }
    return true;
}

static bool confine(session *s)
{
    hs_problem problem;
    if (s->settings.no_sandbox || hs_capture_confine(s->capture, &problem) == HS_OK) {
        return true;
    }
    (void)hs_command_fail(s->command, "%s; --no-sandbox reads without that protection",
                          problem.text);
    return false;
}

static int read_all(session *s)
{
    hs_problem problem;
    running = s->capture;
    watch_signals();
    hs_result result = hs_capture_run(s->capture, &problem);
    if (s->is_over) {
        return s->status;
    }
    hs_capture_counters counters = hs_capture_count(s->capture);
    if (counters.files_read == 0) {
        /* Nothing to sum up: each file has had its line. */
    } else if (!s->settings.json) {
        hs_read_summary_print(s->summary, &counters, s->out);
    } else {
        (void)fflush(s->out);
        hs_read_losses_print(&counters, stderr);
    }
    if (result == HS_OK) {
        return HS_EXIT_OK;
    }
    if (result == HS_INVALID) {
        return HS_EXIT_USAGE;
    }
    return hs_command_fail(s->command, "%s",
                           problem.text[0] != '\0' ? problem.text : hs_result_text(result));
}

static int close_output(session *s, int status)
{
    errno = 0;
    if (s->is_over) {
        return status;
    }
    if (s->out == stdout) {
        return hs_command_finish(s->command, status);
    }
    if (fflush(s->out) != 0 || ferror(s->out)) {
        broken_output(s);
        return s->status;
    }
    return status;
}

static int run(const hs_command *command, int argc, char **argv)
{
    session s = {.command = command, .out = stdout};
    hs_operands files;
    int status = HS_EXIT_USAGE;
    hs_read_settings_init(&s.settings);
    if (!hs_command_parse(command, argc, argv, &s.settings, &files, &status)) {
        return status;
    }
    hs_read_settings_finish(&s.settings, &files);
    status = HS_EXIT_USAGE;
    if (prepare(&s) && confine(&s)) {
        status = close_output(&s, read_all(&s));
    }
    if (s.out != stdout) {
        fclose(s.out);
    }
    hs_read_summary_free(s.summary);
    hs_capture_free(s.capture);
    return status;
}

static const hs_exit exits[] = {
    {"0", "done, also where connections failed"},
    {"2", "usage error, or there was no capture to read"},
    HS_EXIT_ROW_READER_LEFT,
    {0},
};

static const hs_example examples[] = {
    {"handshake read capture.pcapng", "a line a connection, then the summary"},
    {"handshake read -v --host example.org capture.pcap.gz", "every message of these connections"},
    {"handshake read --failed --pcap failed.pcapng *.pcap", "the failed ones, and their packets"},
    {"handshake read -i eth0 --filter 'tcp port 443' --duration 60", "a minute of a device"},
    {"ssh router tcpdump -U -w - | handshake read --json -", "from somewhere else, for scripts"},
    {0},
};

const hs_command hs_command_read = {
    .name = "read",
    .operands = "FILE… | -i DEV",
    .summary = "the handshakes in a capture (pcap, pcapng, - for stdin) or on a device",
    .description =
        "Every TCP or QUIC connection of the capture becomes a line, or with --json a record, in "
        "the order in which they end. FILEs may be gzipped; of a damaged one, what can be read "
        "counts. Before it looks at the first packet the program gives up all system calls that "
        "could open or start anything, and on a device its privileges.",
    .operands_max = SIZE_MAX,
    .options = hs_read_option_table,
    .exits = exits,
    .examples = examples,
    .run = run,
};
