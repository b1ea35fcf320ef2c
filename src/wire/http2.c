#include "wire/http2.h"

const char *hs_http2_type_name(uint8_t type)
{
    switch (type) {
#define HS_X(symbol, value, name)                                                                  \
    case value:                                                                                    \
        return name;
        HS_HTTP2_FRAME_MAP(HS_X)
#undef HS_X
    default:
        return NULL;
    }
}

const char *hs_http2_setting_name(uint16_t id)
{
    switch (id) {
#define HS_X(symbol, value, name)                                                                  \
    case value:                                                                                    \
        return name;
        HS_HTTP2_SETTING_MAP(HS_X)
#undef HS_X
    default:
        return NULL;
    }
}

const char *hs_http2_error_name(uint32_t error)
{
    switch (error) {
#define HS_X(symbol, value, name)                                                                  \
    case value:                                                                                    \
        return name;
        HS_HTTP2_ERROR_MAP(HS_X)
#undef HS_X
    default:
        return NULL;
    }
}

const char *hs_http2_next_flag(uint8_t type, uint8_t *flags)
{
    static const struct {
        uint8_t type;
        uint8_t flag;
        const char *name;
    } rows[] = {
        {HS_HTTP2_DATA, HS_HTTP2_FLAG_END_STREAM, "END_STREAM"},
        {HS_HTTP2_DATA, HS_HTTP2_FLAG_PADDED, "PADDED"},
        {HS_HTTP2_HEADERS, HS_HTTP2_FLAG_END_STREAM, "END_STREAM"},
        {HS_HTTP2_HEADERS, HS_HTTP2_FLAG_END_HEADERS, "END_HEADERS"},
        {HS_HTTP2_HEADERS, HS_HTTP2_FLAG_PADDED, "PADDED"},
        {HS_HTTP2_HEADERS, HS_HTTP2_FLAG_PRIORITY, "PRIORITY"},
        {HS_HTTP2_SETTINGS, HS_HTTP2_FLAG_ACK, "ACK"},
        {HS_HTTP2_PUSH_PROMISE, HS_HTTP2_FLAG_END_HEADERS, "END_HEADERS"},
        {HS_HTTP2_PUSH_PROMISE, HS_HTTP2_FLAG_PADDED, "PADDED"},
        {HS_HTTP2_PING, HS_HTTP2_FLAG_ACK, "ACK"},
        {HS_HTTP2_CONTINUATION, HS_HTTP2_FLAG_END_HEADERS, "END_HEADERS"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].type == type && (*flags & rows[i].flag)) {
            *flags &= (uint8_t)~rows[i].flag;
            return rows[i].name;
        }
    }
    return NULL;
}

/* One text for all flags; NULL for a combination that is not usual. */
static const char *flags_meaning(uint8_t type, uint8_t flags)
{
    static const struct {
        uint8_t flags;
        const char *meaning;
    } usual[] = {
        {HS_HTTP2_FLAG_END_STREAM | HS_HTTP2_FLAG_END_HEADERS, "END_STREAM, END_HEADERS"},
        {HS_HTTP2_FLAG_END_HEADERS | HS_HTTP2_FLAG_PRIORITY, "END_HEADERS, PRIORITY"},
        {HS_HTTP2_FLAG_END_STREAM | HS_HTTP2_FLAG_END_HEADERS | HS_HTTP2_FLAG_PRIORITY,
         "END_STREAM, END_HEADERS, PRIORITY"},
    };
    for (size_t i = 0; type == HS_HTTP2_HEADERS && i < sizeof usual / sizeof usual[0]; i++) {
        if (usual[i].flags == flags) {
            return usual[i].meaning;
        }
    }
    const char *name = hs_http2_next_flag(type, &flags);
    return flags == 0 ? name : NULL;
}

hs_result hs_http2_read_header(hs_reader *r, hs_http2_header *header)
{
    size_t group = hs_reader_group_begin(r, "frame header");
    header->length = hs_read_u24(r, "Length");
    header->type = hs_read_u8(r, "Type");
    hs_note_meaning(r, hs_http2_type_name(header->type));
    header->flags = hs_read_u8(r, "Flags");
    hs_note_meaning(r, flags_meaning(header->type, header->flags));
    uint32_t id = hs_read_u32(r, "Stream Identifier");
    header->reserved = id >> 31 != 0;
    header->stream_id = id & 0x7fffffff;
    hs_reader_group_end(r, group);
    return hs_reader_result(r);
}

hs_result hs_http2_write_header(hs_writer *w, const hs_http2_header *header)
{
    if (header->length > 0xffffff || header->stream_id >> 31 != 0) {
        return HS_INVALID;
    }
    hs_write_u24(w, header->length);
    hs_write_u8(w, header->type);
    hs_write_u8(w, header->flags);
    hs_write_u32(w, (header->reserved ? UINT32_C(1) << 31 : 0) | header->stream_id);
    return hs_writer_result(w);
}

hs_result hs_http2_read_preface(hs_reader *r)
{
    static const char preface[] = HS_HTTP2_PREFACE;
    size_t left = hs_reader_left(r);
    for (size_t i = 0; i < HS_HTTP2_PREFACE_LEN && i < left; i++) {
        if (r->data[r->pos + i] != (uint8_t)preface[i]) {
            hs_reader_fail(r, "connection preface", "is another text");
        }
    }
    (void)hs_read_bytes(r, HS_HTTP2_PREFACE_LEN, "connection preface");
    return hs_reader_result(r);
}
