/* The options of `handshake probe`. */
#ifndef HS_CLI_PROBE_OPTIONS_H
#define HS_CLI_PROBE_OPTIONS_H

#include <handshake/probe.h>

#include "cli/command.h"

/* -c and -i not given. */
enum { HS_PROBE_COUNT_UNSET = 0 };

typedef struct hs_probe_settings {
    hs_probe_options probe;
    int http_version; /* hs_http_version */
    int tls_min;
    int tls_max;
    hs_text_list resolve;
    int count;        /* HS_PROBE_COUNT_UNSET: once, or with an interval, for ever */
    hs_time interval; /* HS_TIME_NONE: a second */
    int verbosity;
    bool json;
    bool events;
    const char *write_out;
    const char *output;   /* file; NULL: stdout */
    const char *qlog;     /* folder; NULL: none */
    char *write_out_text; /* where the format came from a file; freed by _end */
} hs_probe_settings;

extern const hs_option hs_probe_option_table[]; /* probe_options.c */

/* probe_settings.c */
HS_CHECKED hs_result hs_probe_check_format(const char *format, hs_problem *problem);

void hs_probe_settings_init(hs_probe_settings *settings);
/* Puts together and checks what the parser has read. False: one line was printed, `*status` is set.
 */
bool hs_probe_settings_finish(const hs_command *command, hs_probe_settings *settings, int *status);
void hs_probe_settings_end(hs_probe_settings *settings);

#endif
