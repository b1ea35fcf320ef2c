#include <stdlib.h>
#include <string.h>

#include "../cmocka_headers.h"

#include <openssl/ocsp.h>
#include <openssl/ssl.h>

#include "base/reader.h"
#include "net/ocsp.h"
#include "tls_fixture.h"

typedef struct answer {
    int status;                    /* V_OCSP_CERTSTATUS_… */
    long this_update, next_update; /* seconds from now */
    const X509 *about;
    const mint *signer;
    const EVP_MD *hash;
} answer;

/* DER of a response; OPENSSL_malloc'ed. */
static hs_bytes respond(const tls_fixture *fixture, const answer *wanted)
{
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    OCSP_CERTID *id = OCSP_cert_to_id(wanted->hash ? wanted->hash : EVP_sha1(), wanted->about,
                                      fixture->ca.certificate);
    ASN1_TIME *from = X509_gmtime_adj(NULL, wanted->this_update);
    ASN1_TIME *until = X509_gmtime_adj(NULL, wanted->next_update);
    ASN1_TIME *revoked = X509_gmtime_adj(NULL, -86400);
    bool is_revoked = wanted->status == V_OCSP_CERTSTATUS_REVOKED;
    assert_non_null(OCSP_basic_add1_status(basic, id, wanted->status,
                                           is_revoked ? OCSP_REVOKED_STATUS_KEYCOMPROMISE : 0,
                                           is_revoked ? revoked : NULL, from, until));
    const mint *signer = wanted->signer ? wanted->signer : &fixture->ca;
    assert_int_equal(
        OCSP_basic_sign(basic, signer->certificate, signer->key, EVP_sha256(), NULL, 0), 1);
    OCSP_RESPONSE *response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    unsigned char *der = NULL;
    int len = i2d_OCSP_RESPONSE(response, &der);
    assert_true(len > 0);
    OCSP_RESPONSE_free(response);
    OCSP_BASICRESP_free(basic);
    OCSP_CERTID_free(id);
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    ASN1_TIME_free(revoked);
    return hs_bytes_of(der, (size_t)len);
}

static X509_STORE *trusting(const mint *ca)
{
    X509_STORE *store = X509_STORE_new();
    assert_non_null(store);
    assert_int_equal(X509_STORE_add_cert(store, ca->certificate), 1);
    return store;
}

static STACK_OF(X509) * chain_of(X509 *leaf, X509 *issuer)
{
    STACK_OF(X509) *chain = sk_X509_new_null();
    assert_true(sk_X509_push(chain, leaf) == 1 && (!issuer || sk_X509_push(chain, issuer) == 2));
    return chain;
}

static void check(const tls_fixture *fixture, const answer *wanted, hs_ocsp_status status,
                  const char *part)
{
    hs_bytes response = respond(fixture, wanted);
    X509_STORE *store = trusting(&fixture->ca);
    STACK_OF(X509) *chain = chain_of(fixture->leaf.certificate, fixture->ca.certificate);
    hs_ocsp_verdict verdict;
    hs_ocsp_check(response, chain, store, &verdict);
    if (!strstr(verdict.text, part)) {
        fail_msg("'%s' is not in: %s", part, verdict.text);
    }
    assert_int_equal(verdict.status, status);
    sk_X509_free(chain);
    X509_STORE_free(store);
    OPENSSL_free((void *)response.data);
}

static void responses_are_judged(void **state)
{
    const tls_fixture *fixture = *state;
    X509 *leaf = fixture->leaf.certificate;
    mint stranger = mint_ca("Stranger");
    mint other = mint_leaf(&fixture->ca);
    answer good = {V_OCSP_CERTSTATUS_GOOD, -60, 3600, leaf, NULL, NULL};
    answer sha256 = {V_OCSP_CERTSTATUS_GOOD, -60, 3600, leaf, NULL, EVP_sha256()};
    answer revoked = {V_OCSP_CERTSTATUS_REVOKED, -60, 3600, leaf, NULL, NULL};
    answer unknown = {V_OCSP_CERTSTATUS_UNKNOWN, -60, 3600, leaf, NULL, NULL};
    answer stale = {V_OCSP_CERTSTATUS_REVOKED, -7200, -3600, leaf, NULL, NULL};
    answer early = {V_OCSP_CERTSTATUS_GOOD, 3600, 7200, leaf, NULL, NULL};
    answer forged = {V_OCSP_CERTSTATUS_REVOKED, -60, 3600, leaf, &stranger, NULL};
    answer by_sibling = {V_OCSP_CERTSTATUS_REVOKED, -60, 3600, leaf, &other, NULL};
    answer wrong = {V_OCSP_CERTSTATUS_REVOKED, -60, 3600, other.certificate, NULL, NULL};
    check(fixture, &good, HS_OCSP_GOOD, "good (stapled OCSP response, nextUpdate 20");
    check(fixture, &sha256, HS_OCSP_GOOD, "good");
    check(fixture, &revoked, HS_OCSP_REVOKED, "was revoked at 20");
    check(fixture, &revoked, HS_OCSP_REVOKED, ": keyCompromise");
    check(fixture, &unknown, HS_OCSP_UNKNOWN, "does not know the certificate");
    check(fixture, &stale, HS_OCSP_INVALID, "out of date");
    check(fixture, &early, HS_OCSP_INVALID, "out of date");
    check(fixture, &forged, HS_OCSP_INVALID, "not signed by");
    check(fixture, &by_sibling, HS_OCSP_INVALID, "not signed by");
    check(fixture, &wrong, HS_OCSP_INVALID, "for another certificate");
    mint_free(&stranger);
    mint_free(&other);
}

static void truncated_responses_are_malformed(void **state)
{
    const tls_fixture *fixture = *state;
    answer good = {V_OCSP_CERTSTATUS_GOOD, -60, 3600, fixture->leaf.certificate, NULL, NULL};
    hs_bytes response = respond(fixture, &good);
    X509_STORE *store = trusting(&fixture->ca);
    STACK_OF(X509) *chain = chain_of(fixture->leaf.certificate, fixture->ca.certificate);
    hs_ocsp_verdict verdict;
    for (size_t len = 0; len < response.len; len++) {
        uint8_t *copy = malloc(len ? len : 1);
        assert_non_null(copy);
        memcpy(copy, response.data, len);
        hs_ocsp_check(hs_bytes_of(copy, len), chain, store, &verdict);
        assert_int_equal(verdict.status, HS_OCSP_INVALID);
        free(copy);
    }
    /* tryLater: an error without content (RFC 6960 4.2.1). */
    static const uint8_t try_later[] = {0x30, 0x03, 0x0a, 0x01, 0x03};
    hs_ocsp_check(hs_bytes_of(try_later, sizeof(try_later)), chain, store, &verdict);
    assert_int_equal(verdict.status, HS_OCSP_INVALID);
    assert_non_null(strstr(verdict.text, "says trylater"));
    sk_X509_free(chain);
    chain = chain_of(fixture->leaf.certificate, NULL);
    hs_ocsp_check(response, chain, store, &verdict);
    assert_int_equal(verdict.status, HS_OCSP_INVALID);
    assert_non_null(strstr(verdict.text, "the issuer is not known"));
    hs_ocsp_check(response, NULL, store, &verdict);
    assert_int_equal(verdict.status, HS_OCSP_INVALID);
    sk_X509_free(chain);
    X509_STORE_free(store);
    OPENSSL_free((void *)response.data);
}

static int staple(SSL *ssl, void *response)
{
    const hs_bytes *bytes = response;
    unsigned char *copy = OPENSSL_memdup(bytes->data, bytes->len);
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)bytes->len);
    return SSL_TLSEXT_ERR_OK;
}

/* A handshake with a server that staples `response`. */
static void meet(const tls_fixture *fixture, hs_tls_context *client, tls_end *end, int version,
                 hs_bytes response)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_max_proto_version(ctx, version);
    assert_int_equal(SSL_CTX_use_certificate(ctx, fixture->leaf.certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(ctx, fixture->leaf.key), 1);
    SSL_CTX_set_tlsext_status_cb(ctx, staple);
    SSL_CTX_set_tlsext_status_arg(ctx, &response);
    tls_peer peer;
    tls_end_open(end, client, "host.example", NULL);
    tls_peer_open(&peer, ctx);
    tls_end_start(end);
    tls_peer_run(end, &peer);
    tls_peer_free(&peer);
    SSL_CTX_free(ctx);
}

static void a_stapled_revocation_ends_the_handshake(void **state)
{
    const tls_fixture *fixture = *state;
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    X509 *leaf = fixture->leaf.certificate;
    answer revoked = {V_OCSP_CERTSTATUS_REVOKED, -60, 3600, leaf, NULL, NULL};
    answer good = {V_OCSP_CERTSTATUS_GOOD, -60, 3600, leaf, NULL, NULL};
    hs_bytes bad_news = respond(fixture, &revoked);
    hs_bytes good_news = respond(fixture, &good);
    hs_probe_options options = {.cacert = fixture->ca_file, .insecure = true};
    hs_tls_context *lax = tls_client(&options);
    for (size_t i = 0; i < 2; i++) {
        tls_end end;
        meet(fixture, fixture->client, &end, versions[i], bad_news);
        assert_int_equal(end.established, 0);
        assert_int_equal(end.failed, 1);
        assert_int_equal(end.failure.cls, HS_FAILURE_TLS_CERT_REVOKED);
        assert_int_equal(end.failure.verify, X509_V_ERR_CERT_REVOKED);
        assert_int_equal(end.failure.alert, 113);
        assert_false(end.failure.alert_received);
        assert_non_null(strstr(end.failure.message, "was revoked at"));
        tls_end_free(&end);

        meet(fixture, lax, &end, versions[i], bad_news);
        assert_int_equal(end.established, 1);
        assert_int_equal(hs_tls_session_verify(end.session), X509_V_ERR_CERT_REVOKED);
        tls_end_free(&end);

        meet(fixture, fixture->client, &end, versions[i], good_news);
        assert_int_equal(end.established, 1);
        assert_non_null(strstr(hs_tls_session_ocsp_text(end.session), "good"));
        assert_int_equal(hs_tls_session_verify(end.session), X509_V_OK);
        tls_end_free(&end);

        meet(fixture, fixture->client, &end, versions[i], hs_bytes_of("nonsense", 8));
        assert_int_equal(end.established, 1);
        assert_non_null(strstr(hs_tls_session_ocsp_text(end.session), "malformed"));
        tls_end_free(&end);
    }
    hs_tls_context_free(lax);
    OPENSSL_free((void *)bad_news.data);
    OPENSSL_free((void *)good_news.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(responses_are_judged),
        cmocka_unit_test(truncated_responses_are_malformed),
        cmocka_unit_test(a_stapled_revocation_ends_the_handshake),
    };
    return cmocka_run_group_tests(tests, tls_fixture_open, tls_fixture_close);
}
