/* What a session negotiated. */
#include <openssl/x509.h>

#include "net/quic_state.h"

void hs_quic_session_set_user(hs_quic_session *session, void *user)
{
    session->user = user;
}

void *hs_quic_session_user(const hs_quic_session *session)
{
    return session->user;
}

bool hs_quic_session_is_server(const hs_quic_session *session)
{
    return session->context->is_server;
}

const hs_quic_path *hs_quic_session_path(const hs_quic_session *session)
{
    return &session->path;
}

uint32_t hs_quic_session_version(const hs_quic_session *session)
{
    uint32_t negotiated = session->conn ? ngtcp2_conn_get_negotiated_version(session->conn) : 0;
    return negotiated ? negotiated : session->conn ? session->version : 0;
}

bool hs_quic_session_handshake_completed(const hs_quic_session *session)
{
    return session->completed;
}

bool hs_quic_session_retried(const hs_quic_session *session)
{
    return session->retried;
}

bool hs_quic_session_used_token(const hs_quic_session *session)
{
    return session->used_token;
}

const char *hs_quic_session_cipher(const hs_quic_session *session)
{
    return session->tls ? hs_quic_tls_cipher(session->tls) : NULL;
}

const char *hs_quic_session_group(const hs_quic_session *session)
{
    return session->tls ? hs_quic_tls_group(session->tls) : NULL;
}

const char *hs_quic_session_alpn(const hs_quic_session *session)
{
    return session->tls ? hs_quic_tls_alpn(session->tls) : NULL;
}

const char *hs_quic_session_server_name(const hs_quic_session *session)
{
    if (session->context->is_server) {
        return session->tls ? hs_quic_tls_server_name(session->tls) : NULL;
    }
    return session->peer.name_is_address ? NULL : session->peer.name;
}

bool hs_quic_session_resumed(const hs_quic_session *session)
{
    return session->completed && hs_quic_tls_resumed(session->tls);
}

hs_early_data hs_quic_session_early_data(const hs_quic_session *session)
{
    return session->early_data;
}

int hs_quic_session_verify(const hs_quic_session *session)
{
    return session->peer.verify;
}

const char *hs_quic_session_verify_text(const hs_quic_session *session)
{
    if (session->peer.verify < 0) {
        return NULL;
    }
    return session->peer.verify_text[0] ? session->peer.verify_text
                                        : X509_verify_cert_error_string(session->peer.verify);
}

const char *hs_quic_session_ocsp_text(const hs_quic_session *session)
{
    return session->peer.ocsp_text[0] ? session->peer.ocsp_text : NULL;
}

const hs_quic_end *hs_quic_session_end(const hs_quic_session *session)
{
    bool is_over = session->stage == HS_QUIC_STAGE_CLOSED || session->stage == HS_QUIC_STAGE_ENDED;
    return is_over ? &session->end : NULL;
}

hs_time hs_quic_session_min_rtt(const hs_quic_session *session)
{
    ngtcp2_conn_info info;
    if (!session->conn) {
        return HS_TIME_NONE;
    }
    ngtcp2_conn_get_conn_info(session->conn, &info);
    return info.min_rtt > INT64_MAX ? HS_TIME_NONE : (hs_time)info.min_rtt;
}
