/* One request over HTTP/2, and its answer. */
#include "serve/http2_stream.h"

#include <string.h>

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

hs_result hs_http2_stream_submit(nghttp2_session *session, int32_t id, hs_http2_stream *stream)
{
    hs_answer_fields fields;
    nghttp2_nv items[HS_ANSWER_FIELDS_MAX];
    hs_answer_make_fields(&stream->answer, &fields);
    for (size_t i = 0; i < fields.count; i++) {
        const char *name = fields.items[i].name;
        const char *value = fields.items[i].value;
        items[i] = (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value,
                                strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE};
    }
    bool is_head = hs_bytes_are(hs_request_fields_request(&stream->fields).method, "HEAD");
    nghttp2_data_provider body = {.source = {.ptr = stream}, .read_callback = read_body};
    int error = nghttp2_submit_response(session, id, items, fields.count, is_head ? NULL : &body);
    return error == 0 ? HS_OK : HS_NO_MEMORY;
}
