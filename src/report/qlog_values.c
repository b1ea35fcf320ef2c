/* Values in the form that qlog gives them: hexstring, QuicVersion, RawInfo
 * (draft-ietf-quic-qlog-main-schema-14 10), TransportError, ApplicationError and CryptoError
 * (draft-ietf-quic-qlog-quic-events-13 8.13). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/qlog_parts.h"
#include "wire/http3.h"
#include "wire/quic/packet.h"

enum { VERSION_HEX = 9 };

/* Numbers of QUIC have 62 bits. */
void hs_qlog_number(hs_qlog *q, json_t *object, const char *key, uint64_t number)
{
    hs_json_set(&q->json, object, key, json_integer((json_int_t)number));
}

static json_t *hex_string(hs_bytes bytes)
{
    static const char digits[] = "0123456789abcdef";
    char *text = malloc(2 * bytes.len + 1);
    if (!text) {
        return NULL;
    }
    for (size_t i = 0; i < bytes.len; i++) {
        text[2 * i] = digits[bytes.data[i] >> 4];
        text[2 * i + 1] = digits[bytes.data[i] & 0xf];
    }
    json_t *string = json_stringn(text, 2 * bytes.len);
    free(text);
    return string;
}

void hs_qlog_hex(hs_qlog *q, json_t *object, const char *key, hs_bytes bytes)
{
    hs_json_set(&q->json, object, key, hex_string(bytes));
}

json_t *hs_qlog_version_string(uint32_t version)
{
    char text[VERSION_HEX];
    snprintf(text, sizeof text, "%08" PRIx32, version);
    return json_string(text);
}

void hs_qlog_version(hs_qlog *q, json_t *object, const char *key, uint32_t version)
{
    hs_json_set(&q->json, object, key, hs_qlog_version_string(version));
}

void hs_qlog_versions(hs_qlog *q, json_t *object, const char *key, hs_bytes versions)
{
    json_t *array = hs_json_array(&q->json);
    uint32_t version = 0;
    while (hs_quic_next_version(&versions, &version)) {
        hs_json_append(&q->json, array, hs_qlog_version_string(version));
    }
    if (json_array_size(array) == 0) {
        json_decref(array);
    } else {
        hs_json_set(&q->json, object, key, array);
    }
}

json_t *hs_qlog_raw(hs_qlog *q, json_t *object, size_t length, size_t payload_length)
{
    json_t *raw = hs_json_object(&q->json);
    if (length != SIZE_MAX) {
        hs_qlog_number(q, raw, "length", length);
    }
    if (payload_length != SIZE_MAX) {
        hs_qlog_number(q, raw, "payload_length", payload_length);
    }
    hs_json_set(&q->json, object, "raw", raw);
    return raw;
}

/* The draft's strings are the registry's names in small letters. */
static void set_error(hs_qlog *q, json_t *object, const char *key, const char *name, uint64_t error)
{
    hs_json_text(&q->json, object, key, name ? name : "unknown");
    if (!name) {
        hs_qlog_number(q, object, "error_code", error);
    }
}

void hs_qlog_transport_error(hs_qlog *q, json_t *object, const char *key, uint64_t error)
{
    static const char *const names[] = {
        "no_error",
        "internal_error",
        "connection_refused",
        "flow_control_error",
        "stream_limit_error",
        "stream_state_error",
        "final_size_error",
        "frame_encoding_error",
        "transport_parameter_error",
        "connection_id_limit_error",
        "protocol_violation",
        "invalid_token",
        "application_error",
        "crypto_buffer_exceeded",
        "key_update_error",
        "aead_limit_reached",
        "no_viable_path",
    };
    uint8_t alert = 0;
    char crypto[sizeof "crypto_error_0x1ff"];
    const char *name = error < sizeof names / sizeof names[0] ? names[error] : NULL;
    if (hs_quic_error_alert(error, &alert)) {
        snprintf(crypto, sizeof crypto, "crypto_error_0x1%02x", alert);
        name = crypto;
    }
    set_error(q, object, key, name, error);
}

bool hs_qlog_is_http3(const hs_trace *trace)
{
    return trace->http3.present || (trace->tls.alpn && strncmp(trace->tls.alpn, "h3", 2) == 0);
}

void hs_qlog_application_error(hs_qlog *q, json_t *object, const char *key, uint64_t error)
{
    static const struct {
        uint64_t error;
        const char *name;
    } names[] = {
        {HS_HTTP3_ERROR_NO_ERROR, "http_no_error"},
        {HS_HTTP3_ERROR_GENERAL_PROTOCOL_ERROR, "http_general_protocol_error"},
        {HS_HTTP3_ERROR_INTERNAL_ERROR, "http_internal_error"},
        {HS_HTTP3_ERROR_STREAM_CREATION_ERROR, "http_stream_creation_error"},
        {HS_HTTP3_ERROR_CLOSED_CRITICAL_STREAM, "http_closed_critical_stream"},
        {HS_HTTP3_ERROR_FRAME_UNEXPECTED, "http_frame_unexpected"},
        {HS_HTTP3_ERROR_FRAME_ERROR, "http_frame_error"},
        {HS_HTTP3_ERROR_EXCESSIVE_LOAD, "http_excessive_load"},
        {HS_HTTP3_ERROR_ID_ERROR, "http_id_error"},
        {HS_HTTP3_ERROR_SETTINGS_ERROR, "http_settings_error"},
        {HS_HTTP3_ERROR_MISSING_SETTINGS, "http_missing_settings"},
        {HS_HTTP3_ERROR_REQUEST_REJECTED, "http_request_rejected"},
        {HS_HTTP3_ERROR_REQUEST_CANCELLED, "http_request_cancelled"},
        {HS_HTTP3_ERROR_REQUEST_INCOMPLETE, "http_request_incomplete"},
        {HS_HTTP3_ERROR_CONNECT_ERROR, "http_connect_error"},
        {HS_HTTP3_ERROR_VERSION_FALLBACK, "http_version_fallback"},
    };
    const char *name = NULL;
    for (size_t i = 0; hs_qlog_is_http3(q->trace) && i < sizeof names / sizeof names[0]; i++) {
        if (names[i].error == error) {
            name = names[i].name;
        }
    }
    set_error(q, object, key, name, error);
}
