/* One accepted connection: its socket, its TLS, its deadlines and its end. */
#include "serve/connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/connection_line.h"

static const char *const farewell_texts[] = {
#define HS_X(symbol, text) text,
    HS_FAREWELL_MAP(HS_X)
#undef HS_X
};

static const char out_of_memory[] = "out of memory";

static uv_stream_t *stream_of(hs_connection *c)
{
    return (uv_stream_t *)&c->socket;
}

/* -- deadlines -- */

static void timer_fired(uv_timer_t *timer);

static void arm_timer(hs_connection *c)
{
    uint64_t now = uv_now(&c->host->loop);
    uint64_t next = c->active_at + HS_SERVE_IDLE_MS;
    if (c->deadline != 0 && c->deadline < next) {
        next = c->deadline;
    }
    uv_timer_start(&c->timer, timer_fired, next > now ? next - now : 0, 0);
}

static void timer_fired(uv_timer_t *timer)
{
    hs_connection *c = timer->data;
    uint64_t now = uv_now(&c->host->loop);
    bool late = c->deadline != 0 && now >= c->deadline;
    if (!late && now < c->active_at + HS_SERVE_IDLE_MS) {
        arm_timer(c); /* something was heard since it was set */
        return;
    }
    c->deadline = 0;
    if (c->phase == HS_CONNECTION_CLOSING) {
        hs_connection_abort(c, NULL);
        return;
    }
    c->active_at = now;
    arm_timer(c);
    hs_connection_say_farewell(c, late ? HS_FAREWELL_LATE : HS_FAREWELL_IDLE);
}

static void set_deadline(hs_connection *c, unsigned milliseconds)
{
    if (c->host->is_stopping) {
        c->deadline = c->host->stop_at;
    } else {
        c->deadline = milliseconds > 0 ? uv_now(&c->host->loop) + milliseconds : 0;
    }
    if (c->phase != HS_CONNECTION_CLOSED) {
        arm_timer(c);
    }
}

void hs_connection_set_deadline(hs_connection *c, unsigned milliseconds)
{
    /* In the TLS handshake, and after the last word, the deadline is not the protocol's. */
    if (c->phase == HS_CONNECTION_OPEN) {
        set_deadline(c, milliseconds);
    }
}

void hs_connection_say_farewell(hs_connection *c, hs_farewell farewell)
{
    const char *why = farewell_texts[farewell];
    if (c->phase == HS_CONNECTION_TLS) {
        hs_connection_abort(
            c, farewell == HS_FAREWELL_LATE ? "the TLS handshake was not done within 10 s" : why);
    } else if (c->phase == HS_CONNECTION_OPEN) {
        if (farewell == HS_FAREWELL_STOPPING) {
            set_deadline(c, 0); /* the server's own */
        }
        if (c->protocol->farewell) {
            c->protocol->farewell(c, farewell, why);
        } else {
            hs_connection_finish(c, why);
        }
    }
}

/* -- the end -- */

static void handle_closed(uv_handle_t *handle)
{
    hs_connection *c = handle->data;
    if (--c->handles > 0) {
        return;
    }
    hs_serve_host *host = c->host;
    if (c->previous) {
        c->previous->next = c->next;
    } else {
        host->connections = c->next;
    }
    if (c->next) {
        c->next->previous = c->previous;
    }
    host->connection_count--;
    if (c->protocol && c->protocol->free) {
        c->protocol->free(c->state);
    }
    hs_tls_session_free(c->tls);
    free(c);
}

void hs_connection_abort(hs_connection *c, const char *why)
{
    if (c->phase == HS_CONNECTION_CLOSED) {
        return;
    }
    if (c->phase != HS_CONNECTION_CLOSING && why) {
        c->ended_why = why;
    }
    c->phase = HS_CONNECTION_CLOSED;
    hs_connection_line_closed(c);
    uv_close((uv_handle_t *)&c->socket, handle_closed);
    uv_close((uv_handle_t *)&c->timer, handle_closed);
}

/* Linux says EPIPE, not ECONNRESET, where the peer's FIN had come before its RST (tcp(7) does not
 * tell; tcp_reset() in the kernel does). */
static void note_error(hs_connection *c, int error)
{
    uv_os_fd_t fd;
    int pending = 0;
    socklen_t len = sizeof pending;
    if (error == UV_ENOTCONN && uv_fileno((const uv_handle_t *)&c->socket, &fd) == 0 &&
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &pending, &len) == 0 && pending != 0) {
        error = uv_translate_sys_error(pending);
    }
    c->has_fin = c->has_fin || error == UV_EPIPE;
    c->error = error;
}

static void failed(hs_connection *c, int error)
{
    note_error(c, error);
    hs_connection_abort(c, NULL);
}

static void shut(uv_shutdown_t *request, int status)
{
    hs_connection *c = request->data;
    if (c->phase == HS_CONNECTION_CLOSED) {
        return;
    }
    c->is_shut = true;
    if (status != 0) {
        failed(c, status);
    } else if (c->has_fin) {
        hs_connection_abort(c, NULL);
    } else {
        set_deadline(c, HS_SERVE_GOODBYE_MS);
    }
}

static void read_or_wait(hs_connection *c);

static void shut_down(hs_connection *c)
{
    if (c->phase == HS_CONNECTION_CLOSED) {
        return; /* sending the last bytes failed */
    }
    c->shutdown.data = c;
    int error = uv_shutdown(&c->shutdown, stream_of(c), shut);
    if (error != 0) {
        failed(c, error);
        return;
    }
    set_deadline(c, 0);
    read_or_wait(c);
}

void hs_connection_finish(hs_connection *c, const char *why)
{
    if (c->phase >= HS_CONNECTION_CLOSING) {
        return;
    }
    bool established = c->phase == HS_CONNECTION_OPEN;
    c->ended_why = why;
    if (!established && c->protocol && !c->is_broken && !c->has_fin) {
        c->is_finishing = true;
        return;
    }
    c->phase = HS_CONNECTION_CLOSING;
    if (c->tls && established && !c->is_broken) {
        hs_tls_session_close(c->tls);
    }
    if (!c->is_feeding) {
        shut_down(c);
    }
}

/* -- sending -- */

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

static void go_on(hs_connection *c)
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
        failed(c, status);
        return;
    }
    c->active_at = uv_now(&c->host->loop);
    if (!c->is_choked || uv_stream_get_write_queue_size(stream_of(c)) > HS_SERVE_QUEUE_LOW) {
        return;
    }
    c->is_choked = false;
    go_on(c);
    read_or_wait(c);
}

static void queue(hs_connection *c, hs_bytes bytes)
{
    write_request *w = malloc(sizeof *w + bytes.len);
    if (!w) {
        hs_connection_abort(c, out_of_memory);
        return;
    }
    memcpy(w->bytes, bytes.data, bytes.len);
    uv_buf_t buffer = uv_buf_init(w->bytes, (unsigned)bytes.len);
    int error = uv_write(&w->request, stream_of(c), &buffer, 1, written);
    if (error != 0) {
        free(w);
        failed(c, error);
        return;
    }
    if (uv_stream_get_write_queue_size(stream_of(c)) > HS_SERVE_QUEUE_HIGH) {
        c->is_choked = true;
        read_or_wait(c);
    }
}

static void send_raw(hs_connection *c, hs_bytes bytes)
{
    if (c->phase == HS_CONNECTION_CLOSED || bytes.len == 0) {
        return;
    }
    if (uv_stream_get_write_queue_size(stream_of(c)) == 0) {
        uv_buf_t buffer = {.base = (char *)(uintptr_t)bytes.data, .len = bytes.len};
        int sent = uv_try_write(stream_of(c), &buffer, 1);
        if (sent < 0 && sent != UV_EAGAIN) {
            failed(c, sent);
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
        send_raw(c, bytes);
        return;
    }
    c->in_tls += bytes.len;
    if (!c->is_broken && hs_tls_session_send(c->tls, bytes) != HS_OK && !c->is_broken) {
        hs_connection_abort(c, "the TLS session could not send");
    }
}

/* -- protocols -- */

static bool start_protocol(hs_connection *c, const hs_protocol *protocol)
{
    c->protocol = protocol;
    c->state = NULL;
    if (protocol->open && protocol->open(c) != HS_OK) {
        hs_connection_abort(c, out_of_memory);
        return false;
    }
    return true;
}

void hs_connection_switch(hs_connection *c, const hs_protocol *protocol, hs_bytes bytes)
{
    const hs_protocol *before = c->protocol;
    void *state = c->state;
    if (start_protocol(c, protocol) && bytes.len > 0) {
        c->protocol->received(c, bytes);
    }
    if (before->free) {
        before->free(state); /* last: the bytes may be in it */
    }
}

bool hs_connection_is_early(const hs_connection *c)
{
    return c->phase == HS_CONNECTION_TLS;
}

static bool choose_protocol(hs_connection *c)
{
    const char *alpn = hs_tls_session_alpn(c->tls);
    bool h2 = c->service->h2 && alpn && strcmp(alpn, "h2") == 0;
    return start_protocol(c, h2 ? c->service->h2 : c->service->protocol);
}

/* -- TLS -- */

static void tls_output(void *context, hs_bytes bytes)
{
    hs_connection *c = context;
    c->in_tls = 0;
    send_raw(c, bytes);
}

static void tls_plaintext(void *context, hs_bytes bytes)
{
    hs_connection *c = context;
    if (c->phase > HS_CONNECTION_OPEN || c->is_finishing || (!c->protocol && !choose_protocol(c))) {
        return;
    }
    c->protocol->received(c, bytes);
}

static void tls_established(void *context)
{
    hs_connection *c = context;
    if (c->phase != HS_CONNECTION_TLS) {
        return;
    }
    c->handshake_ns = uv_hrtime() - c->accepted_at;
    hs_connection_line_established(c);
    set_deadline(c, 0);
    c->phase = HS_CONNECTION_OPEN;
    if (c->is_finishing) {
        hs_connection_finish(c, c->ended_why);
    } else if (!c->protocol) {
        (void)choose_protocol(c);
    }
}

/* Whether the peer's FIN has come behind what was read. It is asked before we answer: the answer to
 * a peer that is gone is an RST. */
static bool has_fin_behind(const hs_connection *c)
{
    uv_os_fd_t fd;
    char byte;
    return uv_fileno((const uv_handle_t *)&c->socket, &fd) == 0 &&
           recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void tls_closed(void *context)
{
    hs_connection *c = context;
    c->has_close_notify = true;
    c->has_fin = c->has_fin || has_fin_behind(c);
    hs_connection_finish(c, NULL);
}

static void tls_failed(void *context, const hs_tls_failure *failure)
{
    hs_connection *c = context;
    c->is_broken = true;
    hs_connection_line_tls_failed(c, failure);
    hs_connection_finish(c, c->has_fin || c->error ? NULL : "TLS failed");
}

static const hs_tls_session_events tls_events = {
    .output = tls_output,
    .plaintext = tls_plaintext,
    .established = tls_established,
    .closed = tls_closed,
    .failed = tls_failed,
};

static bool start_tls(hs_connection *c)
{
    hs_tls_session_events events = tls_events;
    events.context = c;
    return hs_tls_session_new(c->host->tls, NULL, c->service->alpn, &events, &c->tls) == HS_OK &&
           hs_tls_session_start(c->tls) == HS_OK;
}

/* -- receiving -- */

static void lend_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    hs_connection *c = handle->data;
    (void)suggested;
    *buffer = uv_buf_init(c->host->read_buffer, sizeof c->host->read_buffer);
}

static void received_fin(hs_connection *c)
{
    c->has_fin = true;
    uv_read_stop(stream_of(c));
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
    note_error(c, error);
    if (c->tls && !c->is_broken && c->phase == HS_CONNECTION_TLS) {
        hs_tls_session_transport_ended(c->tls, error == UV_ECONNRESET);
    }
    hs_connection_abort(c, NULL);
}

static void feed_tls(hs_connection *c, hs_bytes bytes)
{
    bool was_closing = c->phase == HS_CONNECTION_CLOSING;
    c->is_feeding = true;
    hs_result result = hs_tls_session_feed(c->tls, bytes);
    c->is_feeding = false;
    if (result != HS_OK && !c->is_broken) {
        hs_connection_abort(c, "the TLS session could not go on");
    } else if (c->phase == HS_CONNECTION_CLOSING && !was_closing) {
        shut_down(c);
    } else {
        go_on(c);
    }
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
        feed_tls(c, bytes);
    }
}

static void read_or_wait(hs_connection *c)
{
    if (c->phase == HS_CONNECTION_CLOSED) {
        return;
    }
    if (c->has_fin || (c->is_choked && c->phase != HS_CONNECTION_CLOSING)) {
        uv_read_stop(stream_of(c));
        return;
    }
    int error = uv_read_start(stream_of(c), lend_buffer, received);
    if (error != 0 && error != UV_EALREADY) {
        failed(c, error);
    }
}

/* -- the beginning -- */

static void name_peer(hs_connection *c)
{
    struct sockaddr_storage address;
    int len = sizeof address;
    char text[INET6_ADDRSTRLEN];
    snprintf(c->peer, sizeof c->peer, "a peer that is gone");
    if (uv_tcp_getpeername(&c->socket, (struct sockaddr *)&address, &len) != 0) {
        return;
    }
    if (address.ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address;
        if (uv_ip6_name(v6, text, sizeof text) == 0) {
            snprintf(c->peer, sizeof c->peer, "[%s]:%u", text, ntohs(v6->sin6_port));
        }
    } else {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address;
        if (uv_ip4_name(v4, text, sizeof text) == 0) {
            snprintf(c->peer, sizeof c->peer, "%s:%u", text, ntohs(v4->sin_port));
        }
    }
}

static void start(hs_connection *c)
{
    name_peer(c);
    hs_connection_line(c, "%s established with %s", c->service->scheme, c->peer);
    uv_tcp_nodelay(&c->socket, 1);
    if (c->service->has_tls) {
        c->phase = HS_CONNECTION_TLS;
        set_deadline(c, HS_SERVE_HANDSHAKE_MS);
        if (!start_tls(c)) {
            hs_connection_abort(c, "the TLS session could not be made");
            return;
        }
    } else {
        c->phase = HS_CONNECTION_OPEN;
        arm_timer(c);
        if (!start_protocol(c, c->service->protocol)) {
            return;
        }
    }
    read_or_wait(c);
}

static void refused(uv_handle_t *handle)
{
    free(handle);
}

/* What waits must be taken off the listener all the same. */
static void refuse(hs_serve_host *host, const hs_service_descriptor *service, uv_stream_t *listener)
{
    uv_tcp_t *socket = calloc(1, sizeof *socket);
    if (!socket) {
        return;
    }
    uv_tcp_init(&host->loop, socket);
    uv_accept(listener, (uv_stream_t *)socket);
    uv_close((uv_handle_t *)socket, refused);
    hs_serve_line(host, "%s refused a connection: %d are open", service->scheme,
                  (int)host->connection_count);
}

void hs_connection_accept(hs_serve_host *host, const hs_service_descriptor *service,
                          uv_stream_t *listener)
{
    hs_connection *c = host->connection_count < HS_SERVE_CONNECTIONS_MAX ? calloc(1, sizeof *c)
                                                                         : NULL;
    if (!c) {
        refuse(host, service, listener);
        return;
    }
    c->host = host;
    c->service = service;
    c->number = ++host->accepted;
    c->accepted_at = uv_hrtime();
    c->active_at = uv_now(&host->loop);
    c->next = host->connections;
    if (c->next) {
        c->next->previous = c;
    }
    host->connections = c;
    host->connection_count++;
    uv_tcp_init(&host->loop, &c->socket);
    uv_timer_init(&host->loop, &c->timer);
    c->handles = 2;
    c->socket.data = c;
    c->timer.data = c;
    int error = uv_accept(listener, stream_of(c));
    if (error != 0) {
        failed(c, error);
        return;
    }
    start(c);
}
