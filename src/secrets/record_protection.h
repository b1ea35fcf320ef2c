/* Record protection, one direction of a connection: TLS 1.3 (RFC 8446 5.2), and TLS 1.0 to 1.2
 * (RFC 5246 6.2.3, RFC 7366, RFC 5288, RFC 6655, RFC 7905).
 *
 * AES-GCM, AES-CCM, AES-CCM_8 and ChaCha20-Poly1305; before TLS 1.3 also AES and 3DES in CBC mode,
 * and NULL. Sequence numbers are kept inside and advance with each record that succeeds, so a
 * record that fails may be tried again with other keys. */
#ifndef HS_SECRETS_RECORD_PROTECTION_H
#define HS_SECRETS_RECORD_PROTECTION_H

#include <stdbool.h>

#include <handshake/api.h>

#include "base/writer.h"

typedef struct hs_record_protection hs_record_protection;

/* TLS 1.3. HS_INVALID: the suite is none of TLS 1.3's that libcrypto has, or the secret has not its
 * hash's length. */
HS_CHECKED hs_result hs_record_protection_new_tls13(uint16_t cipher_suite, hs_bytes traffic_secret,
                                                    hs_record_protection **out);

/* What TLS 1.0 to 1.2 make the keys of both directions from. */
typedef struct hs_tls12_session {
    uint16_t version;
    uint16_t cipher_suite;
    bool encrypt_then_mac; /* RFC 7366, negotiated; of no meaning for AEADs */
    hs_bytes master_secret;
    hs_bytes client_random;
    hs_bytes server_random;
} hs_tls12_session;

/* HS_INVALID: the suite has no meaning there, or libcrypto has it not. */
HS_CHECKED hs_result hs_record_protection_new_tls12(const hs_tls12_session *session, bool of_client,
                                                    hs_record_protection **out);
/* Wipes the keys. */
void hs_record_protection_free(hs_record_protection *protection);

/* The next generation of TLS 1.3's keys, after a KeyUpdate (RFC 8446 7.2). */
HS_CHECKED hs_result hs_record_protection_update(hs_record_protection *protection);

/* What was inside a record. */
typedef struct hs_record_content {
    uint8_t type;
    hs_bytes bytes;
    size_t padding; /* TLS 1.3: how many zeros followed */
} hs_record_content;

/* `record` with its header. `scratch` holds the content and has room for HS_TLS_CIPHERTEXT_MAX
 * bytes. HS_MALFORMED: it does not authenticate, or nothing but zeros is in it. */
HS_CHECKED hs_result hs_record_unprotect(hs_record_protection *protection, hs_bytes record,
                                         uint8_t *scratch, hs_record_content *out);

/* Writes one record with its header. `explicit_iv` is one block of randomness, where CBC mode has
 * it (TLS 1.1 and later), else empty. */
HS_CHECKED hs_result hs_record_protect(hs_record_protection *protection,
                                       const hs_record_content *content, hs_bytes explicit_iv,
                                       hs_writer *w);

#endif
