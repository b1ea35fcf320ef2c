/* CompressedCertificate (RFC 8879 4); what is compressed stays so. */
#ifndef HS_WIRE_TLS_COMPRESSED_CERTIFICATE_H
#define HS_WIRE_TLS_COMPRESSED_CERTIFICATE_H

#include "base/reader.h"
#include "base/writer.h"

typedef struct hs_tls_compressed_certificate {
    uint16_t algorithm;
    uint32_t uncompressed_length;
    hs_bytes compressed_certificate_message;
} hs_tls_compressed_certificate;

/* The reader holds the message's body alone. */
HS_CHECKED hs_result hs_tls_compressed_certificate_read(hs_reader *r,
                                                        hs_tls_compressed_certificate *out);
void hs_tls_compressed_certificate_write(hs_writer *w,
                                         const hs_tls_compressed_certificate *message);

#endif
