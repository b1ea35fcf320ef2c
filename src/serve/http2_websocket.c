/* A WebSocket on a stream of HTTP/2 (RFC 8441): the extended CONNECT, and frames in DATA. */
#include "serve/http2_websocket.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "serve/websocket_frames.h"

enum {
    OUTPUT_HIGH = 64 * 1024, /* bytes that wait for DATA: above, no frame is made */
    /* A frame goes into it whole, whatever waits. */
    OUTPUT_MAX = OUTPUT_HIGH + HS_SERVE_MESSAGE_MAX + 1024,
    BACKLOG_MAX = 256 * 1024, /* bytes of echoes not made yet: above, the window stays closed */
};

struct hs_http2_websocket {
    nghttp2_session *session;
    hs_connection *connection;
    int32_t stream;
    hs_frames frames;
    hs_buffer out;   /* for DATA */
    size_t withheld; /* bytes that came and are not given back to the stream's window */
    bool is_over;    /* END_STREAM follows what is in `out` */
};

static bool has_room(void *context)
{
    const hs_http2_websocket *websocket = context;
    return hs_buffer_bytes(&websocket->out).len < OUTPUT_HIGH;
}

static void reset(hs_http2_websocket *websocket)
{
    websocket->is_over = true;
    (void)nghttp2_submit_rst_stream(websocket->session, NGHTTP2_FLAG_NONE, websocket->stream,
                                    NGHTTP2_INTERNAL_ERROR);
}

static void put_output(void *context, hs_bytes bytes)
{
    hs_http2_websocket *websocket = context;
    if (hs_buffer_append(&websocket->out, bytes) != HS_OK) {
        reset(websocket);
    }
}

static void give_back(hs_http2_websocket *websocket)
{
    if (websocket->withheld > 0 &&
        wslay_event_get_queued_msg_length(websocket->frames.wslay) < BACKLOG_MAX) {
        /* Fails only where memory does, or the stream is gone. */
        (void)nghttp2_session_consume_stream(websocket->session, websocket->stream,
                                             websocket->withheld);
        websocket->withheld = 0;
    }
}

static void go_on(hs_http2_websocket *websocket, hs_frames_state reached)
{
    if (reached == HS_FRAMES_NO_MEMORY) {
        reset(websocket);
        return;
    }
    websocket->is_over = websocket->is_over || reached != HS_FRAMES_OPEN;
    give_back(websocket);
    /* An error where nothing waits for it: then it is read without being told. */
    (void)nghttp2_session_resume_data(websocket->session, websocket->stream);
}

static ssize_t read_frames(nghttp2_session *session, int32_t id, uint8_t *out, size_t room,
                           uint32_t *flags, nghttp2_data_source *source, void *context)
{
    (void)session;
    (void)id;
    (void)context;
    hs_http2_websocket *websocket = source->ptr;
    if (has_room(websocket) && wslay_event_want_write(websocket->frames.wslay)) {
        go_on(websocket, hs_frames_flush(&websocket->frames));
    }
    hs_bytes bytes = hs_buffer_bytes(&websocket->out);
    size_t now = bytes.len < room ? bytes.len : room;
    if (now > 0) {
        memcpy(out, bytes.data, now);
        hs_buffer_consume(&websocket->out, now);
    }
    if (now == bytes.len && websocket->is_over) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    } else if (now == 0) {
        return NGHTTP2_ERR_DEFERRED;
    }
    return (ssize_t)now;
}

/* -- the request -- */

static const char *refusal_of(const hs_request_fields *fields, hs_answer *answer, int *status)
{
    const hs_request request = hs_request_fields_request(fields);
    *status = 0;
    if (fields->is_too_long) {
        *status = 431;
        return "A request's fields are at most 64 KiB, its path 2 KiB here.";
    }
    if (!hs_bytes_are(request.method, "CONNECT")) {
        *status = 400;
        return "A WebSocket listens here: over HTTP/2 it begins with CONNECT (RFC 8441).";
    }
    if (!hs_http1_is_same(hs_bytes_of(fields->protocol, fields->protocol_len), "websocket")) {
        *status = 501;
        return "Only the :protocol websocket is spoken here.";
    }
    if (fields->is_early) {
        *status = 425;
        return "Early data can be replayed: send this again.";
    }
    if (!hs_bytes_are(hs_bytes_of(fields->websocket_version, fields->websocket_version_len),
                      "13")) {
        *status = 400;
        answer->field_name = "Sec-WebSocket-Version";
        answer->field_value = "13";
        return "Version 13 of the WebSocket protocol is spoken here.";
    }
    return NULL;
}

static hs_result refuse(nghttp2_session *session, int32_t id, hs_http2_stream *stream,
                        hs_connection *c, int status, const char *why, const hs_answer *more)
{
    const hs_request request = hs_request_fields_request(&stream->fields);
    hs_result result = hs_answer_refuse(status, why, &stream->answer);
    if (result != HS_OK) {
        return result;
    }
    stream->answer.field_name = more->field_name;
    stream->answer.field_value = more->field_value;
    hs_answer_line(c, &request, &stream->answer);
    return hs_http2_stream_submit(session, id, stream);
}

static nghttp2_nv field(const char *name, hs_bytes value)
{
    return (nghttp2_nv){.name = (uint8_t *)(uintptr_t)name,
                        .namelen = strlen(name),
                        .value = (uint8_t *)(uintptr_t)value.data,
                        .valuelen = value.len};
}

/* RFC 8441 5: any 2xx accepts; there is no key to be answered. */
static hs_result submit(hs_http2_websocket *websocket, hs_bytes subprotocol)
{
    char date[HS_HTTP_DATE_SIZE];
    (void)hs_http_date((int64_t)time(NULL), date);
    const nghttp2_nv fields[] = {
        field(":status", hs_bytes_of("200", 3)),
        field("date", hs_bytes_of(date, strlen(date))),
        field("server", hs_bytes_of(HS_SERVE_NAME, strlen(HS_SERVE_NAME))),
        field("sec-websocket-protocol", subprotocol),
    };
    size_t count = sizeof fields / sizeof fields[0] - (subprotocol.len > 0 ? 0 : 1);
    const nghttp2_data_provider frames = {.source = {.ptr = websocket},
                                          .read_callback = read_frames};
    int error = nghttp2_submit_response(websocket->session, websocket->stream, fields, count,
                                        &frames);
    return error == 0 ? HS_OK : HS_NO_MEMORY;
}

static void tell(const hs_http2_websocket *websocket, hs_bytes path, hs_bytes subprotocol)
{
    char path_text[HS_ESCAPED_MAX];
    char chosen[HS_ESCAPED_MAX] = "";
    if (subprotocol.len > 0) {
        (void)hs_line_escaped(subprotocol, chosen);
    }
    hs_connection_line(websocket->connection, "stream %d: WebSocket upgrade of %s%s%s",
                       websocket->stream, hs_line_escaped(path, path_text),
                       chosen[0] ? ", subprotocol " : "", chosen);
}

hs_result hs_http2_websocket_answer(nghttp2_session *session, int32_t id, hs_http2_stream *stream,
                                    hs_connection *c)
{
    int status = 0;
    hs_answer more = {0};
    const char *why = refusal_of(&stream->fields, &more, &status);
    if (why) {
        return refuse(session, id, stream, c, status, why, &more);
    }
    hs_http2_websocket *websocket = calloc(1, sizeof *websocket);
    if (!websocket) {
        return HS_NO_MEMORY;
    }
    stream->websocket = websocket; /* freed with the stream */
    websocket->session = session;
    websocket->connection = c;
    websocket->stream = id;
    hs_buffer_init(&websocket->out, OUTPUT_MAX);
    const hs_frames_transport transport = {.has_room = has_room,
                                           .send = put_output,
                                           .context = websocket,
                                           .connection = c,
                                           .stream = id};
    /* The first that is offered is chosen; a client that tests offers what it wants to see. */
    hs_bytes offered = {(const uint8_t *)stream->fields.subprotocols,
                        stream->fields.subprotocols_len};
    hs_bytes chosen = {NULL, 0};
    (void)hs_http1_next_element(&offered, &chosen);
    hs_result result = hs_frames_open(&websocket->frames, &transport);
    if (result == HS_OK) {
        result = submit(websocket, chosen);
    }
    if (result == HS_OK) {
        tell(websocket, hs_request_fields_request(&stream->fields).path, chosen);
    }
    return result;
}

/* -- its life -- */

void hs_http2_websocket_received(hs_http2_websocket *websocket, hs_bytes bytes)
{
    (void)nghttp2_session_consume_connection(websocket->session, bytes.len);
    websocket->withheld += bytes.len;
    if (websocket->is_over) {
        give_back(websocket);
        return;
    }
    go_on(websocket, hs_frames_receive(&websocket->frames, bytes));
}

void hs_http2_websocket_ended(hs_http2_websocket *websocket)
{
    websocket->is_over = true;
    (void)nghttp2_session_resume_data(websocket->session, websocket->stream);
}

void hs_http2_websocket_leave(hs_http2_websocket *websocket, const char *why)
{
    if (!websocket->is_over && hs_frames_leave(&websocket->frames, why)) {
        go_on(websocket, hs_frames_flush(&websocket->frames));
        websocket->is_over = true;
    }
}

void hs_http2_websocket_free(hs_http2_websocket *websocket)
{
    if (websocket) {
        hs_frames_free(&websocket->frames);
        hs_buffer_free(&websocket->out);
        free(websocket);
    }
}
