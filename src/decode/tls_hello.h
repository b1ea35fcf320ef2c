/* A hello that lies whole in one packet, read before it is known whose it is. That needs nothing
 * but its bytes, so that another thread can do it; most handshakes begin with two of them. */
#ifndef HS_DECODE_TLS_HELLO_H
#define HS_DECODE_TLS_HELLO_H

#include <stdbool.h>

#include "wire/tls/message.h"

typedef struct hs_tls_hello {
    hs_bytes raw; /* with its header */
    hs_tls_message message;
} hs_tls_hello;

/* The ClientHello or ServerHello that `payload` begins with, in a record that is whole; `out`
 * borrows from it. False where there is none, or a malformed one. */
bool hs_tls_hello_read(hs_bytes payload, hs_tls_hello *out);
/* It is to be used soon, if there is one: asks for its memory. */
void hs_tls_hello_expect(const hs_tls_hello *hello);

#endif
