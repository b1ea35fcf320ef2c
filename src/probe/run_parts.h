/* What the files of a run (run*.c) share beyond run.h. */
#ifndef HS_PROBE_RUN_PARTS_H
#define HS_PROBE_RUN_PARTS_H

#include "probe/run.h"

/* run_outcome.c: the outcome is known, and nothing that comes later changes it. */
void hs_run_finish(hs_run *run);

/* run_deadlines.c: of the step at work; and of the whole run, where there is one. */
void hs_run_start_deadline(hs_run *run);
void hs_run_start_overall(hs_run *run);

/* run_steps.c: this step is at work from now on, under its deadline. */
void hs_run_enter(hs_run *run, const hs_step *step);
/* The ticket that has come, borrowed; empty: none. */
hs_bytes hs_run_ticket(const hs_run *run);

#endif
