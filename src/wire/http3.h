/* HTTP/3 (RFC 9114) and QPACK (RFC 9204): the registries of stream types, frame types, settings and
 * error codes, the stream header and the frame header. Payloads are http3_frame.h's. */
#ifndef HS_WIRE_HTTP3_H
#define HS_WIRE_HTTP3_H

#include <stdbool.h>

#include <handshake/api.h>

#include "base/reader.h"
#include "base/writer.h"

/* IANA "HTTP/3 Stream Types", of unidirectional streams. X(symbol, value, name) */
#define HS_HTTP3_STREAM_MAP(X)                                                                     \
    X(CONTROL, 0x00, "control stream")                                                             \
    X(PUSH, 0x01, "push stream")                                                                   \
    X(QPACK_ENCODER, 0x02, "QPACK encoder stream")                                                 \
    X(QPACK_DECODER, 0x03, "QPACK decoder stream")                                                 \
    X(WEBTRANSPORT, 0x54, "WebTransport stream")

typedef enum hs_http3_stream_type {
#define HS_X(symbol, value, name) HS_HTTP3_STREAM_##symbol = value,
    HS_HTTP3_STREAM_MAP(HS_X)
#undef HS_X
} hs_http3_stream_type;

/* IANA "HTTP/3 Frame Types". X(symbol, value, name) */
#define HS_HTTP3_FRAME_MAP(X)                                                                      \
    X(DATA, 0x00, "DATA")                                                                          \
    X(HEADERS, 0x01, "HEADERS")                                                                    \
    X(CANCEL_PUSH, 0x03, "CANCEL_PUSH")                                                            \
    X(SETTINGS, 0x04, "SETTINGS")                                                                  \
    X(PUSH_PROMISE, 0x05, "PUSH_PROMISE")                                                          \
    X(GOAWAY, 0x07, "GOAWAY")                                                                      \
    X(ORIGIN, 0x0c, "ORIGIN") /* RFC 9412 */                                                       \
    X(MAX_PUSH_ID, 0x0d, "MAX_PUSH_ID")                                                            \
    X(PRIORITY_UPDATE, 0xf0700, "PRIORITY_UPDATE")      /* RFC 9218 7.2, of a request */           \
    X(PRIORITY_UPDATE_PUSH, 0xf0701, "PRIORITY_UPDATE") /* of a push */

typedef enum hs_http3_frame_type {
#define HS_X(symbol, value, name) HS_HTTP3_##symbol = value,
    HS_HTTP3_FRAME_MAP(HS_X)
#undef HS_X
} hs_http3_frame_type;

/* IANA "HTTP/3 Settings", and those of drafts in use. X(symbol, value, name) */
#define HS_HTTP3_SETTING_MAP(X)                                                                    \
    X(QPACK_MAX_TABLE_CAPACITY, 0x01, "QPACK_MAX_TABLE_CAPACITY") /* RFC 9204 5 */                 \
    X(MAX_FIELD_SECTION_SIZE, 0x06, "MAX_FIELD_SECTION_SIZE")                                      \
    X(QPACK_BLOCKED_STREAMS, 0x07, "QPACK_BLOCKED_STREAMS")     /* RFC 9204 5 */                   \
    X(ENABLE_CONNECT_PROTOCOL, 0x08, "ENABLE_CONNECT_PROTOCOL") /* RFC 9220 */                     \
    X(H3_DATAGRAM, 0x33, "H3_DATAGRAM")                         /* RFC 9297 2.1.1 */               \
    X(H3_DATAGRAM_DRAFT_00, 0x276, "H3_DATAGRAM (draft-00)")                                       \
    X(H3_DATAGRAM_DRAFT_04, 0xffd277, "H3_DATAGRAM (draft-04)")                                    \
    X(ENABLE_WEBTRANSPORT, 0x2b603742, "ENABLE_WEBTRANSPORT")

typedef enum hs_http3_setting_id {
#define HS_X(symbol, value, name) HS_HTTP3_SETTING_##symbol = value,
    HS_HTTP3_SETTING_MAP(HS_X)
#undef HS_X
} hs_http3_setting_id;

/* IANA "HTTP/3 Error Codes". X(symbol, value, name) */
#define HS_HTTP3_ERROR_MAP(X)                                                                      \
    X(DATAGRAM_ERROR, 0x33, "H3_DATAGRAM_ERROR") /* RFC 9297 2.1 */                                \
    X(NO_ERROR, 0x0100, "H3_NO_ERROR")                                                             \
    X(GENERAL_PROTOCOL_ERROR, 0x0101, "H3_GENERAL_PROTOCOL_ERROR")                                 \
    X(INTERNAL_ERROR, 0x0102, "H3_INTERNAL_ERROR")                                                 \
    X(STREAM_CREATION_ERROR, 0x0103, "H3_STREAM_CREATION_ERROR")                                   \
    X(CLOSED_CRITICAL_STREAM, 0x0104, "H3_CLOSED_CRITICAL_STREAM")                                 \
    X(FRAME_UNEXPECTED, 0x0105, "H3_FRAME_UNEXPECTED")                                             \
    X(FRAME_ERROR, 0x0106, "H3_FRAME_ERROR")                                                       \
    X(EXCESSIVE_LOAD, 0x0107, "H3_EXCESSIVE_LOAD")                                                 \
    X(ID_ERROR, 0x0108, "H3_ID_ERROR")                                                             \
    X(SETTINGS_ERROR, 0x0109, "H3_SETTINGS_ERROR")                                                 \
    X(MISSING_SETTINGS, 0x010a, "H3_MISSING_SETTINGS")                                             \
    X(REQUEST_REJECTED, 0x010b, "H3_REQUEST_REJECTED")                                             \
    X(REQUEST_CANCELLED, 0x010c, "H3_REQUEST_CANCELLED")                                           \
    X(REQUEST_INCOMPLETE, 0x010d, "H3_REQUEST_INCOMPLETE")                                         \
    X(MESSAGE_ERROR, 0x010e, "H3_MESSAGE_ERROR")                                                   \
    X(CONNECT_ERROR, 0x010f, "H3_CONNECT_ERROR")                                                   \
    X(VERSION_FALLBACK, 0x0110, "H3_VERSION_FALLBACK")                                             \
    X(QPACK_DECOMPRESSION_FAILED, 0x0200, "QPACK_DECOMPRESSION_FAILED") /* RFC 9204 6 */           \
    X(QPACK_ENCODER_STREAM_ERROR, 0x0201, "QPACK_ENCODER_STREAM_ERROR")                            \
    X(QPACK_DECODER_STREAM_ERROR, 0x0202, "QPACK_DECODER_STREAM_ERROR")

typedef enum hs_http3_error {
#define HS_X(symbol, value, name) HS_HTTP3_ERROR_##symbol = value,
    HS_HTTP3_ERROR_MAP(HS_X)
#undef HS_X
} hs_http3_error;

/* Static names; "GREASE" of the values 0x1f*N+0x21 that RFC 9114 reserves in each registry (6.2.3,
 * 7.2.4.1, 7.2.8, 8.1); NULL for what is not registered. */
const char *hs_http3_stream_name(uint64_t type);
const char *hs_http3_frame_name(uint64_t type);
const char *hs_http3_setting_name(uint64_t id);
const char *hs_http3_error_name(uint64_t error);
bool hs_http3_is_reserved(uint64_t value);
/* Numbers of HTTP/2 that HTTP/3 must not use (RFC 9114 7.2.8 and 7.2.4.1). */
bool hs_http3_frame_is_http2(uint64_t type);
bool hs_http3_setting_is_http2(uint64_t id);

/* The head of a unidirectional stream (RFC 9114 6.2). */
typedef struct hs_http3_stream_header {
    uint64_t type;
    uint64_t push_id; /* of a push stream (RFC 9114 4.6) */
} hs_http3_stream_header;

/* HS_OK or HS_NEED_MORE. */
HS_CHECKED hs_result hs_http3_read_stream_header(hs_reader *r, hs_http3_stream_header *header);
/* HS_LIMIT: no room, or a number of more than 62 bits. */
HS_CHECKED hs_result hs_http3_write_stream_header(hs_writer *w,
                                                  const hs_http3_stream_header *header);

/* RFC 9114 7.1 */
typedef struct hs_http3_header {
    uint64_t type;
    uint64_t length; /* of the payload */
} hs_http3_header;

/* HS_OK or HS_NEED_MORE. */
HS_CHECKED hs_result hs_http3_read_header(hs_reader *r, hs_http3_header *header);
/* As hs_http3_write_stream_header. */
HS_CHECKED hs_result hs_http3_write_header(hs_writer *w, const hs_http3_header *header);

#endif
