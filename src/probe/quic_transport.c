/* The way of the datagrams: socket, tap, session, step. What crosses the socket is handed to the
 * decoder before anything else sees it. */
#include "probe/quic.h"

#include <string.h>

#include "probe/run.h"

static void tap(hs_run *run, hs_side from, hs_bytes datagram, hs_moment moment)
{
    hs_run_packets_crossed(run, from, datagram);
    hs_result result = hs_quic_decoder_feed(run->quic->decoder, from, datagram, moment);
    if (result == HS_NO_MEMORY) {
        hs_run_give_up(run, result);
    }
}

/* --- socket --- */

hs_quic_path hs_run_quic_path(const hs_udp_path *ends)
{
    return (hs_quic_path){.local = ends->local.storage, .remote = ends->remote.storage};
}

static void take_answer(hs_run *run, hs_moment moment)
{
    hs_run_quic *quic = run->quic;
    hs_connect_attempt *attempt = &quic->attempts[quic->attempt_count - 1];
    quic->has_answer = true;
    attempt->end = moment;
    attempt->won = true;
    uv_timer_stop(&quic->patience);
    hs_run_step_done(run);
}

static void on_received(void *context, const hs_udp_path *ends, hs_bytes datagram, uint8_t ecn,
                        hs_moment moment)
{
    hs_run *run = context;
    hs_run_quic *quic = run->quic;
    const hs_quic_path path = hs_run_quic_path(ends);
    if (run->over) {
        return;
    }
    tap(run, HS_SERVER, datagram, moment);
    if (!quic->has_answer) {
        take_answer(run, moment);
    }
    if (!run->over) {
        hs_run_quic_settle(run, hs_quic_session_feed(quic->session, &path, datagram,
                                                     (hs_quic_ecn)ecn, hs_clock_monotonic()));
    }
}

static void on_sent(void *context, hs_bytes datagram, hs_moment moment)
{
    hs_run *run = context;
    hs_run_quic *quic = run->quic;
    tap(run, HS_CLIENT, datagram, moment);
    if (quic->sent < HS_RUN_QUIC_DATAGRAMS_MAX) {
        quic->ends[quic->sent] = run->trace->bytes_sent;
    }
    quic->sent++;
}

static void on_left(void *context, uint64_t index, hs_moment moment)
{
    hs_run *run = context;
    if (index < run->quic->sent && index < HS_RUN_QUIC_DATAGRAMS_MAX) {
        hs_trace_stamp(run->trace, HS_CLIENT, run->quic->ends[index] - 1, moment);
    }
}

static void on_icmp(void *context, int os_errno)
{
    hs_run *run = context;
    run->quic->os_errno = os_errno;
    if (!run->over && run->quic->session) {
        hs_run_quic_settle(
            run, hs_quic_session_icmp(run->quic->session, os_errno, hs_clock_monotonic()));
    }
}

hs_udp_events hs_run_udp_events(hs_run *run)
{
    return (hs_udp_events){.context = run,
                           .received = on_received,
                           .sent = on_sent,
                           .left = on_left,
                           .failed = on_icmp};
}

/* --- session --- */

static void on_output(void *context, const hs_quic_path *path, hs_bytes datagram, hs_quic_ecn ecn)
{
    hs_run *run = context;
    (void)path; /* the socket is connected */
    /* A datagram that cannot be sent is lost, as any may be; ICMP tells why. */
    hs_result result = hs_udp_socket_send(run->quic->socket, NULL, datagram, (uint8_t)ecn);
    if (result == HS_NO_MEMORY) {
        hs_run_give_up(run, result);
    }
}

static void on_keylog(void *context, const char *line)
{
    hs_run_note_secret(context, line);
}

static void on_handshake_completed(void *context)
{
    hs_run *run = context;
    if (run->finished) {
        return;
    }
    run->quic->is_completed = true;
    if (hs_run_is_last_step(run)) {
        run->quic->settles = true; /* our Finished leaves before the run is done */
    } else {
        hs_run_quic_established(run); /* what the next step sends leaves with our Finished */
    }
}

static void on_handshake_confirmed(void *context)
{
    hs_run *run = context;
    run->quic->is_confirmed = true;
    hs_run_quic_confirmed(run);
}

static void on_ticket(void *context)
{
    hs_run *run = context;
    if (run->linger == HS_LINGER_TICKET) {
        hs_run_step_done(run);
    }
}

static const hs_step_streams *streams_of(const hs_run *run)
{
    static const hs_step_streams none = {0};
    return !run->over && run->step->streams ? run->step->streams : &none;
}

void hs_run_quic_consume(hs_run *run, int64_t stream, size_t len)
{
    hs_result result = hs_quic_session_consume(run->quic->session, stream, len);
    (void)result; /* HS_INVALID: the stream is gone by now, or the connection is */
}

static void on_stream_data(void *context, int64_t stream, hs_bytes bytes, bool fin, bool is_early)
{
    hs_run *run = context;
    const hs_step_streams *streams = streams_of(run);
    (void)is_early; /* only a server gets early data */
    if (streams->data) {
        streams->data(run, stream, bytes, fin);
    } else {
        hs_run_quic_consume(run, stream, bytes.len); /* nobody reads it */
    }
}

static void on_stream_reset(void *context, int64_t stream, uint64_t error)
{
    hs_run *run = context;
    const hs_step_streams *streams = streams_of(run);
    if (streams->reset) {
        streams->reset(run, stream, error);
    }
}

static void on_stream_closed(void *context, int64_t stream, bool has_error, uint64_t error)
{
    hs_run *run = context;
    const hs_step_streams *streams = streams_of(run);
    if (streams->closed) {
        streams->closed(run, stream, has_error, error);
    }
}

static void on_stream_writable(void *context, int64_t stream)
{
    hs_run *run = context;
    const hs_step_streams *streams = streams_of(run);
    if (streams->writable) {
        streams->writable(run, stream);
    }
}

static void on_streams_extended(void *context, bool bidirectional)
{
    hs_run *run = context;
    const hs_step_streams *streams = streams_of(run);
    if (streams->extended) {
        streams->extended(run, bidirectional);
    }
}

static void on_closed(void *context, const hs_quic_end *end)
{
    hs_run *run = context;
    run->quic->is_closed = true;
    if (run->finished) {
        run->over = run->over || run->linger != HS_LINGER_CHECK;
        return;
    }
    hs_run_quic_ended(run, end);
}

hs_quic_session_events hs_run_quic_events(hs_run *run)
{
    return (hs_quic_session_events){.context = run,
                                    .output = on_output,
                                    .keylog = on_keylog,
                                    .handshake_completed = on_handshake_completed,
                                    .handshake_confirmed = on_handshake_confirmed,
                                    .stream_data = on_stream_data,
                                    .stream_reset = on_stream_reset,
                                    .stream_closed = on_stream_closed,
                                    .stream_writable = on_stream_writable,
                                    .streams_extended = on_streams_extended,
                                    .ticket = on_ticket,
                                    .closed = on_closed};
}
