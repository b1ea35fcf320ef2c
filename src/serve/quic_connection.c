/* One accepted QUIC connection, and what is spoken over its streams. */
#include "serve/quic_connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/clock.h"
#include "serve/listen.h"
#include "wire/quic/error.h"
#include "wire/quic/version.h"

void hs_quic_connection_close(hs_quic_connection *c, uint64_t error, const char *why)
{
    if (!c->is_ending) {
        c->is_ending = true;
        c->ended_why = why;
        hs_quic_session_close(c->session, error, NULL, hs_clock_monotonic());
    }
}

void hs_quic_connection_settle(hs_quic_connection *c, hs_result result)
{
    if (result != HS_OK && result != HS_INVALID) {
        hs_quic_connection_close(c, c->protocol ? c->protocol->internal_error : 0,
                                 hs_result_text(result));
    }
}

/* What is spoken is known with the ClientHello: early data comes before the handshake is done. */
static bool start_protocol(hs_quic_connection *c)
{
    if (c->is_ending) {
        return false;
    }
    if (c->protocol) {
        return true;
    }
    const char *alpn = hs_quic_session_alpn(c->session);
    c->protocol = alpn && strcmp(alpn, "h3") == 0 ? &hs_quic_protocol_http3
                                                  : &hs_quic_protocol_echo;
    c->unit = c->protocol->unit;
    hs_result result = c->protocol->open ? c->protocol->open(c) : HS_OK;
    if (result != HS_OK) {
        hs_quic_connection_close(c, c->protocol->internal_error, hs_result_text(result));
    }
    return !c->is_ending;
}

static void end_protocol(hs_quic_connection *c)
{
    if (c->protocol && c->protocol->free) {
        c->protocol->free(c->state);
    }
    c->protocol = NULL;
    c->state = NULL;
}

static void on_completed(void *context)
{
    hs_quic_connection *c = context;
    c->handshake_ns = uv_hrtime() - c->accepted_at;
    hs_quic_connection_speak(c);
    hs_quic_connection_line_established(c);
    (void)start_protocol(c);
}

static void on_data(void *context, int64_t stream, hs_bytes bytes, bool fin, bool is_early)
{
    hs_quic_connection *c = context;
    if (start_protocol(c)) {
        c->protocol->data(c, stream, bytes, fin, is_early);
    }
}

static void on_reset(void *context, int64_t stream, uint64_t error)
{
    hs_quic_connection *c = context;
    if (start_protocol(c)) {
        c->protocol->reset(c, stream, error);
    }
}

static void on_stopped(void *context, int64_t stream)
{
    hs_quic_connection *c = context;
    if (start_protocol(c)) {
        c->protocol->stopped(c, stream);
    }
}

static void on_stream_closed(void *context, int64_t stream, bool has_error, uint64_t error)
{
    hs_quic_connection *c = context;
    if (start_protocol(c)) {
        c->protocol->closed(c, stream, has_error ? error : c->protocol->no_error);
    }
}

static void on_writable(void *context, int64_t stream)
{
    hs_quic_connection *c = context;
    if (start_protocol(c)) {
        c->protocol->writable(c, stream);
    }
}

static void on_closed(void *context, const hs_quic_end *end)
{
    hs_quic_connection *c = context;
    c->is_ending = true;
    hs_quic_connection_speak(c);
    hs_quic_connection_line_closed(c, end);
    end_protocol(c);
}

static void on_ended(void *context)
{
    hs_quic_connection_free(context);
}

void hs_quic_connection_free(hs_quic_connection *c)
{
    if (c->previous) {
        c->previous->next = c->next;
    } else {
        *c->list = c->next;
    }
    if (c->next) {
        c->next->previous = c->previous;
    }
    end_protocol(c);
    free(c);
}

static void name_peer(hs_quic_connection *c)
{
    char text[HS_LISTEN_TEXT_MAX];
    const hs_listen_address remote = {.storage = hs_quic_session_path(c->session)->remote};
    snprintf(c->peer, sizeof c->peer, "%.63s", hs_listen_text(&remote, text));
}

void hs_quic_connection_accept(hs_serve_host *host, hs_quic_connection **list, const char *scheme,
                               hs_quic_session *session, hs_quic_session_events *events)
{
    hs_quic_connection *c = calloc(1, sizeof *c);
    if (!c) {
        hs_quic_session_close_transport(session, HS_QUIC_ERROR_INTERNAL_ERROR, NULL,
                                        hs_clock_monotonic());
        return;
    }
    c->host = host;
    c->session = session;
    c->scheme = scheme;
    c->number = ++host->accepted;
    c->accepted_at = uv_hrtime();
    c->list = list;
    c->next = *list;
    if (c->next) {
        c->next->previous = c;
    }
    *list = c;
    *events = (hs_quic_session_events){
        .context = c,
        .handshake_completed = on_completed,
        .stream_data = on_data,
        .stream_reset = on_reset,
        .stream_stopped = on_stopped,
        .stream_closed = on_stream_closed,
        .stream_writable = on_writable,
        .closed = on_closed,
        .ended = on_ended,
    };
    name_peer(c);
    char version[HS_QUIC_VERSION_TEXT_SIZE];
    hs_quic_connection_line(c, "%s %s Initial from %s", scheme,
                            hs_quic_version_text(hs_quic_session_version(session), version),
                            c->peer);
}

void hs_quic_connection_say_farewell(hs_quic_connection *c, const char *why)
{
    if (c->is_ending) {
        return;
    }
    if (c->protocol && c->protocol->farewell) {
        c->protocol->farewell(c);
        hs_quic_connection_settle(c, hs_quic_session_flush(c->session, hs_clock_monotonic()));
    }
    hs_quic_connection_close(c, c->protocol ? c->protocol->no_error : 0, why);
}

void hs_quic_connection_speak(hs_quic_connection *c)
{
    if (c->protocol && c->protocol->speak) {
        c->protocol->speak(c);
    }
}

void hs_visit_of_quic(const hs_quic_connection *c, const char *http, bool is_early, hs_visit *out)
{
    *out = (hs_visit){
        .scheme = "https",
        .client = c->peer,
        .http = http,
        .has_tls = true,
        .tls_version = "TLSv1.3", /* RFC 9001 4.2 */
        .cipher = hs_quic_session_cipher(c->session),
        .group = hs_quic_session_group(c->session),
        .alpn = hs_quic_session_alpn(c->session),
        /* Early data is of a resumed session. */
        .resumed = is_early || hs_quic_session_resumed(c->session),
        .early_data = is_early ? HS_EARLY_DATA_ACCEPTED : hs_quic_session_early_data(c->session),
        .handshake_ns = c->handshake_ns,
        .quic_version = hs_quic_version_name(hs_quic_session_version(c->session)),
        .retried = hs_quic_session_retried(c->session),
        .used_token = hs_quic_session_used_token(c->session),
    };
}
