/* CertificateStatus (RFC 6066 8, RFC 6961): the OCSP response that a server staples; the same
 * structure is the body of status_request in a TLS 1.3 Certificate (RFC 8446 4.4.2.1). */
#ifndef HS_WIRE_TLS_CERTIFICATE_STATUS_H
#define HS_WIRE_TLS_CERTIFICATE_STATUS_H

#include "base/reader.h"
#include "base/writer.h"

enum { HS_TLS_STATUS_OCSP = 1, HS_TLS_STATUS_OCSP_MULTI = 2 };

typedef struct hs_tls_certificate_status {
    uint8_t status_type;
    hs_bytes response; /* DER OCSPResponse; of ocsp_multi the list; of other types the rest */
} hs_tls_certificate_status;

/* The reader holds the message's body alone. */
HS_CHECKED hs_result hs_tls_certificate_status_read(hs_reader *r, hs_tls_certificate_status *out);
void hs_tls_certificate_status_write(hs_writer *w, const hs_tls_certificate_status *message);

#endif
