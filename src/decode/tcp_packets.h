/* The TCP packets of a connection whose streams are decoded elsewhere: what their headers say, put
 * into its trace. */
#ifndef HS_DECODE_TCP_PACKETS_H
#define HS_DECODE_TCP_PACKETS_H

#include <handshake/trace.h>

#include "wire/packet.h"

typedef struct hs_tcp_packets_config {
    hs_trace *trace;
    int64_t start; /* of the trace, nanoseconds since the epoch */
    uint8_t family;
    hs_ip_address server;
    uint16_t server_port;
    uint16_t client_port;
    /* The trace's stamps of what the client sent are worse than the packets': for TCP Fast Open,
     * whose SYN leaves later than its data were handed over. */
    bool stamp_sent;
} hs_tcp_packets_config;

typedef struct hs_tcp_packets hs_tcp_packets;

/* NULL when out of memory. */
hs_tcp_packets *hs_tcp_packets_new(const hs_tcp_packets_config *config);
void hs_tcp_packets_free(hs_tcp_packets *packets);
/* One packet, in order of time, `at` in nanoseconds since the epoch. Those of other connections are
 * passed over. HS_NO_MEMORY: part of it is lost. */
HS_CHECKED hs_result hs_tcp_packets_take(hs_tcp_packets *packets, int link_type, hs_bytes frame,
                                         int64_t at);
/* Both ends' options and states, the packets as events, and, with their stamps, when the first SYN
 * left and its SYN-ACK came. Before hs_trace_finish. Does nothing where no SYN was among them. */
void hs_tcp_packets_tell(hs_tcp_packets *packets);

#endif
