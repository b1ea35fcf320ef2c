/* CertificateRequest: TLS 1.3's form (RFC 8446 4.3.2), TLS 1.2's (RFC 5246 7.4.4), and that of the
 * versions before, without signature algorithms. */
#ifndef HS_WIRE_TLS_CERTIFICATE_REQUEST_H
#define HS_WIRE_TLS_CERTIFICATE_REQUEST_H

#include "wire/tls/extension.h"
#include "wire/tls/extension_get.h"

typedef struct hs_tls_certificate_request {
    uint16_t version; /* which form */
    /* TLS 1.3 */
    hs_bytes certificate_request_context;
    hs_tls_extensions extensions;
    /* before */
    hs_bytes certificate_types;              /* one byte each */
    hs_bytes supported_signature_algorithms; /* two bytes each; TLS 1.2 only */
    hs_bytes certificate_authorities;        /* DistinguishedName with two bytes of length each */
} hs_tls_certificate_request;

/* The reader holds the message's body alone. */
HS_CHECKED hs_result hs_tls_certificate_request_read(hs_reader *r, uint16_t version,
                                                     hs_tls_certificate_request *out);
void hs_tls_certificate_request_write(hs_writer *w, const hs_tls_certificate_request *message);

/* The signature algorithms that are asked for, in either form; false where there are none. */
bool hs_tls_certificate_request_algorithms(const hs_tls_certificate_request *message,
                                           hs_tls_u16_list *list);

#endif
