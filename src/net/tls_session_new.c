/* Making and freeing a session. */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "net/tls_state.h"
#include "net/tls_verify.h"

/* "h2,http/1.1" to RFC 7301's list of length-prefixed names. */
static hs_result set_alpn(hs_tls_session *session, const char *list)
{
    for (const char *at = list; *at;) {
        at += strspn(at, " ");
        size_t len = strcspn(at, ",");
        size_t trimmed = len;
        while (trimmed > 0 && at[trimmed - 1] == ' ') {
            trimmed--;
        }
        if (trimmed == 0 || trimmed > 255 ||
            session->alpn_len + 1 + trimmed > sizeof(session->alpn)) {
            return HS_INVALID;
        }
        session->alpn[session->alpn_len] = (uint8_t)trimmed;
        memcpy(session->alpn + session->alpn_len + 1, at, trimmed);
        session->alpn_len += 1 + trimmed;
        at += len;
        at += *at == ',';
    }
    if (session->alpn_len == 0 || session->context->is_server) {
        return HS_OK;
    }
    return SSL_set_alpn_protos(session->ssl, session->alpn, (unsigned)session->alpn_len) == 0
               ? HS_OK
               : HS_NO_MEMORY;
}

static hs_result make_ssl(hs_tls_session *session)
{
    session->ssl = SSL_new(session->context->ctx);
    BIO *in = BIO_new(BIO_s_mem());
    BIO *out = BIO_new(BIO_s_mem());
    if (!session->ssl || !in || !out) {
        BIO_free(in);
        BIO_free(out);
        ERR_clear_error();
        return HS_NO_MEMORY;
    }
    SSL_set_bio(session->ssl, in, out);
    session->in = in;
    session->out = out;
    if (session->context->is_server) {
        SSL_set_accept_state(session->ssl);
    } else {
        SSL_set_connect_state(session->ssl);
    }
    return SSL_set_app_data(session->ssl, session) == 1 ? HS_OK : HS_NO_MEMORY;
}

hs_result hs_tls_session_new(hs_tls_context *context, const char *server_name, const char *alpn,
                             const hs_tls_session_events *events, hs_tls_session **out)
{
    *out = NULL;
    hs_tls_session *session = calloc(1, sizeof(*session));
    if (!session) {
        return HS_NO_MEMORY;
    }
    session->context = context;
    session->events = *events;
    hs_tls_peer_init(&session->peer);
    session->alert = -1;
    hs_buffer_init(&session->early, HS_TLS_EARLY_MAX);
    hs_result result = make_ssl(session);
    if (result == HS_OK && alpn) {
        result = set_alpn(session, alpn);
    }
    if (result == HS_OK && server_name && !context->is_server) {
        result = hs_tls_verify_name(session, server_name);
    }
    if (result == HS_OK) {
        *out = session;
    } else {
        hs_tls_session_free(session);
    }
    return result;
}

void hs_tls_session_free(hs_tls_session *session)
{
    if (session) {
        if (session->stage == HS_TLS_OPEN) {
            /* A connection that just ends must not take its tickets out of the server's cache. */
            SSL_set_shutdown(session->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        }
        SSL_free(session->ssl);
        hs_buffer_free(&session->early);
        free(session->ticket);
        hs_tls_peer_free(&session->peer);
        free(session);
    }
}
