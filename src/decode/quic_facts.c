/* What a connection turned out to be: trace->quic. */
#include "decode/quic_parts.h"

#include "decode/milestones.h"
#include "wire/quic/transport_parameters.h"

static void learn_exponent(hs_quic_decoder *d, hs_side side, hs_bytes parameters)
{
    enum { EXPONENT_MAX = 20 }; /* RFC 9000 18.2 */
    uint64_t exponent = 0;
    if (hs_quic_parameter_number(parameters, HS_QUIC_PARAMETER_ID_ACK_DELAY_EXPONENT, &exponent) &&
        exponent <= EXPONENT_MAX) {
        d->ack_exponent[side] = exponent;
    }
}

static void learn_server_parameters(hs_quic_decoder *d, hs_bytes parameters)
{
    hs_quic_parameter parameter;
    if (hs_quic_find_parameter(parameters, HS_QUIC_PARAMETER_ID_STATELESS_RESET_TOKEN,
                               &parameter)) {
        hs_quic_give_token(d, HS_SERVER, parameter.value);
    }
    if (hs_quic_find_parameter(parameters, HS_QUIC_PARAMETER_ID_PREFERRED_ADDRESS, &parameter) &&
        parameter.kind == HS_QUIC_PARAMETER_PREFERRED_ADDRESS && !parameter.malformed) {
        hs_quic_issue(d, HS_SERVER, parameter.preferred.connection_id);
        hs_quic_give_token(d, HS_SERVER, parameter.preferred.stateless_reset_token);
    }
}

void hs_quic_learn_parameters(hs_quic_decoder *d)
{
    const hs_quic_facts *quic = &d->trace->quic;
    if (quic->client_parameters.seen && !d->sides[HS_CLIENT].has_parameters) {
        d->sides[HS_CLIENT].has_parameters = true;
        learn_exponent(d, HS_CLIENT, quic->client_parameters.bytes);
    }
    if (quic->server_parameters.seen && !d->sides[HS_SERVER].has_parameters) {
        d->sides[HS_SERVER].has_parameters = true;
        learn_exponent(d, HS_SERVER, quic->server_parameters.bytes);
        learn_server_parameters(d, quic->server_parameters.bytes);
        hs_quic_streams_pump(d);
    }
}

void hs_quic_learn_close(hs_quic_decoder *d, const hs_quic_found *found, const hs_quic_frame *frame)
{
    hs_quic_close *close = &d->trace->quic.close;
    d->is_closed = true;
    if (close->present && found->place >= d->close_place) {
        return; /* where keys come late, packets are not opened in the order of the wire */
    }
    d->close_place = found->place;
    *close = (hs_quic_close){.present = true,
                             .from = found->from,
                             .is_application = frame->kind ==
                                               HS_QUIC_FRAME_CONNECTION_CLOSE_APPLICATION,
                             .error = frame->connection_close.error,
                             .frame_type = frame->connection_close.frame_type};
    if (frame->connection_close.reason.len > 0) {
        close->reason = hs_arena_escaped(hs_trace_arena(d->trace), frame->connection_close.reason);
    }
}

/* What did not come although all that would have come with it did. */
static void settle_absent(hs_quic_decoder *d)
{
    hs_quic_facts *quic = &d->trace->quic;
    bool has_answer = d->sides[HS_SERVER].has_initial;
    if (quic->retry == HS_UNSEEN && has_answer) {
        quic->retry = HS_NO;
    }
    if (quic->version_negotiation == HS_UNSEEN && (has_answer || d->has_retry)) {
        quic->version_negotiation = HS_NO;
    }
    /* The server's packets of 1-RTT were read, as far as there are any. */
    if (quic->handshake_confirmed == HS_UNSEEN && d->sides[HS_SERVER].application.keys) {
        quic->handshake_confirmed = HS_NO;
    }
    if (quic->stateless_reset == HS_UNSEEN && d->sides[HS_SERVER].token_count > 0) {
        quic->stateless_reset = HS_NO;
    }
}

/* The server's flight is hidden, and so is the client's Finished. A packet of 1-RTT shows that it
 * had left; else the first packet of the Handshake level that is long enough for one does, where
 * the server went on with 1-RTT and nothing else tells. */
static void settle_done(hs_quic_decoder *d)
{
    const hs_quic_direction *client = &d->sides[HS_CLIENT];
    if (hs_trace_is_marked(d->trace, HS_MILESTONE_QUIC_DONE)) {
        return;
    }
    if (client->has_1rtt) {
        hs_milestone_quic_done(d->trace, client->first_1rtt_end);
    } else if (client->has_finished_by_length && d->sides[HS_SERVER].has_1rtt && !d->is_closed) {
        hs_milestone_quic_done(d->trace, client->finished_end);
    }
}

void hs_quic_settle(hs_quic_decoder *d)
{
    hs_quic_facts *quic = &d->trace->quic;
    quic->present = d->has_begun || quic->original_version != 0;
    quic->early_data = d->trace->tls.early_data;
    settle_absent(d);
    settle_done(d);
    hs_quic_sum_up(d);
}
