/* Packets to traces: every TCP connection in a capture, followed from its SYN to its end, and every
 * QUIC connection, from the client's first Initial packet on.
 *
 * Flows live in one hash table. A connection whose handshake goes on has a decoder and a trace;
 * once it is over, a packet costs a look-up and a test. All memory is under one limit: the flow
 * that was idle longest is ended to make room, and counted.
 */
#ifndef HS_DECODE_FLOWS_H
#define HS_DECODE_FLOWS_H

#include <handshake/trace.h>

#include "base/chunks.h"
#include "decode/flow_table.h"
#include "decode/tls_hello.h"
#include "secrets/keylog.h"
#include "wire/packet.h"

typedef struct hs_flows hs_flows;

typedef struct hs_flows_config {
    size_t memory_limit;    /* 0: 256 MiB, for flows, fragments and handshake bytes together */
    size_t handshake_limit; /* 0: 256 KiB of handshake bytes a connection */
    hs_time linger;         /* 0: 60 s after its end a connection is given out, with stragglers */
    uint64_t seed[2];       /* of the hash table; zeros: a random one */
    /* Only what one line about a connection needs: no events, no states, no certificates and
     * fingerprints, no accounting, and bytes that are sent again are not compared with the first
     * ones. A connection whose handshake is over keeps at most 512 bytes, of QUIC 640. */
    bool light;
    bool keep_events; /* the ladder */
    bool keep_bytes;
    const hs_keylog *keylog; /* NULL: no keys will come; may grow while packets are read */
    bool keylog_complete;    /* it will not: whose keys are not there is followed as without any */
    const char *file;        /* for hs_capture_facts.file */
    hs_chunks *chunks;       /* where flows live; NULL: the flows' own */
    /* One finished connection; the trace is the receiver's. Called when it ended, was idle for too
     * long, was evicted, or at hs_flows_finish. */
    void (*connection)(void *context, hs_trace *trace);
    void *context;
} hs_flows_config;

typedef struct hs_flows_counters {
    uint64_t packets;
    uint64_t tcp_packets;
    uint64_t udp_packets;
    uint64_t other_packets;
    uint64_t truncated_packets;
    uint64_t malformed_packets;
    uint64_t unknown_link_packets;
    uint64_t fragments;
    uint64_t fragments_dropped;
    uint64_t connections;
    uint64_t evicted;   /* ended before their time, for memory */
    size_t memory;      /* now */
    size_t memory_idle; /* of it, what is held and nothing has */
    size_t memory_peak;
} hs_flows_counters;

/* A frame, read as far as no flow is needed for it: that may be done in another thread. */
typedef struct hs_flows_input {
    hs_packet_kind kind;
    unsigned from;             /* index in the key */
    const hs_tls_hello *hello; /* what the payload begins with; NULL: not known */
    hs_flow_head head;         /* of HS_PACKET_TCP: whose it is */
    hs_packet packet;
} hs_flows_input;

/* NULL when out of memory. */
hs_flows *hs_flows_new(const hs_flows_config *config);
void hs_flows_free(hs_flows *flows);
/* The next packets are of another file. */
void hs_flows_set_file(hs_flows *flows, const char *file);
/* For connections that begin from now on; `is_complete` for all. */
void hs_flows_set_keylog(hs_flows *flows, const hs_keylog *keylog, bool is_complete);
/* One frame. `at` in nanoseconds since the epoch; `number` counts from 1. HS_NO_MEMORY: this packet
 * was not followed. */
HS_CHECKED hs_result hs_flows_packet(hs_flows *flows, int link_type, hs_bytes frame, int64_t at,
                                     uint64_t number);
/* The same in two steps. `seed` is that of the config, and no random one; `out` borrows from
 * `frame`. */
void hs_flows_read(const uint64_t seed[2], int link_type, hs_bytes frame, hs_flows_input *out);
/* In between, and in the same thread: looks whether the packet begins with a hello, for which
 * `room` is; `input` borrows it where there is one. */
void hs_flows_read_hello(hs_flows_input *input, hs_tls_hello *room);
HS_CHECKED hs_result hs_flows_take(hs_flows *flows, hs_flows_input *input, int64_t at,
                                   uint64_t number);
/* Asks for the memory that `soon` and, before it, `next` will need; either may be NULL. */
void hs_flows_expect(const hs_flows *flows, const hs_flows_input *soon, const hs_flows_input *next);
/* Time has come so far without a packet: gives out what has ended or was idle for too long. */
void hs_flows_advance(hs_flows *flows, int64_t at);
/* The capture is over: every connection that is left is given out, in order of its first packet. */
void hs_flows_finish(hs_flows *flows);
hs_flows_counters hs_flows_count(const hs_flows *flows);

#endif
