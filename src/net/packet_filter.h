/* The kernel's packet filter for a few TCP connections of this host: classic BPF. */
#ifndef HS_NET_PACKET_FILTER_H
#define HS_NET_PACKET_FILTER_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

#include <handshake/api.h>

#include "net/resolve.h"

enum {
    HS_PACKET_FILTER_ENDS_MAX = 32,
    HS_PACKET_FILTER_END_CODE = 48, /* instructions for one connection, at most */
    HS_PACKET_FILTER_CODE_MAX = HS_PACKET_FILTER_ENDS_MAX * HS_PACKET_FILTER_END_CODE + 1,
};

/* A connection from a port of ours to the remote address and its port. */
typedef struct hs_packet_filter_end {
    hs_address remote;
    uint16_t local_port;
} hs_packet_filter_end;

/* Writes the program for packets that begin with their IP header. It lets through what these
 * connections send where it leaves this host, and what they receive where it arrives: on a loopback
 * interface, too, every packet counts once. Without connections nothing passes. IPv4 fragments but
 * the first, and TCP behind IPv6 extension headers, do not pass. Gives the number of instructions.
 */
size_t hs_packet_filter_compile(const hs_packet_filter_end *ends, size_t count,
                                struct sock_filter code[HS_PACKET_FILTER_CODE_MAX]);

#endif
