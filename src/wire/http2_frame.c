#include "wire/http2_frame.h"

static bool can_be_padded(uint8_t type)
{
    return type == HS_HTTP2_DATA || type == HS_HTTP2_HEADERS || type == HS_HTTP2_PUSH_PROMISE;
}

/* 31 bits after a reserved one. */
static uint32_t read_u31(hs_reader *r, hs_http2_frame *frame, const char *field)
{
    uint32_t value = hs_read_u32(r, field);
    frame->payload_reserved = value >> 31 != 0;
    return value & 0x7fffffff;
}

static void read_priority(hs_reader *r, hs_http2_frame *frame)
{
    uint32_t value = hs_read_u32(r, "Exclusive, Stream Dependency");
    frame->has_priority = hs_reader_ok(r);
    frame->priority.exclusive = value >> 31 != 0;
    frame->priority.dependency = value & 0x7fffffff;
    frame->priority.weight = hs_read_u8(r, "Weight");
}

static void read_settings(hs_reader *r, hs_http2_frame *frame)
{
    frame->content.data = r->data + r->pos;
    frame->content.len = hs_reader_left(r);
    while (hs_reader_left(r) > 0) {
        uint16_t id = hs_read_u16(r, "Identifier");
        hs_note_meaning(r, hs_http2_setting_name(id));
        (void)hs_read_u32(r, "Value");
    }
}

static void read_origins(hs_reader *r, hs_http2_frame *frame)
{
    frame->content.data = r->data + r->pos;
    frame->content.len = hs_reader_left(r);
    while (hs_reader_left(r) > 0) {
        hs_reader entry = hs_read_block16(r, "Origin-Entry");
        (void)hs_read_rest(&entry, "ASCII-Origin");
        hs_reader_close(&entry);
    }
}

/* What stands between padding length and padding. */
static void read_body(hs_reader *r, hs_http2_frame *frame)
{
    switch (frame->header.type) {
    case HS_HTTP2_DATA:
        frame->content = hs_read_rest(r, "Data");
        break;
    case HS_HTTP2_HEADERS:
        if (frame->header.flags & HS_HTTP2_FLAG_PRIORITY) {
            read_priority(r, frame);
        }
        frame->content = hs_read_rest(r, "Field Block Fragment");
        break;
    case HS_HTTP2_PRIORITY:
        read_priority(r, frame);
        break;
    case HS_HTTP2_RST_STREAM:
        frame->error = hs_read_u32(r, "Error Code");
        hs_note_meaning(r, hs_http2_error_name(frame->error));
        break;
    case HS_HTTP2_SETTINGS:
        read_settings(r, frame);
        break;
    case HS_HTTP2_PUSH_PROMISE:
        frame->stream_id = read_u31(r, frame, "Promised Stream ID");
        frame->content = hs_read_rest(r, "Field Block Fragment");
        break;
    case HS_HTTP2_PING:
        frame->content = hs_read_bytes(r, 8, "Opaque Data");
        break;
    case HS_HTTP2_GOAWAY:
        frame->stream_id = read_u31(r, frame, "Last-Stream-ID");
        frame->error = hs_read_u32(r, "Error Code");
        hs_note_meaning(r, hs_http2_error_name(frame->error));
        frame->content = hs_read_rest(r, "Additional Debug Data");
        break;
    case HS_HTTP2_WINDOW_UPDATE:
        frame->increment = read_u31(r, frame, "Window Size Increment");
        break;
    case HS_HTTP2_CONTINUATION:
        frame->content = hs_read_rest(r, "Field Block Fragment");
        break;
    case HS_HTTP2_ALTSVC: {
        hs_reader origin = hs_read_block16(r, "Origin");
        frame->origin = hs_read_rest(&origin, "origin");
        hs_reader_close(&origin);
        frame->content = hs_read_rest(r, "Alt-Svc-Field-Value");
        break;
    }
    case HS_HTTP2_ORIGIN:
        read_origins(r, frame);
        break;
    case HS_HTTP2_PRIORITY_UPDATE:
        frame->stream_id = read_u31(r, frame, "Prioritized Stream ID");
        frame->content = hs_read_rest(r, "Priority Field Value");
        break;
    default:
        frame->content = hs_read_rest(r, "Payload");
    }
}

hs_result hs_http2_read_payload(hs_reader *r, hs_http2_frame *frame)
{
    *frame = (hs_http2_frame){.header = frame->header};
    hs_reader payload = hs_read_block(r, frame->header.length, "payload");
    size_t padding = 0;
    if (can_be_padded(frame->header.type) && (frame->header.flags & HS_HTTP2_FLAG_PADDED)) {
        frame->has_padding = true;
        padding = hs_read_u8(&payload, "Pad Length");
        if (padding > hs_reader_left(&payload)) {
            hs_reader_fail(&payload, "Pad Length", "is more than the payload has");
        }
    }
    if (hs_reader_ok(&payload)) {
        size_t end = payload.len;
        payload.len -= padding;
        read_body(&payload, frame);
        if (hs_reader_left(&payload) > 0) {
            hs_reader_fail(&payload, "payload", "is longer than its type allows");
        }
        payload.len = end;
        if (padding > 0) {
            frame->padding = hs_read_bytes(&payload, padding, "Padding");
        }
    }
    hs_reader_close(&payload);
    return hs_reader_result(r);
}

hs_result hs_http2_read_frame(hs_reader *r, hs_http2_frame *frame)
{
    *frame = (hs_http2_frame){0};
    hs_result result = hs_http2_read_header(r, &frame->header);
    if (result != HS_OK) {
        return result;
    }
    return hs_http2_read_payload(r, frame);
}

static void write_u31(hs_writer *w, const hs_http2_frame *frame, uint32_t value)
{
    hs_write_u32(w, (frame->payload_reserved ? UINT32_C(1) << 31 : 0) | (value & 0x7fffffff));
}

static void write_priority(hs_writer *w, const hs_http2_frame *frame)
{
    uint32_t exclusive = frame->priority.exclusive ? UINT32_C(1) << 31 : 0;
    hs_write_u32(w, exclusive | (frame->priority.dependency & 0x7fffffff));
    hs_write_u8(w, frame->priority.weight);
}

static void write_body(hs_writer *w, const hs_http2_frame *frame)
{
    switch (frame->header.type) {
    case HS_HTTP2_HEADERS:
        if (frame->header.flags & HS_HTTP2_FLAG_PRIORITY) {
            write_priority(w, frame);
        }
        break;
    case HS_HTTP2_PRIORITY:
        write_priority(w, frame);
        return;
    case HS_HTTP2_RST_STREAM:
        hs_write_u32(w, frame->error);
        return;
    case HS_HTTP2_PUSH_PROMISE:
    case HS_HTTP2_PRIORITY_UPDATE:
        write_u31(w, frame, frame->stream_id);
        break;
    case HS_HTTP2_GOAWAY:
        write_u31(w, frame, frame->stream_id);
        hs_write_u32(w, frame->error);
        break;
    case HS_HTTP2_WINDOW_UPDATE:
        write_u31(w, frame, frame->increment);
        return;
    case HS_HTTP2_ALTSVC: {
        hs_block origin = hs_write_open(w, 2);
        hs_write_bytes(w, frame->origin);
        hs_write_close(w, origin);
        break;
    }
    default:
        break;
    }
    hs_write_bytes(w, frame->content);
}

hs_result hs_http2_write_frame(hs_writer *w, const hs_http2_frame *frame)
{
    const hs_http2_header *header = &frame->header;
    bool is_padded = can_be_padded(header->type) && (header->flags & HS_HTTP2_FLAG_PADDED);
    if (frame->padding.len > (is_padded ? UINT8_MAX : 0) || header->stream_id >> 31 != 0 ||
        (header->type == HS_HTTP2_PING && frame->content.len != 8) ||
        (header->type == HS_HTTP2_SETTINGS && frame->content.len % HS_HTTP2_SETTING_LEN != 0)) {
        return HS_INVALID;
    }
    hs_block length = hs_write_open(w, 3);
    hs_write_u8(w, header->type);
    hs_write_u8(w, header->flags);
    hs_write_u32(w, (header->reserved ? UINT32_C(1) << 31 : 0) | header->stream_id);
    size_t start = w->len;
    if (is_padded) {
        hs_write_u8(w, (uint8_t)frame->padding.len);
    }
    write_body(w, frame);
    hs_write_bytes(w, frame->padding);
    /* The length counts the payload alone, so the block is closed as if it began behind the header.
     */
    if (hs_writer_result(w) == HS_OK) {
        hs_writer head;
        hs_writer_init(&head, w->data + length.at, length.prefix);
        hs_write_u24(&head, w->len - start > 0xffffff ? UINT32_MAX : (uint32_t)(w->len - start));
        w->overflow = hs_writer_result(&head) != HS_OK;
    }
    return hs_writer_result(w);
}

bool hs_http2_next_setting(hs_bytes *content, hs_http2_setting *setting)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, *content, &fault, NULL);
    setting->id = hs_read_u16(&r, "Identifier");
    setting->value = hs_read_u32(&r, "Value");
    *content = hs_read_rest(&r, "settings");
    return hs_reader_ok(&r);
}

bool hs_http2_next_origin(hs_bytes *content, hs_bytes *origin)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, *content, &fault, NULL);
    hs_reader entry = hs_read_block16(&r, "Origin-Entry");
    *origin = hs_read_rest(&entry, "ASCII-Origin");
    hs_reader_close(&entry);
    *content = hs_read_rest(&r, "entries");
    return hs_reader_ok(&r);
}

/* Which stream a type of frame may be on: 0 alone, any other alone, or either. */
static const char *stream_problem(const hs_http2_frame *frame)
{
    bool is_zero = frame->header.stream_id == 0;
    switch (frame->header.type) {
    case HS_HTTP2_DATA:
    case HS_HTTP2_HEADERS:
    case HS_HTTP2_PRIORITY:
    case HS_HTTP2_RST_STREAM:
    case HS_HTTP2_PUSH_PROMISE:
    case HS_HTTP2_CONTINUATION:
        return is_zero ? "must be on a stream" : NULL;
    case HS_HTTP2_SETTINGS:
    case HS_HTTP2_PING:
    case HS_HTTP2_GOAWAY:
    case HS_HTTP2_PRIORITY_UPDATE:
        return is_zero ? NULL : "must be on stream 0";
    default:
        return NULL;
    }
}

static const char *settings_problem(const hs_http2_frame *frame)
{
    if ((frame->header.flags & HS_HTTP2_FLAG_ACK) && frame->content.len > 0) {
        return "an acknowledgement carries settings";
    }
    hs_bytes content = frame->content;
    hs_http2_setting setting;
    while (hs_http2_next_setting(&content, &setting)) {
        switch (setting.id) {
        case HS_HTTP2_SETTING_ENABLE_PUSH:
            if (setting.value > 1) {
                return "ENABLE_PUSH is neither 0 nor 1";
            }
            break;
        case HS_HTTP2_SETTING_INITIAL_WINDOW_SIZE:
            if (setting.value > 0x7fffffff) {
                return "INITIAL_WINDOW_SIZE is above 2^31-1";
            }
            break;
        case HS_HTTP2_SETTING_MAX_FRAME_SIZE:
            if (setting.value < HS_HTTP2_MAX_FRAME_SIZE || setting.value > 0xffffff) {
                return "MAX_FRAME_SIZE is not from 2^14 to 2^24-1";
            }
            break;
        default:
            break;
        }
    }
    return NULL;
}

const char *hs_http2_frame_problem(const hs_http2_frame *frame)
{
    const char *problem = stream_problem(frame);
    if (!problem && frame->header.type == HS_HTTP2_SETTINGS) {
        problem = settings_problem(frame);
    }
    if (!problem && frame->header.type == HS_HTTP2_WINDOW_UPDATE && frame->increment == 0) {
        problem = "the increment is 0";
    }
    return problem;
}

hs_result hs_http2_write_settings(hs_writer *w, const hs_http2_setting *settings, size_t count)
{
    if (count > HS_HTTP2_MAX_FRAME_SIZE / HS_HTTP2_SETTING_LEN) {
        return HS_INVALID;
    }
    hs_http2_header header = {.length = (uint32_t)count * HS_HTTP2_SETTING_LEN,
                              .type = HS_HTTP2_SETTINGS};
    hs_result result = hs_http2_write_header(w, &header);
    for (size_t i = 0; i < count; i++) {
        hs_write_u16(w, settings[i].id);
        hs_write_u32(w, settings[i].value);
    }
    return result == HS_INVALID ? result : hs_writer_result(w);
}

hs_result hs_http2_write_settings_ack(hs_writer *w)
{
    hs_http2_header header = {.type = HS_HTTP2_SETTINGS, .flags = HS_HTTP2_FLAG_ACK};
    return hs_http2_write_header(w, &header);
}
