/* The way of the bytes: socket, tap, TLS, step. Everything that crosses the socket is handed to the
 * decoder before anything else sees it. */
#include <string.h>

#include "probe/run.h"

static void tap(hs_run *run, hs_side from, hs_bytes bytes, hs_moment moment)
{
    /* A decoder at its limit says so in the trace; the connection goes on. */
    hs_run_packets_crossed(run, from, bytes);
    hs_result result = hs_decoder_feed(run->decoder, from, bytes, moment);
    if (result == HS_NO_MEMORY) {
        hs_run_give_up(run, result);
    }
}

void hs_run_look_for_keys(hs_run *run)
{
    if (!run->keys_grew) {
        return;
    }
    run->keys_grew = false;
    hs_result result = HS_OK;
    if (run->decoder) {
        result = hs_decoder_keys_changed(run->decoder);
    } else if (run->quic && run->quic->decoder) {
        result = hs_quic_decoder_keys_changed(run->quic->decoder);
    }
    if (result == HS_NO_MEMORY) {
        hs_run_give_up(run, result);
    }
}

static void to_step(hs_run *run, hs_bytes bytes)
{
    if (!run->over && run->step->received) {
        run->step->received(run, bytes);
    }
}

/* --- socket --- */

static void on_received(void *context, hs_bytes bytes, hs_moment moment)
{
    hs_run *run = context;
    if (run->over) {
        return;
    }
    tap(run, HS_SERVER, bytes, moment);
    if (!run->tls) {
        to_step(run, bytes);
        return;
    }
    if (!run->tls_failed) {
        hs_result result = hs_tls_session_feed(run->tls, bytes);
        if (result == HS_NO_MEMORY) {
            hs_run_give_up(run, result);
        }
    }
    hs_run_pump_tls(run);
}

static void on_sent(void *context, hs_bytes bytes, hs_moment moment)
{
    tap(context, HS_CLIENT, bytes, moment);
}

static void on_left(void *context, uint64_t offset, hs_moment moment)
{
    hs_run *run = context;
    hs_trace_stamp(run->trace, HS_CLIENT, offset, moment);
}

static const char *ended_text(const hs_run *run, hs_socket_end how)
{
    if (run->linger == HS_LINGER_GOODBYE) {
        return how == HS_SOCKET_FIN ? "client_fin" : "server_rst_after_client_fin";
    }
    return how == HS_SOCKET_FIN ? "server_fin" : "server_rst";
}

static void fail_by_end(hs_run *run, hs_socket_end how, int os_errno)
{
    const hs_step *step = run->step;
    if (how == HS_SOCKET_FIN) {
        hs_run_fail(run, step->closed, "%s closed the connection during the %s", hs_run_peer(run),
                    step->name);
    } else if (how == HS_SOCKET_RESET) {
        hs_run_fail(run, step->reset, "%s reset the connection during the %s", hs_run_peer(run),
                    step->name);
    } else {
        hs_run_fail(run, step->reset, "the connection to %s broke during the %s: %s",
                    hs_run_peer(run), step->name, strerror(os_errno));
    }
    run->trace->failure.os_errno = os_errno;
}

static void on_ended(void *context, hs_socket_end how, int os_errno, hs_moment moment)
{
    hs_run *run = context;
    (void)moment; /* a FIN carries no byte that could be stamped */
    run->peer_ended = true;
    if (how == HS_SOCKET_FIN) {
        hs_decoder_end(run->decoder, HS_SERVER);
    }
    if (!run->trace->tcp.ended) {
        run->trace->tcp.ended = ended_text(run, how);
    }
    if (run->finished) {
        run->over = true;
        return;
    }
    if (run->tls && !run->tls_failed && !run->tls_established) {
        hs_tls_session_transport_ended(run->tls, how != HS_SOCKET_FIN);
        hs_run_pump_tls(run);
    }
    if (!run->finished) {
        fail_by_end(run, how, os_errno);
    } else if (run->trace->failure.os_errno == 0) {
        run->trace->failure.os_errno = os_errno;
    }
}

void hs_run_take_socket(hs_run *run, int fd)
{
    hs_run_packets_connected(run, fd);
    const hs_socket_events events = {.context = run,
                                     .received = on_received,
                                     .sent = on_sent,
                                     .left = on_left,
                                     .ended = on_ended};
    hs_result result = hs_socket_new(run->setup.loop, fd, &run->timeline, &events, &run->socket);
    if (result != HS_OK) {
        hs_run_give_up(run, result);
    }
}

/* --- TLS --- */

static void send_raw(hs_run *run, hs_bytes bytes)
{
    if (!run->socket || run->peer_ended) {
        return;
    }
    hs_result result = hs_socket_send(run->socket, bytes);
    if (result == HS_LIMIT || result == HS_NO_MEMORY) {
        hs_run_give_up(run, result);
    }
    /* HS_SYSTEM: `ended` follows with the cause. */
}

static void on_tls_output(void *context, hs_bytes bytes)
{
    send_raw(context, bytes);
}

static void on_tls_plaintext(void *context, hs_bytes bytes)
{
    hs_run *run = context;
    hs_result result = hs_buffer_append(&run->plain, bytes);
    if (result != HS_OK) {
        hs_run_give_up(run, result);
    }
}

void hs_run_note_secret(hs_run *run, const char *line)
{
    /* A full key log shows as encrypted records in the ladder. */
    if (hs_keylog_add_line(run->keylog, hs_bytes_of(line, strlen(line))) == HS_OK) {
        run->keys_grew = true;
    }
    hs_run_packets_secret(run, line);
    if (run->setup.keylog_file) {
        (void)fprintf(run->setup.keylog_file, "%s\n", line);
        (void)fflush(run->setup.keylog_file);
    }
}

static void on_tls_keylog(void *context, const char *line)
{
    hs_run_note_secret(context, line);
}

static void on_tls_established(void *context)
{
    hs_run *run = context;
    run->tls_established = true;
}

static void on_tls_closed(void *context)
{
    hs_run *run = context;
    run->tls_closed = true;
}

static void on_tls_failed(void *context, const hs_tls_failure *failure)
{
    hs_run *run = context;
    run->tls_failed = true;
    run->tls_failure = *failure;
}

static void tell_failure(hs_run *run)
{
    const hs_tls_failure *failure = &run->tls_failure;
    hs_bytes first = {0};
    if (run->finished) {
        return;
    }
    if (hs_decoder_not_tls(run->decoder, &first)) {
        first.len = first.len > 48 ? 48 : first.len;
        const char *text = hs_arena_escaped(hs_trace_arena(run->trace), first);
        hs_run_fail(run, HS_FAILURE_TLS_NOT_TLS, "%s does not speak TLS: it sent \"%s\"",
                    hs_run_peer(run), text ? text : "");
    } else {
        hs_run_fail(run, failure->cls, "%s", failure->message);
    }
    run->trace->failure.alert = failure->alert;
    run->trace->failure.verify = failure->verify;
}

static void deliver_plaintext(hs_run *run)
{
    hs_bytes bytes = hs_buffer_bytes(&run->plain);
    while (bytes.len > 0) {
        to_step(run, bytes);
        hs_buffer_consume(&run->plain, bytes.len);
        bytes = hs_buffer_bytes(&run->plain);
    }
}

static bool tell_once(hs_run *run, bool happened, unsigned what)
{
    if (!happened || (run->told & what)) {
        return false;
    }
    run->told |= what;
    return true;
}

static void end_lingering(hs_run *run)
{
    bool has_ticket = !run->tls_failed && hs_tls_session_ticket(run->tls).len > 0;
    if (has_ticket && (run->linger == HS_LINGER_VERDICT || run->linger == HS_LINGER_TICKET)) {
        hs_run_step_done(run);
    }
}

void hs_run_pump_tls(hs_run *run)
{
    hs_run_look_for_keys(run);
    if (run->is_pumping) {
        return; /* the turn below goes on with what this call left */
    }
    run->is_pumping = true;
    if (tell_once(run, run->tls_established, HS_TOLD_ESTABLISHED) && !run->finished) {
        hs_run_tls_established(run);
    }
    deliver_plaintext(run);
    if (tell_once(run, run->tls_failed, HS_TOLD_FAILED)) {
        tell_failure(run);
    }
    if (tell_once(run, run->tls_closed, HS_TOLD_CLOSED) && !run->finished) {
        hs_run_fail(run, run->step->closed, "%s closed the TLS session during the %s",
                    hs_run_peer(run), run->step->name);
    }
    end_lingering(run);
    run->is_pumping = false;
}

hs_tls_session_events hs_run_tls_events(hs_run *run)
{
    return (hs_tls_session_events){.context = run,
                                   .output = on_tls_output,
                                   .plaintext = on_tls_plaintext,
                                   .keylog = on_tls_keylog,
                                   .established = on_tls_established,
                                   .closed = on_tls_closed,
                                   .failed = on_tls_failed};
}

/* --- steps --- */

void hs_run_send(hs_run *run, hs_bytes bytes)
{
    hs_result result = HS_OK;
    if (run->said_goodbye) {
        return;
    }
    if (run->in_early_start) {
        result = hs_buffer_append(&run->early, bytes);
    } else if (!run->tls) {
        send_raw(run, bytes);
    } else if (!run->tls_failed) {
        result = hs_tls_session_send(run->tls, bytes);
        hs_run_pump_tls(run);
    }
    if (result == HS_LIMIT || result == HS_NO_MEMORY) {
        hs_run_give_up(run, result);
    }
}
