/* Inside of QUIC packet protection: what is fetched, and what keys hold. */
#ifndef HS_SECRETS_QUIC_STATE_H
#define HS_SECRETS_QUIC_STATE_H

#include <openssl/evp.h>

#include "secrets/hkdf.h"
#include "secrets/quic_protection.h"
#include "secrets/quic_version.h"

enum {
    HS_QUIC_KEY_MAX = 32,
    HS_QUIC_NONCE = 12,
    HS_QUIC_MESSAGE_MAX = 255, /* of an HMAC: a connection ID, or a label's HKDF input */
};

/* X(symbol, libcrypto's name) */
#define HS_QUIC_CIPHER_MAP(X)                                                                      \
    X(AES_128_GCM, "AES-128-GCM")                                                                  \
    X(AES_256_GCM, "AES-256-GCM")                                                                  \
    X(CHACHA20_POLY1305, "ChaCha20-Poly1305")                                                      \
    X(AES_128_CCM, "AES-128-CCM")                                                                  \
    X(AES_128_ECB, "AES-128-ECB")                                                                  \
    X(AES_256_ECB, "AES-256-ECB")                                                                  \
    X(CHACHA20, "ChaCha20")

typedef enum hs_quic_cipher {
#define HS_X(symbol, name) HS_QUIC_##symbol,
    HS_QUIC_CIPHER_MAP(HS_X)
#undef HS_X
        HS_QUIC_CIPHER_COUNT,
} hs_quic_cipher;

typedef enum hs_quic_hash {
    HS_QUIC_SHA256,
    HS_QUIC_SHA384,
    HS_QUIC_HASH_COUNT,
} hs_quic_hash;

struct hs_quic_crypto {
    EVP_CIPHER *ciphers[HS_QUIC_CIPHER_COUNT]; /* NULL where libcrypto has it not */
    EVP_MD *hashes[HS_QUIC_HASH_COUNT];        /* likewise */
    EVP_MD_CTX *digest;
    EVP_CIPHER_CTX *retry; /* set up to encrypt with AES-128-GCM, any key */
};

size_t hs_quic_hash_len(hs_quic_hash hash);
/* HMAC (RFC 2104). HS_LIMIT: the key is longer than a hash, or the message than
 * HS_QUIC_MESSAGE_MAX. */
HS_CHECKED hs_result hs_quic_hmac(hs_quic_crypto *crypto, hs_quic_hash hash, hs_bytes key,
                                  hs_bytes message, uint8_t out[EVP_MAX_MD_SIZE]);
/* HKDF-Expand-Label without a context, of no more than one hash's length. */
HS_CHECKED hs_result hs_quic_expand_label(hs_quic_crypto *crypto, hs_quic_hash hash,
                                          hs_bytes secret, const char *label, uint8_t *out,
                                          size_t len);

/* What a cipher suite stands for in QUIC. */
typedef struct hs_quic_suite {
    hs_quic_hash hash;
    hs_quic_cipher aead;
    hs_quic_cipher mask;
    size_t key_len; /* of both */
} hs_quic_suite;

struct hs_quic_keys {
    hs_quic_crypto *crypto;
    const hs_quic_suite *suite; /* NULL: not set */
    const hs_quic_labels *labels;
    hs_secret traffic_secret;
    uint8_t key[HS_QUIC_KEY_MAX];
    uint8_t iv[HS_QUIC_NONCE];
    uint8_t hp[HS_QUIC_KEY_MAX];
    EVP_CIPHER_CTX *aead;
    EVP_CIPHER_CTX *mask;
    /* What the contexts are set up with, since they are only when they are used: server keys of
     * most connections never are. */
    const EVP_CIPHER *aead_cipher;
    const EVP_CIPHER *mask_cipher;
    int aead_encrypts; /* with this key; -1 for neither way */
    bool mask_has_key;
};

/* Sets the contexts up, once for each key. */
HS_CHECKED hs_result hs_quic_keys_ready_aead(hs_quic_keys *keys, bool encrypts);
HS_CHECKED hs_result hs_quic_keys_ready_mask(hs_quic_keys *keys);

#endif
