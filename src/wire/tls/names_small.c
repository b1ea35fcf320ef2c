/* The registries of one byte. */
#include "wire/tls/name_table.h"
#include "wire/tls/names.h"

const char *hs_tls_compression_method_name(uint8_t method)
{
    static const hs_tls_name names[] = {{0, "null"}, {1, "DEFLATE"}, {64, "LZS"}};
    return HS_TLS_NAME(names, method);
}

const char *hs_tls_certificate_type_name(uint8_t type)
{
    static const hs_tls_name names[] = {
        {0, "X509"}, {1, "OpenPGP"}, {2, "RawPublicKey"}, {3, "1609Dot2"}};
    return HS_TLS_NAME(names, type);
}

const char *hs_tls_client_certificate_type_name(uint8_t type)
{
    static const hs_tls_name names[] = {
        {1, "rsa_sign"},          {2, "dss_sign"},         {3, "rsa_fixed_dh"},
        {4, "dss_fixed_dh"},      {5, "rsa_ephemeral_dh"}, {6, "dss_ephemeral_dh"},
        {20, "fortezza_dms"},     {64, "ecdsa_sign"},      {65, "rsa_fixed_ecdh"},
        {66, "ecdsa_fixed_ecdh"}, {67, "gost_sign256"},    {68, "gost_sign512"},
    };
    return HS_TLS_NAME(names, type);
}

const char *hs_tls_psk_key_exchange_mode_name(uint8_t mode)
{
    static const hs_tls_name names[] = {{0, "psk_ke"}, {1, "psk_dhe_ke"}};
    return hs_tls_is_grease_u8(mode) ? "GREASE" : HS_TLS_NAME(names, mode);
}

const char *hs_tls_ec_point_format_name(uint8_t format)
{
    static const hs_tls_name names[] = {
        {0, "uncompressed"}, {1, "ansiX962_compressed_prime"}, {2, "ansiX962_compressed_char2"}};
    return HS_TLS_NAME(names, format);
}

const char *hs_tls_ec_curve_type_name(uint8_t type)
{
    static const hs_tls_name names[] = {
        {1, "explicit_prime"}, {2, "explicit_char2"}, {3, "named_curve"}};
    return HS_TLS_NAME(names, type);
}

const char *hs_tls_certificate_status_type_name(uint8_t type)
{
    static const hs_tls_name names[] = {{1, "ocsp"}, {2, "ocsp_multi"}};
    return HS_TLS_NAME(names, type);
}

const char *hs_tls_server_name_type_name(uint8_t type)
{
    static const hs_tls_name names[] = {{0, "host_name"}};
    return HS_TLS_NAME(names, type);
}

const char *hs_tls_max_fragment_length_name(uint8_t code)
{
    static const hs_tls_name names[] = {{1, "2^9"}, {2, "2^10"}, {3, "2^11"}, {4, "2^12"}};
    return HS_TLS_NAME(names, code);
}

const char *hs_tls_heartbeat_mode_name(uint8_t mode)
{
    static const hs_tls_name names[] = {{1, "peer_allowed_to_send"},
                                        {2, "peer_not_allowed_to_send"}};
    return HS_TLS_NAME(names, mode);
}

const char *hs_tls_key_update_request_name(uint8_t request)
{
    static const hs_tls_name names[] = {{0, "update_not_requested"}, {1, "update_requested"}};
    return HS_TLS_NAME(names, request);
}

const char *hs_tls_token_binding_parameter_name(uint8_t parameter)
{
    static const hs_tls_name names[] = {
        {0, "rsa2048_pkcs1.5"}, {1, "rsa2048_pss"}, {2, "ecdsap256"}};
    return HS_TLS_NAME(names, parameter);
}

const char *hs_tls_ech_type_name(uint8_t type)
{
    static const hs_tls_name names[] = {{0, "outer"}, {1, "inner"}};
    return HS_TLS_NAME(names, type);
}
