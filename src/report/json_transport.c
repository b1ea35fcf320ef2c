/* Target, phases and accounting. */
#include <string.h>

#include "report/facts.h"
#include "report/json_parts.h"

static json_t *attempt_object(hs_json *json, const hs_attempt *attempt)
{
    json_t *object = hs_json_object(json);
    hs_json_text(json, object, "address", attempt->address);
    if (attempt->family != 0) {
        hs_json_integer(json, object, "family", attempt->family);
    }
    hs_json_ms(json, object, "start_ms", attempt->start);
    if (attempt->end != HS_TIME_NONE) {
        hs_json_ms(json, object, "ms", attempt->end - attempt->start);
    }
    hs_json_bool(json, object, "won", attempt->won);
    hs_json_text(json, object, "failure", hs_fact_failure_class(attempt->failure));
    if (attempt->os_errno != 0) {
        hs_json_integer(json, object, "errno", attempt->os_errno);
    }
    return object;
}

json_t *hs_json_target(hs_json *json, const hs_target *target)
{
    json_t *object = hs_json_object(json);
    hs_json_text(json, object, "url", target->url);
    hs_json_text(json, object, "scheme", target->scheme);
    hs_json_text(json, object, "host", target->host);
    hs_json_integer(json, object, "port", target->port);
    hs_json_text(json, object, "path", target->path);
    hs_json_text(json, object, "address", target->address);
    if (target->family != 0) {
        hs_json_integer(json, object, "family", target->family);
    }
    if (target->attempt_count > 0) {
        json_t *attempts = hs_json_array(json);
        for (size_t i = 0; i < target->attempt_count; i++) {
            hs_json_append(json, attempts, attempt_object(json, &target->attempts[i]));
        }
        hs_json_set(json, object, "attempts", attempts);
    }
    return object;
}

static json_t *phase_object(hs_json *json, const hs_phase_span *span)
{
    json_t *object = hs_json_object(json);
    hs_json_ms(json, object, "start_ms", span->start.at);
    hs_json_ms(json, object, "ms", hs_fact_span_time(span));
    if (span->round_trips >= 0) {
        hs_json_integer(json, object, "round_trips", span->round_trips);
    }
    hs_json_text(json, object, "clock", hs_fact_clock(hs_fact_span_clock(span)));
    return object;
}

json_t *hs_json_phases(hs_json *json, const hs_trace *trace)
{
    json_t *object = hs_json_object(json);
    for (hs_phase phase = 0; phase < HS_PHASE_COUNT; phase++) {
        if (trace->phases[phase].present) {
            hs_json_set(json, object, hs_phase_name(phase),
                        phase_object(json, &trace->phases[phase]));
        }
    }
    return object;
}

json_t *hs_json_milestones(hs_json *json, const hs_trace *trace)
{
    json_t *object = hs_json_object(json);
    for (hs_milestone milestone = 0; milestone < HS_MILESTONE_COUNT; milestone++) {
        hs_json_ms(json, object, hs_milestone_name(milestone), trace->milestones[milestone].at);
    }
    return object;
}

json_t *hs_json_accounting(hs_json *json, const hs_accounting *accounting)
{
    static const char *const keys[HS_FACT_PART_COUNT] = {"dns_ms",    "network_ms", "server_ms",
                                                         "client_ms", "tail_ms",    "loss_ms"};
    hs_fact_part parts[HS_FACT_PART_COUNT];
    hs_fact_parts(accounting, parts);
    json_t *object = hs_json_object(json);
    if (accounting->path_rtt != HS_TIME_NONE) {
        hs_json_ms(json, object, "path_rtt_ms", accounting->path_rtt);
        hs_json_text(json, object, "path_rtt_source", hs_fact_clock(accounting->path_rtt_source));
    }
    if (accounting->round_trips_to_ready >= 0) {
        hs_json_integer(json, object, "round_trips_to_ready", accounting->round_trips_to_ready);
    }
    for (int i = 0; i < HS_FACT_PART_COUNT; i++) {
        hs_json_ms(json, object, keys[i], parts[i].time);
    }
    return object;
}
