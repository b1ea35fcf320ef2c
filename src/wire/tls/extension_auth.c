/* oid_filters (RFC 8446 4.2.5), delegated_credential in a Certificate (RFC 9345 4), and
 * token_binding (RFC 8472 2). */
#include "wire/tls/extension_format.h"
#include "wire/tls/names.h"

/* `list` has the filters. */
void hs_tls_read_oid_filters(hs_reader *r, const hs_tls_extension_format *format,
                             hs_tls_extension_value *out)
{
    (void)format;
    hs_reader list = hs_read_block16(r, "filters");
    out->list = hs_tls_peek(&list);
    for (; hs_reader_left(&list) > 0; out->count++) {
        size_t mark = hs_reader_group_begin(&list, "OIDFilter");
        (void)hs_tls_read_opaque(&list, 1, "certificate_extension_oid");
        (void)hs_tls_read_opaque(&list, 2, "certificate_extension_values");
        hs_reader_group_end(&list, mark);
    }
    hs_reader_close(&list);
}

void hs_tls_write_oid_filters(hs_writer *w, const hs_tls_extension_format *format,
                              const hs_tls_extension_value *value)
{
    (void)format;
    hs_tls_write_opaque(w, 2, value->list);
}

/* `number` is valid_time, `bytes` the whole body. */
void hs_tls_read_delegated_credential(hs_reader *r, const hs_tls_extension_format *format,
                                      hs_tls_extension_value *out)
{
    (void)format;
    out->bytes = hs_tls_peek(r);
    out->number = hs_read_u32(r, "valid_time");
    (void)hs_tls_read_u16(r, "dc_cert_verify_algorithm", hs_tls_signature_scheme_name);
    (void)hs_tls_read_opaque(r, 3, "ASN1_subjectPublicKeyInfo");
    (void)hs_tls_read_u16(r, "algorithm", hs_tls_signature_scheme_name);
    (void)hs_tls_read_opaque(r, 2, "signature");
}

void hs_tls_write_delegated_credential(hs_writer *w, const hs_tls_extension_format *format,
                                       const hs_tls_extension_value *value)
{
    (void)format;
    hs_write_bytes(w, value->bytes);
}

/* `number` is the version, major in the high byte; `list` the key parameters. */
void hs_tls_read_token_binding(hs_reader *r, const hs_tls_extension_format *format,
                               hs_tls_extension_value *out)
{
    (void)format;
    uint32_t major = hs_read_u8(r, "major");
    out->number = major << 8 | hs_read_u8(r, "minor");
    out->list = hs_tls_read_u8_list(r, 1, "key_parameters_list", "key_parameters",
                                    hs_tls_token_binding_parameter_name, &out->count);
}

void hs_tls_write_token_binding(hs_writer *w, const hs_tls_extension_format *format,
                                const hs_tls_extension_value *value)
{
    (void)format;
    hs_write_u16(w, (uint16_t)value->number);
    hs_tls_write_opaque(w, 1, value->list);
}
