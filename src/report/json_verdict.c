/* The failure, the findings and the events. */
#include "report/facts.h"
#include "report/json_parts.h"

json_t *hs_json_failure(hs_json *json, const hs_failure *failure)
{
    const hs_failure_descriptor *row = hs_failure_describe(failure->cls);
    if (!row) {
        return json_null();
    }
    json_t *object = hs_json_object(json);
    hs_json_text(json, object, "class", row->name);
    hs_json_text(json, object, "phase", hs_phase_name(failure->phase));
    hs_json_text(json, object, "message", failure->message ? failure->message : row->meaning);
    hs_json_text(json, object, "advice", failure->advice ? failure->advice : row->advice);
    hs_json_text(json, object, "last_event", failure->last_event);
    if (failure->os_errno != 0) {
        hs_json_integer(json, object, "errno", failure->os_errno);
    }
    if (failure->alert >= 0) {
        hs_json_integer(json, object, "alert", failure->alert);
    }
    if (failure->verify >= 0) {
        hs_json_integer(json, object, "verify", failure->verify);
    }
    hs_json_ms(json, object, "elapsed_ms", failure->elapsed);
    return object;
}

static json_t *finding_object(hs_json *json, const hs_finding *finding)
{
    json_t *object = hs_json_object(json);
    hs_json_text(json, object, "id", finding->id);
    hs_json_text(json, object, "severity", hs_severity_name(finding->severity));
    hs_json_text(json, object, "title", finding->title);
    hs_json_text(json, object, "evidence", finding->evidence);
    if (finding->cost_round_trips >= 0) {
        hs_json_integer(json, object, "cost_round_trips", finding->cost_round_trips);
    }
    hs_json_ms(json, object, "cost_ms", finding->cost);
    hs_json_text(json, object, "advice", finding->advice);
    return object;
}

json_t *hs_json_findings(hs_json *json, const hs_trace *trace)
{
    json_t *array = hs_json_array(json);
    for (const hs_finding *finding = trace->findings; finding; finding = finding->next) {
        hs_json_append(json, array, finding_object(json, finding));
    }
    return array;
}

/* A key that comes again makes its value a list. */
static void add_detail(hs_json *json, json_t *object, const hs_detail *detail)
{
    json_t *value = detail->text ? hs_json_string(detail->text) : json_integer(detail->number);
    json_t *before = json_object_get(object, detail->key);
    if (!before) {
        hs_json_set(json, object, detail->key, value);
    } else if (json_is_array(before)) {
        hs_json_append(json, before, value);
    } else {
        json_t *list = hs_json_array(json);
        hs_json_append(json, list, json_incref(before));
        hs_json_append(json, list, value);
        hs_json_set(json, object, detail->key, list);
    }
}

json_t *hs_json_details(hs_json *json, const hs_event *event)
{
    json_t *object = hs_json_object(json);
    for (const hs_detail *detail = event->details; detail; detail = detail->next) {
        add_detail(json, object, detail);
    }
    return object;
}

static json_t *event_object(hs_json *json, const hs_event *event)
{
    json_t *object = hs_json_object(json);
    hs_json_ms(json, object, "at_ms", event->moment.at);
    hs_json_text(json, object, "clock", hs_fact_clock(event->moment.clock));
    hs_json_text(json, object, "from", event->from == HS_CLIENT ? "client" : "server");
    hs_json_text(json, object, "layer", hs_layer_name(event->layer));
    hs_json_text(json, object, "name", event->name);
    hs_json_integer(json, object, "bytes", (int64_t)event->bytes);
    hs_json_bool(json, object, "encrypted", event->is_protected);
    hs_json_set_nonempty(json, object, "detail", hs_json_details(json, event));
    return object;
}

json_t *hs_json_events(hs_json *json, const hs_trace *trace)
{
    json_t *array = hs_json_array(json);
    for (const hs_event *event = trace->events; event; event = event->next) {
        hs_json_append(json, array, event_object(json, event));
    }
    return array;
}
