/* One accepted connection: how it begins, and what is spoken over it. */
#include <stdio.h>
#include <stdlib.h>

#include "serve/connection_line.h"
#include "serve/connection_parts.h"

bool hs_connection_start_protocol(hs_connection *c, const hs_protocol *protocol)
{
    c->protocol = protocol;
    c->state = NULL;
    if (protocol->open && protocol->open(c) != HS_OK) {
        hs_connection_abort(c, "out of memory");
        return false;
    }
    return true;
}

void hs_connection_switch(hs_connection *c, const hs_protocol *protocol, hs_bytes bytes)
{
    const hs_protocol *before = c->protocol;
    void *state = c->state;
    if (hs_connection_start_protocol(c, protocol) && bytes.len > 0) {
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

const char *hs_connection_alt_svc(const hs_connection *c)
{
    return c->tls ? c->host->alt_svc : NULL;
}

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
        hs_connection_set_own_deadline(c, HS_SERVE_HANDSHAKE_MS);
        if (!hs_connection_start_tls(c)) {
            hs_connection_abort(c, "the TLS session could not be made");
            return;
        }
    } else {
        c->phase = HS_CONNECTION_OPEN;
        hs_connection_arm_timer(c);
        if (!hs_connection_start_protocol(c, c->service->protocol)) {
            return;
        }
    }
    hs_connection_read_or_wait(c);
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
    int error = uv_accept(listener, hs_connection_stream(c));
    if (error != 0) {
        hs_connection_fail(c, error);
        return;
    }
    start(c);
}
