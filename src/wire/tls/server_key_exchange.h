/* ServerKeyExchange, whose form depends on the cipher suite's key exchange: ECDHE (RFC 8422 5.4),
 * DHE (RFC 5246 7.4.3), their PSK forms (RFC 4279, RFC 5489); every other form stays raw. */
#ifndef HS_WIRE_TLS_SERVER_KEY_EXCHANGE_H
#define HS_WIRE_TLS_SERVER_KEY_EXCHANGE_H

#include <stdbool.h>

#include "base/reader.h"
#include "base/writer.h"
#include "wire/tls/cipher_suite.h"

typedef enum hs_tls_server_key_exchange_form {
    HS_TLS_SKE_RAW,
    HS_TLS_SKE_ECDHE,
    HS_TLS_SKE_DHE,
    HS_TLS_SKE_PSK, /* only the hint */
} hs_tls_server_key_exchange_form;

typedef struct hs_tls_server_key_exchange {
    uint16_t version;
    hs_tls_server_key_exchange_form form;
    bool has_psk_identity_hint;
    hs_bytes psk_identity_hint;
    /* ECDHE */
    uint8_t curve_type;   /* 3 named_curve; explicit curves stay raw */
    uint16_t named_curve; /* a group */
    /* ECDHE: the point; DHE: dh_Ys */
    hs_bytes public_key;
    /* DHE */
    hs_bytes dh_p;
    hs_bytes dh_g;
    bool is_signed;     /* false for anonymous and PSK suites */
    uint16_t algorithm; /* SignatureScheme; 0 before TLS 1.2 */
    hs_bytes signature;
    hs_bytes raw; /* HS_TLS_SKE_RAW */
} hs_tls_server_key_exchange;

/* The reader holds the message's body alone. */
HS_CHECKED hs_result hs_tls_server_key_exchange_read(hs_reader *r, uint16_t version,
                                                     hs_tls_key_exchange key_exchange,
                                                     hs_tls_server_key_exchange *out);
void hs_tls_server_key_exchange_write(hs_writer *w, const hs_tls_server_key_exchange *message);

#endif
