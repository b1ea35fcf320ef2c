/* Failures in one sentence each, with the particulars. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "base/reader.h"
#include "net/asn1_text.h"
#include "net/tls_failure.h"
#include "net/tls_state.h"
#include "wire/tls/names.h"

enum { TEXT_MAX = 512 };

static void HS_PRINTF(3, 4) set(hs_tls_failure *out, hs_failure_class cls, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    out->cls = cls;
    snprintf(out->message, sizeof(out->message), "%.*s",
             (int)hs_text_cut(text, sizeof(out->message) - 1), text);
}

static void begin(const hs_tls_session *session, hs_tls_failure *out)
{
    *out = (hs_tls_failure){.alert = session->alert,
                            .alert_received = session->alert_received,
                            .verify = session->peer.verify};
}

static const char *peer(const hs_tls_session *session)
{
    return session->context->is_server ? "the client" : "the server";
}

static const char *version_name(long version, const char *otherwise)
{
    const char *name = version > 0 ? hs_tls_version_name((uint16_t)version) : NULL;
    return name ? name : otherwise;
}

/* "TLSv1.2 to TLSv1.3" */
static void versions_text(const hs_tls_session *session, char *out, size_t size)
{
    const char *min = version_name(SSL_get_min_proto_version(session->ssl), "the oldest");
    const char *max = version_name(SSL_get_max_proto_version(session->ssl), "TLSv1.3");
    snprintf(out, size, strcmp(min, max) == 0 ? "%s" : "%s to %s", min, max);
}

/* What an alert from the server means at this point. */
static void alert_hint(const hs_tls_session *session, hs_failure_class cls, char *out, size_t size)
{
    char list[128];
    out[0] = 0;
    if (session->context->is_server) {
        return;
    }
    switch (cls) {
    case HS_FAILURE_TLS_VERSION_MISMATCH:
        versions_text(session, list, sizeof(list));
        snprintf(out, size, ": offered was %s", list);
        break;
    case HS_FAILURE_TLS_ALPN_MISMATCH:
        hs_tls_protocols_text(hs_bytes_of(session->alpn, session->alpn_len), list, sizeof(list));
        snprintf(out, size, ": offered was %s", list);
        break;
    default:
        hs_tls_alert_hint(cls, &session->peer, session->context->has_certificate, out, size);
        break;
    }
}

static void of_alert(const hs_tls_session *session, int alert, hs_tls_failure *out)
{
    char hint[256];
    hs_failure_class cls = hs_tls_alert_class(alert, session->client_certificate_requested);
    alert_hint(session, cls, hint, sizeof(hint));
    out->alert = alert;
    out->alert_received = true;
    set(out, cls, "%s sent alert %s (%d)%s", peer(session), hs_tls_alert_text(alert), alert, hint);
}

static hs_bytes first_bytes(const hs_tls_session *session)
{
    size_t len = session->received < HS_TLS_FIRST_BYTES ? (size_t)session->received
                                                        : HS_TLS_FIRST_BYTES;
    return hs_bytes_of(session->first, len);
}

static bool is_not_tls(const hs_tls_session *session)
{
    return !hs_tls_looks_like_tls(first_bytes(session));
}

/* Quotes the first line of what came. */
static void of_other_protocol(const hs_tls_session *session, hs_tls_failure *out)
{
    hs_bytes line = first_bytes(session);
    size_t len = 0;
    while (len < line.len && line.data[len] != '\r' && line.data[len] != '\n') {
        len++;
    }
    line.len = len ? len : line.len;
    hs_arena *arena = hs_arena_new(NULL, 4096);
    const char *text = arena ? hs_arena_escaped(arena, line) : NULL;
    set(out, HS_FAILURE_TLS_NOT_TLS, "%s spoke no TLS: \"%s\"", peer(session), text ? text : "");
    hs_arena_free(arena);
}

/* The reason that tells most: the first of the SSL library's with a row in the table, else its
 * first, else the first of all. Empties the queue. */
static unsigned long telling_error(void)
{
    unsigned long first = 0;
    unsigned long first_ssl = 0;
    unsigned long known = 0;
    for (unsigned long error = ERR_get_error(); error; error = ERR_get_error()) {
        bool is_ssl = ERR_GET_LIB(error) == ERR_LIB_SSL;
        first = first ? first : error;
        first_ssl = first_ssl || !is_ssl ? first_ssl : error;
        if (!known && is_ssl &&
            hs_tls_reason_class(ERR_GET_REASON(error)) != HS_FAILURE_TLS_PROTOCOL_ERROR) {
            known = error;
        }
    }
    return known ? known : first_ssl ? first_ssl : first;
}

static void of_reason(const hs_tls_session *session, unsigned long error, hs_tls_failure *out)
{
    int reason = ERR_GET_REASON(error);
    hs_failure_class cls = ERR_GET_LIB(error) == ERR_LIB_SSL ? hs_tls_reason_class(reason)
                           : reason == ERR_R_MALLOC_FAILURE  ? HS_FAILURE_LOCAL
                                                             : HS_FAILURE_TLS_PROTOCOL_ERROR;
    const char *what = hs_tls_reason_what(reason);
    if (!what) {
        what = ERR_reason_error_string(error);
    }
    char sent[96] = "";
    if (session->alert >= 0 && !session->alert_received) {
        snprintf(sent, sizeof(sent), "; sent alert %s (%d)", hs_tls_alert_text(session->alert),
                 session->alert);
    }
    char offered[64];
    versions_text(session, offered, sizeof(offered));
    bool is_version = cls == HS_FAILURE_TLS_VERSION_MISMATCH;
    set(out, cls, "%s%s%s%s%s", what ? what : "an error that OpenSSL does not name",
        is_version ? " (allowed is " : "", is_version ? offered : "", is_version ? ")" : "", sent);
}

void hs_tls_failure_of_errors(const hs_tls_session *session, hs_tls_failure *out)
{
    unsigned long error = telling_error();
    int reason = ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
    begin(session, out);
    if (reason >= SSL_AD_REASON_OFFSET) {
        of_alert(session, reason - SSL_AD_REASON_OFFSET, out);
    } else if (!session->context->is_server && out->verify > X509_V_OK &&
               !session->context->insecure) {
        set(out, hs_tls_verify_class(out->verify), "%s", session->peer.verify_text);
    } else if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
        out->verify = (int)SSL_get_verify_result(session->ssl);
        set(out, hs_tls_verify_class(out->verify), "%s",
            X509_verify_cert_error_string(out->verify));
    } else if (is_not_tls(session)) {
        of_other_protocol(session, out);
    } else {
        of_reason(session, error, out);
    }
}

void hs_tls_failure_of_end(const hs_tls_session *session, bool reset, bool close_notify,
                           hs_tls_failure *out)
{
    begin(session, out);
    if (!reset && is_not_tls(session)) {
        of_other_protocol(session, out);
        return;
    }
    const char *how = reset          ? "reset the connection"
                      : close_notify ? "sent close_notify"
                                     : "closed the connection";
    hs_failure_class cls = reset ? HS_FAILURE_TLS_RESET : HS_FAILURE_TLS_CLOSED;
    if (session->received == 0) {
        set(out, cls, "%s %s before it sent anything", peer(session), how);
    } else {
        set(out, cls, "%s %s within the TLS handshake, after %llu bytes%s", peer(session), how,
            (unsigned long long)session->received,
            session->client_certificate_requested && !session->context->has_certificate
                ? "; it had asked for a client certificate and none was given"
                : "");
    }
}

void hs_tls_failure_of_verify(const hs_tls_session *session, hs_tls_failure *out)
{
    begin(session, out);
    hs_tls_peer_failure(&session->peer, out);
}

void hs_tls_failure_of_pins(const hs_tls_session *session, const X509 *leaf, hs_tls_failure *out)
{
    begin(session, out);
    hs_tls_pins_failure(session->context->pins, leaf, out);
}

void hs_tls_peer_failure(const hs_tls_peer *peer, hs_tls_failure *out)
{
    out->verify = peer->verify;
    if (peer->verify < 0) {
        set(out, HS_FAILURE_TLS_CERT_INVALID, "the server sent no certificate");
    } else {
        set(out, hs_tls_verify_class(peer->verify), "%s", peer->verify_text);
    }
}

void hs_tls_pins_failure(const hs_pins *pins, const X509 *leaf, hs_tls_failure *out)
{
    char pin[HS_PIN_TEXT_MAX];
    if (leaf) {
        set(out, HS_FAILURE_TLS_CERT_PINNED_KEY, "the server's key %s is %s",
            hs_pin_text(leaf, pin),
            hs_pins_count(pins) == 1 ? "not the pinned one" : "none of the pinned ones");
    } else {
        set(out, HS_FAILURE_TLS_CERT_PINNED_KEY, "the server sent no certificate to compare with");
    }
}
