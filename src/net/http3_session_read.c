/* What comes over an HTTP/3 session: streams into nghttp3, and what it finds in them. */
#include "base/reader.h"
#include "net/http3_session_state.h"

static hs_bytes bytes_of(nghttp3_rcbuf *buffer)
{
    nghttp3_vec part = nghttp3_rcbuf_get_buf(buffer);
    return hs_bytes_of(part.base, part.len);
}

static void consume(hs_http3_session *session, int64_t stream, size_t len)
{
    if (session->transport.consume && len > 0) {
        session->transport.consume(session->transport.context, stream, len);
    }
}

static int on_field(nghttp3_conn *connection, int64_t stream, int32_t token, nghttp3_rcbuf *name,
                    nghttp3_rcbuf *value, uint8_t flags, void *context, void *stream_context)
{
    hs_http3_session *session = context;
    (void)connection;
    (void)token;
    (void)flags;
    (void)stream_context;
    if (session->events.field) {
        session->events.field(session->events.context, stream, bytes_of(name), bytes_of(value));
    }
    return 0;
}

static int on_head(nghttp3_conn *connection, int64_t stream, int fin, void *context,
                   void *stream_context)
{
    hs_http3_session *session = context;
    (void)connection;
    (void)stream_context;
    if (session->events.head) {
        session->events.head(session->events.context, stream, fin != 0);
    }
    return 0;
}

static int on_body(nghttp3_conn *connection, int64_t stream, const uint8_t *data, size_t len,
                   void *context, void *stream_context)
{
    hs_http3_session *session = context;
    (void)connection;
    (void)stream_context;
    if (session->events.body) {
        session->events.body(session->events.context, stream, hs_bytes_of(data, len));
    }
    consume(session, stream, len);
    return 0;
}

static int on_deferred(nghttp3_conn *connection, int64_t stream, size_t len, void *context,
                       void *stream_context)
{
    (void)connection;
    (void)stream_context;
    consume(context, stream, len);
    return 0;
}

static int on_message_end(nghttp3_conn *connection, int64_t stream, void *context,
                          void *stream_context)
{
    hs_http3_session *session = context;
    (void)connection;
    (void)stream_context;
    if (session->events.message_end) {
        session->events.message_end(session->events.context, stream);
    }
    return 0;
}

static int on_goaway(nghttp3_conn *connection, int64_t id, void *context)
{
    hs_http3_session *session = context;
    (void)connection;
    if (session->events.goaway && !session->is_server) {
        session->events.goaway(session->events.context, (uint64_t)id);
    }
    return 0;
}

static int on_settings(nghttp3_conn *connection, const nghttp3_settings *settings, void *context)
{
    hs_http3_session *session = context;
    (void)connection;
    (void)settings;
    if (session->events.settings) {
        session->events.settings(session->events.context);
    }
    return 0;
}

static int on_stop_sending(nghttp3_conn *connection, int64_t stream, uint64_t error, void *context,
                           void *stream_context)
{
    hs_http3_session *session = context;
    (void)connection;
    (void)stream_context;
    session->transport.stop(session->transport.context, stream, error);
    return 0;
}

static int on_reset_stream(nghttp3_conn *connection, int64_t stream, uint64_t error, void *context,
                           void *stream_context)
{
    hs_http3_session *session = context;
    (void)connection;
    (void)stream_context;
    session->transport.reset(session->transport.context, stream, error);
    return 0;
}

const nghttp3_callbacks hs_http3_session_callbacks = {
    .recv_header = on_field,
    .end_headers = on_head,
    .recv_data = on_body,
    .deferred_consume = on_deferred,
    .end_stream = on_message_end,
    .stop_sending = on_stop_sending,
    .reset_stream = on_reset_stream,
    .shutdown = on_goaway,
    .recv_settings = on_settings,
};

/* A limit of the sum of all requests; it moves on with those that came. */
void hs_http3_session_allow_requests(hs_http3_session *session, int64_t stream)
{
    uint64_t allowed = ((uint64_t)stream >> 2) + HS_HTTP3_REQUESTS_AHEAD;
    bool is_request = session->is_server && (stream & 3) == 0;
    if (is_request && allowed > session->requests_allowed) {
        session->requests_allowed = allowed;
        nghttp3_conn_set_max_client_streams_bidi(session->connection, allowed);
    }
}

hs_result hs_http3_session_data(hs_http3_session *session, int64_t stream, hs_bytes bytes, bool fin)
{
    if (session->error != 0) {
        return HS_MALFORMED;
    }
    hs_http3_session_allow_requests(session, stream);
    nghttp3_ssize used = nghttp3_conn_read_stream(session->connection, stream, bytes.data,
                                                  bytes.len, fin);
    if (used < 0) {
        return hs_http3_session_broke(session, (int)used);
    }
    consume(session, stream, (size_t)used);
    return hs_http3_session_flush(session);
}

hs_result hs_http3_session_closed(hs_http3_session *session, int64_t stream, uint64_t error)
{
    /* Where the stream waits for QPACK nghttp3 keeps it a while, and would go on sending. */
    nghttp3_conn_shutdown_stream_write(session->connection, stream);
    int result = nghttp3_conn_close_stream(session->connection, stream, error);
    hs_http3_session_drop_body(session, stream);
    if (result != 0 && result != NGHTTP3_ERR_STREAM_NOT_FOUND) {
        return hs_http3_session_broke(session, result);
    }
    return HS_OK;
}
