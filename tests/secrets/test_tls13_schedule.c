/* HKDF with RFC 5869's vectors, and TLS 1.3's schedule with every value that RFC 8448 publishes. */
#include "hex.h"

#include <openssl/evp.h>

#include "../decode/data/rfc8448.h"
#include "base/writer.h"
#include "secrets/tls13_schedule.h"
#include "wire/tls/record.h"

static const char *value_of(const rfc8448_trace *trace, const char *name)
{
    for (const rfc8448_value *value = trace->values; value->name; value++) {
        if (strcmp(value->name, name) == 0) {
            return value->hex;
        }
    }
    fail_msg("%s has no %s", trace->title, name);
    return NULL;
}

static const char *secret_of(const rfc8448_trace *trace, const char *label)
{
    for (const rfc8448_secret *secret = trace->secrets; secret->label; secret++) {
        if (strcmp(secret->label, label) == 0) {
            return secret->hex;
        }
    }
    fail_msg("%s has no %s", trace->title, label);
    return NULL;
}

static void assert_secret(const hs_secret *got, const char *want)
{
    assert_hex(got->data, got->len, want);
}

static void assert_derived(const hs_tls13_schedule *schedule, hs_tls13_secret which,
                           hs_bytes transcript_hash, const char *want)
{
    hs_secret got;
    assert_int_equal(hs_tls13_derive(schedule, which, transcript_hash, &got), HS_OK);
    assert_secret(&got, want);
}

static void assert_keys(const char *secret, const char *want_key, const char *want_iv)
{
    uint8_t key[16];
    uint8_t iv[12];
    assert_int_equal(
        hs_tls13_traffic_keys(EVP_sha256(), hex(secret), key, sizeof key, iv, sizeof iv), HS_OK);
    assert_hex(key, sizeof key, want_key);
    assert_hex(iv, sizeof iv, want_iv);
}

static void hkdf_rfc5869(void **state)
{
    (void)state;
    hs_secret prk;
    uint8_t out[82];
    assert_int_equal(hs_hkdf_extract(EVP_sha256(), hex("000102030405060708090a0b0c"),
                                     hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"), &prk),
                     HS_OK);
    assert_secret(&prk, "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
    assert_int_equal(
        hs_hkdf_expand(EVP_sha256(), hs_secret_bytes(&prk), hex("f0f1f2f3f4f5f6f7f8f9"), out, 42),
        HS_OK);
    assert_hex(
        out, 42,
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    /* No salt and no info, and more than one block. */
    assert_int_equal(hs_hkdf_extract(EVP_sha256(), (hs_bytes){0},
                                     hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"), &prk),
                     HS_OK);
    assert_secret(&prk, "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04");
    assert_int_equal(hs_hkdf_expand(EVP_sha256(), hs_secret_bytes(&prk), (hs_bytes){0}, out, 42),
                     HS_OK);
    assert_hex(
        out, 42,
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
    assert_int_equal(
        hs_hkdf_expand(EVP_sha256(),
                       hex("06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244"),
                       hex("b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
                           "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
                           "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"),
                       out, 82),
        HS_OK);
    assert_hex(out, 82,
               "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
               "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
               "cc30c58179ec3e87c14c01d5c1f3434f1d87");
}

/* SHA-256 of handshake messages, given as the records (with a header each) that carried them. */
static void hash_message(EVP_MD_CTX *hash, const char *message_hex)
{
    hs_bytes message = hex(message_hex);
    assert_int_equal(EVP_DigestUpdate(hash, message.data, message.len), 1);
}

static hs_bytes hash_value(const EVP_MD_CTX *hash)
{
    static uint8_t value[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    assert_non_null(copy);
    assert_int_equal(EVP_MD_CTX_copy_ex(copy, hash), 1);
    assert_int_equal(EVP_DigestFinal_ex(copy, value, &len), 1);
    EVP_MD_CTX_free(copy);
    return hs_bytes_of(value, len);
}

static void simple_1rtt(void **state)
{
    (void)state;
    const rfc8448_trace *trace = &rfc8448_traces[0];
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestInit_ex(hash, EVP_sha256(), NULL), 1);
    hash_message(hash, trace->records[0].hex + 2 * HS_TLS_RECORD_HEADER);
    hash_message(hash, trace->records[1].hex + 2 * HS_TLS_RECORD_HEADER);

    hs_tls13_schedule schedule;
    assert_int_equal(hs_tls13_schedule_start(&schedule, EVP_sha256(), (hs_bytes){0}), HS_OK);
    assert_secret(&schedule.secret, value_of(trace, "early_secret"));
    assert_derived(&schedule, HS_TLS13_DERIVED, (hs_bytes){0},
                   value_of(trace, "handshake_derived"));
    assert_int_equal(hs_tls13_schedule_next(&schedule, hex(value_of(trace, "shared_secret"))),
                     HS_OK);
    assert_secret(&schedule.secret, value_of(trace, "handshake"));
    assert_derived(&schedule, HS_TLS13_CLIENT_HANDSHAKE_TRAFFIC, hash_value(hash),
                   secret_of(trace, "CLIENT_HANDSHAKE_TRAFFIC_SECRET"));
    assert_derived(&schedule, HS_TLS13_SERVER_HANDSHAKE_TRAFFIC, hash_value(hash),
                   secret_of(trace, "SERVER_HANDSHAKE_TRAFFIC_SECRET"));

    /* The server's Finished, over all before it. */
    const rfc8448_value *message = trace->messages + 1;
    for (; strcmp(message->name, "Finished") != 0; message++) {
        hash_message(hash, message->hex);
    }
    hs_secret finished;
    assert_int_equal(hs_tls13_finished(EVP_sha256(),
                                       hex(secret_of(trace, "SERVER_HANDSHAKE_TRAFFIC_SECRET")),
                                       hash_value(hash), &finished),
                     HS_OK);
    assert_secret(&finished, message->hex + 2 * 4);
    hash_message(hash, message->hex);

    assert_derived(&schedule, HS_TLS13_DERIVED, (hs_bytes){0},
                   value_of(trace, "application_derived"));
    assert_int_equal(hs_tls13_schedule_next(&schedule, (hs_bytes){0}), HS_OK);
    assert_secret(&schedule.secret, value_of(trace, "application"));
    assert_derived(&schedule, HS_TLS13_CLIENT_APPLICATION_TRAFFIC, hash_value(hash),
                   secret_of(trace, "CLIENT_TRAFFIC_SECRET_0"));
    assert_derived(&schedule, HS_TLS13_SERVER_APPLICATION_TRAFFIC, hash_value(hash),
                   secret_of(trace, "SERVER_TRAFFIC_SECRET_0"));
    assert_derived(&schedule, HS_TLS13_EXPORTER_MASTER, hash_value(hash),
                   secret_of(trace, "EXPORTER_SECRET"));

    /* The client's Finished, then the resumption secret. */
    assert_int_equal(hs_tls13_finished(EVP_sha256(),
                                       hex(secret_of(trace, "CLIENT_HANDSHAKE_TRAFFIC_SECRET")),
                                       hash_value(hash), &finished),
                     HS_OK);
    const uint8_t header[] = {20, 0, 0, 32};
    assert_int_equal(EVP_DigestUpdate(hash, header, sizeof header), 1);
    assert_int_equal(EVP_DigestUpdate(hash, finished.data, finished.len), 1);
    assert_derived(&schedule, HS_TLS13_RESUMPTION_MASTER, hash_value(hash),
                   value_of(trace, "res_master"));
    hs_secret psk;
    assert_int_equal(hs_tls13_resumption_psk(EVP_sha256(), hex(value_of(trace, "res_master")),
                                             hex("0000"), &psk),
                     HS_OK);
    assert_secret(&psk, value_of(trace, "resumption"));
    hs_tls13_schedule_wipe(&schedule);
    assert_int_equal(schedule.secret.len, 0);
    EVP_MD_CTX_free(hash);
}

static void traffic_keys(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "handshake_client_key", "handshake_client_iv"},
        {"SERVER_HANDSHAKE_TRAFFIC_SECRET", "handshake_server_key", "handshake_server_iv"},
        {"CLIENT_TRAFFIC_SECRET_0", "application_client_key", "application_client_iv"},
        {"SERVER_TRAFFIC_SECRET_0", "application_server_key", "application_server_iv"},
    };
    for (size_t t = 0; t < sizeof rfc8448_traces / sizeof rfc8448_traces[0]; t++) {
        const rfc8448_trace *trace = &rfc8448_traces[t];
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            assert_keys(secret_of(trace, rows[i][0]), value_of(trace, rows[i][1]),
                        value_of(trace, rows[i][2]));
        }
    }
    const rfc8448_trace *resumed = &rfc8448_traces[1];
    assert_keys(secret_of(resumed, "CLIENT_EARLY_TRAFFIC_SECRET"),
                value_of(resumed, "c_e_traffic_key"), value_of(resumed, "c_e_traffic_iv"));
}

static void resumed_0rtt(void **state)
{
    (void)state;
    const rfc8448_trace *trace = &rfc8448_traces[1];
    hs_tls13_schedule schedule;
    assert_int_equal(
        hs_tls13_schedule_start(&schedule, EVP_sha256(), hex(value_of(trace, "resumption"))),
        HS_OK);
    assert_secret(&schedule.secret, value_of(trace, "resumption_early"));
    assert_derived(&schedule, HS_TLS13_RESUMPTION_BINDER, (hs_bytes){0},
                   value_of(trace, "resumption_binder_key"));
    hs_secret binder;
    assert_int_equal(hs_tls13_finished(EVP_sha256(), hex(value_of(trace, "resumption_binder_key")),
                                       hex(value_of(trace, "resumption_binder_hash")), &binder),
                     HS_OK);
    assert_secret(&binder, value_of(trace, "resumption_finished"));

    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestInit_ex(hash, EVP_sha256(), NULL), 1);
    hash_message(hash, trace->records[0].hex + 2 * HS_TLS_RECORD_HEADER);
    assert_derived(&schedule, HS_TLS13_CLIENT_EARLY_TRAFFIC, hash_value(hash),
                   secret_of(trace, "CLIENT_EARLY_TRAFFIC_SECRET"));
    assert_derived(&schedule, HS_TLS13_EARLY_EXPORTER_MASTER, hash_value(hash),
                   value_of(trace, "e_exp_master"));
    assert_derived(&schedule, HS_TLS13_DERIVED, (hs_bytes){0},
                   value_of(trace, "handshake_derived"));
    EVP_MD_CTX_free(hash);
}

/* After a HelloRetryRequest the transcript hash is that of the text. */
static void hello_retry_request(void **state)
{
    (void)state;
    const rfc8448_trace *trace = &rfc8448_traces[2];
    hs_bytes transcript = hex(value_of(trace, "transcript_hash"));
    hs_tls13_schedule schedule;
    assert_int_equal(hs_tls13_schedule_start(&schedule, EVP_sha256(), (hs_bytes){0}), HS_OK);
    assert_int_equal(hs_tls13_schedule_next(&schedule, hex(value_of(trace, "shared_secret"))),
                     HS_OK);
    assert_secret(&schedule.secret, value_of(trace, "handshake"));
    assert_derived(&schedule, HS_TLS13_CLIENT_HANDSHAKE_TRAFFIC, transcript,
                   secret_of(trace, "CLIENT_HANDSHAKE_TRAFFIC_SECRET"));
    assert_derived(&schedule, HS_TLS13_SERVER_HANDSHAKE_TRAFFIC, transcript,
                   secret_of(trace, "SERVER_HANDSHAKE_TRAFFIC_SECRET"));
    assert_int_equal(hs_tls13_schedule_next(&schedule, (hs_bytes){0}), HS_OK);
    assert_secret(&schedule.secret, value_of(trace, "application"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hkdf_rfc5869),        cmocka_unit_test(simple_1rtt),
        cmocka_unit_test(traffic_keys),        cmocka_unit_test(resumed_0rtt),
        cmocka_unit_test(hello_retry_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
