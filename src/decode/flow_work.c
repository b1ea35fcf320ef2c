/* A handshake that goes on: both streams put together, and decoded up to where it is over. */
#include "decode/flow_work.h"
#include "trace/build.h"

enum {
    DECODER_MEMORY = 32 * 1024, /* about what one holds beside the bytes that wait in it */
    TRACE_CHUNK = 16 * 1024,
};

/* An acknowledgment may overtake what it acknowledges on the way into a capture. */
static const hs_time acknowledged_for_sure = 10 * HS_MILLISECOND;

static void feed(void *context, hs_bytes bytes, hs_time at)
{
    hs_flow_direction *d = context;
    hs_flow_work *work = d->work;
    if (work->turns == 0 || work->last_from != d->side) {
        work->turns++;
        work->last_from = d->side;
    }
    d->fed += bytes.len;
    work->has_changed = true;
    hs_result result = hs_decoder_feed(work->decoder, d->side, bytes, hs_flow_moment(at));
    work->result = work->result == HS_OK ? result : work->result;
}

static void skip(void *context, uint64_t length, hs_time at)
{
    hs_flow_direction *d = context;
    hs_flow *flow = d->work->flow;
    uint64_t missing = flow->missing_bytes + length;
    flow->missing_bytes = missing < UINT32_MAX ? (uint32_t)missing : UINT32_MAX;
    d->work->has_changed = true;
    hs_flow_note_gap(flow, d->side == HS_CLIENT ? flow->client : hs_flow_other(flow->client),
                     length, at);
    hs_result result = hs_decoder_gap(d->work->decoder, d->side, length);
    d->work->result = d->work->result == HS_OK ? result : d->work->result;
}

static unsigned end_of(const hs_flow *flow, hs_side side)
{
    return side == HS_CLIENT ? flow->client : hs_flow_other(flow->client);
}

/* Where the streams begin, as far as the SYNs, or what acknowledges them, tell it. */
static void start_streams(hs_flow_work *work)
{
    if (work->sides[HS_CLIENT].stream.started && work->sides[HS_SERVER].stream.started) {
        return;
    }
    for (int side = 0; side < 2; side++) {
        const hs_flow_end *end = &work->flow->ends[end_of(work->flow, (hs_side)side)];
        if (end->has_isn) {
            hs_tcp_stream_start(&work->sides[side].stream, end->isn + 1);
        }
    }
    /* The SYN-ACK says where a client begins whose SYN was not seen. */
    const hs_flow_end *server = &work->flow->ends[end_of(work->flow, HS_SERVER)];
    if (server->has_isn && server->has_acknowledged && !server->has_next) {
        hs_tcp_stream_start(&work->sides[HS_CLIENT].stream, server->acknowledged);
    }
}

static hs_flow_work *work_new(hs_flow *flow, const hs_flow_settings *settings)
{
    hs_flow_work *work = settings->allocator->allocate(settings->allocator->context, sizeof *work);
    hs_trace *trace = hs_trace_new(&settings->trace);
    hs_decoder *decoder = trace ? hs_decoder_new(trace, settings->keylog) : NULL;
    if (!work || !decoder) {
        hs_decoder_free(decoder);
        hs_trace_free(trace);
        settings->allocator->release(settings->allocator->context, work);
        return NULL;
    }
    *work = (hs_flow_work){
        .allocator = settings->allocator, .flow = flow, .trace = trace, .decoder = decoder};
    hs_decoder_set_sessions(decoder, settings->sessions);
    for (int side = 0; side < 2; side++) {
        hs_flow_direction *d = &work->sides[side];
        d->work = work;
        d->side = (hs_side)side;
        hs_tcp_sink sink = {.bytes = feed, .gap = skip, .context = d};
        hs_tcp_stream_init(&d->stream, &sink, settings->handshake_limit, settings->allocator);
        if (settings->light) {
            hs_tcp_stream_compare_none(&d->stream);
        }
    }
    start_streams(work);
    return work;
}

/* What decodes; the trace stays. */
static void end_decoding(hs_flow_work *work)
{
    hs_decoder_free(work->decoder);
    work->decoder = NULL;
    for (int side = 0; side < 2; side++) {
        hs_tcp_stream_free(&work->sides[side].stream);
    }
}

void hs_flow_work_free(hs_flow_work *work)
{
    if (work) {
        end_decoding(work);
        hs_trace_free(work->trace);
        work->allocator->release(work->allocator->context, work);
    }
}

static void measure(hs_flow_work *work)
{
    size_t memory = sizeof *work;
    if (work->trace) {
        memory += TRACE_CHUNK + hs_arena_used(hs_trace_arena(work->trace));
    }
    if (work->decoder) {
        memory += DECODER_MEMORY + (size_t)(work->sides[0].fed + work->sides[1].fed);
        memory += hs_tcp_stream_memory(&work->sides[0].stream) +
                  hs_tcp_stream_memory(&work->sides[1].stream);
    }
    work->memory = memory;
}

size_t hs_flow_work_memory(const hs_flow_work *work)
{
    return work ? work->memory : 0;
}

size_t hs_flow_work_segments(const hs_flow_work *work)
{
    return work && work->trace ? work->trace->segment_count : 0;
}

hs_trace *hs_flow_work_take_trace(hs_flow_work *work)
{
    hs_trace *trace = work ? work->trace : NULL;
    if (trace) {
        work->trace = NULL;
        measure(work);
    }
    return trace;
}

static bool is_followed(const hs_flow *flow)
{
    return !flow->is_over && flow->work && flow->work->decoder;
}

/* The packet acknowledges bytes of its receiver that were not seen. */
static bool is_ahead(const hs_flow_direction *to, const hs_packet *packet)
{
    return packet->tcp.flags & HS_TCP_ACK && !(packet->tcp.flags & HS_TCP_RST) &&
           to->stream.started && hs_sequence_diff(packet->tcp.acknowledgment, to->stream.next) > 0;
}

/* Of a client whose beginning was not seen there is no byte that is not missing. */
static bool is_client_behind(const hs_flow_work *work, const hs_packet *packet)
{
    const hs_tcp_stream *client = &work->sides[HS_CLIENT].stream;
    return !client->started || (!client->has_end && is_ahead(&work->sides[HS_CLIENT], packet));
}

hs_result hs_flow_work_take(hs_flow *flow, const hs_flow_settings *settings,
                            const hs_flow_packet *p)
{
    if (flow->is_over || settings->headers_only) {
        return HS_OK;
    }
    if (!flow->work) {
        hs_flow_find_client(flow, p);
        flow->work = work_new(flow, settings);
        if (!flow->work) {
            return HS_NO_MEMORY;
        }
    }
    const hs_packet *packet = p->packet;
    hs_tcp_segment segment = {.sequence = packet->tcp.sequence,
                              .bytes = packet->payload,
                              .length = packet->payload_length,
                              .at = p->at};
    if (packet->tcp.flags & HS_TCP_SYN) {
        segment.sequence++; /* the SYN has a number of its own */
    }
    hs_flow_work *work = flow->work;
    start_streams(work);
    work->result = HS_OK;
    if (hs_flow_side(flow, p->from) == HS_SERVER) {
        hs_decoder_set_client_behind(work->decoder, is_client_behind(work, packet));
    }
    work->has_changed = true;
    hs_decoder_set_hello(work->decoder, p->hello);
    hs_result added = hs_tcp_stream_add(&work->sides[hs_flow_side(flow, p->from)].stream, &segment);
    hs_decoder_set_hello(work->decoder, NULL);
    hs_flow_work_note_turns(work);
    return work->result == HS_OK ? added : work->result;
}

static void count_conflicts(hs_flow *flow)
{
    uint64_t conflicts = flow->work->sides[HS_CLIENT].stream.conflicting_bytes +
                         flow->work->sides[HS_SERVER].stream.conflicting_bytes;
    flow->conflicting_bytes = conflicts < UINT32_MAX ? (uint32_t)conflicts : UINT32_MAX;
}

/* The sender of the packet has received what it acknowledges; what was not seen of it within a
 * moment is lost to the capture. */
static void look_for_gaps(hs_flow *flow, const hs_flow_packet *p)
{
    const hs_packet *packet = p->packet;
    for (int side = 0; side < 2; side++) {
        hs_flow_direction *d = &flow->work->sides[side];
        if (d->waits && p->at - d->since >= acknowledged_for_sure) {
            d->waits = false;
            hs_tcp_stream_acknowledged(&d->stream, d->acknowledged, p->at);
        }
    }
    hs_flow_direction *to = &flow->work->sides[hs_flow_side(flow, hs_flow_other(p->from))];
    if (is_ahead(to, packet)) {
        to->since = to->waits ? to->since : p->at;
        to->waits = true;
        to->acknowledged = packet->tcp.acknowledgment;
    } else if (to->waits && hs_sequence_diff(to->acknowledged, to->stream.next) <= 0) {
        to->waits = false;
    }
}

static void look_for_ends(hs_flow *flow)
{
    if (flow->first_fin == HS_FLOW_NO_END) {
        return;
    }
    for (int side = 0; side < 2; side++) {
        hs_flow_direction *d = &flow->work->sides[side];
        const hs_flow_end *end = &flow->ends[end_of(flow, (hs_side)side)];
        if (end->has_fin && !d->stream.has_end) {
            hs_tcp_stream_end(&d->stream, end->fin - 1);
        }
        if (!d->is_ended && hs_tcp_stream_is_complete(&d->stream)) {
            d->is_ended = true;
            flow->work->has_changed = true;
            hs_decoder_end(flow->work->decoder, (hs_side)side);
        }
    }
}

hs_result hs_flow_work_look(hs_flow *flow, const hs_flow_settings *settings,
                            const hs_flow_packet *p)
{
    if (!is_followed(flow)) {
        return HS_OK;
    }
    hs_flow_work *work = flow->work;
    work->result = HS_OK;
    start_streams(work); /* of the end that has said nothing but its SYN-ACK */
    look_for_ends(flow);
    look_for_gaps(flow, p);
    look_for_ends(flow);
    if (!work->has_changed && flow->rst_from == HS_FLOW_NO_END) {
        return HS_OK;
    }
    work->has_changed = false;
    hs_flow_work_note_turns(work);
    bool is_ended = work->sides[HS_CLIENT].is_ended && work->sides[HS_SERVER].is_ended;
    flow->was_followed = hs_flow_work_is_over(work, settings);
    if (flow->was_followed || is_ended || flow->rst_from != HS_FLOW_NO_END) {
        hs_result found = work->result; /* the work may be gone afterwards */
        hs_result result = hs_flow_work_end(flow, settings, p->at);
        return found == HS_OK ? result : found;
    }
    count_conflicts(flow);
    measure(work);
    return work->result;
}

/* The light mode keeps only what its line needs. */
static void compact(hs_flow *flow, const hs_flow_settings *settings)
{
    hs_trace *trace = flow->work->trace;
    hs_flow_tell_opening(flow, trace);
    hs_flow_tell_tcp(flow, trace); /* it counts among the round trips whether the SYN had data */
    if (hs_trace_finish(trace) != HS_OK) {
        trace->incomplete = true;
    }
    flow->brief = hs_flow_brief_new(trace, settings->store);
    if (flow->brief) {
        hs_flow_work_free(flow->work);
        flow->work = NULL;
    }
}

hs_result hs_flow_work_end(hs_flow *flow, const hs_flow_settings *settings, hs_time at)
{
    flow->is_over = true;
    if (!flow->work || !flow->work->decoder) {
        return HS_OK;
    }
    hs_flow_work *work = flow->work;
    work->result = HS_OK;
    if (!flow->was_followed) {
        hs_tcp_stream_flush(&work->sides[HS_CLIENT].stream, at);
        hs_tcp_stream_flush(&work->sides[HS_SERVER].stream, at);
    }
    count_conflicts(flow);
    hs_result result = hs_decoder_finish(work->decoder);
    result = work->result == HS_OK ? result : work->result;
    if (result != HS_OK) {
        work->trace->incomplete = true;
    }
    hs_flow_view view = {.at = at,
                         .is_tls_done = hs_trace_is_marked(work->trace, HS_MILESTONE_TLS_DONE) ||
                                        (work->hello_turn > 0 && work->turns > work->hello_turn &&
                                         hs_decoder_may_be_done(work->decoder))};
    view.is_not_tls = hs_decoder_not_tls(work->decoder, &view.first_bytes);
    hs_trace_mark(work->trace, HS_MILESTONE_END, hs_flow_moment(at));
    hs_flow_judge_application(flow, work->trace, &view);
    end_decoding(work);
    measure(work);
    if (settings->light) {
        compact(flow, settings);
    }
    return result;
}
