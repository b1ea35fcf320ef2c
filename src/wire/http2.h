/* HTTP/2 (RFC 9113): the connection preface, the frame header, and the registries of frame types,
 * flags, settings and error codes. Payloads are http2_frame.h's. */
#ifndef HS_WIRE_HTTP2_H
#define HS_WIRE_HTTP2_H

#include <stdbool.h>

#include <handshake/api.h>

#include "base/reader.h"
#include "base/writer.h"

/* RFC 9113 3.4 */
#define HS_HTTP2_PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

enum {
    HS_HTTP2_PREFACE_LEN = 24,
    HS_HTTP2_HEADER_LEN = 9,
    HS_HTTP2_SETTING_LEN = 6,
    HS_HTTP2_MAX_FRAME_SIZE = 16384, /* SETTINGS_MAX_FRAME_SIZE until a peer allows more */
};

/* IANA "HTTP/2 Frame Type". X(symbol, value, name) */
#define HS_HTTP2_FRAME_MAP(X)                                                                      \
    X(DATA, 0x00, "DATA")                                                                          \
    X(HEADERS, 0x01, "HEADERS")                                                                    \
    X(PRIORITY, 0x02, "PRIORITY")                                                                  \
    X(RST_STREAM, 0x03, "RST_STREAM")                                                              \
    X(SETTINGS, 0x04, "SETTINGS")                                                                  \
    X(PUSH_PROMISE, 0x05, "PUSH_PROMISE")                                                          \
    X(PING, 0x06, "PING")                                                                          \
    X(GOAWAY, 0x07, "GOAWAY")                                                                      \
    X(WINDOW_UPDATE, 0x08, "WINDOW_UPDATE")                                                        \
    X(CONTINUATION, 0x09, "CONTINUATION")                                                          \
    X(ALTSVC, 0x0a, "ALTSVC")                   /* RFC 7838 4 */                                   \
    X(ORIGIN, 0x0c, "ORIGIN")                   /* RFC 8336 2 */                                   \
    X(PRIORITY_UPDATE, 0x10, "PRIORITY_UPDATE") /* RFC 9218 7.1 */

typedef enum hs_http2_type {
#define HS_X(symbol, value, name) HS_HTTP2_##symbol = value,
    HS_HTTP2_FRAME_MAP(HS_X)
#undef HS_X
} hs_http2_type;

enum {
    HS_HTTP2_FLAG_ACK = 0x01,        /* SETTINGS, PING */
    HS_HTTP2_FLAG_END_STREAM = 0x01, /* DATA, HEADERS */
    HS_HTTP2_FLAG_END_HEADERS = 0x04,
    HS_HTTP2_FLAG_PADDED = 0x08,
    HS_HTTP2_FLAG_PRIORITY = 0x20,
};

/* IANA "HTTP/2 Settings". X(symbol, value, name) */
#define HS_HTTP2_SETTING_MAP(X)                                                                    \
    X(HEADER_TABLE_SIZE, 0x01, "HEADER_TABLE_SIZE")                                                \
    X(ENABLE_PUSH, 0x02, "ENABLE_PUSH")                                                            \
    X(MAX_CONCURRENT_STREAMS, 0x03, "MAX_CONCURRENT_STREAMS")                                      \
    X(INITIAL_WINDOW_SIZE, 0x04, "INITIAL_WINDOW_SIZE")                                            \
    X(MAX_FRAME_SIZE, 0x05, "MAX_FRAME_SIZE")                                                      \
    X(MAX_HEADER_LIST_SIZE, 0x06, "MAX_HEADER_LIST_SIZE")                                          \
    X(ENABLE_CONNECT_PROTOCOL, 0x08, "ENABLE_CONNECT_PROTOCOL") /* RFC 8441 */                     \
    X(NO_RFC7540_PRIORITIES, 0x09, "NO_RFC7540_PRIORITIES")     /* RFC 9218 */                     \
    X(TLS_RENEG_PERMITTED, 0x10, "TLS_RENEG_PERMITTED")         /* MS-HTTP2E */

typedef enum hs_http2_setting_id {
#define HS_X(symbol, value, name) HS_HTTP2_SETTING_##symbol = value,
    HS_HTTP2_SETTING_MAP(HS_X)
#undef HS_X
} hs_http2_setting_id;

/* IANA "HTTP/2 Error Code". X(symbol, value, name) */
#define HS_HTTP2_ERROR_MAP(X)                                                                      \
    X(NO_ERROR, 0x0, "NO_ERROR")                                                                   \
    X(PROTOCOL_ERROR, 0x1, "PROTOCOL_ERROR")                                                       \
    X(INTERNAL_ERROR, 0x2, "INTERNAL_ERROR")                                                       \
    X(FLOW_CONTROL_ERROR, 0x3, "FLOW_CONTROL_ERROR")                                               \
    X(SETTINGS_TIMEOUT, 0x4, "SETTINGS_TIMEOUT")                                                   \
    X(STREAM_CLOSED, 0x5, "STREAM_CLOSED")                                                         \
    X(FRAME_SIZE_ERROR, 0x6, "FRAME_SIZE_ERROR")                                                   \
    X(REFUSED_STREAM, 0x7, "REFUSED_STREAM")                                                       \
    X(CANCEL, 0x8, "CANCEL")                                                                       \
    X(COMPRESSION_ERROR, 0x9, "COMPRESSION_ERROR")                                                 \
    X(CONNECT_ERROR, 0xa, "CONNECT_ERROR")                                                         \
    X(ENHANCE_YOUR_CALM, 0xb, "ENHANCE_YOUR_CALM")                                                 \
    X(INADEQUATE_SECURITY, 0xc, "INADEQUATE_SECURITY")                                             \
    X(HTTP_1_1_REQUIRED, 0xd, "HTTP_1_1_REQUIRED")

typedef enum hs_http2_error {
#define HS_X(symbol, value, name) HS_HTTP2_##symbol = value,
    HS_HTTP2_ERROR_MAP(HS_X)
#undef HS_X
} hs_http2_error;

/* Static names; NULL for what is not registered. */
const char *hs_http2_type_name(uint8_t type);
const char *hs_http2_setting_name(uint16_t id);
const char *hs_http2_error_name(uint32_t error);
/* The name of the lowest flag in `flags` that this type of frame defines, which is taken off it;
 * NULL when none is left that has a name. */
const char *hs_http2_next_flag(uint8_t type, uint8_t *flags);

typedef struct hs_http2_header {
    uint32_t length; /* of the payload; 24 bits */
    uint8_t type;
    uint8_t flags;
    bool reserved; /* the bit before the stream identifier */
    uint32_t stream_id;
} hs_http2_header;

/* HS_OK or HS_NEED_MORE. */
HS_CHECKED hs_result hs_http2_read_header(hs_reader *r, hs_http2_header *header);
HS_CHECKED hs_result hs_http2_write_header(hs_writer *w, const hs_http2_header *header);
/* Reads the client's connection preface. */
HS_CHECKED hs_result hs_http2_read_preface(hs_reader *r);

#endif
