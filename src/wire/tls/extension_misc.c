/* use_srtp (RFC 5764 4.1.1), ticket_request (RFC 9149 3), and encrypted_client_hello (RFC 9849 5,
 * 7). */
#include "wire/tls/extension_format.h"
#include "wire/tls/names.h"

/* `list` has the profiles, `bytes` is the srtp_mki. */
void hs_tls_read_use_srtp(hs_reader *r, const hs_tls_extension_format *format,
                          hs_tls_extension_value *out)
{
    (void)format;
    out->list = hs_tls_read_u16_list(r, 2, "SRTPProtectionProfiles", "SRTPProtectionProfile",
                                     hs_tls_srtp_profile_name, &out->count);
    out->bytes = hs_tls_read_opaque(r, 1, "srtp_mki");
}

void hs_tls_write_use_srtp(hs_writer *w, const hs_tls_extension_format *format,
                           const hs_tls_extension_value *value)
{
    (void)format;
    hs_tls_write_opaque(w, 2, value->list);
    hs_tls_write_opaque(w, 1, value->bytes);
}

/* `number` is new_session_count in the high byte and resumption_count in the low one. */
void hs_tls_read_ticket_request(hs_reader *r, const hs_tls_extension_format *format,
                                hs_tls_extension_value *out)
{
    (void)format;
    uint32_t count = hs_read_u8(r, "new_session_count");
    out->number = count << 8 | hs_read_u8(r, "resumption_count");
}

void hs_tls_write_ticket_request(hs_writer *w, const hs_tls_extension_format *format,
                                 const hs_tls_extension_value *value)
{
    (void)format;
    hs_write_u16(w, (uint16_t)value->number);
}

/* `number` is the type, `bytes` the whole body, `extra` the payload. */
void hs_tls_read_ech_client_hello(hs_reader *r, const hs_tls_extension_format *format,
                                  hs_tls_extension_value *out)
{
    enum { OUTER = 0, INNER = 1 };
    (void)format;
    out->bytes = hs_tls_peek(r);
    out->number = hs_tls_read_u8(r, "type", hs_tls_ech_type_name);
    if (out->number == OUTER) {
        size_t mark = hs_reader_group_begin(r, "cipher_suite");
        (void)hs_tls_read_u16(r, "kdf_id", hs_tls_hpke_kdf_name);
        (void)hs_tls_read_u16(r, "aead_id", hs_tls_hpke_aead_name);
        hs_reader_group_end(r, mark);
        (void)hs_read_u8(r, "config_id");
        (void)hs_tls_read_opaque(r, 2, "enc");
        out->extra = hs_tls_read_opaque(r, 2, "payload");
    } else if (out->number != INNER) {
        (void)hs_read_rest(r, "ECHClientHello");
    }
}

void hs_tls_write_ech_client_hello(hs_writer *w, const hs_tls_extension_format *format,
                                   const hs_tls_extension_value *value)
{
    (void)format;
    hs_write_bytes(w, value->bytes);
}

/* `bytes` are the eight bytes of confirmation in a HelloRetryRequest. */
void hs_tls_read_ech_confirmation(hs_reader *r, const hs_tls_extension_format *format,
                                  hs_tls_extension_value *out)
{
    (void)format;
    out->bytes = hs_read_bytes(r, 8, "confirmation");
}

void hs_tls_write_ech_confirmation(hs_writer *w, const hs_tls_extension_format *format,
                                   const hs_tls_extension_value *value)
{
    (void)format;
    hs_write_bytes(w, value->bytes);
}
