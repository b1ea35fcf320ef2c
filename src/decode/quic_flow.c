#include "decode/quic_flow.h"

#include <stdlib.h>
#include <string.h>

#include "trace/build.h"
#include "wire/quic/packet.h"

enum {
    TRACE_CHUNK = 16 * 1024,
    DATA_ENOUGH = 64 * 1024, /* bytes behind the handshake that are looked at with keys */
};

/* A client's silence after which it would have sent again (RFC 9002 6.2.2). */
static const hs_time answer_within = HS_SECOND;

typedef struct connection_id {
    uint8_t len;
    uint8_t data[HS_QUIC_CONNECTION_ID_MAX];
} connection_id;

struct hs_quic_flow {
    hs_trace *trace;
    hs_quic_decoder *decoder; /* NULL: nothing more is decoded */
    uint64_t fed;
    uint64_t over_fed; /* when the handshake was over; 0 before */
    size_t keys;       /* of the key log, when it was last looked at */
    hs_time client_at; /* of the client's newest datagram */
    hs_ip_address client_address;
    uint16_t client_port;
    uint16_t migrations;
    hs_quic_flow_paths paths;
    connection_id first_dcid;
    connection_id client_scid;
    connection_id server_scid;
    bool is_real : 1;
    bool is_closed : 1;
    bool is_counted : 1;
};

static void keep_id(connection_id *id, hs_bytes bytes)
{
    id->len = (uint8_t)(bytes.len < sizeof id->data ? bytes.len : sizeof id->data);
    if (id->len > 0) {
        memcpy(id->data, bytes.data, id->len);
    }
}

static bool is_id(const connection_id *id, hs_bytes bytes)
{
    return hs_bytes_equal(hs_bytes_of(id->data, id->len), bytes);
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

hs_result hs_quic_flow_begin(hs_flow *flow, const hs_flow_settings *settings, unsigned from)
{
    hs_quic_flow *quic = calloc(1, sizeof *quic);
    if (!quic) {
        return HS_NO_MEMORY;
    }
    flow->quic = quic;
    flow->client = (uint8_t)from;
    quic->client_at = HS_TIME_NONE;
    quic->client_address = flow->head.key.address[from];
    quic->client_port = flow->head.key.port[from];
    quic->trace = hs_flow_trace_new(settings);
    quic->decoder = quic->trace
                        ? hs_quic_decoder_new(quic->trace, settings->keylog, settings->quic_crypto)
                        : NULL;
    quic->keys = settings->keylog ? hs_keylog_count(settings->keylog) : 0;
    return quic->decoder ? HS_OK : HS_NO_MEMORY;
}

void hs_quic_flow_free(hs_quic_flow *quic)
{
    if (quic) {
        hs_quic_decoder_free(quic->decoder);
        hs_trace_free(quic->trace);
        free(quic);
    }
}

size_t hs_quic_flow_memory(const hs_quic_flow *quic)
{
    if (!quic) {
        return 0;
    }
    size_t memory = sizeof *quic;
    if (quic->trace) {
        memory += TRACE_CHUNK + hs_arena_used(hs_trace_arena(quic->trace));
    }
    return memory + (quic->decoder ? hs_quic_decoder_memory(quic->decoder) : 0);
}

bool hs_quic_flow_is_real(const hs_quic_flow *quic)
{
    return quic->is_real;
}

bool hs_quic_flow_is_possible(const hs_quic_flow *quic)
{
    return quic->is_real || quic->trace->quic.present;
}

bool hs_quic_flow_is_closed(const hs_quic_flow *quic)
{
    return quic->is_closed;
}

hs_quic_flow_paths *hs_quic_flow_paths_of(hs_quic_flow *quic)
{
    return &quic->paths;
}

const hs_quic_decoder *hs_quic_flow_decoder(const hs_quic_flow *quic)
{
    return quic->decoder;
}

bool hs_quic_flow_is_counted(const hs_quic_flow *quic)
{
    return quic->is_counted;
}

void hs_quic_flow_set_counted(hs_quic_flow *quic)
{
    quic->is_counted = true;
}

bool hs_quic_flow_is_new_connection(const hs_flow *flow, hs_bytes datagram, unsigned from)
{
    const hs_quic_flow *quic = flow->quic;
    hs_quic_packet packet;
    if (from != flow->client || !read_header(datagram, &packet) ||
        is_id(&quic->first_dcid, packet.dcid) || is_id(&quic->server_scid, packet.dcid)) {
        return false;
    }
    /* Within a handshake, a Retry or a Version Negotiation gives the client another one. */
    return flow->is_over || (quic->client_scid.len > 0 && !is_id(&quic->client_scid, packet.scid) &&
                             quic->trace->quic.version_negotiation != HS_YES);
}

/* What tells a later connection between the same ends from this one. */
static void note_ids(hs_quic_flow *quic, const hs_flow *flow, hs_bytes datagram, unsigned from)
{
    hs_quic_packet packet;
    if (datagram.len == 0 || !(datagram.data[0] & HS_QUIC_BIT_LONG) ||
        !read_header(datagram, &packet) || packet.type == HS_QUIC_VERSION_NEGOTIATION) {
        return;
    }
    if (from != flow->client) {
        keep_id(&quic->server_scid, packet.scid);
    } else if (quic->client_at == HS_TIME_NONE) {
        keep_id(&quic->first_dcid, packet.dcid);
        keep_id(&quic->client_scid, packet.scid);
    }
}

/* The path's other end may be another (RFC 9000 9). */
static void note_address(hs_flow *flow, const hs_packet *packet, unsigned from, hs_time at)
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

static bool has_keys(const hs_flow_settings *settings)
{
    return settings->keylog && hs_keylog_count(settings->keylog) > 0;
}

/* What follows would tell nothing more about the handshake. */
static bool is_over(hs_quic_flow *quic, const hs_flow_settings *settings)
{
    if (quic->fed >= settings->handshake_limit || quic->is_closed) {
        return true;
    }
    if (!hs_quic_decoder_is_over(quic->decoder)) {
        return false;
    }
    if (quic->over_fed == 0) {
        quic->over_fed = quic->fed;
    }
    return !has_keys(settings) || quic->fed - quic->over_fed >= DATA_ENOUGH;
}

/* Nothing more is decoded. With `until` the capture is known up to there. */
static hs_result end_decoding(hs_flow *flow, hs_time last, hs_time until)
{
    hs_quic_flow *quic = flow->quic;
    flow->is_over = true;
    if (!quic->decoder) {
        return HS_OK;
    }
    hs_result result = hs_quic_decoder_finish(quic->decoder);
    /* Nobody waits longer without sending again, so more would have been seen. */
    bool is_silent = until - last >= answer_within && flow->truncated == 0;
    hs_trace_mark(quic->trace, HS_MILESTONE_END, hs_flow_moment(last));
    (void)hs_quic_decoder_fail(quic->decoder, last, is_silent);
    quic->trace->incomplete = quic->trace->incomplete || result != HS_OK;
    hs_quic_decoder_free(quic->decoder);
    quic->decoder = NULL;
    return result;
}

/* The light mode keeps only what its line needs. */
static void compact(hs_flow *flow)
{
    hs_quic_flow *quic = flow->quic;
    quic->trace->at = flow->first_at;
    if (hs_trace_finish(quic->trace) != HS_OK) {
        quic->trace->incomplete = true;
    }
    flow->brief = hs_flow_brief_new(quic->trace);
    if (flow->brief) {
        hs_trace_free(quic->trace);
        quic->trace = NULL;
    }
}

static hs_result decode(hs_flow *flow, const hs_flow_settings *settings, const hs_packet *packet,
                        unsigned from, hs_time at)
{
    hs_quic_flow *quic = flow->quic;
    hs_result result = HS_OK;
    quic->fed += packet->payload.len;
    if (settings->keylog && hs_keylog_count(settings->keylog) != quic->keys) {
        quic->keys = hs_keylog_count(settings->keylog);
        result = hs_quic_decoder_keys_changed(quic->decoder);
    }
    hs_result fed = hs_quic_decoder_feed_marked(quic->decoder, hs_flow_side(flow, from),
                                                packet->payload, hs_flow_moment(at), packet->ecn);
    const hs_quic_facts *facts = &quic->trace->quic;
    quic->is_real = quic->is_real || hs_quic_decoder_has_begun(quic->decoder) ||
                    facts->version_negotiation == HS_YES;
    quic->is_closed = facts->close.present || facts->stateless_reset == HS_YES;
    if (is_over(quic, settings)) {
        hs_result ended = end_decoding(flow, at, at);
        result = result == HS_OK ? ended : result;
        if (settings->light) {
            compact(flow);
        }
    }
    return result == HS_OK ? fed : result;
}

hs_result hs_quic_flow_take(hs_flow *flow, const hs_flow_settings *settings,
                            const hs_packet *packet, unsigned from, int64_t at)
{
    hs_quic_flow *quic = flow->quic;
    hs_time time = hs_flow_time(flow, at);
    flow->packets++;
    flow->last_at = at > flow->last_at ? at : flow->last_at;
    flow->truncated += packet->payload_length > packet->payload.len;
    note_address(flow, packet, from, time);
    if (!quic->decoder) {
        return HS_OK;
    }
    note_ids(quic, flow, packet->payload, from);
    if (from == flow->client) {
        quic->client_at = time;
    }
    return decode(flow, settings, packet, from, time);
}

hs_trace *hs_quic_flow_tell(hs_flow *flow, const hs_flow_settings *settings, int64_t until)
{
    hs_quic_flow *quic = flow->quic;
    hs_time last = hs_flow_time(flow, flow->last_at);
    if (!quic->is_real) {
        return NULL;
    }
    (void)end_decoding(flow, last, until - flow->first_at);
    hs_trace *trace = quic->trace ? quic->trace : hs_flow_trace_new(settings);
    quic->trace = NULL;
    if (!trace) {
        return NULL;
    }
    trace->at = flow->first_at;
    trace->quic.migrations = quic->migrations;
    hs_flow_tell_capture(flow, trace);
    if (flow->brief) {
        hs_flow_brief_restore(flow->brief, trace);
    }
    hs_trace_remark(trace, HS_MILESTONE_END, hs_flow_moment(last));
    hs_flow_tell_target(flow, trace);
    if (!flow->brief && hs_trace_finish(trace) != HS_OK) {
        trace->incomplete = true;
    }
    return trace;
}
