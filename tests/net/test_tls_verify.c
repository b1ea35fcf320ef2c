#include <stdlib.h>
#include <string.h>

#include "../cmocka_headers.h"

#include "net/pins.h"
#include "net/tls_verify.h"
#include "tls_fixture.h"

enum { DAY = 86400 };

static void certificate_case(const tls_fixture *fixture, const mint *leaf, const mint *also_sent,
                             const char *name, uint16_t version, int verify, int alert,
                             hs_failure_class cls, const char *part)
{
    hs_probe_options options = {.cacert = fixture->ca_file, .tls_min = version, .tls_max = version};
    SSL_CTX *ctx = tls_peer_context(leaf, also_sent);
    hs_tls_context *strict = tls_client(&options);
    options.insecure = true;
    hs_tls_context *lax = tls_client(&options);
    tls_end end;
    tls_end_meet(&end, strict, name, ctx);
    tls_end_check_failure(&end, cls, part);
    assert_int_equal(end.established, 0);
    assert_int_equal(end.failure.verify, verify);
    assert_int_equal(end.failure.alert, alert);
    assert_false(end.failure.alert_received);
    assert_int_equal(hs_tls_session_verify(end.session), verify);
    tls_end_free(&end);

    tls_end_meet(&end, lax, name, ctx);
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

static void bad_dates(void **state)
{
    const tls_fixture *fixture = *state;
    mint expired = tls_leaf(&fixture->ca, -9 * DAY, -3 * DAY - 60, 0, false);
    mint early = tls_leaf(&fixture->ca, 7300, 9 * DAY, 0, false);
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
    mint own = tls_leaf(NULL, 0, 0, 0, false);
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
    mint weak = tls_leaf(&fixture->ca, 0, 0, 1024, false);
    mint sha1 = tls_leaf(&fixture->ca, 0, 0, 0, true);
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
    mint own = tls_leaf(NULL, 0, 0, 0, false);
    char *path = mint_write(fixture->folder, "own.pem", own.certificate, NULL, NULL);
    hs_probe_options options = {.cacert = path};
    hs_tls_context *client = tls_client(&options);
    SSL_CTX *ctx = tls_peer_context(&own, NULL);
    tls_end end;
    tls_end_meet(&end, client, "host.example", ctx);
    assert_int_equal(end.established, 1);
    tls_end_free(&end);
    tls_end_meet(&end, client, "other.example", ctx);
    tls_end_check_failure(&end, HS_FAILURE_TLS_CERT_NAME_INVALID, "not for other.example");
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
    SSL_CTX *ctx = tls_peer_context(&fixture->leaf, NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        hs_probe_options options = {.cacert = fixture->ca_file,
                                    .pinned_public_key = cases[i].pin,
                                    .insecure = cases[i].insecure};
        hs_tls_context *client = tls_client(&options);
        tls_end end;
        tls_end_meet(&end, client, "host.example", ctx);
        assert_int_equal(end.established, cases[i].matches);
        if (!cases[i].matches) {
            tls_end_check_failure(&end, HS_FAILURE_TLS_CERT_PINNED_KEY, right);
        }
        tls_end_free(&end);
        hs_tls_context_free(client);
    }
    SSL_CTX_free(ctx);
}

/* A chain that another library received is judged the same; here the ways in which it is none. */
static void a_chain_as_bytes(void **state)
{
    const tls_fixture *fixture = *state;
    static const uint8_t noise[] = {0x30, 0x03, 0x02, 0x01, 0x05};
    uint8_t *der = NULL;
    int len = i2d_X509(fixture->leaf.certificate, &der);
    assert_true(len > 0);
    const struct {
        hs_bytes certificate;
        size_t count;
        hs_failure_class cls;
        const char *part; /* NULL: accepted */
    } cases[] = {
        {{der, (size_t)len}, 1, HS_FAILURE_NONE, NULL},
        {{der, (size_t)len - 1}, 1, HS_FAILURE_TLS_CERT_INVALID, "a certificate is malformed"},
        {{noise, sizeof(noise)}, 1, HS_FAILURE_TLS_CERT_INVALID, "a certificate is malformed"},
        {{NULL, 0}, 0, HS_FAILURE_TLS_CERT_INVALID, "the server sent no certificate"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        hs_tls_peer peer;
        hs_tls_failure failure = {.alert = -1};
        hs_tls_peer_init(&peer);
        assert_int_equal(hs_tls_peer_set_name(&peer, "host.example."), HS_OK);
        bool accepted = hs_tls_judge(fixture->client, &peer, &cases[i].certificate, cases[i].count,
                                     (hs_bytes){NULL, 0}, &failure);
        assert_int_equal(accepted, cases[i].part == NULL);
        assert_int_equal(failure.cls, cases[i].cls);
        assert_true(accepted || strstr(failure.message, cases[i].part));
        hs_tls_peer_free(&peer);
    }
    OPENSSL_free(der);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_as_bytes),
        cmocka_unit_test(bad_dates),
        cmocka_unit_test(an_expired_issuer_is_named),
        cmocka_unit_test(bad_issuers),
        cmocka_unit_test(bad_names),
        cmocka_unit_test(weak_keys_and_hashes),
        cmocka_unit_test(hostile_names_print_safely),
        cmocka_unit_test(a_self_signed_leaf_may_be_trusted),
        cmocka_unit_test(pins_are_compared),
    };
    return cmocka_run_group_tests(tests, tls_fixture_open, tls_fixture_close);
}
