/* JA3, JA3S and JA4 of hellos, hashed. */
#ifndef HS_DECODE_TLS_FINGERPRINT_H
#define HS_DECODE_TLS_FINGERPRINT_H

#include "base/arena.h"
#include "wire/tls/client_hello.h"
#include "wire/tls/server_hello.h"

/* Each NULL where the hello is too large for a fingerprint, or out of memory. */
char *hs_tls_ja3(hs_arena *arena, const hs_tls_client_hello *hello);
char *hs_tls_ja3s(hs_arena *arena, const hs_tls_server_hello *hello);
/* `transport` is 't' for TCP, 'q' for QUIC. */
char *hs_tls_ja4(hs_arena *arena, const hs_tls_client_hello *hello, char transport);

#endif
