/* Which bytes of the streams are the fixed points of a handshake. */
#ifndef HS_DECODE_MILESTONES_H
#define HS_DECODE_MILESTONES_H

#include "trace/build.h"

/* The stream's first byte crossed. */
void hs_milestone_first_byte(hs_trace *trace, hs_side from);
/* `end` is one past the last byte of the ClientHello's last record. */
void hs_milestone_client_hello(hs_trace *trace, uint64_t end);
/* From here on the client may send application data: TLS 1.3: its Finished left; before: the
 * server's Finished came, or in a resumed handshake the client's left. */
void hs_milestone_tls_done(hs_trace *trace, hs_side from, uint64_t end);
/* `end` is one past the datagram with the client's first packet. */
void hs_milestone_quic_start(hs_trace *trace, uint64_t end);
/* `end` is one past the datagram with which the client showed that it may send 1-RTT data: with its
 * Finished, where that could be read. */
void hs_milestone_quic_done(hs_trace *trace, uint64_t end);

#endif
