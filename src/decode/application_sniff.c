/* Which protocol a direction speaks, from its first bytes and from what the other direction speaks.
 */
#include <string.h>

#include "decode/application_state.h"

enum { REQUEST_LINE_MAX = 8192 }; /* a longer first line is not taken for a request */

/* How bytes compare with a text that they should begin with. */
typedef enum match { NO_MATCH, MAY_MATCH, MATCH } match;

static match match_text(hs_bytes bytes, const char *text)
{
    size_t len = strlen(text);
    size_t there = bytes.len < len ? bytes.len : len;
    if (memcmp(bytes.data, text, there) != 0) {
        return NO_MATCH;
    }
    return there == len ? MATCH : MAY_MATCH;
}

/* A first frame from the server: SETTINGS on stream 0, no flags, whole settings (RFC 9113 3.4).
 * Where the client speaks HTTP/2 any registered type will do: a server may give up at once. */
static match match_frame(hs_bytes bytes, bool is_expected)
{
    uint8_t padded[HS_HTTP2_HEADER_LEN] = {0, 0, 0, HS_HTTP2_SETTINGS};
    size_t there = bytes.len < sizeof padded ? bytes.len : sizeof padded;
    memcpy(padded, bytes.data, there);
    hs_fault fault;
    hs_reader r;
    hs_http2_header header;
    hs_reader_init(&r, hs_bytes_of(padded, sizeof padded), &fault, NULL);
    if (hs_http2_read_header(&r, &header) != HS_OK || header.length > HS_HTTP2_MAX_FRAME_SIZE) {
        return NO_MATCH;
    }
    bool is_settings = header.type == HS_HTTP2_SETTINGS && header.flags == 0 && !header.reserved &&
                       header.stream_id == 0 &&
                       (there < 3 || header.length % HS_HTTP2_SETTING_LEN == 0);
    bool is_other = is_expected && hs_http2_type_name(header.type) && !header.reserved;
    if (!is_settings && !is_other) {
        return NO_MATCH;
    }
    return there == sizeof padded ? MATCH : MAY_MATCH;
}

static match match_request(hs_bytes bytes)
{
    hs_fault fault;
    hs_reader r;
    hs_http1_head head;
    hs_reader_init(&r, bytes, &fault, NULL);
    if (hs_http1_read_head(&r, HS_HTTP1_REQUEST, &head) == HS_OK || head.version.len > 0) {
        return MATCH;
    }
    bool may_be = fault.result == HS_NEED_MORE && bytes.len <= REQUEST_LINE_MAX;
    return may_be ? MAY_MATCH : NO_MATCH;
}

static hs_app_protocol sniff_client(hs_bytes bytes)
{
    match preface = match_text(bytes, HS_HTTP2_PREFACE);
    if (preface != NO_MATCH) {
        return preface == MATCH ? HS_APP_HTTP2 : HS_APP_UNDECIDED;
    }
    match request = match_request(bytes);
    if (request == NO_MATCH) {
        return HS_APP_DATA;
    }
    return request == MATCH ? HS_APP_HTTP1 : HS_APP_UNDECIDED;
}

static hs_app_protocol sniff_server(hs_app_side *side, hs_bytes bytes, hs_app_protocol client)
{
    match response = match_text(bytes, "HTTP/");
    match frame = match_frame(bytes, client == HS_APP_HTTP2);
    if (response == MATCH) {
        return HS_APP_HTTP1;
    }
    if (frame == MATCH) {
        if (client == HS_APP_HTTP1) {
            side->problem = "HTTP/2 in answer to an HTTP/1.1 request";
        }
        return HS_APP_HTTP2;
    }
    if (response == MAY_MATCH || frame == MAY_MATCH) {
        return HS_APP_UNDECIDED;
    }
    if (client == HS_APP_HTTP1) {
        side->fault = (hs_fault){HS_MALFORMED, 0, "HTTP-version",
                                 "is not \"HTTP/\" and two digits"};
    } else if (client == HS_APP_HTTP2) {
        side->fault = (hs_fault){HS_MALFORMED, 0, "frame header",
                                 "is no frame that HTTP/2 begins with"};
    }
    return HS_APP_DATA;
}

hs_app_protocol hs_app_sniff(hs_application *app, hs_app_side *side)
{
    hs_bytes bytes = hs_buffer_bytes(&side->buffer);
    if (bytes.len == 0) {
        return HS_APP_UNDECIDED;
    }
    if (side->from == HS_CLIENT) {
        return sniff_client(bytes);
    }
    return sniff_server(side, bytes, app->sides[HS_CLIENT].protocol);
}
