#include "cli/probe_series.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/histogram.h"
#include "base/time_text.h"

/* A figure of each probe: a phase's length, or the time of a milestone. */
typedef struct figure {
    const char *name;
    int phase; /* -1: `milestone` */
    hs_milestone milestone;
} figure;

static const figure figures[] = {
#define HS_X(symbol, name, title) {title, HS_PHASE_##symbol, HS_MILESTONE_END},
    HS_PHASE_MAP(HS_X)
#undef HS_X
        {"ready", -1, HS_MILESTONE_READY},
    {"first response", -1, HS_MILESTONE_FIRST_RESPONSE},
};

enum { FIGURE_COUNT = sizeof figures / sizeof figures[0] };

struct hs_series {
    uint64_t sent;
    uint64_t ok;
    hs_histogram *histograms[FIGURE_COUNT];
};

hs_series *hs_series_new(void)
{
    hs_series *series = calloc(1, sizeof *series);
    for (size_t i = 0; series && i < FIGURE_COUNT; i++) {
        series->histograms[i] = hs_histogram_new();
        if (!series->histograms[i]) {
            hs_series_free(series);
            return NULL;
        }
    }
    return series;
}

void hs_series_free(hs_series *series)
{
    if (series) {
        for (size_t i = 0; i < FIGURE_COUNT; i++) {
            hs_histogram_free(series->histograms[i]);
        }
        free(series);
    }
}

static hs_time figure_of(const hs_trace *trace, const figure *f)
{
    if (f->phase < 0) {
        return trace->milestones[f->milestone].at;
    }
    const hs_phase_span *span = &trace->phases[f->phase];
    if (!span->present || span->end.at == HS_TIME_NONE) {
        return HS_TIME_NONE;
    }
    return span->end.at - span->start.at;
}

void hs_series_add(hs_series *series, const hs_trace *trace)
{
    series->sent++;
    series->ok += trace->failure.cls == HS_FAILURE_NONE;
    for (size_t i = 0; i < FIGURE_COUNT; i++) {
        hs_time value = figure_of(trace, &figures[i]);
        if (value != HS_TIME_NONE) {
            hs_histogram_add(series->histograms[i], value);
        }
    }
}

static void put_figure(const hs_trace *trace, const figure *f, FILE *out)
{
    char text[HS_TIME_TEXT_MAX];
    hs_time value = figure_of(trace, f);
    if (value != HS_TIME_NONE) {
        fprintf(out, "  %s %s", f->name, hs_time_ms(value, text));
    }
}

/* The one in use, else the one that was tried last. */
static void put_address(const hs_target *target, FILE *out)
{
    const char *address = target->address;
    if (!address && target->attempt_count > 0) {
        address = target->attempts[target->attempt_count - 1].address;
    }
    if (address) {
        bool v6 = strchr(address, ':') != NULL;
        fprintf(out, "  %s%s%s:%u", v6 ? "[" : "", address, v6 ? "]" : "", target->port);
    }
}

void hs_series_line(const hs_series *series, const hs_trace *trace, FILE *out)
{
    const hs_failure_descriptor *failure = hs_failure_describe(trace->failure.cls);
    const hs_target *target = &trace->target;
    fprintf(out, "%" PRIu64, series->sent);
    put_address(target, out);
    for (size_t i = 0; i < FIGURE_COUNT; i++) {
        if (figures[i].phase == HS_PHASE_TCP || figures[i].phase == HS_PHASE_TLS ||
            figures[i].phase < 0) {
            put_figure(trace, &figures[i], out);
        }
    }
    if (failure) {
        char text[HS_TIME_TEXT_MAX];
        fprintf(out, "  %s after %s ms", failure->name, hs_time_ms(trace->failure.elapsed, text));
    } else {
        fputs(" ms", out);
    }
    fputc('\n', out);
}

void hs_series_summary(const hs_series *series, const char *url, FILE *out)
{
    uint64_t failed = series->sent - series->ok;
    double percent = series->sent > 0 ? 100.0 * (double)failed / (double)series->sent : 0;
    fprintf(out, "\n--- %s ---\n%" PRIu64 " sent, %" PRIu64 " ok, %" PRIu64 " failed (%.3g %%)\n",
            url, series->sent, series->ok, failed, percent);
    for (size_t i = 0; i < FIGURE_COUNT; i++) {
        const hs_histogram *histogram = series->histograms[i];
        char text[4][HS_TIME_TEXT_MAX];
        if (hs_histogram_count(histogram) > 0) {
            fprintf(out, "%-14s min/avg/max/mdev = %s/%s/%s/%s ms\n", figures[i].name,
                    hs_time_ms(hs_histogram_min(histogram), text[0]),
                    hs_time_ms(hs_histogram_mean(histogram), text[1]),
                    hs_time_ms(hs_histogram_max(histogram), text[2]),
                    hs_time_ms(hs_histogram_deviation(histogram), text[3]));
        }
    }
}
