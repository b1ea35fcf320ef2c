/* The addresses of a QUIC target, one after another: the next one's turn comes when one refuses, or
 * was silent for its share of the time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "probe/options.h"
#include "probe/quic.h"
#include "probe/run.h"

/* Longer than any path's round trip with a lost datagram: the first probe time-out comes after a
 * second (RFC 9002 6.2.2). */
#define PATIENCE (2 * HS_SECOND)

/* --- deadlines of the session --- */

static void on_expiry(uv_timer_t *timer)
{
    hs_run *run = timer->data;
    if (run->quic->session && !run->over) {
        hs_run_quic_settle(run, hs_quic_session_expire(run->quic->session, hs_clock_monotonic()));
    }
}

/* The loop counts whole milliseconds: before its deadline a session does nothing. */
static void arm(hs_run_quic *quic)
{
    hs_time deadline = quic->session ? hs_quic_session_deadline(quic->session) : HS_TIME_NONE;
    if (deadline == HS_TIME_NONE) {
        uv_timer_stop(&quic->expiry);
        return;
    }
    uv_update_time(quic->expiry.loop);
    hs_time left = deadline - hs_clock_monotonic();
    uint64_t ms = left > 0 ? (uint64_t)((left + HS_MILLISECOND - 1) / HS_MILLISECOND) : 0;
    (void)uv_timer_start(&quic->expiry, on_expiry, ms, 0); /* fails only without a call-back */
}

/* --- one attempt --- */

static hs_result end_attempt(hs_run *run)
{
    hs_run_quic *quic = run->quic;
    hs_result result = HS_OK;
    uv_timer_stop(&quic->expiry);
    uv_timer_stop(&quic->patience);
    hs_run_end_exchange(run);
    hs_quic_session_free(quic->session);
    quic->session = NULL;
    if (quic->socket) {
        hs_udp_socket_collect_stamps(quic->socket);
        hs_udp_socket_close(quic->socket);
        quic->socket = NULL;
    }
    if (quic->decoder) {
        result = hs_quic_decoder_finish(quic->decoder);
        hs_quic_decoder_free(quic->decoder);
        quic->decoder = NULL;
    }
    return result;
}

static hs_result new_session(hs_run *run, const hs_quic_path *path)
{
    const hs_probe_options *o = run->setup.options;
    const hs_scheme *scheme = run->setup.url->scheme;
    uint32_t versions[HS_QUIC_VERSIONS_MAX];
    size_t version_count = 0;
    hs_quic_session_events events = hs_run_quic_events(run);
    if (o->quic_versions && !hs_quic_versions_parse(o->quic_versions, versions, &version_count)) {
        version_count = 0; /* the list was checked when the prober was made */
    }
    hs_quic_target target = {.server_name = o->server_name ? o->server_name : run->setup.url->host,
                             .alpn = o->alpn ? o->alpn : scheme->alpn,
                             .path = *path,
                             .versions = versions,
                             .version_count = version_count};
    return hs_quic_session_new(run->setup.quic_context, &target, &events, &run->quic->session);
}

static hs_result open_attempt(hs_run *run, const hs_address *address)
{
    hs_run_quic *quic = run->quic;
    const hs_udp_events events = hs_run_udp_events(run);
    hs_result result = hs_udp_socket_new_client(run->setup.loop, address, &run->timeline, &events,
                                                &quic->socket);
    if (result != HS_OK) {
        return result;
    }
    hs_run_packets_connected_udp(run, hs_udp_socket_fd(quic->socket));
    const hs_quic_path path = hs_run_quic_path(hs_udp_socket_path(quic->socket));
    quic->decoder = hs_quic_decoder_new(run->trace, run->keylog, quic->crypto);
    return quic->decoder ? new_session(run, &path) : HS_NO_MEMORY;
}

static hs_result start_session(hs_run *run)
{
    hs_run_quic *quic = run->quic;
    if (run->setup.ticket.len > 0) {
        bool early = false;
        /* A ticket that cannot be used any more leaves a full handshake, and the record says so. */
        if (hs_quic_session_offer(quic->session, run->setup.ticket, &early) == HS_OK &&
            run->setup.send_early && early) {
            hs_run_start_early(run);
        }
    }
    return run->over ? HS_OK : hs_quic_session_start(quic->session, hs_clock_monotonic());
}

static void on_patience(uv_timer_t *timer)
{
    hs_run *run = timer->data;
    hs_run_quic *quic = run->quic;
    if (!run->over && !quic->has_answer && quic->attempt_count < quic->address_count) {
        hs_run_quic_attempt_failed(run, HS_FAILURE_QUIC_TIMED_OUT, 0, "no answer");
        hs_run_quic_settle(run, HS_OK);
    }
}

static void begin_next(hs_run *run)
{
    hs_run_quic *quic = run->quic;
    hs_connect_attempt *attempt = &quic->attempts[quic->attempt_count++];
    char text[INET6_ADDRSTRLEN + 16];
    hs_address_text(&attempt->address, text);
    run->trace->target.address = hs_arena_text(hs_trace_arena(run->trace), text);
    run->trace->target.family = hs_address_family(&attempt->address);
    attempt->start = hs_run_now(run);
    quic->sent = 0;
    hs_result result = open_attempt(run, &attempt->address);
    int os_errno = errno;
    if (result == HS_SYSTEM) {
        hs_run_quic_attempt_failed(run, HS_FAILURE_QUIC_UNREACHABLE, os_errno, strerror(os_errno));
    } else if (result == HS_OK) {
        (void)uv_timer_start(&quic->patience, on_patience, (uint64_t)(PATIENCE / HS_MILLISECOND),
                             0);
        result = start_session(run);
    }
    hs_run_quic_settle(run, result == HS_SYSTEM ? HS_OK : result);
}

void hs_run_quic_settle(hs_run *run, hs_result result)
{
    hs_run_quic *quic = run->quic;
    hs_run_look_for_keys(run);
    if (result != HS_OK && !run->over) {
        hs_run_give_up(run, result);
    }
    if (quic->settles && !run->over) {
        quic->settles = false;
        hs_run_quic_established(run);
        if (quic->is_confirmed) {
            hs_run_quic_confirmed(run);
        }
    }
    if (quic->moves_on && !run->over) {
        quic->moves_on = false;
        (void)end_attempt(run); /* what it lost is no part of the connection */
        hs_trace_begin_again(run->trace);
        begin_next(run);
        return;
    }
    arm(quic);
}

static void fail_with_last(hs_run *run, hs_failure_class cls, int os_errno, const char *message)
{
    if (run->quic->attempt_count == 1) {
        hs_run_fail(run, cls, "%s: %s", hs_run_peer(run), message);
    } else {
        hs_run_fail(run, cls, "%s: none of %zu addresses gave a connection, the last says: %s",
                    hs_run_peer(run), run->quic->attempt_count, message);
    }
    run->trace->failure.os_errno = os_errno;
}

void hs_run_quic_attempt_failed(hs_run *run, hs_failure_class cls, int os_errno,
                                const char *message)
{
    hs_run_quic *quic = run->quic;
    hs_connect_attempt *attempt = &quic->attempts[quic->attempt_count - 1];
    attempt->end = hs_run_now(run);
    attempt->failure = cls;
    attempt->os_errno = os_errno;
    if (quic->attempt_count < quic->address_count) {
        quic->moves_on = true;
    } else if (quic->all_found) {
        fail_with_last(run, cls, os_errno, message);
    } else {
        quic->waits_for_address = true;
    }
}

/* --- the list --- */

static hs_result on_found(hs_run *run, const hs_address *addresses, size_t count)
{
    hs_run_quic *quic = run->quic;
    for (size_t i = 0; i < count && quic->address_count < HS_RUN_QUIC_ADDRESSES_MAX; i++) {
        quic->attempts[quic->address_count++] = (hs_connect_attempt){
            .address = addresses[i],
            .start = {HS_TIME_NONE, HS_CLOCK_NONE},
            .end = {HS_TIME_NONE, HS_CLOCK_NONE},
        };
    }
    if (quic->attempt_count == 0 && quic->address_count > 0) {
        begin_next(run);
    } else if (quic->waits_for_address) {
        quic->waits_for_address = false;
        quic->moves_on = true;
        hs_run_quic_settle(run, HS_OK);
    }
    return HS_OK;
}

static void on_all_found(hs_run *run)
{
    hs_run_quic *quic = run->quic;
    quic->all_found = true;
    if (quic->waits_for_address && !run->over) {
        const hs_connect_attempt *last = &quic->attempts[quic->attempt_count - 1];
        fail_with_last(run, last->failure, last->os_errno,
                       last->os_errno != 0 ? strerror(last->os_errno) : "no answer");
    }
}

hs_result hs_run_quic_start(hs_run *run)
{
    const hs_run_addresses addresses = {.found = on_found, .all_found = on_all_found};
    hs_run_quic *quic = calloc(1, sizeof *quic);
    run->quic = quic;
    if (!quic) {
        return HS_NO_MEMORY;
    }
    hs_run_open_timer(run, &quic->expiry);
    hs_run_open_timer(run, &quic->patience);
    hs_result result = hs_quic_crypto_new(&quic->crypto);
    return result == HS_OK ? hs_run_find_addresses(run, HS_PHASE_QUIC, &addresses) : result;
}

/* --- the end --- */

hs_result hs_run_quic_finish(hs_run *run)
{
    return run->quic ? end_attempt(run) : HS_OK;
}

void hs_run_quic_close(hs_run *run)
{
    hs_run_quic *quic = run->quic;
    if (quic) {
        hs_connector_free(quic->tcp_check);
        hs_run_close_timer(&quic->expiry);
        hs_run_close_timer(&quic->patience);
        hs_quic_crypto_free(quic->crypto);
    }
}
