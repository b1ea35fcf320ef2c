#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "scratch.h"
#include "serve/authority.h"
#include "serve/mint.h"

enum { DAY = 24 * 60 * 60 };
static const int64_t now = 1800000000; /* the clock is an argument */
static const char *const names[] = {"localhost", "*.localhost", "127.0.0.1", "::1", "lab"};

static char scratch[64];
static hs_problem problem;
static hs_authority authority;

static int set_up(void **state)
{
    (void)state;
    return scratch_new(scratch) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_free(scratch);
    return 0;
}

static hs_result open_with(const char *const *list, size_t count, int64_t at)
{
    const hs_authority_config config = {scratch, list, count, at};
    hs_result result = hs_authority_open(&config, &authority, &problem);
    if (result == HS_OK) {
        hs_authority_close(&authority);
    }
    return result;
}

static hs_result open_at(int64_t at)
{
    return open_with(names, sizeof names / sizeof names[0], at);
}

static X509 *load(const char *path)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    assert_non_null(certificate);
    return certificate;
}

static void overwrite(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", scratch, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int verify(X509 *leaf, X509 *ca, const char *host, int64_t at)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    assert_int_equal(X509_STORE_add_cert(store, ca), 1);
    assert_int_equal(X509_STORE_CTX_init(context, store, leaf, NULL), 1);
    X509_STORE_CTX_set_default(context, "ssl_server");
    X509_STORE_CTX_set_time(context, 0, (time_t)at);
    X509_VERIFY_PARAM *parameters = X509_STORE_CTX_get0_param(context);
    if (X509_VERIFY_PARAM_set1_ip_asc(parameters, host) != 1) {
        assert_int_equal(X509_VERIFY_PARAM_set1_host(parameters, host, 0), 1);
    }
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_X509_STRICT);
    X509_verify_cert(context);
    int error = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    return error;
}

static void mints_a_chain_that_verifies(void **state)
{
    (void)state;
    assert_int_equal(open_at(now), HS_OK);
    assert_true(authority.new_ca);
    assert_true(authority.new_leaf);
    X509 *ca = load(authority.ca_file);
    X509 *leaf = load(authority.server_file);
    assert_int_equal(verify(leaf, ca, "localhost", now), X509_V_OK);
    assert_int_equal(verify(leaf, ca, "127.0.0.1", now), X509_V_OK);
    assert_int_equal(verify(leaf, ca, "::1", now), X509_V_OK);
    assert_int_equal(verify(leaf, ca, "lab", now), X509_V_OK);
    assert_int_equal(verify(leaf, ca, "elsewhere.example", now), X509_V_ERR_HOSTNAME_MISMATCH);
    int days;
    int seconds;
    ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(leaf), X509_get0_notAfter(leaf));
    assert_true(days < 90);
    ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(ca), X509_get0_notAfter(ca));
    assert_int_equal(days, HS_MINT_CA_DAYS);
    assert_int_equal(X509_get_pathlen(ca), 0);
    assert_int_equal(X509_get_key_usage(ca), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
    assert_int_equal(X509_get_key_usage(leaf), KU_DIGITAL_SIGNATURE);
    assert_int_equal(X509_get_extended_key_usage(leaf), XKU_SSL_SERVER);
    assert_true(X509_get_ext_by_NID(ca, NID_name_constraints, -1) >= 0);
    X509_free(ca);
    X509_free(leaf);
}

static void keeps_keys_to_itself(void **state)
{
    (void)state;
    assert_int_equal(open_at(now), HS_OK);
    const struct {
        const char *name;
        mode_t mode;
    } files[] = {{"ca.pem", 0644}, {"ca-key.pem", 0600}, {"server.pem", 0600}};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[128];
        struct stat status;
        snprintf(path, sizeof path, "%s/%s", scratch, files[i].name);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 07777, files[i].mode);
    }
}

static void is_minted_once(void **state)
{
    (void)state;
    assert_int_equal(open_at(now), HS_OK);
    assert_int_equal(open_at(now + 80 * DAY), HS_OK);
    assert_false(authority.new_ca);
    assert_false(authority.new_leaf);
}

static void renews_the_leaf_in_time(void **state)
{
    (void)state;
    assert_int_equal(open_at(now), HS_OK);
    X509 *ca = load(authority.ca_file);
    int64_t later = now + (HS_MINT_LEAF_DAYS - HS_LEAF_RENEW_DAYS + 1) * (int64_t)DAY;
    assert_int_equal(open_at(later), HS_OK);
    assert_false(authority.new_ca);
    assert_true(authority.new_leaf);
    X509 *leaf = load(authority.server_file);
    assert_int_equal(verify(leaf, ca, "localhost", later + 80 * DAY), X509_V_OK);
    X509_free(ca);
    X509_free(leaf);
}

static void renews_the_leaf_for_a_new_name(void **state)
{
    (void)state;
    const char *const more[] = {"localhost", "192.168.7.7"};
    assert_int_equal(open_at(now), HS_OK);
    assert_int_equal(open_with(more, 2, now), HS_OK);
    assert_false(authority.new_ca);
    assert_true(authority.new_leaf);
    assert_int_equal(open_with(more, 1, now), HS_OK);
    assert_false(authority.new_leaf);
}

static void replaces_a_ca_that_may_not_vouch(void **state)
{
    (void)state;
    const char *const foreign[] = {"localhost", "host.example", "203.0.113.5"};
    assert_int_equal(open_at(now), HS_OK);
    assert_int_equal(open_with(foreign, 3, now), HS_OK);
    assert_true(authority.new_ca);
    X509 *ca = load(authority.ca_file);
    X509 *leaf = load(authority.server_file);
    assert_int_equal(verify(leaf, ca, "host.example", now), X509_V_OK);
    assert_int_equal(verify(leaf, ca, "203.0.113.5", now), X509_V_OK);
    X509_free(ca);
    X509_free(leaf);
}

static void replaces_a_ca_that_ends(void **state)
{
    (void)state;
    assert_int_equal(open_at(now), HS_OK);
    assert_int_equal(open_at(now + (HS_MINT_CA_DAYS - HS_CA_RENEW_DAYS + 1) * (int64_t)DAY), HS_OK);
    assert_true(authority.new_ca);
    assert_true(authority.new_leaf);
}

/* A stolen CA key is worth nothing for other people's names. */
static void cannot_vouch_for_the_world(void **state)
{
    (void)state;
    const char *const own[] = {"localhost"};
    const char *const other[] = {"www.example.com"};
    hs_minted ca;
    hs_minted leaf;
    assert_int_equal(hs_mint_ca(own, 1, now, &ca), HS_OK);
    assert_int_equal(hs_mint_leaf(&ca, other, 1, now, &leaf), HS_OK);
    assert_int_equal(verify(leaf.certificate, ca.certificate, "www.example.com", now),
                     X509_V_ERR_PERMITTED_VIOLATION);
    hs_minted_free(&ca);
    hs_minted_free(&leaf);
}

static void says_what_is_damaged(void **state)
{
    (void)state;
    assert_int_equal(open_at(now), HS_OK);
    overwrite("server.pem", "not a certificate");
    assert_int_equal(open_at(now), HS_OK);
    assert_false(authority.new_ca);
    assert_true(authority.new_leaf);
    overwrite("ca.pem", "not a certificate");
    assert_int_equal(open_at(now), HS_INVALID);
    assert_non_null(strstr(problem.text, "ca.pem: damaged"));
}

static void does_not_mix_two_cas(void **state)
{
    (void)state;
    char kept[4096] = "";
    char path[128];
    assert_int_equal(open_at(now), HS_OK);
    snprintf(path, sizeof path, "%s/ca.pem", scratch);
    FILE *file = fopen(path, "r");
    assert_true(fread(kept, 1, sizeof kept - 1, file) > 0);
    fclose(file);
    assert_int_equal(remove(path), 0);
    assert_int_equal(open_at(now), HS_OK);
    assert_true(authority.new_ca);
    overwrite("ca.pem", kept);
    assert_int_equal(open_at(now), HS_INVALID);
    assert_non_null(strstr(problem.text, "not the key"));
}

static void refuses_a_clock_before_the_ca(void **state)
{
    (void)state;
    assert_int_equal(open_at(now), HS_OK);
    assert_int_equal(open_at(now - 10 * DAY), HS_INVALID);
    assert_non_null(strstr(problem.text, "clock"));
}

static void many_at_once_agree(void **state)
{
    (void)state;
    enum { PROCESSES = 8 };
    pid_t children[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            _exit(open_at(now) == HS_OK ? authority.new_ca : 99);
        }
    }
    int minted = 0;
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
        minted += WEXITSTATUS(status);
    }
    assert_int_equal(minted, 1);
    assert_int_equal(open_at(now), HS_OK);
    assert_false(authority.new_ca || authority.new_leaf);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(mints_a_chain_that_verifies),
        TEST(keeps_keys_to_itself),
        TEST(is_minted_once),
        TEST(renews_the_leaf_in_time),
        TEST(renews_the_leaf_for_a_new_name),
        TEST(replaces_a_ca_that_may_not_vouch),
        TEST(replaces_a_ca_that_ends),
        TEST(cannot_vouch_for_the_world),
        TEST(says_what_is_damaged),
        TEST(does_not_mix_two_cas),
        TEST(refuses_a_clock_before_the_ca),
        TEST(many_at_once_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
