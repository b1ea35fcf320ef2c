/* The lab server: its loop, and its stop. */
#include "serve/server_state.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "serve/connection_line.h"

/* -- stopping -- */

static void close_listeners(hs_server *server)
{
    for (size_t i = 0; i < server->listener_count; i++) {
        uv_handle_t *handle = (uv_handle_t *)&server->listeners[i].socket;
        if (!uv_is_closing(handle)) {
            uv_close(handle, NULL);
        }
    }
}

static size_t open_connections(const hs_server *server)
{
    size_t open = server->host.connection_count;
    for (size_t i = 0; i < server->quic_count; i++) {
        open += server->quic[i] ? hs_quic_listener_count(server->quic[i]) : 0;
    }
    return open;
}

void hs_server_stop_asked(uv_async_t *async)
{
    hs_server *server = async->data;
    if (server->is_stopped) {
        return;
    }
    server->is_stopped = true;
    server->host.is_stopping = true;
    server->host.stop_at = uv_now(&server->host.loop) + HS_SERVE_GOODBYE_MS;
    size_t open = open_connections(server);
    hs_serve_line(&server->host, "stopping, %zu connection%s open", open, open == 1 ? "" : "s");
    close_listeners(server);
    for (size_t i = 0; i < server->quic_count; i++) {
        hs_quic_listener_stop(server->quic[i]);
    }
    for (hs_connection *c = server->host.connections; c; c = c->next) {
        hs_connection_say_farewell(c, HS_FAREWELL_STOPPING);
    }
}

void hs_server_stop(hs_server *server)
{
    uv_async_send(&server->stop);
}

void hs_server_free(hs_server *server)
{
    if (!server) {
        return;
    }
    if (server->has_loop) {
        close_listeners(server);
        server->host.line = NULL;
        for (hs_connection *c = server->host.connections; c; c = c->next) {
            hs_connection_abort(c, NULL);
        }
        for (size_t i = 0; i < server->quic_count; i++) {
            hs_quic_listener_close(server->quic[i]);
        }
        if (server->has_stop) {
            uv_close((uv_handle_t *)&server->stop, NULL);
        }
        uv_run(&server->host.loop, UV_RUN_DEFAULT);
        uv_loop_close(&server->host.loop);
    }
    for (size_t i = 0; i < server->quic_count; i++) {
        hs_quic_listener_free(server->quic[i]);
    }
    hs_credentials_free(&server->credentials);
    free(server);
}

/* -- running -- */

/* libuv writes without MSG_NOSIGNAL: a peer that is gone must not end the process. */
static bool block_sigpipe(sigset_t *before)
{
    sigset_t pipe;
    sigset_t pending;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe, before);
    return sigismember(&pending, SIGPIPE) == 1;
}

static void restore_sigpipe(const sigset_t *before, bool was_pending)
{
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    if (!was_pending) {
        while (sigtimedwait(&pipe, NULL, &(struct timespec){0, 0}) > 0) {
        }
    }
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

hs_result hs_server_run(hs_server *server)
{
    sigset_t before;
    bool was_pending = block_sigpipe(&before);
    uv_update_time(&server->host.loop);
    uv_run(&server->host.loop, UV_RUN_DEFAULT);
    restore_sigpipe(&before, was_pending);
    return HS_OK;
}

int hs_server_port(const hs_server *server, hs_service service)
{
    return (unsigned)service < HS_SERVICE_COUNT ? server->ports[service] : -1;
}

const char *hs_server_ca_file(const hs_server *server)
{
    return server->credentials.ca_file;
}
