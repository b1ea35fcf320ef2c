#include "wire/tls/certificate_request.h"

#include "wire/tls/fields.h"
#include "wire/tls/names.h"

hs_result hs_tls_certificate_request_read(hs_reader *r, uint16_t version,
                                          hs_tls_certificate_request *out)
{
    *out = (hs_tls_certificate_request){.version = version,
                                        .extensions.context = HS_TLS_IN_CERTIFICATE_REQUEST};
    if (hs_tls_version_is_13(version)) {
        out->certificate_request_context = hs_tls_read_opaque(r, 1, "certificate_request_context");
        hs_tls_extensions_read(r, HS_TLS_IN_CERTIFICATE_REQUEST, &out->extensions);
        return hs_reader_finish(r);
    }
    out->certificate_types = hs_tls_read_u8_list(r, 1, "certificate_types", "certificate_type",
                                                 hs_tls_client_certificate_type_name, NULL);
    if (version >= HS_TLS_1_2) {
        out->supported_signature_algorithms = hs_tls_read_u16_list(
            r, 2, "supported_signature_algorithms", "algorithm", hs_tls_signature_scheme_name,
            NULL);
    }
    out->certificate_authorities = hs_tls_read_opaque_list(r, 2, "certificate_authorities", 2,
                                                           "DistinguishedName", NULL);
    return hs_reader_finish(r);
}

void hs_tls_certificate_request_write(hs_writer *w, const hs_tls_certificate_request *message)
{
    if (hs_tls_version_is_13(message->version)) {
        hs_tls_write_opaque(w, 1, message->certificate_request_context);
        hs_tls_extensions_write(w, &message->extensions);
        return;
    }
    hs_tls_write_opaque(w, 1, message->certificate_types);
    if (message->version >= HS_TLS_1_2) {
        hs_tls_write_opaque(w, 2, message->supported_signature_algorithms);
    }
    hs_tls_write_opaque(w, 2, message->certificate_authorities);
}

bool hs_tls_certificate_request_algorithms(const hs_tls_certificate_request *message,
                                           hs_tls_u16_list *list)
{
    if (hs_tls_version_is_13(message->version)) {
        return hs_tls_get_signature_algorithms(&message->extensions, list);
    }
    list->left = message->supported_signature_algorithms;
    return list->left.len > 0;
}
