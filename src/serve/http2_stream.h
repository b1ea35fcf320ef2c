/* One request over HTTP/2, and its answer. */
#ifndef HS_SERVE_HTTP2_STREAM_H
#define HS_SERVE_HTTP2_STREAM_H

#include <nghttp2/nghttp2.h>

#include "serve/answer.h"

enum { HS_HTTP2_METHOD_MAX = 32, HS_HTTP2_TARGET_MAX = 2048 };

typedef struct hs_http2_stream hs_http2_stream;
struct hs_http2_stream {
    hs_http2_stream *next;
    hs_http2_stream *previous;
    char method[HS_HTTP2_METHOD_MAX];
    char target[HS_HTTP2_TARGET_MAX];
    size_t method_len;
    size_t target_len;
    size_t list_size; /* of the header list, as SETTINGS_MAX_HEADER_LIST_SIZE counts it */
    bool is_too_long;
    bool is_early;
    hs_answer answer;
    size_t sent; /* of its body */
};

/* Makes stream->answer. HS_NO_MEMORY. */
HS_CHECKED hs_result hs_http2_stream_answer(const hs_connection *c, const hs_request *request,
                                            hs_http2_stream *stream);
/* Hands it to nghttp2, which reads the body from `stream` until the stream is closed. */
HS_CHECKED hs_result hs_http2_stream_submit(nghttp2_session *session, int32_t id,
                                            hs_http2_stream *stream);

#endif
