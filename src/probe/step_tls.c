/* The TLS handshake: OpenSSL drives it, the tap watches. */
#include "probe/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *alpn_to_offer(const hs_run *run)
{
    const hs_probe_options *o = run->setup.options;
    const hs_scheme *scheme = run->setup.url->scheme;
    if (o->alpn) {
        return o->alpn;
    }
    if (scheme->has_request && o->http_version == HS_HTTP_1_1) {
        return "http/1.1";
    }
    if (scheme->has_request && o->http_version == HS_HTTP_2) {
        return "h2";
    }
    return scheme->alpn;
}

static void offer_ticket(hs_run *run)
{
    uint32_t early_max = 0;
    if (run->setup.ticket.len == 0) {
        return;
    }
    hs_result result = hs_tls_session_offer(run->tls, run->setup.ticket, &early_max);
    if (result != HS_OK) {
        /* A ticket that cannot be used any more leaves a full handshake, and the record says so. */
        return;
    }
    if (run->setup.send_early && early_max > 0) {
        hs_run_start_early(run);
    }
}

static void start(hs_run *run)
{
    const hs_probe_options *o = run->setup.options;
    const char *name = o->server_name ? o->server_name : run->setup.url->host;
    hs_tls_session_events events = hs_run_tls_events(run);
    hs_result result = hs_tls_session_new(run->setup.tls_context, name, alpn_to_offer(run), &events,
                                          &run->tls);
    if (result != HS_OK) {
        hs_run_give_up(run, result);
        return;
    }
    offer_ticket(run);
    if (run->over) {
        return;
    }
    result = hs_tls_session_start(run->tls);
    if (result == HS_NO_MEMORY) {
        hs_run_give_up(run, result);
        return;
    }
    hs_run_pump_tls(run);
}

void hs_run_tls_established(hs_run *run)
{
    const hs_scheme *scheme = run->setup.url->scheme;
    bool is_last = scheme->steps[run->step_index + 1] == NULL;
    const char *version = hs_tls_session_version(run->tls);
    bool is_tls13 = version && strcmp(version, "TLSv1.3") == 0;
    if (is_last && is_tls13 && run->trace->tls.client_certificate_requested == HS_YES) {
        /* RFC 8446 4.4.2.4: what the server thinks of our certificate, or of none, comes after our
         * side of the handshake is complete. */
        hs_run_linger(run, HS_LINGER_VERDICT);
        return;
    }
    hs_run_step_done(run);
}

/* A server that said nothing at all is another matter than one that came to a halt. */
static void expired(hs_run *run)
{
    char came[96];
    uint64_t len = run->trace->bytes_received;
    snprintf(came, sizeof came, "did not finish the TLS handshake: %" PRIu64 " byte%s of it came",
             len, len == 1 ? "" : "s");
    hs_run_expire(run, len > 0 ? came : NULL);
}

const hs_step hs_step_tls = {
    .name = "TLS handshake",
    .phase = HS_PHASE_TLS,
    .deadline = HS_DEADLINE_TLS,
    .timed_out = HS_FAILURE_TLS_TIMED_OUT,
    .closed = HS_FAILURE_TLS_CLOSED,
    .reset = HS_FAILURE_TLS_RESET,
    .start = start,
    .expired = expired,
};
