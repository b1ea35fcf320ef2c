/* ClientKeyExchange, whose form depends on the cipher suite's key exchange: RSA (RFC 5246 7.4.7.1),
 * DHE (7.4.7.2), ECDHE (RFC 8422 5.7), PSK (RFC 4279); every other form stays raw. */
#ifndef HS_WIRE_TLS_CLIENT_KEY_EXCHANGE_H
#define HS_WIRE_TLS_CLIENT_KEY_EXCHANGE_H

#include <stdbool.h>

#include "base/reader.h"
#include "base/writer.h"
#include "wire/tls/cipher_suite.h"

typedef enum hs_tls_client_key_exchange_form {
    HS_TLS_CKE_RAW,
    HS_TLS_CKE_RSA,   /* `exchange_keys`: encrypted_pre_master_secret */
    HS_TLS_CKE_DHE,   /* `exchange_keys`: dh_Yc */
    HS_TLS_CKE_ECDHE, /* `exchange_keys`: the point */
    HS_TLS_CKE_PSK,   /* only the identity */
} hs_tls_client_key_exchange_form;

typedef struct hs_tls_client_key_exchange {
    uint16_t version; /* SSLv3's RSA form has no length prefix */
    hs_tls_client_key_exchange_form form;
    bool is_implicit; /* empty: the client's certificate holds its key (static DH and ECDH) */
    bool has_psk_identity;
    hs_bytes psk_identity;
    hs_bytes exchange_keys;
    hs_bytes raw; /* HS_TLS_CKE_RAW */
} hs_tls_client_key_exchange;

/* The reader holds the message's body alone. */
HS_CHECKED hs_result hs_tls_client_key_exchange_read(hs_reader *r, uint16_t version,
                                                     hs_tls_key_exchange key_exchange,
                                                     hs_tls_client_key_exchange *out);
void hs_tls_client_key_exchange_write(hs_writer *w, const hs_tls_client_key_exchange *message);

#endif
