#include <stdlib.h>
#include <string.h>

#include "../cmocka_headers.h"

#include <openssl/pem.h>

#include "base/reader.h"
#include "net/tls_state.h"
#include "tls_fixture.h"

static void check_problem(const hs_probe_options *options, hs_result expected, const char *part)
{
    hs_tls_context *context = NULL;
    hs_problem problem = {""};
    assert_int_equal(hs_tls_context_new_client(options, &context, &problem), expected);
    assert_null(context);
    if (!strstr(problem.text, part)) {
        fail_msg("'%s' is not in: %s", part, problem.text);
    }
    assert_null(strchr(problem.text, '\n'));
}

static void unknown_names_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *ciphers, *groups, *part;
    } cases[] = {
        {"TLS_AES_128_GCM_SHA999", NULL, "ciphers: 'TLS_AES_128_GCM_SHA999' is not known"},
        {"HIGH:NONSENSE", NULL, "ciphers: 'NONSENSE' is not known"},
        {"HIGH:!NONSENSE", NULL, "ciphers: '!NONSENSE' is not known"},
        {"ALL:@SECLEVEL=9", NULL, "ciphers: '@SECLEVEL=9' is not known"},
        {"", NULL, "ciphers: '' leaves no cipher"},
        {"!TLS_AES_128_GCM_SHA256", NULL, "a TLS 1.3 suite takes no operator"},
        {"AES128-SHA:!AES128-SHA", NULL, "leaves no cipher"},
        {NULL, "x25519:nonsense", "groups: 'nonsense' is not known"},
        {NULL, "", "groups: '' is not a list of groups"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        hs_probe_options options = {.ciphers = cases[i].ciphers, .groups = cases[i].groups};
        check_problem(&options, HS_INVALID, cases[i].part);
    }
    char name[400];
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = 0;
    hs_probe_options options = {.ciphers = name};
    check_problem(&options, HS_INVALID, "is not known");
    options = (hs_probe_options){.groups = name};
    check_problem(&options, HS_INVALID, "is not known");
}

/* The names of the offered ciphers, colon-separated, in order. */
static void offered(const char *ciphers, char *out, size_t size)
{
    hs_probe_options options = {.ciphers = ciphers};
    hs_tls_context *context = tls_client(&options);
    STACK_OF(SSL_CIPHER) *list = SSL_CTX_get_ciphers(context->ctx);
    out[0] = 0;
    for (int i = 0; i < sk_SSL_CIPHER_num(list); i++) {
        snprintf(out + strlen(out), size - strlen(out), "%s%s", i ? ":" : "",
                 SSL_CIPHER_standard_name(sk_SSL_CIPHER_value(list, i)));
    }
    hs_tls_context_free(context);
}

static void mixed_lists_are_sorted_out(void **state)
{
    (void)state;
    char list[8192];
    offered("ECDHE-RSA-AES128-GCM-SHA256:TLS_CHACHA20_POLY1305_SHA256,"
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 tls_aes_128_gcm_sha256",
            list, sizeof(list));
    assert_string_equal(list, "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:"
                              "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256:"
                              "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
    /* One kind named leaves the other's default. */
    offered("TLS_AES_128_CCM_SHA256", list, sizeof(list));
    assert_int_equal(strncmp(list, "TLS_AES_128_CCM_SHA256:TLS_ECDHE_", 33), 0);
    offered("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", list, sizeof(list));
    assert_string_equal(list, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
                              "TLS_AES_128_GCM_SHA256:TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
    offered("ALL:!aNULL:@SECLEVEL=0", list, sizeof(list));
    assert_non_null(strstr(list, "TLS_RSA_WITH_AES_128_CBC_SHA"));
    offered("ECDHE+AESGCM:!ECDHE-RSA-AES128-GCM-SHA256", list, sizeof(list));
    assert_null(strstr(list, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"));
    assert_non_null(strstr(list, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"));
}

static void groups_have_rfc_names(void **state)
{
    (void)state;
    static const char *const lists[] = {"x25519", "secp256r1:secp384r1,x448", "P-256", "prime256v1",
                                        "ffdhe2048"};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        hs_probe_options options = {.groups = lists[i]};
        hs_tls_context_free(tls_client(&options));
    }
}

/* Whether the first of its supported_groups is the one that is kept for private use. */
static bool offers_private_group(hs_tls_context *client)
{
    tls_end end;
    tls_end_open(&end, client, "host.example", NULL);
    tls_end_start(&end);
    hs_bytes hello = hs_buffer_bytes(&end.wire);
    bool found = false;
    for (size_t i = 0; i + 7 < hello.len && !found; i++) {
        const uint8_t *at = hello.data + i; /* type and two lengths, then the first group */
        found = at[0] == 0 && at[1] == 10 && at[6] == 0xfe && at[7] == 0xfe;
    }
    tls_end_free(&end);
    return found;
}

static void check_group(hs_tls_context *client, hs_tls_context *server, const char *expected)
{
    tls_end ours;
    tls_end theirs;
    tls_end_open(&ours, client, "host.example", NULL);
    tls_end_open(&theirs, server, NULL, NULL);
    tls_end_start(&theirs);
    tls_end_start(&ours);
    tls_end_run(&ours, &theirs, 100);
    assert_int_equal(ours.established, 1);
    assert_string_equal(hs_tls_session_group(ours.session), expected);
    tls_end_free(&ours);
    tls_end_free(&theirs);
}

/* Contexts that force a HelloRetryRequest come and go; no other context offers their group. */
static void only_who_asks_offers_the_unknown_group(void **state)
{
    const tls_fixture *fixture = *state;
    const hs_probe_options forced = {.cacert = fixture->ca_file, .hello_retry = true};
    const hs_probe_options chosen = {
        .cacert = fixture->ca_file, .groups = "secp384r1", .hello_retry = true};
    const hs_probe_options plain = {.cacert = fixture->ca_file};
    hs_tls_context *first = tls_client(&forced);
    hs_tls_context *second = tls_client(&chosen);
    hs_tls_context *other = tls_client(&plain);
    assert_true(offers_private_group(first));
    assert_true(offers_private_group(second));
    assert_false(offers_private_group(other));
    hs_tls_context_free(first);
    assert_true(offers_private_group(second));
    check_group(second, fixture->server, "secp384r1");
    check_group(other, fixture->server, "x25519");
    hs_tls_context_free(second);
    check_group(other, fixture->server, "x25519");
    hs_tls_context_free(other);
    first = tls_client(&forced);
    assert_true(offers_private_group(first));
    check_group(first, fixture->server, "x25519");
    hs_tls_context_free(first);
}

static void versions_must_make_a_range(void **state)
{
    (void)state;
    hs_probe_options options = {.tls_min = 0x0304, .tls_max = 0x0303};
    check_problem(&options, HS_INVALID, "the lowest (0x0304) is above the highest (0x0303)");
    options = (hs_probe_options){.tls_min = 0x0399};
    check_problem(&options, HS_INVALID, "0x0399");
    options = (hs_probe_options){.tls_max = 0x0003};
    check_problem(&options, HS_INVALID, "0x0003");
    options = (hs_probe_options){0};
    hs_tls_context *context = tls_client(&options);
    assert_int_equal(SSL_CTX_get_min_proto_version(context->ctx), TLS1_2_VERSION);
    hs_tls_context_free(context);
}

/* A key under a pass phrase. */
static char *write_encrypted(const tls_fixture *fixture)
{
    char *path = mint_write_text(fixture->folder, "encrypted.pem", "");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(PEM_write_PKCS8PrivateKey(file, fixture->leaf.key, EVP_aes_128_cbc(), "abcd",
                                               4, NULL, NULL),
                     1);
    fclose(file);
    return path;
}

static void credentials_case(const tls_fixture *fixture, char *cert, char *key, hs_result expected,
                             const char *part)
{
    (void)fixture;
    hs_probe_options options = {.cert = cert, .key = key};
    check_problem(&options, expected, part);
    hs_tls_context *server = NULL;
    hs_problem problem = {""};
    assert_int_equal(hs_tls_context_new_server(cert, key, &server, &problem), expected);
    assert_null(server);
    assert_non_null(strstr(problem.text, part));
    if (key != cert) {
        free(key);
    }
}

static void unusable_credentials_are_named(void **state)
{
    tls_fixture *fixture = *state;
    const char *folder = fixture->folder;
    char *good = fixture->server_file;
    mint other = mint_leaf(&fixture->ca);
    mint_request request = {.name = "host.example", .rsa_bits = 1024};
    mint weak = mint_certificate(&request);

    credentials_case(fixture, good, strdup("/nonexistent.pem"), HS_SYSTEM,
                     "key: /nonexistent.pem: No such file");
    credentials_case(fixture, good, mint_write_text(folder, "k.pem", "x\n"), HS_INVALID,
                     "k.pem: there is no PEM private key in it");
    credentials_case(fixture, good, mint_write_text(folder, "k.pem", ""), HS_INVALID,
                     "k.pem: the file is empty");
    credentials_case(fixture, good,
                     mint_write_text(folder, "k.pem",
                                     "-----BEGIN PRIVATE KEY-----\nAAAA\n"
                                     "-----END PRIVATE KEY-----\n"),
                     HS_INVALID, "k.pem: the private key is malformed");
    credentials_case(fixture, good, mint_write(folder, "k.pem", NULL, NULL, other.key), HS_INVALID,
                     "k.pem: the key is not the certificate's");
    credentials_case(fixture, good, mint_write(folder, "k.pem", NULL, NULL, weak.key), HS_INVALID,
                     "k.pem: the key is not the certificate's");
    credentials_case(fixture, good, write_encrypted(fixture), HS_INVALID,
                     "encrypted.pem: the key is encrypted");

    char missing[] = "/nonexistent.pem";
    credentials_case(fixture, missing, missing, HS_SYSTEM,
                     "certificate: /nonexistent.pem: No such file");
    char *bad = mint_write_text(folder, "c.pem", "x\n");
    credentials_case(fixture, bad, bad, HS_INVALID, "c.pem: there is no PEM certificate in it");
    free(bad);
    bad = mint_write(folder, "c.pem", weak.certificate, NULL, weak.key);
    credentials_case(fixture, bad, bad, HS_INVALID, "c.pem: the key is too small");
    free(bad);
    bad = mint_write(folder, "c.pem", fixture->leaf.certificate, NULL, NULL);
    credentials_case(fixture, bad, bad, HS_INVALID, "c.pem: there is no PEM private key in it");
    FILE *more = fopen(bad, "a");
    assert_non_null(more);
    fputs("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", more);
    fclose(more);
    credentials_case(fixture, bad, bad, HS_INVALID, "c.pem: certificate 2 is malformed");
    free(bad);

    hs_probe_options options = {.key = good};
    check_problem(&options, HS_INVALID, "there is no certificate for it");
    mint_free(&other);
    mint_free(&weak);
}

static void the_key_may_be_in_the_certificates_file(void **state)
{
    tls_fixture *fixture = *state;
    hs_probe_options options = {.cert = fixture->server_file};
    hs_tls_context_free(tls_client(&options));
}

static void files_named_by_options_must_be_there(void **state)
{
    (void)state;
    hs_probe_options options = {.cacert = "/nonexistent/ca.pem"};
    check_problem(&options, HS_SYSTEM, "cacert: /nonexistent/ca.pem: No such file");
    options = (hs_probe_options){.pinned_public_key = "sha256//x"};
    check_problem(&options, HS_INVALID, "'sha256//x'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_names_are_named),
        cmocka_unit_test(mixed_lists_are_sorted_out),
        cmocka_unit_test(groups_have_rfc_names),
        cmocka_unit_test(only_who_asks_offers_the_unknown_group),
        cmocka_unit_test(versions_must_make_a_range),
        cmocka_unit_test(unusable_credentials_are_named),
        cmocka_unit_test(the_key_may_be_in_the_certificates_file),
        cmocka_unit_test(files_named_by_options_must_be_there),
    };
    return cmocka_run_group_tests(tests, tls_fixture_open, tls_fixture_close);
}
