/* Request heads out of a byte stream, for the protocols that begin as HTTP/1.1. */
#ifndef HS_SERVE_REQUEST_H
#define HS_SERVE_REQUEST_H

#include "base/buffer.h"
#include "serve/connection.h"
#include "wire/http1.h"

typedef struct hs_request_stream {
    hs_buffer buffer;
    size_t looked_at; /* bytes that were there at the last try */
    bool has_begun;   /* a head has begun, and its deadline runs */
} hs_request_stream;

void hs_request_stream_init(hs_request_stream *stream);
void hs_request_stream_free(hs_request_stream *stream);
/* HS_NO_MEMORY or HS_LIMIT: nothing was added. */
HS_CHECKED hs_result hs_request_stream_add(hs_request_stream *stream, hs_bytes bytes);
/* HS_OK: `head` is complete, borrowed until the next call. HS_NEED_MORE. HS_LIMIT: it is too long.
 * HS_MALFORMED: `*why` says why, and may be NULL. */
HS_CHECKED hs_result hs_request_stream_next(hs_request_stream *stream, hs_http1_head *head,
                                            const char **why);
void hs_request_stream_consume(hs_request_stream *stream, size_t len);
/* Sets or clears the connection's deadline for the head that is coming. */
void hs_request_stream_watch(hs_request_stream *stream, hs_connection *c);

/* What the program looks at in a request, of whichever HTTP version. */
typedef struct hs_request {
    hs_bytes method;
    hs_bytes path; /* without query */
} hs_request;

/* The path in an origin-form or absolute-form target (RFC 9112 3.2), without its query. */
hs_bytes hs_request_path(hs_bytes target);
/* RFC 9110 9.2.1. */
bool hs_request_is_safe(hs_bytes method);
/* 0, or the status that refuses a head whatever the resource is: no Host, framing that RFC 9112
 * forbids, an unsafe method in early data (RFC 8470). `*why` is then a sentence. */
int hs_request_check(const hs_http1_head *head, bool is_early, const char **why);
/* Whether the connection stays open after the answer (RFC 9112 9.3). A body is not read: it ends.
 */
bool hs_request_keeps_alive(const hs_http1_head *head);

#endif
