/* How a run came out, once and for all. */
#include <string.h>

#include "probe/run_parts.h"

const char *hs_run_peer(hs_run *run)
{
    const hs_target *target = &run->trace->target;
    hs_arena *arena = hs_trace_arena(run->trace);
    const char *text = NULL;
    if (target->address && strcmp(target->address, target->host) != 0) {
        text = hs_arena_printf(arena, "%s port %u (%s)", target->host, target->port,
                               target->address);
    } else {
        text = hs_arena_printf(arena, "%s port %u", target->host, target->port);
    }
    return text ? text : "the peer";
}

void hs_run_finish(hs_run *run)
{
    run->finished = true;
    hs_trace_mark(run->trace, HS_MILESTONE_END, hs_run_now(run));
    uv_timer_stop(&run->overall);
    uv_timer_stop(&run->deadline);
}

void hs_run_fail(hs_run *run, hs_failure_class cls, const char *format, ...)
{
    if (run->finished) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    const char *message = hs_arena_vprintf(hs_trace_arena(run->trace), format, arguments);
    va_end(arguments);
    hs_trace_fail(run->trace, cls, run->phase, hs_run_now(run).at, "%s",
                  message ? message : hs_failure_describe(cls)->meaning);
    hs_run_finish(run);
    run->over = true;
}

void hs_run_give_up(hs_run *run, hs_result result)
{
    if (run->result == HS_OK) {
        run->result = result;
    }
    hs_run_fail(run, HS_FAILURE_LOCAL, "this host could not go on: %s", hs_result_text(result));
    run->over = true;
}
