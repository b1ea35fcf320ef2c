/* What the rules share. */
#include <stdarg.h>
#include <string.h>

#include "findings/rules.h"

bool hs_judgement_say(hs_judgement *judgement, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    judgement->finding->evidence = hs_arena_vprintf(judgement->arena, format, arguments);
    va_end(arguments);
    return true;
}

void hs_judgement_costs_round_trips(hs_judgement *judgement, int round_trips)
{
    const hs_accounting *accounting = &judgement->trace->accounting;
    judgement->finding->cost_round_trips = round_trips;
    if (accounting->present && accounting->path_rtt != HS_TIME_NONE) {
        judgement->finding->cost = round_trips * accounting->path_rtt;
    }
}

bool hs_trace_reached(const hs_trace *trace, hs_milestone milestone)
{
    return trace->milestones[milestone].at != HS_TIME_NONE;
}

hs_time hs_trace_between(const hs_trace *trace, hs_milestone from, hs_milestone to)
{
    if (!hs_trace_reached(trace, from) || !hs_trace_reached(trace, to)) {
        return HS_TIME_NONE;
    }
    return trace->milestones[to].at - trace->milestones[from].at;
}

bool hs_trace_is_loopback(const hs_trace *trace)
{
    const char *address = trace->target.address;
    return address && (strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0);
}
