/* Sessions that are resumed up to TLS 1.2, by ID (RFC 5246 7.4.1.2) or by ticket (RFC 5077 3):
 * which full handshake a connection's master secret is of. */
#include <string.h>

#include "base/reader.h"
#include "decode/tls_state.h"
#include "wire/tls/extension_get.h"

/* What the client offers to resume: where it offers both, the ticket counts (RFC 5077 3.4). */
static void follow_client_hello(hs_tls_decoder *d, const hs_tls_client_hello *hello)
{
    hs_tls_resumption *r = &d->resumption;
    hs_bytes id = hello->legacy_session_id;
    hs_bytes ticket = {0};
    *r = (hs_tls_resumption){0};
    if (id.len > 0 && id.len <= sizeof r->id) {
        memcpy(r->id, id.data, id.len);
        r->id_len = id.len;
    }
    r->has_ticket = hs_tls_get_session_ticket(&hello->extensions, &ticket) && ticket.len > 0;
    r->has_random = (r->has_ticket && hs_tls12_sessions_find(d->sessions, ticket, r->random)) ||
                    hs_tls12_sessions_find(d->sessions, id, r->random);
}

static void name_session(hs_tls_decoder *d, hs_bytes name)
{
    const hs_tls_resumption *r = &d->resumption;
    bool goes_on = r->is_resumed && r->has_random;
    const uint8_t *random = goes_on ? r->random : d->client_random;
    if (hs_tls12_sessions_add(d->sessions, name, hs_tls_random(random)) != HS_OK) {
        d->trace->incomplete = true;
    }
}

/* The server gives back the ID of a session that it resumes; by a ticket that came without an ID it
 * may resume with none. A new ID is that of a new session. */
static void follow_server_hello(hs_tls_decoder *d, const hs_tls_server_hello *hello)
{
    hs_tls_resumption *r = &d->resumption;
    hs_bytes id = hello->legacy_session_id_echo;
    bool is_given_back = hs_bytes_equal(id, hs_bytes_of(r->id, r->id_len));
    r->is_resumed = is_given_back && (id.len > 0 || r->has_ticket);
    if (!is_given_back) {
        name_session(d, id);
    }
}

void hs_tls_follow_session(hs_tls_decoder *d, const hs_tls_direction *direction,
                           const hs_tls_message *message)
{
    if (!d->sessions || !d->has_client_hello || hs_tls_is_13(d->version)) {
        return;
    }
    switch (message->msg_type) {
    case HS_TLS_HS_CLIENT_HELLO:
        follow_client_hello(d, &message->body.client_hello);
        break;
    case HS_TLS_HS_SERVER_HELLO:
        follow_server_hello(d, &message->body.server_hello);
        break;
    case HS_TLS_HS_CERTIFICATE:
    case HS_TLS_HS_SERVER_HELLO_DONE:
        /* Only a full handshake has these. */
        d->resumption.is_resumed = d->resumption.is_resumed && direction->side == HS_CLIENT;
        break;
    case HS_TLS_HS_NEW_SESSION_TICKET:
        name_session(d, message->body.new_session_ticket.ticket);
        break;
    default:
        break;
    }
}

void hs_tls_miss_session(hs_tls_decoder *d)
{
    d->resumption.is_resumed = d->resumption.is_resumed && d->resumption.id_len > 0;
}

void hs_tls_learn_session(hs_tls_decoder *d, hs_tls_direction *direction)
{
    const hs_tls_resumption *r = &d->resumption;
    hs_tls_facts *facts = &d->trace->tls;
    hs_tls_cipher_state *state = &direction->cipher;
    state->has_session_random = r->is_resumed && r->has_random;
    if (!state->has_session_random) {
        return;
    }
    memcpy(state->session_random, r->random, HS_TLS_RANDOM);
    if (!direction->has_ccs) { /* else it is a renegotiation's */
        facts->has_session_random = true;
        memcpy(facts->session_random, r->random, HS_TLS_RANDOM);
    }
}
