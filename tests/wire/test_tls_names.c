/* The registries: sorted, complete against OpenSSL's own knowledge, and spelt as the RFCs spell. */
#include "tls_support.h"

#include <openssl/evp.h>
#include <openssl/ssl.h>

#include "wire/tls/extension.h"

static void grease_is_rfc_8701(void **state)
{
    (void)state;
    unsigned count = 0;
    for (unsigned value = 0; value <= UINT16_MAX; value++) {
        count += hs_tls_is_grease((uint16_t)value);
    }
    assert_int_equal(count, 16);
    assert_true(hs_tls_is_grease(0x0a0a));
    assert_true(hs_tls_is_grease(0xfafa));
    assert_false(hs_tls_is_grease(0x0a1a));
    static const uint8_t modes[] = {0x0b, 0x2a, 0x49, 0x68, 0x87, 0xa6, 0xc5, 0xe4};
    count = 0;
    for (unsigned value = 0; value <= UINT8_MAX; value++) {
        count += hs_tls_is_grease_u8((uint8_t)value);
    }
    assert_int_equal(count, sizeof(modes));
    for (size_t i = 0; i < sizeof(modes); i++) {
        assert_true(hs_tls_is_grease_u8(modes[i]));
    }
    assert_string_equal(hs_tls_cipher_suite_name(0x1a1a), "GREASE");
    assert_string_equal(hs_tls_group_name(0x2a2a), "GREASE");
    assert_string_equal(hs_tls_extension_name(0x3a3a), "GREASE");
    assert_string_equal(hs_tls_version_name(0x4a4a), "GREASE");
    assert_string_equal(hs_tls_signature_scheme_name(0x5a5a), "GREASE");
    assert_string_equal(hs_tls_psk_key_exchange_mode_name(0x0b), "GREASE");
}

static void suites_are_sorted_and_found(void **state)
{
    (void)state;
    size_t count = 0;
    const hs_tls_cipher_suite *suites = hs_tls_cipher_suites(&count);
    assert_true(count > 380);
    for (size_t i = 0; i < count; i++) {
        assert_true(i == 0 || suites[i - 1].id < suites[i].id);
        assert_ptr_equal(hs_tls_cipher_suite_find(suites[i].id), &suites[i]);
        assert_string_equal(hs_tls_cipher_suite_name(suites[i].id), suites[i].name);
    }
    assert_null(hs_tls_cipher_suite_find(0x1399));
    assert_null(hs_tls_cipher_suite_name(0x1399));
}

static int key_exchange_nid(hs_tls_key_exchange key_exchange)
{
    switch (key_exchange) {
    case HS_TLS_KX_ANY:
        return NID_kx_any;
    case HS_TLS_KX_RSA:
        return NID_kx_rsa;
    case HS_TLS_KX_DHE:
    case HS_TLS_KX_DH_ANON:
        return NID_kx_dhe;
    case HS_TLS_KX_ECDHE:
    case HS_TLS_KX_ECDH_ANON:
        return NID_kx_ecdhe;
    case HS_TLS_KX_PSK:
        return NID_kx_psk;
    case HS_TLS_KX_DHE_PSK:
        return NID_kx_dhe_psk;
    case HS_TLS_KX_ECDHE_PSK:
        return NID_kx_ecdhe_psk;
    case HS_TLS_KX_RSA_PSK:
        return NID_kx_rsa_psk;
    case HS_TLS_KX_SRP:
        return NID_kx_srp;
    default:
        return NID_undef;
    }
}

static int authentication_nid(hs_tls_authentication authentication)
{
    switch (authentication) {
    case HS_TLS_AUTH_NONE:
        return NID_auth_null;
    case HS_TLS_AUTH_ANY:
        return NID_auth_any;
    case HS_TLS_AUTH_RSA:
        return NID_auth_rsa;
    case HS_TLS_AUTH_DSS:
        return NID_auth_dss;
    case HS_TLS_AUTH_ECDSA:
        return NID_auth_ecdsa;
    case HS_TLS_AUTH_PSK:
        return NID_auth_psk;
    case HS_TLS_AUTH_SRP:
        return NID_auth_srp;
    default:
        return NID_undef;
    }
}

static int bulk_nid(hs_tls_bulk bulk)
{
    switch (bulk) {
    case HS_TLS_BULK_AES_128_GCM:
        return NID_aes_128_gcm;
    case HS_TLS_BULK_AES_256_GCM:
        return NID_aes_256_gcm;
    case HS_TLS_BULK_CHACHA20_POLY1305:
        return NID_chacha20_poly1305;
    case HS_TLS_BULK_AES_128_CCM:
    case HS_TLS_BULK_AES_128_CCM_8:
        return NID_aes_128_ccm;
    case HS_TLS_BULK_AES_256_CCM:
    case HS_TLS_BULK_AES_256_CCM_8:
        return NID_aes_256_ccm;
    case HS_TLS_BULK_AES_128_CBC:
        return NID_aes_128_cbc;
    case HS_TLS_BULK_AES_256_CBC:
        return NID_aes_256_cbc;
    case HS_TLS_BULK_CAMELLIA_128_CBC:
        return NID_camellia_128_cbc;
    case HS_TLS_BULK_CAMELLIA_256_CBC:
        return NID_camellia_256_cbc;
    case HS_TLS_BULK_ARIA_128_GCM:
        return NID_aria_128_gcm;
    case HS_TLS_BULK_ARIA_256_GCM:
        return NID_aria_256_gcm;
    case HS_TLS_BULK_SEED_CBC:
        return NID_seed_cbc;
    case HS_TLS_BULK_IDEA_CBC:
        return NID_idea_cbc;
    case HS_TLS_BULK_3DES_EDE_CBC:
        return NID_des_ede3_cbc;
    default:
        return NID_undef;
    }
}

static int hash_nid(hs_tls_hash hash)
{
    switch (hash) {
    case HS_TLS_HASH_MD5:
        return NID_md5;
    case HS_TLS_HASH_SHA1:
        return NID_sha1;
    case HS_TLS_HASH_SHA256:
        return NID_sha256;
    case HS_TLS_HASH_SHA384:
        return NID_sha384;
    default:
        return NID_undef;
    }
}

static void suites_are_what_openssl_knows(void **state)
{
    (void)state;
    SSL_CTX *context = SSL_CTX_new(TLS_method());
    assert_non_null(context);
    SSL_CTX_set_security_level(context, 0);
    assert_int_equal(SSL_CTX_set_cipher_list(context, "ALL:COMPLEMENTOFALL"), 1);
    STACK_OF(SSL_CIPHER) *all = SSL_CTX_get_ciphers(context);
    assert_true(sk_SSL_CIPHER_num(all) > 50);
    for (int i = 0; i < sk_SSL_CIPHER_num(all); i++) {
        const SSL_CIPHER *theirs = sk_SSL_CIPHER_value(all, i);
        const hs_tls_cipher_suite *ours = hs_tls_cipher_suite_find(
            SSL_CIPHER_get_protocol_id(theirs));
        const char *name = SSL_CIPHER_standard_name(theirs);
        assert_non_null(ours);
        /* IANA's odd pair: OpenSSL spells these as their siblings. */
        if (ours->id != 0xc0aa && ours->id != 0xc0ab) {
            assert_string_equal(ours->name, name);
        }
        assert_int_equal(key_exchange_nid(ours->key_exchange), SSL_CIPHER_get_kx_nid(theirs));
        assert_int_equal(authentication_nid(ours->authentication), SSL_CIPHER_get_auth_nid(theirs));
        assert_int_equal(bulk_nid(ours->bulk), SSL_CIPHER_get_cipher_nid(theirs));
        bool is_null = ours->bulk == HS_TLS_BULK_NULL;
        if (!is_null) {
            assert_int_equal(hs_tls_cipher_suite_is_aead(ours), SSL_CIPHER_is_aead(theirs));
        }
        if (!hs_tls_cipher_suite_is_aead(ours)) {
            assert_int_equal(hash_nid(ours->hash), SSL_CIPHER_get_digest_nid(theirs));
        }
        /* OpenSSL calls TLS 1.0's PRF "md5-sha1" in suites that TLS 1.2 drives with SHA-256. */
        int prf = EVP_MD_get_type(SSL_CIPHER_get_handshake_digest(theirs));
        assert_int_equal(hash_nid(hs_tls_cipher_suite_prf(ours)),
                         prf == NID_md5_sha1 ? NID_sha256 : prf);
    }
    SSL_CTX_free(context);
}

static void versions_are_spelt_as_the_interface_says(void **state)
{
    (void)state;
    assert_string_equal(hs_tls_version_name(HS_TLS_SSLV2), "SSLv2");
    assert_string_equal(hs_tls_version_name(HS_TLS_SSLV3), "SSLv3");
    assert_string_equal(hs_tls_version_name(HS_TLS_1_0), "TLSv1.0");
    assert_string_equal(hs_tls_version_name(HS_TLS_1_1), "TLSv1.1");
    assert_string_equal(hs_tls_version_name(HS_TLS_1_2), "TLSv1.2");
    assert_string_equal(hs_tls_version_name(HS_TLS_1_3), "TLSv1.3");
    assert_null(hs_tls_version_name(0x0305));
    assert_true(hs_tls_version_is_13(HS_TLS_1_3));
    assert_true(hs_tls_version_is_13(0x7f1c));
    assert_false(hs_tls_version_is_13(HS_TLS_1_2));
}

typedef struct known {
    uint16_t number;
    const char *name;
} known;

static void groups_and_schemes_have_their_names(void **state)
{
    (void)state;
    static const known groups[] = {
        {1, "sect163k1"},
        {23, "secp256r1"},
        {24, "secp384r1"},
        {25, "secp521r1"},
        {29, "x25519"},
        {30, "x448"},
        {256, "ffdhe2048"},
        {260, "ffdhe8192"},
        {4587, "SecP256r1MLKEM768"},
        {41, "curveSM2"},
        {4588, "X25519MLKEM768"},
        {4589, "SecP384r1MLKEM1024"},
        {513, "MLKEM768"},
        {25497, "X25519Kyber768Draft00"},
        {0xff02, "arbitrary_explicit_char2_curves"},
    };
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        assert_string_equal(hs_tls_group_name(groups[i].number), groups[i].name);
    }
    assert_null(hs_tls_group_name(0));
    assert_null(hs_tls_group_name(0xffff));
    static const known schemes[] = {
        {0x0101, "rsa_pkcs1_md5"},
        {0x0201, "rsa_pkcs1_sha1"},
        {0x0202, "dsa_sha1"},
        {0x0403, "ecdsa_secp256r1_sha256"},
        {0x0804, "rsa_pss_rsae_sha256"},
        {0x0807, "ed25519"},
        {0x080b, "rsa_pss_pss_sha512"},
        {0x0905, "mldsa65"},
        {0x091c, "slhdsa_shake_256f"},
    };
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        assert_string_equal(hs_tls_signature_scheme_name(schemes[i].number), schemes[i].name);
    }
    assert_null(hs_tls_signature_scheme_name(0));
    assert_string_equal(hs_tls_hash_algorithm_name(4), "sha256");
    assert_string_equal(hs_tls_signature_algorithm_name(3), "ecdsa");
}

static void extensions_have_their_names(void **state)
{
    (void)state;
    static const known extensions[] = {
        {0, "server_name"},
        {16, "application_layer_protocol_negotiation"},
        {51, "key_share"},
        {13172, "next_protocol_negotiation"},
        {17513, "application_settings_old"},
        {17613, "application_settings"},
        {0xfe0d, "encrypted_client_hello"},
        {0xff01, "renegotiation_info"},
    };
    for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
        assert_string_equal(hs_tls_extension_name(extensions[i].number), extensions[i].name);
    }
    assert_null(hs_tls_extension_name(0xfffe));
}

static void small_registries_have_their_names(void **state)
{
    (void)state;
    assert_string_equal(hs_tls_compression_method_name(1), "DEFLATE");
    assert_string_equal(hs_tls_certificate_type_name(2), "RawPublicKey");
    assert_string_equal(hs_tls_client_certificate_type_name(64), "ecdsa_sign");
    assert_string_equal(hs_tls_psk_key_exchange_mode_name(1), "psk_dhe_ke");
    assert_string_equal(hs_tls_ec_point_format_name(0), "uncompressed");
    assert_string_equal(hs_tls_ec_curve_type_name(3), "named_curve");
    assert_string_equal(hs_tls_certificate_status_type_name(1), "ocsp");
    assert_string_equal(hs_tls_certificate_compression_name(2), "brotli");
    assert_string_equal(hs_tls_server_name_type_name(0), "host_name");
    assert_string_equal(hs_tls_max_fragment_length_name(4), "2^12");
    assert_string_equal(hs_tls_key_update_request_name(1), "update_requested");
    assert_string_equal(hs_tls_srtp_profile_name(7), "SRTP_AEAD_AES_128_GCM");
    assert_string_equal(hs_tls_ech_type_name(0), "outer");
    assert_null(hs_tls_heartbeat_mode_name(3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grease_is_rfc_8701),
        cmocka_unit_test(suites_are_sorted_and_found),
        cmocka_unit_test(suites_are_what_openssl_knows),
        cmocka_unit_test(versions_are_spelt_as_the_interface_says),
        cmocka_unit_test(groups_and_schemes_have_their_names),
        cmocka_unit_test(extensions_have_their_names),
        cmocka_unit_test(small_registries_have_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
