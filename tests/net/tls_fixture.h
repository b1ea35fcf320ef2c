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

#endif
