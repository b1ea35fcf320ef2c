/* The lab server, made: its options, its certificate, its ports. */
#include "serve/server_state.h"

#include <stdlib.h>
#include <unistd.h>

#include "net/file.h"
#include "serve/connection_line.h"

void hs_serve_options_init(hs_serve_options *options)
{
    *options = (hs_serve_options){.bind = NULL};
    for (int i = 0; i < HS_SERVICE_COUNT; i++) {
        options->ports[i] = -1;
    }
}

static void connection_waits(uv_stream_t *stream, int status)
{
    hs_tcp_listener *from = stream->data;
    if (status != 0) {
        hs_serve_line(&from->server->host, "%s could not accept: %s", from->service->scheme,
                      uv_strerror(status));
        return;
    }
    hs_connection_accept(&from->server->host, from->service, stream);
}

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
    return service->has_tls || service->is_udp;
}

/* A port is TCP's and UDP's apart, and the two services over QUIC are told apart by ALPN. */
static bool collide(const hs_service_descriptor *a, const hs_service_descriptor *b)
{
    return !a->is_udp && !b->is_udp;
}

static hs_result check_options(const hs_serve_options *options, hs_problem *problem)
{
    if (!wants(options, is_any)) {
        return hs_problem_set(problem, HS_INVALID, "no service has a port");
    }
    for (int i = 0; i < HS_SERVICE_COUNT; i++) {
        const hs_service_descriptor *service = hs_service_describe((hs_service)i);
        const char *scheme = service->scheme;
        int port = options->ports[i];
        if (port < -1 || port > UINT16_MAX) {
            return hs_problem_set(problem, HS_INVALID, "%s: %d is not a port (0 to 65535)", scheme,
                                  port);
        }
        for (int j = 0; j < i; j++) {
            const hs_service_descriptor *other = hs_service_describe((hs_service)j);
            if (port > 0 && options->ports[j] == port && collide(service, other)) {
                return hs_problem_set(problem, HS_INVALID, "%s and %s: both on port %d",
                                      other->scheme, scheme, port);
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
    hs_tcp_listener *l = &server->listeners[server->listener_count];
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

static hs_result listen_quic(hs_server *server, const hs_listen_address *addresses, size_t count,
                             hs_problem *problem)
{
    for (size_t i = 0; i < server->quic_count; i++) {
        const hs_quic_plan *plan = &server->plans[i];
        hs_result result = hs_quic_listener_new(&server->host, server->credentials.quic[i],
                                                hs_quic_plan_scheme(plan), addresses, count,
                                                plan->port, &server->quic[i], problem);
        if (result != HS_OK) {
            return result;
        }
        int port = hs_quic_listener_port(server->quic[i]);
        if (plan->has_echo) {
            server->ports[HS_SERVICE_QUIC] = port;
        }
        if (plan->has_http3) {
            server->ports[HS_SERVICE_HTTPS3] = port;
            server->host.alt_svc = hs_answer_alt_svc(port, server->alt_svc);
        }
    }
    return HS_OK;
}

static void say_quic(const hs_server *server)
{
    for (size_t i = 0; i < server->quic_count; i++) {
        const hs_quic_plan *plan = &server->plans[i];
        if (plan->has_echo) {
            hs_quic_listener_say(server->quic[i], hs_service_describe(HS_SERVICE_QUIC)->scheme);
        }
        if (plan->has_http3) {
            hs_quic_listener_say(server->quic[i], hs_service_describe(HS_SERVICE_HTTPS3)->scheme);
        }
    }
}

static void say_listening(const hs_server *server)
{
    for (size_t i = 0; i < server->listener_count; i++) {
        char text[HS_LISTEN_TEXT_MAX];
        const hs_tcp_listener *l = &server->listeners[i];
        hs_serve_line(&server->host, "%s %s listening", l->service->scheme,
                      hs_listen_text(&l->address, text));
    }
    say_quic(server);
}

static hs_result load_credentials(hs_server *server, const hs_serve_options *options,
                                  const hs_listen_address *addresses, size_t count,
                                  hs_problem *problem)
{
    hs_credentials *credentials = &server->credentials;
    hs_result result = hs_credentials_load(options, addresses, count, server->plans,
                                           server->quic_count, credentials, problem);
    server->host.tls = credentials->tls;
    if (result == HS_OK && credentials->ca_file) {
        hs_serve_line(&server->host, "CA certificate %s", credentials->ca_file);
    }
    if (result == HS_OK && credentials->key_not_kept.text[0] != '\0') {
        hs_serve_line(&server->host, "QUIC tokens end with this server: %s",
                      credentials->key_not_kept.text);
    }
    return result;
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
    if (uv_async_init(&server->host.loop, &server->stop, hs_server_stop_asked) != 0) {
        return hs_problem_set(problem, HS_SYSTEM, "no event loop could be made");
    }
    server->has_stop = true;
    server->stop.data = server;
    /* The listeners keep the loop alive; without them and connections it ends. */
    uv_unref((uv_handle_t *)&server->stop);
    result = hs_quic_plan_make(options, server->plans, &server->quic_count, problem);
    if (result == HS_OK && wants(options, is_tls)) {
        result = load_credentials(server, options, addresses, count, problem);
    }
    for (int i = 0; result == HS_OK && i < HS_SERVICE_COUNT; i++) {
        if (options->ports[i] >= 0 && !hs_service_describe((hs_service)i)->is_udp) {
            result = listen_service(server, (hs_service)i, options->ports[i], addresses, count,
                                    problem);
        }
    }
    return result == HS_OK ? listen_quic(server, addresses, count, problem) : result;
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
