/* OpenSSL's call-backs within the handshake, and what they leave to be judged at its end. */
#include "net/tls_verify.h"
#include "net/tls_failure.h"
#include "net/tls_state.h"

hs_result hs_tls_verify_name(hs_tls_session *session, const char *name)
{
    hs_tls_peer *peer = &session->peer;
    hs_result result = hs_tls_peer_set_name(peer, name);
    if (result != HS_OK) {
        return result;
    }
    return hs_tls_peer_set_param(peer, SSL_get0_param(session->ssl)) &&
                   (peer->name_is_address ||
                    SSL_set_tlsext_host_name(session->ssl, peer->name) == 1)
               ? HS_OK
               : HS_INVALID;
}

int hs_tls_verify_chain(X509_STORE_CTX *store_context, void *context)
{
    const hs_tls_context *own = context;
    if (own->auth_level >= 0) {
        X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(store_context), own->auth_level);
    }
    return X509_verify_cert(store_context);
}

int hs_tls_on_verify(int ok, X509_STORE_CTX *store_context)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(store_context,
                                                SSL_get_ex_data_X509_STORE_CTX_idx());
    hs_tls_session *session = hs_tls_session_of(ssl);
    if (ok) {
        return 1;
    }
    hs_tls_peer_note_first(&session->peer, store_context);
    return session->context->insecure;
}

/* A resumed session brings the result of its first handshake along, which was for another name if
 * the ticket is another server's. */
static void check_resumed_name(hs_tls_session *session, X509 *leaf)
{
    hs_tls_peer *peer = &session->peer;
    if (peer->verify == X509_V_OK && SSL_session_reused(session->ssl) &&
        !hs_tls_peer_matches(peer, leaf)) {
        hs_tls_peer_note(peer,
                         peer->name_is_address ? X509_V_ERR_IP_ADDRESS_MISMATCH
                                               : X509_V_ERR_HOSTNAME_MISMATCH,
                         0, leaf);
    }
}

bool hs_tls_verify_finish(hs_tls_session *session, hs_tls_failure *failure)
{
    const hs_tls_context *context = session->context;
    X509 *leaf = SSL_get0_peer_certificate(session->ssl);
    hs_tls_peer *peer = &session->peer;
    if (leaf && peer->verify < 0) {
        peer->verify = (int)SSL_get_verify_result(session->ssl);
        if (peer->verify != X509_V_OK) {
            hs_tls_peer_note(peer, peer->verify, 0, NULL);
        }
    }
    if (leaf) {
        check_resumed_name(session, leaf);
    }
    if (!context->insecure && peer->verify != X509_V_OK) {
        hs_tls_failure_of_verify(session, failure);
        return false;
    }
    if (context->pins && !(leaf && hs_pins_match(context->pins, leaf))) {
        hs_tls_failure_of_pins(session, leaf, failure);
        return false;
    }
    return true;
}
