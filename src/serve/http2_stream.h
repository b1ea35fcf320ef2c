/* One request over HTTP/2, and its answer. */
#ifndef HS_SERVE_HTTP2_STREAM_H
#define HS_SERVE_HTTP2_STREAM_H

#include <nghttp2/nghttp2.h>

#include "serve/request_fields.h"

typedef struct hs_http2_stream hs_http2_stream;
typedef struct hs_http2_websocket hs_http2_websocket;
struct hs_http2_stream {
    hs_http2_stream *next;
    hs_http2_stream *previous;
    hs_request_fields fields;
    hs_answer answer;
    size_t sent;                   /* of its body */
    hs_http2_websocket *websocket; /* what it has become; NULL: a request as others */
};

/* Hands it to nghttp2, which reads the body from `stream` until the stream is closed. */
HS_CHECKED hs_result hs_http2_stream_submit(nghttp2_session *session, int32_t id,
                                            hs_http2_stream *stream);

#endif
