/* Versions, cipher suites and groups as users spell them, put into an SSL_CTX. */
#ifndef HS_NET_TLS_CIPHERS_H
#define HS_NET_TLS_CIPHERS_H

#include <openssl/ssl.h>

#include <handshake/api.h>
#include <handshake/probe.h>

/* 0 for either: TLS 1.2, and the newest that there is, unless the system's configuration is
 * stricter. */
HS_CHECKED hs_result hs_tls_set_versions(SSL_CTX *ctx, uint16_t min, uint16_t max,
                                         hs_problem *problem);
/* A list separated by colons, commas or blanks: IANA's names, OpenSSL's names and OpenSSL's list
 * operators ("HIGH", "!aNULL", "@SECLEVEL=1"). TLS 1.3's suites replace the default ones of
 * TLS 1.3, the others those of older versions. A name that is not known is HS_INVALID. */
HS_CHECKED hs_result hs_tls_set_ciphers(SSL_CTX *ctx, const char *list, hs_problem *problem);
/* A list separated by colons or commas, in order of preference. */
HS_CHECKED hs_result hs_tls_set_groups(SSL_CTX *ctx, const char *list, hs_problem *problem);

#endif
