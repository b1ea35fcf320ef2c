/* One connected TCP socket in an event loop, with every byte stamped as it passes: the tap.
 *
 * Non-blocking, TCP_NODELAY, SO_TIMESTAMPING (RX and TX, software). Received bytes come with the
 * kernel's stamp of the segment that brought the last of them; sent bytes are announced at once with
 * our own clock, and again when the kernel reports when they left.
 */
#ifndef HS_NET_SOCKET_H
#define HS_NET_SOCKET_H

#include <netinet/tcp.h>
#include <uv.h>

#include <handshake/api.h>
#include <handshake/time.h>

#include "net/clock.h"

typedef enum hs_socket_end {
    HS_SOCKET_FIN,   /* the peer closed its direction in order */
    HS_SOCKET_RESET, /* ECONNRESET, EPIPE */
    HS_SOCKET_ERROR, /* any other errno */
} hs_socket_end;

typedef struct hs_socket_events {
    void *context;
    void (*received)(void *context, hs_bytes bytes, hs_moment moment);
    /* These bytes were handed to the kernel now. */
    void (*sent)(void *context, hs_bytes bytes, hs_moment moment);
    /* The kernel says when the byte at `offset` of our stream left. */
    void (*left)(void *context, uint64_t offset, hs_moment moment);
    /* Called once; nothing is received after it. */
    void (*ended)(void *context, hs_socket_end how, int os_errno, hs_moment moment);
} hs_socket_events;

typedef struct hs_socket hs_socket;

/* Takes over the connected descriptor `fd` and starts reading. On failure `fd` is closed. */
HS_CHECKED hs_result hs_socket_new(uv_loop_t *loop, int fd, const hs_timeline *timeline,
                                   const hs_socket_events *events, hs_socket **out);
/* Sends as much as the kernel takes and queues the rest (at most 1 MiB, else HS_LIMIT). `sent` is
 * called, for each part, from here or from the loop. HS_SYSTEM: the connection is broken; `ended`
 * follows from the loop. */
HS_CHECKED hs_result hs_socket_send(hs_socket *socket, hs_bytes bytes);
/* Sends FIN once the queue is empty. */
void hs_socket_shutdown(hs_socket *socket);
/* Reads the stamps that wait in the error queue; for just before the trace is finished. */
void hs_socket_collect_stamps(hs_socket *socket);
/* HS_SYSTEM where the kernel does not say. */
HS_CHECKED hs_result hs_socket_info(const hs_socket *socket, struct tcp_info *info);
int hs_socket_fd(const hs_socket *socket);
/* Closes at once and frees; no call-back follows. With `reset`, by RST. */
void hs_socket_close(hs_socket *socket, bool reset);

#endif
