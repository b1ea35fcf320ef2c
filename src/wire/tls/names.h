/* The names of TLS's numbers: IANA's "TLS Parameters" and "TLS ExtensionType Values" registries, as
 * sorted tables.
 *
 * Each function returns a static text, "GREASE" for a value of RFC 8701, and NULL for a value that
 * has no name.
 */
#ifndef HS_WIRE_TLS_NAMES_H
#define HS_WIRE_TLS_NAMES_H

#include <stdbool.h>
#include <stdint.h>

enum {
    HS_TLS_SSLV2 = 0x0002,
    HS_TLS_SSLV3 = 0x0300,
    HS_TLS_1_0 = 0x0301,
    HS_TLS_1_1 = 0x0302,
    HS_TLS_1_2 = 0x0303,
    HS_TLS_1_3 = 0x0304,
};

/* RFC 8701: 0x0A0A, 0x1A1A, … 0xFAFA in two bytes; 0x0B, 0x2A, … 0xE4 in one byte. */
bool hs_tls_is_grease(uint16_t value);
bool hs_tls_is_grease_u8(uint8_t value);

/* Whether messages have TLS 1.3's forms: the version itself, its drafts, and DTLS 1.3. */
bool hs_tls_version_is_13(uint16_t version);

static inline bool hs_tls_is_13(uint16_t version)
{
    /* Its drafts say 0x7f and their number. */
    return version == HS_TLS_1_3 || version >> 8 == 0x7f;
}

/* "TLSv1.3"; the drafts of TLS 1.3 are "TLSv1.3-draft-23". */
const char *hs_tls_version_name(uint16_t version);
/* "TLS_AES_128_GCM_SHA256". */
const char *hs_tls_cipher_suite_name(uint16_t id);
/* SSLv2's three-byte kinds: "SSL_CK_RC4_128_WITH_MD5"; those that begin with 0 are TLS's. */
const char *hs_tls_ssl2_cipher_name(uint32_t id);
/* "x25519". */
const char *hs_tls_group_name(uint16_t group);
/* "ecdsa_secp256r1_sha256"; TLS 1.2's pairs that TLS 1.3 has no name for: "dsa_sha256". */
const char *hs_tls_signature_scheme_name(uint16_t scheme);
/* TLS 1.2's halves of the same number: "sha256", "ecdsa". */
const char *hs_tls_hash_algorithm_name(uint8_t hash);
const char *hs_tls_signature_algorithm_name(uint8_t signature);
const char *hs_tls_compression_method_name(uint8_t method);
/* Of the extensions client_certificate_type and server_certificate_type: "RawPublicKey". */
const char *hs_tls_certificate_type_name(uint8_t type);
/* Of a CertificateRequest before TLS 1.3: "rsa_sign". */
const char *hs_tls_client_certificate_type_name(uint8_t type);
const char *hs_tls_psk_key_exchange_mode_name(uint8_t mode);
const char *hs_tls_ec_point_format_name(uint8_t format);
const char *hs_tls_ec_curve_type_name(uint8_t type);
const char *hs_tls_certificate_status_type_name(uint8_t type);
const char *hs_tls_certificate_compression_name(uint16_t algorithm);
const char *hs_tls_server_name_type_name(uint8_t type);
const char *hs_tls_max_fragment_length_name(uint8_t code);
const char *hs_tls_heartbeat_mode_name(uint8_t mode);
const char *hs_tls_key_update_request_name(uint8_t request);
const char *hs_tls_srtp_profile_name(uint16_t profile);
const char *hs_tls_token_binding_parameter_name(uint8_t parameter);
const char *hs_tls_ech_type_name(uint8_t type);
const char *hs_tls_hpke_kdf_name(uint16_t kdf);
const char *hs_tls_hpke_aead_name(uint16_t aead);

#endif
