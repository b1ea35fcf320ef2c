#include <stdlib.h>
#include <string.h>

#include "../cmocka_headers.h"

#include "tls_fixture.h"

int tls_fixture_open(void **state)
{
    tls_fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    fixture->folder = mint_folder();
    fixture->ca = mint_ca("Test CA");
    fixture->leaf = mint_leaf(&fixture->ca);
    fixture->ca_file = mint_write(fixture->folder, "ca.pem", fixture->ca.certificate, NULL, NULL);
    fixture->server_file = mint_write(fixture->folder, "server.pem", fixture->leaf.certificate,
                                      NULL, fixture->leaf.key);
    hs_problem problem;
    assert_int_equal(hs_tls_context_new_server(fixture->server_file, fixture->server_file,
                                               &fixture->server, &problem),
                     HS_OK);
    hs_probe_options options = {.cacert = fixture->ca_file};
    fixture->client = tls_client(&options);
    *state = fixture;
    return 0;
}

int tls_fixture_close(void **state)
{
    tls_fixture *fixture = *state;
    hs_tls_context_free(fixture->server);
    hs_tls_context_free(fixture->client);
    mint_free(&fixture->ca);
    mint_free(&fixture->leaf);
    free(fixture->ca_file);
    free(fixture->server_file);
    mint_remove_folder(fixture->folder);
    free(fixture);
    return 0;
}

/* A plain OpenSSL server at the lowest security level, so that it can have any certificate. */
SSL_CTX *tls_peer_context(const mint *leaf, const mint *also_sent)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    assert_non_null(ctx);
    SSL_CTX_set_security_level(ctx, 0);
    assert_int_equal(SSL_CTX_use_certificate(ctx, leaf->certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(ctx, leaf->key), 1);
    assert_true(!also_sent || SSL_CTX_add1_chain_cert(ctx, also_sent->certificate) == 1);
    return ctx;
}

/* One handshake of a new session with the peer; the end stays open for questions. */
void tls_end_meet(tls_end *end, hs_tls_context *client, const char *name, SSL_CTX *ctx)
{
    tls_peer peer;
    tls_end_open(end, client, name, "h2");
    tls_peer_open(&peer, ctx);
    tls_end_start(end);
    tls_peer_run(end, &peer);
    tls_peer_free(&peer);
}

void tls_end_check_failure(const tls_end *end, hs_failure_class cls, const char *part)
{
    assert_int_equal(end->failed, 1);
    if (end->failure.cls != cls) {
        fail_msg("class %d, not %d: %s", (int)end->failure.cls, (int)cls, end->failure.message);
    }
    if (!strstr(end->failure.message, part)) {
        fail_msg("'%s' is not in: %s", part, end->failure.message);
    }
}

mint tls_leaf(const mint *issuer, long starts_in, long ends_in, unsigned rsa_bits, bool sha1)
{
    mint_request request = {.name = "host.example",
                            .names = "DNS:host.example",
                            .issuer = issuer,
                            .rsa_bits = rsa_bits,
                            .sha1 = sha1,
                            .starts_in = starts_in,
                            .ends_in = ends_in};
    return mint_certificate(&request);
}
