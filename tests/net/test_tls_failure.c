#include <stdlib.h>
#include <string.h>

#include "../cmocka_headers.h"

#include <openssl/err.h>

#include "base/reader.h"
#include "net/pins.h"
#include "net/tls_failure.h"
#include "tls_fixture.h"

enum { WHOLE = 1 << 20, DAY = 86400 };

/* A plain OpenSSL server at the lowest security level, so that it can have any certificate. */
static SSL_CTX *peer_context(const mint *leaf, const mint *also_sent)
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
static void meet(tls_end *end, hs_tls_context *client, const char *name, SSL_CTX *ctx)
{
    tls_peer peer;
    tls_end_open(end, client, name, "h2");
    tls_peer_open(&peer, ctx);
    tls_end_start(end);
    tls_peer_run(end, &peer);
    tls_peer_free(&peer);
}

static void check_failure(const tls_end *end, hs_failure_class cls, const char *part)
{
    assert_int_equal(end->failed, 1);
    if (end->failure.cls != cls) {
        fail_msg("class %d, not %d: %s", (int)end->failure.cls, (int)cls, end->failure.message);
    }
    if (!strstr(end->failure.message, part)) {
        fail_msg("'%s' is not in: %s", part, end->failure.message);
    }
}

/* --- certificates --- */

static void certificate_case(const tls_fixture *fixture, const mint *leaf, const mint *also_sent,
                             const char *name, uint16_t version, int verify, int alert,
                             hs_failure_class cls, const char *part)
{
    hs_probe_options options = {.cacert = fixture->ca_file, .tls_min = version, .tls_max = version};
    SSL_CTX *ctx = peer_context(leaf, also_sent);
    hs_tls_context *strict = tls_client(&options);
    options.insecure = true;
    hs_tls_context *lax = tls_client(&options);
    tls_end end;
    meet(&end, strict, name, ctx);
    check_failure(&end, cls, part);
    assert_int_equal(end.established, 0);
    assert_int_equal(end.failure.verify, verify);
    assert_int_equal(end.failure.alert, alert);
    assert_false(end.failure.alert_received);
    assert_int_equal(hs_tls_session_verify(end.session), verify);
    tls_end_free(&end);

    meet(&end, lax, name, ctx);
    assert_int_equal(end.failed, 0);
    assert_int_equal(end.established, 1);
    assert_int_equal(hs_tls_session_verify(end.session), verify);
    assert_non_null(strstr(hs_tls_session_verify_text(end.session), part));
    tls_end_free(&end);
    hs_tls_context_free(strict);
    hs_tls_context_free(lax);
    SSL_CTX_free(ctx);
}

static void both_versions(const tls_fixture *fixture, const mint *leaf, const mint *also_sent,
                          const char *name, int verify, int alert, hs_failure_class cls,
                          const char *part)
{
    certificate_case(fixture, leaf, also_sent, name, 0x0304, verify, alert, cls, part);
    certificate_case(fixture, leaf, also_sent, name, 0x0303, verify, alert, cls, part);
}

static mint special(const mint *issuer, long starts_in, long ends_in, unsigned rsa_bits, bool sha1)
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

static void bad_dates(void **state)
{
    const tls_fixture *fixture = *state;
    mint expired = special(&fixture->ca, -9 * DAY, -3 * DAY - 60, 0, false);
    mint early = special(&fixture->ca, 7300, 9 * DAY, 0, false);
    both_versions(fixture, &expired, NULL, "host.example", 10, 45, HS_FAILURE_TLS_CERT_DATE_INVALID,
                  "the certificate expired 3 days ago (notAfter 20");
    both_versions(fixture, &early, NULL, "host.example", 9, 42, HS_FAILURE_TLS_CERT_DATE_INVALID,
                  "becomes valid in 2 hours (notBefore 20");
    mint_free(&expired);
    mint_free(&early);
}

static void an_expired_issuer_is_named(void **state)
{
    const tls_fixture *fixture = *state;
    mint_request request = {.name = "Old CA",
                            .is_ca = true,
                            .issuer = &fixture->ca,
                            .starts_in = -9 * DAY,
                            .ends_in = -DAY - 60};
    mint old = mint_certificate(&request);
    mint leaf = mint_leaf(&old);
    both_versions(fixture, &leaf, &old, "host.example", 10, 45, HS_FAILURE_TLS_CERT_DATE_INVALID,
                  "the issuer's certificate \"Old CA\" expired 1 day ago");
    mint_free(&leaf);
    mint_free(&old);
}

static void bad_issuers(void **state)
{
    const tls_fixture *fixture = *state;
    mint other = mint_ca("Other CA");
    mint unknown = mint_leaf(&other);
    mint own = special(NULL, 0, 0, 0, false);
    both_versions(fixture, &unknown, NULL, "host.example", 20, 48,
                  HS_FAILURE_TLS_CERT_AUTHORITY_INVALID,
                  "\"host.example\" was issued by \"Other CA\", which is neither trusted nor sent");
    both_versions(fixture, &unknown, &other, "host.example", 19, 48,
                  HS_FAILURE_TLS_CERT_AUTHORITY_INVALID, "the root \"Other CA\"");
    both_versions(fixture, &own, NULL, "host.example", 18, 48, HS_FAILURE_TLS_CERT_SELF_SIGNED,
                  "\"host.example\" is self-signed and not trusted");
    mint_free(&other);
    mint_free(&unknown);
    mint_free(&own);
}

static void bad_names(void **state)
{
    const tls_fixture *fixture = *state;
    both_versions(fixture, &fixture->leaf, NULL, "other.example", 62, 42,
                  HS_FAILURE_TLS_CERT_NAME_INVALID,
                  "is for host.example, *.wild.example, 127.0.0.1, not for other.example");
    both_versions(fixture, &fixture->leaf, NULL, "127.0.0.2", 64, 42,
                  HS_FAILURE_TLS_CERT_NAME_INVALID, "not for 127.0.0.2");
}

static void weak_keys_and_hashes(void **state)
{
    const tls_fixture *fixture = *state;
    mint weak = special(&fixture->ca, 0, 0, 1024, false);
    mint sha1 = special(&fixture->ca, 0, 0, 0, true);
    both_versions(fixture, &weak, NULL, "host.example", 66, 42, HS_FAILURE_TLS_CERT_WEAK,
                  "1024 bits");
    both_versions(fixture, &sha1, NULL, "host.example", 68, 42, HS_FAILURE_TLS_CERT_WEAK, "SHA1");
    mint_free(&weak);
    mint_free(&sha1);
}

static void hostile_names_print_safely(void **state)
{
    const tls_fixture *fixture = *state;
    char names[16 * 64] = "DNS:a.example";
    for (int i = 0; i < 40; i++) {
        strcat(names, ",DNS:longer-name.example");
    }
    mint_request request = {.name = "evil\x1b[31m\nname", .names = names, .issuer = &fixture->ca};
    mint evil = mint_certificate(&request);
    both_versions(fixture, &evil, NULL, "host.example", 62, 42, HS_FAILURE_TLS_CERT_NAME_INVALID,
                  " more, not for host.example");
    request.issuer = NULL;
    mint own = mint_certificate(&request);
    both_versions(fixture, &own, NULL, "host.example", 18, 48, HS_FAILURE_TLS_CERT_SELF_SIGNED,
                  "evil\\x1b[31m\\x0aname");
    mint_free(&evil);
    mint_free(&own);
}

static void a_self_signed_leaf_may_be_trusted(void **state)
{
    const tls_fixture *fixture = *state;
    mint own = special(NULL, 0, 0, 0, false);
    char *path = mint_write(fixture->folder, "own.pem", own.certificate, NULL, NULL);
    hs_probe_options options = {.cacert = path};
    hs_tls_context *client = tls_client(&options);
    SSL_CTX *ctx = peer_context(&own, NULL);
    tls_end end;
    meet(&end, client, "host.example", ctx);
    assert_int_equal(end.established, 1);
    tls_end_free(&end);
    meet(&end, client, "other.example", ctx);
    check_failure(&end, HS_FAILURE_TLS_CERT_NAME_INVALID, "not for other.example");
    tls_end_free(&end);
    hs_tls_context_free(client);
    SSL_CTX_free(ctx);
    mint_free(&own);
    free(path);
}

static void pins_are_compared(void **state)
{
    const tls_fixture *fixture = *state;
    char right[HS_PIN_TEXT_MAX];
    char both[256];
    static const char wrong[] = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    hs_pin_text(fixture->leaf.certificate, right);
    snprintf(both, sizeof(both), "%s;%s", wrong, right);
    const struct {
        const char *pin;
        bool insecure;
        bool matches;
    } cases[] = {{right, false, true},
                 {both, false, true},
                 {wrong, false, false},
                 {wrong, true, false},
                 {right, true, true}};
    SSL_CTX *ctx = peer_context(&fixture->leaf, NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        hs_probe_options options = {.cacert = fixture->ca_file,
                                    .pinned_public_key = cases[i].pin,
                                    .insecure = cases[i].insecure};
        hs_tls_context *client = tls_client(&options);
        tls_end end;
        meet(&end, client, "host.example", ctx);
        assert_int_equal(end.established, cases[i].matches);
        if (!cases[i].matches) {
            check_failure(&end, HS_FAILURE_TLS_CERT_PINNED_KEY, right);
        }
        tls_end_free(&end);
        hs_tls_context_free(client);
    }
    SSL_CTX_free(ctx);
}

/* --- what the two sides do not have in common --- */

static void no_version_in_common(void **state)
{
    const tls_fixture *fixture = *state;
    SSL_CTX *ctx = peer_context(&fixture->leaf, NULL);
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
        meet(&end, client, "host.example", ctx);
        check_failure(&end, HS_FAILURE_TLS_VERSION_MISMATCH, "protocol_version (70)");
        assert_int_equal(end.failure.alert, 70);
        tls_end_free(&end);
        hs_tls_context_free(client);
    }
    SSL_CTX_free(ctx);
}

static void old_versions_work_where_asked_for(void **state)
{
    const tls_fixture *fixture = *state;
    mint weak = special(&fixture->ca, 0, 0, 1024, false);
    hs_probe_options options = {.cacert = fixture->ca_file, .tls_min = 0x0301, .tls_max = 0x0301};
    hs_tls_context *client = tls_client(&options);
    SSL_CTX *good = peer_context(&fixture->leaf, NULL);
    SSL_CTX *bad = peer_context(&weak, NULL);
    SSL_CTX_set_min_proto_version(good, TLS1_VERSION);
    SSL_CTX_set_min_proto_version(bad, TLS1_VERSION);
    tls_end end;
    meet(&end, client, "host.example", good);
    assert_string_equal(end.failure.message, "");
    assert_int_equal(end.established, 1);
    assert_string_equal(hs_tls_session_version(end.session), "TLSv1.0");
    tls_end_free(&end);
    meet(&end, client, "host.example", bad);
    check_failure(&end, HS_FAILURE_TLS_CERT_WEAK, "1024 bits");
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
        SSL_CTX *ctx = peer_context(&fixture->leaf, NULL);
        assert_true(!cases[i].server_list ||
                    SSL_CTX_set_cipher_list(ctx, cases[i].server_list) == 1);
        assert_true(!cases[i].server_suites ||
                    SSL_CTX_set_ciphersuites(ctx, cases[i].server_suites) == 1);
        assert_true(!cases[i].server_groups ||
                    SSL_CTX_set1_groups_list(ctx, cases[i].server_groups) == 1);
        tls_end end;
        meet(&end, client, "host.example", ctx);
        check_failure(&end, HS_FAILURE_TLS_CIPHER_MISMATCH, "handshake_failure (40)");
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
        check_failure(&client, HS_FAILURE_TLS_ALPN_MISMATCH,
                      "the server sent alert no_application_protocol (120): offered was h3,spdy/1");
        check_failure(&server, HS_FAILURE_TLS_ALPN_MISMATCH, "sent alert no_application_protocol");
        assert_false(server.failure.alert_received);
        tls_end_free(&client);
        tls_end_free(&server);
        hs_tls_context_free(context);
    }
}

static void a_server_may_ignore_alpn(void **state)
{
    const tls_fixture *fixture = *state;
    SSL_CTX *ctx = peer_context(&fixture->leaf, NULL);
    tls_end end;
    meet(&end, fixture->client, "host.example", ctx);
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
    SSL_CTX *ctx = peer_context(&fixture->leaf, NULL);
    SSL_CTX_set_tlsext_servername_callback(ctx, refuse_name);
    tls_end end;
    meet(&end, fixture->client, "host.example", ctx);
    check_failure(&end, HS_FAILURE_TLS_UNRECOGNIZED_NAME,
                  "unrecognized_name (112): it does not know host.example");
    tls_end_free(&end);
    SSL_CTX_free(ctx);
}

/* --- client certificates --- */

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
    SSL_CTX *ctx = peer_context(&fixture->leaf, NULL);
    assert_int_equal(X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), fixture->ca.certificate), 1);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    tls_end end;
    meet(&end, client, "host.example", ctx);
    if (cls == HS_FAILURE_NONE) {
        assert_string_equal(end.failure.message, "");
        assert_int_equal(end.established, 1);
    } else {
        check_failure(&end, cls, part);
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
    mint expired = special(&fixture->ca, -9 * DAY, -DAY, 0, false);
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
    check_failure(&client, HS_FAILURE_TLS_CERT_AUTHORITY_INVALID, "neither trusted");
    check_failure(&server, HS_FAILURE_TLS_ALERT, "the client sent alert unknown_ca (48)");
    tls_end_free(&client);
    tls_end_free(&server);
    hs_tls_context_free(distrusts);
}

/* --- bytes that are no handshake --- */

static void start_against(tls_end *end, hs_tls_context *context, const void *bytes, size_t len)
{
    tls_end_open(end, context, "host.example", "h2");
    tls_end_start(end);
    assert_int_equal(hs_tls_session_feed(end->session, hs_bytes_of(bytes, len)), HS_OK);
}

static void other_protocols(void **state)
{
    const tls_fixture *fixture = *state;
    static const struct {
        const char *bytes, *quoted;
    } cases[] = {
        {"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n", "\"HTTP/1.1 400 Bad Request\""},
        {"220 mail.example ESMTP\r\n", "\"220 mail.example ESMTP\""},
        {"SSH-2.0-OpenSSH_9.2p1\r\n", "\"SSH-2.0-OpenSSH_9.2p1\""},
        {"<html>", "\"<html>\""},
        {"\x00\x00\x12\x04\x00\x00\x00\x00\x00", ""},
        {"no\n", "\"no\""}, /* shorter than a record's header */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t len = cases[i].bytes[0] ? strlen(cases[i].bytes) : 9;
        for (int server = 0; server < 2; server++) {
            tls_end end;
            start_against(&end, server ? fixture->server : fixture->client, cases[i].bytes, len);
            hs_tls_session_transport_ended(end.session, false);
            check_failure(&end, HS_FAILURE_TLS_NOT_TLS, cases[i].quoted);
            assert_non_null(strstr(end.failure.message, server ? "the client" : "the server"));
            tls_end_free(&end);
        }
    }
}

static void a_plaintext_request_to_a_server(void **state)
{
    const tls_fixture *fixture = *state;
    static const char *const requests[] = {"GET / HTTP/1.1\r\n\r\n",
                                           "CONNECT a:1 HTTP/1.1\r\n\r\n"};
    for (size_t i = 0; i < 2; i++) {
        tls_end end;
        start_against(&end, fixture->server, requests[i], strlen(requests[i]));
        check_failure(&end, HS_FAILURE_TLS_NOT_TLS, "HTTP/1.1\"");
        tls_end_free(&end);
    }
}

static void garbage_in_a_records_clothes(void **state)
{
    const tls_fixture *fixture = *state;
    static const uint8_t oversize[] = {22, 3, 3, 0xff, 0xff, 2, 0, 0, 0};
    static const uint8_t data_first[] = {23, 3, 3, 0, 2, 1, 2};
    static const uint8_t finished_first[] = {22, 3, 3, 0, 16, 20, 0, 0,  12, 1, 2,
                                             3,  4, 5, 6, 7,  8,  9, 10, 11, 12};
    static const uint8_t endless[] = {22, 3, 3, 0, 9, 2, 0xff, 0xff, 0xff, 3, 3, 0, 0, 0};
    static const uint8_t short_alert[] = {21, 3, 3, 0, 1, 2};
    uint8_t empties[40 * 5] = {0};
    for (size_t i = 0; i < sizeof(empties); i += 5) {
        memcpy(empties + i, oversize, 3);
    }
    const struct {
        const uint8_t *bytes;
        size_t len;
    } cases[] = {
        {oversize, sizeof(oversize)},     {empties, sizeof(empties)},
        {data_first, sizeof(data_first)}, {finished_first, sizeof(finished_first)},
        {endless, sizeof(endless)},       {short_alert, sizeof(short_alert)},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tls_end end;
        start_against(&end, fixture->client, cases[i].bytes, cases[i].len);
        check_failure(&end, HS_FAILURE_TLS_PROTOCOL_ERROR, "");
        assert_false(end.failure.alert_received);
        /* Nothing that comes later is news. */
        assert_int_equal(
            hs_tls_session_feed(end.session, hs_bytes_of(cases[i].bytes, cases[i].len)), HS_OK);
        hs_tls_session_transport_ended(end.session, true);
        assert_int_equal(hs_tls_session_send(end.session, hs_bytes_of("x", 1)), HS_INVALID);
        hs_tls_session_close(end.session);
        tls_end_free(&end);
    }
}

static void every_alert_has_its_class(void **state)
{
    const tls_fixture *fixture = *state;
    for (int alert = 1; alert < 256; alert++) {
        const uint8_t bytes[] = {21, 3, 3, 0, 2, 2, (uint8_t)alert};
        tls_end end;
        start_against(&end, fixture->client, bytes, sizeof(bytes));
        hs_failure_class expected = alert == 40 || alert == 71   ? HS_FAILURE_TLS_CIPHER_MISMATCH
                                    : alert == 70 || alert == 86 ? HS_FAILURE_TLS_VERSION_MISMATCH
                                    : alert == 112               ? HS_FAILURE_TLS_UNRECOGNIZED_NAME
                                    : alert == 116 ? HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT
                                    : alert == 120 ? HS_FAILURE_TLS_ALPN_MISMATCH
                                                   : HS_FAILURE_TLS_ALERT;
        check_failure(&end, expected, "the server sent alert ");
        assert_int_equal(end.failure.alert, alert);
        assert_true(end.failure.alert_received);
        tls_end_free(&end);
    }
}

static void close_notify_within_the_handshake(void **state)
{
    const tls_fixture *fixture = *state;
    static const uint8_t bytes[] = {21, 3, 3, 0, 2, 1, 0};
    tls_end end;
    start_against(&end, fixture->client, bytes, sizeof(bytes));
    check_failure(&end, HS_FAILURE_TLS_CLOSED, "sent close_notify");
    tls_end_free(&end);
}

/* What a server of ours answers to a new client's hello; the client waits for it. */
static hs_bytes servers_flight(const tls_fixture *fixture, hs_tls_context *context, tls_end *client,
                               tls_end *server)
{
    tls_end_open(client, context, "host.example", "h2");
    tls_end_open(server, fixture->server, NULL, "h2");
    tls_end_start(server);
    tls_end_start(client);
    tls_end_deliver(client, server, WHOLE);
    return hs_buffer_bytes(&server->wire);
}

static void cut_off_everywhere(const tls_fixture *fixture, uint16_t version)
{
    hs_probe_options options = {.cacert = fixture->ca_file, .tls_min = version, .tls_max = version};
    hs_tls_context *context = tls_client(&options);
    size_t len = SIZE_MAX;
    for (size_t cut = 0; cut < len; cut++) {
        tls_end client;
        tls_end server;
        hs_bytes flight = servers_flight(fixture, context, &client, &server);
        len = flight.len;
        bool reset = cut % 2;
        assert_true(len > 100);
        if (cut < len) {
            assert_int_equal(hs_tls_session_feed(client.session, hs_bytes_of(flight.data, cut)),
                             HS_OK);
            /* Its length varies with the signature: the last byte may have been there. */
            if (!client.established) {
                hs_tls_session_transport_ended(client.session, reset);
                check_failure(&client, reset ? HS_FAILURE_TLS_RESET : HS_FAILURE_TLS_CLOSED,
                              cut ? "within the TLS handshake, after " : "before it sent anything");
                assert_int_equal(client.failure.alert, -1);
            }
        }
        tls_end_free(&client);
        tls_end_free(&server);
    }
    hs_tls_context_free(context);
}

static void cut_off_at_every_byte(void **state)
{
    cut_off_everywhere(*state, 0x0304);
    cut_off_everywhere(*state, 0x0303);
}

static void every_byte_changed(const tls_fixture *fixture, uint16_t version)
{
    hs_probe_options options = {.cacert = fixture->ca_file, .tls_min = version, .tls_max = version};
    hs_tls_context *context = tls_client(&options);
    size_t len = SIZE_MAX;
    for (size_t at = 0; at < len; at++) {
        tls_end client;
        tls_end server;
        hs_bytes flight = servers_flight(fixture, context, &client, &server);
        len = flight.len;
        uint8_t *copy = malloc(flight.len);
        assert_non_null(copy);
        memcpy(copy, flight.data, flight.len);
        copy[at < len ? at : 0] ^= 0x41;
        assert_int_equal(hs_tls_session_feed(client.session, hs_bytes_of(copy, len)), HS_OK);
        hs_tls_session_transport_ended(client.session, false);
        /* legacy_record_version is ignored for all purposes (RFC 8446 5.1). In TLS 1.2 the Finished
         * that covers all of it has not come yet. */
        if (version != 0x0304 || at != 2) {
            assert_int_equal(client.established, 0);
            assert_int_equal(client.failed, 1);
        }
        free(copy);
        tls_end_free(&client);
        tls_end_free(&server);
    }
    hs_tls_context_free(context);
}

static void corrupt_at_every_byte(void **state)
{
    every_byte_changed(*state, 0x0304);
    every_byte_changed(*state, 0x0303);
}

static void corrupt_after_the_handshake(void **state)
{
    tls_fixture *fixture = *state;
    tls_end client;
    tls_end server;
    servers_flight(fixture, fixture->client, &client, &server);
    tls_end_run(&client, &server, WHOLE);
    assert_int_equal(client.established, 1);
    tls_end_send(&server, "hello");
    hs_bytes wire = hs_buffer_bytes(&server.wire);
    uint8_t record[64];
    assert_true(wire.len <= sizeof(record));
    memcpy(record, wire.data, wire.len);
    record[wire.len - 1] ^= 1;
    assert_int_equal(hs_tls_session_feed(client.session, hs_bytes_of(record, wire.len)), HS_OK);
    check_failure(&client, HS_FAILURE_TLS_PROTOCOL_ERROR,
                  "a record does not decrypt; sent alert bad_record_mac (20)");
    tls_end_free(&client);
    tls_end_free(&server);
}

static void tables_answer_for_all_numbers(void **state)
{
    (void)state;
    assert_int_equal(hs_tls_verify_class(X509_V_OK), HS_FAILURE_NONE);
    assert_int_equal(hs_tls_verify_class(X509_V_ERR_CERT_REVOKED), HS_FAILURE_TLS_CERT_REVOKED);
    assert_int_equal(hs_tls_verify_class(X509_V_ERR_INVALID_CA), HS_FAILURE_TLS_CERT_INVALID);
    assert_int_equal(hs_tls_alert_class(48, true), HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT);
    assert_int_equal(hs_tls_alert_class(48, false), HS_FAILURE_TLS_ALERT);
    /* Numbers of facts seen with OpenSSL 3.0 and 3.5. */
    assert_int_equal(hs_tls_reason_class(258), HS_FAILURE_TLS_VERSION_MISMATCH);
    assert_int_equal(hs_tls_reason_class(191), HS_FAILURE_TLS_VERSION_MISMATCH);
    assert_int_equal(hs_tls_reason_class(333), HS_FAILURE_TLS_VERSION_MISMATCH);
    assert_int_equal(hs_tls_reason_class(193), HS_FAILURE_TLS_CIPHER_MISMATCH);
    assert_int_equal(hs_tls_reason_class(281), HS_FAILURE_TLS_PROTOCOL_ERROR);
    assert_int_equal(hs_tls_reason_class(9999), HS_FAILURE_TLS_PROTOCOL_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_dates),
        cmocka_unit_test(an_expired_issuer_is_named),
        cmocka_unit_test(bad_issuers),
        cmocka_unit_test(bad_names),
        cmocka_unit_test(weak_keys_and_hashes),
        cmocka_unit_test(hostile_names_print_safely),
        cmocka_unit_test(a_self_signed_leaf_may_be_trusted),
        cmocka_unit_test(pins_are_compared),
        cmocka_unit_test(no_version_in_common),
        cmocka_unit_test(old_versions_work_where_asked_for),
        cmocka_unit_test(no_cipher_or_group_in_common),
        cmocka_unit_test(no_protocol_in_common),
        cmocka_unit_test(a_server_may_ignore_alpn),
        cmocka_unit_test(an_unknown_name),
        cmocka_unit_test(client_certificates),
        cmocka_unit_test(a_server_hears_of_distrust),
        cmocka_unit_test(other_protocols),
        cmocka_unit_test(a_plaintext_request_to_a_server),
        cmocka_unit_test(garbage_in_a_records_clothes),
        cmocka_unit_test(every_alert_has_its_class),
        cmocka_unit_test(close_notify_within_the_handshake),
        cmocka_unit_test(cut_off_at_every_byte),
        cmocka_unit_test(corrupt_at_every_byte),
        cmocka_unit_test(corrupt_after_the_handshake),
        cmocka_unit_test(tables_answer_for_all_numbers),
    };
    return cmocka_run_group_tests(tests, tls_fixture_open, tls_fixture_close);
}
