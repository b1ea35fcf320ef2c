/* The rounds: every way once, then every way once more. */
#include "compare/comparer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net/file.h"

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

static hs_result parse_retry(hs_comparer *c, hs_problem *problem)
{
    hs_url url;
    hs_result result = hs_url_parse(c->options.retry, &url, problem);
    if (result == HS_OK && !url.scheme->is_quic && !hs_scheme_over_quic(url.scheme)) {
        return hs_problem_set(problem, HS_INVALID,
                              "'%.300s': Retry is QUIC's, so it needs https:// or quic://",
                              url.text);
    }
    if (result == HS_OK && strlen(url.text) >= HS_WAY_URL_MAX) {
        return hs_problem_set(problem, HS_INVALID, "'%.60s…': the URL is longer than %d bytes",
                              url.text, HS_WAY_URL_MAX - 1);
    }
    if (result == HS_OK) {
        (void)snprintf(c->courses[HS_WAY_QUIC_RETRY].url, HS_WAY_URL_MAX, "%.319s", url.text);
    }
    return result;
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
    return result == HS_OK && c->options.retry ? parse_retry(c, problem) : result;
}

static bool set_url(hs_comparer *c, hs_way way, char why[HS_WAY_WHY_MAX])
{
    if (way == HS_WAY_QUIC_RETRY) {
        /* Without a URL of its own it is met on the way of QUIC, or not; that is known later. */
        why[0] = '\0';
        return c->options.retry != NULL;
    }
    return hs_way_url(way, &c->target, c->also, c->options.also_count, c->courses[way].url, why);
}

static hs_result prepare_way(hs_comparer *c, hs_way way, hs_problem *problem)
{
    hs_course *course = &c->courses[way];
    hs_compare_row *row = &c->comparison->rows[way];
    row->way = way;
    row->state = HS_WAY_NOT_TRIED;
    if (!set_url(c, way, row->why)) {
        return HS_OK;
    }
    (void)snprintf(row->url, sizeof row->url, "%s", course->url);
    hs_probe_options options = c->options.probe;
    hs_way_set_options(way, course->url, &options);
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

hs_result hs_course_run(hs_comparer *c, hs_way way, hs_trace **trace, hs_time *cpu,
                        hs_problem *problem)
{
    hs_course *course = &c->courses[way];
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

void hs_course_note_failure(hs_compare_row *row, const hs_trace *trace)
{
    row->failure = trace->failure.cls;
    (void)snprintf(row->why, sizeof row->why, "%s",
                   trace->failure.message ? trace->failure.message : "it failed");
}

static void keep_last(hs_course *course, hs_trace *trace)
{
    hs_trace_free(course->last);
    course->last = trace;
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
        hs_course_note_failure(row, trace);
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
        hs_result result = hs_course_run(c, way, &trace, &cpu, problem);
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
        result = hs_course_look(c, (hs_way)way, problem);
    }
    while (result == HS_OK && c->comparison->rounds < c->options.rounds) {
        result = run_round(c, c->comparison->rounds + 1, problem);
        c->comparison->rounds += result == HS_OK;
    }
    c->comparison->interrupted = result == HS_LIMIT;
    return result == HS_LIMIT && c->comparison->rounds > 0 ? HS_OK : result;
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
        result = hs_comparer_sum_up(c);
    }
    if (result != HS_OK) {
        return result;
    }
    *out = c->comparison;
    c->comparison = NULL;
    return HS_OK;
}
