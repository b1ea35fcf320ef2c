/* Packets for the file where none may be caught: each run of bytes that crossed the socket becomes
 * a packet with the time of its stamp. What was not seen is not made up: there is no SYN, no
 * acknowledgment on its own and no FIN. A datagram of UDP is whole as it crosses the socket, so
 * QUIC's packets are always written by this. */
#ifndef HS_PROBE_PACKETS_REBUILT_H
#define HS_PROBE_PACKETS_REBUILT_H

#include "net/packet_file.h"
#include "net/resolve.h"
#include "wire/packet.h"

typedef struct hs_run hs_run;

extern const char hs_rebuilt_comment[];

HS_CHECKED hs_result hs_rebuilt_write(hs_run *run, hs_packet_file *file);
/* packets.c */
hs_ip_address hs_packet_end(const hs_address *address, uint16_t *port);

#endif
