/* Every key that RFC 9001, RFC 9369 and the drafts publish, and HKDF beside the other one. */
#include "quic_fixture.h"

#include <openssl/evp.h>

#include "secrets/quic_state.h"

static hs_quic_keys *keys_new(void)
{
    hs_quic_keys *keys = NULL;
    assert_int_equal(hs_quic_keys_new(crypto, &keys), HS_OK);
    assert_false(hs_quic_keys_are_set(keys));
    return keys;
}

static void assert_keys(const hs_quic_keys *keys, const quic_sample_keys *want)
{
    assert_true(hs_quic_keys_are_set(keys));
    assert_hex(keys->traffic_secret.data, keys->traffic_secret.len, want->secret);
    assert_hex(keys->key, keys->suite->key_len, want->key);
    assert_hex(keys->iv, sizeof keys->iv, want->iv);
    assert_hex(keys->hp, keys->suite->key_len, want->hp);
}

static void initial_keys(void **state)
{
    (void)state;
    hs_quic_keys *keys = keys_new();
    for (size_t i = 0; i < QUIC_SAMPLE_SETS; i++) {
        const quic_samples *s = &quic_sample_sets[i];
        hs_bytes dcid = hex(quic_sample_dcid);
        assert_true(hs_quic_keys_has_version(s->version));
        assert_int_equal(hs_quic_keys_set_initial(keys, s->version, dcid, true), HS_OK);
        assert_keys(keys, &s->client);
        assert_int_equal(hs_quic_keys_set_initial(keys, s->version, dcid, false), HS_OK);
        assert_keys(keys, &s->server);
    }
    hs_quic_keys_free(keys);
}

/* The texts of these drafts have another version's samples. */
static void drafts_that_share(void **state)
{
    (void)state;
    static const struct {
        uint32_t version;
        uint32_t as;
    } rows[] = {{0xff00001e, 0xff00001d}, {0xff000021, 1}, {0xff000022, 1}};
    hs_quic_keys *keys = keys_new();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const quic_samples *s = quic_sample_sets;
        while (s->version != rows[i].as) {
            s++;
        }
        assert_int_equal(
            hs_quic_keys_set_initial(keys, rows[i].version, hex(quic_sample_dcid), true), HS_OK);
        assert_keys(keys, &s->client);
    }
    hs_quic_keys_free(keys);
}

static void versions_without_secrets(void **state)
{
    (void)state;
    static const uint32_t versions[] = {0,          2,          0xff00001c, 0xff000023,
                                        0x0a0a0a0a, 0x709a50c4, UINT32_MAX};
    hs_quic_keys *keys = keys_new();
    uint8_t secret[32] = {1};
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        assert_false(hs_quic_keys_has_version(versions[i]));
        assert_int_equal(hs_quic_keys_set_initial(keys, 1, hex(quic_sample_dcid), true), HS_OK);
        assert_int_equal(hs_quic_keys_set_initial(keys, versions[i], hex(quic_sample_dcid), true),
                         HS_NO_KEY);
        assert_false(hs_quic_keys_are_set(keys));
        assert_int_equal(
            hs_quic_keys_set_traffic(keys, versions[i], 0x1301, hs_bytes_of(secret, 32)),
            HS_NO_KEY);
        assert_false(hs_quic_keys_are_set(keys));
    }
    hs_quic_keys_free(keys);
}

static void traffic_keys(void **state)
{
    (void)state;
    hs_quic_keys *keys = keys_new();
    hs_quic_keys *next = keys_new();
    for (size_t i = 0; i < QUIC_SAMPLE_SETS; i++) {
        const quic_samples *s = &quic_sample_sets[i];
        assert_int_equal(
            hs_quic_keys_set_traffic(keys, s->version, 0x1303, hex(s->chacha20.secret)), HS_OK);
        assert_keys(keys, &s->chacha20);
        assert_int_equal(hs_quic_keys_set_next(next, keys), HS_OK);
        assert_keys(keys, &s->chacha20); /* the current phase stays */
        assert_hex(next->traffic_secret.data, next->traffic_secret.len, s->chacha20_next_secret);
        assert_hex(next->hp, next->suite->key_len, s->chacha20.hp);
        /* The keys of the next phase are those of its secret. */
        hs_quic_keys *same = keys_new();
        assert_int_equal(
            hs_quic_keys_set_traffic(same, s->version, 0x1303, hex(s->chacha20_next_secret)),
            HS_OK);
        assert_memory_equal(next->key, same->key, sizeof next->key);
        assert_memory_equal(next->iv, same->iv, sizeof next->iv);
        assert_memory_not_equal(next->hp, same->hp, sizeof next->hp);
        assert_int_equal(hs_quic_keys_set_next(keys, keys), HS_OK);
        assert_memory_equal(keys->key, next->key, sizeof next->key);
        assert_memory_equal(keys->hp, next->hp, sizeof next->hp);
        hs_quic_keys_free(same);
    }
    hs_quic_keys_free(keys);
    hs_quic_keys_free(next);
}

static void what_cannot_be(void **state)
{
    (void)state;
    static const struct {
        uint16_t suite;
        size_t secret_len;
    } rows[] = {{0x1301, 48}, {0x1301, 31}, {0x1301, 0},  {0x1302, 32}, {0x1303, 48}, {0x1304, 33},
                {0x1305, 32}, {0x1306, 64}, {0x1307, 32}, {0xc02f, 32}, {0x00c6, 32}, {0xeeee, 32}};
    uint8_t secret[256] = {0};
    hs_quic_keys *keys = keys_new();
    hs_quic_keys *next = keys_new();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(hs_quic_keys_set_traffic(keys, 1, rows[i].suite,
                                                  hs_bytes_of(secret, rows[i].secret_len)),
                         HS_INVALID);
        assert_false(hs_quic_keys_are_set(keys));
    }
    assert_int_equal(hs_quic_keys_set_next(keys, keys), HS_INVALID);
    assert_int_equal(hs_quic_keys_set_initial(next, 1, (hs_bytes){0}, true), HS_OK);
    assert_int_equal(hs_quic_keys_set_next(next, keys), HS_INVALID);
    assert_false(hs_quic_keys_are_set(next));
    assert_int_equal(hs_quic_keys_set_initial(next, 1, hs_bytes_of(secret, 255), true), HS_OK);
    assert_int_equal(hs_quic_keys_set_initial(next, 1, hs_bytes_of(secret, 256), true), HS_LIMIT);
    assert_false(hs_quic_keys_are_set(next));
    hs_quic_keys_free(keys);
    hs_quic_keys_free(next);
    hs_quic_keys_free(NULL);
    hs_quic_crypto_free(NULL);
}

/* libcrypto's HMAC says the same. */
static void hkdf_agrees(void **state)
{
    (void)state;
    const EVP_MD *digests[HS_QUIC_HASH_COUNT] = {EVP_sha256(), EVP_sha384()};
    uint8_t message[HS_QUIC_MESSAGE_MAX + 1];
    uint8_t got[EVP_MAX_MD_SIZE];
    uint8_t want[EVP_MAX_MD_SIZE];
    for (size_t i = 0; i < sizeof message; i++) {
        message[i] = (uint8_t)(i * 7 + 3);
    }
    for (int hash = 0; hash < HS_QUIC_HASH_COUNT; hash++) {
        size_t len = hs_quic_hash_len((hs_quic_hash)hash);
        hs_bytes key = hs_bytes_of(message, len);
        for (size_t n = 0; n < sizeof message; n++) {
            hs_secret prk;
            assert_int_equal(hs_hkdf_extract(digests[hash], key, hs_bytes_of(message, n), &prk),
                             HS_OK);
            assert_int_equal(
                hs_quic_hmac(crypto, (hs_quic_hash)hash, key, hs_bytes_of(message, n), got), HS_OK);
            assert_int_equal(prk.len, len);
            assert_memory_equal(got, prk.data, len);
        }
        assert_int_equal(hs_quic_hmac(crypto, (hs_quic_hash)hash, key,
                                      hs_bytes_of(message, sizeof message), got),
                         HS_LIMIT);
        assert_int_equal(hs_quic_hmac(crypto, (hs_quic_hash)hash, hs_bytes_of(message, len + 1),
                                      (hs_bytes){0}, got),
                         HS_LIMIT);
        for (size_t n = 0; n <= len; n++) {
            assert_int_equal(
                hs_quic_expand_label(crypto, (hs_quic_hash)hash, key, "quic key", got, n), HS_OK);
            assert_int_equal(
                hs_hkdf_expand_label(digests[hash], key, "quic key", (hs_bytes){0}, want, n),
                HS_OK);
            assert_memory_equal(got, want, n);
        }
        assert_int_equal(
            hs_quic_expand_label(crypto, (hs_quic_hash)hash, key, "quic key", got, len + 1),
            HS_LIMIT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(initial_keys),
        cmocka_unit_test(drafts_that_share),
        cmocka_unit_test(versions_without_secrets),
        cmocka_unit_test(traffic_keys),
        cmocka_unit_test(what_cannot_be),
        cmocka_unit_test(hkdf_agrees),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
