#include "decode/tcp_packets.h"

#include <stdlib.h>
#include <string.h>

#include "decode/flow.h"
#include "trace/build.h"

static const hs_flow_settings settings = {.headers_only = true, .allocator = &hs_malloc_allocator};

struct hs_tcp_packets {
    hs_tcp_packets_config config;
    hs_flow *flow;    /* NULL before the first packet */
    uint64_t stamped; /* bytes that the client sent and that have their stamp */
};

hs_tcp_packets *hs_tcp_packets_new(const hs_tcp_packets_config *config)
{
    hs_tcp_packets *packets = calloc(1, sizeof *packets);
    if (packets) {
        packets->config = *config;
    }
    return packets;
}

void hs_tcp_packets_free(hs_tcp_packets *packets)
{
    if (packets) {
        hs_flow_free(packets->flow, &settings);
        free(packets);
    }
}

static bool is_address(const hs_ip_address *a, const hs_ip_address *b)
{
    return hs_bytes_equal(hs_bytes_of(a->bytes, sizeof a->bytes),
                          hs_bytes_of(b->bytes, sizeof b->bytes));
}

static bool is_from_client(const hs_tcp_packets_config *config, const hs_packet *packet)
{
    return packet->source_port == config->client_port &&
           packet->destination_port == config->server_port &&
           is_address(&packet->destination, &config->server);
}

static bool is_from_server(const hs_tcp_packets_config *config, const hs_packet *packet)
{
    return packet->source_port == config->server_port &&
           packet->destination_port == config->client_port &&
           is_address(&packet->source, &config->server);
}

static hs_moment moment_of(hs_time at)
{
    return (hs_moment){at, at == HS_TIME_NONE ? HS_CLOCK_NONE : HS_CLOCK_KERNEL};
}

/* The first time that a byte left is the one that counts. */
static void stamp_sent(hs_tcp_packets *packets, const hs_packet *packet, hs_time at)
{
    const hs_flow_end *client = &packets->flow->ends[packets->flow->client];
    if (!client->has_isn || packet->payload_length == 0) {
        return;
    }
    bool is_syn = packet->tcp.flags & HS_TCP_SYN;
    int32_t first = hs_sequence_diff(packet->tcp.sequence + is_syn, client->isn + 1);
    if (first < 0) {
        return;
    }
    hs_trace *trace = packets->config.trace;
    uint64_t end = (uint64_t)first + packet->payload_length;
    for (size_t i = 0; i < trace->segment_count; i++) {
        const hs_segment *segment = &trace->segments[i];
        uint64_t last = segment->offset + segment->len - 1;
        if (segment->from == HS_CLIENT && last >= packets->stamped && last < end) {
            hs_trace_stamp(trace, HS_CLIENT, last, moment_of(at));
        }
    }
    packets->stamped = end > packets->stamped ? end : packets->stamped;
}

hs_result hs_tcp_packets_take(hs_tcp_packets *packets, int link_type, hs_bytes frame, int64_t at)
{
    const hs_tcp_packets_config *config = &packets->config;
    hs_packet packet;
    hs_flow_head head = {0};
    unsigned from;
    if (hs_packet_read(link_type, frame, &packet) != HS_PACKET_TCP ||
        packet.family != config->family) {
        return HS_OK;
    }
    bool is_ours = is_from_client(config, &packet);
    if (!is_ours && !is_from_server(config, &packet)) {
        return HS_OK;
    }
    hs_flow_key_set(&head.key, &packet, &from);
    if (!packets->flow) {
        packets->flow = hs_flow_new(&head, &settings, config->start, 1, NULL);
        if (!packets->flow) {
            return HS_NO_MEMORY;
        }
        packets->flow->client = (uint8_t)(is_ours ? from : hs_flow_other(from));
    }
    hs_flow_packet p = {.packet = &packet, .from = from};
    hs_result result = hs_flow_take(packets->flow, &settings, &p, at);
    if (is_ours && config->stamp_sent) {
        stamp_sent(packets, &packet, at - config->start);
    }
    return result;
}

/* A FIN or RST stands behind the bytes that came with it. */
static void place_ends(hs_flow_record *record)
{
    for (size_t i = 0; i < record->note_count; i++) {
        hs_flow_note *note = &record->notes[i];
        if (note->flags & (HS_TCP_FIN | HS_TCP_RST)) {
            note->behind = UINT32_MAX;
        }
    }
}

static void tell_opening(const hs_flow *flow, hs_trace *trace)
{
    bool is_taken = trace->tcp.syn_data_acknowledged == HS_YES; /* nothing was waited for */
    hs_time established = is_taken ? flow->syn_at : flow->syn_ack_at;
    hs_trace_remark(trace, HS_MILESTONE_SYN, moment_of(flow->syn_at));
    if (established != HS_TIME_NONE && hs_trace_is_marked(trace, HS_MILESTONE_ESTABLISHED)) {
        hs_trace_remark(trace, HS_MILESTONE_ESTABLISHED, moment_of(established));
    }
}

/* Where no message of a stream was seen before the failure. */
static void tell_last_event(const hs_flow_record *record, hs_failure *failure)
{
    if (failure->cls == HS_FAILURE_NONE || failure->last_event) {
        return;
    }
    for (size_t i = 0; i < record->note_count && record->notes[i].at <= failure->elapsed; i++) {
        failure->last_event = record->notes[i].name;
    }
}

/* Which FIN came first, the packets know; of a RST, whoever drove the connection knows more. */
static const char *better_end(const char *told, const char *seen)
{
    return told && (!seen || strcmp(seen, "server_rst") == 0) ? told : seen;
}

void hs_tcp_packets_tell(hs_tcp_packets *packets)
{
    hs_flow *flow = packets->flow;
    hs_trace *trace = packets->config.trace;
    if (!flow || flow->syn_at == HS_TIME_NONE) {
        return;
    }
    const char *ended = trace->tcp.ended;
    place_ends(flow->record);
    hs_flow_tell_events(flow, trace, HS_CLOCK_KERNEL);
    hs_flow_tell_tcp(flow, trace);
    trace->tcp.ended = better_end(ended, trace->tcp.ended);
    tell_opening(flow, trace);
    tell_last_event(flow->record, &trace->failure);
}
