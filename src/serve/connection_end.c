/* How a connection ends: deadlines, farewells, FIN, and the closing of its handles. */
#include <stdlib.h>

#include "serve/connection_line.h"
#include "serve/connection_parts.h"

static const char *const farewell_texts[] = {
#define HS_X(symbol, text) text,
    HS_FAREWELL_MAP(HS_X)
#undef HS_X
};

static void timer_fired(uv_timer_t *timer);

void hs_connection_arm_timer(hs_connection *c)
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
        hs_connection_arm_timer(c); /* something was heard since it was set */
        return;
    }
    c->deadline = 0;
    if (c->phase == HS_CONNECTION_CLOSING) {
        hs_connection_abort(c, NULL);
        return;
    }
    c->active_at = now;
    hs_connection_arm_timer(c);
    hs_connection_say_farewell(c, late ? HS_FAREWELL_LATE : HS_FAREWELL_IDLE);
}

void hs_connection_set_own_deadline(hs_connection *c, unsigned milliseconds)
{
    if (c->host->is_stopping) {
        c->deadline = c->host->stop_at;
    } else {
        c->deadline = milliseconds > 0 ? uv_now(&c->host->loop) + milliseconds : 0;
    }
    if (c->phase != HS_CONNECTION_CLOSED) {
        hs_connection_arm_timer(c);
    }
}

void hs_connection_set_deadline(hs_connection *c, unsigned milliseconds)
{
    /* In the TLS handshake, and after the last word, the deadline is not the protocol's. */
    if (c->phase == HS_CONNECTION_OPEN) {
        hs_connection_set_own_deadline(c, milliseconds);
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
            hs_connection_set_own_deadline(c, 0); /* the server's own */
        }
        if (c->protocol->farewell) {
            c->protocol->farewell(c, farewell, why);
        } else {
            hs_connection_finish(c, why);
        }
    }
}

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
void hs_connection_note_error(hs_connection *c, int error)
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

void hs_connection_fail(hs_connection *c, int error)
{
    hs_connection_note_error(c, error);
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
        hs_connection_fail(c, status);
    } else if (c->has_fin) {
        hs_connection_abort(c, NULL);
    } else {
        hs_connection_set_own_deadline(c, HS_SERVE_GOODBYE_MS);
    }
}

void hs_connection_shut_down(hs_connection *c)
{
    if (c->phase == HS_CONNECTION_CLOSED) {
        return; /* sending the last bytes failed */
    }
    c->shutdown.data = c;
    int error = uv_shutdown(&c->shutdown, hs_connection_stream(c), shut);
    if (error != 0) {
        hs_connection_fail(c, error);
        return;
    }
    hs_connection_set_own_deadline(c, 0);
    hs_connection_read_or_wait(c);
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
        hs_connection_shut_down(c);
    }
}
