/* ServerHello and HelloRetryRequest (RFC 8446 4.1.3, 4.1.4; RFC 5246 7.4.1.3). */
#ifndef HS_WIRE_TLS_SERVER_HELLO_H
#define HS_WIRE_TLS_SERVER_HELLO_H

#include "wire/tls/extension.h"

typedef struct hs_tls_server_hello {
    uint16_t legacy_version;
    hs_bytes random; /* 32 bytes */
    hs_bytes legacy_session_id_echo;
    uint16_t cipher_suite;
    uint8_t legacy_compression_method;
    hs_tls_extensions extensions;
    bool is_hello_retry_request; /* the random says so */
} hs_tls_server_hello;

/* The reader holds the message's body alone. */
HS_CHECKED hs_result hs_tls_server_hello_read(hs_reader *r, hs_tls_server_hello *out);
/* Writes the body. */
void hs_tls_server_hello_write(hs_writer *w, const hs_tls_server_hello *hello);

/* The version in use from here on: supported_versions', else legacy_version. */
uint16_t hs_tls_server_hello_version(const hs_tls_server_hello *hello);

/* SHA-256 of "HelloRetryRequest". */
extern const uint8_t hs_tls_hello_retry_request_random[32];

bool hs_tls_is_hello_retry_request(hs_bytes random);

/* The last bytes of a random in which a TLS 1.3 server says that it was talked down to TLS 1.2 or
 * below. Returns 0 where they do not, else HS_TLS_1_2 or HS_TLS_1_1. */
uint16_t hs_tls_server_hello_downgrade(const hs_tls_server_hello *hello);

#endif
