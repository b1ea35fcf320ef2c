/* The ticket that a client keeps, made anew as its parts come. */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/reader.h"
#include "net/quic_state.h"
#include "net/quic_ticket.h"

static hs_bytes parameters(hs_quic_session *session, uint8_t out[HS_QUIC_PARAMETERS_MAX])
{
    ngtcp2_ssize len = ngtcp2_conn_encode_0rtt_transport_params(session->conn, out,
                                                                HS_QUIC_PARAMETERS_MAX);
    return hs_bytes_of(out, len > 0 ? (size_t)len : 0);
}

static void empty(hs_buffer *buffer)
{
    hs_buffer_consume(buffer, hs_buffer_bytes(buffer).len);
}

void hs_quic_ticket_changed(hs_quic_session *session)
{
    uint8_t params[HS_QUIC_PARAMETERS_MAX];
    hs_buffer tls;
    hs_writer w;
    const char *alpn = hs_quic_tls_alpn(session->tls);
    const char *name = session->peer.name ? session->peer.name : "";
    hs_quic_ticket ticket = {
        .version = hs_quic_session_version(session),
        .alpn = hs_bytes_of(alpn, alpn ? strlen(alpn) : 0),
        .server_name = hs_bytes_of(name, strlen(name)),
        .token = hs_buffer_bytes(&session->token),
    };
    uint8_t *space = malloc(HS_QUIC_TICKET_MAX);
    hs_buffer_init(&tls, HS_QUIC_TICKET_MAX);
    if (!space) {
        return;
    }
    /* Without a session there is still the token. */
    if (hs_quic_tls_ticket(session->tls, &tls, &ticket.early_data_max) == HS_OK) {
        ticket.session = hs_buffer_bytes(&tls);
        ticket.parameters = parameters(session, params);
    }
    hs_writer_init(&w, space, HS_QUIC_TICKET_MAX);
    if (hs_quic_ticket_write(&w, &ticket) == HS_OK) {
        empty(&session->ticket);
        if (hs_buffer_append(&session->ticket, hs_writer_bytes(&w)) == HS_OK &&
            session->events.ticket) {
            session->events.ticket(session->events.context);
        }
    }
    OPENSSL_cleanse(space, HS_QUIC_TICKET_MAX);
    free(space);
    hs_buffer_free(&tls);
}

hs_bytes hs_quic_session_ticket(const hs_quic_session *session)
{
    return hs_buffer_bytes(&session->ticket);
}
