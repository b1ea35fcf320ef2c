/* OpenSSL's call-backs that only take note, or choose. */
#ifndef HS_NET_TLS_CALLBACKS_H
#define HS_NET_TLS_CALLBACKS_H

#include <openssl/ssl.h>

/* Alerts, for the classification of failures. */
void hs_tls_on_info(const SSL *ssl, int where, int value);
void hs_tls_on_keylog(const SSL *ssl, const char *line);
/* The server asked for a certificate. */
int hs_tls_on_certificate_request(SSL *ssl, void *unused);
/* A stapled OCSP response, or none, came. */
int hs_tls_on_status(SSL *ssl, void *unused);
/* The newest resumable session is kept, serialised. */
int hs_tls_on_ticket(SSL *ssl, SSL_SESSION *ticket);
/* A server chooses in its own order of preference (RFC 7301 3.2). */
int hs_tls_on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                   const unsigned char *in, unsigned in_len, void *unused);

#endif
