/* HTTP/2 (RFC 9113) through nghttp2: the page, or WebSockets (RFC 8441). */
#include <stdlib.h>
#include <string.h>

#include <nghttp2/nghttp2.h>

#include "serve/http2_websocket.h"
#include "serve/protocols.h"

enum {
    STREAMS_MAX = 100,
    OUTPUT_SIZE = 16 * 1024,
};

typedef struct http2_session {
    nghttp2_session *session;
    hs_http2_stream *streams;
    const char *farewell; /* why the server ends it; NULL: it does not */
    bool has_websockets;  /* and nothing else */
    bool is_begun;        /* the peer's SETTINGS came */
    bool is_left;         /* its GOAWAY came: it ends the session */
} http2_session;

static void http2_flush(hs_connection *c);

static hs_http2_stream *stream_of(nghttp2_session *session, int32_t id)
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
    hs_http2_stream *stream = calloc(1, sizeof *stream);
    if (!stream) {
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    stream->fields.is_early = hs_connection_is_early(c);
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

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *context)
{
    (void)flags;
    (void)context;
    hs_http2_stream *stream = is_request(frame) ? stream_of(session, frame->hd.stream_id) : NULL;
    if (stream) {
        hs_request_fields_add(&stream->fields, (hs_bytes){name, name_len},
                              (hs_bytes){value, value_len});
    }
    return 0;
}

static int answer_request(nghttp2_session *session, int32_t id, hs_connection *c)
{
    hs_http2_stream *stream = stream_of(session, id);
    const http2_session *h2 = c->state;
    if (!stream || stream->answer.body) {
        return 0;
    }
    if (h2->has_websockets) {
        return hs_http2_websocket_answer(session, id, stream, c) == HS_OK
                   ? 0
                   : NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    hs_visit visit;
    hs_request request = hs_request_fields_request(&stream->fields);
    hs_visit_of_connection(c, "HTTP/2", &visit);
    if (hs_request_fields_answer(&stream->fields, &visit, &stream->answer) != HS_OK) {
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    stream->answer.alt_svc = hs_connection_alt_svc(c);
    hs_answer_line(c, &request, &stream->answer);
    return hs_http2_stream_submit(session, id, stream) == HS_OK ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
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
    int error = is_request(frame) ? answer_request(session, frame->hd.stream_id, c) : 0;
    bool is_end = (frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS) &&
                  (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    hs_http2_stream *stream = is_end ? stream_of(session, frame->hd.stream_id) : NULL;
    if (error == 0 && stream && stream->websocket) {
        hs_http2_websocket_ended(stream->websocket);
    }
    return error;
}

/* Only of a session with WebSockets, whose windows are opened here. */
static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                   size_t len, void *context)
{
    (void)flags;
    (void)context;
    hs_http2_stream *stream = stream_of(session, id);
    if (stream && stream->websocket) {
        hs_http2_websocket_received(stream->websocket, (hs_bytes){data, len});
        return 0;
    }
    return nghttp2_session_consume(session, id, len) == 0 ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_invalid_frame(nghttp2_session *session, const nghttp2_frame *frame, int error,
                            void *context)
{
    (void)session;
    hs_connection_line(context, "HTTP/2 frame of type %u on stream %d refused: %s", frame->hd.type,
                       frame->hd.stream_id, nghttp2_strerror(error));
    return 0;
}

static void free_stream(http2_session *h2, hs_http2_stream *stream)
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
    hs_http2_websocket_free(stream->websocket);
    free(stream);
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t error, void *context)
{
    (void)error;
    hs_connection *c = context;
    hs_http2_stream *stream = stream_of(session, id);
    if (stream) {
        nghttp2_session_set_stream_user_data(session, id, NULL);
        free_stream(c->state, stream);
    }
    return 0;
}

static bool submit_settings(http2_session *h2)
{
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,
         h2->has_websockets ? HS_HTTP2_WEBSOCKETS_MAX : STREAMS_MAX},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HS_REQUEST_LIST_MAX},
        {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
    };
    size_t count = sizeof settings / sizeof settings[0] - (h2->has_websockets ? 0 : 1);
    return nghttp2_submit_settings(h2->session, NGHTTP2_FLAG_NONE, settings, count) == 0;
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
    nghttp2_option *option = NULL;
    int error = h2->has_websockets ? nghttp2_option_new(&option) : 0;
    if (option) {
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
        nghttp2_option_set_no_auto_window_update(option, 1);
    }
    if (error == 0) {
        error = nghttp2_session_server_new2(&h2->session, callbacks, c, option);
    }
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    return error == 0 && submit_settings(h2);
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

static hs_result open_session(hs_connection *c, bool has_websockets)
{
    http2_session *h2 = calloc(1, sizeof *h2);
    c->state = h2;
    if (h2) {
        h2->has_websockets = has_websockets;
    }
    if (!h2 || !set_up(h2, c)) {
        return HS_NO_MEMORY; /* http2_free follows */
    }
    hs_connection_set_deadline(c, HS_SERVE_HANDSHAKE_MS);
    http2_flush(c);
    return HS_OK;
}

static hs_result http2_open(hs_connection *c)
{
    return open_session(c, false);
}

static hs_result http2_open_websockets(hs_connection *c)
{
    return open_session(c, true);
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
    for (hs_http2_stream *stream = h2->streams; stream; stream = stream->next) {
        if (stream->websocket) {
            hs_http2_websocket_leave(stream->websocket, why);
        }
    }
    if (h2->has_websockets) {
        http2_flush(c); /* before GOAWAY, behind which nothing is sent */
    }
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

const hs_protocol hs_protocol_http2_websockets = {
    .unit = "message",
    .open = http2_open_websockets,
    .received = http2_received,
    .drained = http2_flush,
    .farewell = http2_farewell,
    .free = http2_free,
};
