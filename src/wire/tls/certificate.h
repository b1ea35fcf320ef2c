/* Certificate: TLS 1.3's form with a request context and extensions for each certificate (RFC 8446
 * 4.4.2), and the older bare list (RFC 5246 7.4.2). */
#ifndef HS_WIRE_TLS_CERTIFICATE_H
#define HS_WIRE_TLS_CERTIFICATE_H

#include "wire/tls/extension.h"

typedef struct hs_tls_certificate {
    uint16_t version;                     /* which form: HS_TLS_1_3, or anything lower */
    hs_bytes certificate_request_context; /* TLS 1.3 */
    hs_bytes certificate_list;            /* without its length prefix */
    size_t count;
} hs_tls_certificate;

/* The reader holds the message's body alone. */
HS_CHECKED hs_result hs_tls_certificate_read(hs_reader *r, uint16_t version,
                                             hs_tls_certificate *out);
void hs_tls_certificate_write(hs_writer *w, const hs_tls_certificate *message);

typedef struct hs_tls_certificate_entry {
    hs_bytes cert_data; /* DER */
    hs_tls_extensions extensions;
} hs_tls_certificate_entry;

typedef struct hs_tls_certificate_iterator {
    uint16_t version;
    hs_bytes left;
} hs_tls_certificate_iterator;

hs_tls_certificate_iterator hs_tls_certificate_begin(const hs_tls_certificate *message);
bool hs_tls_certificate_next(hs_tls_certificate_iterator *it, hs_tls_certificate_entry *out);
/* Writes one entry of `certificate_list`. */
void hs_tls_certificate_entry_write(hs_writer *w, uint16_t version,
                                    const hs_tls_certificate_entry *entry);

#endif
