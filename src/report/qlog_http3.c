/* HTTP/3 (draft-ietf-quic-qlog-h3-events-13 3, 4). A header section has the fields that the event
 * of it has: those that are telling, each value cut at 256 bytes. */
#include <stdlib.h>
#include <string.h>

#include "report/qlog_parts.h"
#include "wire/http3_frame.h"

/* Settings that the drafts have names for. */
typedef struct setting_row {
    uint64_t id;
    const char *parameter; /* of parameters_set */
    const char *name;      /* of a SETTINGS frame */
    bool is_flag;
} setting_row;

static const setting_row rows[] = {
    {HS_HTTP3_SETTING_QPACK_MAX_TABLE_CAPACITY, "max_table_capacity",
     "settings_qpack_max_table_capacity", false},
    {HS_HTTP3_SETTING_MAX_FIELD_SECTION_SIZE, "max_field_section_size",
     "settings_max_field_section_size", false},
    {HS_HTTP3_SETTING_QPACK_BLOCKED_STREAMS, "blocked_streams_count",
     "settings_qpack_blocked_streams", false},
    {HS_HTTP3_SETTING_ENABLE_CONNECT_PROTOCOL, "extended_connect",
     "settings_enable_connect_protocol", true},
    {HS_HTTP3_SETTING_H3_DATAGRAM, "h3_datagram", "settings_h3_datagram", true},
};

static const setting_row *row_of(uint64_t id)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].id == id) {
            return &rows[i];
        }
    }
    return NULL;
}

static void add(hs_qlog *q, const hs_event *event, const char *name, json_t *data)
{
    q->has_http3 = true;
    hs_qlog_add(q, event->moment.at, name, data);
}

/* The frame in the event's bytes, where they were kept. */
static bool read_frame(const hs_event *event, hs_http3_frame *frame)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, event->raw, &fault, NULL);
    return event->raw.len > 0 && hs_http3_read_frame(&r, frame) == HS_OK;
}

/* --- settings --- */

static void add_parameters(hs_qlog *q, const hs_event *event, hs_bytes content)
{
    hs_http3_setting setting;
    json_t *data = hs_json_object(&q->json);
    hs_json_text(&q->json, data, "initiator", hs_qlog_initiator(event->from));
    while (!q->json.failed && hs_http3_next_setting(&content, &setting)) {
        const setting_row *row = row_of(setting.id);
        /* The draft's type of the two flags has 16 bits. */
        if (row && (!row->is_flag || setting.value <= UINT16_MAX)) {
            hs_qlog_number(q, data, row->parameter, setting.value);
        }
    }
    add(q, event, "http3:parameters_set", data);
}

static json_t *settings_list(hs_qlog *q, hs_bytes content)
{
    hs_http3_setting setting;
    json_t *list = hs_json_array(&q->json);
    while (!q->json.failed && hs_http3_next_setting(&content, &setting)) {
        const setting_row *row = row_of(setting.id);
        json_t *object = hs_json_object(&q->json);
        hs_json_text(&q->json, object, "name",
                     row                                ? row->name
                     : hs_http3_is_reserved(setting.id) ? "reserved"
                                                        : "unknown");
        if (!row && !hs_http3_is_reserved(setting.id)) {
            hs_qlog_number(q, object, "name_bytes", setting.id);
        }
        hs_qlog_number(q, object, "value", setting.value);
        hs_json_append(&q->json, list, object);
    }
    return list;
}

/* --- frames --- */

/* Names of fields are in small letters or begin with a colon; what else is told of the frame is
 * named here. */
static bool is_field(const char *key)
{
    static const char *const others[] = {"stream_type", "problem", "malformed",
                                         "incomplete",  "fields",  "missing"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(others[i], key) == 0) {
            return false;
        }
    }
    return true;
}

static json_t *headers_list(hs_qlog *q, const hs_event *event)
{
    json_t *list = hs_json_array(&q->json);
    for (const hs_detail *detail = event->details; detail; detail = detail->next) {
        if (detail->text && is_field(detail->key)) {
            json_t *object = hs_json_object(&q->json);
            hs_json_text(&q->json, object, "name", detail->key);
            hs_json_text(&q->json, object, "value", detail->text);
            hs_json_append(&q->json, list, object);
        }
    }
    return list;
}

/* hs_event.type is cut at 16 bits. */
static bool type_of(const hs_event *event, uint64_t *type)
{
    hs_fault fault;
    hs_reader r;
    hs_http3_header header;
    const char *text = hs_qlog_text(event, "type");
    hs_reader_init(&r, event->raw, &fault, NULL);
    if (event->raw.len > 0 && hs_http3_read_header(&r, &header) == HS_OK) {
        *type = header.type;
    } else {
        *type = text ? strtoull(text, NULL, 16) : event->type;
    }
    return text || event->raw.len > 0 || event->type < UINT16_MAX;
}

static void set_type(hs_qlog *q, json_t *frame, uint64_t type)
{
    hs_json_text(&q->json, frame, "frame_type",
                 hs_http3_is_reserved(type) ? "reserved" : "unknown");
    hs_qlog_number(q, frame, "frame_type_bytes", type);
}

static void set_priority(hs_qlog *q, json_t *object, const hs_event *event,
                         const hs_http3_frame *frame)
{
    bool is_push = frame->header.type == HS_HTTP3_PRIORITY_UPDATE_PUSH;
    const char *value = hs_qlog_text(event, "priority");
    hs_qlog_number(q, object, is_push ? "push_id" : "stream_id", frame->id);
    hs_json_text(&q->json, object, "priority_field_value", value ? value : "");
}

static const char *frame_name(const hs_event *event)
{
    static const struct {
        const char *ours;
        const char *name;
    } names[] = {
        {"DATA", "data"},
        {"HEADERS", "headers"},
        {"CANCEL_PUSH", "cancel_push"},
        {"SETTINGS", "settings"},
        {"PUSH_PROMISE", "push_promise"},
        {"GOAWAY", "goaway"},
        {"MAX_PUSH_ID", "max_push_id"},
        {"PRIORITY_UPDATE", "priority_update"},
    };
    for (size_t i = 0; event->name && i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i].ours, event->name) == 0) {
            return names[i].name;
        }
    }
    return NULL;
}

/* The members that its type must have. */
static void set_members(hs_qlog *q, json_t *object, const hs_event *event,
                        const hs_http3_frame *frame)
{
    switch (event->type) {
    case HS_HTTP3_SETTINGS:
        hs_json_set(&q->json, object, "settings", settings_list(q, frame->content));
        break;
    case HS_HTTP3_HEADERS:
        hs_json_set(&q->json, object, "headers", headers_list(q, event));
        break;
    case HS_HTTP3_PUSH_PROMISE:
        hs_qlog_number(q, object, "push_id", frame->id);
        hs_json_set(&q->json, object, "headers", headers_list(q, event));
        break;
    case HS_HTTP3_GOAWAY:
        hs_qlog_number(q, object, "id", frame->id);
        break;
    case HS_HTTP3_CANCEL_PUSH:
    case HS_HTTP3_MAX_PUSH_ID:
        hs_qlog_number(q, object, "push_id", frame->id);
        break;
    default:
        break;
    }
}

/* Of the others, without their bytes, the members are not known that they must have; those of a
 * HEADERS frame that was cut are not either. */
static bool needs_no_bytes(const hs_event *event)
{
    return event->type == HS_HTTP3_DATA || (event->type == HS_HTTP3_HEADERS && event->raw.len == 0);
}

static json_t *frame_object(hs_qlog *q, const hs_event *event, const hs_http3_frame *frame,
                            bool is_read, uint64_t type)
{
    const char *name = frame_name(event);
    const hs_detail *length = hs_qlog_detail(event, "length");
    json_t *object = hs_json_object(&q->json);
    if (!name || !(is_read || needs_no_bytes(event))) {
        set_type(q, object, type);
    } else {
        hs_json_text(&q->json, object, "frame_type", name);
        set_members(q, object, event, frame);
        if (is_read && (frame->header.type == HS_HTTP3_PRIORITY_UPDATE ||
                        frame->header.type == HS_HTTP3_PRIORITY_UPDATE_PUSH)) {
            set_priority(q, object, event, frame);
        }
    }
    size_t payload = is_read                   ? (size_t)frame->header.length
                     : length && !length->text ? (size_t)length->number
                                               : SIZE_MAX;
    /* The length is that of the whole frame: it is not known of one that did not come whole. */
    hs_qlog_raw(q, object, hs_qlog_detail(event, "incomplete") ? SIZE_MAX : event->bytes, payload);
    return object;
}

static void add_stream_type(hs_qlog *q, const hs_event *event, int64_t stream)
{
    const char *on = hs_qlog_text(event, "stream_type");
    if (on) {
        json_t *data = hs_json_object(&q->json);
        bool is_push = strcmp(on, hs_http3_stream_name(HS_HTTP3_STREAM_PUSH)) == 0;
        hs_json_text(&q->json, data, "initiator", hs_qlog_initiator(event->from));
        hs_json_integer(&q->json, data, "stream_id", stream);
        hs_json_text(&q->json, data, "stream_type", is_push ? "push" : "control");
        add(q, event, "http3:stream_type_set", data);
    }
}

void hs_qlog_http3_event(hs_qlog *q, const hs_event *event)
{
    uint64_t type = 0;
    hs_http3_frame frame = {.header = {0}};
    const hs_detail *stream = hs_qlog_detail(event, "stream");
    bool is_read = read_frame(event, &frame);
    bool is_known = frame_name(event) && !needs_no_bytes(event);
    if (!stream || !type_of(event, &type) || (is_known && event->raw.len == 0)) {
        return; /* stream and type must be told */
    }
    add_stream_type(q, event, stream->number);
    if (is_read && frame.header.type == HS_HTTP3_SETTINGS) {
        add_parameters(q, event, frame.content);
    }
    json_t *data = hs_json_object(&q->json);
    hs_json_integer(&q->json, data, "stream_id", stream->number);
    hs_json_set(&q->json, data, "frame", frame_object(q, event, &frame, is_read, type));
    add(q, event, hs_qlog_by_side(event->from, "http3:frame_created", "http3:frame_parsed"), data);
}
