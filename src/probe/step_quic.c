/* QUIC: from a name to the server's first datagram, and from there to the end of the handshake.
 * ngtcp2 drives it, the tap watches. */
#include <string.h>

#include "probe/run.h"
#include "wire/http3.h"

static void start_connecting(hs_run *run)
{
    hs_result result = hs_run_quic_start(run);
    if (result != HS_OK && !run->over) {
        hs_run_give_up(run, result);
    }
}

/* The session is at work already. */
static void go_on(hs_run *run)
{
    (void)run;
}

void hs_run_quic_established(hs_run *run)
{
    hs_run_look_for_keys(run);
    if (hs_run_is_last_step(run) && run->trace->tls.client_certificate_requested == HS_YES) {
        /* As in RFC 8446 4.4.2.4: what the server thinks of our certificate, or of none, comes
         * after our side of the handshake is complete. */
        hs_run_linger(run, HS_LINGER_VERDICT);
        return;
    }
    hs_run_step_done(run);
}

void hs_run_quic_confirmed(hs_run *run)
{
    if (run->linger == HS_LINGER_VERDICT) {
        hs_run_step_done(run);
    } else if (run->linger == HS_LINGER_CONFIRM) {
        hs_run_quic_leave(run);
    }
}

void hs_run_quic_leave(hs_run *run)
{
    hs_run_quic *quic = run->quic;
    if (run->said_goodbye) {
        return;
    }
    if (quic->is_completed && !quic->is_confirmed && !quic->is_closed &&
        run->linger != HS_LINGER_CONFIRM) {
        hs_run_linger(run, HS_LINGER_CONFIRM);
        return;
    }
    if (run->step->leave) {
        run->step->leave(run);
    }
    run->said_goodbye = true;
    const char *alpn = hs_run_alpn(run);
    uint64_t error = alpn && strncmp(alpn, "h3", 2) == 0 ? HS_HTTP3_ERROR_NO_ERROR : 0;
    hs_quic_session_close(quic->session, error, NULL, hs_clock_monotonic());
    run->over = true;
}

/* The class of an end that the peer did not explain is the step's: what was it in the middle of? */
static hs_failure_class class_of(const hs_run *run, const hs_quic_end *end)
{
    if (end->kind == HS_QUIC_END_IDLE) {
        return run->step->timed_out;
    }
    return end->failure.cls == HS_FAILURE_QUIC_CLOSED ? run->step->closed : end->failure.cls;
}

void hs_run_quic_ended(hs_run *run, const hs_quic_end *end)
{
    hs_run_quic *quic = run->quic;
    if (!quic->has_answer) {
        int os_errno = end->kind == HS_QUIC_END_ICMP ? quic->os_errno : 0;
        hs_run_quic_attempt_failed(run, end->failure.cls, os_errno,
                                   os_errno != 0 ? strerror(os_errno) : end->failure.message);
        return;
    }
    hs_run_fail(run, class_of(run, end), "%s", end->failure.message);
    run->trace->failure.alert = end->failure.alert;
    run->trace->failure.verify = end->failure.verify;
}

const hs_step hs_step_quic_connect = {
    .name = "first QUIC datagrams",
    .phase = HS_PHASE_DNS,
    .deadline = HS_DEADLINE_CONNECT,
    .timed_out = HS_FAILURE_QUIC_TIMED_OUT,
    .closed = HS_FAILURE_QUIC_CLOSED,
    .reset = HS_FAILURE_QUIC_STATELESS_RESET,
    .start = start_connecting,
    .expired = hs_run_quic_silent,
};

const hs_step hs_step_quic = {
    .name = "QUIC handshake",
    .phase = HS_PHASE_QUIC,
    .deadline = HS_DEADLINE_TLS,
    .timed_out = HS_FAILURE_QUIC_TIMED_OUT,
    .closed = HS_FAILURE_QUIC_CLOSED,
    .reset = HS_FAILURE_QUIC_STATELESS_RESET,
    .start = go_on,
};
