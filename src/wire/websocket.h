/* WebSocket (RFC 6455): frame headers, masking, close payloads, and the fields of the opening
 * handshake. The digest in Sec-WebSocket-Accept is secrets/websocket_accept.h's. */
#ifndef HS_WIRE_WEBSOCKET_H
#define HS_WIRE_WEBSOCKET_H

#include <stdbool.h>

#include <handshake/api.h>

#include "base/reader.h"
#include "base/writer.h"
#include "wire/http1.h"

/* RFC 6455 11.8. X(symbol, value, name) */
#define HS_WEBSOCKET_OPCODE_MAP(X)                                                                 \
    X(CONTINUATION, 0x0, "continuation")                                                           \
    X(TEXT, 0x1, "text")                                                                           \
    X(BINARY, 0x2, "binary")                                                                       \
    X(CLOSE, 0x8, "close")                                                                         \
    X(PING, 0x9, "ping")                                                                           \
    X(PONG, 0xa, "pong")

typedef enum hs_websocket_opcode {
#define HS_X(symbol, value, name) HS_WEBSOCKET_##symbol = value,
    HS_WEBSOCKET_OPCODE_MAP(HS_X)
#undef HS_X
} hs_websocket_opcode;

enum {
    HS_WEBSOCKET_HEADER_MAX = 14,
    HS_WEBSOCKET_CONTROL_MAX = 125, /* longest payload of a control frame (5.5) */
    HS_WEBSOCKET_NONCE_LEN = 16,
    HS_WEBSOCKET_KEY_SIZE = 25,    /* of the base64 text, with its NUL */
    HS_WEBSOCKET_ACCEPT_SIZE = 29, /* of the base64 text, with its NUL */
    HS_WEBSOCKET_RSV1 = 4,
    HS_WEBSOCKET_RSV2 = 2,
    HS_WEBSOCKET_RSV3 = 1,
};

/* What is hashed after the key (1.3). */
#define HS_WEBSOCKET_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

typedef struct hs_websocket_frame {
    bool fin;
    uint8_t rsv; /* HS_WEBSOCKET_RSV1 | … */
    uint8_t opcode;
    bool is_masked;
    uint8_t mask[4];
    uint64_t payload_len;
    bool is_long_form; /* read: the length was written in more bytes than it needs (5.2 forbids it)
                        */
    size_t header_len; /* read: length of the header itself */
} hs_websocket_frame;

/* "unknown" for an opcode that is not registered. */
const char *hs_websocket_opcode_name(uint8_t opcode);
bool hs_websocket_is_control(uint8_t opcode);

/* Reads a frame's header and leaves the reader at its payload. HS_MALFORMED only for a length
 * beyond 63 bits; what else 5.2 forbids is hs_websocket_frame_problem's to say. */
HS_CHECKED hs_result hs_websocket_read_header(hs_reader *r, hs_websocket_frame *frame);
/* In the shortest form. HS_INVALID: a length beyond 63 bits, or an opcode or rsv out of range. */
HS_CHECKED hs_result hs_websocket_write_header(hs_writer *w, const hs_websocket_frame *frame);
/* What RFC 6455 5 forbids in this frame from that side, or NULL. `rsv_allowed` are the bits that a
 * negotiated extension uses. */
const char *hs_websocket_frame_problem(const hs_websocket_frame *frame, bool from_client,
                                       uint8_t rsv_allowed);
/* Masks or unmasks in place (5.3); `offset` of data[0] within the payload. */
void hs_websocket_mask(uint8_t *data, size_t len, const uint8_t mask[4], uint64_t offset);

/* The payload of a close frame (5.5.1), unmasked. An empty one has no code. */
typedef struct hs_websocket_close {
    bool has_code;
    uint16_t code;
    hs_bytes reason;
} hs_websocket_close;

HS_CHECKED hs_result hs_websocket_read_close(hs_reader *r, hs_websocket_close *close);
HS_CHECKED hs_result hs_websocket_write_close(hs_writer *w, const hs_websocket_close *close);
/* IANA's "WebSocket Close Code Number" meaning; "unknown" for others. */
const char *hs_websocket_close_name(uint16_t code);

/* Sec-WebSocket-Key from 16 random bytes; returns `out`. */
const char *hs_websocket_key_text(const uint8_t nonce[HS_WEBSOCKET_NONCE_LEN],
                                  char out[HS_WEBSOCKET_KEY_SIZE]);
/* Whether a key is the base64 of 16 bytes (4.2.1). */
bool hs_websocket_key_is_valid(hs_bytes key);
/* Sec-WebSocket-Accept from the SHA-1 of key and GUID; returns `out`. */
const char *hs_websocket_accept_text(const uint8_t sha1[20], char out[HS_WEBSOCKET_ACCEPT_SIZE]);

/* "Upgrade: websocket" and "Connection: Upgrade", as 4.1 and 4.2.1 ask of request and answer. */
bool hs_websocket_head_upgrades(const hs_http1_head *head);

#endif
