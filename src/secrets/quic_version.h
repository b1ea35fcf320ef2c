/* What the versions of QUIC do not have in common where secrets are concerned. */
#ifndef HS_SECRETS_QUIC_VERSION_H
#define HS_SECRETS_QUIC_VERSION_H

#include <stdint.h>

enum {
    HS_QUIC_SALT = 20,
    HS_QUIC_RETRY_KEY = 16,
    HS_QUIC_RETRY_NONCE = 12,
};

/* For HKDF-Expand-Label, without "tls13 ". */
typedef struct hs_quic_labels {
    const char *key;
    const char *iv;
    const char *hp;
    const char *ku;
} hs_quic_labels;

typedef struct hs_quic_version_secrets {
    uint8_t initial_salt[HS_QUIC_SALT];
    uint8_t retry_key[HS_QUIC_RETRY_KEY];
    uint8_t retry_nonce[HS_QUIC_RETRY_NONCE];
    hs_quic_labels labels;
} hs_quic_version_secrets;

/* NULL: they are not known. */
const hs_quic_version_secrets *hs_quic_version_secrets_find(uint32_t version);

#endif
