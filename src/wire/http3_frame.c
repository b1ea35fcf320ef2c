#include "wire/http3_frame.h"

#include "wire/quic/field.h"

static hs_bytes read_settings(hs_reader *r)
{
    size_t start = r->pos;
    while (hs_reader_left(r) > 0) {
        uint64_t id = hs_read_varint(r, "Identifier");
        hs_note_meaning(r, hs_http3_setting_name(id));
        (void)hs_read_varint(r, "Value");
    }
    return hs_quic_since(r, start);
}

static hs_bytes read_origins(hs_reader *r)
{
    size_t start = r->pos;
    while (hs_reader_left(r) > 0) {
        hs_reader entry = hs_read_block16(r, "Origin-Entry");
        (void)hs_read_rest(&entry, "ASCII-Origin");
        hs_reader_close(&entry);
    }
    return hs_quic_since(r, start);
}

/* What the payload begins with, of a type that has an identifier; else NULL. */
static const char *id_field(uint64_t type)
{
    switch (type) {
    case HS_HTTP3_CANCEL_PUSH:
    case HS_HTTP3_PUSH_PROMISE:
    case HS_HTTP3_MAX_PUSH_ID:
        return "Push ID";
    case HS_HTTP3_GOAWAY:
        return "Stream ID/Push ID";
    case HS_HTTP3_PRIORITY_UPDATE:
    case HS_HTTP3_PRIORITY_UPDATE_PUSH:
        return "Prioritized Element ID";
    default:
        return NULL;
    }
}

/* Of what else the payload consists; NULL of a type of which nothing may follow. */
static const char *content_field(uint64_t type)
{
    switch (type) {
    case HS_HTTP3_DATA:
        return "Data";
    case HS_HTTP3_HEADERS:
    case HS_HTTP3_PUSH_PROMISE:
        return "Encoded Field Section";
    case HS_HTTP3_PRIORITY_UPDATE:
    case HS_HTTP3_PRIORITY_UPDATE_PUSH:
        return "Priority Field Value";
    case HS_HTTP3_CANCEL_PUSH:
    case HS_HTTP3_GOAWAY:
    case HS_HTTP3_MAX_PUSH_ID:
        return NULL;
    default:
        return "Frame Payload";
    }
}

hs_result hs_http3_read_payload(hs_reader *r, hs_http3_frame *frame)
{
    uint64_t type = frame->header.type;
    *frame = (hs_http3_frame){.header = frame->header};
    hs_reader payload = hs_read_block(r, hs_quic_size(frame->header.length), "payload");
    if (id_field(type)) {
        frame->id = hs_read_varint(&payload, id_field(type));
    }
    if (type == HS_HTTP3_SETTINGS) {
        frame->content = read_settings(&payload);
    } else if (type == HS_HTTP3_ORIGIN) {
        frame->content = read_origins(&payload);
    } else if (content_field(type) && hs_reader_left(&payload) > 0) {
        frame->content = hs_read_rest(&payload, content_field(type));
    }
    hs_reader_close(&payload);
    return hs_reader_result(r);
}

hs_result hs_http3_read_frame(hs_reader *r, hs_http3_frame *frame)
{
    *frame = (hs_http3_frame){0};
    hs_result result = hs_http3_read_header(r, &frame->header);
    if (result != HS_OK) {
        return result;
    }
    return hs_http3_read_payload(r, frame);
}

static bool settings_are_whole(hs_bytes content)
{
    for (hs_http3_setting setting; hs_http3_next_setting(&content, &setting);) {
    }
    return content.len == 0;
}

hs_result hs_http3_write_frame(hs_writer *w, const hs_http3_frame *frame)
{
    uint64_t type = frame->header.type;
    if ((!content_field(type) && frame->content.len > 0) ||
        (type == HS_HTTP3_SETTINGS && !settings_are_whole(frame->content))) {
        return HS_INVALID;
    }
    size_t id_len = id_field(type) ? hs_quic_varint_size(frame->id) : 0;
    hs_write_varint(w, type);
    hs_write_varint(w, id_len + (uint64_t)frame->content.len);
    if (id_len > 0) {
        hs_write_varint(w, frame->id);
    }
    hs_write_bytes(w, frame->content);
    return hs_writer_result(w);
}

bool hs_http3_frame_is_allowed(uint64_t type, hs_http3_place place)
{
    switch (type) {
    case HS_HTTP3_DATA:
    case HS_HTTP3_HEADERS:
        return place != HS_HTTP3_ON_CONTROL;
    case HS_HTTP3_PUSH_PROMISE:
        return place == HS_HTTP3_ON_REQUEST;
    case HS_HTTP3_CANCEL_PUSH:
    case HS_HTTP3_SETTINGS:
    case HS_HTTP3_GOAWAY:
    case HS_HTTP3_ORIGIN:
    case HS_HTTP3_MAX_PUSH_ID:
    case HS_HTTP3_PRIORITY_UPDATE:
    case HS_HTTP3_PRIORITY_UPDATE_PUSH:
        return place == HS_HTTP3_ON_CONTROL;
    default:
        return !hs_http3_frame_is_http2(type);
    }
}

/* RFC 9114 7.2.4: whether the setting stands once more in what follows it. */
static bool is_repeated(hs_bytes content, uint64_t id)
{
    for (hs_http3_setting setting; hs_http3_next_setting(&content, &setting);) {
        if (setting.id == id) {
            return true;
        }
    }
    return false;
}

static const char *settings_problem(hs_bytes content)
{
    /* So many settings are compared with those behind them: each takes time for all that follow. */
    unsigned compared = 64;
    for (hs_http3_setting setting; hs_http3_next_setting(&content, &setting);) {
        if (hs_http3_setting_is_http2(setting.id)) {
            return "a setting of HTTP/2 that HTTP/3 has not";
        }
        if (compared > 0 && is_repeated(content, setting.id)) {
            return "a setting is repeated";
        }
        compared -= compared > 0 ? 1 : 0;
        if ((setting.id == HS_HTTP3_SETTING_ENABLE_CONNECT_PROTOCOL ||
             setting.id == HS_HTTP3_SETTING_H3_DATAGRAM) &&
            setting.value > 1) {
            return "a setting that is 0 or 1 is neither";
        }
    }
    return NULL;
}

const char *hs_http3_frame_problem(const hs_http3_frame *frame, uint64_t *error)
{
    const char *problem = NULL;
    uint64_t code = HS_HTTP3_ERROR_SETTINGS_ERROR;
    if (hs_http3_frame_is_http2(frame->header.type)) {
        problem = "a frame of HTTP/2 that HTTP/3 has not";
        code = HS_HTTP3_ERROR_FRAME_UNEXPECTED;
    } else if (frame->header.type == HS_HTTP3_SETTINGS) {
        problem = settings_problem(frame->content);
    } else if (frame->header.type == HS_HTTP3_PRIORITY_UPDATE && frame->id % 4 != 0) {
        problem = "the prioritized element is no request stream";
        code = HS_HTTP3_ERROR_ID_ERROR;
    }
    if (problem && error) {
        *error = code;
    }
    return problem;
}

bool hs_http3_next_setting(hs_bytes *content, hs_http3_setting *setting)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, *content, &fault, NULL);
    setting->id = hs_read_varint(&r, "Identifier");
    setting->value = hs_read_varint(&r, "Value");
    if (!hs_reader_ok(&r)) {
        return false;
    }
    *content = hs_read_rest(&r, "settings");
    return true;
}

hs_result hs_http3_write_settings(hs_writer *w, const hs_http3_setting *settings, size_t count)
{
    uint64_t length = 0;
    for (size_t i = 0; i < count; i++) {
        length += hs_quic_varint_size(settings[i].id) + hs_quic_varint_size(settings[i].value);
    }
    hs_write_varint(w, HS_HTTP3_SETTINGS);
    hs_write_varint(w, length);
    for (size_t i = 0; i < count; i++) {
        hs_write_varint(w, settings[i].id);
        hs_write_varint(w, settings[i].value);
    }
    return hs_writer_result(w);
}
