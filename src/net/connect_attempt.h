/* One connect() in an event loop. */
#ifndef HS_NET_CONNECT_ATTEMPT_H
#define HS_NET_CONNECT_ATTEMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "net/connect.h"

typedef struct hs_attempt_socket {
    void *context;
    size_t index; /* the owner's */
    /* The outcome of a connect() that was under way: 0 or an errno. */
    void (*settled)(void *context, size_t index, int os_errno);
    /* This memory is not used any more. */
    void (*closed)(void *context);
    uv_poll_t poll;
    int fd; /* -1: closed or handed over */
    bool polled;
    bool has_handle; /* libuv's, so that `closed` will be called */
} hs_attempt_socket;

/* With `context`, `index`, `settled` and `closed` set, to the address in `told`, which gets
 * `start`, the moment right before connect(), and `local_port`. `ended` becomes the moment right
 * after. 0: connected at once, or put off by TCP Fast Open. EINPROGRESS: `settled` follows. Any
 * other errno: failed, and closed. */
int hs_attempt_start(hs_attempt_socket *attempt, uv_loop_t *loop, const hs_connect_options *options,
                     const hs_timeline *timeline, hs_connect_attempt *told, hs_moment *ended);
/* The descriptor, no longer polled, for the caller to close or keep; -1 where there is none. */
int hs_attempt_take(hs_attempt_socket *attempt);

#endif
