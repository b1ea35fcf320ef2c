/* One UDP socket in an event loop, with every datagram stamped as it passes: the tap.
 *
 * Non-blocking, SO_TIMESTAMPING (RX and TX, software), the two ECN bits of the IP header in and out
 * (RFC 3168 5), Don't Fragment set (RFC 9000 14), ICMP messages told. Received datagrams come with
 * the kernel's stamp; sent ones are announced at once with our own clock, and again when the kernel
 * reports when they left. Without a stamp, or after the realtime clock was set, received datagrams
 * have our own clock, and no report of leaving comes.
 *
 * hs_udp_socket_close may be called from every call-back, also hs_udp_socket_send.
 */
#ifndef HS_NET_UDP_SOCKET_H
#define HS_NET_UDP_SOCKET_H

#include <uv.h>

#include <handshake/api.h>
#include <handshake/failure.h>
#include <handshake/time.h>

#include "net/clock.h"
#include "net/resolve.h"

/* Both ends of a datagram. */
typedef struct hs_udp_path {
    hs_address local;
    hs_address remote;
} hs_udp_path;

typedef struct hs_udp_events {
    void *context;
    /* `path` is borrowed, as `datagram` is. */
    void (*received)(void *context, const hs_udp_path *path, hs_bytes datagram, uint8_t ecn,
                     hs_moment moment);
    /* This datagram was handed to the kernel; the moment is right before that. */
    void (*sent)(void *context, hs_bytes datagram, hs_moment moment);
    /* The kernel says when the datagram of that number, counted from 0 in the order of `sent`, was
     * handed to the network device. Numbers rise. After this host itself dropped a datagram no more
     * follow: whether the kernel has counted it is not known. */
    void (*left)(void *context, uint64_t number, hs_moment moment);
    /* ICMP, or this host, refused a datagram: ECONNREFUSED (port unreachable), EHOSTUNREACH,
     * ENETUNREACH, EACCES, EMSGSIZE (too long for the path) … The socket goes on. A server's socket
     * is told errors of this host only: its peers' ICMP would be about one of them. From the loop,
     * never from within hs_udp_socket_send. */
    void (*failed)(void *context, int os_errno);
} hs_udp_events;

typedef struct hs_udp_socket hs_udp_socket;

enum {
    HS_UDP_DATAGRAM_MAX = 65527,
    HS_UDP_QUEUE_MAX = 1 << 20, /* bytes that wait for the kernel */
};

/* A socket that is connected to `remote`, from a port of the kernel's choice. HS_SYSTEM: errno says
 * why. */
HS_CHECKED hs_result hs_udp_socket_new_client(uv_loop_t *loop, const hs_address *remote,
                                              const hs_timeline *timeline,
                                              const hs_udp_events *events, hs_udp_socket **out);
/* A socket that is bound to `local` and is sent to by anybody; port 0: the kernel chooses one. */
HS_CHECKED hs_result hs_udp_socket_new_server(uv_loop_t *loop, const hs_address *local,
                                              const hs_timeline *timeline,
                                              const hs_udp_events *events, hs_udp_socket **out);
/* `path` NULL: to the peer of a client's socket. HS_LIMIT: our queue or the network device's is
 * full, the datagram is dropped. HS_SYSTEM: the kernel did not take it, errno says why; it is
 * dropped too, and `failed` follows. HS_NO_MEMORY. */
HS_CHECKED hs_result hs_udp_socket_send(hs_udp_socket *socket, const hs_udp_path *path,
                                        hs_bytes datagram, uint8_t ecn);
/* A client's both ends; of a server's socket the local one, the remote is empty. */
const hs_udp_path *hs_udp_socket_path(const hs_udp_socket *socket);
/* Reads the stamps that wait in the error queue; for just before the trace is finished. */
void hs_udp_socket_collect_stamps(hs_udp_socket *socket);
int hs_udp_socket_fd(const hs_udp_socket *socket);
/* No call-back follows. The loop has to run once more for the memory to be given back. */
void hs_udp_socket_close(hs_udp_socket *socket);

/* The class of an error that `failed` tells. */
hs_failure_class hs_udp_failure_class(int os_errno);

#endif
