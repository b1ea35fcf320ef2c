#include "wire/http3.h"

static const char *reserved_name(uint64_t value)
{
    return hs_http3_is_reserved(value) ? "GREASE" : NULL;
}

const char *hs_http3_stream_name(uint64_t type)
{
    switch (type) {
#define HS_X(symbol, value, name)                                                                  \
    case value:                                                                                    \
        return name;
        HS_HTTP3_STREAM_MAP(HS_X)
#undef HS_X
    default:
        return reserved_name(type);
    }
}

const char *hs_http3_frame_name(uint64_t type)
{
    switch (type) {
#define HS_X(symbol, value, name)                                                                  \
    case value:                                                                                    \
        return name;
        HS_HTTP3_FRAME_MAP(HS_X)
#undef HS_X
    default:
        return reserved_name(type);
    }
}

const char *hs_http3_setting_name(uint64_t id)
{
    switch (id) {
#define HS_X(symbol, value, name)                                                                  \
    case value:                                                                                    \
        return name;
        HS_HTTP3_SETTING_MAP(HS_X)
#undef HS_X
    default:
        return reserved_name(id);
    }
}

const char *hs_http3_error_name(uint64_t error)
{
    switch (error) {
#define HS_X(symbol, value, name)                                                                  \
    case value:                                                                                    \
        return name;
        HS_HTTP3_ERROR_MAP(HS_X)
#undef HS_X
    default:
        return reserved_name(error);
    }
}

bool hs_http3_is_reserved(uint64_t value)
{
    return value >= 0x21 && (value - 0x21) % 0x1f == 0;
}

bool hs_http3_frame_is_http2(uint64_t type)
{
    return type == 0x02 || type == 0x06 || type == 0x08 || type == 0x09;
}

bool hs_http3_setting_is_http2(uint64_t id)
{
    return id == 0x00 || (id >= 0x02 && id <= 0x05);
}

hs_result hs_http3_read_stream_header(hs_reader *r, hs_http3_stream_header *header)
{
    *header = (hs_http3_stream_header){0};
    size_t group = hs_reader_group_begin(r, "stream header");
    header->type = hs_read_varint(r, "Stream Type");
    hs_note_meaning(r, hs_http3_stream_name(header->type));
    if (header->type == HS_HTTP3_STREAM_PUSH) {
        header->push_id = hs_read_varint(r, "Push ID");
    }
    hs_reader_group_end(r, group);
    return hs_reader_result(r);
}

hs_result hs_http3_write_stream_header(hs_writer *w, const hs_http3_stream_header *header)
{
    hs_write_varint(w, header->type);
    if (header->type == HS_HTTP3_STREAM_PUSH) {
        hs_write_varint(w, header->push_id);
    }
    return hs_writer_result(w);
}

hs_result hs_http3_read_header(hs_reader *r, hs_http3_header *header)
{
    size_t group = hs_reader_group_begin(r, "frame header");
    header->type = hs_read_varint(r, "Type");
    hs_note_meaning(r, hs_http3_frame_name(header->type));
    header->length = hs_read_varint(r, "Length");
    hs_reader_group_end(r, group);
    return hs_reader_result(r);
}

hs_result hs_http3_write_header(hs_writer *w, const hs_http3_header *header)
{
    hs_write_varint(w, header->type);
    hs_write_varint(w, header->length);
    return hs_writer_result(w);
}
