/* The packets of this host's own TCP connections as they pass, where that is permitted (AF_PACKET,
 * CAP_NET_RAW): IP header first, stamped by the kernel.
 *
 * Packets wait in a ring that the kernel writes (TPACKET_V2), whose stamps are those of the moment
 * in which a packet passed, whenever it is read. Packets too large for a slot come whole, too. What
 * one connection sends is caught where it leaves, what it receives where it arrives; a packet that
 * passes several interfaces counts once.
 */
#ifndef HS_NET_PACKET_TAP_H
#define HS_NET_PACKET_TAP_H

#include <stdbool.h>

#include <handshake/api.h>

#include "net/resolve.h"

typedef struct hs_packet_tap hs_packet_tap;

typedef struct hs_tapped_packet {
    int64_t at;      /* nanoseconds since the epoch */
    hs_bytes bytes;  /* from the IP header on */
    uint32_t length; /* on the wire; more than bytes.len where the rest was lost */
    bool is_sent;    /* by this host */
} hs_tapped_packet;

/* HS_SYSTEM: not permitted, or not possible; errno says why. HS_NO_MEMORY. To be opened before what
 * is timed: it waits for the kernel's readers, some milliseconds without use of the processor. */
HS_CHECKED hs_result hs_packet_tap_open(hs_packet_tap **out);
void hs_packet_tap_close(hs_packet_tap *tap);

/* Forgets all connections and packets. */
void hs_packet_tap_reset(hs_packet_tap *tap);
/* From now on also the packets of a connection to `remote` from a port that a socket, not yet
 * connected, is bound to by this; the port goes to `*port`. Where it fails, the socket is still fit
 * for use, and its packets are not caught. */
HS_CHECKED hs_result hs_packet_tap_add(hs_packet_tap *tap, int fd, const hs_address *remote,
                                       uint16_t *port);
/* To be told of bytes that crossed these connections: empties the ring into memory where it might
 * become full. Cheap where it is not near that. */
void hs_packet_tap_relieve(hs_packet_tap *tap, size_t bytes);
/* Gives all packets so far, in order of their passing. Borrowed until the next call. */
const hs_tapped_packet *hs_packet_tap_packets(hs_packet_tap *tap, size_t *count);
/* Packets since the reset that could not be kept. */
uint64_t hs_packet_tap_lost(const hs_packet_tap *tap);

#endif
