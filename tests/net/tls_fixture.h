/* A CA, a leaf and a server's context made of it, for the tests of TLS sessions. */
#ifndef HS_TESTS_NET_TLS_FIXTURE_H
#define HS_TESTS_NET_TLS_FIXTURE_H

#include "mint.h"
#include "tls_ends.h"

typedef struct tls_fixture {
    char *folder;
    mint ca;
    mint leaf;
    char *ca_file;
    char *server_file; /* leaf and key */
    hs_tls_context *server;
    hs_tls_context *client; /* trusts the CA */
} tls_fixture;

/* cmocka's group set-up and tear-down; the fixture is *state. */
int tls_fixture_open(void **state);
int tls_fixture_close(void **state);

/* A plain OpenSSL server at the lowest security level, so that it can have any certificate;
 * `also_sent` (may be NULL) follows the leaf. */
SSL_CTX *tls_peer_context(const mint *leaf, const mint *also_sent);
/* One handshake of a new session, offering h2, with such a server; the end stays open for
 * questions. */
void tls_end_meet(tls_end *end, hs_tls_context *client, const char *name, SSL_CTX *ctx);
/* The session failed once, with this class, and with `part` in its message. */
void tls_end_check_failure(const tls_end *end, hs_failure_class cls, const char *part);
/* A leaf for "host.example" only; with RSA where `rsa_bits` is not 0. */
mint tls_leaf(const mint *issuer, long starts_in, long ends_in, unsigned rsa_bits, bool sha1);

#endif
