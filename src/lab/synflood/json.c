/* A SYN flood for scripts. */

#include "lab/synflood/synflood.h"
#include "report/json_object.h"

static json_t *options_object(hs_json *json, const hs_honest_options *options)
{
    json_t *object = hs_json_object(json);
    hs_json_integer(json, object, "connected", options->connected);
    hs_json_integer(json, object, "window_scale", options->window_scale);
    hs_json_integer(json, object, "sack", options->sack);
    return object;
}

static json_t *phase_object(hs_json *json, const hs_synflood_row *row, hs_flood_phase which)
{
    const hs_honest_phase *phase = &row->phases[which];
    json_t *object = hs_json_object(json);
    hs_json_integer(json, object, "attempts", phase->attempts);
    hs_json_integer(json, object, "connected", phase->connected);
    if (phase->attempts > 0) {
        hs_json_set(json, object, "success", json_real(hs_honest_success(phase)));
    }
    hs_json_ms(json, object, "p50_ms", phase->p50);
    hs_json_ms(json, object, "p90_ms", phase->p90);
    hs_json_ms(json, object, "p99_ms", phase->p99);
    json_t *options = hs_json_object(json);
    hs_json_set(json, options, "with_timestamps", options_object(json, &phase->with_timestamps));
    hs_json_set(json, options, "without_timestamps",
                options_object(json, &phase->without_timestamps));
    hs_json_set(json, object, "options", options);
    hs_json_text(json, object, "explanation", hs_synflood_phase_words(row, which));
    return object;
}

static json_t *flood_object(hs_json *json, const hs_synflood_row *row)
{
    json_t *object = hs_json_object(json);
    hs_json_integer(json, object, "rate", row->options.rate);
    hs_json_ms(json, object, "from_ms", row->flood_from);
    hs_json_ms(json, object, "to_ms", row->flood_to);
    hs_json_ms(json, object, "took_ms", row->flood.took);
    hs_json_integer(json, object, "sent", (int64_t)row->flood.sent);
    hs_json_integer(json, object, "refused", (int64_t)row->flood.refused);
    return object;
}

static json_t *half_open_object(hs_json *json, const hs_synflood_row *row)
{
    json_t *object = hs_json_object(json);
    json_t *samples = hs_json_array(json);
    for (size_t i = 0; i < row->sample_count; i++) {
        json_t *sample = hs_json_object(json);
        hs_json_ms(json, sample, "at_ms", row->samples[i].at);
        hs_json_integer(json, sample, "count", (int64_t)row->samples[i].half_open);
        hs_json_append(json, samples, sample);
    }
    hs_json_integer(json, object, "max", (int64_t)hs_synflood_half_open_max(row));
    hs_json_set(json, object, "samples", samples);
    hs_json_text(json, object, "explanation", hs_synflood_half_open_words(row));
    return object;
}

static json_t *counters_object(hs_json *json, const hs_synflood_row *row)
{
    json_t *object = hs_json_object(json);
    for (int i = 0; i < HS_LISTEN_COUNTER_COUNT; i++) {
        if (row->counters.values[i] != HS_COUNTER_UNSEEN) {
            hs_json_integer(json, object, hs_listen_counter_name((hs_listen_counter)i),
                            row->counters.values[i]);
        }
    }
    return object;
}

static json_t *phases_object(hs_json *json, const hs_synflood_row *row)
{
    json_t *object = hs_json_object(json);
    for (int i = 0; i < HS_FLOOD_PHASE_COUNT; i++) {
        hs_json_set(json, object, hs_flood_phase_name((hs_flood_phase)i),
                    phase_object(json, row, (hs_flood_phase)i));
    }
    return object;
}

hs_result hs_synflood_json(const hs_synflood_row *row, FILE *out)
{
    hs_json json = {.failed = false};
    json_t *object = hs_json_object(&json);
    hs_json_text(&json, object, "schema", "handshake-lab/1");
    hs_json_text(&json, object, "experiment", "synflood");
    hs_json_text(&json, object, "namespaces", row->way == HS_WAY_USER ? "user" : "root");
    hs_json_integer(&json, object, "tcp_syncookies", row->options.syncookies);
    hs_json_integer(&json, object, "backlog", row->options.backlog);
    hs_json_set(&json, object, "flood", flood_object(&json, row));
    hs_json_set(&json, object, "honest", phases_object(&json, row));
    hs_json_text(&json, object, "options_explanation", hs_synflood_options_words(row));
    if (row->sample_count > 0) {
        hs_json_set(&json, object, "half_open", half_open_object(&json, row));
    }
    hs_json_set(&json, object, "counters", counters_object(&json, row));
    return hs_json_write(&json, object, out);
}
