/* The first error of a chain, told with the particulars of the certificate that it is about. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/x509v3.h>

#include "net/asn1_text.h"
#include "net/tls_failure.h"
#include "net/tls_state.h"
#include "net/tls_verify.h"

enum { TEXT_MEMORY = 64 << 10, NAMES_SHOWN = 120 };

/* Without brackets, zone and final dot. */
static char *plain_name(const char *name)
{
    size_t len = strlen(name);
    if (len > 1 && name[0] == '[' && name[len - 1] == ']') {
        name++;
        len -= 2;
    }
    char *plain = strndup(name, len);
    if (!plain) {
        return NULL;
    }
    if (strchr(plain, ':')) {
        plain[strcspn(plain, "%")] = 0;
    } else if (len > 1 && plain[len - 1] == '.') {
        plain[len - 1] = 0;
    }
    return plain;
}

static bool is_address(const char *name)
{
    struct in6_addr address;
    return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
}

hs_result hs_tls_verify_name(hs_tls_session *session, const char *name)
{
    session->name = plain_name(name);
    if (!session->name) {
        return HS_NO_MEMORY;
    }
    session->name_is_address = is_address(session->name);
    X509_VERIFY_PARAM *param = SSL_get0_param(session->ssl);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (session->name_is_address) {
        return X509_VERIFY_PARAM_set1_ip_asc(param, session->name) == 1 ? HS_OK : HS_INVALID;
    }
    return session->name[0] && X509_VERIFY_PARAM_set1_host(param, session->name, 0) == 1 &&
                   SSL_set_tlsext_host_name(session->ssl, session->name) == 1
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

/* "the certificate", or which of the chain's it is. */
static const char *which(hs_arena *arena, const X509 *certificate, int depth)
{
    return depth == 0
               ? "the certificate"
               : hs_arena_printf(arena, "the issuer's certificate %s",
                                 hs_x509_name_text(arena, X509_get_subject_name(certificate)));
}

static const char *date_text(hs_arena *arena, int error, const X509 *certificate, int depth)
{
    char when[HS_ASN1_TIME_TEXT_MAX];
    bool expired = error == X509_V_ERR_CERT_HAS_EXPIRED;
    const ASN1_TIME *limit = expired ? X509_get0_notAfter(certificate)
                                     : X509_get0_notBefore(certificate);
    const char *distance = hs_duration_text(arena, hs_asn1_time_seconds(limit) - time(NULL));
    hs_asn1_time_text(limit, when);
    const char *subject = which(arena, certificate, depth);
    return expired
               ? hs_arena_printf(arena, "%s expired %s ago (notAfter %s)", subject, distance, when)
               : hs_arena_printf(arena, "%s becomes valid in %s (notBefore %s)", subject, distance,
                                 when);
}

static const char *name_text(hs_arena *arena, const hs_tls_session *session,
                             const X509 *certificate)
{
    return hs_arena_printf(arena, "the certificate is for %s, not for %.253s",
                           hs_x509_names_text(arena, certificate, NAMES_SHOWN),
                           session->name ? session->name : "this name");
}

static const char *issuer_text(hs_arena *arena, int error, const X509 *certificate)
{
    const char *subject = hs_x509_name_text(arena, X509_get_subject_name(certificate));
    const char *issuer = hs_x509_name_text(arena, X509_get_issuer_name(certificate));
    if (error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT) {
        return hs_arena_printf(arena, "the certificate %s is self-signed and not trusted", subject);
    }
    if (error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN) {
        return hs_arena_printf(arena, "the chain ends in the root %s, which is not trusted",
                               subject);
    }
    return hs_arena_printf(arena,
                           "%s was issued by %s, which is neither trusted nor sent by the server",
                           subject, issuer);
}

static const char *weak_text(hs_arena *arena, int error, const X509 *certificate, int depth)
{
    const char *subject = which(arena, certificate, depth);
    if (error == X509_V_ERR_CA_MD_TOO_WEAK) {
        int digest = NID_undef;
        X509_get_signature_info((X509 *)certificate, &digest, NULL, NULL, NULL);
        return hs_arena_printf(arena, "%s is signed with %s, which is too weak", subject,
                               digest == NID_undef ? "an unknown hash" : OBJ_nid2sn(digest));
    }
    const EVP_PKEY *key = X509_get0_pubkey(certificate);
    return hs_arena_printf(arena, "%s has a key that is too weak (%s, %d bits)", subject,
                           key ? OBJ_nid2sn(EVP_PKEY_get_base_id(key)) : "unreadable",
                           key ? EVP_PKEY_get_bits(key) : 0);
}

static const char *error_text(hs_arena *arena, const hs_tls_session *session, int error, int depth,
                              const X509 *certificate)
{
    if (!certificate) {
        return X509_verify_cert_error_string(error);
    }
    switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return date_text(arena, error, certificate, depth);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return name_text(arena, session, certificate);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return issuer_text(arena, error, certificate);
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
        return weak_text(arena, error, certificate, depth);
    default:
        return hs_arena_printf(arena, "%s: %s", which(arena, certificate, depth),
                               X509_verify_cert_error_string(error));
    }
}

static void note_error(hs_tls_session *session, int error, int depth, const X509 *certificate)
{
    hs_arena *arena = hs_arena_new(NULL, TEXT_MEMORY);
    const char *text = arena ? error_text(arena, session, error, depth, certificate) : NULL;
    if (!text) {
        text = X509_verify_cert_error_string(error);
    }
    session->verify = error;
    snprintf(session->verify_text, sizeof(session->verify_text), "%.*s",
             (int)hs_text_cut(text, sizeof(session->verify_text) - 1), text);
    hs_arena_free(arena);
}

int hs_tls_on_verify(int ok, X509_STORE_CTX *store_context)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(store_context,
                                                SSL_get_ex_data_X509_STORE_CTX_idx());
    hs_tls_session *session = hs_tls_session_of(ssl);
    if (ok) {
        return 1;
    }
    if (session->verify <= X509_V_OK) {
        note_error(session, X509_STORE_CTX_get_error(store_context),
                   X509_STORE_CTX_get_error_depth(store_context),
                   X509_STORE_CTX_get_current_cert(store_context));
    }
    return session->context->insecure;
}

bool hs_tls_name_matches(const hs_tls_session *session, X509 *leaf)
{
    if (!session->name) {
        return true;
    }
    return session->name_is_address
               ? X509_check_ip_asc(leaf, session->name, 0) == 1
               : X509_check_host(leaf, session->name, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
                                 NULL) == 1;
}

/* A resumed session brings the result of its first handshake along, which was for another name if
 * the ticket is another server's. */
static void check_resumed_name(hs_tls_session *session, X509 *leaf)
{
    if (session->verify == X509_V_OK && SSL_session_reused(session->ssl) &&
        !hs_tls_name_matches(session, leaf)) {
        note_error(session,
                   session->name_is_address ? X509_V_ERR_IP_ADDRESS_MISMATCH
                                            : X509_V_ERR_HOSTNAME_MISMATCH,
                   0, leaf);
    }
}

bool hs_tls_verify_finish(hs_tls_session *session, hs_tls_failure *failure)
{
    const hs_tls_context *context = session->context;
    X509 *leaf = SSL_get0_peer_certificate(session->ssl);
    if (leaf && session->verify < 0) {
        session->verify = (int)SSL_get_verify_result(session->ssl);
        if (session->verify != X509_V_OK) {
            note_error(session, session->verify, 0, NULL);
        }
    }
    if (leaf) {
        check_resumed_name(session, leaf);
    }
    if (!context->insecure && session->verify != X509_V_OK) {
        hs_tls_failure_of_verify(session, failure);
        return false;
    }
    if (context->pins && !(leaf && hs_pins_match(context->pins, leaf))) {
        hs_tls_failure_of_pins(session, leaf, failure);
        return false;
    }
    return true;
}
