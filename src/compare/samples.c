#include "compare/samples.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/facts.h"

static hs_time milestone(const hs_trace *trace, hs_milestone name)
{
    return trace->milestones[name].at;
}

/* The first attempt at any address: what an address costs that does not answer is part of it. */
static hs_time first_packet(const hs_trace *trace)
{
    if (trace->target.attempt_count > 1) {
        return trace->target.attempts[0].start;
    }
    hs_time initial = milestone(trace, HS_MILESTONE_QUIC_START);
    return initial != HS_TIME_NONE ? initial : milestone(trace, HS_MILESTONE_SYN);
}

static hs_time since(hs_time start, hs_time at)
{
    return start == HS_TIME_NONE || at == HS_TIME_NONE ? HS_TIME_NONE : at - start;
}

void hs_sample_of(const hs_trace *trace, hs_time cpu, hs_sample *sample)
{
    hs_time start = first_packet(trace);
    *sample = (hs_sample){
        .ready = since(start, milestone(trace, HS_MILESTONE_READY)),
        .settings = since(start, milestone(trace, HS_MILESTONE_SETTINGS_DONE)),
        .first_response = since(start, milestone(trace, HS_MILESTONE_FIRST_RESPONSE)),
        .cpu = cpu,
        .bytes_sent = trace->bytes_sent,
        .bytes_received = trace->bytes_received,
        .accounting = trace->accounting,
    };
    for (int i = 0; i < HS_PHASE_COUNT; i++) {
        const hs_phase_span *span = &trace->phases[i];
        sample->phases[i] = span->present ? hs_fact_span_time(span) : HS_TIME_NONE;
    }
    (void)hs_fact_round_trip_parts(trace, sample->parts, sizeof sample->parts);
}

hs_result hs_samples_add(hs_samples *samples, const hs_sample *sample)
{
    if (samples->count == samples->room) {
        size_t room = samples->room ? 2 * samples->room : 16;
        hs_sample *items = realloc(samples->items, room * sizeof *items);
        if (!items) {
            return HS_NO_MEMORY;
        }
        samples->items = items;
        samples->room = room;
    }
    samples->items[samples->count++] = *sample;
    return HS_OK;
}

void hs_samples_free(hs_samples *samples)
{
    free(samples->items);
    *samples = (hs_samples){0};
}

/* --- quantiles --- */

static int compare_times(const void *a, const void *b)
{
    hs_time x = *(const hs_time *)a;
    hs_time y = *(const hs_time *)b;
    return (x > y) - (x < y);
}

/* The nearest rank: a value that was measured, never one between two. */
static hs_time at_rank(const hs_time *sorted, size_t count, unsigned percent)
{
    size_t rank = (count * percent + 99) / 100;
    return sorted[rank > 0 ? rank - 1 : 0];
}

hs_quantiles hs_quantiles_of(hs_time *times, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (times[i] != HS_TIME_NONE) {
            times[kept++] = times[i];
        }
    }
    if (kept == 0) {
        return (hs_quantiles){
            .least = HS_TIME_NONE, .p50 = HS_TIME_NONE, .p95 = HS_TIME_NONE, .most = HS_TIME_NONE};
    }
    qsort(times, kept, sizeof *times, compare_times);
    return (hs_quantiles){.count = (uint32_t)kept,
                          .least = times[0],
                          .p50 = at_rank(times, kept, 50),
                          .p95 = at_rank(times, kept, 95),
                          .most = times[kept - 1]};
}

double hs_round_trips(hs_time time, hs_time path_rtt)
{
    bool known = time != HS_TIME_NONE && path_rtt != HS_TIME_NONE && path_rtt > 0;
    return known ? (double)time / (double)path_rtt : (double)NAN;
}

/* --- a row --- */

typedef hs_time (*figure)(const hs_sample *sample);

static hs_time ready_of(const hs_sample *sample)
{
    return sample->ready;
}

static hs_time settings_of(const hs_sample *sample)
{
    return sample->settings;
}

static hs_time response_of(const hs_sample *sample)
{
    return sample->first_response;
}

static hs_time cpu_of(const hs_sample *sample)
{
    return sample->cpu;
}

static hs_time sent_of(const hs_sample *sample)
{
    return (hs_time)sample->bytes_sent;
}

static hs_time received_of(const hs_sample *sample)
{
    return (hs_time)sample->bytes_received;
}

static hs_quantiles quantiles(const hs_samples *samples, figure of, hs_time *room)
{
    for (size_t i = 0; i < samples->count; i++) {
        room[i] = of(&samples->items[i]);
    }
    return hs_quantiles_of(room, samples->count);
}

/* The run in the middle, whose parts add up, where medians of parts would not. */
static const hs_sample *typical(const hs_samples *samples, const hs_compare_row *row)
{
    bool has_response = row->first_response.count > 0;
    hs_time middle = has_response ? row->first_response.p50 : row->ready.p50;
    for (size_t i = 0; i < samples->count; i++) {
        const hs_sample *sample = &samples->items[i];
        if ((has_response ? sample->first_response : sample->ready) == middle) {
            return sample;
        }
    }
    return NULL;
}

/* The number is the row's, so that it is the same everywhere; the words are of the typical run. */
static void put_sentence(hs_compare_row *row, const char *parts)
{
    row->sentence[0] = '\0';
    if (!isnan(row->round_trips_to_ready) && parts[0]) {
        const double many = 100; /* digits behind the point tell nothing then */
        (void)snprintf(row->sentence, sizeof row->sentence, "%.*f round trips%s",
                       row->round_trips_to_ready < many ? 2 : 0, row->round_trips_to_ready, parts);
    }
}

hs_result hs_samples_sum_up(const hs_samples *samples, hs_time path_rtt, hs_compare_row *row)
{
    hs_time *room = calloc(samples->count + 1, sizeof *room);
    if (!room) {
        return HS_NO_MEMORY;
    }
    row->ready = quantiles(samples, ready_of, room);
    row->settings = quantiles(samples, settings_of, room);
    row->first_response = quantiles(samples, response_of, room);
    row->cpu = quantiles(samples, cpu_of, room);
    if (samples->count > 0) {
        row->bytes_sent = (uint64_t)quantiles(samples, sent_of, room).p50;
        row->bytes_received = (uint64_t)quantiles(samples, received_of, room).p50;
    }
    free(room);
    row->round_trips_to_ready = hs_round_trips(row->ready.p50, path_rtt);
    row->round_trips_to_settings = hs_round_trips(row->settings.p50, path_rtt);
    row->round_trips_to_response = hs_round_trips(row->first_response.p50, path_rtt);
    const hs_sample *middle = typical(samples, row);
    for (int i = 0; i < HS_PHASE_COUNT; i++) {
        row->phases[i] = middle ? middle->phases[i] : HS_TIME_NONE;
    }
    if (middle) {
        row->accounting = middle->accounting;
        put_sentence(row, middle->parts);
    }
    return HS_OK;
}
