#include <stdlib.h>
#include <string.h>

#include "../cmocka_headers.h"

#include "tls_fixture.h"

enum { WHOLE = 1 << 20, DAY = 86400 };

static void no_version_in_common(void **state)
{
    const tls_fixture *fixture = *state;
    SSL_CTX *ctx = tls_peer_context(&fixture->leaf, NULL);
    static const struct {
        uint16_t client_min, client_max;
        int server_min, server_max;
    } cases[] = {
        {0x0304, 0, 0, TLS1_2_VERSION},      {0, 0x0303, TLS1_3_VERSION, 0},
        {0, 0, TLS1_VERSION, TLS1_VERSION},  {0, 0, TLS1_VERSION, TLS1_1_VERSION},
        {0x0301, 0x0301, TLS1_2_VERSION, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        hs_probe_options options = {.cacert = fixture->ca_file,
                                    .tls_min = cases[i].client_min,
                                    .tls_max = cases[i].client_max};
        hs_tls_context *client = tls_client(&options);
        SSL_CTX_set_min_proto_version(ctx, cases[i].server_min);
        SSL_CTX_set_max_proto_version(ctx, cases[i].server_max);
        tls_end end;
        tls_end_meet(&end, client, "host.example", ctx);
        tls_end_check_failure(&end, HS_FAILURE_TLS_VERSION_MISMATCH, "protocol_version (70)");
        assert_int_equal(end.failure.alert, 70);
        tls_end_free(&end);
        hs_tls_context_free(client);
    }
    SSL_CTX_free(ctx);
}

static void old_versions_work_where_asked_for(void **state)
{
    const tls_fixture *fixture = *state;
    mint weak = tls_leaf(&fixture->ca, 0, 0, 1024, false);
    hs_probe_options options = {.cacert = fixture->ca_file, .tls_min = 0x0301, .tls_max = 0x0301};
    hs_tls_context *client = tls_client(&options);
    SSL_CTX *good = tls_peer_context(&fixture->leaf, NULL);
    SSL_CTX *bad = tls_peer_context(&weak, NULL);
    SSL_CTX_set_min_proto_version(good, TLS1_VERSION);
    SSL_CTX_set_min_proto_version(bad, TLS1_VERSION);
    tls_end end;
    tls_end_meet(&end, client, "host.example", good);
    assert_string_equal(end.failure.message, "");
    assert_int_equal(end.established, 1);
    assert_string_equal(hs_tls_session_version(end.session), "TLSv1.0");
    tls_end_free(&end);
    tls_end_meet(&end, client, "host.example", bad);
    tls_end_check_failure(&end, HS_FAILURE_TLS_CERT_WEAK, "1024 bits");
    tls_end_free(&end);
    hs_tls_context_free(client);
    SSL_CTX_free(good);
    SSL_CTX_free(bad);
    mint_free(&weak);
}

static void no_cipher_or_group_in_common(void **state)
{
    const tls_fixture *fixture = *state;
    static const struct {
        uint16_t max;
        const char *client_ciphers, *client_groups;
        const char *server_list, *server_suites, *server_groups;
    } cases[] = {
        {0x0303, "ECDHE-ECDSA-AES128-GCM-SHA256", NULL, "ECDHE-ECDSA-AES256-GCM-SHA384", NULL,
         NULL},
        {0x0304, "TLS_AES_128_GCM_SHA256", NULL, NULL, "TLS_AES_256_GCM_SHA384", NULL},
        {0x0304, NULL, "x25519", NULL, NULL, "P-256"},
        {0x0303, NULL, "x25519", NULL, NULL, "P-384"},
        {0x0303, "ECDHE-RSA-AES128-GCM-SHA256", NULL, NULL, NULL, NULL}, /* the server's is ECDSA */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        hs_probe_options options = {.cacert = fixture->ca_file,
                                    .tls_min = cases[i].max,
                                    .tls_max = cases[i].max,
                                    .ciphers = cases[i].client_ciphers,
                                    .groups = cases[i].client_groups};
        hs_tls_context *client = tls_client(&options);
        SSL_CTX *ctx = tls_peer_context(&fixture->leaf, NULL);
        assert_true(!cases[i].server_list ||
                    SSL_CTX_set_cipher_list(ctx, cases[i].server_list) == 1);
        assert_true(!cases[i].server_suites ||
                    SSL_CTX_set_ciphersuites(ctx, cases[i].server_suites) == 1);
        assert_true(!cases[i].server_groups ||
                    SSL_CTX_set1_groups_list(ctx, cases[i].server_groups) == 1);
        tls_end end;
        tls_end_meet(&end, client, "host.example", ctx);
        tls_end_check_failure(&end, HS_FAILURE_TLS_CIPHER_MISMATCH, "handshake_failure (40)");
        assert_true(end.failure.alert_received);
        tls_end_free(&end);
        hs_tls_context_free(client);
        SSL_CTX_free(ctx);
    }
}

static void no_protocol_in_common(void **state)
{
    const tls_fixture *fixture = *state;
    for (int old = 0; old < 2; old++) {
        hs_probe_options options = {.cacert = fixture->ca_file, .tls_max = old ? 0x0303 : 0};
        hs_tls_context *context = tls_client(&options);
        tls_end client;
        tls_end server;
        tls_end_open(&client, context, "host.example", "h3,spdy/1");
        tls_end_open(&server, fixture->server, NULL, "h2,http/1.1");
        tls_end_start(&server);
        tls_end_start(&client);
        tls_end_run(&client, &server, WHOLE);
        tls_end_check_failure(
            &client, HS_FAILURE_TLS_ALPN_MISMATCH,
            "the server sent alert no_application_protocol (120): offered was h3,spdy/1");
        tls_end_check_failure(&server, HS_FAILURE_TLS_ALPN_MISMATCH,
                              "sent alert no_application_protocol");
        assert_false(server.failure.alert_received);
        tls_end_free(&client);
        tls_end_free(&server);
        hs_tls_context_free(context);
    }
}

static void a_server_may_ignore_alpn(void **state)
{
    const tls_fixture *fixture = *state;
    SSL_CTX *ctx = tls_peer_context(&fixture->leaf, NULL);
    tls_end end;
    tls_end_meet(&end, fixture->client, "host.example", ctx);
    assert_int_equal(end.established, 1);
    assert_null(hs_tls_session_alpn(end.session));
    tls_end_free(&end);
    SSL_CTX_free(ctx);
}

static int refuse_name(SSL *ssl, int *alert, void *unused)
{
    (void)ssl;
    (void)unused;
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static void an_unknown_name(void **state)
{
    const tls_fixture *fixture = *state;
    SSL_CTX *ctx = tls_peer_context(&fixture->leaf, NULL);
    SSL_CTX_set_tlsext_servername_callback(ctx, refuse_name);
    tls_end end;
    tls_end_meet(&end, fixture->client, "host.example", ctx);
    tls_end_check_failure(&end, HS_FAILURE_TLS_UNRECOGNIZED_NAME,
                          "unrecognized_name (112): it does not know host.example");
    tls_end_free(&end);
    SSL_CTX_free(ctx);
}

static void client_certificate_case(const tls_fixture *fixture, uint16_t version, const mint *own,
                                    hs_failure_class cls, int alert, const char *part)
{
    hs_probe_options options = {.cacert = fixture->ca_file, .tls_min = version, .tls_max = version};
    char *path = NULL;
    if (own) {
        path = mint_write(fixture->folder, "client.pem", own->certificate, NULL, own->key);
        options.cert = path;
    }
    hs_tls_context *client = tls_client(&options);
    SSL_CTX *ctx = tls_peer_context(&fixture->leaf, NULL);
    assert_int_equal(X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), fixture->ca.certificate), 1);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    tls_end end;
    tls_end_meet(&end, client, "host.example", ctx);
    if (cls == HS_FAILURE_NONE) {
        assert_string_equal(end.failure.message, "");
        assert_int_equal(end.established, 1);
    } else {
        tls_end_check_failure(&end, cls, part);
        assert_int_equal(end.failure.alert, alert);
        assert_true(end.failure.alert_received);
        /* TLS 1.3's client is done before the server has looked at its certificate. */
        assert_int_equal(end.established, version == 0x0304);
    }
    tls_end_free(&end);
    hs_tls_context_free(client);
    SSL_CTX_free(ctx);
    free(path);
}

static void client_certificates(void **state)
{
    const tls_fixture *fixture = *state;
    mint other = mint_ca("Other CA");
    mint untrusted = mint_leaf(&other);
    mint expired = tls_leaf(&fixture->ca, -9 * DAY, -DAY, 0, false);
    client_certificate_case(fixture, 0x0303, NULL, HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT, 40,
                            "it wants a client certificate and none was given");
    client_certificate_case(fixture, 0x0304, NULL, HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT, 116,
                            "certificate_required (116): it wants a client certificate");
    client_certificate_case(fixture, 0x0303, &untrusted, HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT, 48,
                            "unknown_ca (48): it did not accept the client certificate");
    client_certificate_case(fixture, 0x0304, &untrusted, HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT, 48,
                            "unknown_ca (48): it did not accept the client certificate");
    client_certificate_case(fixture, 0x0304, &expired, HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT, 45,
                            "certificate_expired (45)");
    client_certificate_case(fixture, 0x0303, &fixture->leaf, HS_FAILURE_NONE, -1, "");
    client_certificate_case(fixture, 0x0304, &fixture->leaf, HS_FAILURE_NONE, -1, "");
    mint_free(&other);
    mint_free(&untrusted);
    mint_free(&expired);
}

/* A server of ours learns why a client went away. */
static void a_server_hears_of_distrust(void **state)
{
    const tls_fixture *fixture = *state;
    hs_probe_options options = {0};
    hs_tls_context *distrusts = tls_client(&options);
    tls_end client;
    tls_end server;
    tls_end_open(&client, distrusts, "host.example", NULL);
    tls_end_open(&server, fixture->server, NULL, NULL);
    tls_end_start(&server);
    tls_end_start(&client);
    tls_end_run(&client, &server, WHOLE);
    tls_end_check_failure(&client, HS_FAILURE_TLS_CERT_AUTHORITY_INVALID, "neither trusted");
    tls_end_check_failure(&server, HS_FAILURE_TLS_ALERT, "the client sent alert unknown_ca (48)");
    tls_end_free(&client);
    tls_end_free(&server);
    hs_tls_context_free(distrusts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_version_in_common),
        cmocka_unit_test(old_versions_work_where_asked_for),
        cmocka_unit_test(no_cipher_or_group_in_common),
        cmocka_unit_test(no_protocol_in_common),
        cmocka_unit_test(a_server_may_ignore_alpn),
        cmocka_unit_test(an_unknown_name),
        cmocka_unit_test(client_certificates),
        cmocka_unit_test(a_server_hears_of_distrust),
    };
    return cmocka_run_group_tests(tests, tls_fixture_open, tls_fixture_close);
}
