/* QUIC transport error codes (RFC 9000 20.1, RFC 9368 10.2, RFC 9287 has none). */
#ifndef HS_WIRE_QUIC_ERROR_H
#define HS_WIRE_QUIC_ERROR_H

#include <stdbool.h>

#include <handshake/api.h>

/* IANA "QUIC Transport Error Codes". X(symbol, value, name) */
#define HS_QUIC_ERROR_MAP(X)                                                                       \
    X(NO_ERROR, 0x00, "NO_ERROR")                                                                  \
    X(INTERNAL_ERROR, 0x01, "INTERNAL_ERROR")                                                      \
    X(CONNECTION_REFUSED, 0x02, "CONNECTION_REFUSED")                                              \
    X(FLOW_CONTROL_ERROR, 0x03, "FLOW_CONTROL_ERROR")                                              \
    X(STREAM_LIMIT_ERROR, 0x04, "STREAM_LIMIT_ERROR")                                              \
    X(STREAM_STATE_ERROR, 0x05, "STREAM_STATE_ERROR")                                              \
    X(FINAL_SIZE_ERROR, 0x06, "FINAL_SIZE_ERROR")                                                  \
    X(FRAME_ENCODING_ERROR, 0x07, "FRAME_ENCODING_ERROR")                                          \
    X(TRANSPORT_PARAMETER_ERROR, 0x08, "TRANSPORT_PARAMETER_ERROR")                                \
    X(CONNECTION_ID_LIMIT_ERROR, 0x09, "CONNECTION_ID_LIMIT_ERROR")                                \
    X(PROTOCOL_VIOLATION, 0x0a, "PROTOCOL_VIOLATION")                                              \
    X(INVALID_TOKEN, 0x0b, "INVALID_TOKEN")                                                        \
    X(APPLICATION_ERROR, 0x0c, "APPLICATION_ERROR")                                                \
    X(CRYPTO_BUFFER_EXCEEDED, 0x0d, "CRYPTO_BUFFER_EXCEEDED")                                      \
    X(KEY_UPDATE_ERROR, 0x0e, "KEY_UPDATE_ERROR")                                                  \
    X(AEAD_LIMIT_REACHED, 0x0f, "AEAD_LIMIT_REACHED")                                              \
    X(NO_VIABLE_PATH, 0x10, "NO_VIABLE_PATH")                                                      \
    X(VERSION_NEGOTIATION_ERROR, 0x11, "VERSION_NEGOTIATION_ERROR")

typedef enum hs_quic_error {
#define HS_X(symbol, value, name) HS_QUIC_ERROR_##symbol = value,
    HS_QUIC_ERROR_MAP(HS_X)
#undef HS_X
        HS_QUIC_ERROR_CRYPTO = 0x0100, /* and a TLS alert, to 0x01ff */
} hs_quic_error;

enum { HS_QUIC_ERROR_TEXT_SIZE = 64 };

/* The static name; "CRYPTO_ERROR" of that range; NULL for what is not registered. */
const char *hs_quic_error_name(uint64_t error);
/* Whether it carries a TLS alert (RFC 9001 4.8), and which. */
bool hs_quic_error_alert(uint64_t error, uint8_t *alert);
/* "NO_VIABLE_PATH", "CRYPTO_ERROR (handshake_failure)", "CRYPTO_ERROR (alert 200)", or "0x12ab".
 * Returns `text`. */
const char *hs_quic_error_text(uint64_t error, char text[HS_QUIC_ERROR_TEXT_SIZE]);

#endif
