/* What options of the lab's experiments have in common. */
#ifndef HS_CLI_LAB_OPTIONS_H
#define HS_CLI_LAB_OPTIONS_H

#include <stdbool.h>

#include <handshake/probe.h>
#include <handshake/time.h>

/* "50ms", "0.2s", "300us", up to 60 s; a bare number is milliseconds, as ping's. `end` is what
 * follows it. */
bool hs_lab_read_time(const char *text, const char **end, hs_time *time);
/* For hs_option: a time alone. */
hs_result hs_lab_set_time(void *field, const char *argument, hs_problem *problem);

#endif
