#include "wire/tls/certificate_status.h"

#include "wire/tls/fields.h"
#include "wire/tls/names.h"

hs_result hs_tls_certificate_status_read(hs_reader *r, hs_tls_certificate_status *out)
{
    *out = (hs_tls_certificate_status){
        .status_type = hs_tls_read_u8(r, "status_type", hs_tls_certificate_status_type_name)};
    switch (out->status_type) {
    case HS_TLS_STATUS_OCSP:
        out->response = hs_tls_read_opaque(r, 3, "OCSPResponse");
        break;
    case HS_TLS_STATUS_OCSP_MULTI:
        out->response = hs_tls_read_opaque_list(r, 3, "ocsp_response_list", 3, "OCSPResponse",
                                                NULL);
        break;
    default:
        out->response = hs_read_rest(r, "response");
        break;
    }
    return hs_reader_finish(r);
}

void hs_tls_certificate_status_write(hs_writer *w, const hs_tls_certificate_status *message)
{
    hs_write_u8(w, message->status_type);
    if (message->status_type == HS_TLS_STATUS_OCSP ||
        message->status_type == HS_TLS_STATUS_OCSP_MULTI) {
        hs_tls_write_opaque(w, 3, message->response);
    } else {
        hs_write_bytes(w, message->response);
    }
}
