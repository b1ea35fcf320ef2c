/* status_request and status_request_v2 (RFC 6066 8, RFC 6961 2.2, RFC 8446 4.4.2.1).
 * A request: `number` is the status_type, `list` the responder ids, `extra` the request extensions,
 * and of an unknown type `bytes` all that follows. A response: `number` and `bytes`. */
#include "wire/tls/certificate_status.h"
#include "wire/tls/extension_format.h"
#include "wire/tls/names.h"

static void read_ocsp_request(hs_reader *r, hs_tls_extension_value *out)
{
    out->list = hs_tls_read_opaque_list(r, 2, "responder_id_list", 2, "ResponderID", &out->count);
    out->extra = hs_tls_read_opaque(r, 2, "request_extensions");
}

void hs_tls_read_status_request(hs_reader *r, const hs_tls_extension_format *format,
                                hs_tls_extension_value *out)
{
    (void)format;
    out->number = hs_tls_read_u8(r, "status_type", hs_tls_certificate_status_type_name);
    if (out->number == HS_TLS_STATUS_OCSP) {
        read_ocsp_request(r, out);
    } else {
        out->bytes = hs_read_rest(r, "request");
    }
}

void hs_tls_write_status_request(hs_writer *w, const hs_tls_extension_format *format,
                                 const hs_tls_extension_value *value)
{
    (void)format;
    hs_write_u8(w, (uint8_t)value->number);
    if (value->number == HS_TLS_STATUS_OCSP) {
        hs_tls_write_opaque(w, 2, value->list);
        hs_tls_write_opaque(w, 2, value->extra);
    } else {
        hs_write_bytes(w, value->bytes);
    }
}

/* In a CertificateRequest the body may be empty; `bytes` is all of it. */
void hs_tls_read_status_request_optional(hs_reader *r, const hs_tls_extension_format *format,
                                         hs_tls_extension_value *out)
{
    hs_bytes all = hs_tls_peek(r);
    if (hs_reader_left(r) > 0) {
        hs_tls_read_status_request(r, format, out);
    }
    out->bytes = all;
}

void hs_tls_write_status_request_optional(hs_writer *w, const hs_tls_extension_format *format,
                                          const hs_tls_extension_value *value)
{
    (void)format;
    hs_write_bytes(w, value->bytes);
}

void hs_tls_read_status_request_v2(hs_reader *r, const hs_tls_extension_format *format,
                                   hs_tls_extension_value *out)
{
    (void)format;
    hs_reader list = hs_read_block16(r, "certificate_status_req_list");
    out->list = hs_tls_peek(&list);
    for (; hs_reader_left(&list) > 0; out->count++) {
        size_t mark = hs_reader_group_begin(&list, "CertificateStatusRequestItemV2");
        uint8_t type = hs_tls_read_u8(&list, "status_type", hs_tls_certificate_status_type_name);
        hs_reader request = hs_read_block16(&list, "request");
        if (type == HS_TLS_STATUS_OCSP || type == HS_TLS_STATUS_OCSP_MULTI) {
            hs_tls_extension_value ignored = {0};
            read_ocsp_request(&request, &ignored);
        } else {
            (void)hs_read_rest(&request, "request");
        }
        hs_reader_close(&request);
        hs_reader_group_end(&list, mark);
    }
    hs_reader_close(&list);
}

void hs_tls_write_status_request_v2(hs_writer *w, const hs_tls_extension_format *format,
                                    const hs_tls_extension_value *value)
{
    (void)format;
    hs_tls_write_opaque(w, 2, value->list);
}

void hs_tls_read_certificate_status_body(hs_reader *r, const hs_tls_extension_format *format,
                                         hs_tls_extension_value *out)
{
    (void)format;
    hs_tls_certificate_status status;
    (void)!hs_tls_certificate_status_read(r, &status);
    out->number = status.status_type;
    out->bytes = status.response;
}

void hs_tls_write_certificate_status_body(hs_writer *w, const hs_tls_extension_format *format,
                                          const hs_tls_extension_value *value)
{
    (void)format;
    hs_tls_certificate_status status = {(uint8_t)value->number, value->bytes};
    hs_tls_certificate_status_write(w, &status);
}
