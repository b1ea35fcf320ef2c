/* Rules over name resolution, TCP and the accounting of time. */
#include <inttypes.h>
#include <string.h>

#include "base/time_text.h"
#include "findings/rules.h"

enum {
    WINDOW_SEGMENTS = 10, /* RFC 6928 2 */
    WINDOW_MSS = 1460,    /* where TCP_INFO did not tell: Ethernet's over IPv4 */
};

/* Below this, a dominant part is no matter; and where the handshake failed, the failure says what
 * the time was spent on. */
#define WORTH_TELLING (20 * HS_MILLISECOND)

/* In floating point: a capture may tell of any times. */
static int percent_of(hs_time part, hs_time total)
{
    return total > 0 ? (int)(100.0 * (double)part / (double)total + 0.5) : 0;
}

/* Bytes that the server sent before the client spoke again after the server's first byte. */
static uint64_t server_flight(const hs_trace *trace)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < trace->segment_count; i++) {
        const hs_segment *segment = &trace->segments[i];
        if (segment->from == HS_SERVER) {
            bytes += segment->len;
        } else if (bytes > 0) {
            break;
        }
    }
    return bytes;
}

bool hs_rule_flight_exceeds_window(hs_judgement *judgement)
{
    const hs_trace *trace = judgement->trace;
    uint64_t mss = trace->tcp.mss > 0 ? trace->tcp.mss : WINDOW_MSS;
    uint64_t window = WINDOW_SEGMENTS * mss;
    uint64_t flight = server_flight(trace);
    if (!trace->tls.present || trace->quic.present || trace->certificate_count == 0 ||
        flight <= window) {
        return false;
    }
    /* Only a pause of about a round trip within the flight shows that it had to wait. */
    const hs_accounting *accounting = &trace->accounting;
    bool waited = accounting->present && accounting->path_rtt != HS_TIME_NONE &&
                  accounting->tail * 2 >= accounting->path_rtt;
    if (waited) {
        hs_judgement_costs_round_trips(judgement, 1);
    } else {
        judgement->finding->severity = HS_SEVERITY_INFO;
    }
    return hs_judgement_say(judgement,
                            "%" PRIu64 " bytes before the client answers; %" PRIu64
                            " (10 segments, RFC 6928) go out at once",
                            flight, window);
}

bool hs_rule_syn_retransmitted(hs_judgement *judgement)
{
    const hs_trace *trace = judgement->trace;
    if (!trace->tcp.present || trace->tcp.syn_retransmits <= 0) {
        return false;
    }
    if (trace->accounting.present && trace->accounting.loss > 0) {
        judgement->finding->cost = trace->accounting.loss;
    }
    return hs_judgement_say(judgement, "sent again %d time%s", trace->tcp.syn_retransmits,
                            trace->tcp.syn_retransmits == 1 ? "" : "s");
}

bool hs_rule_data_retransmitted(hs_judgement *judgement)
{
    const hs_trace *trace = judgement->trace;
    if (!trace->tcp.present || trace->tcp.retransmits <= 0) {
        return false;
    }
    return hs_judgement_say(judgement, "%d segment%s of the client", trace->tcp.retransmits,
                            trace->tcp.retransmits == 1 ? "" : "s");
}

static const hs_attempt *winner(const hs_trace *trace)
{
    for (size_t i = 0; i < trace->target.attempt_count; i++) {
        if (trace->target.attempts[i].won) {
            return &trace->target.attempts[i];
        }
    }
    return NULL;
}

static const char *attempt_outcome(const hs_attempt *attempt)
{
    const hs_failure_descriptor *failure = hs_failure_describe(attempt->failure);
    return failure ? failure->name : "no answer in time";
}

bool hs_rule_family_fell_back(hs_judgement *judgement)
{
    const hs_trace *trace = judgement->trace;
    const hs_attempt *won = winner(trace);
    if (!won || won->family != 4) {
        return false;
    }
    for (size_t i = 0; i < trace->target.attempt_count; i++) {
        const hs_attempt *attempt = &trace->target.attempts[i];
        if (attempt->family == 6 && attempt->start < won->start) {
            judgement->finding->cost = won->start - attempt->start;
            return hs_judgement_say(judgement, "%s: %s; %s answered", attempt->address,
                                    attempt_outcome(attempt), won->address);
        }
    }
    return false;
}

bool hs_rule_address_failed(hs_judgement *judgement)
{
    const hs_trace *trace = judgement->trace;
    const hs_attempt *won = winner(trace);
    if (!won) {
        return false;
    }
    for (size_t i = 0; i < trace->target.attempt_count; i++) {
        const hs_attempt *attempt = &trace->target.attempts[i];
        bool same_family = attempt->family == won->family;
        if (!attempt->won && same_family && attempt->failure != HS_FAILURE_NONE) {
            judgement->finding->cost = won->start - attempt->start;
            return hs_judgement_say(judgement, "%s: %s; %s answered", attempt->address,
                                    attempt_outcome(attempt), won->address);
        }
    }
    return false;
}

bool hs_rule_name_resolution_dominates(hs_judgement *judgement)
{
    const hs_trace *trace = judgement->trace;
    hs_time dns = hs_trace_between(trace, HS_MILESTONE_DNS_START, HS_MILESTONE_DNS_DONE);
    hs_time rest = hs_trace_between(trace, HS_MILESTONE_DNS_DONE, HS_MILESTONE_READY);
    if (dns == HS_TIME_NONE || rest == HS_TIME_NONE || dns <= rest || dns < WORTH_TELLING) {
        return false;
    }
    char dns_text[HS_TIME_TEXT_MAX];
    char rest_text[HS_TIME_TEXT_MAX];
    judgement->finding->cost = dns;
    return hs_judgement_say(judgement, "%s ms, and %s ms from there until ready",
                            hs_time_ms(dns, dns_text), hs_time_ms(rest, rest_text));
}

/* The phase that waited longest beyond its round trips. */
static hs_phase slowest_phase(const hs_trace *trace, hs_time *excess)
{
    hs_phase slowest = HS_PHASE_TCP;
    hs_time rtt = trace->accounting.path_rtt == HS_TIME_NONE ? 0 : trace->accounting.path_rtt;
    *excess = 0;
    for (hs_phase phase = HS_PHASE_TCP; phase < HS_PHASE_COUNT; phase++) {
        const hs_phase_span *span = &trace->phases[phase];
        if (!span->present || span->end.at == HS_TIME_NONE) {
            continue;
        }
        int trips = span->round_trips > 0 ? span->round_trips : 0;
        hs_time beyond = span->end.at - span->start.at - trips * rtt;
        if (beyond > *excess) {
            *excess = beyond;
            slowest = phase;
        }
    }
    return slowest;
}

bool hs_rule_server_time_dominates(hs_judgement *judgement)
{
    const hs_trace *trace = judgement->trace;
    const hs_accounting *accounting = &trace->accounting;
    if (!accounting->present || trace->failure.cls != HS_FAILURE_NONE ||
        accounting->server < WORTH_TELLING || accounting->server * 2 < accounting->total) {
        return false;
    }
    hs_time excess;
    hs_phase phase = slowest_phase(trace, &excess);
    char server[HS_TIME_TEXT_MAX];
    char total[HS_TIME_TEXT_MAX];
    char most[HS_TIME_TEXT_MAX];
    judgement->finding->cost = accounting->server;
    if (excess <= 0) { /* it lay in no phase that has ended */
        return hs_judgement_say(judgement, "%s of %s ms (%d %%)",
                                hs_time_ms(accounting->server, server),
                                hs_time_ms(accounting->total, total),
                                percent_of(accounting->server, accounting->total));
    }
    return hs_judgement_say(
        judgement, "%s of %s ms (%d %%); the %s phase took %s ms beyond its round trips",
        hs_time_ms(accounting->server, server), hs_time_ms(accounting->total, total),
        percent_of(accounting->server, accounting->total), hs_phase_name(phase),
        hs_time_ms(excess, most));
}

bool hs_rule_client_time_dominates(hs_judgement *judgement)
{
    const hs_trace *trace = judgement->trace;
    const hs_accounting *accounting = &trace->accounting;
    /* The client of a capture is some other machine, and may have waited for its user. */
    if (!accounting->present || trace->capture.present || trace->failure.cls != HS_FAILURE_NONE ||
        accounting->client < WORTH_TELLING || accounting->client * 2 < accounting->total) {
        return false;
    }
    char client[HS_TIME_TEXT_MAX];
    char total[HS_TIME_TEXT_MAX];
    judgement->finding->cost = accounting->client;
    return hs_judgement_say(
        judgement, "%s of %s ms (%d %%)", hs_time_ms(accounting->client, client),
        hs_time_ms(accounting->total, total), percent_of(accounting->client, accounting->total));
}

bool hs_rule_no_window_scale(hs_judgement *judgement)
{
    const hs_tcp_facts *tcp = &judgement->trace->tcp;
    return tcp->present && tcp->window_scale == HS_NO &&
           hs_judgement_say(judgement, "the SYN-ACK did not carry the option (RFC 7323)");
}

bool hs_rule_no_sack(hs_judgement *judgement)
{
    const hs_tcp_facts *tcp = &judgement->trace->tcp;
    return tcp->present && tcp->sack == HS_NO &&
           hs_judgement_say(judgement, "the SYN-ACK did not carry SACK-permitted (RFC 2018)");
}

bool hs_rule_fast_open_not_used(hs_judgement *judgement)
{
    const char *fast_open = judgement->trace->tcp.fast_open;
    if (!judgement->trace->tcp.present || !fast_open || strcmp(fast_open, "not_used") == 0 ||
        strcmp(fast_open, "syn_data_acknowledged") == 0) {
        return false;
    }
    return hs_judgement_say(judgement, "asked for, and: %s", fast_open);
}
