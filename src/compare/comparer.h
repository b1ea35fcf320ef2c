/* What a comparison consists of while it runs; for the files that run it. */
#ifndef HS_COMPARE_COMPARER_H
#define HS_COMPARE_COMPARER_H

#include <signal.h>

#include "compare/samples.h"
#include "compare/ways.h"

typedef struct hs_course {
    char url[HS_WAY_URL_MAX];
    hs_prober *prober; /* NULL: not tried */
    bool is_offered;
    hs_samples samples;
    hs_trace *last; /* the newest run that was of this way, for its facts */
} hs_course;

/* What will not answer: the other ways to it need not wait for it as well. */
typedef struct hs_dead_end {
    char host[HS_HOST_MAX];
    uint16_t port;        /* 0: every port, since the name has no address */
    bool is_quic;         /* of UDP; of TCP where not */
    uint16_t tls_version; /* that is met with silence; 0: whatever is sent */
    hs_way way;           /* whose row says why */
} hs_dead_end;

struct hs_comparer {
    hs_compare_options options;
    hs_url target;
    hs_url *also;
    hs_course courses[HS_WAY_COUNT];
    hs_dead_end dead_ends[HS_WAY_COUNT];
    size_t dead_end_count;
    hs_comparison *comparison;
    hs_time *rtts; /* of the path, as each run over TCP saw it, and over QUIC */
    size_t rtt_count;
    hs_time *quic_rtts;
    size_t quic_rtt_count;
    volatile sig_atomic_t stopped;
    hs_prober *volatile running;
};

/* One run of the way, after what it needs of an earlier connection. `*cpu` is what it took of this
 * thread. Results as of hs_prober_run; the trace is the caller's. */
HS_CHECKED hs_result hs_course_run(hs_comparer *comparer, hs_way way, hs_trace **trace,
                                   hs_time *cpu, hs_problem *problem);
/* The run failed: the row says how. */
void hs_course_note_failure(hs_compare_row *row, const hs_trace *trace);
/* The first look: whether the target offers the way at all. */
HS_CHECKED hs_result hs_course_look(hs_comparer *comparer, hs_way way, hs_problem *problem);
/* All that was measured becomes the comparison's rows and savings. HS_NO_MEMORY. */
HS_CHECKED hs_result hs_comparer_sum_up(hs_comparer *comparer);

#endif
