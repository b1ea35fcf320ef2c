/* What a client keeps of a connection for the next one with the same server, as one run of bytes of
 * our own: TLS session, transport parameters for 0-RTT (RFC 9000 7.4.1), NEW_TOKEN token (8.1.3).
 */
#ifndef HS_NET_QUIC_TICKET_H
#define HS_NET_QUIC_TICKET_H

#include "base/reader.h"
#include "base/writer.h"

/* Bytes are borrowed. */
typedef struct hs_quic_ticket {
    uint32_t version; /* negotiated: session and token are good for it alone (RFC 9369 5) */
    hs_bytes alpn;
    hs_bytes server_name;    /* the one to verify; empty: none */
    uint32_t early_data_max; /* of the TLS ticket; 0: none */
    hs_bytes session;        /* the TLS library's; empty: there is only a token */
    hs_bytes parameters;     /* empty: no 0-RTT */
    hs_bytes token;          /* empty: none */
} hs_quic_ticket;

/* HS_NEED_MORE or HS_MALFORMED: it is none, of another version of this program, or damaged. */
HS_CHECKED hs_result hs_quic_ticket_read(hs_bytes bytes, hs_quic_ticket *ticket);
/* Into a writer that holds nothing else. HS_LIMIT: it does not fit. */
HS_CHECKED hs_result hs_quic_ticket_write(hs_writer *w, const hs_quic_ticket *ticket);

#endif
