/* Names to verify (RFC 9525), and the first error of a chain, told with the particulars of the
 * certificate that it is about. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/x509v3.h>

#include "net/asn1_text.h"
#include "net/tls_peer.h"

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

void hs_tls_peer_init(hs_tls_peer *peer)
{
    *peer = (hs_tls_peer){.verify = -1};
}

void hs_tls_peer_free(hs_tls_peer *peer)
{
    free(peer->name);
    peer->name = NULL;
}

hs_result hs_tls_peer_set_name(hs_tls_peer *peer, const char *name)
{
    peer->name = plain_name(name);
    if (!peer->name) {
        return HS_NO_MEMORY;
    }
    peer->name_is_address = is_address(peer->name);
    return peer->name[0] ? HS_OK : HS_INVALID;
}

bool hs_tls_peer_set_param(const hs_tls_peer *peer, X509_VERIFY_PARAM *param)
{
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return peer->name_is_address ? X509_VERIFY_PARAM_set1_ip_asc(param, peer->name) == 1
                                 : X509_VERIFY_PARAM_set1_host(param, peer->name, 0) == 1;
}

bool hs_tls_peer_matches(const hs_tls_peer *peer, X509 *leaf)
{
    if (!peer->name) {
        return true;
    }
    return peer->name_is_address ? X509_check_ip_asc(leaf, peer->name, 0) == 1
                                 : X509_check_host(leaf, peer->name, 0,
                                                   X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1;
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

static const char *name_text(hs_arena *arena, const hs_tls_peer *peer, const X509 *certificate)
{
    return hs_arena_printf(arena, "the certificate is for %s, not for %.253s",
                           hs_x509_names_text(arena, certificate, NAMES_SHOWN),
                           peer->name ? peer->name : "this name");
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

static const char *error_text(hs_arena *arena, const hs_tls_peer *peer, int error, int depth,
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
        return name_text(arena, peer, certificate);
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

void hs_tls_peer_note(hs_tls_peer *peer, int error, int depth, const X509 *certificate)
{
    hs_arena *arena = hs_arena_new(NULL, TEXT_MEMORY);
    const char *text = arena ? error_text(arena, peer, error, depth, certificate) : NULL;
    if (!text) {
        text = X509_verify_cert_error_string(error);
    }
    peer->verify = error;
    snprintf(peer->verify_text, sizeof(peer->verify_text), "%.*s",
             (int)hs_text_cut(text, sizeof(peer->verify_text) - 1), text);
    hs_arena_free(arena);
}

void hs_tls_peer_note_first(hs_tls_peer *peer, X509_STORE_CTX *store_context)
{
    if (peer->verify <= X509_V_OK) {
        hs_tls_peer_note(peer, X509_STORE_CTX_get_error(store_context),
                         X509_STORE_CTX_get_error_depth(store_context),
                         X509_STORE_CTX_get_current_cert(store_context));
    }
}
