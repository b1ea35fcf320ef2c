/* What a handshake's round trips went for, in words. */
#include <stdio.h>
#include <string.h>

#include "report/facts.h"

typedef struct sentence {
    char *out;
    size_t size;
    size_t len;
    bool has_part;
} sentence;

static void put(sentence *s, const char *text)
{
    size_t len = strlen(text);
    if (s->len + len < s->size) {
        memcpy(s->out + s->len, text, len + 1);
        s->len += len;
    }
}

static void put_part(sentence *s, const char *name, int round_trips)
{
    char text[64];
    if (round_trips > 0) {
        (void)snprintf(text, sizeof text, "%s%s %d", s->has_part ? ", " : ": ", name, round_trips);
        put(s, text);
        s->has_part = true;
    }
}

/* A phase's round trips, those apart that a server asks for before it begins. */
static void put_phase(sentence *s, const hs_trace *trace, hs_phase phase)
{
    int round_trips = trace->phases[phase].round_trips;
    if (phase == HS_PHASE_QUIC && round_trips > 1 && trace->quic.version_negotiation == HS_YES) {
        put_part(s, "Version Negotiation", 1);
        round_trips--;
    }
    if (phase == HS_PHASE_QUIC && round_trips > 1 && trace->quic.retry == HS_YES) {
        put_part(s, "Retry", 1);
        round_trips--;
    }
    bool has_tls = phase == HS_PHASE_QUIC || phase == HS_PHASE_TLS;
    if (has_tls && round_trips > 1 && trace->tls.hello_retry_request == HS_YES) {
        put_part(s, "HelloRetryRequest", 1);
        round_trips--;
    }
    put_part(s, hs_fact_phase_title(phase), round_trips);
}

static hs_time first_packet(const hs_trace *trace)
{
    hs_time initial = trace->milestones[HS_MILESTONE_QUIC_START].at;
    return initial != HS_TIME_NONE ? initial : trace->milestones[HS_MILESTONE_SYN].at;
}

static bool is_told(const hs_trace *trace)
{
    const hs_accounting *parts = &trace->accounting;
    return parts->present && parts->path_rtt != HS_TIME_NONE && parts->path_rtt > 0 &&
           first_packet(trace) != HS_TIME_NONE &&
           trace->milestones[HS_MILESTONE_READY].at != HS_TIME_NONE;
}

static void put_phases(sentence *s, const hs_trace *trace)
{
    hs_time ready = trace->milestones[HS_MILESTONE_READY].at;
    for (hs_phase phase = HS_PHASE_TCP; phase <= HS_PHASE_UPGRADE; phase++) {
        const hs_phase_span *span = &trace->phases[phase];
        if (span->present && span->end.at != HS_TIME_NONE && span->end.at <= ready) {
            put_phase(s, trace, phase);
        }
    }
}

static void put_network(sentence *s, const hs_trace *trace)
{
    char text[64];
    const hs_accounting *parts = &trace->accounting;
    hs_time after_dns = parts->total - parts->dns;
    if (after_dns > 0) {
        (void)snprintf(text, sizeof text, "; %.0f %% network",
                       100.0 * (double)parts->network / (double)after_dns);
        put(s, text);
    }
}

bool hs_fact_round_trip_phases(const hs_trace *trace, char *out, size_t size)
{
    sentence s = {.out = out, .size = size};
    out[0] = '\0';
    if (!is_told(trace)) {
        return false;
    }
    put_phases(&s, trace);
    return true;
}

bool hs_fact_round_trip_parts(const hs_trace *trace, char *out, size_t size)
{
    sentence s = {.out = out, .size = size};
    out[0] = '\0';
    if (!is_told(trace)) {
        return false;
    }
    put_phases(&s, trace);
    put_network(&s, trace);
    return true;
}

bool hs_fact_ready_over_path_rtt(const hs_trace *trace, double *round_trips)
{
    if (!is_told(trace)) {
        return false;
    }
    hs_time took = trace->milestones[HS_MILESTONE_READY].at - first_packet(trace);
    *round_trips = (double)took / (double)trace->accounting.path_rtt;
    return took >= 0; /* else a capture's clock was set back in between */
}

bool hs_fact_round_trips(const hs_trace *trace, char *out, size_t size)
{
    char parts[HS_FACT_SENTENCE_MAX];
    double measured;
    out[0] = '\0';
    if (!hs_fact_ready_over_path_rtt(trace, &measured) ||
        !hs_fact_round_trip_parts(trace, parts, sizeof parts)) {
        return false;
    }
    const hs_accounting *all = &trace->accounting;
    if (2 * all->network >= all->total - all->dns) {
        (void)snprintf(out, size, "%.2f round trips%s", measured, parts);
    } else if (all->round_trips_to_ready >= 0) {
        (void)snprintf(out, size, "%d round trip%s%s", all->round_trips_to_ready,
                       all->round_trips_to_ready == 1 ? "" : "s", parts);
    }
    return out[0] != '\0';
}
