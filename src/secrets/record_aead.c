/* AEAD protection of records: TLS 1.3 (RFC 8446 5.2, 5.3), TLS 1.2 (RFC 5246 6.2.3.3). */
#include "secrets/record_state.h"

#include <string.h>

#include "wire/tls/names.h"

/* One nonce for one record. */
static void make_nonce(const hs_record_protection *p, hs_bytes explicit_part,
                       uint8_t nonce[HS_RECORD_NONCE])
{
    hs_writer w;
    hs_writer_init(&w, nonce, HS_RECORD_NONCE);
    if (p->cipher.explicit_len > 0) {
        hs_write_bytes(&w, hs_bytes_of(p->iv, p->cipher.fixed_iv_len));
        hs_write_bytes(&w, explicit_part);
        return;
    }
    hs_write_u32(&w, 0);
    hs_write_u64(&w, p->sequence);
    for (size_t i = 0; i < HS_RECORD_NONCE; i++) {
        nonce[i] ^= p->iv[i];
    }
}

/* libcrypto counts in int; records are far below that. */
static bool feed(EVP_CIPHER_CTX *context, uint8_t *out, hs_bytes in)
{
    static const uint8_t nothing[1];
    int len = 0;
    return EVP_CipherUpdate(context, out, &len, in.len > 0 ? in.data : nothing, (int)in.len) > 0 &&
           len == (int)in.len;
}

/* CCM must know the length before the additional data. */
static bool announce(const hs_record_protection *p, size_t len)
{
    int done = 0;
    return !p->cipher.is_ccm || EVP_CipherUpdate(p->context, NULL, &done, NULL, (int)len) > 0;
}

static hs_result aead_open(hs_record_protection *p, const uint8_t *nonce, hs_bytes aad,
                           hs_bytes sealed, uint8_t *out)
{
    if (sealed.len < p->cipher.tag_len) {
        return HS_MALFORMED;
    }
    hs_result result = hs_record_context(p, false);
    if (result != HS_OK) {
        return result;
    }
    size_t len = sealed.len - p->cipher.tag_len;
    uint8_t tag[EVP_MAX_BLOCK_LENGTH];
    memcpy(tag, sealed.data + len, p->cipher.tag_len);
    if (!EVP_CipherInit_ex(p->context, NULL, NULL, NULL, nonce, 0) ||
        EVP_CIPHER_CTX_ctrl(p->context, EVP_CTRL_AEAD_SET_TAG, (int)p->cipher.tag_len, tag) <= 0 ||
        !announce(p, len) || !feed(p->context, NULL, aad)) {
        return HS_CRYPTO;
    }
    int rest = 0;
    if (!feed(p->context, out, hs_bytes_of(sealed.data, len)) ||
        (!p->cipher.is_ccm && EVP_CipherFinal_ex(p->context, out + len, &rest) <= 0)) {
        return HS_MALFORMED;
    }
    return HS_OK;
}

/* `out` gets content and tag. */
static hs_result aead_seal(hs_record_protection *p, const uint8_t *nonce, hs_bytes aad,
                           hs_bytes plain, uint8_t *out)
{
    hs_result result = hs_record_context(p, true);
    if (result != HS_OK) {
        return result;
    }
    int rest = 0;
    if (!EVP_CipherInit_ex(p->context, NULL, NULL, NULL, nonce, 1) || !announce(p, plain.len) ||
        !feed(p->context, NULL, aad) || !feed(p->context, out, plain) ||
        EVP_CipherFinal_ex(p->context, out + plain.len, &rest) <= 0 ||
        EVP_CIPHER_CTX_ctrl(p->context, EVP_CTRL_AEAD_GET_TAG, (int)p->cipher.tag_len,
                            out + plain.len) <= 0) {
        return HS_CRYPTO;
    }
    return HS_OK;
}

/* TLSInnerPlaintext: the type is the last byte that is not zero. */
static hs_result take_inner(hs_bytes inner, hs_record_content *out)
{
    size_t len = inner.len;
    while (len > 0 && inner.data[len - 1] == 0) {
        len--;
    }
    if (len == 0) {
        return HS_MALFORMED;
    }
    *out = (hs_record_content){.type = inner.data[len - 1],
                               .bytes = hs_bytes_of(inner.data, len - 1),
                               .padding = inner.len - len};
    return HS_OK;
}

hs_result hs_record_aead_unprotect(hs_record_protection *p, const hs_tls_record *record,
                                   hs_bytes header, uint8_t *scratch, hs_record_content *out)
{
    size_t overhead = p->cipher.explicit_len + p->cipher.tag_len;
    if (record->fragment.len < overhead) {
        return HS_MALFORMED;
    }
    hs_bytes explicit_part = hs_bytes_of(record->fragment.data, p->cipher.explicit_len);
    hs_bytes sealed = hs_bytes_of(record->fragment.data + p->cipher.explicit_len,
                                  record->fragment.len - p->cipher.explicit_len);
    size_t len = sealed.len - p->cipher.tag_len;
    uint8_t nonce[HS_RECORD_NONCE];
    make_nonce(p, explicit_part, nonce);

    uint8_t aad[HS_RECORD_AAD_MAX];
    hs_writer w;
    hs_writer_init(&w, aad, sizeof aad);
    if (p->version == HS_TLS_1_3) {
        hs_write_bytes(&w, header);
    } else {
        hs_record_pseudo_header(p, record, len, &w);
    }
    hs_result result = aead_open(p, nonce, hs_writer_bytes(&w), sealed, scratch);
    if (result != HS_OK) {
        return result;
    }
    hs_bytes inner = hs_bytes_of(scratch, len);
    if (p->version == HS_TLS_1_3) {
        return take_inner(inner, out);
    }
    *out = (hs_record_content){.type = record->type, .bytes = inner};
    return HS_OK;
}

static hs_result seal_tls13(hs_record_protection *p, const hs_record_content *content, hs_writer *w)
{
    uint8_t inner[HS_TLS_PLAINTEXT_MAX + 1];
    hs_writer i;
    hs_writer_init(&i, inner, sizeof inner);
    hs_write_bytes(&i, content->bytes);
    hs_write_u8(&i, content->type);
    for (size_t n = 0; n < content->padding; n++) {
        hs_write_u8(&i, 0);
    }
    uint8_t nonce[HS_RECORD_NONCE];
    make_nonce(p, (hs_bytes){0}, nonce);
    uint8_t header[HS_TLS_RECORD_HEADER];
    hs_writer h;
    hs_writer_init(&h, header, sizeof header);
    hs_write_u8(&h, HS_TLS_APPLICATION_DATA);
    hs_write_u16(&h, HS_TLS_1_2);
    hs_write_u16(&h, (uint16_t)(i.len + p->cipher.tag_len));

    uint8_t sealed[HS_TLS_CIPHERTEXT_MAX];
    hs_result result = aead_seal(p, nonce, hs_writer_bytes(&h), hs_writer_bytes(&i), sealed);
    if (result != HS_OK) {
        return result;
    }
    hs_write_bytes(w, hs_writer_bytes(&h));
    hs_write_bytes(w, hs_bytes_of(sealed, i.len + p->cipher.tag_len));
    return hs_writer_result(w);
}

hs_result hs_record_aead_protect(hs_record_protection *p, const hs_record_content *content,
                                 hs_writer *w)
{
    if (p->version == HS_TLS_1_3) {
        return seal_tls13(p, content, w);
    }
    /* The sequence number never repeats, so it is the explicit nonce (RFC 5288 3). */
    uint8_t explicit_nonce[8];
    hs_writer e;
    hs_writer_init(&e, explicit_nonce, sizeof explicit_nonce);
    hs_write_u64(&e, p->sequence);
    hs_bytes explicit_part = hs_bytes_of(explicit_nonce, p->cipher.explicit_len);
    uint8_t nonce[HS_RECORD_NONCE];
    make_nonce(p, explicit_part, nonce);

    hs_tls_record record = {.type = content->type, .legacy_record_version = p->version};
    uint8_t aad[HS_RECORD_AAD_MAX];
    hs_writer a;
    hs_writer_init(&a, aad, sizeof aad);
    hs_record_pseudo_header(p, &record, content->bytes.len, &a);
    uint8_t sealed[HS_TLS_CIPHERTEXT_MAX];
    hs_result result = aead_seal(p, nonce, hs_writer_bytes(&a), content->bytes, sealed);
    if (result != HS_OK) {
        return result;
    }
    hs_write_u8(w, record.type);
    hs_write_u16(w, record.legacy_record_version);
    hs_block block = hs_write_open(w, 2);
    hs_write_bytes(w, explicit_part);
    hs_write_bytes(w, hs_bytes_of(sealed, content->bytes.len + p->cipher.tag_len));
    hs_write_close(w, block);
    return hs_writer_result(w);
}
