#include "decode/quic_flow_state.h"

#include <stdlib.h>

#include "trace/build.h"

enum {
    TRACE_CHUNK = 16 * 1024,
    DATA_ENOUGH = 64 * 1024, /* bytes behind the handshake that are looked at with keys */
};

/* A client's silence after which it would have sent again (RFC 9002 6.2.2). */
static const hs_time answer_within = HS_SECOND;

hs_result hs_quic_flow_begin(hs_flow *flow, const hs_flow_settings *settings, unsigned from)
{
    hs_quic_flow *quic = calloc(1, sizeof *quic);
    if (!quic) {
        return HS_NO_MEMORY;
    }
    flow->quic = quic;
    flow->client = (uint8_t)from;
    quic->client_address = flow->head.key.address[from];
    quic->client_port = flow->head.key.port[from];
    quic->trace = hs_trace_new(&settings->trace);
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
        size_t used = hs_arena_used(hs_trace_arena(quic->trace));
        memory += used < TRACE_CHUNK ? TRACE_CHUNK : used + TRACE_CHUNK;
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

static void keep_facts(hs_quic_flow_brief *brief, const hs_quic_facts *facts)
{
    *brief = (hs_quic_flow_brief){.error = facts->close.error,
                                  .version = facts->version,
                                  .original_version = facts->original_version,
                                  .retry = (int8_t)facts->retry,
                                  .version_negotiation = (int8_t)facts->version_negotiation,
                                  .stateless_reset = (int8_t)facts->stateless_reset,
                                  .early_data = (uint8_t)facts->early_data,
                                  .is_closed = facts->close.present,
                                  .is_by_server = facts->close.from == HS_SERVER,
                                  .is_application = facts->close.is_application};
}

static void restore_facts(const hs_quic_flow_brief *brief, hs_quic_facts *facts)
{
    facts->present = true;
    facts->version = brief->version;
    facts->original_version = brief->original_version;
    facts->retry = (hs_seen)brief->retry;
    facts->version_negotiation = (hs_seen)brief->version_negotiation;
    facts->stateless_reset = (hs_seen)brief->stateless_reset;
    facts->early_data = (hs_early_data)brief->early_data;
    facts->close = (hs_quic_close){.present = brief->is_closed,
                                   .from = brief->is_by_server ? HS_SERVER : HS_CLIENT,
                                   .is_application = brief->is_application,
                                   .error = brief->error};
}

/* The light mode keeps only what its line needs. */
static void compact(hs_flow *flow, const hs_flow_settings *settings)
{
    hs_quic_flow *quic = flow->quic;
    keep_facts(&quic->brief, &quic->trace->quic);
    quic->trace->at = flow->first_at;
    if (hs_trace_finish(quic->trace) != HS_OK) {
        quic->trace->incomplete = true;
    }
    flow->brief = hs_flow_brief_new(quic->trace, settings->store);
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
            compact(flow, settings);
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
    hs_quic_flow_note_address(flow, packet, from, time);
    if (!quic->decoder) {
        return HS_OK;
    }
    hs_quic_flow_note_ids(flow, packet->payload, from);
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
    hs_trace *trace = quic->trace ? quic->trace : hs_trace_new(&settings->trace);
    quic->trace = NULL;
    if (!trace) {
        return NULL;
    }
    trace->at = flow->first_at;
    trace->quic.migrations = quic->migrations;
    hs_flow_tell_capture(flow, trace);
    if (flow->brief) {
        restore_facts(&quic->brief, &trace->quic);
        hs_flow_brief_restore(flow->brief, trace);
    }
    hs_trace_remark(trace, HS_MILESTONE_END, hs_flow_moment(last));
    hs_flow_tell_target(flow, trace);
    if (!flow->brief && hs_trace_finish(trace) != HS_OK) {
        trace->incomplete = true;
    }
    return trace;
}
