/* One connected TCP socket in an event loop, with every byte stamped as it passes: the tap.
 *
 * Non-blocking, TCP_NODELAY, SO_TIMESTAMPING (RX and TX, software). Received bytes come with the
 * kernel's stamp of the segment that brought the last of them; sent bytes are announced at once
 * with our own clock, and again when the kernel reports when they left. Without a stamp, or after
 * the realtime clock was set, received bytes have our own clock, and no report of leaving comes.
 *
 * hs_socket_close may be called from every call-back, also hs_socket_send and hs_socket_shutdown.
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
    HS_SOCKET_RESET, /* ECONNRESET, EPIPE; what had arrived before was delivered */
    HS_SOCKET_ERROR, /* any other errno */
} hs_socket_end;

typedef struct hs_socket_events {
    void *context;
    void (*received)(void *context, hs_bytes bytes, hs_moment moment);
    /* These bytes were handed to the kernel; the moment is right before that. Borrowed until
     * hs_socket_send is called or this returns. */
    void (*sent)(void *context, hs_bytes bytes, hs_moment moment);
    /* The kernel says when the byte at `offset` of our stream was first handed to the network
     * device, and with it all bytes before it that no call told of. Offsets rise. A segment gives
     * one stamp, for its last byte; bytes sent by TCP Fast Open before the handshake give none. */
    void (*left)(void *context, uint64_t offset, hs_moment moment);
    /* Called once; nothing is received after it. After HS_SOCKET_FIN one may still send. */
    void (*ended)(void *context, hs_socket_end how, int os_errno, hs_moment moment);
} hs_socket_events;

typedef struct hs_socket hs_socket;

enum { HS_SOCKET_QUEUE_MAX = 1 << 20 };

/* Takes over the connected descriptor `fd`, on which nothing was sent yet, and starts reading; also
 * one whose connect() was put off by TCP Fast Open. On failure `fd` is closed. */
HS_CHECKED hs_result hs_socket_new(uv_loop_t *loop, int fd, const hs_timeline *timeline,
                                   const hs_socket_events *events, hs_socket **out);
/* Sends as much as the kernel takes and queues the rest. `sent` is called, for each part, from here
 * or from the loop. HS_LIMIT: the queue and these would be over HS_SOCKET_QUEUE_MAX; nothing was
 * sent. HS_INVALID: after hs_socket_shutdown. HS_SYSTEM: the connection is broken; `ended` follows
 * from the loop unless it came before. HS_NO_MEMORY: a part may have been sent, so close.
 * With no bytes it does nothing, except to send the SYN that TCP Fast Open put off. */
HS_CHECKED hs_result hs_socket_send(hs_socket *socket, hs_bytes bytes);
/* Bytes that wait for the kernel to take them. */
size_t hs_socket_queued(const hs_socket *socket);
/* Sends FIN once the queue is empty. */
void hs_socket_shutdown(hs_socket *socket);
/* Reads the stamps that wait in the error queue; for just before the trace is finished. */
void hs_socket_collect_stamps(hs_socket *socket);
/* HS_SYSTEM where the kernel does not say. */
HS_CHECKED hs_result hs_socket_info(const hs_socket *socket, struct tcp_info *info);
int hs_socket_fd(const hs_socket *socket);
/* Closes at once and frees; no call-back follows. With `reset`, by RST, as the kernel does by
 * itself where received bytes were not read. The loop has to run once more for the memory to be
 * given back. */
void hs_socket_close(hs_socket *socket, bool reset);

#endif
