/* The beginning and the end of a run. */
#include "probe/run.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "findings/findings.h"
#include "probe/run_parts.h"

enum {
    KEYLOG_ENTRIES = 64,
    EARLY_LIMIT = 64 * 1024,
    PLAIN_LIMIT = 4 * 1024 * 1024, /* more than one feed of the socket's buffer can give */
};

hs_moment hs_run_now(const hs_run *run)
{
    return hs_timeline_now(&run->timeline);
}

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
    hs_run_start_overall(run);
    *out = run;
    hs_run_enter(run, setup->url->scheme->steps[0]);
    return HS_OK;
}

bool hs_run_is_over(const hs_run *run)
{
    return run->over;
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
    hs_bytes session = hs_run_ticket(run);
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
        hs_run_finish(run);
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
