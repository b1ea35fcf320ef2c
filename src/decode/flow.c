#include "decode/flow.h"
#include "base/prefetch.h"
#include "decode/quic_flow.h"

#include <stdlib.h>
#include <string.h>

/* A segment behind the highest one is taken for reordered, not repeated, if it comes so soon after
 * it; with a known round trip, within that. */
static const hs_time reordered_within = 3 * HS_MILLISECOND;

hs_flow *hs_flow_new(const hs_flow_head *head, const hs_flow_settings *settings, int64_t at,
                     uint64_t number, const char *file)
{
    hs_flow *flow = hs_flow_store_flow(settings->store);
    if (!flow) {
        return NULL;
    }
    *flow = (hs_flow){.head = *head};
    flow->client = HS_FLOW_NO_END;
    flow->first_fin = HS_FLOW_NO_END;
    flow->rst_from = HS_FLOW_NO_END;
    flow->first_at = flow->last_at = at;
    flow->first_packet = number;
    flow->file = file;
    flow->syn_at = flow->last_syn_at = flow->syn_ack_at = HS_TIME_NONE;
    flow->acknowledged_at = flow->stopped_at = HS_TIME_NONE;
    for (int i = 0; i < 2; i++) {
        flow->ends[i].state = HS_TCP_STATE_COUNT;
    }
    if (!settings->light && head->key.protocol == 0) {
        flow->record = calloc(1, sizeof *flow->record);
        if (!flow->record) {
            hs_flow_store_release_flow(settings->store, flow);
            return NULL;
        }
    }
    return flow;
}

void hs_flow_expect(const hs_flow *flow)
{
    hs_prefetch_to_write(flow, sizeof *flow);
}

void hs_flow_free(hs_flow *flow, const hs_flow_settings *settings)
{
    if (!flow) {
        return;
    }
    hs_flow_work_free(flow->work);
    hs_quic_flow_free(flow->quic);
    hs_flow_brief_free(flow->brief, settings->store);
    if (flow->record) {
        free(flow->record->notes);
        free(flow->record);
    }
    hs_flow_store_release_flow(settings->store, flow);
}

size_t hs_flow_memory(const hs_flow *flow)
{
    size_t memory = sizeof *flow;
    if (flow->record) {
        memory += sizeof *flow->record + flow->record->note_capacity * sizeof *flow->record->notes;
    }
    return memory + hs_flow_work_memory(flow->work) + hs_flow_brief_memory(flow->brief) +
           hs_quic_flow_memory(flow->quic);
}

static hs_flow_note *add_note(hs_flow *flow)
{
    hs_flow_record *record = flow->record;
    if (!record) {
        return NULL;
    }
    if (record->note_count == record->note_capacity && record->note_count < HS_FLOW_NOTES_MAX) {
        size_t capacity = record->note_capacity ? record->note_capacity * 2 : 4;
        hs_flow_note *notes = realloc(record->notes, capacity * sizeof *notes);
        if (notes) {
            record->notes = notes;
            record->note_capacity = capacity;
        }
    }
    if (record->note_count == record->note_capacity) {
        record->notes_dropped++;
        return NULL;
    }
    hs_flow_note *note = &record->notes[record->note_count++];
    memset(note, 0, sizeof *note);
    note->behind = (uint32_t)hs_flow_work_segments(flow->work);
    return note;
}

void hs_flow_note_packet(hs_flow *flow, const hs_flow_packet *p, const char *name,
                         bool with_options)
{
    hs_flow_note *note = add_note(flow);
    if (!note) {
        return;
    }
    const hs_tcp_header *tcp = &p->packet->tcp;
    note->name = name;
    note->at = p->at;
    note->end = (uint8_t)p->from;
    note->sequence = tcp->sequence;
    note->acknowledgment = tcp->acknowledgment;
    note->window = tcp->window;
    note->flags = tcp->flags;
    note->length = p->packet->payload_length;
    if (with_options && tcp->options.len > 0 && tcp->options.len <= HS_TCP_OPTIONS_MAX) {
        memcpy(note->options, tcp->options.data, tcp->options.len);
        note->options_len = (uint8_t)tcp->options.len;
    }
}

void hs_flow_note_gap(hs_flow *flow, unsigned end, uint64_t length, hs_time at)
{
    hs_flow_note *note = add_note(flow);
    if (note) {
        note->name = "missing bytes";
        note->at = at;
        note->end = (uint8_t)end;
        note->length = length < UINT32_MAX ? (uint32_t)length : UINT32_MAX;
    }
}

bool hs_flow_is_closed(const hs_flow *flow)
{
    if (flow->quic) {
        return hs_quic_flow_is_closed(flow->quic);
    }
    const hs_flow_end *a = &flow->ends[0];
    const hs_flow_end *b = &flow->ends[1];
    bool both_closed = a->has_fin && b->has_fin && hs_flow_covers(a, b->fin) &&
                       hs_flow_covers(b, a->fin);
    return both_closed || flow->rst_from != HS_FLOW_NO_END;
}

bool hs_flow_is_open(const hs_flow *flow)
{
    if (flow->quic) {
        return flow->is_over;
    }
    return flow->acknowledged_at != HS_TIME_NONE || flow->syn_at == HS_TIME_NONE || flow->work ||
           flow->is_over;
}

static bool is_new_by_syn(const hs_flow *flow, const hs_packet *packet, unsigned from)
{
    const hs_flow_end *end = &flow->ends[from];
    const hs_flow_end *peer = &flow->ends[hs_flow_other(from)];
    uint32_t isn = packet->tcp.sequence;
    if (end->has_isn) {
        bool both_closed = end->has_fin && peer->has_fin;
        return isn != end->isn || both_closed;
    }
    if (peer->has_acknowledged) {
        return peer->acknowledged != isn + 1; /* if so, the SYN only comes late */
    }
    return end->has_next || !peer->has_opened;
}

bool hs_flow_is_new_connection(const hs_flow *flow, const hs_packet *packet, unsigned from)
{
    uint16_t flags = packet->tcp.flags;
    if (!(flags & HS_TCP_SYN) || flags & HS_TCP_RST) {
        return false;
    }
    if (!(flags & HS_TCP_ACK)) {
        return is_new_by_syn(flow, packet, from);
    }
    const hs_flow_end *end = &flow->ends[from];
    return hs_flow_is_closed(flow) && end->has_isn && end->isn != packet->tcp.sequence &&
           flow->syn_ack_at != HS_TIME_NONE;
}

/* Whether bytes that were sent before are sent again, as far as their numbers show it. */
static bool is_repeated(const hs_flow *flow, const hs_flow_end *end, const hs_packet *packet,
                        hs_time at)
{
    uint32_t first = packet->tcp.sequence;
    int32_t behind = hs_sequence_diff(first + packet->payload_length, end->next);
    bool is_keep_alive = packet->payload_length == 1 && behind == 0;
    if (behind > 0 || is_keep_alive) {
        return false;
    }
    if (behind == 0) {
        return true;
    }
    hs_time within = reordered_within;
    if (flow->acknowledged_at != HS_TIME_NONE && flow->last_syn_at != HS_TIME_NONE) {
        within = flow->acknowledged_at - flow->last_syn_at;
    }
    return at - end->advanced_at >= within;
}

/* Notes the numbers of the data. */
static void take_numbers(hs_flow *flow, const hs_flow_packet *p)
{
    hs_flow_end *end = &flow->ends[p->from];
    const hs_packet *packet = p->packet;
    uint32_t behind = packet->tcp.sequence + packet->payload_length;
    if (!end->has_next) {
        end->has_next = true;
        end->next = behind;
        end->advanced_at = p->at;
        return;
    }
    if (is_repeated(flow, end, packet, p->at)) {
        end->retransmits++;
        if (!flow->is_over) {
            hs_flow_note_packet(flow, p, "retransmission", false);
        }
    } else if (hs_sequence_diff(behind, end->next) > 0) {
        end->next = behind;
        end->advanced_at = p->at;
    }
}

static void take_acknowledgment(hs_flow *flow, const hs_flow_packet *p)
{
    hs_flow_end *end = &flow->ends[p->from];
    uint32_t acknowledgment = p->packet->tcp.acknowledgment;
    if (!end->has_acknowledged || hs_sequence_diff(acknowledgment, end->acknowledged) > 0) {
        end->has_acknowledged = true;
        end->acknowledged = acknowledgment;
    }
}

static void take_fin(hs_flow *flow, const hs_flow_packet *p)
{
    hs_flow_end *end = &flow->ends[p->from];
    hs_flow_note_packet(flow, p, p->packet->tcp.flags & HS_TCP_ACK ? "FIN-ACK" : "FIN", false);
    if (end->has_fin) {
        return;
    }
    end->has_fin = true;
    end->fin = p->packet->tcp.sequence + p->packet->payload_length + 1;
    if (flow->first_fin == HS_FLOW_NO_END) {
        flow->first_fin = (uint8_t)p->from;
    }
    if (flow->stopped_at == HS_TIME_NONE) {
        flow->stopped_at = p->at;
    }
}

static void take_rst(hs_flow *flow, const hs_flow_packet *p)
{
    hs_flow_note_packet(flow, p, "RST", false);
    flow->ends[p->from].has_sent_rst = true;
    bool both_closed = flow->ends[0].has_fin && flow->ends[1].has_fin;
    if (flow->rst_from == HS_FLOW_NO_END && !both_closed) {
        flow->rst_from = (uint8_t)p->from;
    }
    if (flow->stopped_at == HS_TIME_NONE) {
        flow->stopped_at = p->at;
    }
}

/* Whether the packet can only move a connection on whose handshake is over. */
static bool is_routine(const hs_flow *flow, uint16_t flags)
{
    return flow->is_over && !(flags & (HS_TCP_SYN | HS_TCP_FIN | HS_TCP_RST)) &&
           flow->first_fin == HS_FLOW_NO_END && flow->rst_from == HS_FLOW_NO_END;
}

static hs_result take_control(hs_flow *flow, const hs_flow_settings *settings,
                              const hs_flow_packet *p)
{
    uint16_t flags = p->packet->tcp.flags;
    bool is_rst = flags & HS_TCP_RST;
    hs_result result = HS_OK;
    if (is_rst) {
        take_rst(flow, p);
    } else if (flags & HS_TCP_SYN) {
        hs_flow_take_syn(flow, p);
    } else if (flags & HS_TCP_ACK) {
        hs_flow_take_handshake_ack(flow, p);
    }
    if (flags & HS_TCP_ACK && !is_rst) {
        take_acknowledgment(flow, p);
    }
    if (p->packet->payload_length > 0 && !is_rst) {
        if (!(flags & HS_TCP_SYN)) {
            take_numbers(flow, p);
        }
        result = hs_flow_work_take(flow, settings, p);
    }
    if (flags & HS_TCP_FIN && !is_rst) {
        take_fin(flow, p);
    }
    hs_flow_move_both(flow, p);
    hs_result looked = hs_flow_work_look(flow, settings, p);
    return result == HS_OK ? looked : result;
}

hs_result hs_flow_take(hs_flow *flow, const hs_flow_settings *settings, hs_flow_packet *p,
                       int64_t at)
{
    const hs_packet *packet = p->packet;
    p->at = hs_flow_time(flow, at);
    flow->packets++;
    flow->last_at = at > flow->last_at ? at : flow->last_at;
    flow->truncated += packet->payload_length > packet->payload.len;
    if (!is_routine(flow, packet->tcp.flags)) {
        return take_control(flow, settings, p);
    }
    take_acknowledgment(flow, p);
    if (packet->payload_length > 0) {
        take_numbers(flow, p);
    }
    return HS_OK;
}
