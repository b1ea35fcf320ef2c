/* The TLS session of a connection, between its socket and its protocol. */
#include <string.h>
#include <sys/socket.h>

#include "serve/connection_line.h"
#include "serve/connection_parts.h"

static bool choose_protocol(hs_connection *c)
{
    const char *alpn = hs_tls_session_alpn(c->tls);
    bool h2 = c->service->h2 && alpn && strcmp(alpn, "h2") == 0;
    return hs_connection_start_protocol(c, h2 ? c->service->h2 : c->service->protocol);
}

static void tls_output(void *context, hs_bytes bytes)
{
    hs_connection *c = context;
    c->in_tls = 0;
    hs_connection_send_raw(c, bytes);
}

static void tls_plaintext(void *context, hs_bytes bytes)
{
    hs_connection *c = context;
    if (c->phase > HS_CONNECTION_OPEN || c->is_finishing || (!c->protocol && !choose_protocol(c))) {
        return;
    }
    c->protocol->received(c, bytes);
}

static void tls_established(void *context)
{
    hs_connection *c = context;
    if (c->phase != HS_CONNECTION_TLS) {
        return;
    }
    c->handshake_ns = uv_hrtime() - c->accepted_at;
    hs_connection_line_established(c);
    hs_connection_set_own_deadline(c, 0);
    c->phase = HS_CONNECTION_OPEN;
    if (c->is_finishing) {
        hs_connection_finish(c, c->ended_why);
    } else if (!c->protocol) {
        (void)choose_protocol(c);
    }
}

/* Whether the peer's FIN has come behind what was read. It is asked before we answer: the answer to
 * a peer that is gone is an RST. */
static bool has_fin_behind(const hs_connection *c)
{
    uv_os_fd_t fd;
    char byte;
    return uv_fileno((const uv_handle_t *)&c->socket, &fd) == 0 &&
           recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void tls_closed(void *context)
{
    hs_connection *c = context;
    c->has_close_notify = true;
    c->has_fin = c->has_fin || has_fin_behind(c);
    hs_connection_finish(c, NULL);
}

static void tls_failed(void *context, const hs_tls_failure *failure)
{
    hs_connection *c = context;
    c->is_broken = true;
    hs_connection_line_tls_failed(c, failure);
    hs_connection_finish(c, c->has_fin || c->error ? NULL : "TLS failed");
}

static const hs_tls_session_events tls_events = {
    .output = tls_output,
    .plaintext = tls_plaintext,
    .established = tls_established,
    .closed = tls_closed,
    .failed = tls_failed,
};

bool hs_connection_start_tls(hs_connection *c)
{
    hs_tls_session_events events = tls_events;
    events.context = c;
    return hs_tls_session_new(c->host->tls, NULL, c->service->alpn, &events, &c->tls) == HS_OK &&
           hs_tls_session_start(c->tls) == HS_OK;
}

void hs_connection_feed_tls(hs_connection *c, hs_bytes bytes)
{
    bool was_closing = c->phase == HS_CONNECTION_CLOSING;
    c->is_feeding = true;
    hs_result result = hs_tls_session_feed(c->tls, bytes);
    c->is_feeding = false;
    if (result != HS_OK && !c->is_broken) {
        hs_connection_abort(c, "the TLS session could not go on");
    } else if (c->phase == HS_CONNECTION_CLOSING && !was_closing) {
        hs_connection_shut_down(c);
    } else {
        hs_connection_go_on(c);
    }
}
