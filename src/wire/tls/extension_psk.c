/* pre_shared_key in a ClientHello (RFC 8446 4.2.11): `list` has the identities, `count` says how
 * many, `extra` has the binders. */
#include "wire/tls/extension_format.h"

void hs_tls_read_offered_psks(hs_reader *r, const hs_tls_extension_format *format,
                              hs_tls_extension_value *out)
{
    (void)format;
    hs_reader identities = hs_read_block16(r, "identities");
    out->list = hs_tls_peek(&identities);
    for (; hs_reader_left(&identities) > 0; out->count++) {
        size_t mark = hs_reader_group_begin(&identities, "PskIdentity");
        (void)hs_tls_read_opaque(&identities, 2, "identity");
        (void)hs_read_u32(&identities, "obfuscated_ticket_age");
        hs_reader_group_end(&identities, mark);
    }
    hs_reader_close(&identities);
    out->extra = hs_tls_read_opaque_list(r, 2, "binders", 1, "PskBinderEntry", NULL);
}

void hs_tls_write_offered_psks(hs_writer *w, const hs_tls_extension_format *format,
                               const hs_tls_extension_value *value)
{
    (void)format;
    hs_tls_write_opaque(w, 2, value->list);
    hs_tls_write_opaque(w, 2, value->extra);
}
