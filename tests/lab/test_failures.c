/* The catalogue of failures against the registry of classes, and what is said of an outcome. */
#include "../cmocka_headers.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "lab/checksum.h"
#include "lab/failures/failures.h"

static size_t cases_of(hs_failure_class cls)
{
    size_t count = 0;
    for (size_t i = 0; i < hs_failure_case_count(); i++) {
        count += hs_failure_case_at(i)->cls == cls;
    }
    return count;
}

/* A new class has its case here, or the reason why it has none. */
static void every_class_is_made_or_said_why_not(void **state)
{
    (void)state;
    for (int i = HS_FAILURE_NONE + 1; i < HS_FAILURE_COUNT; i++) {
        const hs_failure_class cls = (hs_failure_class)i;
        const bool is_made = cases_of(cls) > 0;
        if (is_made == (hs_failure_not_made(cls) != NULL)) {
            fail_msg("%s: %s", hs_failure_describe(cls)->name,
                     is_made ? "made, and said not to be" : "neither made nor said why not");
        }
    }
    assert_int_equal(cases_of(HS_FAILURE_NONE), 0);
}

static void cases_stand_in_the_registrys_order(void **state)
{
    (void)state;
    assert_true(hs_failure_case_count() <= HS_FAILURE_CASES_MAX);
    for (size_t i = 1; i < hs_failure_case_count(); i++) {
        assert_true(hs_failure_case_at(i - 1)->cls <= hs_failure_case_at(i)->cls);
    }
    assert_null(hs_failure_case_at(hs_failure_case_count()));
}

static int far_ends(const hs_failure_case *row)
{
    return (row->script != NULL) + (row->server != NULL) + (row->quic != NULL) +
           (row->datagrams != HS_DATAGRAMS_NONE) + row->has_full_queue + row->is_simultaneous;
}

static void each_case_is_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < hs_failure_case_count(); i++) {
        const hs_failure_case *row = hs_failure_case_at(i);
        for (const char *c = row->name; *c; c++) {
            assert_true(islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '-' ||
                        *c == '.');
        }
        /* A name is not taken for a class, or for one of a kind. */
        assert_int_equal(hs_failure_find(row->name), HS_FAILURE_NONE);
        assert_true(strlen(row->done) > 10 && row->done[strlen(row->done) - 1] != '.');
        assert_true(far_ends(row) + (row->host != NULL) <= 1);
        /* What is to time out has a deadline that is near, and nothing else has. */
        const int status = hs_failure_describe(row->cls)->exit_status;
        assert_int_equal(row->near != HS_NEAR_NONE, status == 28);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(row->name, hs_failure_case_at(j)->name);
            assert_string_not_equal(row->done, hs_failure_case_at(j)->done);
        }
    }
}

/* Each script comes to an end that closes, resets or is silent. */
static void scripts_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < hs_failure_case_count(); i++) {
        const hs_script *script = hs_failure_case_at(i)->script;
        size_t line = 0;
        while (script && script->lines[line].act > HS_ACT_SILENCE) {
            line++;
            assert_true(line < HS_SCRIPT_ACTS_MAX);
        }
    }
}

/* --- certificates --- */

static X509 *load(const char *folder, hs_lab_certificate which)
{
    char path[HS_LAB_PATH_MAX];
    FILE *file = fopen(hs_lab_certificate_file(folder, which, path), "r");
    assert_non_null(file);
    X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    assert_int_equal(X509_check_private_key(certificate, key), 1);
    EVP_PKEY_free(key);
    return certificate;
}

static int verify(X509 *certificate, X509 *ca)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    assert_int_equal(X509_STORE_add_cert(store, ca), 1);
    assert_int_equal(X509_STORE_CTX_init(context, store, certificate, NULL), 1);
    X509_VERIFY_PARAM *parameters = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_auth_level(parameters, 2);
    assert_int_equal(X509_VERIFY_PARAM_set1_ip_asc(parameters, HS_LAB_SERVER_IPV4), 1);
    int code = X509_verify_cert(context) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    return code;
}

/* Each has one fault, and it is the right one; libcrypto says so. */
static void certificates_are_wrong_in_one_thing(void **state)
{
    static const int codes[] = {
        [HS_CERTIFICATE_GOOD] = X509_V_OK,
        [HS_CERTIFICATE_EXPIRED] = X509_V_ERR_CERT_HAS_EXPIRED,
        [HS_CERTIFICATE_NOT_YET_VALID] = X509_V_ERR_CERT_NOT_YET_VALID,
        [HS_CERTIFICATE_OTHER_NAME] = X509_V_ERR_IP_ADDRESS_MISMATCH,
        [HS_CERTIFICATE_SELF_SIGNED] = X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
        [HS_CERTIFICATE_STRANGER] = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
        [HS_CERTIFICATE_WEAK] = X509_V_ERR_EE_KEY_TOO_SMALL,
        [HS_CERTIFICATE_NOT_PERMITTED] = X509_V_ERR_PERMITTED_VIOLATION,
        [HS_CERTIFICATE_FORGED] = X509_V_ERR_CERT_SIGNATURE_FAILURE,
    };
    char folder[] = "/tmp/hs-failures-XXXXXX";
    char path[HS_LAB_PATH_MAX];
    hs_problem problem;
    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(hs_lab_certificates_mint(folder, &problem), HS_OK);
    snprintf(path, sizeof path, "%s/ca.pem", folder);
    FILE *file = fopen(path, "r");
    X509 *ca = file ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;
    assert_non_null(ca);
    fclose(file);
    for (int i = 0; i < HS_CERTIFICATE_COUNT; i++) {
        X509 *certificate = load(folder, (hs_lab_certificate)i);
        assert_int_equal(verify(certificate, ca), codes[i]);
        X509_free(certificate);
        assert_int_equal(remove(hs_lab_certificate_file(folder, (hs_lab_certificate)i, path)), 0);
    }
    X509_free(ca);
    /* Twice into the same folder: nothing is overwritten. */
    assert_int_equal(hs_lab_certificates_mint(folder, &problem), HS_SYSTEM);
    assert_non_null(strstr(problem.text, "ca.pem: File exists"));
    snprintf(path, sizeof path, "%s/ca.pem", folder);
    assert_int_equal(remove(path), 0);
    snprintf(path, sizeof path, "%s/revoked.ocsp", folder);
    assert_int_equal(remove(path), 0);
    assert_int_equal(remove(folder), 0);
}

/* --- what is said --- */

static hs_failure_outcome outcome_of(uint32_t number)
{
    const hs_failure_case *row = hs_failure_case_at(number);
    hs_failure_outcome outcome = {.number = number,
                                  .cls = row->cls,
                                  .phase = row->phase,
                                  .elapsed = 20 * HS_MILLISECOND,
                                  .message = "what it says"};
    snprintf(outcome.advice, sizeof outcome.advice, "%s", hs_failure_describe(row->cls)->advice);
    return outcome;
}

static void class_and_phase_count(void **state)
{
    (void)state;
    hs_failure_outcome outcome = outcome_of(0);
    assert_true(hs_failure_is_as_expected(&outcome));
    outcome.phase = HS_PHASE_TLS;
    assert_false(hs_failure_is_as_expected(&outcome));
    outcome = outcome_of(0);
    outcome.cls = HS_FAILURE_LOCAL;
    assert_false(hs_failure_is_as_expected(&outcome));
    outcome = outcome_of(0);
    outcome.result = HS_SYSTEM;
    assert_false(hs_failure_is_as_expected(&outcome));
    outcome = outcome_of(0);
    outcome.cls = HS_FAILURE_NONE;
    assert_false(hs_failure_is_as_expected(&outcome));
}

static char *text_of(const hs_failure_outcome *outcome, bool is_first,
                     const hs_failures_options *options)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    assert_int_equal(hs_failures_text_outcome(outcome, is_first, HS_WAY_USER, options, out), HS_OK);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void text_of_cases(void **state)
{
    (void)state;
    hs_failures_options options = {.rtt = 20 * HS_MILLISECOND, .report = {.width = 100}};
    memset(options.chosen, true, sizeof options.chosen);
    hs_failure_outcome outcome = outcome_of(0);
    char *text = text_of(&outcome, true, &options);
    assert_string_equal(
        text, "failures  on a path of 20.000 ms  in private namespaces (user namespace)\n"
              "\n"
              "dns.name_not_resolved  exit status 6\n"
              "  the name has no address\n"
              "  → check the spelling, the search domain, and that a record of the wanted family "
              "exists\n"
              "  ✓ name-unknown\n"
              "    done       the name server says NXDOMAIN\n"
              "    said       what it says\n"
              "    where      dns  after 20.000 ms\n");
    free(text);
    /* Of the same class: it is not told again. What is wrong is said. */
    outcome = outcome_of(1);
    outcome.cls = HS_FAILURE_DNS_FAILED;
    snprintf(outcome.last_event, sizeof outcome.last_event, "answer");
    snprintf(outcome.advice, sizeof outcome.advice, "advice of its own");
    text = text_of(&outcome, false, &options);
    assert_string_equal(text,
                        "  ✗ name-without-address\n"
                        "    done       the name server knows the name, and no address of it\n"
                        "    said       what it says\n"
                        "    where      dns  after 20.000 ms  last seen: answer\n"
                        "    to do      advice of its own\n"
                        "    but        this was taken for dns.failed in the phase dns, not for "
                        "dns.name_not_resolved in dns\n");
    free(text);
    outcome.cls = HS_FAILURE_NONE;
    text = text_of(&outcome, false, &options);
    assert_non_null(strstr(text, "✗") && strstr(text, "taken for a success"));
    assert_null(strstr(text, "said"));
    free(text);
    outcome.result = HS_SYSTEM;
    strcpy(outcome.problem, "no far end");
    text = text_of(&outcome, false, &options);
    assert_non_null(strstr(text, "there was no probe: no far end"));
    free(text);
    /* The one before it was not chosen. */
    options.chosen[0] = false;
    outcome = outcome_of(1);
    text = text_of(&outcome, false, &options);
    assert_non_null(strstr(text, "dns.name_not_resolved  exit status 6\n"));
    free(text);
}

static json_t *json_of(const hs_failure_outcome *outcome)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    assert_int_equal(hs_failures_json_outcome(outcome, HS_WAY_ROOT, out), HS_OK);
    assert_int_equal(fclose(out), 0);
    assert_ptr_equal(strchr(text, '\n'), text + len - 1);
    json_t *object = json_loads(text, 0, NULL);
    assert_non_null(object);
    free(text);
    return object;
}

static void json_of_cases(void **state)
{
    (void)state;
    static char record[] = "{\"schema\":\"handshake/1\",\"total_ms\":12.345}\n";
    hs_failure_outcome outcome = outcome_of(0);
    outcome.record = record;
    outcome.record_len = sizeof record - 1;
    json_t *object = json_of(&outcome);
    const json_t *lab = json_object_get(object, "lab");
    assert_string_equal(json_string_value(json_object_get(object, "schema")), "handshake/1");
    assert_string_equal(json_string_value(json_object_get(lab, "case")), "name-unknown");
    assert_string_equal(json_string_value(json_object_get(lab, "expected_class")),
                        "dns.name_not_resolved");
    assert_string_equal(json_string_value(json_object_get(lab, "expected_phase")), "dns");
    assert_int_equal(json_integer_value(json_object_get(lab, "exit_status")), 6);
    assert_true(json_is_true(json_object_get(lab, "as_expected")));
    json_decref(object);
    outcome = outcome_of(0);
    outcome.result = HS_SYSTEM;
    strcpy(outcome.problem, "no far end");
    object = json_of(&outcome);
    lab = json_object_get(object, "lab");
    assert_string_equal(json_string_value(json_object_get(object, "schema")), "handshake-lab/1");
    assert_string_equal(json_string_value(json_object_get(object, "problem")), "no far end");
    assert_true(json_is_false(json_object_get(lab, "as_expected")));
    assert_null(json_object_get(lab, "exit_status"));
    json_decref(object);
}

/* The example of RFC 1071 3: the sum is ddf2. */
static void checksum(void **state)
{
    static const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    (void)state;
    assert_int_equal(hs_lab_checksum((hs_bytes){bytes, sizeof bytes}), 0xffff - 0xddf2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_class_is_made_or_said_why_not),
        cmocka_unit_test(cases_stand_in_the_registrys_order),
        cmocka_unit_test(each_case_is_whole),
        cmocka_unit_test(scripts_end),
        cmocka_unit_test(certificates_are_wrong_in_one_thing),
        cmocka_unit_test(class_and_phase_count),
        cmocka_unit_test(text_of_cases),
        cmocka_unit_test(json_of_cases),
        cmocka_unit_test(checksum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
