/* Making keys, and choosing the way of working. */
#include "secrets/record_protection.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "secrets/record_state.h"
#include "secrets/tls12_schedule.h"
#include "secrets/tls13_schedule.h"
#include "wire/tls/names.h"

/* X(bulk, EVP function, key, fixed IV, explicit nonce, tag, block, CCM) */
#define BULK_MAP(X)                                                                                \
    X(HS_TLS_BULK_AES_128_GCM, EVP_aes_128_gcm, 16, 4, 8, 16, 0, false)                            \
    X(HS_TLS_BULK_AES_256_GCM, EVP_aes_256_gcm, 32, 4, 8, 16, 0, false)                            \
    X(HS_TLS_BULK_CHACHA20_POLY1305, EVP_chacha20_poly1305, 32, 12, 0, 16, 0, false)               \
    X(HS_TLS_BULK_AES_128_CCM, EVP_aes_128_ccm, 16, 4, 8, 16, 0, true)                             \
    X(HS_TLS_BULK_AES_256_CCM, EVP_aes_256_ccm, 32, 4, 8, 16, 0, true)                             \
    X(HS_TLS_BULK_AES_128_CCM_8, EVP_aes_128_ccm, 16, 4, 8, 8, 0, true)                            \
    X(HS_TLS_BULK_AES_256_CCM_8, EVP_aes_256_ccm, 32, 4, 8, 8, 0, true)                            \
    X(HS_TLS_BULK_AES_128_CBC, EVP_aes_128_cbc, 16, 0, 0, 0, 16, false)                            \
    X(HS_TLS_BULK_AES_256_CBC, EVP_aes_256_cbc, 32, 0, 0, 0, 16, false)                            \
    X(HS_TLS_BULK_3DES_EDE_CBC, EVP_des_ede3_cbc, 24, 0, 0, 0, 8, false)

static const EVP_MD *mac_hash(hs_tls_hash hash)
{
    switch (hash) {
    case HS_TLS_HASH_MD5:
        return EVP_md5();
    case HS_TLS_HASH_SHA1:
        return EVP_sha1();
    case HS_TLS_HASH_SHA256:
        return EVP_sha256();
    case HS_TLS_HASH_SHA384:
        return EVP_sha384();
    default:
        return NULL;
    }
}

const EVP_MD *hs_record_hkdf_hash(const hs_tls_cipher_suite *suite)
{
    if (suite->key_exchange != HS_TLS_KX_ANY) {
        return NULL;
    }
    return suite->hash == HS_TLS_HASH_SHA384   ? EVP_sha384()
           : suite->hash == HS_TLS_HASH_SHA256 ? EVP_sha256()
                                               : NULL;
}

hs_result hs_record_cipher_find(const hs_tls_cipher_suite *suite, bool is_tls13,
                                hs_record_cipher *out)
{
    *out = (hs_record_cipher){0};
    switch (suite->bulk) {
#define HS_X(bulk, function, key, fixed, explicit_nonce, tag, block, ccm)                          \
    case bulk:                                                                                     \
        *out = (hs_record_cipher){.evp = function(),                                               \
                                  .is_aead = (tag) != 0,                                           \
                                  .is_ccm = ccm,                                                   \
                                  .key_len = key,                                                  \
                                  .fixed_iv_len = fixed,                                           \
                                  .explicit_len = explicit_nonce,                                  \
                                  .tag_len = tag,                                                  \
                                  .block_len = block};                                             \
        break;
        BULK_MAP(HS_X)
#undef HS_X
    case HS_TLS_BULK_NULL:
        break;
    default:
        return HS_INVALID;
    }
    if (is_tls13) {
        out->fixed_iv_len = HS_RECORD_NONCE;
        out->explicit_len = 0;
        return out->is_aead ? HS_OK : HS_INVALID;
    }
    if (!out->is_aead) {
        out->mac = mac_hash(suite->hash);
        return out->mac ? HS_OK : HS_INVALID;
    }
    return HS_OK;
}

static hs_result protection_new(const hs_record_cipher *cipher, uint16_t version,
                                uint16_t cipher_suite, hs_record_protection **out)
{
    hs_record_protection *p = calloc(1, sizeof *p);
    if (!p) {
        return HS_NO_MEMORY;
    }
    p->cipher = *cipher;
    p->version = version;
    p->cipher_suite = cipher_suite;
    p->context_encrypts = -1;
    if (cipher->evp) {
        p->context = EVP_CIPHER_CTX_new();
        if (!p->context) {
            free(p);
            return HS_NO_MEMORY;
        }
    }
    *out = p;
    return HS_OK;
}

void hs_record_protection_free(hs_record_protection *protection)
{
    if (!protection) {
        return;
    }
    EVP_CIPHER_CTX_free(protection->context); /* clears its key schedule */
    OPENSSL_cleanse(protection, sizeof *protection);
    free(protection);
}

static hs_result set_tls13_keys(hs_record_protection *p)
{
    p->sequence = 0;
    p->context_encrypts = -1;
    return hs_tls13_traffic_keys(p->hkdf, hs_secret_bytes(&p->traffic_secret), p->key,
                                 p->cipher.key_len, p->iv, p->cipher.fixed_iv_len);
}

hs_result hs_record_protection_new_tls13(uint16_t cipher_suite, hs_bytes traffic_secret,
                                         hs_record_protection **out)
{
    *out = NULL;
    const hs_tls_cipher_suite *suite = hs_tls_cipher_suite_find(cipher_suite);
    const EVP_MD *hkdf = suite ? hs_record_hkdf_hash(suite) : NULL;
    if (!hkdf || traffic_secret.len != (size_t)EVP_MD_get_size(hkdf)) {
        return HS_INVALID;
    }
    hs_record_cipher cipher;
    hs_result result = hs_record_cipher_find(suite, true, &cipher);
    if (result != HS_OK) {
        return result;
    }
    hs_record_protection *p = NULL;
    result = protection_new(&cipher, HS_TLS_1_3, cipher_suite, &p);
    if (result != HS_OK) {
        return result;
    }
    p->hkdf = hkdf;
    result = hs_secret_set(&p->traffic_secret, traffic_secret);
    if (result == HS_OK) {
        result = set_tls13_keys(p);
    }
    if (result != HS_OK) {
        hs_record_protection_free(p);
        return result;
    }
    *out = p;
    return HS_OK;
}

hs_result hs_record_protection_update(hs_record_protection *protection)
{
    if (!protection->hkdf) {
        return HS_INVALID;
    }
    hs_result result = hs_tls13_next_traffic_secret(protection->hkdf, &protection->traffic_secret);
    return result == HS_OK ? set_tls13_keys(protection) : result;
}

/* Takes this direction's keys out of the key block (RFC 5246 6.3). */
static hs_result set_tls12_keys(hs_record_protection *p, const hs_tls12_session *session,
                                hs_tls12_prf prf, bool of_client)
{
    enum { BLOCK_MAX = 2 * (EVP_MAX_MD_SIZE + HS_RECORD_KEY_MAX + HS_RECORD_IV_MAX) };
    const hs_record_cipher *c = &p->cipher;
    size_t mac_len = c->mac ? (size_t)EVP_MD_get_size(c->mac) : 0;
    size_t iv_len = session->version == HS_TLS_1_0 && c->block_len ? c->block_len : c->fixed_iv_len;
    uint8_t block[BLOCK_MAX];
    size_t len = 2 * (mac_len + c->key_len + iv_len);
    hs_result result = hs_tls12_key_block(prf, session->master_secret, session->client_random,
                                          session->server_random, block, len);
    if (result != HS_OK) {
        return result;
    }
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, hs_bytes_of(block, len), &fault, NULL);
    struct {
        uint8_t *to;
        size_t len;
    } parts[] = {{p->mac_key, mac_len}, {p->key, c->key_len}, {p->iv, iv_len}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        hs_bytes client = hs_read_bytes(&r, parts[i].len, "client_write");
        hs_bytes server = hs_read_bytes(&r, parts[i].len, "server_write");
        if (parts[i].len > 0) {
            memcpy(parts[i].to, of_client ? client.data : server.data, parts[i].len);
        }
    }
    result = hs_reader_finish(&r);
    OPENSSL_cleanse(block, sizeof block);
    return result;
}

hs_result hs_record_protection_new_tls12(const hs_tls12_session *session, bool of_client,
                                         hs_record_protection **out)
{
    *out = NULL;
    const hs_tls_cipher_suite *suite = hs_tls_cipher_suite_find(session->cipher_suite);
    if (!suite || suite->key_exchange == HS_TLS_KX_ANY || suite->key_exchange == HS_TLS_KX_NONE) {
        return HS_INVALID;
    }
    hs_tls12_prf prf;
    hs_record_cipher cipher;
    hs_result result = hs_tls12_prf_of(session->version, suite, &prf);
    if (result == HS_OK) {
        result = hs_record_cipher_find(suite, false, &cipher);
    }
    if (result == HS_OK && cipher.is_aead && session->version != HS_TLS_1_2) {
        result = HS_INVALID;
    }
    hs_record_protection *p = NULL;
    if (result == HS_OK) {
        result = protection_new(&cipher, session->version, session->cipher_suite, &p);
    }
    if (result == HS_OK) {
        p->encrypt_then_mac = session->encrypt_then_mac && cipher.block_len > 0;
        result = set_tls12_keys(p, session, prf, of_client);
    }
    if (result != HS_OK) {
        hs_record_protection_free(p);
        return result;
    }
    *out = p;
    return HS_OK;
}

hs_result hs_record_context(hs_record_protection *p, bool encrypts)
{
    if (p->context_encrypts == (int)encrypts) {
        return HS_OK;
    }
    const hs_record_cipher *c = &p->cipher;
    if (!EVP_CIPHER_CTX_reset(p->context) ||
        !EVP_CipherInit_ex(p->context, c->evp, NULL, NULL, NULL, encrypts)) {
        return HS_CRYPTO;
    }
    /* CCM takes the lengths of nonce and tag into the key's set-up. */
    if (c->is_aead &&
        (EVP_CIPHER_CTX_ctrl(p->context, EVP_CTRL_AEAD_SET_IVLEN, HS_RECORD_NONCE, NULL) <= 0 ||
         (c->is_ccm &&
          EVP_CIPHER_CTX_ctrl(p->context, EVP_CTRL_AEAD_SET_TAG, (int)c->tag_len, NULL) <= 0))) {
        return HS_CRYPTO;
    }
    if (!EVP_CipherInit_ex(p->context, NULL, NULL, p->key, NULL, encrypts) ||
        (!c->is_aead && !EVP_CIPHER_CTX_set_padding(p->context, 0))) {
        return HS_CRYPTO;
    }
    p->context_encrypts = encrypts;
    return HS_OK;
}

void hs_record_pseudo_header(const hs_record_protection *p, const hs_tls_record *record, size_t len,
                             hs_writer *w)
{
    hs_write_u64(w, p->sequence);
    hs_write_u8(w, record->type);
    hs_write_u16(w, record->legacy_record_version);
    hs_write_u16(w, (uint16_t)len);
}

hs_result hs_record_unprotect(hs_record_protection *protection, hs_bytes record, uint8_t *scratch,
                              hs_record_content *out)
{
    *out = (hs_record_content){0};
    hs_fault fault;
    hs_reader r;
    hs_tls_record parsed;
    hs_reader_init(&r, record, &fault, NULL);
    if (hs_tls_record_read(&r, &parsed) != HS_OK || hs_reader_finish(&r) != HS_OK) {
        return HS_MALFORMED;
    }
    hs_result result = protection->cipher.is_aead
                           ? hs_record_aead_unprotect(
                                 protection, &parsed,
                                 hs_bytes_of(record.data, HS_TLS_RECORD_HEADER), scratch, out)
                           : hs_record_mac_unprotect(protection, &parsed, scratch, out);
    if (result == HS_OK) {
        protection->sequence++;
    }
    return result;
}

hs_result hs_record_protect(hs_record_protection *protection, const hs_record_content *content,
                            hs_bytes explicit_iv, hs_writer *w)
{
    if (content->bytes.len > HS_TLS_PLAINTEXT_MAX ||
        content->padding > HS_TLS_PLAINTEXT_MAX - content->bytes.len) {
        return HS_LIMIT;
    }
    hs_result result = protection->cipher.is_aead
                           ? hs_record_aead_protect(protection, content, w)
                           : hs_record_mac_protect(protection, content, explicit_iv, w);
    if (result == HS_OK) {
        protection->sequence++;
    }
    return result;
}
