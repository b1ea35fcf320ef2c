/* The packets of a prober's connections: caught as they pass where that is permitted; for the
 * packet file else rebuilt from the bytes that crossed the sockets, and marked as such. */
#ifndef HS_PROBE_PACKETS_H
#define HS_PROBE_PACKETS_H

#include <handshake/probe.h>

#include "base/buffer.h"
#include "net/packet_tap.h"

typedef struct hs_run hs_run;
typedef struct hs_packets hs_packets;

/* NULL in `*out` where nobody asked for packets, or only the ladder did and may not have them.
 * HS_SYSTEM with `problem`: the file cannot be written. */
HS_CHECKED hs_result hs_packets_open(const hs_probe_options *options, hs_packets **out,
                                     hs_problem *problem);
/* HS_SYSTEM with `problem`: part of the file could not be written. Both may be NULL. */
void hs_packets_close(hs_packets *packets);
/* These accept NULL. */
/* Why packets are rebuilt; NULL where they are not. */
const char *hs_packets_rebuilt_because(const hs_packets *packets);
uint64_t hs_packets_lost(const hs_packets *packets);
/* NULL: none. */
hs_packet_tap *hs_packets_tap(const hs_packets *packets);
/* Another connection begins. */
void hs_packets_begin_run(hs_packets *packets);
/* HS_SYSTEM with `problem`: the file is broken. */
HS_CHECKED hs_result hs_packets_check(const hs_packets *packets, hs_problem *problem);

/* What one run keeps for the file. */
typedef struct hs_run_packets {
    hs_buffer streams[2]; /* by side, for packets to be rebuilt from */
    hs_buffer secrets;    /* key log lines */
    hs_address local;
    hs_address remote;
    bool is_datagrams; /* the streams are of UDP: one datagram behind the other */
} hs_run_packets;

void hs_run_packets_init(hs_run *run);
void hs_run_packets_free(hs_run *run);
/* The connection's ends are known. */
void hs_run_packets_connected(hs_run *run, int fd);
/* As that, of a UDP socket. */
void hs_run_packets_connected_udp(hs_run *run, int fd);
/* Bytes crossed. */
void hs_run_packets_crossed(hs_run *run, hs_side from, hs_bytes bytes);
void hs_run_packets_secret(hs_run *run, const char *line);
/* The packets' own account of the connection, into the trace. Before hs_trace_finish; once all that
 * the run sends has left. */
void hs_run_packets_tell(hs_run *run);
/* The packets, into the file. After hs_trace_finish. */
void hs_run_packets_write(hs_run *run);

#endif
