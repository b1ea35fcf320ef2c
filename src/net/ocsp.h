/* A stapled OCSP response (RFC 6066 8, RFC 8446 4.4.2.1), checked (RFC 6960 3.2). */
#ifndef HS_NET_OCSP_H
#define HS_NET_OCSP_H

#include <openssl/x509.h>

#include <handshake/api.h>

typedef enum hs_ocsp_status {
    HS_OCSP_GOOD,
    HS_OCSP_REVOKED,
    HS_OCSP_UNKNOWN, /* the responder does not know the certificate */
    HS_OCSP_INVALID, /* malformed, not signed by who may, for another certificate, out of date */
} hs_ocsp_status;

typedef struct hs_ocsp_verdict {
    hs_ocsp_status status;
    char text[160]; /* in words, with the particulars */
} hs_ocsp_verdict;

/* `chain` is the certificate chain that was built, leaf first; `store` has the trusted roots. */
void hs_ocsp_check(hs_bytes response, STACK_OF(X509) * chain, X509_STORE *store,
                   hs_ocsp_verdict *out);

#endif
