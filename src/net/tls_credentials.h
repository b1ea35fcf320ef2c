/* A certificate chain and its key, from PEM files into an SSL_CTX. */
#ifndef HS_NET_TLS_CREDENTIALS_H
#define HS_NET_TLS_CREDENTIALS_H

#include <openssl/ssl.h>

#include <handshake/api.h>
#include <handshake/probe.h>

/* `cert`: the leaf, then its intermediates; `key` NULL: in the same file. HS_INVALID, HS_SYSTEM and
 * HS_NO_MEMORY come with `problem` filled: which file, and what is wrong with it. */
HS_CHECKED hs_result hs_tls_use_credentials(SSL_CTX *ctx, const char *cert, const char *key,
                                            hs_problem *problem);

#endif
