/* Fingerprints of hellos: JA3 and JA3S (their text, of which the fingerprint is the MD5), and JA4
 * of a TLS client (its first part, and the texts whose SHA-256, cut to 12 hex digits, are the other
 * two). GREASE is left out of all. Hashing belongs to the caller.
 *
 * Each function writes a C string into the caller's buffer: HS_OK, or HS_LIMIT where it does not
 * fit (the buffer is then an empty string). HS_TLS_JA_TEXT_MAX always fits what one ClientHello
 * that is not hostile holds.
 */
#ifndef HS_WIRE_TLS_FINGERPRINT_H
#define HS_WIRE_TLS_FINGERPRINT_H

#include "wire/tls/client_hello.h"
#include "wire/tls/server_hello.h"

enum { HS_TLS_JA_TEXT_MAX = 8192, HS_TLS_JA4_A = 11 };

/* "771,4865-4866,0-10-11,29-23,0" */
HS_CHECKED hs_result hs_tls_ja3_text(const hs_tls_client_hello *hello, char *out, size_t size);
/* "771,4865,43-51" */
HS_CHECKED hs_result hs_tls_ja3s_text(const hs_tls_server_hello *hello, char *out, size_t size);

/* "t13d1516h2"; `transport` is 't' for TCP, 'q' for QUIC, 'd' for DTLS. */
void hs_tls_ja4_a(const hs_tls_client_hello *hello, char transport, char out[HS_TLS_JA4_A]);
/* "002f,0035,…": the cipher suites sorted. Where it is empty, ja4_b is "000000000000". */
HS_CHECKED hs_result hs_tls_ja4_b_text(const hs_tls_client_hello *hello, char *out, size_t size);
/* "000a,000b,…_0403,0804,…": the extensions sorted, without SNI and ALPN, then the signature
 * algorithms in their order. Where it is empty, ja4_c is "000000000000". */
HS_CHECKED hs_result hs_tls_ja4_c_text(const hs_tls_client_hello *hello, char *out, size_t size);

#endif
