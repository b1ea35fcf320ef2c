#include "secrets/quic_retry.h"

#include <openssl/crypto.h>

#include "base/reader.h"
#include "secrets/quic_protection.h"
#include "secrets/quic_state.h"

static bool authenticate(EVP_CIPHER_CTX *context, hs_bytes bytes)
{
    int len = 0;
    return bytes.len == 0 || EVP_CipherUpdate(context, NULL, &len, bytes.data, (int)bytes.len) > 0;
}

hs_result hs_quic_retry_make(hs_quic_crypto *crypto, uint32_t version, hs_bytes original_dcid,
                             hs_bytes retry, uint8_t tag[HS_QUIC_RETRY_TAG_LEN])
{
    const hs_quic_version_secrets *secrets = hs_quic_version_secrets_find(version);
    if (!secrets) {
        return HS_NO_KEY;
    }
    if (original_dcid.len > UINT8_MAX || retry.len > HS_QUIC_PACKET_MAX) {
        return HS_LIMIT;
    }
    uint8_t dcid_len = (uint8_t)original_dcid.len;
    uint8_t rest[EVP_MAX_BLOCK_LENGTH];
    int rest_len = 0;
    EVP_CIPHER_CTX *context = crypto->retry;
    /* The additional data is the Retry Pseudo-Packet; there is no plaintext. */
    if (!EVP_CipherInit_ex2(context, NULL, secrets->retry_key, secrets->retry_nonce, 1, NULL) ||
        !authenticate(context, hs_bytes_of(&dcid_len, sizeof dcid_len)) ||
        !authenticate(context, original_dcid) || !authenticate(context, retry) ||
        EVP_CipherFinal_ex(context, rest, &rest_len) <= 0 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, HS_QUIC_RETRY_TAG_LEN, tag) <= 0) {
        return HS_CRYPTO;
    }
    return HS_OK;
}

hs_result hs_quic_retry_check(hs_quic_crypto *crypto, uint32_t version, hs_bytes original_dcid,
                              hs_bytes retry)
{
    if (!hs_quic_version_secrets_find(version)) {
        return HS_NO_KEY;
    }
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, retry, &fault, NULL);
    size_t before_tag = retry.len < HS_QUIC_RETRY_TAG_LEN ? 0 : retry.len - HS_QUIC_RETRY_TAG_LEN;
    hs_bytes pseudo = hs_read_bytes(&r, before_tag, "retry");
    hs_bytes tag = hs_read_bytes(&r, HS_QUIC_RETRY_TAG_LEN, "retry_integrity_tag");
    hs_result result = hs_reader_finish(&r);
    if (result != HS_OK) {
        return result;
    }
    uint8_t expected[HS_QUIC_RETRY_TAG_LEN];
    result = hs_quic_retry_make(crypto, version, original_dcid, pseudo, expected);
    if (result != HS_OK) {
        return result;
    }
    return CRYPTO_memcmp(expected, tag.data, sizeof expected) == 0 ? HS_OK : HS_MALFORMED;
}
