/* What a cipher suite's number stands for: how keys are exchanged, what encrypts, which hash drives
 * the PRF or HKDF and, outside the AEADs, the MAC. */
#ifndef HS_WIRE_TLS_CIPHER_SUITE_H
#define HS_WIRE_TLS_CIPHER_SUITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which form the ServerKeyExchange and ClientKeyExchange have. */
typedef enum hs_tls_key_exchange {
    HS_TLS_KX_NONE, /* TLS_NULL_WITH_NULL_NULL, signalling values, integrity of unknown kinds */
    HS_TLS_KX_ANY,  /* TLS 1.3: told by the extensions */
    HS_TLS_KX_RSA,
    HS_TLS_KX_RSA_EXPORT,
    HS_TLS_KX_DH, /* static: the certificate's key, DH_RSA and DH_DSS */
    HS_TLS_KX_DHE,
    HS_TLS_KX_DH_ANON,
    HS_TLS_KX_ECDH, /* static */
    HS_TLS_KX_ECDHE,
    HS_TLS_KX_ECDH_ANON,
    HS_TLS_KX_PSK,
    HS_TLS_KX_DHE_PSK,
    HS_TLS_KX_ECDHE_PSK,
    HS_TLS_KX_RSA_PSK,
    HS_TLS_KX_KRB5,
    HS_TLS_KX_SRP,
    HS_TLS_KX_GOST,
    HS_TLS_KX_ECCPWD,
    HS_TLS_KX_FORTEZZA,
} hs_tls_key_exchange;

typedef enum hs_tls_authentication {
    HS_TLS_AUTH_NONE, /* anonymous, or a signalling value */
    HS_TLS_AUTH_ANY,  /* TLS 1.3 */
    HS_TLS_AUTH_RSA,
    HS_TLS_AUTH_DSS,
    HS_TLS_AUTH_ECDSA,
    HS_TLS_AUTH_PSK,
    HS_TLS_AUTH_SRP,
    HS_TLS_AUTH_KRB5,
    HS_TLS_AUTH_GOST,
    HS_TLS_AUTH_PASSWORD,
    HS_TLS_AUTH_FORTEZZA,
} hs_tls_authentication;

typedef enum hs_tls_bulk {
    HS_TLS_BULK_NULL,
    HS_TLS_BULK_AES_128_GCM,
    HS_TLS_BULK_AES_256_GCM,
    HS_TLS_BULK_CHACHA20_POLY1305,
    HS_TLS_BULK_AES_128_CCM,
    HS_TLS_BULK_AES_256_CCM,
    HS_TLS_BULK_AES_128_CCM_8,
    HS_TLS_BULK_AES_256_CCM_8,
    HS_TLS_BULK_AES_128_CBC,
    HS_TLS_BULK_AES_256_CBC,
    HS_TLS_BULK_3DES_EDE_CBC,
    HS_TLS_BULK_DES_CBC,
    HS_TLS_BULK_DES40_CBC,
    HS_TLS_BULK_RC4_128,
    HS_TLS_BULK_RC4_40,
    HS_TLS_BULK_RC2_CBC_40,
    HS_TLS_BULK_IDEA_CBC,
    HS_TLS_BULK_SEED_CBC,
    HS_TLS_BULK_CAMELLIA_128_CBC,
    HS_TLS_BULK_CAMELLIA_256_CBC,
    HS_TLS_BULK_CAMELLIA_128_GCM,
    HS_TLS_BULK_CAMELLIA_256_GCM,
    HS_TLS_BULK_ARIA_128_CBC,
    HS_TLS_BULK_ARIA_256_CBC,
    HS_TLS_BULK_ARIA_128_GCM,
    HS_TLS_BULK_ARIA_256_GCM,
    HS_TLS_BULK_AEGIS_128L,
    HS_TLS_BULK_AEGIS_256,
    HS_TLS_BULK_SM4_GCM,
    HS_TLS_BULK_SM4_CCM,
    HS_TLS_BULK_OTHER, /* GOST's, FORTEZZA's, Salsa20, and what was never registered */
} hs_tls_bulk;

/* The hash of the PRF or HKDF, and of the HMAC where the bulk cipher is not an AEAD. */
typedef enum hs_tls_hash {
    HS_TLS_HASH_NONE,
    HS_TLS_HASH_MD5,
    HS_TLS_HASH_SHA1,
    HS_TLS_HASH_SHA256,
    HS_TLS_HASH_SHA384,
    HS_TLS_HASH_SHA512,
    HS_TLS_HASH_SM3,
    HS_TLS_HASH_GOST,
} hs_tls_hash;

typedef struct hs_tls_cipher_suite {
    uint16_t id;
    hs_tls_key_exchange key_exchange;
    hs_tls_authentication authentication;
    hs_tls_bulk bulk;
    hs_tls_hash hash; /* the one in the name: for AEADs the PRF's or HKDF's, else the MAC's */
    const char *name;
} hs_tls_cipher_suite;

/* NULL where the number is not registered. The table is sorted by id. */
const hs_tls_cipher_suite *hs_tls_cipher_suite_find(uint16_t id);
const hs_tls_cipher_suite *hs_tls_cipher_suites(size_t *count);

bool hs_tls_cipher_suite_is_aead(const hs_tls_cipher_suite *suite);
/* What drives TLS 1.2's PRF: `hash` for suites made for it, SHA-256 for the older ones. */
hs_tls_hash hs_tls_cipher_suite_prf(const hs_tls_cipher_suite *suite);

#endif
