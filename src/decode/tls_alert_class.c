#include "decode/tls_alert_class.h"

#include "wire/tls/alert.h"

typedef struct row {
    uint8_t description;
    hs_failure_class from_client; /* it did not accept what the server sent */
    hs_failure_class from_server;
    hs_failure_class after_request; /* from the server, once it asked for a certificate */
} row;

#define SAME(alert, cls)                                                                           \
    {                                                                                              \
        HS_TLS_ALERT_##alert, HS_FAILURE_##cls, HS_FAILURE_##cls, HS_FAILURE_##cls                 \
    }
#define CERTIFICATE(alert, from_client)                                                            \
    {                                                                                              \
        HS_TLS_ALERT_##alert, HS_FAILURE_##from_client, HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT,       \
            HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT                                                    \
    }

static const row rows[] = {
    {HS_TLS_ALERT_HANDSHAKE_FAILURE, HS_FAILURE_TLS_CIPHER_MISMATCH, HS_FAILURE_TLS_CIPHER_MISMATCH,
     HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT},
    SAME(INSUFFICIENT_SECURITY, TLS_CIPHER_MISMATCH),
    SAME(PROTOCOL_VERSION, TLS_VERSION_MISMATCH),
    SAME(INAPPROPRIATE_FALLBACK, TLS_VERSION_MISMATCH),
    SAME(UNRECOGNIZED_NAME, TLS_UNRECOGNIZED_NAME),
    SAME(NO_APPLICATION_PROTOCOL, TLS_ALPN_MISMATCH),
    CERTIFICATE(NO_CERTIFICATE, TLS_CERT_INVALID),
    CERTIFICATE(BAD_CERTIFICATE, TLS_CERT_INVALID),
    CERTIFICATE(UNSUPPORTED_CERTIFICATE, TLS_CERT_INVALID),
    CERTIFICATE(CERTIFICATE_REVOKED, TLS_CERT_REVOKED),
    CERTIFICATE(CERTIFICATE_EXPIRED, TLS_CERT_DATE_INVALID),
    CERTIFICATE(CERTIFICATE_UNKNOWN, TLS_CERT_INVALID),
    CERTIFICATE(UNKNOWN_CA, TLS_CERT_AUTHORITY_INVALID),
    {HS_TLS_ALERT_ACCESS_DENIED, HS_FAILURE_TLS_ALERT, HS_FAILURE_TLS_ALERT,
     HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT},
    SAME(CERTIFICATE_REQUIRED, TLS_BAD_CLIENT_AUTH_CERT),
    SAME(UNEXPECTED_MESSAGE, TLS_PROTOCOL_ERROR),
    SAME(BAD_RECORD_MAC, TLS_PROTOCOL_ERROR),
    SAME(DECRYPTION_FAILED, TLS_PROTOCOL_ERROR),
    SAME(RECORD_OVERFLOW, TLS_PROTOCOL_ERROR),
    SAME(DECOMPRESSION_FAILURE, TLS_PROTOCOL_ERROR),
    SAME(ILLEGAL_PARAMETER, TLS_PROTOCOL_ERROR),
    SAME(DECODE_ERROR, TLS_PROTOCOL_ERROR),
    SAME(DECRYPT_ERROR, TLS_PROTOCOL_ERROR),
    SAME(MISSING_EXTENSION, TLS_PROTOCOL_ERROR),
    SAME(UNSUPPORTED_EXTENSION, TLS_PROTOCOL_ERROR),
};

hs_failure_class hs_tls_alert_class_seen(uint8_t description, hs_side from,
                                         bool certificate_requested)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].description == description) {
            return from == HS_CLIENT       ? rows[i].from_client
                   : certificate_requested ? rows[i].after_request
                                           : rows[i].from_server;
        }
    }
    return HS_FAILURE_TLS_ALERT;
}
