/* The verification of a server's certificate chain (RFC 5280, RFC 9525), with its first error kept.
 */
#ifndef HS_NET_TLS_VERIFY_H
#define HS_NET_TLS_VERIFY_H

#include <openssl/ssl.h>

#include <handshake/api.h>

#include "net/tls_session.h"

/* Which name, or address, the certificate must have. */
HS_CHECKED hs_result hs_tls_verify_name(hs_tls_session *session, const char *name);
/* Whether the certificate has it; true where none was asked for. */
bool hs_tls_name_matches(const hs_tls_session *session, X509 *leaf);

/* OpenSSL's call-backs: the whole chain, and each of its certificates. */
int hs_tls_verify_chain(X509_STORE_CTX *store_context, void *context);
int hs_tls_on_verify(int ok, X509_STORE_CTX *store_context);

/* What remains to be judged when the handshake is done: a resumed session's result, and the pins.
 * false with `failure` filled where the connection must not be used. */
bool hs_tls_verify_finish(hs_tls_session *session, hs_tls_failure *failure);

#endif
