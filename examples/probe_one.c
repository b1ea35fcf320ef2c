/* Probes one URL and prints when it was ready. */
#include <handshake/handshake.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    hs_probe_options options;
    hs_prober *prober;
    hs_trace *trace;
    hs_problem problem = {"out of memory"};
    hs_probe_options_init(&options);
    if (hs_prober_new(&options, &prober, &problem) != HS_OK ||
        hs_prober_run(prober, argc > 1 ? argv[1] : "", &trace, &problem) != HS_OK)
        return puts(problem.text), 2;
    const hs_failure_descriptor *failure = hs_failure_describe(trace->failure.cls);
    hs_time at = failure ? trace->failure.elapsed : trace->milestones[HS_MILESTONE_READY].at;
    printf("%s at %.3f ms\n", failure ? failure->name : "ready", (double)at / 1e6);
    hs_trace_free(trace);
    hs_prober_free(prober);
    return failure ? failure->exit_status : 0;
}
