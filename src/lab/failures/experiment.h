/* The process of `lab failures`: what it is started with, and what it answers.
 *
 * Its answer is an opening, which says whether there will be more; an outcome for each case, in the
 * order in which they come to their ends; an opening again, and the report of the relay.
 */
#ifndef HS_LAB_FAILURE_EXPERIMENT_H
#define HS_LAB_FAILURE_EXPERIMENT_H

#include "lab/child.h"
#include "lab/failures/failures.h"

enum { HS_FAILURE_CASE_SECONDS = 60 }; /* after which it is ended */

/* What the experiment's process begins and ends its answer with. */
typedef struct hs_failures_opening {
    hs_result result;
    hs_problem problem;
    hs_namespace_way way;
} hs_failures_opening;

/* For hs_child_start; `options` are hs_failures_options. */
void hs_failures_experiment(void *options, int fd);

/* An outcome, and its two texts behind it. */
HS_CHECKED hs_result hs_failure_outcome_write(int fd, const hs_failure_outcome *outcome);
/* `is_stopped` may be NULL. What it gives is for hs_failure_outcome_free. */
HS_CHECKED hs_result hs_failure_outcome_read(const hs_child *child, hs_time deadline,
                                             bool (*is_stopped)(void), hs_failure_outcome *outcome);
void hs_failure_outcome_free(hs_failure_outcome *outcome);

#endif
