/* One request over HTTP/2, and its answer. */
#include "serve/http2_stream.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

hs_result hs_http2_stream_answer(const hs_connection *c, const hs_request *request,
                                 hs_http2_stream *stream)
{
    if (stream->is_too_long) {
        return hs_answer_refuse(431, "A request's fields are at most 64 KiB, its path 2 KiB here.",
                                &stream->answer);
    }
    if (stream->is_early && !hs_request_is_safe(request->method)) {
        return hs_answer_refuse(425, "Early data can be replayed: send this again.",
                                &stream->answer);
    }
    return hs_answer_page(c, "HTTP/2", request, &stream->answer);
}

static ssize_t read_body(nghttp2_session *session, int32_t stream_id, uint8_t *out, size_t room,
                         uint32_t *flags, nghttp2_data_source *source, void *context)
{
    (void)session;
    (void)stream_id;
    (void)context;
    hs_http2_stream *stream = source->ptr;
    size_t left = stream->answer.body_len - stream->sent;
    size_t now = left < room ? left : room;
    memcpy(out, stream->answer.body + stream->sent, now);
    stream->sent += now;
    if (now == left) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    return (ssize_t)now;
}

typedef struct field_list {
    nghttp2_nv items[8];
    size_t count;
} field_list;

static void add_field(field_list *list, const char *name, const char *value)
{
    if (name && value && list->count < sizeof list->items / sizeof list->items[0]) {
        list->items[list->count++] = (nghttp2_nv){(uint8_t *)(uintptr_t)name,
                                                  (uint8_t *)(uintptr_t)value, strlen(name),
                                                  strlen(value), NGHTTP2_NV_FLAG_NONE};
    }
}

hs_result hs_http2_stream_submit(nghttp2_session *session, int32_t id, hs_http2_stream *stream)
{
    char status[16];
    char length[24];
    char date[HS_HTTP_DATE_SIZE];
    const hs_answer *answer = &stream->answer;
    snprintf(status, sizeof status, "%d", answer->status);
    snprintf(length, sizeof length, "%zu", answer->body_len);
    field_list fields = {.count = 0};
    add_field(&fields, ":status", status);
    add_field(&fields, "date", hs_http_date((int64_t)time(NULL), date));
    add_field(&fields, "server", HS_SERVE_NAME);
    add_field(&fields, "content-type", answer->content_type);
    add_field(&fields, "content-length", length);
    add_field(&fields, "cache-control", "no-store");
    add_field(&fields, answer->field_name, answer->field_value);
    bool is_head = hs_bytes_are((hs_bytes){(const uint8_t *)stream->method, stream->method_len},
                                "HEAD");
    nghttp2_data_provider body = {.source = {.ptr = stream}, .read_callback = read_body};
    int error = nghttp2_submit_response(session, id, fields.items, fields.count,
                                        is_head ? NULL : &body);
    return error == 0 ? HS_OK : HS_NO_MEMORY;
}
