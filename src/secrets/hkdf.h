/* HKDF (RFC 5869) and what TLS 1.3 makes of it (RFC 8446 7.1). */
#ifndef HS_SECRETS_HKDF_H
#define HS_SECRETS_HKDF_H

#include <openssl/evp.h>

#include <handshake/api.h>

#include "base/writer.h"

/* A secret of at most one hash's length. Wipe it when done. */
typedef struct hs_secret {
    uint8_t data[EVP_MAX_MD_SIZE];
    size_t len;
} hs_secret;

hs_bytes hs_secret_bytes(const hs_secret *secret);
/* HS_LIMIT: longer than a secret can be. */
HS_CHECKED hs_result hs_secret_set(hs_secret *secret, hs_bytes bytes);
void hs_secret_wipe(hs_secret *secret);

/* An empty `salt` stands for zeros, as RFC 5869 2.2 has it. */
HS_CHECKED hs_result hs_hkdf_extract(const EVP_MD *md, hs_bytes salt, hs_bytes ikm, hs_secret *out);
/* HS_LIMIT: more than 255 hashes are asked for. */
HS_CHECKED hs_result hs_hkdf_expand(const EVP_MD *md, hs_bytes prk, hs_bytes info, uint8_t *out,
                                    size_t len);
/* HkdfLabel, for `len` bytes. `label` without its "tls13 ". */
void hs_hkdf_write_label(hs_writer *w, const char *label, hs_bytes context, size_t len);
HS_CHECKED hs_result hs_hkdf_expand_label(const EVP_MD *md, hs_bytes secret, const char *label,
                                          hs_bytes context, uint8_t *out, size_t len);

#endif
