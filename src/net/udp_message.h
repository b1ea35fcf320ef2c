/* One datagram in, one out, with what the IP header says beside it: ECN, the local address. */
#ifndef HS_NET_UDP_MESSAGE_H
#define HS_NET_UDP_MESSAGE_H

#include <stdbool.h>
#include <time.h>

#include "net/udp_socket.h"

/* A non-blocking socket with the options that udp_socket.h promises, but for stamps; -1: errno. */
int hs_udp_message_socket(int family);
/* Received datagrams tell which address of ours they were sent to. */
bool hs_udp_message_ask_destination(int fd, int family);
/* ICMP about what was sent comes into the error queue, where the kernel has that. */
void hs_udp_message_ask_icmp(int fd, int family);

typedef struct hs_udp_received {
    hs_udp_path path; /* comes with what is known of the socket */
    uint8_t ecn;
    bool has_stamp;
    struct timespec stamp;
} hs_udp_received;

/* `buffer` has HS_UDP_DATAGRAM_MAX bytes. -1: errno. */
ssize_t hs_udp_message_receive(int fd, uint8_t *buffer, hs_udp_received *out);
/* `path` NULL: to the connected peer. Gives 0 or errno. */
int hs_udp_message_send(int fd, int family, const hs_udp_path *path, hs_bytes datagram,
                        uint8_t ecn);

#endif
