/* Handshake messages: bytes into GnuTLS, and what is watched as it reads them. */
#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include "base/reader.h"
#include "net/quic_gnutls_state.h"
#include "wire/tls/handshake.h"

/* --- what GnuTLS calls --- */

/* RFC 9001 8.2: a ClientHello has to have the client's transport parameters. GnuTLS does not miss
 * them, and ngtcp2, which looks for a server's itself, aborts the process over a client without. */
static int demand_parameters(const hs_quic_tls *tls)
{
    ngtcp2_conn *conn = tls->events.connection(tls->events.context);
    return ngtcp2_conn_get_remote_transport_params(conn) ? 0 : GNUTLS_E_MISSING_EXTENSION;
}

/* RFC 9001 8.1: a server answers a client with which it has no protocol in common, or that names
 * none, by no_application_protocol. */
static int on_client_hello(hs_quic_tls *tls, unsigned when, const gnutls_datum_t *message)
{
    gnutls_datum_t chosen;
    if (when == GNUTLS_HOOK_PRE) {
        hs_quic_tls_note_hello(tls, message);
        hs_secret_wipe(&tls->early_secret);
        tls->hello_count++;
        return 0;
    }
    bool missing = tls->wants_protocol &&
                   gnutls_alpn_get_selected_protocol(tls->session, &chosen) != 0;
    return missing ? GNUTLS_E_NO_APPLICATION_PROTOCOL : demand_parameters(tls);
}

int hs_quic_tls_on_message(gnutls_session_t session, unsigned type, unsigned when,
                           unsigned incoming, const gnutls_datum_t *message)
{
    hs_quic_tls *tls = hs_quic_tls_of(session);
    if (incoming && type == GNUTLS_HANDSHAKE_CLIENT_HELLO) {
        return on_client_hello(tls, when, message);
    }
    if (incoming && type == GNUTLS_HANDSHAKE_NEW_SESSION_TICKET) {
        hs_quic_tls_note_ticket(tls, when, message);
    }
    return 0;
}

/* --- what came in CRYPTO frames --- */

static int refuse(hs_quic_tls *tls, int error)
{
    tls->error = error;
    gnutls_alert_send_appropriate(tls->session, error);
    return NGTCP2_ERR_CRYPTO;
}

/* RFC 9001 4.4, 6: after the handshake a server sends session tickets and a client sends nothing;
 * above all no KeyUpdate, which GnuTLS would follow and ngtcp2 would not survive. */
static bool may_follow(hs_quic_tls *tls, ngtcp2_encryption_level level, hs_bytes bytes)
{
    if (level != NGTCP2_ENCRYPTION_LEVEL_1RTT || tls->context->is_server) {
        return false;
    }
    for (size_t at = 0; at < bytes.len;) {
        if (tls->body_left > 0) {
            size_t step = bytes.len - at < tls->body_left ? bytes.len - at : tls->body_left;
            tls->body_left -= step;
            at += step;
            continue;
        }
        tls->header[tls->header_len++] = bytes.data[at++];
        if (tls->header[0] != HS_TLS_HS_NEW_SESSION_TICKET) {
            return false;
        }
        if (tls->header_len == HS_QUIC_TLS_MESSAGE_HEADER) {
            hs_fault fault;
            hs_reader r;
            hs_reader_init(&r, hs_bytes_of(tls->header + 1, HS_QUIC_TLS_MESSAGE_HEADER - 1), &fault,
                           NULL);
            tls->body_left = hs_read_u24(&r, "length");
            tls->header_len = 0;
        }
    }
    return true;
}

static int shake_hands(hs_quic_tls *tls, ngtcp2_conn *conn)
{
    int error = gnutls_handshake(tls->session);
    if (error < 0) {
        return gnutls_error_is_fatal(error) ? refuse(tls, error) : 0;
    }
    tls->done = true;
    ngtcp2_conn_tls_handshake_completed(conn);
    return 0;
}

int hs_quic_tls_receive(hs_quic_tls *tls, ngtcp2_encryption_level level, hs_bytes bytes)
{
    ngtcp2_conn *conn = tls->events.connection(tls->events.context);
    if (tls->done && !may_follow(tls, level, bytes)) {
        return refuse(tls, GNUTLS_E_UNEXPECTED_HANDSHAKE_PACKET);
    }
    int error = gnutls_handshake_write(tls->session,
                                       ngtcp2_crypto_gnutls_from_ngtcp2_encryption_level(level),
                                       bytes.data, bytes.len);
    if (error != 0 && gnutls_error_is_fatal(error)) {
        error = refuse(tls, error);
    } else {
        error = tls->done ? 0 : shake_hands(tls, conn);
    }
    /* What went wrong in ngtcp2's own call-backs within GnuTLS says more. */
    int inner = ngtcp2_conn_get_tls_error(conn);
    return error != 0 && inner != 0 ? inner : error;
}
