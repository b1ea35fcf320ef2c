/* Session tickets and the early data that they bring. */
#include <time.h>

#include <gnutls/gnutls.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include "base/reader.h"
#include "net/quic_gnutls_state.h"
#include "wire/tls/client_hello.h"
#include "wire/tls/extension_get.h"
#include "wire/tls/new_session_ticket.h"

/* --- a server's --- */

/* RFC 8446 8.2. GnuTLS judges the ClientHello's age, and refuses what is older than its own start;
 * what is left is to remember. It would have the ClientHello remembered, by its binder; the ticket
 * is stricter: it brings early data once. */
static int on_early_data(void *context, time_t expires, const gnutls_datum_t *key,
                         const gnutls_datum_t *data)
{
    (void)data;
    const hs_quic_tls_context *own = context;
    hs_bytes used = own->identity_len > 0 ? hs_bytes_of(own->identity, own->identity_len)
                                          : hs_bytes_of(key->data, key->size);
    /* GnuTLS that took early data refuses the ClientHello after a HelloRetryRequest. */
    return own->may_take_early_data && hs_quic_replay_add(own->replay, used, time(NULL), expires)
               ? 0
               : GNUTLS_E_DB_ENTRY_EXISTS;
}

hs_result hs_quic_tls_use_tickets(hs_quic_tls_context *context, hs_bytes secret)
{
    hs_secret prk;
    context->replay = hs_quic_replay_new();
    if (!context->replay || gnutls_anti_replay_init(&context->anti_replay) != 0 ||
        gnutls_session_ticket_key_generate(&context->ticket_key) != 0) {
        return HS_NO_MEMORY;
    }
    gnutls_anti_replay_set_add_function(context->anti_replay, on_early_data);
    gnutls_anti_replay_set_ptr(context->anti_replay, context);
    /* The size is GnuTLS's; the bytes are ours, so that tickets outlive this process. */
    hs_result result = hs_hkdf_extract(EVP_sha256(), hs_bytes_of(NULL, 0), secret, &prk);
    if (result == HS_OK) {
        static const char info[] = "handshake QUIC session tickets";
        result = hs_hkdf_expand(EVP_sha256(), hs_secret_bytes(&prk),
                                hs_bytes_of(info, sizeof(info) - 1), context->ticket_key.data,
                                context->ticket_key.size);
        hs_secret_wipe(&prk);
    }
    return result;
}

/* RFC 8446 4.1.4: without a key share of a group of ours, HelloRetryRequest follows. */
static bool has_key_share(const hs_tls_client_hello *hello)
{
    /* Those of the default priorities, which a server has: x25519, secp256r1, secp384r1. */
    static const uint16_t groups[] = {0x001d, 0x0017, 0x0018};
    hs_tls_key_share_list list;
    hs_tls_key_share_entry entry;
    bool has = hs_tls_get_key_shares(&hello->extensions, &list);
    while (has && hs_tls_key_share_next(&list, &entry)) {
        for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
            if (entry.group == groups[i]) {
                return true;
            }
        }
    }
    return false;
}

/* What the decision about early data needs: the first identity, which is the one that early data is
 * for (RFC 8446 4.2.10). */
void hs_quic_tls_note_hello(hs_quic_tls *tls, const gnutls_datum_t *message)
{
    hs_quic_tls_context *context = tls->context;
    hs_fault fault;
    hs_reader r;
    hs_tls_client_hello hello;
    hs_tls_psk_list list;
    hs_tls_psk_identity first;
    size_t count = 0;
    unsigned len = 0;
    context->identity_len = 0;
    context->may_take_early_data = false;
    hs_reader_init(&r, hs_bytes_of(message->data, message->size), &fault, NULL);
    if (hs_tls_client_hello_read(&r, &hello) != HS_OK) {
        return;
    }
    context->may_take_early_data = has_key_share(&hello);
    tls->early_data_offered = tls->early_data_offered || hs_tls_get_early_data(&hello.extensions);
    if (hs_tls_get_psk_identities(&hello.extensions, &count, &list) &&
        hs_tls_psk_next(&list, &first) &&
        EVP_Digest(first.identity.data, first.identity.len, context->identity, &len, EVP_sha256(),
                   NULL) == 1) {
        context->identity_len = len;
    }
}

hs_result hs_quic_tls_send_ticket(hs_quic_tls *tls)
{
    if (tls->context->no_tickets) {
        return HS_OK;
    }
    return gnutls_session_ticket_send(tls->session, 1, 0) == 0 ? HS_OK : HS_CRYPTO;
}

/* --- a client's --- */

/* GnuTLS does not tell a ticket that allows no early data from one that allows any amount. It has
 * the whole message for the hook before it, and what it did not read for the one after it. */
static uint32_t early_data_limit(const gnutls_datum_t *message)
{
    hs_fault fault;
    hs_reader r;
    hs_tls_new_session_ticket ticket;
    uint32_t limit = 0;
    hs_reader_init(&r, hs_bytes_of(message->data, message->size), &fault, NULL);
    return hs_tls_new_session_ticket_read(&r, TLS1_3_VERSION, &ticket) == HS_OK &&
                   hs_tls_get_max_early_data_size(&ticket.extensions, &limit)
               ? limit
               : 0;
}

void hs_quic_tls_note_ticket(hs_quic_tls *tls, unsigned when, const gnutls_datum_t *message)
{
    if (when == GNUTLS_HOOK_PRE) {
        tls->early_data_max = early_data_limit(message);
    } else {
        tls->has_ticket = true;
        tls->events.ticket(tls->events.context);
    }
}

hs_result hs_quic_tls_resume(hs_quic_tls *tls, hs_bytes session)
{
    return gnutls_session_set_data(tls->session, session.data, session.len) == 0 ? HS_OK
                                                                                 : HS_MALFORMED;
}

hs_result hs_quic_tls_ticket(hs_quic_tls *tls, hs_buffer *session, uint32_t *early_data_max)
{
    gnutls_datum_t data = {NULL, 0};
    if (!tls->has_ticket || gnutls_session_get_data2(tls->session, &data) != 0) {
        return HS_INVALID;
    }
    hs_result result = hs_buffer_append(session, hs_bytes_of(data.data, data.size));
    *early_data_max = tls->early_data_max;
    gnutls_memset(data.data, 0, data.size);
    gnutls_free(data.data);
    return result;
}
