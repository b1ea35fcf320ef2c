#include "cli/read_summary.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/histogram.h"
#include "base/time_text.h"
#include "cli/read_line.h"
#include "cli/read_sources.h"
#include "report/facts.h"

enum { TOP_SOURCES = 10, FAILURES_MAX = 128 };

struct hs_read_summary {
    uint64_t connections;
    uint64_t completed;
    uint64_t midstream;
    uint64_t failed[FAILURES_MAX]; /* by class */
    hs_histogram *phases[HS_PHASE_COUNT];
    hs_histogram *ready;
    hs_sources *syn_only;
    hs_sources *half_open;
};

static_assert((int)HS_FAILURE_COUNT <= (int)FAILURES_MAX, "a count for each class");

hs_read_summary *hs_read_summary_new(void)
{
    hs_read_summary *summary = calloc(1, sizeof *summary);
    if (!summary) {
        return NULL;
    }
    bool complete = true;
    for (int phase = 0; phase < HS_PHASE_COUNT; phase++) {
        summary->phases[phase] = hs_histogram_new();
        complete = complete && summary->phases[phase];
    }
    summary->ready = hs_histogram_new();
    summary->syn_only = hs_sources_new();
    summary->half_open = hs_sources_new();
    if (!complete || !summary->ready || !summary->syn_only || !summary->half_open) {
        hs_read_summary_free(summary);
        return NULL;
    }
    return summary;
}

void hs_read_summary_free(hs_read_summary *summary)
{
    if (summary) {
        for (int phase = 0; phase < HS_PHASE_COUNT; phase++) {
            hs_histogram_free(summary->phases[phase]);
        }
        hs_histogram_free(summary->ready);
        hs_sources_free(summary->syn_only);
        hs_sources_free(summary->half_open);
        free(summary);
    }
}

void hs_read_summary_add(hs_read_summary *summary, const hs_trace *trace)
{
    summary->connections++;
    summary->completed += trace->failure.cls == HS_FAILURE_NONE && !trace->capture.midstream;
    summary->midstream += trace->failure.cls == HS_FAILURE_NONE && trace->capture.midstream;
    summary->failed[trace->failure.cls]++;
    for (hs_phase phase = 0; phase < HS_PHASE_COUNT; phase++) {
        hs_time time = hs_fact_span_time(&trace->phases[phase]);
        if (time != HS_TIME_NONE) {
            hs_histogram_add(summary->phases[phase], time);
        }
    }
    hs_time ready = trace->milestones[HS_MILESTONE_READY].at;
    if (ready != HS_TIME_NONE) {
        hs_histogram_add(summary->ready, ready);
    }
    hs_read_half half = hs_read_half_of(trace);
    if (half != HS_READ_WHOLE) {
        hs_sources_add(half == HS_READ_SYN_ONLY ? summary->syn_only : summary->half_open,
                       trace->capture.client_address);
    }
}

static void print_connections(const hs_read_summary *summary, FILE *out)
{
    fprintf(out, "%" PRIu64 " connection%s: %" PRIu64 " completed", summary->connections,
            summary->connections == 1 ? "" : "s", summary->completed);
    if (summary->midstream > 0) {
        fprintf(out, ", %" PRIu64 " under way before the capture began", summary->midstream);
    }
    uint64_t failed = summary->connections - summary->completed - summary->midstream;
    fprintf(out, ", %" PRIu64 " failed\n", failed);
    for (int cls = HS_FAILURE_NONE + 1; cls < HS_FAILURE_COUNT; cls++) {
        if (summary->failed[cls] > 0) {
            fprintf(out, "  %-32s %10" PRIu64 "\n", hs_fact_failure_class((hs_failure_class)cls),
                    summary->failed[cls]);
        }
    }
}

static void print_histogram(const char *name, const hs_histogram *histogram, FILE *out)
{
    char text[3][HS_TIME_TEXT_MAX];
    if (hs_histogram_count(histogram) == 0) {
        return;
    }
    fprintf(out, "  %-16s %10" PRIu64 " %12s %12s %12s\n", name, hs_histogram_count(histogram),
            hs_time_ms(hs_histogram_quantile(histogram, 0.5), text[0]),
            hs_time_ms(hs_histogram_quantile(histogram, 0.9), text[1]),
            hs_time_ms(hs_histogram_quantile(histogram, 0.99), text[2]));
}

static void print_phases(const hs_read_summary *summary, FILE *out)
{
    bool any = hs_histogram_count(summary->ready) > 0;
    for (int phase = 0; phase < HS_PHASE_COUNT; phase++) {
        any = any || hs_histogram_count(summary->phases[phase]) > 0;
    }
    if (!any) {
        return;
    }
    fprintf(out, "  %-16s %10s %12s %12s %12s\n", "phase", "number", "p50 ms", "p90 ms", "p99 ms");
    for (hs_phase phase = 0; phase < HS_PHASE_COUNT; phase++) {
        print_histogram(hs_fact_phase_title(phase), summary->phases[phase], out);
    }
    print_histogram("ready", summary->ready, out);
}

static void print_sources(const char *what, hs_sources *sources, FILE *out)
{
    hs_source_count top[TOP_SOURCES];
    size_t count = hs_sources_top(sources, top, TOP_SOURCES);
    if (hs_sources_total(sources) == 0) {
        return;
    }
    fprintf(out, "%s: %" PRIu64 "; the most from\n", what, hs_sources_total(sources));
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "  %-40s %10" PRIu64 "%s\n", top[i].address, top[i].count,
                hs_sources_error(sources) > 0 ? " or more" : "");
    }
}

/* `noun` is what one of them is; the rest of the line goes with any number. */
static void print_loss(uint64_t count, const char *noun, const char *rest, FILE *out)
{
    if (count > 0) {
        fprintf(out, "%" PRIu64 " %s%s%s\n", count, noun, count == 1 ? "" : "s", rest);
    }
}

void hs_read_losses_print(const hs_capture_counters *counters, FILE *out)
{
    print_loss(counters->truncated_packets, "packet", " cut within a header by the snapshot length",
               out);
    print_loss(counters->malformed_packets, "malformed packet", "", out);
    print_loss(counters->unknown_link_packets, "packet", " whose link type is not decoded", out);
    print_loss(counters->fragments_dropped, "IP fragment", " that could not be put together", out);
    print_loss(counters->bad_blocks, "malformed pcapng block", "", out);
    print_loss(counters->kernel_dropped, "packet", " dropped by the kernel for want of room", out);
    print_loss(counters->untracked, "packet", " not followed for want of memory", out);
    print_loss(counters->evicted, "connection", " ended early for want of memory (--memory)", out);
    print_loss(counters->spool_dropped, "packet", " that --pcap could not keep", out);
}

void hs_read_summary_print(hs_read_summary *summary, const hs_capture_counters *counters, FILE *out)
{
    fprintf(out, "\n%" PRIu64 " packet%s, %" PRIu64 " of TCP", counters->packets,
            counters->packets == 1 ? "" : "s", counters->tcp_packets);
    if (counters->udp_packets > 0) {
        fprintf(out, ", %" PRIu64 " of UDP", counters->udp_packets);
    }
    fputs("; ", out);
    print_connections(summary, out);
    print_phases(summary, out);
    print_sources("SYN without an answer", summary->syn_only, out);
    print_sources("half-open (SYN-ACK not acknowledged)", summary->half_open, out);
    hs_read_losses_print(counters, out);
}
