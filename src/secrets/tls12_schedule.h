/* The key schedule of TLS 1.0 to 1.2 (RFC 2246, RFC 4346, RFC 5246 5, 6.3, 8.1; RFC 7627). */
#ifndef HS_SECRETS_TLS12_SCHEDULE_H
#define HS_SECRETS_TLS12_SCHEDULE_H

#include <stdbool.h>

#include <handshake/api.h>

#include "wire/tls/cipher_suite.h"

enum { HS_TLS12_MASTER_SECRET = 48, HS_TLS12_VERIFY_DATA = 12 };

/* Which hash drives the PRF: SHA-256 or SHA-384 in TLS 1.2, MD5 with SHA-1 before. */
typedef enum hs_tls12_prf {
    HS_TLS12_PRF_MD5_SHA1,
    HS_TLS12_PRF_SHA256,
    HS_TLS12_PRF_SHA384,
} hs_tls12_prf;

/* HS_INVALID: SSLv3 and before, or a suite whose PRF is another. */
HS_CHECKED hs_result hs_tls12_prf_of(uint16_t version, const hs_tls_cipher_suite *suite,
                                     hs_tls12_prf *out);

/* PRF(secret, label, seed). */
HS_CHECKED hs_result hs_tls12_prf_derive(hs_tls12_prf prf, hs_bytes secret, const char *label,
                                         hs_bytes seed, uint8_t *out, size_t len);

/* Randoms have 32 bytes each. */
HS_CHECKED hs_result hs_tls12_master_secret(hs_tls12_prf prf, hs_bytes pre_master,
                                            hs_bytes client_random, hs_bytes server_random,
                                            uint8_t out[HS_TLS12_MASTER_SECRET]);
/* RFC 7627 4. */
HS_CHECKED hs_result hs_tls12_extended_master_secret(hs_tls12_prf prf, hs_bytes pre_master,
                                                     hs_bytes session_hash,
                                                     uint8_t out[HS_TLS12_MASTER_SECRET]);
HS_CHECKED hs_result hs_tls12_key_block(hs_tls12_prf prf, hs_bytes master, hs_bytes client_random,
                                        hs_bytes server_random, uint8_t *out, size_t len);
/* verify_data of the client's or the server's Finished. */
HS_CHECKED hs_result hs_tls12_verify_data(hs_tls12_prf prf, hs_bytes master, bool of_client,
                                          hs_bytes handshake_hash,
                                          uint8_t out[HS_TLS12_VERIFY_DATA]);

#endif
