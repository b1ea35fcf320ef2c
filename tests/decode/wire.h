/* Packets made for a test: one TCP connection after the other on a wire with a clock, read by
 * flows. Sequence numbers are relative: 0 is the SYN's. */
#ifndef TESTS_DECODE_WIRE_H
#define TESTS_DECODE_WIRE_H

#include "base/reader.h"
#include "decode/flows.h"

enum {
    WIRE_TRACES_MAX = 4096,
    WIRE_LINK = 101, /* LINKTYPE_RAW */
    WIRE_CLIENT_ISN = 1000,
    WIRE_SERVER_ISN = 5000,
};

typedef struct wire {
    hs_flows *flows;
    hs_trace *traces[WIRE_TRACES_MAX]; /* in the order in which they were given out */
    size_t count;
    int64_t now; /* nanoseconds */
    uint64_t number;
    /* Of the packets that follow. */
    uint8_t family;
    uint32_t client_address;
    uint16_t client_port;
    uint32_t server_address;
    uint16_t server_port;
    uint32_t client_isn;
    uint32_t server_isn;
} wire;

typedef struct wire_packet {
    bool from_server;
    uint16_t flags;
    uint32_t seq;
    uint32_t ack; /* used with HS_TCP_ACK */
    hs_bytes data;
    hs_bytes options;
    size_t cut; /* bytes of data that were not captured */
} wire_packet;

/* Ends the test where there is no memory. */
wire *wire_new(const hs_flows_config *config);
void wire_free(wire *w);
/* `after` nanoseconds later the packet crosses. */
void wire_send(wire *w, hs_time after, const wire_packet *packet);
/* Its bytes as a raw IP packet; `out` has room for 65575 bytes. Its length. */
size_t wire_frame(const wire *w, const wire_packet *packet, uint8_t *out);

void wire_syn(wire *w, hs_time after);
void wire_syn_ack(wire *w, hs_time after);
void wire_ack(wire *w, hs_time after);
/* All three, the round trip being 10 ms, 9 of them behind the place of the capture. */
void wire_open(wire *w);
/* A new one with the default settings, opened. */
wire *wire_new_open(void);
/* Flags beside ACK; sequence and acknowledgment relative. */
void wire_client(wire *w, hs_time after, uint16_t flags, uint32_t seq, uint32_t ack,
                 const char *data);
void wire_server(wire *w, hs_time after, uint16_t flags, uint32_t seq, uint32_t ack,
                 const char *data);
/* The same with any bytes. */
void wire_client_bytes(wire *w, hs_time after, uint16_t flags, uint32_t seq, uint32_t ack,
                       hs_bytes data);
void wire_server_bytes(wire *w, hs_time after, uint16_t flags, uint32_t seq, uint32_t ack,
                       hs_bytes data);
/* The capture ends; the only trace, or the `index`th. */
hs_trace *wire_finish(wire *w);
/* "client CLOSED SYN-SENT, server …": the steps of one side, joined by " > ". */
const char *wire_states(const hs_trace *trace, hs_side side, char out[512]);
const hs_event *wire_event(const hs_trace *trace, const char *name, size_t index);

#endif
