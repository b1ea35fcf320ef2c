/* Records with an HMAC, in CBC mode or not encrypted at all (RFC 5246 6.2.3.1, 6.2.3.2; RFC 7366).
 *
 * Nobody waits for an answer to what is read here, so nothing takes care to take the same time
 * whether the padding or the MAC is wrong. */
#include "secrets/record_state.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include "wire/tls/names.h"

static size_t mac_len(const hs_record_protection *p)
{
    return (size_t)EVP_MD_get_size(p->cipher.mac);
}

/* The HMAC of a record whose content (or ciphertext, in encrypt-then-MAC) is `bytes`. */
static hs_result make_mac(const hs_record_protection *p, const hs_tls_record *record,
                          hs_bytes bytes, uint8_t out[EVP_MAX_MD_SIZE])
{
    uint8_t input[HS_RECORD_AAD_MAX + HS_TLS_CIPHERTEXT_MAX];
    hs_writer w;
    hs_writer_init(&w, input, sizeof input);
    hs_record_pseudo_header(p, record, bytes.len, &w);
    hs_write_bytes(&w, bytes);
    if (hs_writer_result(&w) != HS_OK ||
        !HMAC(p->cipher.mac, p->mac_key, (int)mac_len(p), input, w.len, out, NULL)) {
        return HS_CRYPTO;
    }
    return HS_OK;
}

static hs_result check_mac(const hs_record_protection *p, const hs_tls_record *record,
                           hs_bytes bytes, hs_bytes mac)
{
    uint8_t want[EVP_MAX_MD_SIZE];
    hs_result result = make_mac(p, record, bytes, want);
    if (result != HS_OK) {
        return result;
    }
    return CRYPTO_memcmp(want, mac.data, mac.len) == 0 ? HS_OK : HS_MALFORMED;
}

/* Splits a MAC off the end. */
static bool split(const hs_record_protection *p, hs_bytes all, hs_bytes *front, hs_bytes *mac)
{
    if (all.len < mac_len(p)) {
        return false;
    }
    size_t len = all.len - mac_len(p);
    *front = hs_bytes_of(all.data, len);
    *mac = hs_bytes_of(all.data + len, mac_len(p));
    return true;
}

/* Decrypts whole blocks; the padding stays. In TLS 1.0 the last block is the next record's IV. */
static hs_result decrypt_blocks(hs_record_protection *p, hs_bytes fragment, uint8_t *out,
                                size_t *out_len, uint8_t next_iv[HS_RECORD_IV_MAX])
{
    size_t block = p->cipher.block_len;
    hs_bytes iv = hs_bytes_of(p->iv, block);
    hs_bytes blocks = fragment;
    if (p->version != HS_TLS_1_0) {
        if (fragment.len < block) {
            return HS_MALFORMED;
        }
        iv = hs_bytes_of(fragment.data, block);
        blocks = hs_bytes_of(fragment.data + block, fragment.len - block);
    }
    if (blocks.len == 0 || blocks.len % block != 0) {
        return HS_MALFORMED;
    }
    hs_result result = hs_record_context(p, false);
    if (result != HS_OK) {
        return result;
    }
    int len = 0;
    if (!EVP_CipherInit_ex(p->context, NULL, NULL, NULL, iv.data, 0) ||
        !EVP_CipherUpdate(p->context, out, &len, blocks.data, (int)blocks.len)) {
        return HS_CRYPTO;
    }
    *out_len = (size_t)len;
    memcpy(next_iv, blocks.data + blocks.len - block, block);
    return HS_OK;
}

/* Every padding byte has the padding's length, which does not count itself. */
static bool strip_padding(hs_bytes *plain)
{
    uint8_t padding = plain->data[plain->len - 1];
    if ((size_t)padding + 1 > plain->len) {
        return false;
    }
    for (size_t i = 0; i <= padding; i++) {
        if (plain->data[plain->len - 1 - i] != padding) {
            return false;
        }
    }
    plain->len -= (size_t)padding + 1;
    return true;
}

static hs_result cbc_unprotect(hs_record_protection *p, const hs_tls_record *record,
                               uint8_t *scratch, hs_bytes *content)
{
    hs_bytes fragment = record->fragment;
    hs_bytes mac;
    hs_result result;
    if (p->encrypt_then_mac) {
        if (!split(p, record->fragment, &fragment, &mac)) {
            return HS_MALFORMED;
        }
        result = check_mac(p, record, fragment, mac);
        if (result != HS_OK) {
            return result;
        }
    }
    uint8_t next_iv[HS_RECORD_IV_MAX];
    size_t len = 0;
    result = decrypt_blocks(p, fragment, scratch, &len, next_iv);
    if (result != HS_OK) {
        return result;
    }
    *content = hs_bytes_of(scratch, len);
    if (!strip_padding(content)) {
        return HS_MALFORMED;
    }
    if (!p->encrypt_then_mac) {
        if (!split(p, *content, content, &mac)) {
            return HS_MALFORMED;
        }
        result = check_mac(p, record, *content, mac);
        if (result != HS_OK) {
            return result;
        }
    }
    if (p->version == HS_TLS_1_0) {
        memcpy(p->iv, next_iv, p->cipher.block_len);
    }
    return HS_OK;
}

hs_result hs_record_mac_unprotect(hs_record_protection *p, const hs_tls_record *record,
                                  uint8_t *scratch, hs_record_content *out)
{
    out->type = record->type;
    if (p->cipher.evp) {
        return cbc_unprotect(p, record, scratch, &out->bytes);
    }
    hs_bytes mac;
    hs_bytes front;
    if (!split(p, record->fragment, &front, &mac)) {
        return HS_MALFORMED;
    }
    if (front.len > 0) {
        memcpy(scratch, front.data, front.len);
    }
    out->bytes = hs_bytes_of(scratch, front.len);
    return check_mac(p, record, front, mac);
}

/* Encrypts content (and MAC) with its padding behind the explicit IV. */
static hs_result encrypt_blocks(hs_record_protection *p, hs_bytes iv, hs_writer *plain,
                                hs_writer *fragment)
{
    size_t block = p->cipher.block_len;
    uint8_t padding = (uint8_t)(block - 1 - plain->len % block);
    for (size_t i = 0; i <= padding; i++) {
        hs_write_u8(plain, padding);
    }
    hs_result result = hs_record_context(p, true);
    if (result != HS_OK) {
        return result;
    }
    if (p->version == HS_TLS_1_0) {
        iv = hs_bytes_of(p->iv, block);
    } else if (iv.len == block) {
        hs_write_bytes(fragment, iv);
    } else {
        return HS_INVALID;
    }
    uint8_t sealed[HS_TLS_CIPHERTEXT_MAX];
    int len = 0;
    if (hs_writer_result(plain) != HS_OK ||
        !EVP_CipherInit_ex(p->context, NULL, NULL, NULL, iv.data, 1) ||
        !EVP_CipherUpdate(p->context, sealed, &len, plain->data, (int)plain->len)) {
        return HS_CRYPTO;
    }
    hs_write_bytes(fragment, hs_bytes_of(sealed, (size_t)len));
    if (p->version == HS_TLS_1_0) {
        memcpy(p->iv, sealed + (size_t)len - block, block);
    }
    return HS_OK;
}

hs_result hs_record_mac_protect(hs_record_protection *p, const hs_record_content *content,
                                hs_bytes explicit_iv, hs_writer *w)
{
    hs_tls_record record = {.type = content->type, .legacy_record_version = p->version};
    uint8_t mac[EVP_MAX_MD_SIZE];
    uint8_t inner[HS_TLS_CIPHERTEXT_MAX];
    uint8_t outer[HS_TLS_CIPHERTEXT_MAX];
    hs_writer plain;
    hs_writer fragment;
    hs_writer_init(&plain, inner, sizeof inner);
    hs_writer_init(&fragment, outer, sizeof outer);

    hs_write_bytes(&plain, content->bytes);
    hs_result result = HS_OK;
    if (!p->encrypt_then_mac) {
        result = make_mac(p, &record, content->bytes, mac);
        if (result != HS_OK) {
            return result;
        }
        hs_write_bytes(&plain, hs_bytes_of(mac, mac_len(p)));
    }
    if (p->cipher.evp) {
        result = encrypt_blocks(p, explicit_iv, &plain, &fragment);
    } else {
        hs_write_bytes(&fragment, hs_writer_bytes(&plain));
    }
    if (result == HS_OK && p->encrypt_then_mac) {
        result = make_mac(p, &record, hs_writer_bytes(&fragment), mac);
        hs_write_bytes(&fragment, hs_bytes_of(mac, mac_len(p)));
    }
    if (result != HS_OK) {
        return result;
    }
    record.fragment = hs_writer_bytes(&fragment);
    hs_tls_record_write(w, &record);
    return hs_writer_result(w);
}
