/* Inside of a record protection: its keys, and its two ways of working. */
#ifndef HS_SECRETS_RECORD_STATE_H
#define HS_SECRETS_RECORD_STATE_H

#include <openssl/evp.h>

#include "base/reader.h"
#include "secrets/hkdf.h"
#include "secrets/record_protection.h"
#include "wire/tls/cipher_suite.h"
#include "wire/tls/record.h"

enum {
    HS_RECORD_KEY_MAX = 32,
    HS_RECORD_IV_MAX = 16,
    HS_RECORD_NONCE = 12, /* of every AEAD in use */
    HS_RECORD_AAD_MAX = 13,
};

/* What libcrypto needs for a suite. */
typedef struct hs_record_cipher {
    const EVP_CIPHER *evp; /* NULL: the NULL cipher */
    const EVP_MD *mac;     /* NULL for AEADs */
    bool is_aead;
    bool is_ccm;
    size_t key_len;
    size_t fixed_iv_len; /* TLS 1.2: of the key block */
    size_t explicit_len; /* TLS 1.2: nonce bytes in each record */
    size_t tag_len;      /* AEADs */
    size_t block_len;    /* CBC mode */
} hs_record_cipher;

struct hs_record_protection {
    hs_record_cipher cipher;
    uint16_t version;
    uint16_t cipher_suite;
    bool encrypt_then_mac;
    uint64_t sequence;
    EVP_CIPHER_CTX *context;
    int context_encrypts; /* which way the context is set up; -1 for neither */
    uint8_t key[HS_RECORD_KEY_MAX];
    uint8_t iv[HS_RECORD_IV_MAX]; /* AEADs: fixed part; TLS 1.0's CBC mode: the next record's */
    uint8_t mac_key[EVP_MAX_MD_SIZE];
    hs_secret traffic_secret; /* TLS 1.3 */
    const EVP_MD *hkdf;
};

/* HS_INVALID where libcrypto has not this bulk cipher. */
HS_CHECKED hs_result hs_record_cipher_find(const hs_tls_cipher_suite *suite, bool is_tls13,
                                           hs_record_cipher *out);
/* The hash of TLS 1.3's key schedule; NULL for suites of other versions. */
const EVP_MD *hs_record_hkdf_hash(const hs_tls_cipher_suite *suite);

/* Sets the context up to encrypt or decrypt, once for each key. */
HS_CHECKED hs_result hs_record_context(hs_record_protection *p, bool encrypts);
/* What TLS 1.2's AEADs and every HMAC authenticate beside the content: sequence number, type,
 * version, length. */
void hs_record_pseudo_header(const hs_record_protection *p, const hs_tls_record *record, size_t len,
                             hs_writer *w);

HS_CHECKED hs_result hs_record_aead_unprotect(hs_record_protection *p, const hs_tls_record *record,
                                              hs_bytes header, uint8_t *scratch,
                                              hs_record_content *out);
HS_CHECKED hs_result hs_record_aead_protect(hs_record_protection *p,
                                            const hs_record_content *content, hs_writer *w);
HS_CHECKED hs_result hs_record_mac_unprotect(hs_record_protection *p, const hs_tls_record *record,
                                             uint8_t *scratch, hs_record_content *out);
HS_CHECKED hs_result hs_record_mac_protect(hs_record_protection *p,
                                           const hs_record_content *content, hs_bytes explicit_iv,
                                           hs_writer *w);

#endif
