/* What the files of the server share. */
#ifndef HS_SERVE_SERVER_STATE_H
#define HS_SERVE_SERVER_STATE_H

#include <handshake/serve.h>

#include "serve/answer.h"
#include "serve/connection.h"
#include "serve/credentials.h"
#include "serve/listen.h"
#include "serve/quic_listener.h"

/* One TCP socket. */
typedef struct hs_tcp_listener {
    uv_tcp_t socket;
    hs_server *server;
    const hs_service_descriptor *service;
    hs_listen_address address;
} hs_tcp_listener;

struct hs_server {
    hs_serve_host host;
    uv_async_t stop;
    hs_tcp_listener listeners[HS_SERVICE_COUNT * HS_LISTEN_MAX];
    size_t listener_count;
    hs_quic_plan plans[HS_QUIC_PORTS_MAX];
    hs_quic_listener *quic[HS_QUIC_PORTS_MAX];
    size_t quic_count;
    int ports[HS_SERVICE_COUNT];
    char alt_svc[HS_ALT_SVC_SIZE];
    hs_credentials credentials;
    bool has_loop;
    bool has_stop;
    bool is_stopped;
};

/* Within the loop, what hs_server_stop asks for. */
void hs_server_stop_asked(uv_async_t *async);

#endif
