#include "wire/tls/record.h"

#include "wire/tls/fields.h"
#include "wire/tls/names.h"

const char *hs_tls_content_type_name(uint8_t type)
{
    switch (type) {
    case HS_TLS_CHANGE_CIPHER_SPEC:
        return "change_cipher_spec";
    case HS_TLS_ALERT:
        return "alert";
    case HS_TLS_HANDSHAKE:
        return "handshake";
    case HS_TLS_APPLICATION_DATA:
        return "application_data";
    case HS_TLS_HEARTBEAT:
        return "heartbeat";
    default:
        return NULL;
    }
}

static bool is_content_type(uint8_t type)
{
    return type >= HS_TLS_CHANGE_CIPHER_SPEC && type <= HS_TLS_HEARTBEAT;
}

hs_result hs_tls_record_read_header(hs_reader *r, hs_tls_record *out, uint16_t *length)
{
    *out = (hs_tls_record){.type = hs_tls_read_u8(r, "type", hs_tls_content_type_name)};
    if (hs_reader_ok(r) && !is_content_type(out->type)) {
        hs_reader_fail(r, "type", "no TLS record has this type");
    }
    out->legacy_record_version = hs_tls_read_u16(r, "legacy_record_version", hs_tls_version_name);
    if (hs_reader_ok(r) && out->legacy_record_version >> 8 != HS_TLS_SSLV3 >> 8) {
        hs_reader_fail(r, "legacy_record_version", "the major version is not 3");
    }
    *length = hs_read_u16(r, "length");
    if (*length > HS_TLS_CIPHERTEXT_MAX) {
        hs_reader_fail(r, "length", "longer than a record may be");
    }
    return hs_reader_result(r);
}

size_t hs_tls_record_size(hs_bytes bytes)
{
    const uint8_t *header = bytes.data;
    if (bytes.len < HS_TLS_RECORD_HEADER || !is_content_type(header[0]) ||
        header[1] != HS_TLS_SSLV3 >> 8) {
        return 0;
    }
    size_t length = (size_t)header[3] << 8 | header[4];
    return length > HS_TLS_CIPHERTEXT_MAX ? 0 : HS_TLS_RECORD_HEADER + length;
}

hs_result hs_tls_record_read(hs_reader *r, hs_tls_record *out)
{
    uint16_t length = 0;
    if (hs_tls_record_read_header(r, out, &length) == HS_OK) {
        out->fragment = hs_read_bytes(r, length, "fragment");
    }
    return hs_reader_result(r);
}

void hs_tls_record_write(hs_writer *w, const hs_tls_record *record)
{
    hs_write_u8(w, record->type);
    hs_write_u16(w, record->legacy_record_version);
    hs_tls_write_opaque(w, 2, record->fragment);
}

hs_result hs_tls_change_cipher_spec_read(hs_reader *r, uint8_t *type)
{
    *type = hs_read_u8(r, "type");
    return hs_reader_finish(r);
}

void hs_tls_change_cipher_spec_write(hs_writer *w, uint8_t type)
{
    hs_write_u8(w, type);
}
