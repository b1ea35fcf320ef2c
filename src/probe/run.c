#include "probe/run.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time_text.h"
#include "findings/findings.h"

enum {
    LINGER_MS = 250, /* beyond a round trip; not part of any figure */
    KEYLOG_ENTRIES = 64,
    EARLY_LIMIT = 64 * 1024,
    PLAIN_LIMIT = 4 * 1024 * 1024, /* more than one feed of the socket's buffer can give */
};

hs_moment hs_run_now(const hs_run *run)
{
    return hs_timeline_now(&run->timeline);
}

void hs_run_set_phase(hs_run *run, hs_phase phase)
{
    run->phase = phase;
}

const char *hs_run_peer(hs_run *run)
{
    const hs_target *target = &run->trace->target;
    hs_arena *arena = hs_trace_arena(run->trace);
    const char *text = NULL;
    if (target->address && strcmp(target->address, target->host) != 0) {
        text = hs_arena_printf(arena, "%s port %u (%s)", target->host, target->port,
                               target->address);
    } else {
        text = hs_arena_printf(arena, "%s port %u", target->host, target->port);
    }
    return text ? text : "the peer";
}

/* --- outcome --- */

static void finish(hs_run *run)
{
    run->finished = true;
    hs_trace_mark(run->trace, HS_MILESTONE_END, hs_run_now(run));
    uv_timer_stop(&run->overall);
    uv_timer_stop(&run->deadline);
}

void hs_run_fail(hs_run *run, hs_failure_class cls, const char *format, ...)
{
    if (run->finished) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    const char *message = hs_arena_vprintf(hs_trace_arena(run->trace), format, arguments);
    va_end(arguments);
    hs_trace_fail(run->trace, cls, run->phase, hs_run_now(run).at, "%s",
                  message ? message : hs_failure_describe(cls)->meaning);
    finish(run);
    run->over = true;
}

void hs_run_give_up(hs_run *run, hs_result result)
{
    if (run->result == HS_OK) {
        run->result = result;
    }
    hs_run_fail(run, HS_FAILURE_LOCAL, "this host could not go on: %s", hs_result_text(result));
    run->over = true;
}

/* --- deadlines --- */

static void on_deadline(uv_timer_t *timer)
{
    hs_run *run = timer->data;
    char waited[HS_TIME_TEXT_MAX];
    (void)hs_time_ms(hs_run_now(run).at, waited);
    if (run->linger == HS_LINGER_VERDICT) {
        hs_run_step_done(run);
    } else if (run->linger == HS_LINGER_CONFIRM) {
        hs_run_quic_leave(run);
    } else if (run->linger == HS_LINGER_CHECK) {
        hs_run_quic_silent_too(run);
    } else if (run->linger != HS_LINGER_NONE) {
        run->over = true;
    } else if (run->phase == HS_PHASE_DNS) {
        hs_run_fail(run, HS_FAILURE_DNS_TIMED_OUT,
                    "the name servers gave no answer for %s; gave up after %s ms",
                    run->setup.url->host, waited);
    } else if (run->step->expired) {
        run->step->expired(run);
    } else {
        hs_run_fail(run, run->step->timed_out, "%s gave no answer to the %s; gave up after %s ms",
                    hs_run_peer(run), run->step->name, waited);
    }
}

static void on_overall(uv_timer_t *timer)
{
    hs_run *run = timer->data;
    char limit[HS_TIME_TEXT_MAX];
    hs_run_fail(run, HS_FAILURE_ABANDONED,
                "the overall deadline of %s ms passed during the %s with %s",
                hs_time_ms(run->setup.options->timeout, limit), run->step->name, hs_run_peer(run));
}

/* The loop counts whole milliseconds from a time that it read earlier: it is made to read it now,
 * and one more millisecond keeps a deadline from passing early. */
static void start_timer(uv_timer_t *timer, uv_timer_cb callback, hs_time after)
{
    uv_update_time(timer->loop);
    uint64_t ms = (uint64_t)((after + HS_MILLISECOND - 1) / HS_MILLISECOND) + 1;
    (void)uv_timer_start(timer, callback, ms, 0); /* fails only without a call-back */
}

static void start_deadline(hs_run *run)
{
    const hs_probe_options *o = run->setup.options;
    const hs_time limits[] = {
        [HS_DEADLINE_CONNECT] = o->connect_timeout,
        [HS_DEADLINE_TLS] = o->tls_timeout,
        [HS_DEADLINE_UPGRADE] = o->upgrade_timeout,
    };
    hs_time limit = limits[run->step->deadline];
    uv_timer_stop(&run->deadline);
    if (limit > 0) {
        start_timer(&run->deadline, on_deadline, limit);
    }
}

void hs_run_linger_for(hs_run *run, hs_linger why, hs_time time)
{
    run->linger = why;
    start_timer(&run->deadline, on_deadline, time);
}

/* Of the path, as far as it is known; with Fast Open, which tells nothing of it, the time so far.
 */
static hs_time round_trip_of(const hs_run *run)
{
    const hs_moment *milestones = run->trace->milestones;
    if (run->quic) {
        hs_time rtt = run->quic->session ? hs_quic_session_min_rtt(run->quic->session) : 0;
        return rtt > 0 ? rtt : 0;
    }
    if (run->transport_deferred) {
        return hs_run_now(run).at;
    }
    hs_time syn = milestones[HS_MILESTONE_SYN].at;
    hs_time established = milestones[HS_MILESTONE_ESTABLISHED].at;
    return syn != HS_TIME_NONE && established > syn ? established - syn : 0;
}

/* What may still come answers what has just left. */
void hs_run_linger(hs_run *run, hs_linger why)
{
    hs_run_linger_for(run, why, LINGER_MS * HS_MILLISECOND + round_trip_of(run));
}

/* --- steps --- */

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
    start_deadline(run);
    if (run->tls && hs_tls_session_early_data(run->tls) != HS_EARLY_DATA_ACCEPTED) {
        hs_run_send(run, hs_buffer_bytes(&run->early));
    }
}

static void enter(hs_run *run, const hs_step *step)
{
    run->step = step;
    run->phase = step->phase;
    start_deadline(run);
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

static hs_bytes ticket_of(const hs_run *run)
{
    if (run->quic && run->quic->session) {
        return hs_quic_session_ticket(run->quic->session);
    }
    return run->tls ? hs_tls_session_ticket(run->tls) : (hs_bytes){0};
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
            enter(run, next);
        }
        return;
    }
    finish(run);
    if (run->setup.wants_ticket && (run->tls || run->quic) && ticket_of(run).len == 0) {
        hs_run_linger(run, HS_LINGER_TICKET);
    } else {
        leave(run);
    }
}

/* --- beginning and end --- */

static void describe_target(hs_run *run)
{
    hs_trace *trace = run->trace;
    hs_arena *arena = hs_trace_arena(trace);
    const hs_url *url = run->setup.url;
    char name[256] = "";
    if (gethostname(name, sizeof name - 1) == 0 && name[0]) {
        trace->vantage = hs_arena_text(arena, name);
    }
    trace->at = run->timeline.realtime_start;
    trace->target.url = hs_arena_escaped(arena, hs_bytes_of(url->text, strlen(url->text)));
    trace->target.scheme = url->scheme->name;
    trace->target.host = hs_arena_text(arena, url->host);
    trace->target.port = url->port;
    trace->target.path = hs_arena_escaped(arena, hs_bytes_of(url->path, strlen(url->path)));
}

void hs_run_open_timer(hs_run *run, uv_timer_t *timer)
{
    (void)uv_timer_init(run->setup.loop, timer); /* it cannot fail (libuv's manual) */
    timer->data = run;
    run->open_handles++;
}

hs_result hs_run_start(const hs_run_setup *setup, hs_run **out)
{
    hs_run *run = calloc(1, sizeof *run);
    if (!run) {
        return HS_NO_MEMORY;
    }
    run->setup = *setup;
    run->resolved = (hs_moment){HS_TIME_NONE, HS_CLOCK_NONE};
    hs_buffer_init(&run->early, EARLY_LIMIT);
    hs_buffer_init(&run->plain, PLAIN_LIMIT);
    hs_run_packets_init(run);
    hs_trace_config config = {.keep_events = setup->options->keep_events,
                              .keep_bytes = setup->options->keep_bytes};
    run->trace = hs_trace_new(&config);
    run->keylog = hs_keylog_new(KEYLOG_ENTRIES);
    bool is_quic = setup->url->scheme->is_quic;
    if (run->trace && run->keylog && !is_quic) {
        run->decoder = hs_decoder_new(run->trace, run->keylog);
    }
    if (!run->trace || !run->keylog || (!run->decoder && !is_quic)) {
        hs_trace_free(run->trace);
        hs_keylog_free(run->keylog);
        free(run);
        return HS_NO_MEMORY;
    }
    hs_packets_begin_run(setup->packets);
    hs_timeline_start(&run->timeline);
    describe_target(run);
    hs_run_open_timer(run, &run->deadline);
    hs_run_open_timer(run, &run->overall);
    if (setup->options->timeout > 0) {
        start_timer(&run->overall, on_overall, setup->options->timeout);
    }
    *out = run;
    enter(run, setup->url->scheme->steps[0]);
    return HS_OK;
}

bool hs_run_is_over(const hs_run *run)
{
    return run->over;
}

static void on_timer_closed(uv_handle_t *handle)
{
    hs_run *run = handle->data;
    run->open_handles--;
}

void hs_run_close_timer(uv_timer_t *timer)
{
    uv_close((uv_handle_t *)timer, on_timer_closed);
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

/* What the kernel still has to say to the peer, it says now. */
static void close_connection(hs_run *run)
{
    hs_run_end_exchange(run);
    if (run->socket) {
        hs_socket_close(run->socket, false);
        run->socket = NULL;
    }
}

static void close_everything(hs_run *run)
{
    hs_tls_session_free(run->tls);
    hs_connector_free(run->connector);
    hs_resolution_free(run->resolution);
    hs_run_quic_close(run);
    hs_run_close_timer(&run->deadline);
    hs_run_close_timer(&run->overall);
    while (run->open_handles > 0) {
        uv_run(run->setup.loop, UV_RUN_NOWAIT);
    }
}

static void keep_ticket(hs_run *run, hs_buffer *ticket, char alpn[32])
{
    hs_bytes session = ticket_of(run);
    if (session.len == 0) {
        return;
    }
    hs_buffer_consume(ticket, hs_buffer_bytes(ticket).len);
    if (hs_buffer_append(ticket, session) == HS_OK) {
        const char *chosen = hs_run_alpn(run);
        (void)snprintf(alpn, 32, "%s", chosen ? chosen : "");
    }
}

static void note_verification(hs_run *run)
{
    hs_tls_facts *tls = &run->trace->tls;
    const char *text = NULL;
    if (run->tls) {
        tls->verify_code = hs_tls_session_verify(run->tls);
        text = hs_tls_session_verify_text(run->tls);
    } else if (run->quic && run->quic->session) {
        tls->verify_code = hs_quic_session_verify(run->quic->session);
        text = hs_quic_session_verify_text(run->quic->session);
    }
    tls->verify = text ? hs_arena_text(hs_trace_arena(run->trace), text) : NULL;
}

hs_trace *hs_run_end(hs_run *run, hs_buffer *ticket, char alpn[32])
{
    hs_trace *trace = run->trace;
    if (!run->finished) {
        finish(run);
    }
    if (run->socket) {
        hs_socket_collect_stamps(run->socket);
    }
    hs_run_note_attempts(run);
    hs_run_note_tcp_end(run);
    keep_ticket(run, ticket, alpn);
    note_verification(run);
    hs_result decoded = run->decoder ? hs_decoder_finish(run->decoder) : hs_run_quic_finish(run);
    close_connection(run);
    hs_run_packets_tell(run);
    close_everything(run);
    hs_result finished = hs_trace_finish(trace);
    hs_run_packets_write(run);
    hs_result judged = hs_findings_run(trace);
    /* What was lost to a limit is said; the rest stands. */
    trace->incomplete = decoded != HS_OK || finished != HS_OK || judged != HS_OK;
    hs_decoder_free(run->decoder);
    hs_keylog_free(run->keylog);
    hs_buffer_free(&run->early);
    hs_buffer_free(&run->plain);
    hs_run_packets_free(run);
    free(run->quic);
    free(run);
    return trace;
}
