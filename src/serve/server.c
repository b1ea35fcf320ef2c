/* The lab server: its listeners, its loop, its stop. */
#include <handshake/serve.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "net/file.h"
#include "serve/connection.h"
#include "serve/connection_line.h"
#include "serve/credentials.h"
#include "serve/listen.h"

typedef struct listener {
    uv_tcp_t socket;
    hs_server *server;
    const hs_service_descriptor *service;
    hs_listen_address address;
} listener;

struct hs_server {
    hs_serve_host host;
    uv_async_t stop;
    listener listeners[HS_SERVICE_COUNT * HS_LISTEN_MAX];
    size_t listener_count;
    int ports[HS_SERVICE_COUNT];
    char *ca_file;
    bool has_loop;
    bool has_stop;
    bool is_stopped;
};

void hs_serve_options_init(hs_serve_options *options)
{
    *options = (hs_serve_options){.bind = NULL};
    for (int i = 0; i < HS_SERVICE_COUNT; i++) {
        options->ports[i] = -1;
    }
}

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

static void stop_asked(uv_async_t *async)
{
    hs_server *server = async->data;
    if (server->is_stopped) {
        return;
    }
    server->is_stopped = true;
    server->host.is_stopping = true;
    server->host.stop_at = uv_now(&server->host.loop) + HS_SERVE_GOODBYE_MS;
    hs_serve_line(&server->host, "stopping, %zu connection%s open", server->host.connection_count,
                  server->host.connection_count == 1 ? "" : "s");
    close_listeners(server);
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
        if (server->has_stop) {
            uv_close((uv_handle_t *)&server->stop, NULL);
        }
        uv_run(&server->host.loop, UV_RUN_DEFAULT);
        uv_loop_close(&server->host.loop);
    }
    hs_tls_context_free(server->host.tls);
    free(server->ca_file);
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

static void connection_waits(uv_stream_t *stream, int status)
{
    listener *from = stream->data;
    if (status != 0) {
        hs_serve_line(&from->server->host, "%s could not accept: %s", from->service->scheme,
                      uv_strerror(status));
        return;
    }
    hs_connection_accept(&from->server->host, from->service, stream);
}

/* -- making -- */

static bool wants(const hs_serve_options *options, bool (*of)(const hs_service_descriptor *))
{
    for (int i = 0; i < HS_SERVICE_COUNT; i++) {
        if (options->ports[i] >= 0 && of(hs_service_describe((hs_service)i))) {
            return true;
        }
    }
    return false;
}

static bool is_any(const hs_service_descriptor *service)
{
    return service->scheme != NULL;
}

static bool is_tls(const hs_service_descriptor *service)
{
    return service->has_tls;
}

static hs_result check_options(const hs_serve_options *options, hs_problem *problem)
{
    if (!wants(options, is_any)) {
        return hs_problem_set(problem, HS_INVALID, "no service has a port");
    }
    for (int i = 0; i < HS_SERVICE_COUNT; i++) {
        const char *scheme = hs_service_describe((hs_service)i)->scheme;
        int port = options->ports[i];
        if (port < -1 || port > UINT16_MAX) {
            return hs_problem_set(problem, HS_INVALID, "%s: %d is not a port (0 to 65535)", scheme,
                                  port);
        }
        for (int j = 0; j < i; j++) {
            if (port > 0 && options->ports[j] == port) {
                return hs_problem_set(problem, HS_INVALID, "%s and %s: both on port %d",
                                      hs_service_describe((hs_service)j)->scheme, scheme, port);
            }
        }
    }
    if (options->key && !options->cert) {
        return hs_problem_set(problem, HS_INVALID, "key: %s: there is no certificate for it",
                              options->key);
    }
    return HS_OK;
}

/* Takes over the descriptor, also where it fails. */
static int add_listener(hs_server *server, const hs_service_descriptor *service, int fd,
                        const hs_listen_address *address)
{
    listener *l = &server->listeners[server->listener_count];
    int error = uv_tcp_init(&server->host.loop, &l->socket);
    if (error != 0) {
        close(fd);
        return error;
    }
    server->listener_count++;
    l->server = server;
    l->service = service;
    l->address = *address;
    l->socket.data = l;
    error = uv_tcp_open(&l->socket, fd);
    if (error != 0) {
        close(fd);
        return error;
    }
    return uv_listen((uv_stream_t *)&l->socket, SOMAXCONN, connection_waits);
}

static hs_result listen_service(hs_server *server, hs_service service, int port,
                                const hs_listen_address *addresses, size_t count,
                                hs_problem *problem)
{
    const hs_service_descriptor *descriptor = hs_service_describe(service);
    hs_listening listening;
    hs_result result = hs_listen(descriptor->scheme, addresses, count, port, &listening, problem);
    if (result != HS_OK) {
        return result;
    }
    int error = 0;
    for (size_t i = 0; i < listening.count && error == 0; i++) {
        int fd = listening.fds[i];
        listening.fds[i] = -1;
        server->ports[service] = hs_listen_port(&listening.addresses[i]);
        error = add_listener(server, descriptor, fd, &listening.addresses[i]);
    }
    hs_listening_close(&listening);
    if (error != 0) {
        return hs_problem_set(problem, HS_SYSTEM, "%s: %s", descriptor->scheme, uv_strerror(error));
    }
    if (listening.lacks_ipv6) {
        hs_serve_line(&server->host, "%s is on 127.0.0.1 alone: there is no IPv6 here",
                      descriptor->scheme);
    }
    return HS_OK;
}

static void say_listening(const hs_server *server)
{
    for (size_t i = 0; i < server->listener_count; i++) {
        char text[HS_LISTEN_TEXT_MAX];
        const listener *l = &server->listeners[i];
        hs_serve_line(&server->host, "%s %s listening", l->service->scheme,
                      hs_listen_text(&l->address, text));
    }
}

static hs_result set_up(hs_server *server, const hs_serve_options *options, hs_problem *problem)
{
    hs_listen_address addresses[HS_LISTEN_MAX];
    size_t count;
    hs_result result = hs_listen_addresses(options->bind, addresses, &count, problem);
    if (result != HS_OK) {
        return result;
    }
    if (uv_loop_init(&server->host.loop) != 0) {
        return hs_problem_set(problem, HS_SYSTEM, "no event loop could be made");
    }
    server->has_loop = true;
    if (uv_async_init(&server->host.loop, &server->stop, stop_asked) != 0) {
        return hs_problem_set(problem, HS_SYSTEM, "no event loop could be made");
    }
    server->has_stop = true;
    server->stop.data = server;
    /* The listeners keep the loop alive; without them and connections it ends. */
    uv_unref((uv_handle_t *)&server->stop);
    if (wants(options, is_tls)) {
        result = hs_credentials_load(options, addresses, count, &server->host.tls, &server->ca_file,
                                     problem);
    }
    if (result == HS_OK && server->ca_file) {
        hs_serve_line(&server->host, "CA certificate %s", server->ca_file);
    }
    for (int i = 0; result == HS_OK && i < HS_SERVICE_COUNT; i++) {
        if (options->ports[i] >= 0) {
            result = listen_service(server, (hs_service)i, options->ports[i], addresses, count,
                                    problem);
        }
    }
    return result;
}

hs_result hs_server_new(const hs_serve_options *options, hs_server **out, hs_problem *problem)
{
    *out = NULL;
    problem->text[0] = '\0';
    hs_result result = check_options(options, problem);
    if (result != HS_OK) {
        return result;
    }
    hs_server *server = calloc(1, sizeof *server);
    if (!server) {
        return hs_problem_set(problem, HS_NO_MEMORY, "out of memory");
    }
    server->host.line = options->line;
    server->host.context = options->context;
    for (int i = 0; i < HS_SERVICE_COUNT; i++) {
        server->ports[i] = -1;
    }
    result = set_up(server, options, problem);
    if (result != HS_OK) {
        hs_server_free(server);
        return result;
    }
    say_listening(server);
    *out = server;
    return HS_OK;
}

int hs_server_port(const hs_server *server, hs_service service)
{
    return (unsigned)service < HS_SERVICE_COUNT ? server->ports[service] : -1;
}

const char *hs_server_ca_file(const hs_server *server)
{
    return server->ca_file;
}
