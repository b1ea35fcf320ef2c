/* Inside of quic_flow.c and quic_flow_path.c. */
#ifndef HS_DECODE_QUIC_FLOW_STATE_H
#define HS_DECODE_QUIC_FLOW_STATE_H

#include "decode/quic_flow.h"
#include "wire/quic/packet.h"

enum { HS_QUIC_FLOW_DESTINATIONS = 4 };

/* A connection ID's hash: who makes two that are equal hides a connection of his own. */
typedef uint64_t hs_quic_flow_id;

/* What of trace->quic stays in the light mode, once the handshake is over. */
typedef struct hs_quic_flow_brief {
    uint64_t error; /* of the close */
    uint32_t version;
    uint32_t original_version;
    int8_t retry;
    int8_t version_negotiation;
    int8_t stateless_reset;
    uint8_t early_data;
    bool is_closed;
    bool is_by_server;
    bool is_application;
} hs_quic_flow_brief;

struct hs_quic_flow {
    hs_trace *trace;
    hs_quic_decoder *decoder; /* NULL: nothing more is decoded */
    uint64_t fed;
    uint64_t over_fed; /* when the handshake was over; 0 before */
    size_t keys;       /* of the key log, when it was last looked at */
    hs_ip_address client_address;
    uint16_t client_port;
    uint16_t migrations;
    hs_quic_flow_paths paths;
    /* Of the client's long headers: its first choice, then a Retry's, then the server's. A late
     * copy of such a packet begins no other connection. */
    hs_quic_flow_id destinations[HS_QUIC_FLOW_DESTINATIONS];
    uint8_t destination_count;
    hs_quic_flow_id client_scid;
    hs_quic_flow_brief brief; /* beside hs_flow.brief */
    bool is_real : 1;
    bool is_closed : 1;
    bool is_counted : 1;
    bool has_client : 1; /* `client_scid` is known */
};

/* quic_flow_path.c */
/* What tells a later connection between the same ends from this one. */
void hs_quic_flow_note_ids(hs_flow *flow, hs_bytes datagram, unsigned from);
/* The client may have another address than before (RFC 9000 9). */
void hs_quic_flow_note_address(hs_flow *flow, const hs_packet *packet, unsigned from, hs_time at);

#endif
