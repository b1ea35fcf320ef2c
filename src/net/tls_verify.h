/* The verification of a server's certificate chain (RFC 5280, RFC 9525), with its first error kept.
 */
#ifndef HS_NET_TLS_VERIFY_H
#define HS_NET_TLS_VERIFY_H

#include <openssl/ssl.h>

#include <handshake/api.h>

#include "net/tls_peer.h"
#include "net/tls_session.h"

/* Which name, or address, the certificate must have. */
HS_CHECKED hs_result hs_tls_verify_name(hs_tls_session *session, const char *name);

/* OpenSSL's call-backs: the whole chain, and each of its certificates. */
int hs_tls_verify_chain(X509_STORE_CTX *store_context, void *context);
int hs_tls_on_verify(int ok, X509_STORE_CTX *store_context);

/* What remains to be judged when the handshake is done: a resumed session's result, and the pins.
 * false with `failure` filled where the connection must not be used. */
bool hs_tls_verify_finish(hs_tls_session *session, hs_tls_failure *failure);

/* A stapled OCSP response to a chain that was built, leaf first; true where it says revoked, which
 * is then the peer's result, unless that is another error already. */
bool hs_tls_judge_staple(hs_tls_peer *peer, hs_bytes response, STACK_OF(X509) * chain,
                         X509_STORE *store);

/* The same judgement of a chain that another TLS library has received: its certificates (DER, leaf
 * first, none where none was sent), and the stapled response (may be empty). By the context's
 * roots, security level, pins and `insecure`. false with class, verify result and message of
 * `failure` filled where the connection must not be used. */
bool hs_tls_judge(const hs_tls_context *context, hs_tls_peer *peer, const hs_bytes *certificates,
                  size_t count, hs_bytes staple, hs_tls_failure *failure);

#endif
