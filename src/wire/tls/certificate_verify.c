#include "wire/tls/certificate_verify.h"

#include "wire/tls/fields.h"
#include "wire/tls/names.h"

hs_result hs_tls_certificate_verify_read(hs_reader *r, uint16_t version,
                                         hs_tls_certificate_verify *out)
{
    *out = (hs_tls_certificate_verify){.version = version};
    if (version >= HS_TLS_1_2) {
        out->algorithm = hs_tls_read_u16(r, "algorithm", hs_tls_signature_scheme_name);
    }
    out->signature = hs_tls_read_opaque(r, 2, "signature");
    return hs_reader_finish(r);
}

void hs_tls_certificate_verify_write(hs_writer *w, const hs_tls_certificate_verify *message)
{
    if (message->version >= HS_TLS_1_2) {
        hs_write_u16(w, message->algorithm);
    }
    hs_tls_write_opaque(w, 2, message->signature);
}
