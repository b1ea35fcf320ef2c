/* Why a QUIC handshake failed, from its packets. */
#include <inttypes.h>
#include <string.h>

#include "decode/quic_parts.h"
#include "decode/tls_alert_class.h"
#include "wire/tls/alert.h"

static const char *side_name(hs_side side)
{
    return side == HS_CLIENT ? "the client" : "the server";
}

/* RFC 9000 20.1 */
static hs_failure_class transport_class(uint64_t error)
{
    switch (error) {
    case HS_QUIC_ERROR_INVALID_TOKEN:
        return HS_FAILURE_QUIC_INVALID_TOKEN;
    case HS_QUIC_ERROR_VERSION_NEGOTIATION_ERROR:
        return HS_FAILURE_QUIC_VERSION_MISMATCH;
    case HS_QUIC_ERROR_FLOW_CONTROL_ERROR:
    case HS_QUIC_ERROR_STREAM_LIMIT_ERROR:
    case HS_QUIC_ERROR_STREAM_STATE_ERROR:
    case HS_QUIC_ERROR_FINAL_SIZE_ERROR:
    case HS_QUIC_ERROR_FRAME_ENCODING_ERROR:
    case HS_QUIC_ERROR_TRANSPORT_PARAMETER_ERROR:
    case HS_QUIC_ERROR_CONNECTION_ID_LIMIT_ERROR:
    case HS_QUIC_ERROR_PROTOCOL_VIOLATION:
    case HS_QUIC_ERROR_CRYPTO_BUFFER_EXCEEDED:
    case HS_QUIC_ERROR_KEY_UPDATE_ERROR:
    case HS_QUIC_ERROR_AEAD_LIMIT_REACHED:
        return HS_FAILURE_QUIC_PROTOCOL_ERROR;
    default:
        return HS_FAILURE_QUIC_CLOSED;
    }
}

static void fail_by_alert(hs_trace *trace, uint8_t alert, hs_time elapsed)
{
    const hs_quic_close *close = &trace->quic.close;
    bool was_asked = trace->tls.client_certificate_requested == HS_YES;
    const char *name = hs_tls_alert_description_name(alert);
    hs_trace_fail(trace, hs_tls_alert_class_seen(alert, close->from, was_asked), HS_PHASE_QUIC,
                  elapsed, "%s closed the connection with alert %s (%u)%s%s",
                  side_name(close->from), name ? name : "without a name", alert,
                  close->reason ? ": " : "", close->reason ? close->reason : "");
    trace->failure.alert = alert;
}

static void fail_by_close(hs_trace *trace, hs_time elapsed)
{
    const hs_quic_close *close = &trace->quic.close;
    char text[HS_QUIC_ERROR_TEXT_SIZE];
    const char *by = side_name(close->from);
    const char *before = close->reason ? ": " : "";
    const char *reason = close->reason ? close->reason : "";
    if (close->is_application) {
        hs_trace_fail(trace, HS_FAILURE_QUIC_CLOSED, HS_PHASE_QUIC, elapsed,
                      "%s closed the connection with application error 0x%" PRIx64 "%s%s", by,
                      close->error, before, reason);
        return;
    }
    hs_trace_fail(trace, transport_class(close->error), HS_PHASE_QUIC, elapsed,
                  "%s closed the connection with %s%s%s", by,
                  hs_quic_error_text(close->error, text), before, reason);
}

/* Closed for no error once the handshake was done: in order. */
static bool is_orderly(const hs_trace *trace, bool is_done)
{
    enum { H3_NO_ERROR = 0x100 };
    const hs_quic_close *close = &trace->quic.close;
    bool is_answered = hs_trace_is_marked(trace, HS_MILESTONE_FIRST_RESPONSE);
    if (close->is_application) {
        return is_done && (close->error == 0 || close->error == H3_NO_ERROR || is_answered);
    }
    return is_done && close->error == HS_QUIC_ERROR_NO_ERROR;
}

static void judge_silence(hs_quic_decoder *d, hs_time elapsed)
{
    hs_trace *trace = d->trace;
    const hs_quic_direction *client = &d->sides[HS_CLIENT];
    if (client->has_handshake && !client->handshake.keys) {
        /* Who waits sends again, and who is done sends 1-RTT packets. */
        hs_trace_fail(trace, HS_FAILURE_QUIC_CLOSED, HS_PHASE_QUIC, elapsed,
                      "the client's last packets of the handshake are encrypted, and nothing "
                      "followed: it has closed the connection, for a reason that needs keys");
    } else if (trace->bytes_received == 0) {
        hs_trace_fail(trace, HS_FAILURE_QUIC_TIMED_OUT, HS_PHASE_QUIC, elapsed,
                      "no answer came to the client's Initial");
    } else {
        hs_trace_fail(trace, HS_FAILURE_QUIC_TIMED_OUT, HS_PHASE_QUIC, elapsed,
                      "the handshake did not end");
    }
}

static void judge_unfinished(hs_quic_decoder *d, hs_time elapsed, bool is_silent)
{
    hs_trace *trace = d->trace;
    if (trace->quic.stateless_reset == HS_YES) {
        hs_trace_fail(trace, HS_FAILURE_QUIC_STATELESS_RESET, HS_PHASE_QUIC, elapsed,
                      "%s reset the connection without its state", side_name(d->reset_from));
    } else if (d->retries_after > 0) {
        hs_trace_fail(trace, HS_FAILURE_QUIC_RETRY_LOOP, HS_PHASE_QUIC, elapsed,
                      "the server answered the token of its Retry with %u more", d->retries_after);
    } else if (d->has_negotiation && !d->has_new_attempt && !d->sides[HS_SERVER].has_initial) {
        hs_trace_fail(trace, HS_FAILURE_QUIC_VERSION_MISMATCH, HS_PHASE_QUIC, elapsed,
                      "the server offers other versions, and the client did not go on with one");
    } else if (is_silent) {
        judge_silence(d, elapsed);
    }
}

bool hs_quic_decoder_fail(hs_quic_decoder *decoder, hs_time elapsed, bool is_silent)
{
    hs_trace *trace = decoder->trace;
    const hs_quic_close *close = &trace->quic.close;
    bool is_done = hs_trace_is_marked(trace, HS_MILESTONE_QUIC_DONE);
    uint8_t alert = 0;
    /* A client may tell that it has waited long enough. */
    bool gave_up = close->present && close->from == HS_CLIENT && !close->is_application &&
                   close->error == HS_QUIC_ERROR_NO_ERROR && trace->bytes_received == 0;
    if (gave_up) {
        judge_silence(decoder, elapsed);
    } else if (close->present && !is_orderly(trace, is_done)) {
        if (!close->is_application && hs_quic_error_alert(close->error, &alert)) {
            fail_by_alert(trace, alert, elapsed);
        } else {
            fail_by_close(trace, elapsed);
        }
    } else if (!close->present && !is_done) {
        judge_unfinished(decoder, elapsed, is_silent);
    }
    /* The newest message is none that fills a packet up. */
    if (trace->failure.last_event &&
        strcmp(trace->failure.last_event, hs_quic_frame_name(HS_QUIC_PADDING)) == 0) {
        trace->failure.last_event = decoder->last_telling;
    }
    return trace->failure.cls != HS_FAILURE_NONE;
}
