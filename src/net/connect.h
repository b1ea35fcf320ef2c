/* One TCP connection out of several addresses: Happy Eyeballs (RFC 8305), every attempt reported. */
#ifndef HS_NET_CONNECT_H
#define HS_NET_CONNECT_H

#include <uv.h>

#include <handshake/api.h>
#include <handshake/failure.h>

#include "net/clock.h"
#include "net/resolve.h"

enum { HS_CONNECT_ATTEMPTS_MAX = 32 };

typedef struct hs_connect_attempt {
    hs_address address;
    hs_moment start;
    hs_moment end; /* HS_TIME_NONE: still under way, or given up for the winner */
    hs_failure_class failure;
    int os_errno;
    bool won;
} hs_connect_attempt;

typedef struct hs_connect_options {
    bool fast_open; /* TCP_FASTOPEN_CONNECT: connect() returns at once where a cookie is known */
} hs_connect_options;

typedef struct hs_connect_events {
    void *context;
    /* `fd` is now the caller's: connected, non-blocking, TCP_NODELAY, time-stamping on. */
    void (*connected)(void *context, int fd, const hs_connect_attempt *attempt);
    /* Every address failed; the class and errno of the attempt that tells most. */
    void (*failed)(void *context, hs_failure_class failure, int os_errno);
} hs_connect_events;

typedef struct hs_connector hs_connector;

HS_CHECKED hs_result hs_connector_new(uv_loop_t *loop, const hs_timeline *timeline,
                                      const hs_connect_options *options,
                                      const hs_connect_events *events, hs_connector **out);
/* Adds addresses to try, in RFC 8305 4's order with those already waiting. May be called again. */
HS_CHECKED hs_result hs_connector_add(hs_connector *connector, const hs_address *addresses,
                                      size_t count);
/* No more addresses will come: once all have failed, `failed` is called. */
void hs_connector_close_list(hs_connector *connector);
/* The attempts so far, in order of their start. Borrowed. */
const hs_connect_attempt *hs_connector_attempts(const hs_connector *connector, size_t *count);
/* Gives up; no call-back follows. Sockets still under way are closed. */
void hs_connector_free(hs_connector *connector);

/* The class of a connect() error. */
hs_failure_class hs_connect_failure_class(int os_errno);

#endif
