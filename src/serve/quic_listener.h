/* One UDP port: its sockets, its QUIC server, its timer, and the connections that came. */
#ifndef HS_SERVE_QUIC_LISTENER_H
#define HS_SERVE_QUIC_LISTENER_H

#include "net/quic_session.h"
#include "serve/connection.h"
#include "serve/listen.h"

typedef struct hs_quic_listener hs_quic_listener;

/* Port 0 picks one that is free on all addresses. `context` is of the caller's and outlives it.
 * HS_SYSTEM with `problem`, which names `scheme`, address and port; HS_NO_MEMORY. */
HS_CHECKED hs_result hs_quic_listener_new(hs_serve_host *host, hs_quic_context *context,
                                          const char *scheme, const hs_listen_address *addresses,
                                          size_t count, int port, hs_quic_listener **out,
                                          hs_problem *problem);
int hs_quic_listener_port(const hs_quic_listener *listener);
/* "scheme 127.0.0.1:8443 listening", for each of its addresses. */
void hs_quic_listener_say(const hs_quic_listener *listener, const char *scheme);
size_t hs_quic_listener_count(const hs_quic_listener *listener);
/* Closes every connection with CONNECTION_CLOSE, and its handles once those have ended, or at the
 * host's stop_at. */
void hs_quic_listener_stop(hs_quic_listener *listener);
/* Closes its handles, and ends connections without a word. */
void hs_quic_listener_close(hs_quic_listener *listener);
/* After _close and a run of the loop. */
void hs_quic_listener_free(hs_quic_listener *listener);

#endif
