/* What a session negotiated, and its tickets and early data. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/reader.h"
#include "net/tls_state.h"
#include "net/tls_verify.h"
#include "wire/tls/names.h"

const char *hs_tls_session_version(const hs_tls_session *session)
{
    const SSL_CIPHER *cipher = SSL_get_current_cipher(session->ssl);
    return cipher ? hs_tls_version_name((uint16_t)SSL_version(session->ssl)) : NULL;
}

const char *hs_tls_session_cipher(const hs_tls_session *session)
{
    const SSL_CIPHER *cipher = SSL_get_current_cipher(session->ssl);
    return cipher ? SSL_CIPHER_standard_name(cipher) : NULL;
}

const char *hs_tls_session_group(const hs_tls_session *session)
{
    long id = SSL_get_negotiated_group(session->ssl);
    return id > 0 ? SSL_group_to_name(session->ssl, (int)id) : NULL;
}

const char *hs_tls_session_alpn(const hs_tls_session *session)
{
    return session->alpn_chosen[0] ? session->alpn_chosen : NULL;
}

bool hs_tls_session_resumed(const hs_tls_session *session)
{
    return (session->established || hs_tls_session_accepted_early(session)) &&
           SSL_session_reused(session->ssl);
}

hs_early_data hs_tls_session_early_data(const hs_tls_session *session)
{
    if (!session->established && !hs_tls_session_accepted_early(session)) {
        return HS_EARLY_DATA_UNSEEN;
    }
    switch (SSL_get_early_data_status(session->ssl)) {
    case SSL_EARLY_DATA_ACCEPTED:
        return HS_EARLY_DATA_ACCEPTED;
    case SSL_EARLY_DATA_REJECTED:
        return HS_EARLY_DATA_REJECTED;
    default:
        return HS_EARLY_DATA_NOT_OFFERED;
    }
}

bool hs_tls_session_accepted_early(const hs_tls_session *session)
{
    return SSL_get_early_data_status(session->ssl) == SSL_EARLY_DATA_ACCEPTED;
}

int hs_tls_session_verify(const hs_tls_session *session)
{
    return session->peer.verify;
}

const char *hs_tls_session_verify_text(const hs_tls_session *session)
{
    if (session->peer.verify < 0) {
        return NULL;
    }
    return session->peer.verify_text[0] ? session->peer.verify_text
                                        : X509_verify_cert_error_string(session->peer.verify);
}

const char *hs_tls_session_ocsp_text(const hs_tls_session *session)
{
    return session->peer.ocsp_text[0] ? session->peer.ocsp_text : NULL;
}

hs_bytes hs_tls_session_ticket(const hs_tls_session *session)
{
    return hs_bytes_of(session->ticket, session->ticket_len);
}

static bool offers_protocol(const hs_tls_session *session, const unsigned char *name, size_t len)
{
    for (size_t at = 0; at < session->alpn_len; at += 1U + session->alpn[at]) {
        if (session->alpn[at] == len && memcmp(session->alpn + at + 1, name, len) == 0) {
            return true;
        }
    }
    return false;
}

/* RFC 8446 4.2.10: early data needs the ticket's own name and application protocol. OpenSSL would
 * end the handshake where they differ, and knows the name only where the server confirmed it; the
 * ticket's certificate says more. */
static uint32_t early_limit(const hs_tls_session *session, SSL_SESSION *ticket)
{
    const unsigned char *protocol = NULL;
    size_t protocol_len = 0;
    const char *confirmed = SSL_SESSION_get0_hostname(ticket);
    X509 *leaf = SSL_SESSION_get0_peer(ticket);
    SSL_SESSION_get0_alpn_selected(ticket, &protocol, &protocol_len);
    bool other_name = confirmed && (!session->peer.name || session->peer.name_is_address ||
                                    strcmp(confirmed, session->peer.name) != 0);
    bool other_server = !session->context->insecure &&
                        (!leaf || !hs_tls_peer_matches(&session->peer, leaf));
    bool other_protocol = protocol_len > 0 && !offers_protocol(session, protocol, protocol_len);
    return other_name || other_server || other_protocol ? 0
                                                        : SSL_SESSION_get_max_early_data(ticket);
}

hs_result hs_tls_session_offer(hs_tls_session *session, hs_bytes ticket, uint32_t *early_data_max)
{
    if (early_data_max) {
        *early_data_max = 0;
    }
    if (session->stage != HS_TLS_IDLE || session->context->is_server ||
        ticket.len > HS_TLS_TICKET_MAX) {
        return HS_INVALID;
    }
    const unsigned char *at = ticket.data;
    SSL_SESSION *parsed = ticket.len ? d2i_SSL_SESSION(NULL, &at, (long)ticket.len) : NULL;
    bool taken = parsed && SSL_set_session(session->ssl, parsed) == 1;
    if (taken) {
        session->early_max = early_limit(session, parsed);
        if (early_data_max) {
            *early_data_max = session->early_max;
        }
    }
    SSL_SESSION_free(parsed);
    ERR_clear_error();
    return taken ? HS_OK : HS_MALFORMED;
}

hs_result hs_tls_session_early(hs_tls_session *session, hs_bytes bytes)
{
    if (session->stage != HS_TLS_IDLE || session->context->is_server) {
        return HS_INVALID;
    }
    size_t held = hs_buffer_bytes(&session->early).len;
    if (bytes.len > session->early_max || held > session->early_max - bytes.len) {
        return HS_LIMIT;
    }
    return hs_buffer_append(&session->early, bytes);
}
