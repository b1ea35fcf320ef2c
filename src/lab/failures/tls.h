/* The TLS server of a script: OpenSSL, set up to differ from its client in one thing. */
#ifndef HS_LAB_FAILURE_TLS_H
#define HS_LAB_FAILURE_TLS_H

#include <openssl/ssl.h>

#include "lab/failures/case.h"

typedef struct hs_failure_tls hs_failure_tls;

/* NULL where it cannot be. `options` must outlive it. */
hs_failure_tls *hs_failure_tls_new(const hs_script_tls *options, const char *folder);
void hs_failure_tls_free(hs_failure_tls *tls);
/* The handshake over a blocking socket; NULL where it failed. For SSL_free; the socket stays the
 * caller's. */
SSL *hs_failure_tls_accept(hs_failure_tls *tls, int fd);
/* What it answers to a ClientHello, which is not sent. Its length; 0 where there is none. */
size_t hs_failure_tls_flight(hs_failure_tls *tls, hs_bytes client_hello, uint8_t *flight,
                             size_t capacity);

#endif
