/* What the files of one socket share. */
#ifndef HS_NET_SOCKET_STATE_H
#define HS_NET_SOCKET_STATE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "net/socket.h"

struct hs_socket {
    uv_poll_t poll;
    int watching; /* what the poll handle runs with; 0 where it is stopped */
    int fd;
    const hs_timeline *timeline;
    hs_socket_events events;
    hs_buffer queue;
    uint64_t stamp_base;
    uint64_t left; /* bytes known to have left */
    int send_errno;
    bool stamps_sent;
    bool connecting; /* TCP Fast Open: the handshake is still to come */
    bool syn_sent;   /* of that */
    bool shutdown_wanted;
    bool shutdown_done;
    bool ended;
    bool dead; /* nothing can be sent any more */
    bool closed;
};

/* Waits for what is of interest now. */
void hs_socket_watch(hs_socket *socket);
/* Sends what is queued, as far as the kernel takes it, and then perhaps FIN. */
void hs_socket_flush(hs_socket *socket);
/* Nothing can be sent any more. */
void hs_socket_send_failed(hs_socket *socket, int os_errno);

#endif
