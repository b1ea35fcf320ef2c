/* A comparison as one record. */
#include "base/time_text.h"
#include "report/facts.h"
#include "report/json_object.h"
#include "report/json_parts.h"

#include <handshake/compare.h>

#define SCHEMA "handshake-compare/1"

static void set_text(hs_json *json, json_t *object, const char *key, const char *text)
{
    if (text[0]) {
        hs_json_text(json, object, key, text);
    }
}

static void set_quantiles(hs_json *json, json_t *object, const char *key, const hs_quantiles *q)
{
    json_t *inner = hs_json_object(json);
    if (q->count > 0) {
        hs_json_integer(json, inner, "count", q->count);
        hs_json_ms(json, inner, "min", q->least);
        hs_json_ms(json, inner, "p50", q->p50);
        hs_json_ms(json, inner, "p95", q->p95);
        hs_json_ms(json, inner, "max", q->most);
    }
    hs_json_set_nonempty(json, object, key, inner);
}

static const char *state_name(hs_way_state state)
{
    static const char *const names[] = {[HS_WAY_MEASURED] = "measured",
                                        [HS_WAY_NOT_OFFERED] = "not_offered",
                                        [HS_WAY_NOT_TRIED] = "not_tried"};
    return names[state];
}

static json_t *phases_of(hs_json *json, const hs_compare_row *row)
{
    json_t *phases = hs_json_object(json);
    for (hs_phase phase = 0; phase < HS_PHASE_COUNT; phase++) {
        hs_json_ms(json, phases, hs_phase_name(phase), row->phases[phase]);
    }
    return phases;
}

static void set_measured(hs_json *json, json_t *object, const hs_compare_row *row)
{
    json_t *round_trips = hs_json_object(json);
    hs_json_ratio(json, round_trips, "ready", row->round_trips_to_ready);
    hs_json_ratio(json, round_trips, "settings", row->round_trips_to_settings);
    hs_json_ratio(json, round_trips, "first_response", row->round_trips_to_response);
    hs_json_set_nonempty(json, object, "round_trips", round_trips);
    set_quantiles(json, object, "ready_ms", &row->ready);
    set_quantiles(json, object, "settings_ms", &row->settings);
    set_quantiles(json, object, "first_response_ms", &row->first_response);
    set_quantiles(json, object, "cpu_ms", &row->cpu);
    hs_json_integer(json, object, "bytes_sent", (int64_t)row->bytes_sent);
    hs_json_integer(json, object, "bytes_received", (int64_t)row->bytes_received);
    hs_json_seen(json, object, "encrypted", row->encrypted);
    hs_json_seen(json, object, "resumable", row->resumable);
    hs_json_seen(json, object, "multiplexed", row->multiplexed);
    set_text(json, object, "tls_version", row->tls_version);
    set_text(json, object, "cipher", row->cipher);
    set_text(json, object, "alpn", row->alpn);
    hs_json_set_nonempty(json, object, "phases_ms", phases_of(json, row));
    if (row->accounting.present) {
        hs_json_ms(json, object, "total_ms", row->accounting.total);
        hs_json_set(json, object, "accounting", hs_json_accounting(json, &row->accounting));
    }
    set_text(json, object, "sentence", row->sentence);
}

static json_t *row_of(hs_json *json, const hs_compare_row *row)
{
    json_t *object = hs_json_object(json);
    hs_json_text(json, object, "way", hs_way_name(row->way));
    hs_json_text(json, object, "title", hs_way_title(row->way));
    hs_json_text(json, object, "state", state_name(row->state));
    set_text(json, object, "url", row->url);
    set_text(json, object, "why", row->why);
    if (row->failure != HS_FAILURE_NONE) {
        hs_json_text(json, object, "failure", hs_fact_failure_class(row->failure));
    }
    hs_json_integer(json, object, "runs", row->runs);
    hs_json_integer(json, object, "failed", row->failed);
    hs_json_integer(json, object, "other", row->other);
    if (row->state == HS_WAY_MEASURED) {
        set_measured(json, object, row);
    }
    return object;
}

static json_t *saving_of(hs_json *json, const hs_saving *saving)
{
    json_t *object = hs_json_object(json);
    hs_json_text(json, object, "name", saving->name);
    hs_json_text(json, object, "title", saving->title);
    hs_json_bool(json, object, "measured", saving->measured);
    hs_json_text(json, object, "from", hs_way_name(saving->from));
    hs_json_text(json, object, "to", hs_way_name(saving->to));
    hs_json_ratio(json, object, "round_trips", saving->round_trips);
    hs_json_ms(json, object, "ms", saving->time);
    hs_json_text(json, object, "advice", saving->advice);
    return object;
}

static json_t *record_of(hs_json *json, const hs_comparison *all)
{
    char time[HS_TIME_TEXT_MAX];
    json_t *record = hs_json_object(json);
    hs_json_text(json, record, "schema", SCHEMA);
    hs_json_text(json, record, "at", hs_time_rfc3339(all->at, time));
    set_text(json, record, "vantage", all->vantage);
    hs_json_text(json, record, "target", all->target);
    set_text(json, record, "address", all->address);
    hs_json_integer(json, record, "rounds", all->rounds);
    hs_json_bool(json, record, "interrupted", all->interrupted);
    set_quantiles(json, record, "path_rtt_ms", &all->path_rtt);
    if (all->path_rtt.count > 0) {
        hs_json_text(json, record, "path_rtt_source", hs_fact_clock(all->path_rtt_source));
    }
    json_t *ways = hs_json_array(json);
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        hs_json_append(json, ways, row_of(json, &all->rows[way]));
    }
    hs_json_set(json, record, "ways", ways);
    json_t *savings = hs_json_array(json);
    for (size_t i = 0; i < all->saving_count; i++) {
        hs_json_append(json, savings, saving_of(json, &all->savings[i]));
    }
    hs_json_set(json, record, "savings", savings);
    return record;
}

hs_result hs_compare_json(const hs_comparison *comparison, FILE *out)
{
    hs_json json = {false};
    json_t *record = record_of(&json, comparison);
    return hs_json_write(&json, record, out);
}
