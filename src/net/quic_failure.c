/* How a connection ended, in one sentence and a class. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <errno.h>

#include "base/arena.h"
#include "base/reader.h"
#include "net/asn1_text.h"
#include "net/quic_state.h"
#include "net/tls_failure.h"
#include "wire/quic/error.h"
#include "wire/quic/version.h"
#include "wire/tls/alert.h"

enum { TEXT_MAX = 512, HINT_MAX = 320 };

void hs_quic_end_set(hs_quic_session *session, hs_quic_end_kind kind, hs_failure_class cls,
                     const char *format, ...)
{
    char text[TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    hs_quic_end *end = &session->end;
    *end = (hs_quic_end){.kind = kind,
                         .failure = {.cls = cls, .alert = -1, .verify = session->peer.verify}};
    snprintf(end->failure.message, sizeof(end->failure.message), "%.*s",
             (int)hs_text_cut(text, sizeof(end->failure.message) - 1), text);
}

typedef struct verify_alert {
    int verify;
    uint8_t alert;
} verify_alert;

/* As OpenSSL's own for TLS over TCP. */
static const verify_alert verify_alerts[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED, HS_TLS_ALERT_CERTIFICATE_EXPIRED},
    {X509_V_ERR_CERT_REVOKED, HS_TLS_ALERT_CERTIFICATE_REVOKED},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, HS_TLS_ALERT_UNKNOWN_CA},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, HS_TLS_ALERT_UNKNOWN_CA},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, HS_TLS_ALERT_UNKNOWN_CA},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, HS_TLS_ALERT_UNKNOWN_CA},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, HS_TLS_ALERT_UNKNOWN_CA},
    {X509_V_ERR_CERT_CHAIN_TOO_LONG, HS_TLS_ALERT_UNKNOWN_CA},
    {X509_V_ERR_INVALID_CA, HS_TLS_ALERT_UNKNOWN_CA},
    {X509_V_ERR_INVALID_PURPOSE, HS_TLS_ALERT_UNSUPPORTED_CERTIFICATE},
    {X509_V_ERR_OUT_OF_MEM, HS_TLS_ALERT_INTERNAL_ERROR},
};

uint8_t hs_quic_verify_alert(int verify)
{
    for (size_t i = 0; i < sizeof(verify_alerts) / sizeof(verify_alerts[0]); i++) {
        if (verify_alerts[i].verify == verify) {
            return verify_alerts[i].alert;
        }
    }
    return HS_TLS_ALERT_BAD_CERTIFICATE;
}

static const char *peer(const hs_quic_session *session)
{
    return session->context->is_server ? "the client" : "the server";
}

/* What an alert from the server means at this point. */
static void alert_hint(const hs_quic_session *session, hs_failure_class cls, char *out, size_t size)
{
    char list[HS_QUIC_ALPN_MAX];
    out[0] = 0;
    if (session->context->is_server) {
        return;
    }
    if (cls == HS_FAILURE_TLS_ALPN_MISMATCH) {
        hs_tls_protocols_text(hs_bytes_of(session->alpn, session->alpn_len), list, sizeof(list));
        snprintf(out, size, ": offered was %s", list[0] ? list : "none");
    } else {
        hs_tls_alert_hint(cls, &session->peer, hs_quic_tls_has_certificate(session->context->tls),
                          out, size);
    }
}

static void of_alert_received(hs_quic_session *session, uint8_t alert)
{
    char hint[HINT_MAX];
    bool requested = session->tls && hs_quic_tls_certificate_requested(session->tls);
    hs_failure_class cls = hs_tls_alert_class(alert, requested);
    alert_hint(session, cls, hint, sizeof(hint));
    hs_quic_end_set(session, HS_QUIC_END_PEER_CLOSE, cls, "%s sent alert %s (%d)%s", peer(session),
                    hs_tls_alert_text(alert), alert, hint);
    session->end.failure.alert = alert;
    session->end.failure.alert_received = true;
}

static void take_reason(hs_quic_end *end, const ngtcp2_ccerr *close)
{
    hs_arena *arena = hs_arena_new(NULL, 16384);
    const char *text = arena && close->reasonlen > 0
                           ? hs_arena_escaped(arena, hs_bytes_of(close->reason, close->reasonlen))
                           : NULL;
    if (text) {
        snprintf(end->reason, sizeof(end->reason), "%.*s",
                 (int)hs_text_cut(text, sizeof(end->reason) - 1), text);
    }
    hs_arena_free(arena);
}

static void of_code_received(hs_quic_session *session, const ngtcp2_ccerr *close)
{
    char code[HS_QUIC_ERROR_TEXT_SIZE];
    hs_quic_end reason = {0};
    bool application = close->type == NGTCP2_CCERR_TYPE_APPLICATION;
    hs_failure_class cls = HS_FAILURE_QUIC_CLOSED;
    take_reason(&reason, close);
    if (application) {
        snprintf(code, sizeof(code), "application error 0x%llx",
                 (unsigned long long)close->error_code);
    } else {
        hs_quic_error_text(close->error_code, code);
        cls = close->error_code == HS_QUIC_ERROR_INVALID_TOKEN ? HS_FAILURE_QUIC_INVALID_TOKEN
              : close->error_code == HS_QUIC_ERROR_VERSION_NEGOTIATION_ERROR
                  ? HS_FAILURE_QUIC_VERSION_MISMATCH
                  : HS_FAILURE_QUIC_CLOSED;
    }
    hs_quic_end_set(session, HS_QUIC_END_PEER_CLOSE, cls, "%s closed the connection%s: %s%s%s%s",
                    peer(session), session->completed ? "" : " within the handshake", code,
                    reason.reason[0] ? " (\"" : "", reason.reason, reason.reason[0] ? "\")" : "");
}

void hs_quic_end_of_peer(hs_quic_session *session)
{
    const ngtcp2_ccerr *close = ngtcp2_conn_get_ccerr(session->conn);
    bool application = close->type == NGTCP2_CCERR_TYPE_APPLICATION;
    uint8_t alert = 0;
    if (!application && hs_quic_error_alert(close->error_code, &alert)) {
        of_alert_received(session, alert);
    } else {
        of_code_received(session, close);
    }
    session->end.has_error = true;
    session->end.is_application = application;
    session->end.error = close->error_code;
    take_reason(&session->end, close);
}

void hs_quic_end_of_versions(hs_quic_session *session)
{
    char list[TEXT_MAX / 2] = "";
    size_t used = 0;
    for (size_t i = 0; i < session->offered_count && used < sizeof(list); i++) {
        char text[HS_QUIC_VERSION_TEXT_SIZE];
        if (hs_quic_version_is_reserved(session->offered[i])) {
            continue;
        }
        int len = snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "",
                           hs_quic_version_text(session->offered[i], text));
        used += len > 0 ? (size_t)len : 0;
    }
    char tried[HS_QUIC_VERSION_TEXT_SIZE];
    hs_quic_end_set(session, HS_QUIC_END_VERSION_NEGOTIATION, HS_FAILURE_QUIC_VERSION_MISMATCH,
                    "the server does not speak QUIC %s; it offers %s",
                    hs_quic_version_text(session->version, tried), list[0] ? list : "none");
}

void hs_quic_end_of_icmp(hs_quic_session *session, int os_errno)
{
    bool refused = os_errno == ECONNREFUSED;
    hs_quic_end_set(session, HS_QUIC_END_ICMP,
                    refused ? HS_FAILURE_QUIC_REFUSED : HS_FAILURE_QUIC_UNREACHABLE, "%s",
                    refused ? "ICMP: port unreachable" : strerror(os_errno));
}

static void of_tls(hs_quic_session *session)
{
    uint8_t alert = ngtcp2_conn_get_tls_alert(session->conn);
    const char *why = session->tls ? hs_quic_tls_error_text(session->tls) : NULL;
    hs_failure_class cls;
    if (session->was_judged_bad) {
        alert = hs_quic_verify_alert(session->judged.verify);
        hs_quic_end_set(session, HS_QUIC_END_LOCAL_CLOSE, session->judged.cls, "%s",
                        session->judged.message);
    } else {
        bool ours = session->tls && hs_quic_tls_error_is_ours(session->tls);
        cls = ours ? HS_FAILURE_LOCAL : hs_tls_alert_class(alert, false);
        hs_quic_end_set(session, HS_QUIC_END_LOCAL_CLOSE,
                        cls == HS_FAILURE_TLS_ALERT ? HS_FAILURE_TLS_PROTOCOL_ERROR : cls,
                        "%s; sent alert %s (%d)", why ? why : "the TLS handshake cannot go on",
                        hs_tls_alert_text(alert), alert);
    }
    session->end.failure.alert = alert;
}

void hs_quic_end_of_error(hs_quic_session *session, int error)
{
    switch (error) {
    case NGTCP2_ERR_DRAINING:
        if (session->is_reset) {
            hs_quic_end_set(session, HS_QUIC_END_STATELESS_RESET, HS_FAILURE_QUIC_STATELESS_RESET,
                            "%s sent a stateless reset", peer(session));
        } else {
            hs_quic_end_of_peer(session);
        }
        return;
    case NGTCP2_ERR_CRYPTO:
        of_tls(session);
        return;
    case NGTCP2_ERR_IDLE_CLOSE:
        hs_quic_end_set(session, HS_QUIC_END_IDLE, HS_FAILURE_QUIC_TIMED_OUT,
                        "nothing came from %s until the idle timeout", peer(session));
        return;
    case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
        hs_quic_end_set(session, HS_QUIC_END_IDLE, HS_FAILURE_QUIC_TIMED_OUT,
                        "the handshake did not end in time");
        return;
    case NGTCP2_ERR_DROP_CONN:
    case NGTCP2_ERR_RETRY:
        session->wants_retry = error == NGTCP2_ERR_RETRY;
        hs_quic_end_set(session, HS_QUIC_END_DROPPED, HS_FAILURE_QUIC_PROTOCOL_ERROR,
                        "what came is not the beginning of a connection");
        return;
    case NGTCP2_ERR_VERSION_NEGOTIATION_FAILURE:
        hs_quic_end_set(session, HS_QUIC_END_LOCAL_CLOSE, HS_FAILURE_QUIC_VERSION_MISMATCH,
                        "%s contradicts itself about its versions", peer(session));
        return;
    case NGTCP2_ERR_NOMEM:
    case NGTCP2_ERR_CALLBACK_FAILURE:
    case NGTCP2_ERR_INTERNAL:
        hs_quic_end_set(session, HS_QUIC_END_LOCAL_CLOSE, HS_FAILURE_LOCAL, "%s",
                        error == NGTCP2_ERR_INTERNAL ? "ngtcp2: internal error" : "out of memory");
        return;
    default: {
        char code[HS_QUIC_ERROR_TEXT_SIZE];
        hs_quic_error_text(ngtcp2_err_infer_quic_transport_error_code(error), code);
        hs_quic_end_set(session, HS_QUIC_END_LOCAL_CLOSE, HS_FAILURE_QUIC_PROTOCOL_ERROR,
                        "%s broke the protocol: %s", peer(session), code);
        return;
    }
    }
}
