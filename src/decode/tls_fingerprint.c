#include "decode/tls_fingerprint.h"

#include <string.h>

#include <openssl/evp.h>

#include "base/reader.h"
#include "wire/tls/fingerprint.h"

enum { JA4_PART = 12 };

static char *hex_digest(hs_arena *arena, const EVP_MD *md, const char *text)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (!EVP_Digest(text, strlen(text), digest, &len, md, NULL)) {
        return NULL;
    }
    return hs_arena_hex(arena, hs_bytes_of(digest, len));
}

char *hs_tls_ja3(hs_arena *arena, const hs_tls_client_hello *hello)
{
    char text[HS_TLS_JA_TEXT_MAX];
    if (hs_tls_ja3_text(hello, text, sizeof text) != HS_OK) {
        return NULL;
    }
    return hex_digest(arena, EVP_md5(), text);
}

char *hs_tls_ja3s(hs_arena *arena, const hs_tls_server_hello *hello)
{
    char text[HS_TLS_JA_TEXT_MAX];
    if (hs_tls_ja3s_text(hello, text, sizeof text) != HS_OK) {
        return NULL;
    }
    return hex_digest(arena, EVP_md5(), text);
}

/* The first 12 hex digits of the SHA-256; of no text, zeros. */
static bool ja4_part(const char *text, char out[JA4_PART + 1])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[EVP_MAX_MD_SIZE] = {0};
    if (text[0] && !EVP_Digest(text, strlen(text), digest, NULL, EVP_sha256(), NULL)) {
        return false;
    }
    for (size_t i = 0; i < JA4_PART; i++) {
        uint8_t byte = digest[i / 2];
        out[i] = digits[i % 2 == 0 ? byte >> 4 : byte & 15];
    }
    out[JA4_PART] = 0;
    return true;
}

char *hs_tls_ja4(hs_arena *arena, const hs_tls_client_hello *hello, char transport)
{
    char text[HS_TLS_JA_TEXT_MAX];
    char a[HS_TLS_JA4_A];
    char b[JA4_PART + 1];
    char c[JA4_PART + 1];
    hs_tls_ja4_a(hello, transport, a);
    if (hs_tls_ja4_b_text(hello, text, sizeof text) != HS_OK || !ja4_part(text, b) ||
        hs_tls_ja4_c_text(hello, text, sizeof text) != HS_OK || !ja4_part(text, c)) {
        return NULL;
    }
    return hs_arena_printf(arena, "%s_%s_%s", a, b, c);
}
