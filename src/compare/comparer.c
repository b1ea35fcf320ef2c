/* The rounds: every way once, then every way once more. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "compare/samples.h"
#include "compare/savings.h"
#include "compare/ways.h"
#include "net/clock.h"
#include "net/file.h"
#include "report/facts.h"

enum { FIRST_LOOKS = 2 /* the second run may have a cookie or a ticket of the first */ };

typedef struct way_course {
    char url[HS_WAY_URL_MAX];
    hs_prober *prober; /* NULL: not tried */
    bool is_offered;
    hs_samples samples;
    hs_trace *last; /* the newest run that was of this way, for its facts */
} way_course;

/* A port that no connection came to: the other ways to it need not wait for it as well. */
typedef struct dead_end {
    char host[HS_HOST_MAX];
    uint16_t port;
    bool is_quic;
    hs_way way; /* whose row says why */
} dead_end;

struct hs_comparer {
    hs_compare_options options;
    hs_url target;
    hs_url *also;
    way_course courses[HS_WAY_COUNT];
    dead_end dead_ends[HS_WAY_COUNT];
    size_t dead_end_count;
    hs_comparison *comparison;
    hs_time *rtts; /* of the path, as each run over TCP saw it, and over QUIC */
    size_t rtt_count;
    hs_time *quic_rtts;
    size_t quic_rtt_count;
    volatile sig_atomic_t stopped;
    hs_prober *volatile running;
};

void hs_compare_options_init(hs_compare_options *options)
{
    *options = (hs_compare_options){.rounds = HS_COMPARE_ROUNDS_DEFAULT};
    hs_probe_options_init(&options->probe);
}

/* --- making --- */

static hs_result check_options(const hs_compare_options *options, hs_problem *problem)
{
    const char *what;
    if (options->rounds < 1 || options->rounds > HS_COMPARE_ROUNDS_MAX) {
        return hs_problem_set(problem, HS_INVALID, "from 1 to %d rounds can be compared, not %d",
                              HS_COMPARE_ROUNDS_MAX, options->rounds);
    }
    if (!hs_way_options_are_common(&options->probe, &what)) {
        return hs_problem_set(problem, HS_INVALID, "%s is what is compared, so it cannot be set",
                              what);
    }
    return HS_OK;
}

static hs_result parse_urls(hs_comparer *c, const char *target, hs_problem *problem)
{
    hs_result result = hs_url_parse(target, &c->target, problem);
    c->also = calloc(c->options.also_count + 1, sizeof *c->also);
    if (result == HS_OK && !c->also) {
        return HS_NO_MEMORY;
    }
    for (size_t i = 0; result == HS_OK && i < c->options.also_count; i++) {
        result = hs_url_parse(c->options.also[i], &c->also[i], problem);
    }
    return result;
}

static bool set_url(hs_comparer *c, hs_way way, char why[HS_WAY_WHY_MAX])
{
    way_course *course = &c->courses[way];
    if (way == HS_WAY_QUIC_RETRY) {
        if (!c->options.retry) {
            why[0] = '\0';
            return false;
        }
        (void)snprintf(course->url, sizeof course->url, "%s", c->options.retry);
        return true;
    }
    return hs_way_url(way, &c->target, c->also, c->options.also_count, course->url, why);
}

static hs_result prepare_way(hs_comparer *c, hs_way way, hs_problem *problem)
{
    way_course *course = &c->courses[way];
    hs_compare_row *row = &c->comparison->rows[way];
    row->way = way;
    row->state = HS_WAY_NOT_TRIED;
    if (!set_url(c, way, row->why)) {
        return HS_OK;
    }
    (void)snprintf(row->url, sizeof row->url, "%s", course->url);
    hs_probe_options options = c->options.probe;
    hs_way_set_options(way, &options);
    return hs_prober_new(&options, &course->prober, problem);
}

static hs_result make(hs_comparer *c, const char *target, hs_problem *problem)
{
    hs_result result = parse_urls(c, target, problem);
    size_t runs = (size_t)c->options.rounds * HS_WAY_COUNT;
    c->comparison = calloc(1, sizeof *c->comparison);
    c->rtts = calloc(runs, sizeof *c->rtts);
    c->quic_rtts = calloc(runs, sizeof *c->quic_rtts);
    if (result != HS_OK || !c->comparison || !c->rtts || !c->quic_rtts) {
        return result != HS_OK ? result : HS_NO_MEMORY;
    }
    (void)snprintf(c->comparison->target, sizeof c->comparison->target, "%.300s", c->target.text);
    for (int way = 0; result == HS_OK && way < HS_WAY_COUNT; way++) {
        result = prepare_way(c, (hs_way)way, problem);
    }
    return result;
}

hs_result hs_comparer_new(const hs_compare_options *options, const char *target, hs_comparer **out,
                          hs_problem *problem)
{
    hs_result result = check_options(options, problem);
    if (result != HS_OK) {
        return result;
    }
    hs_comparer *c = calloc(1, sizeof *c);
    if (!c) {
        return HS_NO_MEMORY;
    }
    c->options = *options;
    result = make(c, target, problem);
    if (result != HS_OK) {
        hs_comparer_free(c);
        return result;
    }
    *out = c;
    return HS_OK;
}

void hs_comparer_free(hs_comparer *c)
{
    if (!c) {
        return;
    }
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        hs_prober_free(c->courses[way].prober);
        hs_samples_free(&c->courses[way].samples);
        hs_trace_free(c->courses[way].last);
    }
    free(c->also);
    free(c->comparison);
    free(c->rtts);
    free(c->quic_rtts);
    free(c);
}

void hs_comparer_stop(hs_comparer *c)
{
    c->stopped = 1;
    hs_prober *running = c->running;
    if (running) {
        hs_prober_stop(running);
    }
}

/* --- a run --- */

static hs_time thread_cpu(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * HS_SECOND + now.tv_nsec;
}

static hs_result run_way(hs_comparer *c, hs_way way, hs_trace **trace, hs_time *cpu,
                         hs_problem *problem)
{
    way_course *course = &c->courses[way];
    *trace = NULL;
    c->running = course->prober;
    /* A signal between the last look at `stopped` and here has not seen the prober. */
    hs_result result = c->stopped ? HS_LIMIT
                                  : hs_prober_prepare(course->prober, course->url, trace, problem);
    if (result == HS_OK && !*trace) {
        hs_time before = thread_cpu();
        result = hs_prober_run(course->prober, course->url, trace, problem);
        *cpu = thread_cpu() - before;
    }
    c->running = NULL;
    return result;
}

static void note_rtt(hs_comparer *c, const hs_trace *trace)
{
    hs_time rtt = trace->accounting.path_rtt;
    /* With data in the SYN the kernel has no round trip of the SYN alone. */
    if (!trace->accounting.present || rtt == HS_TIME_NONE ||
        trace->tcp.syn_data_acknowledged == HS_YES) {
        return;
    }
    if (trace->quic.present) {
        c->quic_rtts[c->quic_rtt_count++] = rtt;
    } else {
        c->rtts[c->rtt_count++] = rtt;
        c->comparison->path_rtt_source = trace->accounting.path_rtt_source;
    }
}

static void note_address(hs_comparer *c, const hs_trace *trace)
{
    hs_comparison *all = c->comparison;
    if (!all->address[0] && trace->target.address) {
        (void)snprintf(all->address, sizeof all->address, "%s", trace->target.address);
    }
    if (!all->vantage[0] && trace->vantage) {
        (void)snprintf(all->vantage, sizeof all->vantage, "%s", trace->vantage);
    }
}

static void note_failure(hs_compare_row *row, const hs_trace *trace)
{
    row->failure = trace->failure.cls;
    (void)snprintf(row->why, sizeof row->why, "%s",
                   trace->failure.message ? trace->failure.message : "it failed");
}

static void keep_last(way_course *course, hs_trace *trace)
{
    hs_trace_free(course->last);
    course->last = trace;
}

/* --- the first look --- */

static const dead_end *find_dead_end(const hs_comparer *c, const hs_url *url, bool is_quic)
{
    for (size_t i = 0; i < c->dead_end_count; i++) {
        const dead_end *end = &c->dead_ends[i];
        if (end->port == url->port && end->is_quic == is_quic &&
            strcmp(end->host, url->host) == 0) {
            return end;
        }
    }
    return NULL;
}

static bool is_over_quic(hs_way way)
{
    return way >= HS_WAY_QUIC && way <= HS_WAY_QUIC_EARLY_DATA;
}

static void note_dead_end(hs_comparer *c, hs_way way, const hs_url *url, const hs_trace *trace)
{
    bool is_silent_quic = is_over_quic(way) && trace->failure.phase == HS_PHASE_QUIC &&
                          trace->bytes_received == 0;
    if (trace->failure.phase == HS_PHASE_DNS || trace->failure.phase == HS_PHASE_TCP ||
        is_silent_quic) {
        dead_end *end = &c->dead_ends[c->dead_end_count++];
        *end = (dead_end){.port = url->port, .is_quic = is_over_quic(way), .way = way};
        memcpy(end->host, url->host, sizeof end->host);
    }
}

/* Whether the target offers this way at all; what else it gives (a cookie, a ticket) is in place
 * for the rounds afterwards. */
static hs_result look_once(hs_comparer *c, hs_way way, const hs_url *url, hs_problem *problem)
{
    way_course *course = &c->courses[way];
    hs_compare_row *row = &c->comparison->rows[way];
    hs_trace *trace = NULL;
    hs_time cpu;
    hs_result result = run_way(c, way, &trace, &cpu, problem);
    if (result != HS_OK) {
        return result;
    }
    note_address(c, trace);
    if (c->options.run_done) {
        c->options.run_done(c->options.context, &(hs_compare_event){way, 0, trace});
    }
    row->state = HS_WAY_NOT_OFFERED;
    if (trace->failure.cls != HS_FAILURE_NONE) {
        note_failure(row, trace);
        note_dead_end(c, way, url, trace);
    } else if (hs_way_holds(way, trace, row->why)) {
        course->is_offered = true;
    }
    hs_trace_free(trace);
    return HS_OK;
}

static hs_result look_at(hs_comparer *c, hs_way way, hs_problem *problem)
{
    way_course *course = &c->courses[way];
    hs_compare_row *row = &c->comparison->rows[way];
    if (!course->prober) {
        return HS_OK;
    }
    hs_url url;
    hs_result result = hs_url_parse(course->url, &url, problem);
    for (int look = 0; result == HS_OK && look < FIRST_LOOKS && !course->is_offered; look++) {
        const dead_end *end = find_dead_end(c, &url, is_over_quic(way));
        if (end) {
            const hs_compare_row *first = &c->comparison->rows[end->way];
            row->state = HS_WAY_NOT_OFFERED;
            row->failure = first->failure;
            memcpy(row->why, first->why, sizeof row->why);
            return HS_OK;
        }
        result = look_once(c, way, &url, problem);
    }
    return result;
}

/* --- the rounds --- */

static hs_result count_run(hs_comparer *c, hs_way asked, hs_trace *trace, hs_time cpu)
{
    hs_way way = hs_way_of_run(asked, trace);
    hs_compare_row *row = &c->comparison->rows[way];
    note_rtt(c, trace);
    row->runs++;
    if (trace->failure.cls != HS_FAILURE_NONE) {
        row->failed++;
        note_failure(row, trace);
        hs_trace_free(trace);
        return HS_OK;
    }
    if (!hs_way_holds(way, trace, row->why)) {
        row->other++;
        hs_trace_free(trace);
        return HS_OK;
    }
    hs_sample sample;
    hs_sample_of(trace, cpu, &sample);
    if (way != asked) {
        (void)snprintf(row->url, sizeof row->url, "%s", c->courses[asked].url);
    }
    keep_last(&c->courses[way], trace);
    return hs_samples_add(&c->courses[way].samples, &sample);
}

static hs_result run_round(hs_comparer *c, int round, hs_problem *problem)
{
    for (int i = 0; i < HS_WAY_COUNT; i++) {
        hs_way way = (hs_way)i;
        if (!c->courses[way].is_offered) {
            continue;
        }
        hs_trace *trace = NULL;
        hs_time cpu = HS_TIME_NONE;
        hs_result result = run_way(c, way, &trace, &cpu, problem);
        if (result != HS_OK) {
            return result;
        }
        if (c->options.run_done) {
            c->options.run_done(c->options.context, &(hs_compare_event){way, round, trace});
        }
        result = count_run(c, way, trace, cpu);
        if (result != HS_OK) {
            return result;
        }
    }
    return HS_OK;
}

static hs_result run_all(hs_comparer *c, hs_problem *problem)
{
    hs_result result = HS_OK;
    for (int way = 0; result == HS_OK && way < HS_WAY_COUNT; way++) {
        result = look_at(c, (hs_way)way, problem);
    }
    while (result == HS_OK && c->comparison->rounds < c->options.rounds) {
        result = run_round(c, c->comparison->rounds + 1, problem);
        c->comparison->rounds += result == HS_OK;
    }
    c->comparison->interrupted = result == HS_LIMIT;
    return result == HS_LIMIT && c->comparison->rounds > 0 ? HS_OK : result;
}

/* --- summing up --- */

static hs_seen seen_or(hs_seen known, bool yes)
{
    return yes ? HS_YES : known;
}

static void copy_facts(const hs_trace *trace, hs_compare_row *row)
{
    char name[HS_FACT_TEXT_MAX];
    bool has_tls = trace->tls.present;
    row->encrypted = has_tls || trace->quic.present ? HS_YES : HS_NO;
    row->resumable = seen_or(HS_NO, trace->tls.tickets > 0 || trace->tls.resumed == HS_YES);
    bool is_multiplexed = trace->http2.present || trace->http3.present || trace->quic.present;
    row->multiplexed = seen_or(HS_NO, is_multiplexed);
    if (has_tls && trace->tls.version != 0) {
        (void)snprintf(row->tls_version, sizeof row->tls_version, "%s",
                       hs_fact_tls_version(trace->tls.version, name));
    }
    if (has_tls && trace->tls.has_cipher) {
        (void)snprintf(row->cipher, sizeof row->cipher, "%s",
                       hs_fact_cipher(trace->tls.cipher, name));
    }
    if (trace->tls.alpn) {
        (void)snprintf(row->alpn, sizeof row->alpn, "%s", trace->tls.alpn);
    }
}

static hs_result sum_up_row(hs_comparer *c, hs_way way)
{
    way_course *course = &c->courses[way];
    hs_compare_row *row = &c->comparison->rows[way];
    row->encrypted = row->resumable = row->multiplexed = HS_UNSEEN;
    if (course->samples.count > 0) {
        row->state = HS_WAY_MEASURED;
        copy_facts(course->last, row);
        if (row->failed == 0 && row->other == 0) {
            row->why[0] = '\0';
        }
    } else if (row->runs > 0) {
        row->state = HS_WAY_NOT_OFFERED;
    } else if (way == HS_WAY_QUIC && c->courses[HS_WAY_QUIC_RETRY].samples.count > 0) {
        row->state = HS_WAY_NOT_OFFERED;
        (void)snprintf(row->why, sizeof row->why, "the server answers every client with Retry");
    } else if (way == HS_WAY_QUIC_RETRY && !c->options.retry) {
        const hs_compare_row *plain = &c->comparison->rows[HS_WAY_QUIC];
        bool is_met = plain->state == HS_WAY_MEASURED;
        row->state = is_met ? HS_WAY_NOT_OFFERED : plain->state;
        (void)snprintf(row->why, sizeof row->why, "%s",
                       is_met ? "the server did not answer with Retry" : plain->why);
    }
    return hs_samples_sum_up(&course->samples, c->comparison->path_rtt.p50, row);
}

static hs_result sum_up(hs_comparer *c)
{
    hs_comparison *all = c->comparison;
    all->path_rtt = hs_quantiles_of(c->rtts, c->rtt_count);
    if (all->path_rtt.count == 0) {
        all->path_rtt = hs_quantiles_of(c->quic_rtts, c->quic_rtt_count);
        all->path_rtt_source = HS_CLOCK_QUIC_ACK;
    }
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        hs_result result = sum_up_row(c, (hs_way)way);
        if (result != HS_OK) {
            return result;
        }
    }
    const hs_trace *last[HS_WAY_COUNT];
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        last[way] = c->courses[way].last;
    }
    hs_savings_find(all, last);
    return HS_OK;
}

static int64_t wall_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * HS_SECOND + now.tv_nsec;
}

hs_result hs_comparer_run(hs_comparer *c, hs_comparison **out, hs_problem *problem)
{
    c->comparison->at = wall_now();
    hs_result result = run_all(c, problem);
    if (result == HS_OK) {
        result = sum_up(c);
    }
    if (result != HS_OK) {
        return result;
    }
    *out = c->comparison;
    c->comparison = NULL;
    return HS_OK;
}
