/* The caller's side of the experiment: what comes is put in order and told. */
#include "lab/failures/failures.h"

#include <stdlib.h>

#include "lab/failures/experiment.h"
#include "net/clock.h"
#include "net/file.h"

enum { START_SECONDS = 60, END_SECONDS = 20 };

typedef struct telling {
    const hs_failures_options *options;
    bool (*done)(void *context, hs_namespace_way way, const hs_failure_outcome *outcome);
    void *context;
    hs_failures_summary *summary;
    hs_failure_outcome *outcomes; /* those that came, by number */
    bool has_come[HS_FAILURE_CASES_MAX];
    size_t next;           /* to be told */
    hs_failure_class last; /* that was told */
} telling;

/* Those whose turn it is. */
static hs_result tell(telling *t)
{
    const size_t count = hs_failure_case_count();
    hs_failures_summary *summary = t->summary;
    for (; t->next < count; t->next++) {
        if (!t->options->chosen[t->next]) {
            continue;
        }
        if (!t->has_come[t->next]) {
            break;
        }
        hs_failure_outcome *outcome = &t->outcomes[t->next];
        /* They stand in the order of the classes. */
        const hs_failure_class cls = hs_failure_case_at(t->next)->cls;
        summary->classes += cls != t->last ? 1 : 0;
        t->last = cls;
        summary->run++;
        summary->as_expected += hs_failure_is_as_expected(outcome) ? 1 : 0;
        if (!t->done(t->context, summary->way, outcome)) {
            return HS_LIMIT;
        }
    }
    return HS_OK;
}

static hs_result read_opening(const hs_child *child, const hs_failures_options *options,
                              hs_failures_opening *o)
{
    const hs_time deadline = hs_clock_monotonic() + START_SECONDS * HS_SECOND;
    return hs_child_read(child, o, sizeof *o, deadline, options->is_stopped);
}

static hs_result read_all(telling *t, const hs_child *child, hs_failures_opening *o)
{
    hs_result result = read_opening(child, t->options, o);
    if (result != HS_OK || o->result != HS_OK) {
        return result;
    }
    t->summary->way = o->way;
    size_t left = 0;
    for (size_t i = 0; i < hs_failure_case_count(); i++) {
        left += t->options->chosen[i] ? 1 : 0;
    }
    for (; result == HS_OK && left > 0; left--) {
        hs_failure_outcome outcome;
        result = hs_failure_outcome_read(
            child, hs_clock_monotonic() + 2 * HS_FAILURE_CASE_SECONDS * HS_SECOND,
            t->options->is_stopped, &outcome);
        if (result == HS_OK) {
            t->outcomes[outcome.number] = outcome;
            t->has_come[outcome.number] = true;
            result = tell(t);
        }
    }
    if (result == HS_OK) {
        result = read_opening(child, t->options, o);
    }
    return result == HS_OK ? hs_child_read(child, &t->summary->relay, sizeof t->summary->relay,
                                           hs_clock_monotonic() + END_SECONDS * HS_SECOND, NULL)
                           : result;
}

hs_result hs_failures_run(const hs_failures_options *options,
                          bool (*done)(void *context, hs_namespace_way way,
                                       const hs_failure_outcome *outcome),
                          void *context, hs_failures_summary *summary, hs_problem *problem)
{
    const hs_time start = hs_clock_monotonic();
    hs_failures_options copy = *options;
    hs_child child;
    hs_failures_opening o = {.result = HS_OK};
    telling t = {.options = options,
                 .done = done,
                 .context = context,
                 .summary = summary,
                 .outcomes = calloc(HS_FAILURE_CASES_MAX, sizeof *t.outcomes)};
    *summary = (hs_failures_summary){.path = {.delay = options->rtt / 2, .seed = 1}};
    if (!t.outcomes) {
        return HS_NO_MEMORY;
    }
    hs_result result = hs_child_start(&child, hs_failures_experiment, &copy);
    if (result == HS_OK) {
        result = read_all(&t, &child, &o);
        hs_child_end(&child);
    }
    for (size_t i = 0; i < HS_FAILURE_CASES_MAX; i++) {
        hs_failure_outcome_free(&t.outcomes[i]);
    }
    free(t.outcomes);
    summary->took = hs_clock_monotonic() - start;
    if (result != HS_OK) {
        return hs_problem_set(problem, result, "%s",
                              result == HS_LIMIT ? "it took too long, and was ended"
                                                 : "its process ended without a result");
    }
    *problem = o.problem;
    return o.result;
}
