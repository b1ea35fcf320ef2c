/* One accepted connection: its socket, its TLS, its deadlines and its end.
 *
 * What is spoken over it is a protocol, a small table of functions. A connection is freed by the
 * event loop after its handles are closed, never from within a function of this file; so a protocol
 * may send, finish or abort from wherever it is.
 */
#ifndef HS_SERVE_CONNECTION_H
#define HS_SERVE_CONNECTION_H

#include <stdbool.h>

#include <uv.h>

#include <handshake/serve.h>

#include "net/tls_session.h"
#include "serve/limits.h"

/* Why the server ends a connection that the protocol itself would have kept. X(symbol, text) */
#define HS_FAREWELL_MAP(X)                                                                         \
    X(IDLE, "idle for 60 s")                                                                       \
    X(LATE, "not done within 10 s")                                                                \
    X(STOPPING, "the server stops")

typedef enum hs_farewell {
#define HS_X(symbol, text) HS_FAREWELL_##symbol,
    HS_FAREWELL_MAP(HS_X)
#undef HS_X
} hs_farewell;

typedef struct hs_connection hs_connection;

typedef struct hs_protocol {
    const char *unit; /* what is counted: "request" */
    /* Begins; may set c->state. HS_NO_MEMORY ends the connection. NULL: nothing to do. */
    hs_result (*open)(hs_connection *c);
    void (*received)(hs_connection *c, hs_bytes bytes);
    /* There is room to send again. NULL: nothing waits. */
    void (*drained)(hs_connection *c);
    /* Says goodbye in the protocol's own words, then calls hs_connection_finish with `why`, at once
     * or when the peer has answered. NULL: there are no such words. */
    void (*farewell)(hs_connection *c, hs_farewell farewell, const char *why);
    void (*free)(void *state);
} hs_protocol;

/* A row of the service table. */
typedef struct hs_service_descriptor {
    const char *scheme;
    bool is_udp; /* by QUIC; the rest of the row is then empty */
    bool has_tls;
    const char *alpn;            /* comma list, in order of preference; NULL: none */
    const hs_protocol *protocol; /* where ALPN says nothing else */
    const hs_protocol *h2;       /* where ALPN says h2; NULL: not offered */
} hs_service_descriptor;

const hs_service_descriptor *hs_service_describe(hs_service service);

/* What all connections of a server share. */
typedef struct hs_serve_host {
    uv_loop_t loop;
    hs_tls_context *tls;
    void (*line)(void *context, const char *text);
    void *context;
    hs_connection *connections;
    size_t connection_count;
    uint64_t accepted;   /* ever; numbers the connections */
    const char *alt_svc; /* what the https service says of HTTP/3; NULL: there is none */
    bool is_stopping;
    uint64_t stop_at; /* loop time in ms at which the last connection is closed, if stopping */
    char read_buffer[HS_SERVE_READ_SIZE];
} hs_serve_host;

typedef enum hs_connection_phase {
    HS_CONNECTION_TLS,     /* in the TLS handshake */
    HS_CONNECTION_OPEN,    /* the protocol speaks */
    HS_CONNECTION_CLOSING, /* we have said the last word; what comes is thrown away */
    HS_CONNECTION_CLOSED,  /* the handles are being closed */
} hs_connection_phase;

struct hs_connection {
    uv_tcp_t socket;
    uv_timer_t timer;
    uv_shutdown_t shutdown;
    unsigned handles; /* not yet closed */
    hs_serve_host *host;
    const hs_service_descriptor *service;
    hs_connection *next;
    hs_connection *previous;
    uint64_t number;
    char peer[64]; /* "127.0.0.1:52144" */
    hs_connection_phase phase;
    const hs_protocol *protocol; /* NULL before there is one */
    void *state;                 /* the protocol's */
    hs_tls_session *tls;         /* NULL without TLS */
    uint64_t accepted_at;        /* uv_hrtime */
    uint64_t handshake_ns;       /* from accepted to established; TLS only */
    uint64_t active_at;          /* loop time in ms of the last byte */
    uint64_t deadline;           /* loop time in ms; 0: none */
    uint64_t units;              /* requests, messages or bytes, as the protocol counts */
    size_t in_tls;               /* bytes sent that TLS has not yet put out: it gathers them */
    bool is_choked;              /* nothing is read until the queue is sent */
    bool is_waiting;             /* the protocol was told that there is no room */
    bool is_feeding;             /* within hs_tls_session_feed, which puts out at its end */
    bool has_close_notify;       /* from the peer */
    bool has_fin;
    bool is_shut;          /* our FIN is out */
    bool is_finishing;     /* to be finished once the TLS handshake is done: all was early data */
    bool is_broken;        /* the TLS session failed: it is not to be used any more */
    int error;             /* libuv's, of the failed read or write; 0 */
    const char *ended_why; /* static; NULL: the client ended it */
};

/* Writes "#3 …" to whoever follows the server. */
void hs_connection_line(hs_connection *c, const char *format, ...) HS_PRINTF(2, 3);
/* `bytes` as text that is safe in a line, shortened if need be; returns `out`. */
enum { HS_ESCAPED_MAX = 160 };
const char *hs_line_escaped(hs_bytes bytes, char out[HS_ESCAPED_MAX]);

/* Accepts what waits at `listener`, or refuses it with a line. */
void hs_connection_accept(hs_serve_host *host, const hs_service_descriptor *service,
                          uv_stream_t *listener);

/* Sends, through TLS where there is TLS. What cannot go at once is copied and queued. */
void hs_connection_send(hs_connection *c, hs_bytes bytes);
/* Whether a protocol should make more to send now; if not, `drained` will be called. */
bool hs_connection_has_room(hs_connection *c);
/* Goes on in another protocol, whose first bytes are these. The caller must return to the loop. */
void hs_connection_switch(hs_connection *c, const hs_protocol *protocol, hs_bytes bytes);
/* What an HTTP answer here says in Alt-Svc; NULL: nothing. Over cleartext it would not be heeded
 * (RFC 9114 3.1.1 wants the origin's certificate). */
const char *hs_connection_alt_svc(const hs_connection *c);
/* What was received came before the TLS handshake was done: it may be a replay (RFC 8446 8). */
bool hs_connection_is_early(const hs_connection *c);

/* The LATE farewell comes this many milliseconds from now; 0: never. Without effect outside
 * HS_CONNECTION_OPEN. */
void hs_connection_set_deadline(hs_connection *c, unsigned milliseconds);
/* Sends what is queued, close_notify and FIN, waits a little for the peer's FIN, and closes.
 * `why` is static. */
void hs_connection_finish(hs_connection *c, const char *why);
/* Closes at once. */
void hs_connection_abort(hs_connection *c, const char *why);
/* The protocol's farewell, or hs_connection_finish. */
void hs_connection_say_farewell(hs_connection *c, hs_farewell farewell);

#endif
