/* The probe's settings as a whole: defaults, what only all options together tell, and the file of a
 * format. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <handshake/report.h>

#include "cli/probe_options.h"
#include "report/write_out.h"

enum { FORMAT_MAX = 64 * 1024 };

hs_result hs_probe_check_format(const char *format, hs_problem *problem)
{
    char unknown[64];
    if (hs_report_write_out_check(format, unknown) == HS_OK) {
        return HS_OK;
    }
    snprintf(problem->text, sizeof problem->text, "%%{%s} is %s", unknown,
             hs_write_out_is_curls(unknown) ? "curl's, but a handshake does not show it"
                                            : "no variable");
    return HS_INVALID;
}

void hs_probe_settings_init(hs_probe_settings *settings)
{
    *settings = (hs_probe_settings){.interval = HS_TIME_NONE};
    hs_probe_options_init(&settings->probe);
}

void hs_probe_settings_end(hs_probe_settings *settings)
{
    free(settings->write_out_text);
}

static hs_result cannot_read(const char *name, hs_problem *problem)
{
    snprintf(problem->text, sizeof problem->text, "'%.300s': %s", name, strerror(errno));
    return HS_INVALID;
}

/* The text of the file after '@'; "-" is stdin. */
static hs_result read_format(hs_probe_settings *settings, hs_problem *problem)
{
    const char *name = settings->write_out + 1;
    bool is_stdin = strcmp(name, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(name, "re");
    if (!file) {
        return cannot_read(name, problem);
    }
    hs_result result = HS_OK;
    char *text = calloc(1, FORMAT_MAX + 2);
    size_t len = text ? fread(text, 1, FORMAT_MAX + 1, file) : 0;
    if (!text || ferror(file)) {
        result = cannot_read(name, problem);
    } else if (len > FORMAT_MAX) {
        snprintf(problem->text, sizeof problem->text, "'%.300s' is longer than %d bytes", name,
                 FORMAT_MAX);
        result = HS_INVALID;
    }
    if (!is_stdin) {
        fclose(file);
    }
    settings->write_out_text = text;
    settings->write_out = text;
    return result == HS_OK ? hs_probe_check_format(text, problem) : result;
}

bool hs_probe_settings_finish(const hs_command *command, hs_probe_settings *settings, int *status)
{
    hs_problem problem;
    if (settings->write_out && settings->write_out[0] == '@' &&
        read_format(settings, &problem) != HS_OK) {
        *status = hs_command_fail(command, "--write-out: %s", problem.text);
        return false;
    }
    if (settings->json && settings->write_out) {
        *status = hs_command_fail(command, "--json and --write-out exclude each other");
        return false;
    }
    if (settings->tls_min != 0 && settings->tls_max != 0 && settings->tls_min > settings->tls_max) {
        *status = hs_command_fail(command, "--tls-max: lower than the least version asked for");
        return false;
    }
    hs_probe_options *probe = &settings->probe;
    probe->http_version = (hs_http_version)settings->http_version;
    probe->tls_min = (uint16_t)settings->tls_min;
    probe->tls_max = (uint16_t)settings->tls_max;
    probe->resolve = settings->resolve.items;
    probe->resolve_count = settings->resolve.count;
    probe->keep_events = settings->verbosity > 0 || settings->events || settings->qlog;
    probe->keep_bytes = (settings->verbosity > 1 && !settings->json) || settings->qlog;
    return true;
}
