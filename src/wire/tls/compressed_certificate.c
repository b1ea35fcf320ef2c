#include "wire/tls/compressed_certificate.h"

#include "wire/tls/fields.h"
#include "wire/tls/names.h"

hs_result hs_tls_compressed_certificate_read(hs_reader *r, hs_tls_compressed_certificate *out)
{
    out->algorithm = hs_tls_read_u16(r, "algorithm", hs_tls_certificate_compression_name);
    out->uncompressed_length = hs_read_u24(r, "uncompressed_length");
    out->compressed_certificate_message = hs_tls_read_opaque(r, 3,
                                                             "compressed_certificate_message");
    return hs_reader_finish(r);
}

void hs_tls_compressed_certificate_write(hs_writer *w, const hs_tls_compressed_certificate *message)
{
    hs_write_u16(w, message->algorithm);
    hs_write_u24(w, message->uncompressed_length);
    hs_tls_write_opaque(w, 3, message->compressed_certificate_message);
}
