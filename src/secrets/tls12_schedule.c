#include "secrets/tls12_schedule.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "base/reader.h"
#include "base/writer.h"
#include "wire/tls/names.h"

enum { RANDOM = 32 };

hs_result hs_tls12_prf_of(uint16_t version, const hs_tls_cipher_suite *suite, hs_tls12_prf *out)
{
    if (version == HS_TLS_1_0 || version == HS_TLS_1_1) {
        *out = HS_TLS12_PRF_MD5_SHA1;
        return HS_OK;
    }
    if (version != HS_TLS_1_2) {
        return HS_INVALID;
    }
    switch (hs_tls_cipher_suite_prf(suite)) {
    case HS_TLS_HASH_SHA256:
        *out = HS_TLS12_PRF_SHA256;
        return HS_OK;
    case HS_TLS_HASH_SHA384:
        *out = HS_TLS12_PRF_SHA384;
        return HS_OK;
    default:
        return HS_INVALID;
    }
}

static const char *digest_name(hs_tls12_prf prf)
{
    switch (prf) {
    case HS_TLS12_PRF_SHA384:
        return "SHA2-384";
    case HS_TLS12_PRF_SHA256:
        return "SHA2-256";
    default:
        return "MD5-SHA1";
    }
}

hs_result hs_tls12_prf_derive(hs_tls12_prf prf, hs_bytes secret, const char *label, hs_bytes seed,
                              uint8_t *out, size_t len)
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_TLS1_PRF, NULL);
    EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    /* The parameters are not written to; libcrypto's type only lacks the const. Seeds add up. */
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)(uintptr_t)digest_name(prf),
                                         0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, (void *)(uintptr_t)secret.data,
                                          secret.len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, (void *)(uintptr_t)label,
                                          strlen(label)),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, (void *)(uintptr_t)seed.data,
                                          seed.len),
        OSSL_PARAM_construct_end(),
    };
    bool done = context && EVP_KDF_derive(context, out, len, parameters) == 1;
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
    return done ? HS_OK : HS_CRYPTO;
}

static hs_result derive_of_randoms(hs_tls12_prf prf, hs_bytes secret, const char *label,
                                   hs_bytes first, hs_bytes second, uint8_t *out, size_t len)
{
    uint8_t seed[2 * RANDOM];
    hs_writer w;
    hs_writer_init(&w, seed, sizeof seed);
    hs_write_bytes(&w, first);
    hs_write_bytes(&w, second);
    if (hs_writer_result(&w) != HS_OK) {
        return HS_INVALID;
    }
    return hs_tls12_prf_derive(prf, secret, label, hs_writer_bytes(&w), out, len);
}

hs_result hs_tls12_master_secret(hs_tls12_prf prf, hs_bytes pre_master, hs_bytes client_random,
                                 hs_bytes server_random, uint8_t out[HS_TLS12_MASTER_SECRET])
{
    return derive_of_randoms(prf, pre_master, "master secret", client_random, server_random, out,
                             HS_TLS12_MASTER_SECRET);
}

hs_result hs_tls12_extended_master_secret(hs_tls12_prf prf, hs_bytes pre_master,
                                          hs_bytes session_hash,
                                          uint8_t out[HS_TLS12_MASTER_SECRET])
{
    return hs_tls12_prf_derive(prf, pre_master, "extended master secret", session_hash, out,
                               HS_TLS12_MASTER_SECRET);
}

hs_result hs_tls12_key_block(hs_tls12_prf prf, hs_bytes master, hs_bytes client_random,
                             hs_bytes server_random, uint8_t *out, size_t len)
{
    return derive_of_randoms(prf, master, "key expansion", server_random, client_random, out, len);
}

hs_result hs_tls12_verify_data(hs_tls12_prf prf, hs_bytes master, bool of_client,
                               hs_bytes handshake_hash, uint8_t out[HS_TLS12_VERIFY_DATA])
{
    return hs_tls12_prf_derive(prf, master, of_client ? "client finished" : "server finished",
                               handshake_hash, out, HS_TLS12_VERIFY_DATA);
}
