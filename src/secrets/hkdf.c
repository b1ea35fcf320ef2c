#include "secrets/hkdf.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include "base/reader.h"

enum {
    LABEL_MAX = 2 + 1 + 255 + 1 + 255, /* HkdfLabel */
    INFO_MAX = LABEL_MAX,
};

hs_bytes hs_secret_bytes(const hs_secret *secret)
{
    return hs_bytes_of(secret->data, secret->len);
}

hs_result hs_secret_set(hs_secret *secret, hs_bytes bytes)
{
    if (bytes.len > sizeof secret->data) {
        return HS_LIMIT;
    }
    if (bytes.len > 0) {
        memcpy(secret->data, bytes.data, bytes.len);
    }
    secret->len = bytes.len;
    return HS_OK;
}

void hs_secret_wipe(hs_secret *secret)
{
    OPENSSL_cleanse(secret, sizeof *secret);
}

hs_result hs_hkdf_extract(const EVP_MD *md, hs_bytes salt, hs_bytes ikm, hs_secret *out)
{
    /* A key of no bytes and one of zeros are the same to HMAC, but NULL would mean "as before". */
    static const uint8_t no_salt[1];
    unsigned len = 0;
    if (!HMAC(md, salt.len > 0 ? salt.data : no_salt, (int)salt.len, ikm.data, ikm.len, out->data,
              &len)) {
        return HS_CRYPTO;
    }
    out->len = len;
    return HS_OK;
}

hs_result hs_hkdf_expand(const EVP_MD *md, hs_bytes prk, hs_bytes info, uint8_t *out, size_t len)
{
    size_t hash_len = (size_t)EVP_MD_get_size(md);
    if (len > 255 * hash_len || info.len > INFO_MAX) {
        return HS_LIMIT;
    }
    uint8_t input[EVP_MAX_MD_SIZE + INFO_MAX + 1];
    uint8_t block[EVP_MAX_MD_SIZE];
    hs_result result = HS_OK;
    size_t done = 0;
    for (uint8_t i = 1; done < len; i++) {
        hs_writer w;
        hs_writer_init(&w, input, sizeof input);
        hs_write_bytes(&w, hs_bytes_of(block, i == 1 ? 0 : hash_len));
        hs_write_bytes(&w, info);
        hs_write_u8(&w, i);
        if (hs_writer_result(&w) != HS_OK ||
            !HMAC(md, prk.data, (int)prk.len, input, w.len, block, NULL)) {
            result = HS_CRYPTO;
            break;
        }
        size_t take = len - done < hash_len ? len - done : hash_len;
        memcpy(out + done, block, take);
        done += take;
    }
    OPENSSL_cleanse(block, sizeof block);
    OPENSSL_cleanse(input, sizeof input);
    return result;
}

void hs_hkdf_write_label(hs_writer *w, const char *label, hs_bytes context, size_t len)
{
    hs_write_u16(w, (uint16_t)len);
    hs_block block = hs_write_open(w, 1);
    hs_write_text(w, "tls13 ");
    hs_write_text(w, label);
    hs_write_close(w, block);
    block = hs_write_open(w, 1);
    hs_write_bytes(w, context);
    hs_write_close(w, block);
}

hs_result hs_hkdf_expand_label(const EVP_MD *md, hs_bytes secret, const char *label,
                               hs_bytes context, uint8_t *out, size_t len)
{
    uint8_t info[LABEL_MAX];
    hs_writer w;
    hs_writer_init(&w, info, sizeof info);
    hs_hkdf_write_label(&w, label, context, len);
    hs_result result = hs_writer_result(&w);
    if (result != HS_OK || len > UINT16_MAX) {
        return HS_LIMIT;
    }
    return hs_hkdf_expand(md, secret, hs_writer_bytes(&w), out, len);
}
