/* Fetching, and the little of HMAC (RFC 2104) and HKDF (RFC 5869) that QUIC's keys need.
 * libcrypto's own HMAC looks its hash up by name each time, which costs more than all of the
 * hashing. */
#include "secrets/quic_crypto.h"

#include <stdlib.h>

#include <openssl/crypto.h>

#include "base/reader.h"
#include "base/writer.h"
#include "secrets/quic_state.h"

enum { BLOCK_MAX = 128 };

/* X(symbol, libcrypto's name, length, block) */
#define HASH_MAP(X)                                                                                \
    X(HS_QUIC_SHA256, "SHA2-256", 32, 64)                                                          \
    X(HS_QUIC_SHA384, "SHA2-384", 48, 128)

static const struct {
    const char *name;
    size_t len;
    size_t block;
} hashes[HS_QUIC_HASH_COUNT] = {
#define HS_X(symbol, name, len, block) [symbol] = {name, len, block},
    HASH_MAP(HS_X)
#undef HS_X
};

static const char *const cipher_names[HS_QUIC_CIPHER_COUNT] = {
#define HS_X(symbol, name) [HS_QUIC_##symbol] = (name),
    HS_QUIC_CIPHER_MAP(HS_X)
#undef HS_X
};

hs_result hs_quic_crypto_new(hs_quic_crypto **out)
{
    *out = NULL;
    hs_quic_crypto *crypto = calloc(1, sizeof *crypto);
    if (!crypto) {
        return HS_NO_MEMORY;
    }
    for (size_t i = 0; i < HS_QUIC_CIPHER_COUNT; i++) {
        crypto->ciphers[i] = EVP_CIPHER_fetch(NULL, cipher_names[i], NULL);
    }
    for (size_t i = 0; i < HS_QUIC_HASH_COUNT; i++) {
        crypto->hashes[i] = EVP_MD_fetch(NULL, hashes[i].name, NULL);
    }
    crypto->digest = EVP_MD_CTX_new();
    crypto->retry = EVP_CIPHER_CTX_new();
    hs_result result = HS_OK;
    if (!crypto->digest || !crypto->retry) {
        result = HS_NO_MEMORY;
    } else if (!crypto->hashes[HS_QUIC_SHA256] || !crypto->ciphers[HS_QUIC_AES_128_GCM] ||
               !crypto->ciphers[HS_QUIC_AES_128_ECB] ||
               !EVP_CipherInit_ex2(crypto->retry, crypto->ciphers[HS_QUIC_AES_128_GCM], NULL, NULL,
                                   1, NULL)) {
        result = HS_CRYPTO;
    }
    if (result != HS_OK) {
        hs_quic_crypto_free(crypto);
        return result;
    }
    *out = crypto;
    return HS_OK;
}

void hs_quic_crypto_free(hs_quic_crypto *crypto)
{
    if (!crypto) {
        return;
    }
    EVP_CIPHER_CTX_free(crypto->retry);
    EVP_MD_CTX_free(crypto->digest); /* clears what it hashed */
    for (size_t i = 0; i < HS_QUIC_HASH_COUNT; i++) {
        EVP_MD_free(crypto->hashes[i]);
    }
    for (size_t i = 0; i < HS_QUIC_CIPHER_COUNT; i++) {
        EVP_CIPHER_free(crypto->ciphers[i]);
    }
    free(crypto);
}

size_t hs_quic_hash_len(hs_quic_hash hash)
{
    return hashes[hash].len;
}

/* H(padded key, message) */
static hs_result padded_hash(hs_quic_crypto *crypto, hs_quic_hash hash, hs_bytes key, uint8_t pad,
                             hs_bytes message, uint8_t *out)
{
    uint8_t input[BLOCK_MAX + HS_QUIC_MESSAGE_MAX];
    uint8_t block[BLOCK_MAX];
    hs_writer w;
    hs_writer_init(&w, input, sizeof input);
    for (size_t i = 0; i < hashes[hash].block; i++) {
        block[i] = (uint8_t)(pad ^ (i < key.len ? key.data[i] : 0));
    }
    hs_write_bytes(&w, hs_bytes_of(block, hashes[hash].block));
    hs_write_bytes(&w, message);
    hs_result result = HS_OK;
    if (!EVP_DigestInit_ex2(crypto->digest, crypto->hashes[hash], NULL) ||
        !EVP_DigestUpdate(crypto->digest, input, w.len) ||
        !EVP_DigestFinal_ex(crypto->digest, out, NULL)) {
        result = HS_CRYPTO;
    }
    OPENSSL_cleanse(input, w.len);
    OPENSSL_cleanse(block, sizeof block);
    return result;
}

hs_result hs_quic_hmac(hs_quic_crypto *crypto, hs_quic_hash hash, hs_bytes key, hs_bytes message,
                       uint8_t out[EVP_MAX_MD_SIZE])
{
    if (!crypto->hashes[hash]) {
        return HS_INVALID;
    }
    if (key.len > hashes[hash].len || message.len > HS_QUIC_MESSAGE_MAX) {
        return HS_LIMIT;
    }
    uint8_t inner[EVP_MAX_MD_SIZE];
    hs_result result = padded_hash(crypto, hash, key, 0x36, message, inner);
    if (result == HS_OK) {
        result = padded_hash(crypto, hash, key, 0x5c, hs_bytes_of(inner, hashes[hash].len), out);
    }
    OPENSSL_cleanse(inner, sizeof inner);
    return result;
}

hs_result hs_quic_expand_label(hs_quic_crypto *crypto, hs_quic_hash hash, hs_bytes secret,
                               const char *label, uint8_t *out, size_t len)
{
    if (len > hashes[hash].len) {
        return HS_LIMIT;
    }
    uint8_t info[HS_QUIC_MESSAGE_MAX];
    hs_writer w;
    hs_writer_init(&w, info, sizeof info);
    hs_hkdf_write_label(&w, label, (hs_bytes){0}, len);
    hs_write_u8(&w, 1); /* T(1), the only one */
    hs_result result = hs_writer_result(&w);
    uint8_t block[EVP_MAX_MD_SIZE];
    if (result == HS_OK) {
        result = hs_quic_hmac(crypto, hash, secret, hs_writer_bytes(&w), block);
    }
    if (result == HS_OK) {
        hs_writer to;
        hs_writer_init(&to, out, len);
        hs_write_bytes(&to, hs_bytes_of(block, len));
        result = hs_writer_result(&to);
    }
    OPENSSL_cleanse(block, sizeof block);
    return result;
}
