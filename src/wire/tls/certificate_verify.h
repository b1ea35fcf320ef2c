/* CertificateVerify (RFC 8446 4.4.3, RFC 5246 7.4.8); before TLS 1.2 it names no algorithm. */
#ifndef HS_WIRE_TLS_CERTIFICATE_VERIFY_H
#define HS_WIRE_TLS_CERTIFICATE_VERIFY_H

#include <stdbool.h>

#include "base/reader.h"
#include "base/writer.h"

typedef struct hs_tls_certificate_verify {
    uint16_t version;
    uint16_t algorithm; /* SignatureScheme; 0 before TLS 1.2 */
    hs_bytes signature;
} hs_tls_certificate_verify;

/* The reader holds the message's body alone. */
HS_CHECKED hs_result hs_tls_certificate_verify_read(hs_reader *r, uint16_t version,
                                                    hs_tls_certificate_verify *out);
void hs_tls_certificate_verify_write(hs_writer *w, const hs_tls_certificate_verify *message);

#endif
