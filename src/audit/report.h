/* An audit as text for people and as a record; and what its counters did meanwhile. */
#ifndef HS_AUDIT_REPORT_H
#define HS_AUDIT_REPORT_H

#include <stdio.h>

#include <handshake/report.h>

#include "audit/audit.h"

/* With verbosity: the counters that are 0 too. */
HS_CHECKED hs_result hs_audit_text(const hs_audit *audit, const hs_report_options *options,
                                   FILE *out);
/* One record of schema handshake-audit/1, on one line with its newline. */
HS_CHECKED hs_result hs_audit_json(const hs_audit *audit, FILE *out);

/* Two looks at the counters, one after the other. */
typedef struct hs_audit_interval {
    int64_t at; /* of the later one, nanoseconds since the epoch */
    const hs_audit_counters *before;
    const hs_audit_counters *after;
} hs_audit_interval;

/* Per second; -1 where it was not seen in both. */
double hs_audit_interval_rate(const hs_audit_interval *interval, hs_audit_counter counter);
HS_CHECKED hs_result hs_audit_watch_text(const hs_audit_interval *interval,
                                         const hs_report_options *options, FILE *out);
HS_CHECKED hs_result hs_audit_watch_json(const hs_audit_interval *interval, FILE *out);

#endif
