/* The steps of a run: which one is at work, what follows it, and the goodbye behind the last. */
#include "probe/run_parts.h"

void hs_run_set_phase(hs_run *run, hs_phase phase)
{
    run->phase = phase;
}

const char *hs_run_alpn(const hs_run *run)
{
    if (run->in_early_start) {
        return run->setup.ticket_alpn;
    }
    if (run->quic) {
        return run->quic->session ? hs_quic_session_alpn(run->quic->session) : NULL;
    }
    return run->tls ? hs_tls_session_alpn(run->tls) : NULL;
}

hs_bytes hs_run_ticket(const hs_run *run)
{
    if (run->quic && run->quic->session) {
        return hs_quic_session_ticket(run->quic->session);
    }
    return run->tls ? hs_tls_session_ticket(run->tls) : (hs_bytes){0};
}

void hs_run_become(hs_run *run, const hs_step *step)
{
    if (run->in_early_start) {
        run->early_step = step;
    } else {
        run->step = step;
        run->phase = step->phase;
    }
    step->start(run);
}

static const hs_step *step_at(const hs_run *run, size_t index)
{
    return index < HS_STEPS_MAX ? run->setup.url->scheme->steps[index] : NULL;
}

bool hs_run_is_last_step(const hs_run *run)
{
    return step_at(run, run->step_index + 1) == NULL;
}

/* Over TCP it is begun by the step for TLS, which it follows; over QUIC by the one before that. */
void hs_run_start_early(hs_run *run)
{
    run->early_index = run->step_index + (run->quic ? 1 : 0);
    run->in_early_start = true;
    hs_run_become(run, step_at(run, run->early_index + 1));
    run->in_early_start = false;
    if (run->quic) {
        return; /* its streams are written to already */
    }
    hs_result result = hs_tls_session_early(run->tls, hs_buffer_bytes(&run->early));
    if (result == HS_LIMIT) {
        /* The ticket allows less than the request needs: it goes after the handshake. */
        return;
    }
    if (result != HS_OK) {
        hs_run_give_up(run, result);
    }
}

/* The step's request was sent as early data; if the server did not take it, it is sent again. A
 * session of QUIC does that by itself. */
static void enter_early_step(hs_run *run)
{
    run->step = run->early_step;
    run->phase = run->step->phase;
    hs_run_start_deadline(run);
    if (run->tls && hs_tls_session_early_data(run->tls) != HS_EARLY_DATA_ACCEPTED) {
        hs_run_send(run, hs_buffer_bytes(&run->early));
    }
}

void hs_run_enter(hs_run *run, const hs_step *step)
{
    run->step = step;
    run->phase = step->phase;
    hs_run_start_deadline(run);
    step->start(run);
}

/* Says goodbye in order, innermost protocol first. */
static void leave(hs_run *run)
{
    if (run->quic) {
        hs_run_quic_leave(run);
        return;
    }
    hs_run_linger(run, HS_LINGER_GOODBYE);
    if (run->step->leave) {
        run->step->leave(run);
    }
    run->said_goodbye = true;
    if (run->tls_established && !run->tls_failed) {
        hs_tls_session_close(run->tls);
        hs_run_pump_tls(run);
    }
    if (run->socket && !run->peer_ended) {
        hs_socket_shutdown(run->socket);
    } else {
        run->over = true;
    }
}

void hs_run_step_done(hs_run *run)
{
    if (run->linger == HS_LINGER_TICKET) {
        leave(run);
        return;
    }
    run->linger = HS_LINGER_NONE;
    if (run->finished) {
        return;
    }
    const hs_step *next = step_at(run, run->step_index + 1);
    if (next) {
        bool is_early = run->early_step && run->step_index == run->early_index;
        run->step_index++;
        if (is_early) {
            enter_early_step(run);
        } else {
            hs_run_enter(run, next);
        }
        return;
    }
    hs_run_finish(run);
    if (run->setup.wants_ticket && (run->tls || run->quic) && hs_run_ticket(run).len == 0) {
        hs_run_linger(run, HS_LINGER_TICKET);
    } else {
        leave(run);
    }
}

void hs_run_end_exchange(hs_run *run)
{
    if (run->early_step && run->early_step->end) {
        run->early_step->end(run);
    } else if (run->step->end) {
        run->step->end(run);
    }
    run->early_step = NULL;
}
