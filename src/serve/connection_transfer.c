/* Bytes in and out of a connection's socket, with a bound on what waits to be sent. */
#include <stdlib.h>
#include <string.h>

#include "serve/connection_parts.h"

typedef struct write_request {
    uv_write_t request;
    char bytes[];
} write_request;

bool hs_connection_has_room(hs_connection *c)
{
    if (c->phase >= HS_CONNECTION_CLOSING || c->is_finishing) {
        return false;
    }
    c->is_waiting = c->is_choked || c->in_tls > HS_SERVE_QUEUE_HIGH;
    return !c->is_waiting;
}

void hs_connection_go_on(hs_connection *c)
{
    if (c->is_waiting && c->protocol && c->protocol->drained && hs_connection_has_room(c)) {
        c->protocol->drained(c);
    }
}

static void written(uv_write_t *request, int status)
{
    hs_connection *c = request->handle->data;
    free(request);
    if (c->phase == HS_CONNECTION_CLOSED) {
        return;
    }
    if (status != 0) {
        hs_connection_fail(c, status);
        return;
    }
    c->active_at = uv_now(&c->host->loop);
    if (!c->is_choked ||
        uv_stream_get_write_queue_size(hs_connection_stream(c)) > HS_SERVE_QUEUE_LOW) {
        return;
    }
    c->is_choked = false;
    hs_connection_go_on(c);
    hs_connection_read_or_wait(c);
}

static void queue(hs_connection *c, hs_bytes bytes)
{
    write_request *w = malloc(sizeof *w + bytes.len);
    if (!w) {
        hs_connection_abort(c, "out of memory");
        return;
    }
    memcpy(w->bytes, bytes.data, bytes.len);
    uv_buf_t buffer = uv_buf_init(w->bytes, (unsigned)bytes.len);
    uv_write_t *request = &w->request;
    int error = uv_write(request, hs_connection_stream(c), &buffer, 1, written);
    if (error != 0) {
        free(w);
        hs_connection_fail(c, error);
        return;
    }
    if (uv_stream_get_write_queue_size(hs_connection_stream(c)) > HS_SERVE_QUEUE_HIGH) {
        c->is_choked = true;
        hs_connection_read_or_wait(c);
    }
}

void hs_connection_send_raw(hs_connection *c, hs_bytes bytes)
{
    if (c->phase == HS_CONNECTION_CLOSED || bytes.len == 0) {
        return;
    }
    if (uv_stream_get_write_queue_size(hs_connection_stream(c)) == 0) {
        uv_buf_t buffer = {.base = (char *)(uintptr_t)bytes.data, .len = bytes.len};
        int sent = uv_try_write(hs_connection_stream(c), &buffer, 1);
        if (sent < 0 && sent != UV_EAGAIN) {
            hs_connection_fail(c, sent);
            return;
        }
        if (sent > 0) {
            c->active_at = uv_now(&c->host->loop);
            bytes.data += sent;
            bytes.len -= (size_t)sent;
        }
    }
    if (bytes.len > 0) {
        queue(c, bytes);
    }
}

void hs_connection_send(hs_connection *c, hs_bytes bytes)
{
    if (c->phase > HS_CONNECTION_OPEN || c->is_finishing || bytes.len == 0) {
        return;
    }
    if (!c->tls) {
        hs_connection_send_raw(c, bytes);
        return;
    }
    c->in_tls += bytes.len;
    if (!c->is_broken && hs_tls_session_send(c->tls, bytes) != HS_OK && !c->is_broken) {
        hs_connection_abort(c, "the TLS session could not send");
    }
}

static void lend_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    hs_connection *c = handle->data;
    (void)suggested;
    *buffer = uv_buf_init(c->host->read_buffer, sizeof c->host->read_buffer);
}

static void received_fin(hs_connection *c)
{
    c->has_fin = true;
    uv_read_stop(hs_connection_stream(c));
    if (c->tls && !c->is_broken && c->phase < HS_CONNECTION_CLOSING) {
        hs_tls_session_transport_ended(c->tls, false);
    }
    if (c->is_shut) {
        hs_connection_abort(c, NULL);
    } else {
        hs_connection_finish(c, NULL);
    }
}

static void received_error(hs_connection *c, int error)
{
    hs_connection_note_error(c, error);
    if (c->tls && !c->is_broken && c->phase == HS_CONNECTION_TLS) {
        hs_tls_session_transport_ended(c->tls, error == UV_ECONNRESET);
    }
    hs_connection_abort(c, NULL);
}

static void received(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
    hs_connection *c = stream->data;
    if (len == 0 || c->phase == HS_CONNECTION_CLOSED) {
        return;
    }
    if (len < 0) {
        if (len == UV_EOF) {
            received_fin(c);
        } else {
            received_error(c, (int)len);
        }
        return;
    }
    hs_bytes bytes = {(const uint8_t *)buffer->base, (size_t)len};
    if (c->phase != HS_CONNECTION_CLOSING) {
        c->active_at = uv_now(&c->host->loop);
    }
    if (!c->tls) {
        if (c->phase == HS_CONNECTION_OPEN) {
            c->protocol->received(c, bytes);
        }
    } else if (!c->is_broken) {
        hs_connection_feed_tls(c, bytes);
    }
}

void hs_connection_read_or_wait(hs_connection *c)
{
    if (c->phase == HS_CONNECTION_CLOSED) {
        return;
    }
    if (c->has_fin || (c->is_choked && c->phase != HS_CONNECTION_CLOSING)) {
        uv_read_stop(hs_connection_stream(c));
        return;
    }
    int error = uv_read_start(hs_connection_stream(c), lend_buffer, received);
    if (error != 0 && error != UV_EALREADY) {
        hs_connection_fail(c, error);
    }
}
