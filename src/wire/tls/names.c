#include "wire/tls/names.h"

#include "wire/tls/cipher_suite.h"
#include "wire/tls/name_table.h"

bool hs_tls_is_grease(uint16_t value)
{
    return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

bool hs_tls_is_grease_u8(uint8_t value)
{
    return value % 0x1f == 0x0b && value <= 0xe4;
}

const char *hs_tls_name_find(const hs_tls_name *names, size_t count, uint32_t value)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (names[middle].value == value) {
            return names[middle].name;
        }
        if (names[middle].value < value) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const char *hs_tls_name_find_u16(const hs_tls_name *names, size_t count, uint16_t value)
{
    return hs_tls_is_grease(value) ? "GREASE" : hs_tls_name_find(names, count, value);
}

bool hs_tls_version_is_13(uint16_t version)
{
    return version == HS_TLS_1_3 || version >> 8 == 0x7f || version == 0xfb17 ||
           version == 0xfb1a || version == 0xfefc;
}

const char *hs_tls_version_name(uint16_t version)
{
    static const hs_tls_name names[] = {
        {0x0002, "SSLv2"},
        {0x0101, "GMTLS"},
        {0x0300, "SSLv3"},
        {0x0301, "TLSv1.0"},
        {0x0302, "TLSv1.1"},
        {0x0303, "TLSv1.2"},
        {0x0304, "TLSv1.3"},
        {0x7f0e, "TLSv1.3-draft-14"},
        {0x7f0f, "TLSv1.3-draft-15"},
        {0x7f10, "TLSv1.3-draft-16"},
        {0x7f11, "TLSv1.3-draft-17"},
        {0x7f12, "TLSv1.3-draft-18"},
        {0x7f13, "TLSv1.3-draft-19"},
        {0x7f14, "TLSv1.3-draft-20"},
        {0x7f15, "TLSv1.3-draft-21"},
        {0x7f16, "TLSv1.3-draft-22"},
        {0x7f17, "TLSv1.3-draft-23"},
        {0x7f18, "TLSv1.3-draft-24"},
        {0x7f19, "TLSv1.3-draft-25"},
        {0x7f1a, "TLSv1.3-draft-26"},
        {0x7f1b, "TLSv1.3-draft-27"},
        {0x7f1c, "TLSv1.3-draft-28"},
        {0xfb17, "TLSv1.3-fb-draft-23"},
        {0xfb1a, "TLSv1.3-fb-draft-26"},
        {0xfefc, "DTLSv1.3"},
        {0xfefd, "DTLSv1.2"},
        {0xfeff, "DTLSv1.0"},
    };
    return HS_TLS_NAME_U16(names, version);
}

const char *hs_tls_cipher_suite_name(uint16_t id)
{
    if (hs_tls_is_grease(id)) {
        return "GREASE";
    }
    const hs_tls_cipher_suite *suite = hs_tls_cipher_suite_find(id);
    return suite ? suite->name : NULL;
}

const char *hs_tls_ssl2_cipher_name(uint32_t id)
{
    static const hs_tls_name names[] = {
        {0x010080, "SSL_CK_RC4_128_WITH_MD5"},
        {0x020080, "SSL_CK_RC4_128_EXPORT40_WITH_MD5"},
        {0x030080, "SSL_CK_RC2_128_CBC_WITH_MD5"},
        {0x040080, "SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5"},
        {0x050080, "SSL_CK_IDEA_128_CBC_WITH_MD5"},
        {0x060040, "SSL_CK_DES_64_CBC_WITH_MD5"},
        {0x0700c0, "SSL_CK_DES_192_EDE3_CBC_WITH_MD5"},
        {0x080080, "SSL_CK_RC4_64_WITH_MD5"},
    };
    return id <= UINT16_MAX ? hs_tls_cipher_suite_name((uint16_t)id) : HS_TLS_NAME(names, id);
}

const char *hs_tls_certificate_compression_name(uint16_t algorithm)
{
    static const hs_tls_name names[] = {{1, "zlib"}, {2, "brotli"}, {3, "zstd"}};
    return HS_TLS_NAME_U16(names, algorithm);
}

const char *hs_tls_srtp_profile_name(uint16_t profile)
{
    static const hs_tls_name names[] = {
        {0x0001, "SRTP_AES128_CM_HMAC_SHA1_80"},
        {0x0002, "SRTP_AES128_CM_HMAC_SHA1_32"},
        {0x0005, "SRTP_NULL_HMAC_SHA1_80"},
        {0x0006, "SRTP_NULL_HMAC_SHA1_32"},
        {0x0007, "SRTP_AEAD_AES_128_GCM"},
        {0x0008, "SRTP_AEAD_AES_256_GCM"},
        {0x0009, "DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM"},
        {0x000a, "DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM"},
        {0x000b, "SRTP_ARIA_128_CTR_HMAC_SHA1_80"},
        {0x000c, "SRTP_ARIA_128_CTR_HMAC_SHA1_32"},
        {0x000d, "SRTP_ARIA_256_CTR_HMAC_SHA1_80"},
        {0x000e, "SRTP_ARIA_256_CTR_HMAC_SHA1_32"},
        {0x000f, "SRTP_AEAD_ARIA_128_GCM"},
        {0x0010, "SRTP_AEAD_ARIA_256_GCM"},
    };
    return HS_TLS_NAME_U16(names, profile);
}

const char *hs_tls_hpke_kdf_name(uint16_t kdf)
{
    static const hs_tls_name names[] = {{1, "HKDF-SHA256"}, {2, "HKDF-SHA384"}, {3, "HKDF-SHA512"}};
    return HS_TLS_NAME_U16(names, kdf);
}

const char *hs_tls_hpke_aead_name(uint16_t aead)
{
    static const hs_tls_name names[] = {
        {1, "AES-128-GCM"}, {2, "AES-256-GCM"}, {3, "ChaCha20Poly1305"}, {0xffff, "Export-only"}};
    return HS_TLS_NAME_U16(names, aead);
}
