/* One UDP port: its sockets, its QUIC server, its timer, and the connections that came. */
#include "serve/quic_listener.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "net/file.h"
#include "net/udp_socket.h"
#include "serve/connection_line.h"
#include "serve/quic_connection.h"

enum {
    PORT_TRIES = 32, /* a port that is free on one address may be taken on the other */
    NS_PER_MS = 1000000,
};

static const char stopping[] = "the server stops";

struct hs_quic_listener {
    hs_serve_host *host;
    const char *scheme;
    hs_quic_server *server;
    hs_quic_connection *connections;
    hs_timeline timeline;
    hs_udp_socket *sockets[HS_LISTEN_MAX];
    hs_listen_address addresses[HS_LISTEN_MAX];
    size_t count;
    bool lacks_ipv6;
    uv_timer_t timer;
    uv_check_t check; /* after the loop's reads: what they changed is looked at once */
    bool has_news;
    bool is_closed;
    bool has_lost;  /* that a full queue lost datagrams was told */
    int told_error; /* of the last line about one; a host that is gone would fill the screen */
};

/* -- datagrams -- */

static const char *text_of(const struct sockaddr_storage *address, char out[HS_LISTEN_TEXT_MAX])
{
    const hs_listen_address copy = {.storage = *address};
    return hs_listen_text(&copy, out);
}

static void on_received(void *context, const hs_udp_path *path, hs_bytes datagram, uint8_t ecn,
                        hs_moment moment)
{
    hs_quic_listener *l = context;
    const hs_quic_path ends = {path->local.storage, path->remote.storage};
    (void)moment;
    l->has_news = true;
    hs_result result = hs_quic_server_feed(l->server, &ends, datagram, (hs_quic_ecn)(ecn & 3),
                                           hs_clock_monotonic());
    if (result == HS_NO_MEMORY) {
        hs_serve_line(l->host, "%s dropped a datagram: %s", l->scheme, hs_result_text(result));
    }
}

static void on_failed(void *context, int os_errno)
{
    hs_quic_listener *l = context;
    /* EMSGSIZE answers the probes for the path's MTU (RFC 9000 14.3). */
    if (os_errno != EMSGSIZE && os_errno != l->told_error) {
        l->told_error = os_errno;
        hs_serve_line(l->host, "%s could not send: %s", l->scheme, strerror(os_errno));
    }
}

static void on_output(void *context, const hs_quic_path *path, hs_bytes datagram, hs_quic_ecn ecn)
{
    hs_quic_listener *l = context;
    hs_udp_path ends = {.local = {.storage = path->local}, .remote = {.storage = path->remote}};
    for (size_t i = 0; i < l->count; i++) {
        if (l->addresses[i].storage.ss_family == path->local.ss_family) {
            ends.local.len = l->addresses[i].len;
            ends.remote.len = l->addresses[i].len;
            /* What the kernel does not take is lost, as on any path: QUIC sends it again. */
            hs_result result = hs_udp_socket_send(l->sockets[i], &ends, datagram, (uint8_t)ecn);
            if (result == HS_LIMIT && !l->has_lost) {
                l->has_lost = true;
                hs_serve_line(l->host, "%s: datagrams are lost, this host takes them too slowly",
                              l->scheme);
            }
            return;
        }
    }
}

static void on_stateless(void *context, const hs_quic_path *path, const char *what)
{
    hs_quic_listener *l = context;
    char text[HS_LISTEN_TEXT_MAX];
    hs_serve_line(l->host, "%s answered %s with %s", l->scheme, text_of(&path->remote, text), what);
}

static void on_accepted(void *context, hs_quic_session *session, hs_quic_session_events *events)
{
    hs_quic_listener *l = context;
    hs_quic_connection_accept(l->host, &l->connections, l->scheme, session, events);
}

/* -- time -- */

static void on_timer(uv_timer_t *timer);

static void arm(hs_quic_listener *l)
{
    hs_time deadline = hs_quic_server_deadline(l->server);
    if (deadline == HS_TIME_NONE) {
        uv_timer_stop(&l->timer);
        return;
    }
    hs_time wait = deadline - hs_clock_monotonic();
    uint64_t ms = wait > 0 ? ((uint64_t)wait + NS_PER_MS - 1) / NS_PER_MS : 0;
    uint64_t now = uv_now(&l->host->loop);
    if (l->host->is_stopping && now + ms > l->host->stop_at) {
        ms = l->host->stop_at > now ? l->host->stop_at - now : 0;
    }
    uv_timer_start(&l->timer, on_timer, ms, 0);
}

/* What is left to do once everything that was at hand has been handled. */
static void settle(hs_quic_listener *l)
{
    if (l->is_closed || !l->has_news) {
        return;
    }
    l->has_news = false;
    for (hs_quic_connection *c = l->connections; c; c = c->next) {
        hs_quic_connection_speak(c);
    }
    if (l->host->is_stopping &&
        (hs_quic_server_count(l->server) == 0 || uv_now(&l->host->loop) >= l->host->stop_at)) {
        hs_quic_listener_close(l);
        return;
    }
    uv_update_time(&l->host->loop);
    arm(l);
}

static void on_timer(uv_timer_t *timer)
{
    hs_quic_listener *l = timer->data;
    l->has_news = true;
    hs_result result = hs_quic_server_expire(l->server, hs_clock_monotonic());
    if (result == HS_NO_MEMORY) {
        hs_serve_line(l->host, "%s: %s", l->scheme, hs_result_text(result));
    }
    settle(l);
}

static void on_check(uv_check_t *check)
{
    settle(check->data);
}

/* -- the end -- */

void hs_quic_listener_stop(hs_quic_listener *l)
{
    if (l->is_closed) {
        return;
    }
    for (hs_quic_connection *c = l->connections; c; c = c->next) {
        hs_quic_connection_say_farewell(c, stopping);
    }
    /* Those that are left are not accepted yet; and new ones are refused. */
    hs_quic_server_shutdown(l->server, 0, hs_clock_monotonic());
    l->has_news = true;
    settle(l);
}

void hs_quic_listener_close(hs_quic_listener *l)
{
    if (!l || l->is_closed) {
        return;
    }
    l->is_closed = true;
    for (size_t i = 0; i < l->count; i++) {
        hs_udp_socket_close(l->sockets[i]);
    }
    uv_close((uv_handle_t *)&l->timer, NULL);
    uv_close((uv_handle_t *)&l->check, NULL);
}

void hs_quic_listener_free(hs_quic_listener *l)
{
    if (!l) {
        return;
    }
    hs_quic_server_free(l->server);
    while (l->connections) {
        hs_quic_connection_free(l->connections);
    }
    free(l);
}

/* -- the beginning -- */

static void close_sockets(hs_quic_listener *l)
{
    for (size_t i = 0; i < l->count; i++) {
        hs_udp_socket_close(l->sockets[i]);
    }
    l->count = 0;
}

/* 0, or the errno of what could not be bound, with its address in `failed`. */
static int bind_all(hs_quic_listener *l, const hs_listen_address *addresses, size_t count, int port,
                    hs_listen_address *failed)
{
    const hs_udp_events events = {.context = l, .received = on_received, .failed = on_failed};
    l->lacks_ipv6 = false;
    for (size_t i = 0; i < count; i++) {
        hs_listen_address address = addresses[i];
        hs_listen_set_port(&address, port);
        const hs_address local = {address.storage, address.len};
        hs_udp_socket **socket = &l->sockets[l->count];
        hs_result result = hs_udp_socket_new_server(&l->host->loop, &local, &l->timeline, &events,
                                                    socket);
        int error = result == HS_OK ? 0 : result == HS_NO_MEMORY ? ENOMEM : errno;
        if (i > 0 && (error == EADDRNOTAVAIL || error == EAFNOSUPPORT)) {
            l->lacks_ipv6 = true;
        } else if (error != 0) {
            *failed = address;
            close_sockets(l);
            return error;
        } else {
            address.storage = hs_udp_socket_path(*socket)->local.storage;
            port = hs_listen_port(&address);
            l->addresses[l->count++] = address;
        }
    }
    return 0;
}

static hs_result bind_port(hs_quic_listener *l, const hs_listen_address *addresses, size_t count,
                           int port, hs_problem *problem)
{
    hs_listen_address failed;
    char text[HS_LISTEN_TEXT_MAX];
    int error = EADDRINUSE;
    for (int i = 0; error == EADDRINUSE && i < (port == 0 ? PORT_TRIES : 1); i++) {
        error = bind_all(l, addresses, count, port, &failed);
    }
    if (error != 0) {
        return hs_problem_set(problem, HS_SYSTEM, "%s: cannot listen on UDP %s: %s", l->scheme,
                              hs_listen_text(&failed, text), strerror(error));
    }
    if (l->lacks_ipv6) {
        hs_serve_line(l->host, "%s is on 127.0.0.1 alone: there is no IPv6 here", l->scheme);
    }
    return HS_OK;
}

static bool start_handles(hs_quic_listener *l)
{
    if (uv_timer_init(&l->host->loop, &l->timer) != 0 ||
        uv_check_init(&l->host->loop, &l->check) != 0 || uv_check_start(&l->check, on_check) != 0) {
        return false;
    }
    l->timer.data = l;
    l->check.data = l;
    /* The sockets keep the loop alive. */
    uv_unref((uv_handle_t *)&l->check);
    return true;
}

hs_result hs_quic_listener_new(hs_serve_host *host, hs_quic_context *context, const char *scheme,
                               const hs_listen_address *addresses, size_t count, int port,
                               hs_quic_listener **out, hs_problem *problem)
{
    *out = NULL;
    hs_quic_listener *l = calloc(1, sizeof *l);
    if (!l) {
        return hs_problem_set(problem, HS_NO_MEMORY, "out of memory");
    }
    l->host = host;
    l->scheme = scheme;
    hs_timeline_start(&l->timeline);
    const hs_quic_server_events events = {
        .context = l, .output = on_output, .accepted = on_accepted, .stateless = on_stateless};
    hs_result result = hs_quic_server_new(context, &events, &l->server);
    if (result != HS_OK || !start_handles(l)) {
        hs_quic_server_free(l->server);
        free(l);
        return hs_problem_set(problem, HS_NO_MEMORY, "%s: %s", scheme,
                              hs_result_text(HS_NO_MEMORY));
    }
    *out = l; /* from here on it is closed and freed as any other */
    return bind_port(l, addresses, count, port, problem);
}

int hs_quic_listener_port(const hs_quic_listener *l)
{
    return l->count > 0 ? hs_listen_port(&l->addresses[0]) : -1;
}

void hs_quic_listener_say(const hs_quic_listener *l, const char *scheme)
{
    for (size_t i = 0; i < l->count; i++) {
        char text[HS_LISTEN_TEXT_MAX];
        hs_serve_line(l->host, "%s %s listening", scheme, hs_listen_text(&l->addresses[i], text));
    }
}

size_t hs_quic_listener_count(const hs_quic_listener *l)
{
    size_t open = 0;
    for (const hs_quic_connection *c = l->connections; c; c = c->next) {
        open += !c->is_ending;
    }
    return open;
}
