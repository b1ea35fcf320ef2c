/* Phases from milestones. Phases on the way to "ready" follow each other without a gap: one starts
 * where the one before it ended; but what was said before TLS was asked for (STARTTLS, CONNECT) is
 * no part of TLS. */
#include <string.h>

#include "trace/accounting.h"

static hs_moment milestone(const hs_trace *trace, hs_milestone m)
{
    return trace->milestones[m];
}

static bool seen(const hs_trace *trace, hs_milestone m)
{
    return trace->milestones[m].at != HS_TIME_NONE;
}

/* The turns in which the client had sent, not before it asked for what the phase waits for, and the
 * server's answer began within (start, end]. What answers something that left earlier, such as a
 * NewSessionTicket that the client's Finished brings, was not waited for. */
static int count_round_trips(const hs_trace *trace, hs_time asked, hs_time start, hs_time end)
{
    int count = 0;
    bool client_sent = false;
    for (size_t i = 0; i < trace->segment_count; i++) {
        const hs_segment *segment = &trace->segments[i];
        if (segment->from == HS_CLIENT) {
            client_sent = segment->moment.at >= asked;
        } else if (client_sent) {
            client_sent = false;
            if (segment->moment.at > start && segment->moment.at <= end) {
                count++;
            }
        }
    }
    return count;
}

/* `asked`: when the client sent what the phase begins with. */
static void set_phase(hs_trace *trace, hs_phase phase, hs_moment asked, hs_moment start,
                      hs_moment end)
{
    hs_phase_span *span = &trace->phases[phase];
    span->present = true;
    span->start = start;
    span->end = end;
    if (end.at == HS_TIME_NONE) {
        return;
    }
    if (end.at < start.at) {
        span->end.at = start.at;
    }
    span->round_trips = count_round_trips(trace, asked.at, start.at, span->end.at);
}

/* The server's SETTINGS come without being asked, once the handshake is over (RFC 9113 3.4), or
 * after the client's: one wait either way. A NewSessionTicket in front of them, with a late segment
 * of the client's in between, looks like another one. */
static void set_settings_phase(hs_trace *trace, hs_moment previous)
{
    hs_phase_span *span = &trace->phases[HS_PHASE_SETTINGS];
    set_phase(trace, HS_PHASE_SETTINGS, previous, previous,
              milestone(trace, HS_MILESTONE_SETTINGS_DONE));
    if (span->round_trips > 1) {
        span->round_trips = 1;
    }
}

hs_time hs_trace_all_asked(const hs_trace *trace)
{
    hs_time asked = milestone(trace, HS_MILESTONE_REQUEST).at;
    hs_time settings = milestone(trace, HS_MILESTONE_SETTINGS_DONE).at;
    hs_time answered = milestone(trace, HS_MILESTONE_FIRST_RESPONSE).at;
    hs_time secured = milestone(trace, HS_MILESTONE_QUIC_DONE).at;
    if (asked == HS_TIME_NONE) {
        return HS_TIME_NONE;
    }
    if (trace->quic.present) {
        /* Early data may have to be sent again once the handshake is done. */
        return secured != HS_TIME_NONE && asked >= secured ? asked : HS_TIME_NONE;
    }
    bool between = settings > asked && (answered == HS_TIME_NONE || settings < answered);
    return trace->http2.present && between ? settings : HS_TIME_NONE;
}

static void set_response_phase(hs_trace *trace)
{
    hs_phase_span *span = &trace->phases[HS_PHASE_RESPONSE];
    set_phase(trace, HS_PHASE_RESPONSE, milestone(trace, HS_MILESTONE_REQUEST),
              milestone(trace, HS_MILESTONE_REQUEST),
              milestone(trace, HS_MILESTONE_FIRST_RESPONSE));
    if (span->round_trips > 1 && hs_trace_all_asked(trace) != HS_TIME_NONE) {
        span->round_trips = 1;
    }
}

static void set_connecting_phases(hs_trace *trace)
{
    if (seen(trace, HS_MILESTONE_DNS_START)) {
        set_phase(trace, HS_PHASE_DNS, milestone(trace, HS_MILESTONE_DNS_START),
                  milestone(trace, HS_MILESTONE_DNS_START),
                  milestone(trace, HS_MILESTONE_DNS_DONE));
        trace->phases[HS_PHASE_DNS].round_trips = -1;
    }
    if (seen(trace, HS_MILESTONE_SYN)) {
        set_phase(trace, HS_PHASE_TCP, milestone(trace, HS_MILESTONE_SYN),
                  milestone(trace, HS_MILESTONE_SYN), milestone(trace, HS_MILESTONE_ESTABLISHED));
        /* The SYN's own turn is not among the segments of data; with data in the SYN none was
         * waited for. */
        int turns = trace->tcp.syn_data_acknowledged == HS_YES ? 0 : 1;
        bool established = seen(trace, HS_MILESTONE_ESTABLISHED);
        trace->phases[HS_PHASE_TCP].round_trips = established ? turns : -1;
    }
}

/* Where TLS begins: with the connection, if it is the first that the client says. */
static hs_moment start_of_tls(const hs_trace *trace, hs_moment previous)
{
    hs_moment hello = milestone(trace, HS_MILESTONE_TLS_START);
    hs_moment first = milestone(trace, HS_MILESTONE_FIRST_FLIGHT);
    bool is_behind = first.at != HS_TIME_NONE && first.at < hello.at && hello.at > previous.at;
    return is_behind ? hello : previous;
}

static bool is_websocket(const hs_trace *trace)
{
    return trace->target.scheme &&
           (strcmp(trace->target.scheme, "ws") == 0 || strcmp(trace->target.scheme, "wss") == 0);
}

static void set_ready(hs_trace *trace)
{
    /* The data that went with the SYN, and was taken, could be the application's. */
    bool with_syn = trace->tcp.syn_data_acknowledged == HS_YES;
    hs_milestone ready = with_syn ? HS_MILESTONE_SYN : HS_MILESTONE_ESTABLISHED;
    if (seen(trace, HS_MILESTONE_QUIC_START)) {
        bool early = trace->quic.early_data == HS_EARLY_DATA_ACCEPTED;
        ready = early ? HS_MILESTONE_QUIC_START : HS_MILESTONE_QUIC_DONE;
    } else if (is_websocket(trace) || seen(trace, HS_MILESTONE_UPGRADE_START)) {
        ready = HS_MILESTONE_UPGRADE_DONE;
    } else if (trace->tls.present || seen(trace, HS_MILESTONE_TLS_START)) {
        bool early = trace->tls.early_data == HS_EARLY_DATA_ACCEPTED;
        ready = early ? HS_MILESTONE_TLS_START : HS_MILESTONE_TLS_DONE;
    }
    hs_moment *slot = &trace->milestones[HS_MILESTONE_READY];
    if (slot->at == HS_TIME_NONE && trace->failure.cls == HS_FAILURE_NONE) {
        *slot = milestone(trace, ready);
    }
}

void hs_trace_compute_phases(hs_trace *trace)
{
    set_connecting_phases(trace);
    /* QUIC has no connection before its own handshake. */
    bool is_quic = seen(trace, HS_MILESTONE_QUIC_START);
    hs_moment previous = milestone(trace,
                                   is_quic ? HS_MILESTONE_QUIC_START : HS_MILESTONE_ESTABLISHED);
    if (previous.at == HS_TIME_NONE) {
        return;
    }
    if (is_quic) {
        set_phase(trace, HS_PHASE_QUIC, milestone(trace, HS_MILESTONE_QUIC_START), previous,
                  milestone(trace, HS_MILESTONE_QUIC_DONE));
        if (seen(trace, HS_MILESTONE_QUIC_DONE)) {
            previous = milestone(trace, HS_MILESTONE_QUIC_DONE);
        }
    }
    if (seen(trace, HS_MILESTONE_TLS_START)) {
        set_phase(trace, HS_PHASE_TLS, milestone(trace, HS_MILESTONE_TLS_START),
                  start_of_tls(trace, previous), milestone(trace, HS_MILESTONE_TLS_DONE));
        if (seen(trace, HS_MILESTONE_TLS_DONE)) {
            previous = milestone(trace, HS_MILESTONE_TLS_DONE);
        }
    }
    if (seen(trace, HS_MILESTONE_SETTINGS_START)) {
        set_settings_phase(trace, previous);
        if (seen(trace, HS_MILESTONE_SETTINGS_DONE)) {
            previous = trace->phases[HS_PHASE_SETTINGS].end;
        }
    }
    if (seen(trace, HS_MILESTONE_UPGRADE_START)) {
        /* Over HTTP/2 it waited for the server's SETTINGS (RFC 8441 3). */
        set_phase(trace, HS_PHASE_UPGRADE, milestone(trace, HS_MILESTONE_UPGRADE_START), previous,
                  milestone(trace, HS_MILESTONE_UPGRADE_DONE));
    }
    if (seen(trace, HS_MILESTONE_REQUEST)) {
        set_response_phase(trace);
    }
    set_ready(trace);
}
