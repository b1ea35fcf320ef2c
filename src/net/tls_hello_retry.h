/* A ClientHello whose only key share is of a group that no server knows, so that the server must
 * ask for another by HelloRetryRequest (RFC 8446 4.1.4, 4.2.8). */
#ifndef HS_NET_TLS_HELLO_RETRY_H
#define HS_NET_TLS_HELLO_RETRY_H

#include <openssl/provider.h>
#include <openssl/ssl.h>

#include <handshake/api.h>
#include <handshake/probe.h>

/* Makes the group known to OpenSSL, for SSL_CTX made while this is held. NULL: it could not. */
OSSL_PROVIDER *hs_tls_hello_retry_open(void);
/* Once its SSL_CTX is freed. Accepts NULL. */
void hs_tls_hello_retry_close(OSSL_PROVIDER *provider);

/* Puts the group before those that `ctx` offers. To be called when all else about `ctx` is set. */
HS_CHECKED hs_result hs_tls_hello_retry_set(SSL_CTX *ctx, hs_problem *problem);

#endif
