/* The kernel's stamps of what one socket sends and receives: SO_TIMESTAMPING, Documentation/
 * networking/timestamping of the kernel. */
#ifndef HS_NET_SOCKET_STAMP_H
#define HS_NET_SOCKET_STAMP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>

/* Room for all control messages of one recvmsg, aligned for them. */
typedef union hs_stamp_control {
    struct cmsghdr align;
    char bytes[256];
} hs_stamp_control;

/* Stamps what is received. Allowed in every state; meant for before connect(), so that no byte can
 * come first. False where the kernel cannot. */
bool hs_stamp_receiving(int fd);
/* Stamps what is sent, too. Only in an established connection, see the source. `*base` becomes the
 * offset in our stream that the kernel counts as 0. */
bool hs_stamp_sending(int fd, bool sent_before, uint64_t *base);
/* Stamps both, of a UDP socket that has sent nothing yet: datagrams are counted from 0. */
bool hs_stamp_datagrams(int fd);
/* The stamp of received bytes, from the control messages of their recvmsg. */
bool hs_stamp_received(struct msghdr *message, struct timespec *stamp);

typedef enum hs_stamp_result {
    HS_STAMP_READ,
    HS_STAMP_ERROR, /* not a stamp: an ICMP message, or an error of this host's own */
    HS_STAMP_OTHER, /* something else was in the queue; it is gone */
    HS_STAMP_NONE,  /* the queue is empty */
} hs_stamp_result;

/* What the error queue has next. */
typedef struct hs_stamp_sent {
    /* Of TCP the offset from `base`, modulo 2^32, of the last byte that one sendmsg brought; of UDP
     * the datagram's number. */
    uint32_t key;
    struct timespec stamp;
    int os_errno; /* of HS_STAMP_ERROR: ECONNREFUSED, EHOSTUNREACH, EMSGSIZE … */
} hs_stamp_sent;

hs_stamp_result hs_stamp_next_sent(int fd, hs_stamp_sent *sent);

#endif
