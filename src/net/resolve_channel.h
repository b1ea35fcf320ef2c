/* A c-ares channel in a libuv loop: its sockets polled, its timeouts kept. */
#ifndef HS_NET_RESOLVE_CHANNEL_H
#define HS_NET_RESOLVE_CHANNEL_H

#include <ares.h>
#include <stdbool.h>
#include <uv.h>

#include <handshake/api.h>

typedef struct hs_resolve_watch hs_resolve_watch;

typedef struct hs_resolve_channel {
    uv_loop_t *loop;
    int flags; /* ARES_FLAG_…; 0: c-ares's own choice */
    void *context;
    /* c-ares has worked; called outside of it, so that anything may be done. */
    void (*progressed)(void *context);
    /* After hs_resolve_channel_close: nothing of this is used any more. */
    void (*closed)(void *context);

    ares_channel ares; /* valid while `is_open` */
    bool is_open;
    bool closing;
    uv_timer_t timer;
    hs_resolve_watch *watches;
    unsigned handles; /* libuv's, not yet closed */
} hs_resolve_channel;

/* Reads the system's configuration, the first time. HS_SYSTEM where that fails. */
HS_CHECKED hs_result hs_resolve_channel_open(hs_resolve_channel *channel);
/* To be called after each call into c-ares that may have begun or ended a query. */
void hs_resolve_channel_arm(hs_resolve_channel *channel);
/* Ends every query with ARES_ECANCELLED. */
void hs_resolve_channel_cancel(hs_resolve_channel *channel);
/* Ends every query with ARES_EDESTRUCTION. `closed` is called from here or from the loop. */
void hs_resolve_channel_close(hs_resolve_channel *channel);

#endif
