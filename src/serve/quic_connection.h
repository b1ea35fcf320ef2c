/* One accepted QUIC connection, and what is spoken over its streams.
 *
 * Its session belongs to the listener's hs_quic_server; the connection is freed when that has ended
 * it. Everything here is called from within the session's call-backs, but for _farewell, _speak and
 * _free.
 */
#ifndef HS_SERVE_QUIC_CONNECTION_H
#define HS_SERVE_QUIC_CONNECTION_H

#include "net/quic_session.h"
#include "serve/connection.h"
#include "serve/visit.h"

typedef struct hs_quic_connection hs_quic_connection;

/* Streams as of hs_quic_session_events. */
typedef struct hs_quic_protocol {
    const char *unit;  /* what is counted: "request" */
    uint64_t no_error; /* of an orderly end */
    uint64_t internal_error;
    /* The name of an application error code; NULL: it has none. */
    const char *(*error_name)(uint64_t error);
    /* May set c->state. HS_OK, or the connection is closed. NULL: nothing to do. */
    hs_result (*open)(hs_quic_connection *c);
    void (*data)(hs_quic_connection *c, int64_t stream, hs_bytes bytes, bool fin, bool is_early);
    void (*reset)(hs_quic_connection *c, int64_t stream, uint64_t error);
    void (*stopped)(hs_quic_connection *c, int64_t stream);
    void (*closed)(hs_quic_connection *c, int64_t stream, uint64_t error);
    void (*writable)(hs_quic_connection *c, int64_t stream);
    /* Lines about what came since the last time. NULL: there are none. */
    void (*speak)(hs_quic_connection *c);
    /* The last words, before CONNECTION_CLOSE. NULL: there are none. */
    void (*farewell)(hs_quic_connection *c);
    void (*free)(void *state);
} hs_quic_protocol;

extern const hs_quic_protocol hs_quic_protocol_echo;  /* what comes goes back */
extern const hs_quic_protocol hs_quic_protocol_http3; /* the page */

struct hs_quic_connection {
    hs_serve_host *host;
    hs_quic_connection **list; /* that it is in */
    hs_quic_connection *next;
    hs_quic_connection *previous;
    hs_quic_session *session;
    const char *scheme; /* of the port */
    uint64_t number;
    char peer[64];                    /* "127.0.0.1:52144" */
    const hs_quic_protocol *protocol; /* NULL until ALPN is known, and after the end */
    const char *unit;                 /* of the protocol, also after the end */
    void *state;                      /* the protocol's */
    uint64_t accepted_at;             /* uv_hrtime */
    uint64_t handshake_ns;            /* from accepted to done; 0: not done */
    uint64_t units;                   /* requests or bytes, as the protocol counts */
    bool is_ending;                   /* closed, or about to be */
    const char *ended_why;            /* static; NULL: the server did not ask for the end */
};

/* A new session's: the call-backs are put into `events`. Where there is no memory the session is
 * closed. */
void hs_quic_connection_accept(hs_serve_host *host, hs_quic_connection **list, const char *scheme,
                               hs_quic_session *session, hs_quic_session_events *events);
/* Ends it with an application error code. `why` is static. */
void hs_quic_connection_close(hs_quic_connection *c, uint64_t error, const char *why);
/* The outcome of what was asked of a stream: HS_INVALID, where the stream is over already, is no
 * matter; for the rest the connection is closed. */
void hs_quic_connection_settle(hs_quic_connection *c, hs_result result);
/* Ends it in the protocol's own words: the server stops. */
void hs_quic_connection_say_farewell(hs_quic_connection *c, const char *why);
/* The lines that were put off so that one says what came together. */
void hs_quic_connection_speak(hs_quic_connection *c);
void hs_quic_connection_free(hs_quic_connection *c);

/* "#3 …" */
void hs_quic_connection_line(hs_quic_connection *c, const char *format, ...) HS_PRINTF(2, 3);
void hs_quic_connection_line_established(hs_quic_connection *c);
/* Who closed it and how, what it was used for, how long it lived; and before, what failed. */
void hs_quic_connection_line_closed(hs_quic_connection *c, const hs_quic_end *end);

void hs_visit_of_quic(const hs_quic_connection *c, const char *http, bool is_early, hs_visit *out);

#endif
