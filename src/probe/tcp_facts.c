/* What the kernel knows of the connection: TCP_INFO, and the attempts that led to it. */
#include <sys/socket.h>

#include "probe/run.h"

/* tcpi_options, linux/tcp.h; the C library's header lacks the last one. */
enum {
    OPTION_TIMESTAMPS = 1,
    OPTION_SACK = 2,
    OPTION_WINDOW_SCALE = 4,
    OPTION_ECN = 8,
    OPTION_SYN_DATA = 32,
};

static hs_seen has(const struct tcp_info *info, unsigned option)
{
    return info->tcpi_options & option ? HS_YES : HS_NO;
}

static void note_options(hs_run *run, const struct tcp_info *info)
{
    hs_tcp_facts *tcp = &run->trace->tcp;
    tcp->present = true;
    tcp->mss = (uint16_t)info->tcpi_snd_mss;
    tcp->window_scale = has(info, OPTION_WINDOW_SCALE);
    tcp->sack = has(info, OPTION_SACK);
    tcp->timestamps = has(info, OPTION_TIMESTAMPS);
    tcp->ecn = has(info, OPTION_ECN);
    char name[16] = "";
    socklen_t len = sizeof name - 1;
    if (getsockopt(hs_socket_fd(run->socket), IPPROTO_TCP, TCP_CONGESTION, name, &len) == 0) {
        tcp->congestion_control = hs_arena_text(hs_trace_arena(run->trace), name);
    }
}

void hs_run_note_established(hs_run *run, const hs_connect_attempt *attempt)
{
    hs_trace *trace = run->trace;
    struct tcp_info info;
    hs_trace_mark(trace, HS_MILESTONE_SYN, attempt->start);
    if (hs_socket_info(run->socket, &info) != HS_OK) {
        hs_trace_mark(trace, HS_MILESTONE_ESTABLISHED, attempt->end);
        return;
    }
    if (info.tcpi_state != TCP_ESTABLISHED && run->setup.options->tcp_fastopen) {
        /* Nothing has been sent yet: the SYN will carry the first data. */
        run->transport_deferred = true;
        return;
    }
    note_options(run, &info);
    trace->tcp.syn_retransmits = (int)info.tcpi_total_retrans;
    if (run->setup.options->tcp_fastopen) {
        trace->tcp.fast_open = "cookie_requested";
        trace->tcp.syn_data_acknowledged = HS_NO;
    } else {
        trace->tcp.fast_open = "not_used";
    }
    hs_moment established = attempt->end;
    if (info.tcpi_rtt > 0 && info.tcpi_total_retrans == 0) {
        trace->tcp.rtt_us = info.tcpi_rtt;
        hs_time end = attempt->start.at + (hs_time)info.tcpi_rtt * HS_MICROSECOND;
        if (end <= established.at) {
            established = (hs_moment){end, HS_CLOCK_TCP_INFO};
        }
    }
    hs_trace_mark(trace, HS_MILESTONE_ESTABLISHED, established);
}

/* With Fast Open the connection was established while data was on its way; the kernel says
 * afterwards what became of the data in the SYN. */
static void note_deferred(hs_run *run, const struct tcp_info *info)
{
    hs_trace *trace = run->trace;
    hs_moment syn = trace->milestones[HS_MILESTONE_SYN];
    bool acknowledged = info->tcpi_options & OPTION_SYN_DATA;
    note_options(run, info);
    trace->tcp.syn_data_acknowledged = acknowledged ? HS_YES : HS_NO;
    trace->tcp.fast_open = acknowledged ? "syn_data_acknowledged" : "syn_data_not_acknowledged";
    if (info->tcpi_rtt > 0 && info->tcpi_total_retrans == 0) {
        trace->tcp.rtt_us = info->tcpi_rtt;
    }
    if (acknowledged) {
        hs_trace_mark(trace, HS_MILESTONE_ESTABLISHED, syn);
    } else if (trace->tcp.rtt_us >= 0) {
        hs_time end = syn.at + trace->tcp.rtt_us * HS_MICROSECOND;
        hs_trace_mark(trace, HS_MILESTONE_ESTABLISHED, (hs_moment){end, HS_CLOCK_TCP_INFO});
    }
}

void hs_run_note_tcp_end(hs_run *run)
{
    struct tcp_info info;
    if (!run->socket || hs_socket_info(run->socket, &info) != HS_OK) {
        return;
    }
    hs_tcp_facts *tcp = &run->trace->tcp;
    if (run->transport_deferred && info.tcpi_state != TCP_SYN_SENT && info.tcpi_rtt > 0) {
        note_deferred(run, &info);
    }
    if (tcp->present) {
        int before = tcp->syn_retransmits > 0 ? tcp->syn_retransmits : 0;
        tcp->retransmits = (int)info.tcpi_total_retrans - before;
    }
}

static hs_attempt describe(hs_run *run, const hs_connect_attempt *from)
{
    char text[INET6_ADDRSTRLEN + 16];
    hs_address_text(&from->address, text);
    return (hs_attempt){.address = hs_arena_text(hs_trace_arena(run->trace), text),
                        .family = hs_address_family(&from->address),
                        .start = from->start.at,
                        .end = from->end.at,
                        .failure = from->failure,
                        .os_errno = from->os_errno,
                        .won = from->won};
}

static const hs_connect_attempt *attempts_of(const hs_run *run, size_t *count)
{
    *count = 0;
    if (run->quic) {
        *count = run->quic->attempt_count;
        return run->quic->attempts;
    }
    return run->connector ? hs_connector_attempts(run->connector, count) : NULL;
}

void hs_run_note_attempts(hs_run *run)
{
    hs_trace *trace = run->trace;
    size_t count = 0;
    const hs_connect_attempt *attempts = attempts_of(run, &count);
    hs_moment named = run->resolved;
    if (!attempts) {
        return;
    }
    if (count > 0) {
        hs_attempt *copies = hs_arena_alloc(hs_trace_arena(trace), count * sizeof *copies);
        for (size_t i = 0; copies && i < count; i++) {
            copies[i] = describe(run, &attempts[i]);
        }
        trace->target.attempts = copies;
        trace->target.attempt_count = copies ? count : 0;
        if (!run->quic) {
            hs_trace_mark(trace, HS_MILESTONE_SYN, attempts[0].start);
        }
        /* The first address was enough to go on; the other family may have answered later. */
        if (named.at == HS_TIME_NONE || attempts[0].start.at < named.at) {
            named = attempts[0].start;
        }
    }
    if (trace->milestones[HS_MILESTONE_DNS_START].at != HS_TIME_NONE && named.at != HS_TIME_NONE &&
        (count > 0 || trace->failure.cls == HS_FAILURE_NONE)) {
        hs_trace_mark(trace, HS_MILESTONE_DNS_DONE, named);
    }
}
