/* HTTP/2 frames with their payloads (RFC 9113 6, RFC 7838 4, RFC 8336 2, RFC 9218 7.1). Header
 * blocks stay compressed; frames of unknown type keep their payload whole. */
#ifndef HS_WIRE_HTTP2_FRAME_H
#define HS_WIRE_HTTP2_FRAME_H

#include "wire/http2.h"

typedef struct hs_http2_priority {
    bool exclusive;
    uint32_t dependency;
    uint8_t weight; /* as on the wire: one less than the weight */
} hs_http2_priority;

typedef struct hs_http2_setting {
    uint16_t id;
    uint32_t value;
} hs_http2_setting;

/* One frame. Bytes are borrowed. Of the members of the payload, those of the header's type count.
 */
typedef struct hs_http2_frame {
    hs_http2_header header;
    bool has_padding; /* the flag PADDED of a type that has it */
    hs_bytes padding;
    bool has_priority; /* HEADERS with the flag PRIORITY; always in PRIORITY */
    hs_http2_priority priority;
    bool payload_reserved; /* the reserved bit before an identifier or increment in the payload */
    uint32_t stream_id;    /* PUSH_PROMISE: promised; GOAWAY: last; PRIORITY_UPDATE: prioritized */
    uint32_t error;        /* RST_STREAM, GOAWAY */
    uint32_t increment;    /* WINDOW_UPDATE */
    hs_bytes origin;       /* ALTSVC */
    /* DATA: data; HEADERS, PUSH_PROMISE, CONTINUATION: field block fragment; SETTINGS: the
     * settings, for hs_http2_next_setting; PING: opaque data; GOAWAY: additional debug data; ALTSVC
     * and PRIORITY_UPDATE: field value; ORIGIN: entries, for hs_http2_next_origin; unknown: payload
     */
    hs_bytes content;
} hs_http2_frame;

/* Reads header and payload. HS_MALFORMED: the payload is not as long as its type must be. */
HS_CHECKED hs_result hs_http2_read_frame(hs_reader *r, hs_http2_frame *frame);
/* Reads the payload that follows `frame->header`. */
HS_CHECKED hs_result hs_http2_read_payload(hs_reader *r, hs_http2_frame *frame);
/* Writes header and payload. `header.length` is computed. HS_INVALID: not a frame that can be. */
HS_CHECKED hs_result hs_http2_write_frame(hs_writer *w, const hs_http2_frame *frame);
/* What RFC 9113 forbids in this frame taken alone (its stream, its values), or NULL. */
const char *hs_http2_frame_problem(const hs_http2_frame *frame);

/* Takes the next one off the content of a SETTINGS or ORIGIN frame; false at its end. */
bool hs_http2_next_setting(hs_bytes *content, hs_http2_setting *setting);
bool hs_http2_next_origin(hs_bytes *content, hs_bytes *origin);

/* A SETTINGS frame, and its acknowledgement. */
HS_CHECKED hs_result hs_http2_write_settings(hs_writer *w, const hs_http2_setting *settings,
                                             size_t count);
HS_CHECKED hs_result hs_http2_write_settings_ack(hs_writer *w);

#endif
