/* `lab failures`: every case of the catalogue made to happen in private namespaces, several at
 * once, and what the prober said of each. */
#ifndef HS_LAB_FAILURES_H
#define HS_LAB_FAILURES_H

#include <stdio.h>

#include <handshake/report.h>

#include "lab/failures/case.h"
#include "lab/namespaces.h"
#include "lab/relay.h"

enum { HS_FAILURE_CASES_MAX = 128, HS_FAILURES_RTT_MS_MAX = 500 };

typedef struct hs_failures_options {
    hs_time rtt;                       /* of the path; at most HS_FAILURES_RTT_MS_MAX */
    bool chosen[HS_FAILURE_CASES_MAX]; /* by the number of the case */
    bool ladder;                       /* keeps every message, for `text` and `record` */
    hs_report_options report;          /* for `text` */
    bool (*is_stopped)(void);
} hs_failures_options;

/* What became of one case. Strings are NUL-terminated, and empty where nothing was said. */
typedef struct hs_failure_outcome {
    uint32_t number; /* of the case */
    hs_result result;
    char problem[512]; /* why there was no probe; `result` then is not HS_OK */
    hs_failure_class cls;
    hs_phase phase;
    hs_time elapsed;
    char message[512];
    char advice[512];
    char last_event[64];
    size_t text_len;
    size_t record_len;
    char *text;   /* the prober's report, with the ladder; NULL unless it was asked for */
    char *record; /* its JSON record, one line */
} hs_failure_outcome;

typedef struct hs_failures_summary {
    hs_namespace_way way;
    hs_time took;
    size_t run;         /* cases */
    size_t as_expected; /* of them */
    size_t classes;     /* that they are of */
    hs_path_options path;
    hs_relay_report relay;
} hs_failures_summary;

/* Whether class and phase are those of the case. */
bool hs_failure_is_as_expected(const hs_failure_outcome *outcome);

/* Runs the chosen cases; `done` is called for each, in the catalogue's order, and must not keep
 * what it is given. HS_SYSTEM with `problem` filled, also where the kernel permits no namespaces;
 * HS_LIMIT: `is_stopped` became true, or `done` said that it is enough (false). */
HS_CHECKED hs_result hs_failures_run(const hs_failures_options *options,
                                     bool (*done)(void *context, hs_namespace_way way,
                                                  const hs_failure_outcome *outcome),
                                     void *context, hs_failures_summary *summary,
                                     hs_problem *problem);

/* One case in its own process, which stands at the client; the far end is started and ended with
 * it. `outcome->text` and `->record` are for free(). */
void hs_failure_case_run(const hs_namespaces *namespaces, const char *folder, uint32_t number,
                         const hs_failures_options *options, hs_failure_outcome *outcome);

/* --- for people and for scripts --- */

HS_CHECKED hs_result hs_failures_text_list(const bool *chosen, const hs_report_options *options,
                                           FILE *out);
/* `is_first`: of all; a heading is printed. */
HS_CHECKED hs_result hs_failures_text_outcome(const hs_failure_outcome *outcome, bool is_first,
                                              hs_namespace_way way,
                                              const hs_failures_options *options, FILE *out);
HS_CHECKED hs_result hs_failures_text_summary(const hs_failures_summary *summary, bool are_all,
                                              const hs_report_options *options, FILE *out);
HS_CHECKED hs_result hs_failures_json_outcome(const hs_failure_outcome *outcome,
                                              hs_namespace_way way, FILE *out);
HS_CHECKED hs_result hs_failures_json_summary(const hs_failures_summary *summary, bool are_all,
                                              FILE *out);

#endif
