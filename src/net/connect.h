/* One TCP connection out of several addresses: Happy Eyeballs (RFC 8305), every attempt reported.
 *
 * IPv6 goes first and the families alternate (section 4, First Address Family Count 1); within one,
 * the order given is kept. Where IPv4 addresses come first, IPv6 is waited for 50 ms (section 3,
 * the resolution delay), unless the list is closed before. The next attempt begins 250 ms after the
 * last one (section 5), or as soon as one has failed.
 */
#ifndef HS_NET_CONNECT_H
#define HS_NET_CONNECT_H

#include <uv.h>

#include <handshake/api.h>
#include <handshake/failure.h>

#include "net/clock.h"
#include "net/packet_tap.h"
#include "net/resolve.h"

enum { HS_CONNECT_ATTEMPTS_MAX = 32 };

typedef struct hs_connect_attempt {
    hs_address address;
    hs_moment start; /* our clock, right before connect() */
    /* Our clock, when connect() or the loop told the outcome. HS_TIME_NONE: still under way, or
     * given up for the winner. */
    hs_moment end;
    hs_failure_class failure;
    int os_errno;
    bool won;
    uint16_t local_port; /* where its packets are tapped; else 0 */
} hs_connect_attempt;

typedef struct hs_connect_options {
    /* TCP_FASTOPEN_CONNECT. Where the kernel knows a cookie for the address, connect() returns at
     * once, no SYN is sent, and the attempt has won with an `end` that tells nothing. The SYN
     * leaves with the first hs_socket_send (of no bytes, where the client has nothing to say
     * first). */
    bool fast_open;
    hs_packet_tap *tap; /* gets the packets of every attempt; NULL: none */
} hs_connect_options;

/* Both come from the loop, never from within a function below; one of them, once. The connector may
 * be freed in them. */
typedef struct hs_connect_events {
    void *context;
    /* `fd` is now the caller's: connected, non-blocking, TCP_NODELAY, time-stamping of what is
     * received on. `attempt` is borrowed from the connector. */
    void (*connected)(void *context, int fd, const hs_connect_attempt *attempt);
    /* Every address failed; the class and errno of the attempt that tells most: one that the peer
     * answered, then one that timed out, then the rest, unreachable addresses last.
     * HS_FAILURE_TCP_FAILED and 0 where there was no address. */
    void (*failed)(void *context, hs_failure_class failure, int os_errno);
} hs_connect_events;

typedef struct hs_connector hs_connector;

HS_CHECKED hs_result hs_connector_new(uv_loop_t *loop, const hs_timeline *timeline,
                                      const hs_connect_options *options,
                                      const hs_connect_events *events, hs_connector **out);
/* Adds addresses to try, in RFC 8305 4's order with those already waiting. May be called again.
 * Addresses past HS_CONNECT_ATTEMPTS_MAX a family are ignored, and so many attempts are made. */
HS_CHECKED hs_result hs_connector_add(hs_connector *connector, const hs_address *addresses,
                                      size_t count);
/* No more addresses will come: once all have failed, `failed` is called. */
void hs_connector_close_list(hs_connector *connector);
/* The attempts so far, in order of their start. Borrowed. */
const hs_connect_attempt *hs_connector_attempts(const hs_connector *connector, size_t *count);
/* Gives up; no call-back follows. Sockets still under way are closed. The loop has to run once more
 * for the memory to be given back. */
void hs_connector_free(hs_connector *connector);

/* The class of an error of socket() or connect(). A family that this machine does not have
 * (EAFNOSUPPORT, EADDRNOTAVAIL) is an address that cannot be reached. */
hs_failure_class hs_connect_failure_class(int os_errno);

#endif
