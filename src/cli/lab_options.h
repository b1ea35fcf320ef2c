/* What options of the lab's experiments have in common. */
#ifndef HS_CLI_LAB_OPTIONS_H
#define HS_CLI_LAB_OPTIONS_H

#include <stdbool.h>

#include <handshake/probe.h>
#include <handshake/time.h>

/* "50ms", "0.2s", "300us", up to 60 s; a bare number is milliseconds, as ping's. `end` is what
 * follows it. */
bool hs_lab_read_time(const char *text, const char **end, hs_time *time);
enum { HS_LAB_RTTS_MAX = 8 };

typedef struct hs_lab_rtts {
    hs_time items[HS_LAB_RTTS_MAX];
    size_t count;
} hs_lab_rtts;

/* For hs_option, HS_INVALID with `problem`: a time alone (hs_time); a list of round trips
 * (hs_lab_rtts); percent, with or without their sign (double, 0 to 1); "10mbit", or bits a second
 * (uint64_t); a seed that a record can tell, whose integers have a sign (uint64_t). */
hs_result hs_lab_set_time(void *field, const char *argument, hs_problem *problem);
hs_result hs_lab_set_rtts(void *field, const char *argument, hs_problem *problem);
hs_result hs_lab_set_share(void *field, const char *argument, hs_problem *problem);
hs_result hs_lab_set_rate(void *field, const char *argument, hs_problem *problem);
hs_result hs_lab_set_seed(void *field, const char *argument, hs_problem *problem);

#endif
