/* Request heads out of a byte stream, for the protocols that begin as HTTP/1.1. */
#include "serve/request.h"

#include <string.h>

#include "wire/http1_body.h"

void hs_request_stream_init(hs_request_stream *stream)
{
    *stream = (hs_request_stream){.looked_at = 0};
    /* A head that is nearly too long, and one more read. */
    hs_buffer_init(&stream->buffer, HS_HTTP1_HEAD_MAX + HS_SERVE_READ_SIZE);
}

void hs_request_stream_free(hs_request_stream *stream)
{
    hs_buffer_free(&stream->buffer);
}

hs_result hs_request_stream_add(hs_request_stream *stream, hs_bytes bytes)
{
    return hs_buffer_append(&stream->buffer, bytes);
}

/* Whether an empty line ends in what came since the last look. */
static bool may_be_complete(hs_bytes bytes, size_t looked_at)
{
    size_t from = looked_at > 3 ? looked_at - 3 : 0;
    for (size_t i = from; i + 1 < bytes.len; i++) {
        if (bytes.data[i] == '\n' && (bytes.data[i + 1] == '\n' || bytes.data[i + 1] == '\r')) {
            return true;
        }
    }
    return false;
}

hs_result hs_request_stream_next(hs_request_stream *stream, hs_http1_head *head, const char **why)
{
    /* RFC 9112 2.2: empty lines before a request are passed over. */
    hs_bytes bytes = hs_buffer_bytes(&stream->buffer);
    size_t empty = 0;
    while (empty < bytes.len && (bytes.data[empty] == '\r' || bytes.data[empty] == '\n')) {
        empty++;
    }
    hs_buffer_consume(&stream->buffer, empty);
    bytes = hs_buffer_bytes(&stream->buffer);
    *why = NULL;
    if (bytes.len == 0) {
        return HS_NEED_MORE;
    }
    /* A head that comes byte by byte is not parsed again at each of them. */
    bool look = may_be_complete(bytes, stream->looked_at) || bytes.len >= 2 * stream->looked_at;
    if (!look && bytes.len <= HS_HTTP1_HEAD_MAX) {
        return HS_NEED_MORE;
    }
    stream->looked_at = bytes.len;
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, bytes, &fault, NULL);
    hs_result result = hs_http1_read_head(&r, HS_HTTP1_REQUEST, head);
    if (result == HS_MALFORMED) {
        *why = fault.why;
        return bytes.len > HS_HTTP1_HEAD_MAX || head->field_count == HS_HTTP1_FIELD_MAX
                   ? HS_LIMIT
                   : HS_MALFORMED;
    }
    return result == HS_NEED_MORE && bytes.len > HS_HTTP1_HEAD_MAX ? HS_LIMIT : result;
}

void hs_request_stream_consume(hs_request_stream *stream, size_t len)
{
    hs_buffer_consume(&stream->buffer, len);
    stream->looked_at = 0;
}

void hs_request_stream_watch(hs_request_stream *stream, hs_connection *c)
{
    bool has_begun = hs_buffer_bytes(&stream->buffer).len > 0;
    /* Not set anew by each byte: a head that dribbles in has no more time than any other. */
    if (has_begun != stream->has_begun && !hs_connection_is_early(c)) {
        stream->has_begun = has_begun;
        hs_connection_set_deadline(c, has_begun ? HS_SERVE_HANDSHAKE_MS : 0);
    }
}

hs_bytes hs_request_path(hs_bytes target)
{
    if (target.len > 0 && target.data[0] != '/') {
        const char scheme_end[] = "://";
        const uint8_t *authority = memmem(target.data, target.len, scheme_end,
                                          sizeof scheme_end - 1);
        if (authority) {
            authority += sizeof scheme_end - 1;
            size_t left = target.len - (size_t)(authority - target.data);
            const uint8_t *path = memchr(authority, '/', left);
            /* RFC 9110 4.2.3: an empty path means "/". */
            target = path ? hs_bytes_of(path, target.len - (size_t)(path - target.data))
                          : hs_bytes_of("/", 1);
        }
    }
    const uint8_t *query = target.len > 0 ? memchr(target.data, '?', target.len) : NULL;
    if (query) {
        target.len = (size_t)(query - target.data);
    }
    return target;
}

bool hs_request_is_safe(hs_bytes method)
{
    return hs_bytes_are(method, "GET") || hs_bytes_are(method, "HEAD") ||
           hs_bytes_are(method, "OPTIONS") || hs_bytes_are(method, "TRACE");
}

int hs_request_check(const hs_http1_head *head, bool is_early, const char **why)
{
    bool http11 = hs_bytes_are(head->version, "HTTP/1.1");
    if (!http11 && !hs_bytes_are(head->version, "HTTP/1.0")) {
        *why = "This server speaks HTTP/1.1 here.";
        return 505;
    }
    size_t hosts = hs_http1_count(head, "Host");
    if (hosts > 1 || (http11 && hosts == 0)) {
        *why = "A request has exactly one Host field.";
        return 400;
    }
    hs_http1_body body = hs_http1_request_body(head);
    if (body.problem) {
        *why = body.problem;
        return 400;
    }
    const hs_http1_field *passed_on = hs_http1_find(head, "Early-Data");
    is_early = is_early || (passed_on && hs_bytes_are(passed_on->value, "1"));
    if (is_early && !hs_request_is_safe(head->method)) {
        *why = "Early data can be replayed: send this again after the handshake.";
        return 425;
    }
    return 0;
}

bool hs_request_keeps_alive(const hs_http1_head *head)
{
    if (hs_http1_request_body(head).framing != HS_HTTP1_BODY_NONE) {
        return false;
    }
    if (hs_bytes_are(head->version, "HTTP/1.0")) {
        return hs_http1_has_token(head, "Connection", "keep-alive");
    }
    return !hs_http1_has_token(head, "Connection", "close");
}
