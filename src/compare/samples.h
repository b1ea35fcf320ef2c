/* What is kept of each run, and what many runs come to. */
#ifndef HS_COMPARE_SAMPLES_H
#define HS_COMPARE_SAMPLES_H

#include <handshake/compare.h>

/* Times are from the first packet on; HS_TIME_NONE where the run did not get there. */
typedef struct hs_sample {
    hs_time ready;
    hs_time settings;
    hs_time first_response;
    hs_time cpu;
    uint64_t bytes_sent;
    uint64_t bytes_received;
    hs_accounting accounting;
    hs_time phases[HS_PHASE_COUNT];
    char parts[192]; /* what its round trips went for, in words */
} hs_sample;

typedef struct hs_samples {
    hs_sample *items;
    size_t count;
    size_t room;
} hs_samples;

/* The run's figures; `cpu` is what it took of this thread. */
void hs_sample_of(const hs_trace *trace, hs_time cpu, hs_sample *sample);
HS_CHECKED hs_result hs_samples_add(hs_samples *samples, const hs_sample *sample);
void hs_samples_free(hs_samples *samples);

/* Of `count` times in any order, which are put in order; HS_TIME_NONE among them is left out. */
hs_quantiles hs_quantiles_of(hs_time *times, size_t count);
/* Fills the row's figures; `path_rtt` HS_TIME_NONE: no round trips. HS_NO_MEMORY. */
HS_CHECKED hs_result hs_samples_sum_up(const hs_samples *samples, hs_time path_rtt,
                                       hs_compare_row *row);
/* NAN where either is not known. */
double hs_round_trips(hs_time time, hs_time path_rtt);

#endif
