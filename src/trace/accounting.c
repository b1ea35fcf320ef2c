/* One walk along the trace from 0 to its end. Every stretch of time is given to exactly one part,
 * so the parts add up to the total by construction. */
#include "trace/accounting.h"

/* No path takes so long; HS_TIME_NONE is below 0. */
#define PATH_RTT_MOST (600 * HS_SECOND)

typedef struct walk {
    hs_accounting *parts;
    hs_time cursor; /* all before it has been given away */
    hs_time end;
    hs_time rtt;      /* of the whole path; 0 where unknown */
    hs_time wait_rtt; /* its part behind the place where the trace was taken: the server's side */
    hs_time gap_rtt;  /* and the client's; 0 at the client itself */
    int probes;       /* of QUIC's probe timeouts, those that are past */
} walk;

/* Gives the time up to `until` to `part`. Stamps of different clocks may cross by microseconds; the
 * cursor never goes back. */
static hs_time give(walk *w, hs_time until, hs_time *part)
{
    if (until > w->end) {
        until = w->end;
    }
    if (until <= w->cursor) {
        return 0;
    }
    hs_time stretch = until - w->cursor;
    *part += stretch;
    w->cursor = until;
    return stretch;
}

/* A wait for the peer: the path takes its round trip, the rest is the server's. */
static void give_wait(walk *w, hs_time until)
{
    if (until > w->cursor) {
        hs_time path = w->cursor + w->wait_rtt;
        give(w, path < until ? path : until, &w->parts->network);
        give(w, until, &w->parts->server);
    }
}

/* From the server's last byte to the client's next one. */
static void give_gap(walk *w, hs_time until)
{
    hs_time path = w->cursor + w->gap_rtt;
    give(w, path < until ? path : until, &w->parts->network);
    give(w, until, &w->parts->client);
}

static hs_time at(const hs_trace *trace, hs_milestone milestone)
{
    return trace->milestones[milestone].at;
}

/* The smallest wait of any turn; stands in for a round trip that was not measured. */
static hs_time smallest_wait(const hs_trace *trace)
{
    hs_time best = HS_TIME_NONE;
    for (size_t i = 1; i < trace->segment_count; i++) {
        const hs_segment *out = &trace->segments[i - 1];
        const hs_segment *in = &trace->segments[i];
        if (out->from == HS_CLIENT && in->from == HS_SERVER) {
            hs_time wait = in->moment.at - out->moment.at;
            if (wait >= 0 && (best == HS_TIME_NONE || wait < best)) {
                best = wait;
            }
        }
    }
    return best;
}

/* In a capture, the path is in two halves, on both sides of the place where it was taken. */
typedef struct halves {
    bool known;
    hs_time server;
    hs_time client;
} halves;

static halves halves_of(const hs_trace *trace)
{
    bool is_quic = trace->quic.present;
    halves h = {.server = is_quic ? trace->quic.rtt_server : trace->tcp.rtt_server,
                .client = is_quic ? trace->quic.rtt_client : trace->tcp.rtt_client};
    h.known = trace->capture.present && h.server >= 0 && h.client >= 0 &&
              (is_quic || trace->tcp.syn_ack_retransmits <= 0);
    return h;
}

/* From the client's first datagram to the server's first. Later turns tell nothing: a QUIC client
 * goes on sending (acknowledgments, probes of the path's MTU), and what comes next from the server
 * answers something that left before. */
static hs_time first_wait(const hs_trace *trace)
{
    if (trace->segment_count == 0 || trace->segments[0].from != HS_CLIENT) {
        return HS_TIME_NONE;
    }
    for (size_t i = 1; i < trace->segment_count; i++) {
        if (trace->segments[i].from == HS_SERVER) {
            return trace->segments[i].moment.at - trace->segments[0].moment.at;
        }
    }
    return HS_TIME_NONE;
}

/* Of QUIC: the smaller of what its ACKs tell and of the first wait, with the server's own time in
 * it. */
static void set_quic_rtt(const hs_trace *trace, hs_accounting *parts)
{
    hs_time waited = first_wait(trace);
    waited = waited >= 0 ? waited : HS_TIME_NONE;
    hs_time acknowledged = trace->capture.present ? HS_TIME_NONE : trace->quic.rtt_server;
    if (acknowledged >= 0 && (waited == HS_TIME_NONE || acknowledged <= waited)) {
        parts->path_rtt = acknowledged;
        parts->path_rtt_source = HS_CLOCK_QUIC_ACK;
    } else if (waited != HS_TIME_NONE) {
        parts->path_rtt = waited;
        parts->path_rtt_source = trace->segments[0].moment.clock;
    }
}

/* Of our own connection, SYN and SYN-ACK as they passed: nothing but the path lies between them. */
static bool has_packets(const hs_trace *trace)
{
    hs_moment syn = trace->milestones[HS_MILESTONE_SYN];
    hs_moment established = trace->milestones[HS_MILESTONE_ESTABLISHED];
    return trace->tcp.client.seen && trace->tcp.server.seen && !trace->capture.present &&
           syn.clock == HS_CLOCK_KERNEL && established.clock == HS_CLOCK_KERNEL &&
           established.at >= syn.at && trace->tcp.syn_retransmits <= 0 &&
           trace->tcp.syn_data_acknowledged != HS_YES;
}

static void set_path_rtt(hs_trace *trace)
{
    hs_accounting *parts = &trace->accounting;
    hs_moment syn = trace->milestones[HS_MILESTONE_SYN];
    hs_moment established = trace->milestones[HS_MILESTONE_ESTABLISHED];
    halves h = halves_of(trace);
    if (has_packets(trace)) {
        parts->path_rtt = established.at - syn.at;
        parts->path_rtt_source = HS_CLOCK_KERNEL;
    } else if (trace->tcp.rtt_us >= 0) {
        parts->path_rtt = trace->tcp.rtt_us * HS_MICROSECOND;
        parts->path_rtt_source = HS_CLOCK_TCP_INFO;
    } else if (h.known) {
        parts->path_rtt = h.server + h.client;
        parts->path_rtt_source = HS_CLOCK_CAPTURE;
    } else if (trace->quic.present) {
        set_quic_rtt(trace, parts);
    } else if (syn.at != HS_TIME_NONE && established.at != HS_TIME_NONE &&
               trace->tcp.syn_retransmits <= 0) {
        parts->path_rtt = established.at - syn.at;
        parts->path_rtt_source = established.clock;
    } else {
        parts->path_rtt = smallest_wait(trace);
        if (parts->path_rtt != HS_TIME_NONE) {
            parts->path_rtt_source = trace->segments[0].moment.clock;
        }
    }
    /* A clock that was set in between tells nothing of the path. */
    if (parts->path_rtt < 0 || parts->path_rtt > PATH_RTT_MOST) {
        parts->path_rtt = HS_TIME_NONE;
        parts->path_rtt_source = HS_CLOCK_NONE;
    }
}

/* Where waiting for an address belongs that gave no connection: a refusal is an answer, and took
 * the path's time. */
static hs_time *part_of_failure(walk *w, hs_failure_class cls)
{
    bool is_answer = cls == HS_FAILURE_TCP_REFUSED || cls == HS_FAILURE_TCP_RESET ||
                     cls == HS_FAILURE_QUIC_REFUSED;
    return is_answer ? &w->parts->network : &w->parts->loss;
}

/* Up to `until` with the first `begun` attempts, none of which gave the connection: each takes what
 * it had not ended in, the newest first. Where none is under way, the next one is up to the client.
 */
static void give_attempts(const hs_trace *trace, walk *w, size_t begun, hs_time until)
{
    for (size_t i = begun; i-- > 0;) {
        const hs_attempt *attempt = &trace->target.attempts[i];
        if (!attempt->won) {
            bool is_over = attempt->end != HS_TIME_NONE && attempt->end < until;
            give(w, is_over ? attempt->end : until, part_of_failure(w, attempt->failure));
        }
    }
    give(w, until, &w->parts->client);
}

/* The attempts that began before the one that gave the connection; all, where none did. */
static size_t walk_attempts(const hs_trace *trace, walk *w, bool *has_won)
{
    hs_time syn = at(trace, HS_MILESTONE_SYN);
    bool is_established = at(trace, HS_MILESTONE_ESTABLISHED) != HS_TIME_NONE;
    size_t begun = 0;
    *has_won = false;
    while (begun < trace->target.attempt_count) {
        const hs_attempt *attempt = &trace->target.attempts[begun];
        if (is_established && syn != HS_TIME_NONE && attempt->start >= syn) {
            break;
        }
        give_attempts(trace, w, begun, attempt->start);
        *has_won = *has_won || attempt->won;
        begun++;
    }
    return begun;
}

static void walk_connecting(const hs_trace *trace, walk *w)
{
    if (at(trace, HS_MILESTONE_DNS_START) != HS_TIME_NONE) {
        give(w, at(trace, HS_MILESTONE_DNS_START), &w->parts->client);
        hs_time done = at(trace, HS_MILESTONE_DNS_DONE);
        give(w, done != HS_TIME_NONE ? done : w->end, &w->parts->dns);
    }
    if (at(trace, HS_MILESTONE_QUIC_START) != HS_TIME_NONE) {
        /* QUIC's attempts follow each other; what the last one waits for, its datagrams tell. */
        for (size_t i = 0; i < trace->target.attempt_count; i++) {
            give_attempts(trace, w, i, trace->target.attempts[i].start);
        }
        return;
    }
    hs_time syn = at(trace, HS_MILESTONE_SYN);
    hs_time established = at(trace, HS_MILESTONE_ESTABLISHED);
    bool has_won;
    size_t begun = walk_attempts(trace, w, &has_won);
    if (syn != HS_TIME_NONE) {
        give_attempts(trace, w, begun, syn);
    }
    if (established != HS_TIME_NONE) {
        /* The last SYN's turn is the path's; what came before it was lost. */
        give(w, established - w->rtt, &w->parts->loss);
        give(w, established, &w->parts->network);
    } else if (begun > 0 && !has_won) {
        give_attempts(trace, w, begun, w->end);
    } else if (syn != HS_TIME_NONE || begun > 0) {
        give(w, w->end, part_of_failure(w, trace->failure.cls));
    }
}

/* Whether the peer was being waited for when the attempt ended. */
static bool ended_waiting(const hs_trace *trace)
{
    enum { EXIT_TIMED_OUT = 28, EXIT_CLOSED = 52, EXIT_RESET = 56 };
    const hs_failure_descriptor *failure = hs_failure_describe(trace->failure.cls);
    return failure && (failure->exit_status == EXIT_TIMED_OUT ||
                       failure->exit_status == EXIT_CLOSED || failure->exit_status == EXIT_RESET);
}

/* A server's bytes that follow others without a byte of ours between: the same flight, unless they
 * begin the answer to a request, which the server took its time for (tickets may come before). */
static hs_time *part_of_following(const hs_trace *trace, walk *w, const hs_segment *segment,
                                  bool in_flight)
{
    bool is_answer = segment->moment.at == at(trace, HS_MILESTONE_FIRST_RESPONSE) ||
                     segment->moment.at == at(trace, HS_MILESTONE_UPGRADE_DONE);
    return in_flight && !is_answer ? &w->parts->tail : &w->parts->server;
}

/* Whether a silence of QUIC's ended then, which the client ended itself: what it had sent, or the
 * answer, was lost. */
static bool is_probe(const hs_trace *trace, walk *w, hs_time moment)
{
    const hs_quic_facts *quic = &trace->quic;
    while (quic->probed_at && w->probes < quic->probe_timeouts &&
           quic->probed_at[w->probes] < moment) {
        w->probes++;
    }
    return quic->probed_at && w->probes < quic->probe_timeouts &&
           quic->probed_at[w->probes] == moment;
}

static bool asks_nothing(const hs_trace *trace, const hs_segment *segment, hs_time all_asked)
{
    hs_time answered = at(trace, HS_MILESTONE_FIRST_RESPONSE);
    return segment->from == HS_CLIENT && all_asked != HS_TIME_NONE &&
           segment->moment.at > all_asked &&
           (answered == HS_TIME_NONE || segment->moment.at < answered);
}

static void walk_turns(const hs_trace *trace, walk *w)
{
    const hs_time all_asked = hs_trace_all_asked(trace);
    bool waiting = false;
    bool in_flight = false; /* within the server's flight */
    for (size_t i = 0; i < trace->segment_count; i++) {
        const hs_segment *segment = &trace->segments[i];
        if (segment->from == HS_CLIENT) {
            if (is_probe(trace, w, segment->moment.at)) {
                give(w, segment->moment.at, &w->parts->loss);
            } else if (asks_nothing(trace, segment, all_asked)) {
                in_flight = false;
                continue;
            } else if (in_flight) {
                give_gap(w, segment->moment.at);
            }
            give(w, segment->moment.at, &w->parts->client);
            waiting = true;
            in_flight = false;
        } else if (waiting) {
            give_wait(w, segment->moment.at);
            waiting = false;
            in_flight = true;
        } else {
            give(w, segment->moment.at, part_of_following(trace, w, segment, in_flight));
            in_flight = true;
        }
    }
    /* What is left: an answer that never came, or our own last work. */
    if (ended_waiting(trace)) {
        if (waiting) {
            give_wait(w, w->end);
        }
        give(w, w->end, &w->parts->server);
    }
    give(w, w->end, &w->parts->client);
}

static int round_trips_to_ready(const hs_trace *trace)
{
    hs_time ready = at(trace, HS_MILESTONE_READY);
    if (ready == HS_TIME_NONE) {
        return -1;
    }
    int count = 0;
    /* Only the upgrade over HTTP/2 waits for SETTINGS (RFC 8441 3). */
    bool skips_settings = !trace->phases[HS_PHASE_UPGRADE].present;
    for (int i = 0; i < HS_PHASE_COUNT; i++) {
        const hs_phase_span *span = &trace->phases[i];
        bool before = span->present && span->end.at != HS_TIME_NONE && span->end.at <= ready;
        bool counts = i != HS_PHASE_RESPONSE && (i != HS_PHASE_SETTINGS || !skips_settings);
        if (before && span->round_trips > 0 && counts) {
            count += span->round_trips;
        }
    }
    return count;
}

void hs_trace_compute_accounting(hs_trace *trace)
{
    hs_accounting *parts = &trace->accounting;
    hs_time end = at(trace, HS_MILESTONE_END);
    if (end == HS_TIME_NONE || end < 0) {
        return;
    }
    set_path_rtt(trace);
    parts->present = true;
    parts->total = end;
    parts->round_trips_to_ready = round_trips_to_ready(trace);
    walk w = {
        .parts = parts, .end = end, .rtt = parts->path_rtt != HS_TIME_NONE ? parts->path_rtt : 0};
    halves h = halves_of(trace);
    w.wait_rtt = h.known ? h.server : w.rtt;
    w.gap_rtt = h.known ? h.client : 0;
    walk_connecting(trace, &w);
    walk_turns(trace, &w);
}
