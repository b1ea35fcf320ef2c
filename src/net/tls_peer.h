/* Whom a certificate chain has to be for, and what its verification found. */
#ifndef HS_NET_TLS_PEER_H
#define HS_NET_TLS_PEER_H

#include <stdbool.h>

#include <openssl/x509.h>

#include <handshake/api.h>

typedef struct hs_tls_peer {
    char *name; /* to verify; NULL: none */
    bool name_is_address;
    int verify; /* first error of the chain; -1: not verified */
    char verify_text[256];
    char ocsp_text[192]; /* "": no response was stapled */
} hs_tls_peer;

void hs_tls_peer_init(hs_tls_peer *peer);
void hs_tls_peer_free(hs_tls_peer *peer);
/* Without brackets, zone and final dot. HS_INVALID: it is empty. */
HS_CHECKED hs_result hs_tls_peer_set_name(hs_tls_peer *peer, const char *name);
/* The name, as what OpenSSL has to verify. */
bool hs_tls_peer_set_param(const hs_tls_peer *peer, X509_VERIFY_PARAM *param);
/* Whether the certificate has it; true where none was asked for. */
bool hs_tls_peer_matches(const hs_tls_peer *peer, X509 *leaf);

/* Notes this error of the certificate at `depth` (may be NULL), with its text. */
void hs_tls_peer_note(hs_tls_peer *peer, int error, int depth, const X509 *certificate);
/* Notes the error that a verification has just met, unless one was met before. */
void hs_tls_peer_note_first(hs_tls_peer *peer, X509_STORE_CTX *store_context);

#endif
