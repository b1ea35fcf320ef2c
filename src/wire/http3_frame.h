/* HTTP/3 frames with their payloads (RFC 9114 7.2, RFC 9218 7.2, RFC 9412 2). Field sections stay
 * compressed; frames of unknown type keep their payload whole. */
#ifndef HS_WIRE_HTTP3_FRAME_H
#define HS_WIRE_HTTP3_FRAME_H

#include "wire/http3.h"

typedef struct hs_http3_setting {
    uint64_t id;
    uint64_t value;
} hs_http3_setting;

/* One frame. Bytes are borrowed. Of the members of the payload, those of the header's type count.
 */
typedef struct hs_http3_frame {
    hs_http3_header header;
    /* CANCEL_PUSH, PUSH_PROMISE: push ID; MAX_PUSH_ID: the largest; GOAWAY: stream ID or push ID;
     * PRIORITY_UPDATE: prioritized element ID */
    uint64_t id;
    /* DATA: data; HEADERS, PUSH_PROMISE: encoded field section; SETTINGS: the settings, for
     * hs_http3_next_setting; PRIORITY_UPDATE: priority field value; ORIGIN: entries, for
     * hs_http2_next_origin; unknown: payload */
    hs_bytes content;
} hs_http3_frame;

/* Where frames are sent. */
typedef enum hs_http3_place {
    HS_HTTP3_ON_CONTROL,
    HS_HTTP3_ON_REQUEST,
    HS_HTTP3_ON_PUSH,
} hs_http3_place;

/* Reads header and payload. HS_NEED_MORE: the stream has not all of it yet. HS_MALFORMED: the
 * payload is not what its type must be (H3_FRAME_ERROR). */
HS_CHECKED hs_result hs_http3_read_frame(hs_reader *r, hs_http3_frame *frame);
/* Reads the payload that follows `frame->header`. */
HS_CHECKED hs_result hs_http3_read_payload(hs_reader *r, hs_http3_frame *frame);
/* Writes header and payload; `header.length` is computed. HS_INVALID: not a frame that can be. */
HS_CHECKED hs_result hs_http3_write_frame(hs_writer *w, const hs_http3_frame *frame);
/* Whether a frame of this type may be there (RFC 9114 table 1, RFC 9218 7.2); true of an unknown
 * type. */
bool hs_http3_frame_is_allowed(uint64_t type, hs_http3_place place);
/* What RFC 9114 forbids in this frame taken alone, or NULL; `error` (may be NULL) is set to the
 * code that it is to be answered with. */
const char *hs_http3_frame_problem(const hs_http3_frame *frame, uint64_t *error);

/* Takes the next one off the content of a SETTINGS frame; false at its end. */
bool hs_http3_next_setting(hs_bytes *content, hs_http3_setting *setting);
/* Writes a SETTINGS frame. HS_LIMIT: no room, or a number of more than 62 bits. */
HS_CHECKED hs_result hs_http3_write_settings(hs_writer *w, const hs_http3_setting *settings,
                                             size_t count);

#endif
