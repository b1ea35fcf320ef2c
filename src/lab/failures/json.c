/* Failures for scripts: the prober's own records, and what they were to be. */
#include "lab/failures/failures.h"
#include "lab/relay_report.h"
#include "report/json_object.h"

static json_t *begin(hs_json *json, hs_namespace_way way)
{
    json_t *object = hs_json_object(json);
    hs_json_text(json, object, "schema", "handshake-lab/1");
    hs_json_text(json, object, "experiment", "failures");
    hs_json_text(json, object, "namespaces", way == HS_WAY_USER ? "user" : "root");
    return object;
}

static json_t *lab_object(hs_json *json, const hs_failure_outcome *outcome)
{
    const hs_failure_case *row = hs_failure_case_at(outcome->number);
    json_t *object = hs_json_object(json);
    hs_json_text(json, object, "case", row->name);
    hs_json_text(json, object, "done", row->done);
    hs_json_text(json, object, "expected_class", hs_failure_describe(row->cls)->name);
    hs_json_text(json, object, "expected_phase", hs_phase_name(row->phase));
    if (outcome->result == HS_OK) {
        const hs_failure_descriptor *d = hs_failure_describe(outcome->cls);
        hs_json_integer(json, object, "exit_status", d ? d->exit_status : 0);
    }
    hs_json_bool(json, object, "as_expected", hs_failure_is_as_expected(outcome));
    return object;
}

hs_result hs_failures_json_outcome(const hs_failure_outcome *outcome, hs_namespace_way way,
                                   FILE *out)
{
    hs_json json = {.failed = false};
    json_t *object;
    if (outcome->record) {
        object = json_loadb(outcome->record, outcome->record_len, 0, NULL);
        json.failed = !object;
    } else {
        object = begin(&json, way);
        hs_json_text(&json, object, "problem", outcome->problem);
    }
    hs_json_set(&json, object, "lab", lab_object(&json, outcome));
    return hs_json_write(&json, object, out);
}

/* The classes that the catalogue does not have, and why. */
static json_t *not_made_array(hs_json *json)
{
    json_t *list = hs_json_array(json);
    for (int i = HS_FAILURE_NONE + 1; i < HS_FAILURE_COUNT; i++) {
        const char *why = hs_failure_not_made((hs_failure_class)i);
        if (why) {
            json_t *one = hs_json_object(json);
            hs_json_text(json, one, "class", hs_failure_describe((hs_failure_class)i)->name);
            hs_json_text(json, one, "because", why);
            hs_json_append(json, list, one);
        }
    }
    return list;
}

hs_result hs_failures_json_summary(const hs_failures_summary *summary, bool are_all, FILE *out)
{
    hs_json json = {.failed = false};
    json_t *object = begin(&json, summary->way);
    hs_json_integer(&json, object, "cases", (int64_t)summary->run);
    hs_json_integer(&json, object, "as_expected", (int64_t)summary->as_expected);
    hs_json_integer(&json, object, "classes", (int64_t)summary->classes);
    if (are_all) {
        hs_json_set(&json, object, "not_made", not_made_array(&json));
    }
    hs_json_ms(&json, object, "took_ms", summary->took);
    hs_json_set(&json, object, "path", hs_relay_json(&json, &summary->path, &summary->relay));
    return hs_json_write(&json, object, out);
}
