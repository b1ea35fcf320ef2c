#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../cmocka_headers.h"

#include <openssl/x509_vfy.h>

#include "mint.h"
#include "net/trust.h"

/* Two authorities: one in the hashed folder, one in the bundle; and one that is nowhere. */
typedef struct fixture {
    char *hashed_folder;
    char *folder;
    mint hashed_ca, bundled_ca, stranger_ca;
    mint hashed, bundled, stranger;
    char *bundle;
} fixture;

static int open_fixture(void **state)
{
    fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    f->hashed_folder = mint_folder();
    f->folder = mint_folder();
    f->hashed_ca = mint_ca("Hashed CA");
    f->bundled_ca = mint_ca("Bundled CA");
    f->stranger_ca = mint_ca("Stranger CA");
    f->hashed = mint_leaf(&f->hashed_ca);
    f->bundled = mint_leaf(&f->bundled_ca);
    f->stranger = mint_leaf(&f->stranger_ca);
    char name[32];
    snprintf(name, sizeof(name), "%08lx.0",
             X509_NAME_hash_ex(X509_get_subject_name(f->hashed_ca.certificate), NULL, NULL, NULL));
    free(mint_write(f->hashed_folder, name, f->hashed_ca.certificate, NULL, NULL));
    /* Another certificate of the same name comes first, with a key between. */
    mint namesake = mint_ca("Bundled CA");
    char *first = mint_write(f->folder, "first.pem", namesake.certificate, f->hashed_ca.certificate,
                             namesake.key);
    char *second = mint_write(f->folder, "second.pem", f->bundled_ca.certificate, NULL, NULL);
    f->bundle = mint_write_text(f->folder, "bundle.pem", "# roots\n\n");
    char command[512];
    snprintf(command, sizeof(command), "cat %s %s >> %s", first, second, f->bundle);
    assert_int_equal(system(command), 0);
    mint_free(&namesake);
    free(first);
    free(second);
    *state = f;
    return 0;
}

static int close_fixture(void **state)
{
    fixture *f = *state;
    mint_free(&f->hashed_ca);
    mint_free(&f->bundled_ca);
    mint_free(&f->stranger_ca);
    mint_free(&f->hashed);
    mint_free(&f->bundled);
    mint_free(&f->stranger);
    free(f->bundle);
    mint_remove_folder(f->hashed_folder);
    mint_remove_folder(f->folder);
    free(f);
    return 0;
}

static int use_environment(void **state)
{
    const fixture *f = *state;
    setenv("SSL_CERT_DIR", f->hashed_folder, 1);
    setenv("SSL_CERT_FILE", f->bundle, 1);
    return 0;
}

static int verify(const hs_trust *trust, X509 *certificate)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    assert_int_equal(X509_STORE_CTX_init(context, hs_trust_store(trust), certificate, NULL), 1);
    X509_verify_cert(context);
    int error = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    return error;
}

static void the_bundle_is_read_only_at_a_miss(void **state)
{
    const fixture *f = *state;
    hs_trust *trust = NULL;
    hs_problem problem;
    assert_int_equal(hs_trust_new(NULL, &trust, &problem), HS_OK);
    assert_false(hs_trust_read_bundle(trust));
    assert_int_equal(verify(trust, f->hashed.certificate), X509_V_OK);
    assert_false(hs_trust_read_bundle(trust));
    assert_int_equal(verify(trust, f->bundled.certificate), X509_V_OK);
    assert_true(hs_trust_read_bundle(trust));
    assert_int_equal(verify(trust, f->stranger.certificate),
                     X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    assert_int_equal(verify(trust, f->stranger_ca.certificate),
                     X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
    hs_trust_free(trust);
}

static void the_bundle_is_read_once(void **state)
{
    const fixture *f = *state;
    hs_trust *trust = NULL;
    hs_problem problem;
    assert_int_equal(hs_trust_new(NULL, &trust, &problem), HS_OK);
    assert_int_equal(verify(trust, f->stranger.certificate),
                     X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    assert_true(hs_trust_read_bundle(trust));
    char moved[256];
    snprintf(moved, sizeof(moved), "%s.moved", f->bundle);
    assert_int_equal(rename(f->bundle, moved), 0);
    int found = verify(trust, f->bundled.certificate);
    assert_int_equal(rename(moved, f->bundle), 0);
    assert_int_equal(found, X509_V_OK);
    hs_trust_free(trust);
}

static void missing_stores_are_empty(void **state)
{
    const fixture *f = *state;
    hs_trust *trust = NULL;
    hs_problem problem;
    setenv("SSL_CERT_DIR", "/nonexistent", 1);
    setenv("SSL_CERT_FILE", "/nonexistent/bundle.pem", 1);
    assert_int_equal(hs_trust_new(NULL, &trust, &problem), HS_OK);
    assert_int_equal(verify(trust, f->hashed.certificate),
                     X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    hs_trust_free(trust);
}

static void a_given_file_is_trusted_beside_the_system(void **state)
{
    const fixture *f = *state;
    hs_trust *trust = NULL;
    hs_problem problem;
    char *path = mint_write(f->folder, "given.pem", f->stranger_ca.certificate, NULL, NULL);
    assert_int_equal(hs_trust_new(path, &trust, &problem), HS_OK);
    assert_int_equal(verify(trust, f->stranger.certificate), X509_V_OK);
    assert_false(hs_trust_read_bundle(trust));
    assert_int_equal(verify(trust, f->hashed.certificate), X509_V_OK);
    hs_trust_free(trust);
    free(path);
}

static void a_leaf_or_an_intermediate_may_be_given(void **state)
{
    const fixture *f = *state;
    hs_trust *trust = NULL;
    hs_problem problem;
    mint_request request = {.name = "Intermediate", .is_ca = true, .issuer = &f->stranger_ca};
    mint intermediate = mint_certificate(&request);
    mint leaf = mint_leaf(&intermediate);
    char *path = mint_write(f->folder, "intermediate.pem", intermediate.certificate, NULL, NULL);
    assert_int_equal(hs_trust_new(path, &trust, &problem), HS_OK);
    assert_int_equal(verify(trust, leaf.certificate), X509_V_OK);
    hs_trust_free(trust);
    free(path);
    path = mint_write(f->folder, "leaf.pem", leaf.certificate, NULL, NULL);
    assert_int_equal(hs_trust_new(path, &trust, &problem), HS_OK);
    assert_int_equal(verify(trust, leaf.certificate), X509_V_OK);
    hs_trust_free(trust);
    free(path);
    mint_free(&leaf);
    mint_free(&intermediate);
}

static void check_problem(const char *path, hs_result expected, const char *part)
{
    hs_trust *trust = NULL;
    hs_problem problem = {""};
    assert_int_equal(hs_trust_new(path, &trust, &problem), expected);
    assert_null(trust);
    assert_non_null(strstr(problem.text, path));
    if (!strstr(problem.text, part)) {
        fail_msg("'%s' is not in: %s", part, problem.text);
    }
}

static void unusable_files_are_named(void **state)
{
    const fixture *f = *state;
    check_problem("/nonexistent.pem", HS_SYSTEM, "No such file");
    check_problem("/", HS_SYSTEM, "Is a directory");
    char *path = mint_write_text(f->folder, "bad.pem", "");
    check_problem(path, HS_INVALID, "the file is empty");
    free(path);
    path = mint_write_text(f->folder, "bad.pem", "hello\n");
    check_problem(path, HS_INVALID, "there is no PEM certificate in it");
    free(path);
    path = mint_write(f->folder, "bad.pem", NULL, NULL, f->hashed.key);
    check_problem(path, HS_INVALID, "there is no PEM certificate in it");
    free(path);
    path = mint_write_text(f->folder, "bad.pem",
                           "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    check_problem(path, HS_INVALID, "certificate 1 is malformed");
    free(path);
    path = mint_write_text(f->folder, "bad.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n");
    check_problem(path, HS_INVALID, "certificate 1 is malformed");
    free(path);
}

/* A bundle full of nonsense is searched without harm. */
static void a_malformed_bundle_finds_nothing(void **state)
{
    const fixture *f = *state;
    hs_trust *trust = NULL;
    hs_problem problem;
    char *path = mint_write_text(
        f->folder, "nonsense.pem",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
        "-----BEGIN CERTIFICATE-----\nMAIwAA==\n-----END CERTIFICATE-----\n"
        "-----BEGIN CERTIFICATE-----\nMIP///8wg///AA==\n-----END CERTIFICATE-----\n"
        "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n");
    setenv("SSL_CERT_FILE", path, 1);
    assert_int_equal(hs_trust_new(NULL, &trust, &problem), HS_OK);
    assert_int_equal(verify(trust, f->bundled.certificate),
                     X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    assert_true(hs_trust_read_bundle(trust));
    hs_trust_free(trust);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_bundle_is_read_only_at_a_miss, use_environment),
        cmocka_unit_test_setup(the_bundle_is_read_once, use_environment),
        cmocka_unit_test_setup(missing_stores_are_empty, use_environment),
        cmocka_unit_test_setup(a_given_file_is_trusted_beside_the_system, use_environment),
        cmocka_unit_test_setup(a_leaf_or_an_intermediate_may_be_given, use_environment),
        cmocka_unit_test_setup(unusable_files_are_named, use_environment),
        cmocka_unit_test_setup(a_malformed_bundle_finds_nothing, use_environment),
    };
    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
