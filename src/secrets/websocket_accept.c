#include "secrets/websocket_accept.h"

#include <string.h>

#include <openssl/evp.h>

hs_result hs_websocket_accept(hs_bytes key, char out[HS_WEBSOCKET_ACCEPT_SIZE])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    hs_result result = HS_CRYPTO;
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    if (!hash || EVP_DigestInit_ex(hash, EVP_sha1(), NULL) != 1 ||
        EVP_DigestUpdate(hash, key.data, key.len) != 1 ||
        EVP_DigestUpdate(hash, HS_WEBSOCKET_GUID, strlen(HS_WEBSOCKET_GUID)) != 1 ||
        EVP_DigestFinal_ex(hash, digest, &len) != 1 || len != 20) {
        goto done;
    }
    (void)hs_websocket_accept_text(digest, out);
    result = HS_OK;
done:
    EVP_MD_CTX_free(hash);
    return result;
}
