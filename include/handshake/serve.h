/* The lab server: every protocol on loopback, with its own local CA.
 *
 * A server is used from one thread; hs_server_stop may be called from a signal handler.
 */
#ifndef HANDSHAKE_SERVE_H
#define HANDSHAKE_SERVE_H

#include <stdbool.h>

#include <handshake/api.h>
#include <handshake/probe.h> /* hs_problem */

#ifdef __cplusplus
extern "C" {
#endif

/* X(symbol, scheme, what it answers) */
#define HS_SERVICE_MAP(X)                                                                          \
    X(TCP, "tcp", "echoes what it receives")                                                       \
    X(TLS, "tls", "echoes what it receives, over TLS")                                             \
    X(HTTP, "http", "a small page over HTTP/1.1 and cleartext HTTP/2")                             \
    X(HTTPS, "https", "a small page over HTTP/1.1 and HTTP/2, chosen by ALPN")                     \
    X(WS, "ws", "a WebSocket that echoes messages, over HTTP/1.1 and cleartext HTTP/2")            \
    X(WSS, "wss", "a WebSocket that echoes messages, over HTTP/1.1 and HTTP/2, chosen by ALPN")    \
    X(QUIC, "quic", "echoes what it receives on QUIC streams; PORT is UDP's")                      \
    X(HTTPS3, "https3", "a small page over HTTP/3; PORT is UDP's, and may be --quic's")

typedef enum hs_service {
#define HS_X(symbol, scheme, answer) HS_SERVICE_##symbol,
    HS_SERVICE_MAP(HS_X)
#undef HS_X
        HS_SERVICE_COUNT
} hs_service;

typedef struct hs_serve_options {
    int ports[HS_SERVICE_COUNT]; /* -1: not served; 0: any free one */
    const char *bind;            /* address; NULL: 127.0.0.1 and ::1 */
    const char *cert;            /* PEM chain; NULL: minted by the local CA */
    const char *key;
    const char *state;         /* folder of the local CA; NULL: $XDG_STATE_HOME/handshake */
    bool quic_retry;           /* every QUIC client proves its address first (RFC 9000 8.1.2) */
    const char *quic_versions; /* "v1,v2", in order of preference; NULL: v2, v1 */
    const char *quic_alpn;     /* comma list for the QUIC echo; NULL: "echo,hq-interop" */
    /* One line for each event as a person would follow it; without newline. May be NULL. */
    void (*line)(void *context, const char *text);
    void *context;
} hs_serve_options;

HS_API void hs_serve_options_init(hs_serve_options *options);

typedef struct hs_server hs_server;

/* Checks the options, loads or mints the certificate, and binds every port. HS_INVALID and
 * HS_SYSTEM come with `problem` filled; nothing is left bound. */
HS_API HS_CHECKED hs_result hs_server_new(const hs_serve_options *options, hs_server **out,
                                          hs_problem *problem);
/* Serves until hs_server_stop; then closes every connection and returns HS_OK. */
HS_API HS_CHECKED hs_result hs_server_run(hs_server *server);
/* Async-signal-safe. */
HS_API void hs_server_stop(hs_server *server);
HS_API void hs_server_free(hs_server *server);

/* The port in use, TCP's or UDP's; -1: none. */
HS_API int hs_server_port(const hs_server *server, hs_service service);
/* PEM file of the CA that signed the minted certificate; NULL where one was brought. */
HS_API const char *hs_server_ca_file(const hs_server *server);

#ifdef __cplusplus
}
#endif
#endif
