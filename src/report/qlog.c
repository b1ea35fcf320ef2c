/* One trace as a qlog file of JSON text sequences (RFC 7464): draft-ietf-quic-qlog-main-schema-14,
 * the event schemas of draft-ietf-quic-qlog-quic-events-13 and draft-ietf-quic-qlog-h3-events-13,
 * and this program's own for what those have no event for (docs/qlog.md). */
#include <stdlib.h>
#include <string.h>

#include <handshake/report.h>

#include "base/time_text.h"
#include "report/qlog_parts.h"

enum { REAL_DIGITS = 15, RECORD_SEPARATOR = 0x1e, FIRST_CAPACITY = 64 };

static bool make_room(hs_qlog *q)
{
    if (q->count < q->capacity) {
        return true;
    }
    size_t capacity = q->capacity > 0 ? 2 * q->capacity : FIRST_CAPACITY;
    hs_qlog_entry *entries = realloc(q->entries, capacity * sizeof *entries);
    if (!entries) {
        return false;
    }
    q->entries = entries;
    q->capacity = capacity;
    return true;
}

void hs_qlog_add(hs_qlog *q, hs_time at, const char *name, json_t *data)
{
    json_t *event = hs_json_object(&q->json);
    hs_json_ms(&q->json, event, "time", at);
    hs_json_text(&q->json, event, "name", name);
    hs_json_set(&q->json, event, "data", data);
    if (!event || !make_room(q)) {
        q->json.failed = true;
        json_decref(event);
        return;
    }
    q->entries[q->count] = (hs_qlog_entry){.at = at, .order = q->count, .event = event};
    q->count++;
}

const hs_detail *hs_qlog_detail(const hs_event *event, const char *key)
{
    for (const hs_detail *detail = event->details; detail; detail = detail->next) {
        if (strcmp(detail->key, key) == 0) {
            return detail;
        }
    }
    return NULL;
}

const char *hs_qlog_text(const hs_event *event, const char *key)
{
    const hs_detail *detail = hs_qlog_detail(event, key);
    return detail ? detail->text : NULL;
}

/* --- the events --- */

static void add_quic(hs_qlog *q, const hs_event *event)
{
    if (event->type >= HS_EVENT_QUIC_PACKET) {
        hs_qlog_packet_event(q, event);
    } else {
        hs_qlog_frame_event(q, event);
    }
}

static void add_event(hs_qlog *q, const hs_event *event)
{
    switch (event->layer) {
    case HS_LAYER_UDP:
        hs_qlog_datagram(q, event);
        break;
    case HS_LAYER_QUIC:
        add_quic(q, event);
        break;
    case HS_LAYER_HTTP3:
        hs_qlog_http3_event(q, event);
        break;
    case HS_LAYER_TLS:
        hs_qlog_message(q, event);
        hs_qlog_connection_tls(q, event);
        break;
    default:
        hs_qlog_message(q, event);
        break;
    }
}

static void add_events(hs_qlog *q)
{
    for (const hs_event *event = q->trace->events; event && !q->json.failed; event = event->next) {
        if (event->moment.at != HS_TIME_NONE) {
            add_event(q, event);
        }
    }
    if (!q->json.failed) {
        hs_qlog_packets_end(q);
        hs_qlog_parameters(q);
    }
}

/* What crosses one way may have been read later than it came, so events in the order of the wire
 * are not always in that of their times. */
static int compare_entries(const void *a, const void *b)
{
    const hs_qlog_entry *left = a;
    const hs_qlog_entry *right = b;
    if (left->at != right->at) {
        return left->at < right->at ? -1 : 1;
    }
    return left->order < right->order ? -1 : left->order > right->order;
}

/* --- the header --- */

/* A probe measures by a clock that does not jump, of which no date is known for certain; the times
 * of a capture's packets are dates. */
static json_t *reference_time(hs_qlog *q)
{
    char at[HS_TIME_TEXT_MAX];
    bool is_capture = q->trace->capture.present;
    json_t *object = hs_json_object(&q->json);
    hs_time_rfc3339(q->trace->at, at);
    hs_json_text(&q->json, object, "clock_type", is_capture ? "system" : "monotonic");
    hs_json_text(&q->json, object, "epoch", is_capture ? at : "unknown");
    if (!is_capture) {
        hs_json_text(&q->json, object, "wall_clock_time", at);
    }
    return object;
}

static json_t *common_fields(hs_qlog *q)
{
    json_t *object = hs_json_object(&q->json);
    hs_json_text(&q->json, object, "time_format", "relative_to_epoch");
    hs_json_set(&q->json, object, "reference_time", reference_time(q));
    hs_json_text(&q->json, object, "group_id", q->trace->quic.original_dcid);
    return object;
}

static json_t *vantage_point(hs_qlog *q)
{
    bool is_capture = q->trace->capture.present;
    json_t *object = hs_json_object(&q->json);
    hs_json_text(&q->json, object, "name", q->trace->vantage);
    hs_json_text(&q->json, object, "type", is_capture ? "network" : "client");
    if (is_capture) {
        hs_json_text(&q->json, object, "flow", "client");
    }
    return object;
}

static json_t *event_schemas(hs_qlog *q)
{
    json_t *array = hs_json_array(&q->json);
    if (q->trace->quic.present || q->datagrams > 0) {
        hs_json_append(&q->json, array, json_string("urn:ietf:params:qlog:events:quic-13"));
    }
    if (q->has_http3) {
        hs_json_append(&q->json, array, json_string("urn:ietf:params:qlog:events:http3-13"));
    }
    if (q->has_messages) {
        hs_json_append(&q->json, array, json_string(HS_QLOG_MESSAGES_URI));
    }
    return array;
}

/* What a reader must know lest the file be taken for the whole. */
static void set_description(hs_qlog *q, json_t *object)
{
    if (q->trace->events_dropped > 0 || q->trace->incomplete) {
        json_t *text = json_sprintf("not whole: %llu further messages crossed the wire and were "
                                    "not kept, for want of memory",
                                    (unsigned long long)q->trace->events_dropped);
        hs_json_set(&q->json, object, "description", text);
    }
}

static json_t *make_header(hs_qlog *q)
{
    const hs_target *target = &q->trace->target;
    json_t *header = hs_json_object(&q->json);
    json_t *trace = hs_json_object(&q->json);
    hs_json_text(&q->json, header, "file_schema", "urn:ietf:params:qlog:file:sequential");
    hs_json_text(&q->json, header, "serialization_format", "application/qlog+json-seq");
    hs_json_text(&q->json, header, "title", target->url ? target->url : target->host);
    set_description(q, header);
    hs_json_set(&q->json, trace, "common_fields", common_fields(q));
    hs_json_set(&q->json, trace, "vantage_point", vantage_point(q));
    hs_json_set(&q->json, trace, "event_schemas", event_schemas(q));
    hs_json_set(&q->json, header, "trace", trace);
    return header;
}

/* --- the file --- */

static hs_result put_record(json_t *record, FILE *out)
{
    size_t flags = JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(REAL_DIGITS);
    if (fputc(RECORD_SEPARATOR, out) == EOF || json_dumpf(record, out, flags) != 0 ||
        fputc('\n', out) == EOF) {
        return ferror(out) ? HS_SYSTEM : HS_NO_MEMORY;
    }
    return HS_OK;
}

static hs_result put_file(const hs_qlog *q, json_t *header, FILE *out)
{
    hs_result result = put_record(header, out);
    for (size_t i = 0; result == HS_OK && i < q->count; i++) {
        result = put_record(q->entries[i].event, out);
    }
    return result;
}

hs_result hs_report_qlog(const hs_trace *trace, FILE *out)
{
    hs_qlog q = {.trace = trace};
    hs_result result = HS_NO_MEMORY;
    add_events(&q);
    if (!q.json.failed && q.count == 0) {
        free(q.entries);
        return HS_INVALID;
    }
    if (q.count > 0) {
        qsort(q.entries, q.count, sizeof *q.entries, compare_entries);
    }
    json_t *header = make_header(&q);
    if (!q.json.failed) {
        result = put_file(&q, header, out);
    }
    json_decref(header);
    for (size_t i = 0; i < q.count; i++) {
        json_decref(q.entries[i].event);
    }
    free(q.entries);
    return result;
}
