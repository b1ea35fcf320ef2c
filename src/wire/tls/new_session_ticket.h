/* NewSessionTicket: TLS 1.3's form (RFC 8446 4.6.1), and that of RFC 5077 3.3. */
#ifndef HS_WIRE_TLS_NEW_SESSION_TICKET_H
#define HS_WIRE_TLS_NEW_SESSION_TICKET_H

#include "wire/tls/extension.h"

typedef struct hs_tls_new_session_ticket {
    uint16_t version;         /* which form */
    uint32_t ticket_lifetime; /* seconds; before TLS 1.3 a hint */
    hs_bytes ticket;
    /* TLS 1.3 */
    uint32_t ticket_age_add;
    hs_bytes ticket_nonce;
    hs_tls_extensions extensions; /* hs_tls_get_max_early_data_size */
} hs_tls_new_session_ticket;

/* The reader holds the message's body alone. */
HS_CHECKED hs_result hs_tls_new_session_ticket_read(hs_reader *r, uint16_t version,
                                                    hs_tls_new_session_ticket *out);
void hs_tls_new_session_ticket_write(hs_writer *w, const hs_tls_new_session_ticket *message);

#endif
