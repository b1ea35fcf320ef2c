/* GnuTLS under ngtcp2, by its crypto helper library (libngtcp2_crypto_gnutls): sessions. */
#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include "base/reader.h"
#include "net/quic_gnutls_state.h"

enum { ALPN_MAX = 32 };

hs_quic_tls *hs_quic_tls_of(gnutls_session_t session)
{
    ngtcp2_crypto_conn_ref *ref = gnutls_session_get_ptr(session);
    return ref->user_data;
}

static ngtcp2_conn *connection_of(ngtcp2_crypto_conn_ref *ref)
{
    hs_quic_tls *tls = ref->user_data;
    return tls->events.connection(tls->events.context);
}

hs_result hs_quic_random(void *out, size_t len)
{
    return gnutls_rnd(GNUTLS_RND_RANDOM, out, len) == 0 ? HS_OK : HS_CRYPTO;
}

static hs_result set_alpn(hs_quic_tls *tls, hs_bytes list)
{
    gnutls_datum_t protocols[ALPN_MAX];
    unsigned count = 0;
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, list, &fault, NULL);
    while (hs_reader_left(&r) > 0 && count < ALPN_MAX) {
        hs_reader name = hs_read_block8(&r, "protocol");
        hs_bytes bytes = hs_read_rest(&name, "name");
        hs_reader_close(&name);
        protocols[count].data = (unsigned char *)bytes.data;
        protocols[count++].size = (unsigned)bytes.len;
    }
    if (hs_reader_finish(&r) != HS_OK) {
        return HS_INVALID;
    }
    tls->wants_protocol = count > 0;
    unsigned flags = GNUTLS_ALPN_MANDATORY;
    flags |= tls->context->is_server ? GNUTLS_ALPN_SERVER_PRECEDENCE : 0;
    return count == 0 || gnutls_alpn_set_protocols(tls->session, protocols, count, flags) == 0
               ? HS_OK
               : HS_NO_MEMORY;
}

static hs_result set_server(hs_quic_tls *tls)
{
    const hs_quic_tls_context *context = tls->context;
    if (!context->no_tickets &&
        gnutls_session_ticket_enable_server(tls->session, &context->ticket_key) != 0) {
        return HS_NO_MEMORY;
    }
    if (!context->no_early_data) {
        gnutls_anti_replay_enable(tls->session, context->anti_replay);
        /* RFC 9001 4.6.1 has this value and no other. */
        gnutls_record_set_max_early_data_size(tls->session, 0xffffffffU);
    }
    return HS_OK;
}

static hs_result set_client(hs_quic_tls *tls, const char *server_name)
{
    if (server_name && gnutls_server_name_set(tls->session, GNUTLS_NAME_DNS, server_name,
                                              strlen(server_name)) != 0) {
        return HS_INVALID;
    }
    return HS_OK;
}

static hs_result set_session(hs_quic_tls *tls, hs_bytes alpn, const char *server_name)
{
    gnutls_session_set_ptr(tls->session, &tls->conn_ref);
    gnutls_session_set_keylog_function(tls->session, hs_quic_tls_on_keylog);
    gnutls_handshake_set_hook_function(tls->session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_BOTH,
                                       hs_quic_tls_on_message);
    if (gnutls_priority_set(tls->session, tls->context->priority) != 0 ||
        gnutls_credentials_set(tls->session, GNUTLS_CRD_CERTIFICATE, tls->context->credentials) !=
            0) {
        return HS_NO_MEMORY;
    }
    int error = tls->context->is_server
                    ? ngtcp2_crypto_gnutls_configure_server_session(tls->session)
                    : ngtcp2_crypto_gnutls_configure_client_session(tls->session);
    gnutls_handshake_set_secret_function(tls->session, hs_quic_tls_on_secret);
    if (error != 0) {
        return HS_NO_MEMORY;
    }
    hs_result result = tls->context->is_server ? set_server(tls) : set_client(tls, server_name);
    return result == HS_OK ? set_alpn(tls, alpn) : result;
}

hs_result hs_quic_tls_new(hs_quic_tls_context *context, hs_bytes alpn, const char *server_name,
                          bool early_data, const hs_quic_tls_events *events, hs_quic_tls **out)
{
    *out = NULL;
    hs_quic_tls *tls = calloc(1, sizeof(*tls));
    if (!tls) {
        return HS_NO_MEMORY;
    }
    tls->context = context;
    tls->events = *events;
    tls->conn_ref.get_conn = connection_of;
    tls->conn_ref.user_data = tls;
    /* QUIC has no EndOfEarlyData (RFC 9001 8.3); GnuTLS that waits for it is led into an abort. */
    unsigned flags = GNUTLS_NO_END_OF_EARLY_DATA;
    flags |= context->is_server ? GNUTLS_SERVER | GNUTLS_NO_AUTO_SEND_TICKET
                                : GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT;
    if (context->is_server ? !context->no_early_data : early_data) {
        flags |= GNUTLS_ENABLE_EARLY_DATA;
    }
    hs_result result = gnutls_init(&tls->session, flags) == 0 ? set_session(tls, alpn, server_name)
                                                              : HS_NO_MEMORY;
    if (result == HS_OK) {
        *out = tls;
    } else {
        hs_quic_tls_free(tls);
    }
    return result;
}

void hs_quic_tls_free(hs_quic_tls *tls)
{
    if (tls) {
        if (tls->session) {
            gnutls_deinit(tls->session);
        }
        hs_secret_wipe(&tls->early_secret);
        free(tls);
    }
}

void *hs_quic_tls_native(hs_quic_tls *tls)
{
    return tls->session;
}

bool hs_quic_tls_is_done(const hs_quic_tls *tls)
{
    return tls->done;
}
