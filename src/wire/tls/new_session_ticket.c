#include "wire/tls/new_session_ticket.h"

#include "wire/tls/fields.h"
#include "wire/tls/names.h"

hs_result hs_tls_new_session_ticket_read(hs_reader *r, uint16_t version,
                                         hs_tls_new_session_ticket *out)
{
    *out = (hs_tls_new_session_ticket){.version = version,
                                       .extensions.context = HS_TLS_IN_NEW_SESSION_TICKET};
    if (!hs_tls_version_is_13(version)) {
        out->ticket_lifetime = hs_read_u32(r, "ticket_lifetime_hint");
        out->ticket = hs_tls_read_opaque(r, 2, "ticket");
        return hs_reader_finish(r);
    }
    out->ticket_lifetime = hs_read_u32(r, "ticket_lifetime");
    out->ticket_age_add = hs_read_u32(r, "ticket_age_add");
    out->ticket_nonce = hs_tls_read_opaque(r, 1, "ticket_nonce");
    out->ticket = hs_tls_read_opaque(r, 2, "ticket");
    hs_tls_extensions_read(r, HS_TLS_IN_NEW_SESSION_TICKET, &out->extensions);
    return hs_reader_finish(r);
}

void hs_tls_new_session_ticket_write(hs_writer *w, const hs_tls_new_session_ticket *message)
{
    hs_write_u32(w, message->ticket_lifetime);
    if (!hs_tls_version_is_13(message->version)) {
        hs_tls_write_opaque(w, 2, message->ticket);
        return;
    }
    hs_write_u32(w, message->ticket_age_add);
    hs_tls_write_opaque(w, 1, message->ticket_nonce);
    hs_tls_write_opaque(w, 2, message->ticket);
    hs_tls_extensions_write(w, &message->extensions);
}
