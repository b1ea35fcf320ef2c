/* A lab server in a thread, and a client of this project's own QUIC session over a UDP socket. */
#ifndef HS_TESTS_SERVE_QUIC_KIT_H
#define HS_TESTS_SERVE_QUIC_KIT_H

#include <uv.h>

#include <handshake/serve.h>

#include "base/buffer.h"
#include "net/quic_session.h"
#include "net/udp_socket.h"

enum { QUIC_DATA_MAX = 8 << 20, QUIC_WAIT_MS = 20000 };

/* Set-up and tear-down of a test: --quic and --https3, each on a port of its own, with a state
 * folder of the test's own. */
int quic_start_server(void **state);
int quic_stop_server(void **state);
void quic_ask_to_stop(void);
/* After that: until it has stopped. */
void quic_join_server(void);
bool quic_has_line(const char *part);

typedef struct client {
    uv_loop_t loop;
    uv_timer_t timer;
    uv_timer_t limit;
    bool is_late;
    hs_timeline timeline;
    hs_udp_socket *socket;
    hs_tls_context *verifier;
    hs_quic_context *context;
    hs_quic_session *session;
    hs_quic_path path;
    bool is_completed;
    bool is_closed;
    hs_quic_end end;
    bool takes_nothing; /* the peer's window is not opened again */
    hs_buffer data;     /* of all bidirectional streams */
    size_t untaken;
    int64_t stream; /* that data came on last */
    int fins;
    int streams_closed;
    int resets;
    uint64_t reset_error;
    const uint8_t *rest; /* still to be sent on stream 0 */
    size_t rest_len;
    size_t taken; /* of it by the session */
} client;

/* A client that has not begun; what it offers, and its early data, come now. */
void quic_prepare(client *c, hs_service service, const char *alpn, uint32_t version);
void quic_start(client *c);
/* Begins a handshake with v1. */
void quic_open(client *c, hs_service service, const char *alpn);
/* And brings it to its end. */
void quic_meet(client *c, hs_service service, const char *alpn);
/* Without a word, and with one. */
void quic_close(client *c);
void quic_leave(client *c);
/* What was written to streams leaves. */
void quic_flush(client *c);
/* Flushes, and runs until `done`. */
void quic_run_until(client *c, bool (*done)(const client *c));
bool quic_is_over(const client *c); /* the handshake, in one way or the other */
bool quic_is_closed(const client *c);
/* Until the server printed it; the client goes on meanwhile, if there is one. */
void quic_wait_line(client *c, const char *part);
int64_t quic_open_stream(client *c, bool bidirectional);
void quic_send(client *c, int64_t stream, hs_bytes bytes, bool fin);
/* As much of `rest` as is taken now; the rest as it can be. */
void quic_put_rest(client *c);

#endif
