/* How long an HTTP/1.1 message body is (RFC 9112 6 and 7): its framing, and the chunked coding. */
#ifndef HS_WIRE_HTTP1_BODY_H
#define HS_WIRE_HTTP1_BODY_H

#include "wire/http1.h"

typedef enum hs_http1_framing {
    HS_HTTP1_BODY_NONE,
    HS_HTTP1_BODY_LENGTH,      /* `length` bytes */
    HS_HTTP1_BODY_CHUNKED,     /* hs_http1_chunked finds the end */
    HS_HTTP1_BODY_UNTIL_CLOSE, /* to the end of the connection */
    HS_HTTP1_BODY_TUNNEL,      /* 2xx to CONNECT, or 101: what follows is another protocol */
} hs_http1_framing;

typedef struct hs_http1_body {
    hs_http1_framing framing;
    uint64_t length;
    const char
        *problem; /* static: what RFC 9112 6.3 forbids in the head's framing; NULL: nothing */
} hs_http1_body;

hs_http1_body hs_http1_request_body(const hs_http1_head *request);
/* `method` is the request's, empty where it is not known. */
hs_http1_body hs_http1_response_body(const hs_http1_head *response, hs_bytes method);

/* Follows a chunked body through any split. */
typedef struct hs_http1_chunked {
    unsigned state;
    uint64_t left;       /* of the chunk's data */
    uint64_t content;    /* bytes of content so far */
    size_t line;         /* bytes of the size line or of the trailer section so far */
    const char *problem; /* static: why it is malformed */
} hs_http1_chunked;

void hs_http1_chunked_init(hs_http1_chunked *chunked);
/* HS_OK: the body ended after `*used` bytes. HS_NEED_MORE: all were used. HS_MALFORMED: at the byte
 * `*used`, for the reason in `problem`. */
HS_CHECKED hs_result hs_http1_chunked_feed(hs_http1_chunked *chunked, hs_bytes bytes, size_t *used);

#endif
