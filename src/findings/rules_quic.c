/* Rules over QUIC's handshake, and over what QUIC would have saved. */
#include <string.h>

#include "findings/rules.h"
#include "wire/quic/version.h"

bool hs_rule_quic_retry(hs_judgement *judgement)
{
    const hs_quic_facts *quic = &judgement->trace->quic;
    if (!quic->present || quic->retry != HS_YES) {
        return false;
    }
    hs_judgement_costs_round_trips(judgement, 1);
    return hs_judgement_say(judgement, "a Retry came%s",
                            quic->token == HS_YES ? ", although a token had been sent" : "");
}

bool hs_rule_quic_version_negotiation(hs_judgement *judgement)
{
    const hs_quic_facts *quic = &judgement->trace->quic;
    if (!quic->present || quic->version_negotiation != HS_YES || quic->version == 0 ||
        judgement->trace->failure.cls != HS_FAILURE_NONE) {
        return false;
    }
    char first[HS_QUIC_VERSION_TEXT_SIZE];
    char then[HS_QUIC_VERSION_TEXT_SIZE];
    hs_judgement_costs_round_trips(judgement, 1);
    return hs_judgement_say(judgement, "%s was tried first, %s was used",
                            hs_quic_version_text(quic->original_version, first),
                            hs_quic_version_text(quic->version, then));
}

bool hs_rule_quic_amplification_limited(hs_judgement *judgement)
{
    const hs_trace *trace = judgement->trace;
    if (!trace->quic.present || trace->quic.amplification_limited != HS_YES) {
        return false;
    }
    size_t chain = 0;
    for (size_t i = 0; i < trace->certificate_count; i++) {
        chain += trace->certificates[i].der.len;
    }
    hs_judgement_costs_round_trips(judgement, 1);
    if (chain == 0) {
        return hs_judgement_say(judgement, "it waited for the client's next datagram");
    }
    return hs_judgement_say(judgement,
                            "it waited for the client's next datagram; its certificates have %zu "
                            "bytes",
                            chain);
}

bool hs_rule_quic_packets_lost(hs_judgement *judgement)
{
    const hs_quic_facts *quic = &judgement->trace->quic;
    int again = quic->retransmits > 0 ? quic->retransmits : 0;
    int timeouts = quic->probe_timeouts > 0 ? quic->probe_timeouts : 0;
    if (!quic->present || again + timeouts == 0) {
        return false;
    }
    return hs_judgement_say(judgement, "%d packet%s sent again, %d probe time-out%s", again,
                            again == 1 ? "" : "s", timeouts, timeouts == 1 ? "" : "s");
}

/* An alternative of `h3` (RFC 7838 3, RFC 9114 3.1) in an Alt-Svc field. */
static bool offers_h3(const char *alt_svc)
{
    const char *at = alt_svc;
    while (at && (at = strstr(at, "h3="))) {
        if (at == alt_svc || at[-1] == ' ' || at[-1] == ',') {
            return true;
        }
        at++;
    }
    return false;
}

bool hs_rule_http3_offered(hs_judgement *judgement)
{
    const hs_trace *trace = judgement->trace;
    if (trace->quic.present || !trace->tls.present || !offers_h3(trace->http.alt_svc)) {
        return false;
    }
    /* A full handshake over TCP takes one round trip more than QUIC's. */
    if (trace->tls.resumed != HS_YES || trace->tls.early_data != HS_EARLY_DATA_ACCEPTED) {
        hs_judgement_costs_round_trips(judgement, 1);
    }
    return hs_judgement_say(judgement, "Alt-Svc: %s", trace->http.alt_svc);
}
