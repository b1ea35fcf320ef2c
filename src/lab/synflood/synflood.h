/* What a SYN flood does to honest connections, with and without SYN cookies (RFC 4987). */
#ifndef HS_LAB_SYNFLOOD_H
#define HS_LAB_SYNFLOOD_H

#include <handshake/report.h>

#include "lab/counters.h"
#include "lab/synflood/flood.h"
#include "lab/synflood/honest.h"

enum {
    HS_SYNFLOOD_SAMPLES_MAX = 320,
    HS_SYNFLOOD_BACKLOG_MIN = 8,
    HS_SYNFLOOD_BACKLOG_MAX = 4096,
};

/* One experiment: namespaces of its own, one value of each setting. */
typedef struct hs_synflood_options {
    int rate;      /* SYNs a second */
    hs_time flood; /* its length */
    int syncookies;
    int backlog; /* of listen(2); net.ipv4.tcp_max_syn_backlog is the same */
} hs_synflood_options;

typedef struct hs_synflood_sample {
    hs_time at; /* since the first honest connection */
    uint64_t half_open;
} hs_synflood_sample;

typedef struct hs_synflood_row {
    hs_synflood_options options;
    hs_namespace_way way;
    hs_flood_report flood;
    hs_time flood_from; /* as the samples' times */
    hs_time flood_to;
    hs_honest_phase phases[HS_FLOOD_PHASE_COUNT];
    hs_listen_counters counters; /* of the server's namespace, which began at zero */
    size_t sample_count;
    hs_synflood_sample samples[HS_SYNFLOOD_SAMPLES_MAX];
} hs_synflood_row;

/* HS_SYSTEM with `problem` filled where the system forbids or lacks something; HS_LIMIT where
 * `is_stopped` (may be NULL) became true. Nothing is left behind in any case. */
HS_CHECKED hs_result hs_synflood_run(const hs_synflood_options *options, bool (*is_stopped)(void),
                                     hs_synflood_row *row, hs_problem *problem);

const char *hs_flood_phase_name(hs_flood_phase phase);
/* "99 %" of the attempts, as 0.99. */
double hs_honest_success(const hs_honest_phase *phase);
uint64_t hs_synflood_half_open_max(const hs_synflood_row *row);

/* words.c: one plain sentence on a figure, from what was measured. */
const char *hs_synflood_phase_words(const hs_synflood_row *row, hs_flood_phase phase);
const char *hs_synflood_half_open_words(const hs_synflood_row *row);
const char *hs_synflood_options_words(const hs_synflood_row *row);

/* text.c: HS_SYSTEM after a write error, HS_NO_MEMORY. `is_first` has the heading. */
HS_CHECKED hs_result hs_synflood_text(const hs_synflood_row *row, bool is_first,
                                      const hs_report_options *options, FILE *out);
/* json.c: one object of docs/schema/lab.schema.json and a newline. */
HS_CHECKED hs_result hs_synflood_json(const hs_synflood_row *row, FILE *out);

#endif
