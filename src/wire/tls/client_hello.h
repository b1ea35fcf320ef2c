/* ClientHello (RFC 8446 4.1.2, RFC 5246 7.4.1.2). */
#ifndef HS_WIRE_TLS_CLIENT_HELLO_H
#define HS_WIRE_TLS_CLIENT_HELLO_H

#include "wire/tls/extension.h"

typedef struct hs_tls_client_hello {
    uint16_t legacy_version;
    hs_bytes random; /* 32 bytes */
    hs_bytes legacy_session_id;
    hs_bytes cipher_suites; /* two bytes each */
    hs_bytes legacy_compression_methods;
    hs_tls_extensions extensions;
} hs_tls_client_hello;

/* The reader holds the message's body alone. */
HS_CHECKED hs_result hs_tls_client_hello_read(hs_reader *r, hs_tls_client_hello *out);
/* Writes the body. */
void hs_tls_client_hello_write(hs_writer *w, const hs_tls_client_hello *hello);

/* The highest version that is offered, GREASE left out. */
uint16_t hs_tls_client_hello_version(const hs_tls_client_hello *hello);

#endif
