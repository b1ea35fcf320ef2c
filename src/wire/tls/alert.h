/* Alerts (RFC 8446 6). */
#ifndef HS_WIRE_TLS_ALERT_H
#define HS_WIRE_TLS_ALERT_H

#include "base/reader.h"
#include "base/writer.h"

enum { HS_TLS_ALERT_WARNING = 1, HS_TLS_ALERT_FATAL = 2 };

/* X(symbol, number, RFC name) */
#define HS_TLS_ALERT_MAP(X)                                                                        \
    X(CLOSE_NOTIFY, 0, "close_notify")                                                             \
    X(UNEXPECTED_MESSAGE, 10, "unexpected_message")                                                \
    X(BAD_RECORD_MAC, 20, "bad_record_mac")                                                        \
    X(DECRYPTION_FAILED, 21, "decryption_failed")                                                  \
    X(RECORD_OVERFLOW, 22, "record_overflow")                                                      \
    X(DECOMPRESSION_FAILURE, 30, "decompression_failure")                                          \
    X(HANDSHAKE_FAILURE, 40, "handshake_failure")                                                  \
    X(NO_CERTIFICATE, 41, "no_certificate")                                                        \
    X(BAD_CERTIFICATE, 42, "bad_certificate")                                                      \
    X(UNSUPPORTED_CERTIFICATE, 43, "unsupported_certificate")                                      \
    X(CERTIFICATE_REVOKED, 44, "certificate_revoked")                                              \
    X(CERTIFICATE_EXPIRED, 45, "certificate_expired")                                              \
    X(CERTIFICATE_UNKNOWN, 46, "certificate_unknown")                                              \
    X(ILLEGAL_PARAMETER, 47, "illegal_parameter")                                                  \
    X(UNKNOWN_CA, 48, "unknown_ca")                                                                \
    X(ACCESS_DENIED, 49, "access_denied")                                                          \
    X(DECODE_ERROR, 50, "decode_error")                                                            \
    X(DECRYPT_ERROR, 51, "decrypt_error")                                                          \
    X(TOO_MANY_CIDS_REQUESTED, 52, "too_many_cids_requested")                                      \
    X(EXPORT_RESTRICTION, 60, "export_restriction")                                                \
    X(PROTOCOL_VERSION, 70, "protocol_version")                                                    \
    X(INSUFFICIENT_SECURITY, 71, "insufficient_security")                                          \
    X(INTERNAL_ERROR, 80, "internal_error")                                                        \
    X(INAPPROPRIATE_FALLBACK, 86, "inappropriate_fallback")                                        \
    X(USER_CANCELED, 90, "user_canceled")                                                          \
    X(NO_RENEGOTIATION, 100, "no_renegotiation")                                                   \
    X(MISSING_EXTENSION, 109, "missing_extension")                                                 \
    X(UNSUPPORTED_EXTENSION, 110, "unsupported_extension")                                         \
    X(CERTIFICATE_UNOBTAINABLE, 111, "certificate_unobtainable")                                   \
    X(UNRECOGNIZED_NAME, 112, "unrecognized_name")                                                 \
    X(BAD_CERTIFICATE_STATUS_RESPONSE, 113, "bad_certificate_status_response")                     \
    X(BAD_CERTIFICATE_HASH_VALUE, 114, "bad_certificate_hash_value")                               \
    X(UNKNOWN_PSK_IDENTITY, 115, "unknown_psk_identity")                                           \
    X(CERTIFICATE_REQUIRED, 116, "certificate_required")                                           \
    X(GENERAL_ERROR, 117, "general_error")                                                         \
    X(NO_APPLICATION_PROTOCOL, 120, "no_application_protocol")                                     \
    X(ECH_REQUIRED, 121, "ech_required")

typedef enum hs_tls_alert_description {
#define HS_X(symbol, number, name) HS_TLS_ALERT_##symbol = number,
    HS_TLS_ALERT_MAP(HS_X)
#undef HS_X
} hs_tls_alert_description;

typedef struct hs_tls_alert {
    uint8_t level;
    uint8_t description; /* hs_tls_alert_description, or what else was there */
} hs_tls_alert;

/* Reads one alert of two bytes; a record may hold more than one. */
HS_CHECKED hs_result hs_tls_alert_read(hs_reader *r, hs_tls_alert *out);
void hs_tls_alert_write(hs_writer *w, const hs_tls_alert *alert);

/* NULL for what has no name. */
const char *hs_tls_alert_level_name(uint8_t level);
const char *hs_tls_alert_description_name(uint8_t description);

#endif
