#include "secrets/quic_keys.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/reader.h"
#include "secrets/quic_state.h"
#include "wire/tls/cipher_suite.h"

/* X(bulk, hash of the suite, AEAD, cipher of the mask, key): RFC 9001 5.3, 5.4.1 */
#define SUITE_MAP(X)                                                                               \
    X(AES_128_GCM, SHA256, AES_128_GCM, AES_128_ECB, 16)                                           \
    X(AES_256_GCM, SHA384, AES_256_GCM, AES_256_ECB, 32)                                           \
    X(CHACHA20_POLY1305, SHA256, CHACHA20_POLY1305, CHACHA20, 32)                                  \
    X(AES_128_CCM, SHA256, AES_128_CCM, AES_128_ECB, 16)

#define HS_X(bulk, hash, aead, mask, key)                                                          \
    static const hs_quic_suite suite_##bulk = {HS_QUIC_##hash, HS_QUIC_##aead, HS_QUIC_##mask, key};
SUITE_MAP(HS_X)
#undef HS_X

static const hs_quic_suite *suite_find(const hs_quic_crypto *crypto, uint16_t cipher_suite)
{
    const hs_tls_cipher_suite *named = hs_tls_cipher_suite_find(cipher_suite);
    if (!named || named->key_exchange != HS_TLS_KX_ANY) {
        return NULL;
    }
    const hs_quic_suite *suite = NULL;
    switch (named->bulk) {
#define HS_X(bulk_name, hash_name, aead_name, mask_name, key)                                      \
    case HS_TLS_BULK_##bulk_name:                                                                  \
        suite = named->hash == HS_TLS_HASH_##hash_name ? &suite_##bulk_name : NULL;                \
        break;
        SUITE_MAP(HS_X)
#undef HS_X
    default:
        break;
    }
    return suite && crypto->hashes[suite->hash] && crypto->ciphers[suite->aead] &&
                   crypto->ciphers[suite->mask]
               ? suite
               : NULL;
}

hs_result hs_quic_keys_new(hs_quic_crypto *crypto, hs_quic_keys **out)
{
    *out = NULL;
    hs_quic_keys *keys = calloc(1, sizeof *keys);
    if (!keys) {
        return HS_NO_MEMORY;
    }
    keys->crypto = crypto;
    keys->aead_encrypts = -1;
    keys->aead = EVP_CIPHER_CTX_new();
    keys->mask = EVP_CIPHER_CTX_new();
    if (!keys->aead || !keys->mask) {
        hs_quic_keys_free(keys);
        return HS_NO_MEMORY;
    }
    *out = keys;
    return HS_OK;
}

void hs_quic_keys_free(hs_quic_keys *keys)
{
    if (!keys) {
        return;
    }
    EVP_CIPHER_CTX_free(keys->aead); /* clears its key schedule */
    EVP_CIPHER_CTX_free(keys->mask);
    OPENSSL_cleanse(keys, sizeof *keys);
    free(keys);
}

bool hs_quic_keys_has_version(uint32_t version)
{
    return hs_quic_version_secrets_find(version) != NULL;
}

bool hs_quic_keys_are_set(const hs_quic_keys *keys)
{
    return keys->suite != NULL;
}

static hs_result expand(hs_quic_keys *keys, const hs_quic_suite *suite, const char *label,
                        uint8_t *out, size_t len)
{
    return hs_quic_expand_label(keys->crypto, suite->hash, hs_secret_bytes(&keys->traffic_secret),
                                label, out, len);
}

/* Key and IV of the traffic secret. The header protection key is another matter: it outlives key
 * updates. */
static hs_result make_keys(hs_quic_keys *keys, const hs_quic_suite *suite,
                           const hs_quic_labels *labels)
{
    keys->labels = labels;
    keys->aead_encrypts = -1;
    hs_result result = expand(keys, suite, labels->key, keys->key, suite->key_len);
    if (result == HS_OK) {
        result = expand(keys, suite, labels->iv, keys->iv, sizeof keys->iv);
    }
    keys->suite = result == HS_OK ? suite : NULL;
    return result;
}

static hs_result make_all(hs_quic_keys *keys, const hs_quic_suite *suite,
                          const hs_quic_labels *labels)
{
    keys->mask_has_key = false;
    hs_result result = expand(keys, suite, labels->hp, keys->hp, suite->key_len);
    return result == HS_OK ? make_keys(keys, suite, labels) : result;
}

hs_result hs_quic_keys_set_initial(hs_quic_keys *keys, uint32_t version, hs_bytes client_dcid,
                                   bool of_client)
{
    keys->suite = NULL;
    const hs_quic_version_secrets *secrets = hs_quic_version_secrets_find(version);
    if (!secrets) {
        return HS_NO_KEY;
    }
    size_t len = hs_quic_hash_len(HS_QUIC_SHA256);
    hs_secret initial = {.len = len};
    /* HKDF-Extract is HMAC with the salt as its key. */
    hs_result result = hs_quic_hmac(keys->crypto, HS_QUIC_SHA256,
                                    hs_bytes_of(secrets->initial_salt, HS_QUIC_SALT), client_dcid,
                                    initial.data);
    if (result == HS_OK) {
        keys->traffic_secret.len = len;
        result = hs_quic_expand_label(keys->crypto, HS_QUIC_SHA256, hs_secret_bytes(&initial),
                                      of_client ? "client in" : "server in",
                                      keys->traffic_secret.data, len);
    }
    if (result == HS_OK) {
        result = make_all(keys, &suite_AES_128_GCM, &secrets->labels);
    }
    return result; /* Anybody can make these, so nothing is wiped. */
}

hs_result hs_quic_keys_set_traffic(hs_quic_keys *keys, uint32_t version, uint16_t cipher_suite,
                                   hs_bytes traffic_secret)
{
    keys->suite = NULL;
    const hs_quic_version_secrets *secrets = hs_quic_version_secrets_find(version);
    if (!secrets) {
        return HS_NO_KEY;
    }
    const hs_quic_suite *suite = suite_find(keys->crypto, cipher_suite);
    if (!suite || traffic_secret.len != hs_quic_hash_len(suite->hash)) {
        return HS_INVALID;
    }
    hs_result result = hs_secret_set(&keys->traffic_secret, traffic_secret);
    return result == HS_OK ? make_all(keys, suite, &secrets->labels) : result;
}

hs_result hs_quic_keys_set_next(hs_quic_keys *keys, const hs_quic_keys *current)
{
    const hs_quic_suite *suite = current->suite;
    const hs_quic_labels *labels = current->labels;
    keys->suite = NULL;
    if (!suite) {
        return HS_INVALID;
    }
    hs_secret next = {.len = current->traffic_secret.len};
    hs_result result = hs_quic_expand_label(keys->crypto, suite->hash,
                                            hs_secret_bytes(&current->traffic_secret), labels->ku,
                                            next.data, next.len);
    if (result == HS_OK) {
        keys->traffic_secret = next;
        if (keys != current) {
            memcpy(keys->hp, current->hp, sizeof keys->hp);
            keys->mask_has_key = false;
        }
        result = make_keys(keys, suite, labels);
    }
    hs_secret_wipe(&next);
    return result;
}

/* Sets `context` up for a cipher. With the cipher that it has already, its memory stays. */
static bool set_cipher(EVP_CIPHER_CTX *context, const EVP_CIPHER **has, const EVP_CIPHER *cipher)
{
    if (*has == cipher) {
        return true;
    }
    *has = NULL;
    if (!EVP_CIPHER_CTX_reset(context) ||
        !EVP_CipherInit_ex2(context, cipher, NULL, NULL, 1, NULL)) {
        return false;
    }
    *has = cipher;
    return true;
}

hs_result hs_quic_keys_ready_aead(hs_quic_keys *keys, bool encrypts)
{
    if (keys->aead_encrypts == (int)encrypts) {
        return HS_OK;
    }
    keys->aead_encrypts = -1;
    if (!set_cipher(keys->aead, &keys->aead_cipher, keys->crypto->ciphers[keys->suite->aead])) {
        return HS_CRYPTO;
    }
    /* CCM takes the lengths of nonce and tag into the key's set-up; the others have them so. */
    if (keys->suite->aead == HS_QUIC_AES_128_CCM &&
        (EVP_CIPHER_CTX_ctrl(keys->aead, EVP_CTRL_AEAD_SET_IVLEN, HS_QUIC_NONCE, NULL) <= 0 ||
         EVP_CIPHER_CTX_ctrl(keys->aead, EVP_CTRL_AEAD_SET_TAG, HS_QUIC_TAG, NULL) <= 0)) {
        return HS_CRYPTO;
    }
    if (!EVP_CipherInit_ex2(keys->aead, NULL, keys->key, NULL, encrypts, NULL)) {
        return HS_CRYPTO;
    }
    keys->aead_encrypts = encrypts;
    return HS_OK;
}

hs_result hs_quic_keys_ready_mask(hs_quic_keys *keys)
{
    if (keys->mask_has_key) {
        return HS_OK;
    }
    if (!set_cipher(keys->mask, &keys->mask_cipher, keys->crypto->ciphers[keys->suite->mask]) ||
        !EVP_CipherInit_ex2(keys->mask, NULL, keys->hp, NULL, 1, NULL) ||
        !EVP_CIPHER_CTX_set_padding(keys->mask, 0)) {
        return HS_CRYPTO;
    }
    keys->mask_has_key = true;
    return HS_OK;
}
