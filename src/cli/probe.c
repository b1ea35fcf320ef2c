/* `handshake probe`: checks everything, then probes each target and renders what was seen. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <handshake/handshake.h>

#include "cli/interrupt.h"
#include "cli/probe_options.h"
#include "cli/probe_series.h"
#include "cli/qlog_folder.h"
#include "cli/terminal.h"

typedef struct session {
    const hs_command *command;
    hs_probe_settings settings;
    hs_report_options report;
    hs_prober *prober;
    FILE *out;
    int qlog;         /* folder of --qlog; -1: none */
    int status;       /* of the first failure */
    bool is_series;   /* -c or -i was given */
    bool is_over;     /* no more probes: interrupted, or the output is broken */
    uint64_t printed; /* reports so far */
} session;

static void set_report_options(session *s)
{
    hs_terminal_report_options(s->out, &s->report);
    s->report.verbosity = s->settings.verbosity;
    s->report.events = s->settings.events;
}

static void tell_rebuilt(const session *s)
{
    const char *why = hs_prober_rebuilt_because(s->prober);
    if (why) {
        (void)hs_command_fail(s->command,
                              "--pcap: packets cannot be captured here (%s): those in '%s' are "
                              "rebuilt from the stream",
                              why, s->settings.probe.pcap);
    }
}

static void tell_lost(const session *s)
{
    uint64_t lost = hs_prober_packets_lost(s->prober);
    if (lost > 0) {
        (void)hs_command_fail(s->command, "--pcap: %" PRIu64 " packet%s could not be kept", lost,
                              lost == 1 ? "" : "s");
    }
}

/* All that can be wrong is found here, before anything is started. */
static bool prepare(session *s, const hs_operands *targets)
{
    hs_problem problem = {""};
    s->is_series = s->settings.count != HS_PROBE_COUNT_UNSET ||
                   s->settings.interval != HS_TIME_NONE;
    for (size_t i = 0; i < targets->count; i++) {
        if (hs_probe_check_url(targets->items[i], &problem) != HS_OK) {
            s->status = hs_command_fail(s->command, "%s", problem.text);
            return false;
        }
    }
    if (s->is_series && s->settings.count == HS_PROBE_COUNT_UNSET && targets->count > 1) {
        s->status = hs_command_fail(
            s->command,
            "--interval: without --count the first target is probed for ever: give one");
        return false;
    }
    if (s->settings.qlog) {
        s->qlog = hs_qlog_folder_open(s->command, s->settings.qlog);
        if (s->qlog < 0) {
            s->status = HS_EXIT_USAGE;
            return false;
        }
    }
    hs_result result = hs_prober_new(&s->settings.probe, &s->prober, &problem);
    if (result != HS_OK) {
        const char *why = problem.text[0] != '\0' ? problem.text : hs_result_text(result);
        s->status = hs_command_fail(s->command, "%s", why);
        return false;
    }
    if (s->settings.output) {
        s->out = fopen(s->settings.output, "we");
        if (!s->out) {
            s->status = hs_command_fail(s->command, "--output: '%s': %s", s->settings.output,
                                        strerror(errno));
            return false;
        }
    }
    set_report_options(s);
    tell_rebuilt(s);
    return true;
}

static void broken_output(session *s)
{
    const char *name = s->settings.output;
    s->status = name ? hs_command_fail(s->command, "%s: %s", name,
                                       errno != 0 ? strerror(errno)
                                                  : "the output could not be written")
                     : hs_command_broken_output(s->command);
    s->is_over = true;
}

static hs_result render(session *s, const hs_trace *trace, const hs_series *series)
{
    if (s->settings.json) {
        return hs_report_json(trace, &s->report, s->out);
    }
    if (s->settings.write_out) {
        return hs_report_write_out(trace, s->settings.write_out, s->out, NULL);
    }
    if (series && s->settings.verbosity == 0) {
        hs_series_line(series, trace, s->out);
        return HS_OK;
    }
    if (s->printed > 0) {
        fputc('\n', s->out);
    }
    return hs_report_text(trace, &s->report, s->out);
}

static void report(session *s, const hs_trace *trace, hs_series *series)
{
    errno = 0;
    if (series) {
        hs_series_add(series, trace);
    }
    hs_result result = render(s, trace, series);
    s->printed++;
    if (fflush(s->out) != 0 || ferror(s->out)) {
        broken_output(s);
    } else if (result != HS_OK) {
        s->status = hs_command_fail(s->command, "%s", hs_result_text(result));
        s->is_over = true;
    }
}

static void write_qlog(session *s, const hs_trace *trace)
{
    if (s->qlog >= 0 && !hs_qlog_folder_write(s->command, s->qlog, s->settings.qlog, trace)) {
        s->status = HS_EXIT_USAGE;
        s->is_over = true;
    }
}

static void probe_once(session *s, const char *url, hs_series *series)
{
    hs_problem problem = {""};
    hs_trace *trace = NULL;
    hs_result result = hs_prober_run(s->prober, url, &trace, &problem);
    if (result == HS_OK) {
        const hs_failure_descriptor *failure = hs_failure_describe(trace->failure.cls);
        if (failure && s->status == HS_EXIT_OK) {
            s->status = failure->exit_status;
        }
        report(s, trace, series);
        write_qlog(s, trace);
        hs_trace_free(trace);
        return;
    }
    s->is_over = true;
    if (!hs_interrupted()) {
        const char *why = problem.text[0] != '\0' ? problem.text : hs_result_text(result);
        s->status = hs_command_fail(s->command, "%s", why);
    } else if (!series) {
        (void)hs_command_fail(s->command, "'%s': interrupted before there was a result", url);
        s->status = HS_EXIT_SIGNAL + hs_interrupted();
    }
}

/* The next probe starts one interval after the start of this one, or at once if that is past. */
static void pause_after(const session *s, hs_time started)
{
    hs_time interval = s->settings.interval == HS_TIME_NONE ? HS_SECOND : s->settings.interval;
    hs_interrupt_sleep_until(started + interval);
}

static void probe_series(session *s, const char *url)
{
    hs_series *series = hs_series_new();
    if (!series) {
        s->status = hs_command_fail(s->command, "%s", hs_result_text(HS_NO_MEMORY));
        s->is_over = true;
        return;
    }
    for (int sent = 0; !s->is_over && !hs_interrupted();) {
        hs_time started = hs_monotonic_now();
        probe_once(s, url, series);
        sent++;
        if (sent == s->settings.count) {
            break;
        }
        if (!s->is_over) {
            pause_after(s, started);
        }
    }
    bool is_text = !s->settings.json && !s->settings.write_out;
    if (is_text && !ferror(s->out)) {
        hs_series_summary(series, url, s->out);
    }
    hs_series_free(series);
}

static void probe_all(session *s, const hs_operands *targets)
{
    for (size_t i = 0; i < targets->count && !s->is_over && !hs_interrupted(); i++) {
        if (s->is_series) {
            probe_series(s, targets->items[i]);
        } else {
            probe_once(s, targets->items[i], NULL);
        }
    }
}

static void close_output(session *s)
{
    if (!s->out || ferror(s->out)) {
        /* Said already, or never opened. */
    } else if (s->out == stdout) {
        s->status = hs_command_finish(s->command, s->status);
        return;
    } else {
        errno = 0;
        if (fflush(s->out) != 0) {
            broken_output(s);
        }
    }
    if (s->out && s->out != stdout && fclose(s->out) != 0 && s->status == HS_EXIT_OK) {
        broken_output(s);
    }
}

static int run(const hs_command *command, int argc, char **argv)
{
    session s = {.command = command, .out = stdout, .qlog = -1};
    hs_operands targets;
    hs_probe_settings_init(&s.settings);
    if (!hs_command_parse(command, argc, argv, &s.settings, &targets, &s.status)) {
        return s.status;
    }
    if (hs_probe_settings_finish(command, &s.settings, &s.status) && prepare(&s, &targets)) {
        hs_interrupt_watch(s.prober);
        probe_all(&s, &targets);
        tell_lost(&s);
        close_output(&s);
        hs_interrupt_watch(NULL);
    }
    if (s.qlog >= 0) {
        close(s.qlog);
    }
    hs_prober_free(s.prober);
    hs_probe_settings_end(&s.settings);
    return s.status;
}

static const hs_exit exits[] = {
    {"0", "every handshake was completed"},
    {"2", "usage error, or this machine could not carry it out"},
    {"other", "that of the first failure, in curl's numbers"},
    {"130", "interrupted before there was a result (143: by SIGTERM)"},
    HS_EXIT_ROW_READER_LEFT,
    {0},
};

static const hs_example examples[] = {
    {"handshake probe https://example.org/", "where the time goes until the first response"},
    {"handshake probe -v -k wss://localhost:8444/",
     "every message of the TLS and WebSocket handshakes (with handshake serve --wss 8444)"},
    {"handshake probe --resume --early-data https://example.org/",
     "0-RTT: what a returning client gets"},
    {"handshake probe -c 10 -i 0.5 tls://example.org:443", "ten times, with min/avg/max/mdev"},
    {"handshake probe --json example.org example.com | jq .ready_ms", "for scripts"},
    {0},
};

const hs_command hs_command_probe = {
    .name = "probe",
    .operands = "TARGET…",
    .summary = "one handshake with each TARGET, timed, taken apart, explained",
    .description =
        "TARGET is a URL of tcp:// tls:// quic:// http:// https:// ws:// or wss://; a bare "
        "HOST[:PORT] means https. What is told is read from the bytes that crossed the socket, "
        "each chunk stamped as it passed, and each figure says by which clock: k the kernel's "
        "packet stamps, i its TCP_INFO, u this program's own. A failure keeps all that was "
        "measured before it, and says what happened, where, after how long, and what to do.",
    .operands_min = 1,
    .operands_max = SIZE_MAX,
    .options = hs_probe_option_table,
    .exits = exits,
    .examples = examples,
    .run = run,
};
