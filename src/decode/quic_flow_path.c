/* Where a connection of QUIC begins, and whose a datagram is: the same one's, on its path or on
 * another, or that of a later one between the same ends. */
#include <string.h>

#include "decode/quic_flow_state.h"
#include "trace/build.h"

static hs_quic_flow_id id_of(hs_bytes bytes)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (size_t i = 0; i < bytes.len; i++) {
        hash = (hash ^ bytes.data[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* The header of the first packet. */
static bool read_header(hs_bytes datagram, hs_quic_packet *packet)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, datagram, &fault, NULL);
    return hs_quic_read_header(&r, 0, packet) == HS_OK;
}

bool hs_quic_may_begin(hs_bytes datagram)
{
    enum { LONG_AND_FIXED = HS_QUIC_BIT_LONG | HS_QUIC_BIT_FIXED, VERSION = 1, LEAST = 64 };
    unsigned draft = 0;
    if (datagram.len < LEAST || !(datagram.data[0] & HS_QUIC_BIT_LONG)) {
        return false;
    }
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, datagram, &fault, NULL);
    uint8_t first = hs_read_u8(&r, "first byte");
    uint32_t version = hs_read_u32(&r, "version");
    if (hs_quic_version_is_known(version)) {
        /* The fixed bit may be greased (RFC 9287). */
        return hs_quic_long_type(version, first >> 4 & 0x03) == HS_QUIC_INITIAL;
    }
    return (first & LONG_AND_FIXED) == LONG_AND_FIXED &&
           datagram.len >= HS_QUIC_INITIAL_DATAGRAM_MIN &&
           (hs_quic_version_is_reserved(version) || hs_quic_version_is_draft(version, &draft));
}

static bool is_destination(const hs_quic_flow *quic, hs_bytes id)
{
    for (size_t i = 0; i < quic->destination_count; i++) {
        if (quic->destinations[i] == id_of(id)) {
            return true;
        }
    }
    return false;
}

/* The newest takes the last one's place. */
static void add_destination(hs_quic_flow *quic, hs_bytes id)
{
    if (!is_destination(quic, id)) {
        if (quic->destination_count < HS_QUIC_FLOW_DESTINATIONS) {
            quic->destination_count++;
        }
        quic->destinations[quic->destination_count - 1] = id_of(id);
    }
}

bool hs_quic_flow_is_new_connection(const hs_flow *flow, hs_bytes datagram, unsigned from)
{
    const hs_quic_flow *quic = flow->quic;
    hs_quic_packet packet;
    if (from != flow->client || !read_header(datagram, &packet) ||
        is_destination(quic, packet.dcid)) {
        return false;
    }
    /* Within a handshake, a Retry or a Version Negotiation gives the client another one. */
    return flow->is_over || (packet.scid.len > 0 && quic->client_scid != id_of(packet.scid) &&
                             quic->trace->quic.version_negotiation != HS_YES);
}

/* What tells a later connection between the same ends from this one. */
void hs_quic_flow_note_ids(hs_flow *flow, hs_bytes datagram, unsigned from)
{
    hs_quic_flow *quic = flow->quic;
    hs_quic_packet packet;
    if (datagram.len == 0 || !(datagram.data[0] & HS_QUIC_BIT_LONG) ||
        !read_header(datagram, &packet) || packet.type == HS_QUIC_VERSION_NEGOTIATION) {
        return;
    }
    add_destination(quic, from == flow->client ? packet.dcid : packet.scid);
    if (from == flow->client && !quic->has_client) {
        quic->has_client = true;
        quic->client_scid = id_of(packet.scid);
    }
}

/* The path's other end may be another (RFC 9000 9). */
void hs_quic_flow_note_address(hs_flow *flow, const hs_packet *packet, unsigned from, hs_time at)
{
    hs_quic_flow *quic = flow->quic;
    if (from != flow->client ||
        (quic->client_port == packet->source_port &&
         memcmp(&quic->client_address, &packet->source, sizeof packet->source) == 0)) {
        return;
    }
    quic->client_address = packet->source;
    quic->client_port = packet->source_port;
    quic->migrations++;
    if (quic->trace) {
        quic->trace->quic.migrations = quic->migrations;
        hs_message message = {.from = HS_CLIENT, .layer = HS_LAYER_UDP, .name = "New Address"};
        hs_event *event = hs_trace_add_event_at(quic->trace, &message, hs_flow_moment(at),
                                                quic->trace->segment_count);
        hs_event_add_text(quic->trace, event, "address",
                          hs_flow_ip_text(quic->trace, flow->head.key.family, &packet->source));
        hs_event_add_number(quic->trace, event, "port", packet->source_port);
    }
}
