/* What is noted while OpenSSL shakes hands. */
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "net/tls_callbacks.h"
#include "net/tls_state.h"
#include "net/tls_verify.h"

void hs_tls_on_info(const SSL *ssl, int where, int value)
{
    hs_tls_session *session = hs_tls_session_of(ssl);
    if (!(where & SSL_CB_ALERT) || value >> 8 != SSL3_AL_FATAL || session->alert >= 0) {
        return;
    }
    session->alert = value & 0xff;
    session->alert_received = where & SSL_CB_READ;
}

void hs_tls_on_keylog(const SSL *ssl, const char *line)
{
    hs_tls_session *session = hs_tls_session_of(ssl);
    if (session->events.keylog) {
        session->events.keylog(session->events.context, line);
    }
}

int hs_tls_on_certificate_request(SSL *ssl, void *unused)
{
    (void)unused;
    hs_tls_session_of(ssl)->client_certificate_requested = true;
    return 1;
}

int hs_tls_on_status(SSL *ssl, void *unused)
{
    (void)unused;
    hs_tls_session *session = hs_tls_session_of(ssl);
    unsigned char *response = NULL;
    long len = SSL_get_tlsext_status_ocsp_resp(ssl, &response);
    if (!response || len <= 0) {
        return 1;
    }
    bool revoked = hs_tls_judge_staple(&session->peer, hs_bytes_of(response, (size_t)len),
                                       SSL_get0_verified_chain(ssl),
                                       hs_trust_store(session->context->trust));
    return !revoked || session->context->insecure;
}

int hs_tls_on_ticket(SSL *ssl, SSL_SESSION *ticket)
{
    hs_tls_session *session = hs_tls_session_of(ssl);
    int len = SSL_SESSION_is_resumable(ticket) ? i2d_SSL_SESSION(ticket, NULL) : 0;
    uint8_t *bytes = len > 0 && len <= HS_TLS_TICKET_MAX ? malloc((size_t)len) : NULL;
    if (bytes) {
        unsigned char *at = bytes;
        session->ticket_len = (size_t)i2d_SSL_SESSION(ticket, &at);
        free(session->ticket);
        session->ticket = bytes;
    }
    return 0; /* OpenSSL keeps its reference */
}

int hs_tls_on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                   const unsigned char *in, unsigned in_len, void *unused)
{
    (void)unused;
    const hs_tls_session *session = hs_tls_session_of(ssl);
    if (session->alpn_len == 0) {
        return SSL_TLSEXT_ERR_NOACK;
    }
    unsigned char *chosen = NULL;
    if (SSL_select_next_proto(&chosen, out_len, session->alpn, (unsigned)session->alpn_len, in,
                              in_len) != OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}
