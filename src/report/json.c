/* One record of schema handshake/1 (docs/schema/record.schema.json), on one line. */
#include <handshake/report.h>

#include "base/time_text.h"
#include "report/facts.h"
#include "report/json_parts.h"

static json_t *accounting(hs_json *json, const hs_trace *trace)
{
    char sentence[HS_FACT_SENTENCE_MAX];
    double round_trips;
    json_t *object = hs_json_accounting(json, &trace->accounting);
    if (hs_fact_ready_over_path_rtt(trace, &round_trips)) {
        hs_json_ratio(json, object, "ready_over_path_rtt", round_trips);
    }
    if (hs_fact_round_trips(trace, sentence, sizeof sentence)) {
        hs_json_text(json, object, "sentence", sentence);
    }
    return object;
}

static void set_times(hs_json *json, json_t *record, const hs_trace *trace)
{
    hs_json_set(json, record, "phases", hs_json_phases(json, trace));
    hs_json_set_nonempty(json, record, "milestones", hs_json_milestones(json, trace));
    hs_json_ms(json, record, "ready_ms", trace->milestones[HS_MILESTONE_READY].at);
    hs_json_ms(json, record, "first_response_ms",
               trace->milestones[HS_MILESTONE_FIRST_RESPONSE].at);
    hs_json_ms(json, record, "total_ms", trace->milestones[HS_MILESTONE_END].at);
    if (trace->accounting.present) {
        hs_json_set(json, record, "accounting", accounting(json, trace));
    }
}

static void set_protocols(hs_json *json, json_t *record, const hs_trace *trace)
{
    if (trace->tcp.present) {
        hs_json_set_nonempty(json, record, "tcp", hs_json_tcp(json, &trace->tcp));
    }
    if (trace->tls.present) {
        hs_json_set(json, record, "tls", hs_json_tls(json, &trace->tls));
    }
    if (trace->quic.present) {
        hs_json_set(json, record, "quic", hs_json_quic(json, &trace->quic));
    }
    if (trace->certificate_count > 0) {
        hs_json_set(json, record, "certificates", hs_json_certificates(json, trace));
    }
    if (trace->http.present) {
        hs_json_set_nonempty(json, record, "http", hs_json_http(json, &trace->http));
    }
    if (trace->http2.present || trace->http2.has_goaway) {
        hs_json_set(json, record, "http2", hs_json_http2(json, &trace->http2));
    }
    if (trace->http3.present || trace->http3.has_goaway) {
        hs_json_set(json, record, "http3", hs_json_http3(json, &trace->http3));
    }
    if (trace->websocket.present) {
        hs_json_set_nonempty(json, record, "websocket", hs_json_websocket(json, &trace->websocket));
    }
}

static json_t *make_record(hs_json *json, const hs_trace *trace, bool events)
{
    char at[HS_TIME_TEXT_MAX];
    json_t *record = hs_json_object(json);
    hs_json_text(json, record, "schema", "handshake/1");
    hs_json_text(json, record, "at", hs_time_rfc3339(trace->at, at));
    hs_json_text(json, record, "vantage", trace->vantage);
    hs_json_set(json, record, "target", hs_json_target(json, &trace->target));
    if (trace->capture.present) {
        hs_json_set_nonempty(json, record, "client", hs_json_client(json, &trace->capture));
        hs_json_set(json, record, "capture", hs_json_capture(json, &trace->capture));
    }
    hs_json_bool(json, record, "ok", trace->failure.cls == HS_FAILURE_NONE);
    hs_json_set(json, record, "failure", hs_json_failure(json, &trace->failure));
    set_times(json, record, trace);
    hs_json_integer(json, record, "bytes_sent", (int64_t)trace->bytes_sent);
    hs_json_integer(json, record, "bytes_received", (int64_t)trace->bytes_received);
    set_protocols(json, record, trace);
    hs_json_set(json, record, "findings", hs_json_findings(json, trace));
    if (trace->incomplete) {
        hs_json_bool(json, record, "incomplete", true);
    }
    if (events) {
        hs_json_set(json, record, "events", hs_json_events(json, trace));
        if (trace->events_dropped > 0) {
            hs_json_integer(json, record, "events_dropped", (int64_t)trace->events_dropped);
        }
    }
    return record;
}

hs_result hs_report_json(const hs_trace *trace, const hs_report_options *options, FILE *out)
{
    hs_json json = {false};
    json_t *record = make_record(&json, trace, options->events || options->verbosity > 0);
    if (options->way) {
        json_t *compare = hs_json_object(&json);
        hs_json_text(&json, compare, "way", options->way);
        hs_json_integer(&json, compare, "round", options->round);
        hs_json_set(&json, record, "compare", compare);
    }
    return hs_json_write(&json, record, out);
}
