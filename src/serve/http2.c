/* The page over HTTP/2 (RFC 9113), through nghttp2. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <nghttp2/nghttp2.h>

#include "serve/answer.h"
#include "serve/protocols.h"
#include "wire/http1.h"

enum {
    STREAMS_MAX = 100,
    METHOD_MAX = 32,
    TARGET_MAX = 2048,
    HEADER_LIST_MAX = HS_HTTP1_HEAD_MAX,
    FIELD_OVERHEAD = 32, /* RFC 9113 10.5.1 */
    OUTPUT_SIZE = 16 * 1024,
};

typedef struct http2_stream http2_stream;

typedef struct http2_session {
    nghttp2_session *session;
    http2_stream *streams;
    const char *farewell; /* why the server ends it; NULL: it does not */
    bool is_begun;        /* the peer's SETTINGS came */
    bool is_left;         /* its GOAWAY came: it ends the session */
} http2_session;

struct http2_stream {
    http2_stream *next;
    http2_stream *previous;
    char method[METHOD_MAX];
    char target[TARGET_MAX];
    size_t method_len;
    size_t target_len;
    size_t list_size; /* of the header list, as SETTINGS_MAX_HEADER_LIST_SIZE counts it */
    bool is_too_long;
    bool is_early;
    hs_answer answer;
    size_t sent; /* of its body */
};

static void http2_flush(hs_connection *c);

static http2_stream *stream_of(nghttp2_session *session, int32_t id)
{
    return nghttp2_session_get_stream_user_data(session, id);
}

static bool is_request(const nghttp2_frame *frame)
{
    return frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    hs_connection *c = context;
    if (!is_request(frame)) {
        return 0;
    }
    http2_stream *stream = calloc(1, sizeof *stream);
    if (!stream) {
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    stream->is_early = hs_connection_is_early(c);
    http2_session *h2 = c->state;
    stream->next = h2->streams;
    if (stream->next) {
        stream->next->previous = stream;
    }
    h2->streams = stream; /* nghttp2 does not tell of the streams that end with the session */
    if (nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, stream) != 0) {
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    return 0;
}

static void keep(http2_stream *stream, char *field, size_t *field_len, size_t capacity,
                 hs_bytes value)
{
    if (value.len > capacity) {
        stream->is_too_long = true;
        return;
    }
    memcpy(field, value.data, value.len);
    *field_len = value.len;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *context)
{
    (void)flags;
    (void)context;
    http2_stream *stream = is_request(frame) ? stream_of(session, frame->hd.stream_id) : NULL;
    if (!stream) {
        return 0;
    }
    hs_bytes field = {name, name_len};
    hs_bytes text = {value, value_len};
    stream->list_size += name_len + value_len + FIELD_OVERHEAD;
    if (stream->list_size > HEADER_LIST_MAX) {
        stream->is_too_long = true;
    } else if (hs_bytes_are(field, ":method")) {
        keep(stream, stream->method, &stream->method_len, sizeof stream->method, text);
    } else if (hs_bytes_are(field, ":path")) {
        keep(stream, stream->target, &stream->target_len, sizeof stream->target, text);
    } else if (hs_bytes_are(field, "early-data") && hs_bytes_are(text, "1")) {
        stream->is_early = true;
    }
    return 0;
}

static ssize_t read_body(nghttp2_session *session, int32_t stream_id, uint8_t *out, size_t room,
                         uint32_t *flags, nghttp2_data_source *source, void *context)
{
    (void)session;
    (void)stream_id;
    (void)context;
    http2_stream *stream = source->ptr;
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

static int submit(nghttp2_session *session, int32_t id, http2_stream *stream)
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
    return nghttp2_submit_response(session, id, fields.items, fields.count, is_head ? NULL : &body);
}

static hs_result make_answer(hs_connection *c, const hs_request *request, http2_stream *stream)
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

static int answer_request(nghttp2_session *session, int32_t id, hs_connection *c)
{
    http2_stream *stream = stream_of(session, id);
    if (!stream || stream->answer.body) {
        return 0;
    }
    hs_request request = {{(const uint8_t *)stream->method, stream->method_len},
                          {(const uint8_t *)stream->target, stream->target_len}};
    request.path = hs_request_path(request.path);
    if (make_answer(c, &request, stream) != HS_OK) {
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    hs_answer_line(c, &request, &stream->answer);
    return submit(session, id, stream) == 0 ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_frame_received(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    hs_connection *c = context;
    http2_session *h2 = c->state;
    if (frame->hd.type == NGHTTP2_SETTINGS && !h2->is_begun) {
        h2->is_begun = true;
        hs_connection_set_deadline(c, 0);
    }
    if (frame->hd.type == NGHTTP2_GOAWAY) {
        h2->is_left = true;
        hs_connection_line(c, "received GOAWAY %s",
                           nghttp2_http2_strerror(frame->goaway.error_code));
    }
    /* The body, if one comes, changes nothing. */
    return is_request(frame) ? answer_request(session, frame->hd.stream_id, c) : 0;
}

static int on_invalid_frame(nghttp2_session *session, const nghttp2_frame *frame, int error,
                            void *context)
{
    (void)session;
    hs_connection_line(context, "HTTP/2 frame of type %u on stream %d refused: %s", frame->hd.type,
                       frame->hd.stream_id, nghttp2_strerror(error));
    return 0;
}

static void free_stream(http2_session *h2, http2_stream *stream)
{
    if (stream->previous) {
        stream->previous->next = stream->next;
    } else {
        h2->streams = stream->next;
    }
    if (stream->next) {
        stream->next->previous = stream->previous;
    }
    hs_answer_free(&stream->answer);
    free(stream);
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t error, void *context)
{
    (void)error;
    hs_connection *c = context;
    http2_stream *stream = stream_of(session, id);
    if (stream) {
        nghttp2_session_set_stream_user_data(session, id, NULL);
        free_stream(c->state, stream);
    }
    return 0;
}

static bool set_up(http2_session *h2, hs_connection *c)
{
    nghttp2_session_callbacks *callbacks;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) {
        return false;
    }
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame_received);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_invalid_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    int error = nghttp2_session_server_new(&h2->session, callbacks, c);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, STREAMS_MAX},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HEADER_LIST_MAX},
    };
    return error == 0 && nghttp2_submit_settings(h2->session, NGHTTP2_FLAG_NONE, settings,
                                                 sizeof settings / sizeof settings[0]) == 0;
}

static void http2_free(void *state)
{
    http2_session *h2 = state;
    if (h2) {
        nghttp2_session_del(h2->session);
        while (h2->streams) {
            free_stream(h2, h2->streams);
        }
        free(h2);
    }
}

static hs_result http2_open(hs_connection *c)
{
    http2_session *h2 = calloc(1, sizeof *h2);
    c->state = h2;
    if (!h2 || !set_up(h2, c)) {
        return HS_NO_MEMORY; /* http2_free follows */
    }
    hs_connection_set_deadline(c, HS_SERVE_HANDSHAKE_MS);
    http2_flush(c);
    return HS_OK;
}

/* Frames are put together, so that a flight is one segment and few TLS records. */
static void http2_flush(hs_connection *c)
{
    http2_session *h2 = c->state;
    uint8_t output[OUTPUT_SIZE];
    size_t len = 0;
    while (hs_connection_has_room(c)) {
        const uint8_t *frame;
        ssize_t size = nghttp2_session_mem_send(h2->session, &frame);
        if (size < 0) {
            hs_connection_abort(c, "out of memory");
            return;
        }
        if (size == 0 || len + (size_t)size > sizeof output) {
            hs_connection_send(c, (hs_bytes){output, len});
            len = 0;
        }
        if (size == 0) {
            break;
        }
        if ((size_t)size > sizeof output) {
            hs_connection_send(c, (hs_bytes){frame, (size_t)size});
        } else {
            memcpy(output + len, frame, (size_t)size);
            len += (size_t)size;
        }
    }
    hs_connection_send(c, (hs_bytes){output, len});
    if (c->phase < HS_CONNECTION_CLOSING && !nghttp2_session_want_read(h2->session) &&
        !nghttp2_session_want_write(h2->session)) {
        hs_connection_finish(c, h2->farewell  ? h2->farewell
                                : h2->is_left ? NULL
                                              : "an HTTP/2 protocol error");
    }
}

static void http2_received(hs_connection *c, hs_bytes bytes)
{
    http2_session *h2 = c->state;
    ssize_t used = nghttp2_session_mem_recv(h2->session, bytes.data, bytes.len);
    if (used < 0) {
        h2->farewell = nghttp2_strerror((int)used);
        if (used == NGHTTP2_ERR_BAD_CLIENT_MAGIC || used == NGHTTP2_ERR_FLOODED ||
            nghttp2_session_terminate_session(h2->session, NGHTTP2_INTERNAL_ERROR) != 0) {
            hs_connection_finish(c, h2->farewell);
            return;
        }
    }
    http2_flush(c);
}

static void http2_farewell(hs_connection *c, hs_farewell farewell, const char *why)
{
    http2_session *h2 = c->state;
    h2->farewell = why;
    uint32_t error = farewell == HS_FAREWELL_LATE ? NGHTTP2_SETTINGS_TIMEOUT : NGHTTP2_NO_ERROR;
    if (nghttp2_session_terminate_session(h2->session, error) != 0) {
        hs_connection_finish(c, why);
        return;
    }
    http2_flush(c);
    hs_connection_finish(c, why);
}

const hs_protocol hs_protocol_http2 = {
    .unit = "request",
    .open = http2_open,
    .received = http2_received,
    .drained = http2_flush,
    .farewell = http2_farewell,
    .free = http2_free,
};
