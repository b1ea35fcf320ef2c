/* ngtcp2's connection with GnuTLS's session, for both sides. */
#include <string.h>

#include <netinet/in.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include "base/reader.h"
#include "net/quic_state.h"
#include "net/quic_ticket.h"
#include "net/tls_verify.h"
#include "wire/quic/version.h"

enum {
    STREAM_WINDOW = 256 << 10,
    CONNECTION_WINDOW = 1 << 20,
    SERVER_BIDI_STREAMS = 48, /* of the peer's at once; below HS_QUIC_STREAMS_MAX with our own */
    CLIENT_BIDI_STREAMS = 16,
    UNI_STREAMS = 16,
    CONNECTION_IDS = 4,
};

#define SERVER_HANDSHAKE_TIMEOUT (10 * NGTCP2_SECONDS)

static socklen_t address_len(const struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                          : sizeof(struct sockaddr_in);
}

ngtcp2_path hs_quic_ngtcp2_path(const hs_quic_path *path)
{
    return (ngtcp2_path){
        .local = {(ngtcp2_sockaddr *)&path->local, address_len(&path->local)},
        .remote = {(ngtcp2_sockaddr *)&path->remote, address_len(&path->remote)},
    };
}

static ngtcp2_conn *connection(void *context)
{
    return ((hs_quic_session *)context)->conn;
}

static void on_keylog(void *context, const char *line)
{
    hs_quic_session *session = context;
    if (session->events.keylog) {
        session->events.keylog(session->events.context, line);
    }
}

static bool on_judge(void *context, const hs_bytes *certificates, size_t count, hs_bytes staple)
{
    hs_quic_session *session = context;
    session->judged = (hs_tls_failure){.alert = -1, .verify = -1};
    bool accepted = hs_tls_judge(session->context->verifier, &session->peer, certificates, count,
                                 staple, &session->judged);
    session->was_judged_bad = !accepted;
    return accepted;
}

static void on_ticket(void *context)
{
    hs_quic_ticket_changed(context);
}

static hs_result make_tls(hs_quic_session *session)
{
    const hs_quic_tls_events events = {session, connection, on_keylog, on_judge, on_ticket};
    const hs_quic_context *context = session->context;
    bool has_sni = session->peer.name && !session->peer.name_is_address;
    hs_bytes alpn = context->is_server ? hs_bytes_of(context->alpn, context->alpn_len)
                                       : hs_bytes_of(session->alpn, session->alpn_len);
    hs_result result = hs_quic_tls_new(context->tls, alpn, has_sni ? session->peer.name : NULL,
                                       session->may_send_early && session->streams, &events,
                                       &session->tls);
    hs_quic_ticket ticket;
    if (result == HS_OK && hs_buffer_bytes(&session->offer).len > 0 &&
        hs_quic_ticket_read(hs_buffer_bytes(&session->offer), &ticket) == HS_OK &&
        ticket.session.len > 0 && ticket.version == session->version) {
        result = hs_quic_tls_resume(session->tls, ticket.session);
    }
    return result;
}

static void fill_settings(const hs_quic_session *session, ngtcp2_settings *settings)
{
    ngtcp2_settings_default(settings);
    settings->initial_ts = (ngtcp2_tstamp)session->now;
    settings->max_tx_udp_payload_size = session->max_datagram;
    settings->no_pmtud = session->max_datagram <= HS_QUIC_DATAGRAM_MIN;
    settings->preferred_versions = session->versions;
    settings->preferred_versionslen = session->version_count;
    settings->available_versions = session->versions;
    settings->available_versionslen = session->version_count;
}

static void fill_parameters(const hs_quic_session *session, ngtcp2_transport_params *params)
{
    ngtcp2_transport_params_default(params);
    params->initial_max_stream_data_bidi_local = STREAM_WINDOW;
    params->initial_max_stream_data_bidi_remote = STREAM_WINDOW;
    params->initial_max_stream_data_uni = STREAM_WINDOW;
    params->initial_max_data = CONNECTION_WINDOW;
    params->initial_max_streams_bidi = session->context->is_server ? SERVER_BIDI_STREAMS
                                                                   : CLIENT_BIDI_STREAMS;
    params->initial_max_streams_uni = UNI_STREAMS;
    params->max_idle_timeout = (ngtcp2_duration)session->idle_timeout;
    params->active_connection_id_limit = CONNECTION_IDS;
}

static hs_result random_cid(ngtcp2_cid *cid, size_t len)
{
    cid->datalen = len;
    return hs_quic_random(cid->data, len);
}

static void offer_token(hs_quic_session *session, ngtcp2_settings *settings)
{
    hs_quic_ticket ticket;
    if (hs_buffer_bytes(&session->offer).len > 0 &&
        hs_quic_ticket_read(hs_buffer_bytes(&session->offer), &ticket) == HS_OK &&
        ticket.token.len > 0 && ticket.version == session->version) {
        settings->token = ticket.token.data;
        settings->tokenlen = ticket.token.len;
        settings->token_type = NGTCP2_TOKEN_TYPE_NEW_TOKEN;
        session->used_token = true;
    }
}

/* Remembered limits (RFC 9000 7.4.1), and the streams that were opened by them. */
static hs_result prepare_early_data(hs_quic_session *session)
{
    hs_quic_ticket ticket;
    if (!session->may_send_early || !session->streams) {
        session->may_send_early = false;
        return HS_OK;
    }
    if (hs_quic_ticket_read(hs_buffer_bytes(&session->offer), &ticket) != HS_OK ||
        ngtcp2_conn_decode_and_set_0rtt_transport_params(session->conn, ticket.parameters.data,
                                                         ticket.parameters.len) != 0) {
        return HS_MALFORMED;
    }
    return hs_quic_streams_open(session) == 0 ? HS_OK : HS_NO_MEMORY;
}

hs_result hs_quic_connect(hs_quic_session *session)
{
    ngtcp2_callbacks callbacks;
    ngtcp2_settings settings;
    ngtcp2_transport_params params;
    ngtcp2_cid dcid;
    ngtcp2_path path = hs_quic_ngtcp2_path(&session->path);
    hs_quic_set_callbacks(&callbacks, false);
    fill_settings(session, &settings);
    fill_parameters(session, &params);
    settings.original_version = session->original_version;
    offer_token(session, &settings);
    if (random_cid(&dcid, 2 * HS_QUIC_CID_LEN) != HS_OK ||
        random_cid(&session->scid, HS_QUIC_CID_LEN) != HS_OK) {
        return HS_CRYPTO;
    }
    if (ngtcp2_conn_client_new(&session->conn, &dcid, &session->scid, &path, session->version,
                               &callbacks, &settings, &params, NULL, session) != 0) {
        session->conn = NULL;
        return HS_NO_MEMORY;
    }
    hs_result result = make_tls(session);
    if (result == HS_OK) {
        ngtcp2_conn_set_tls_native_handle(session->conn, hs_quic_tls_native(session->tls));
        result = prepare_early_data(session);
    }
    return result;
}

hs_result hs_quic_accept(hs_quic_session *session, const hs_quic_arrival *arrival)
{
    ngtcp2_callbacks callbacks;
    ngtcp2_settings settings;
    ngtcp2_transport_params params;
    ngtcp2_path path = hs_quic_ngtcp2_path(&session->path);
    hs_quic_context *context = session->context;
    hs_quic_set_callbacks(&callbacks, true);
    fill_settings(session, &settings);
    fill_parameters(session, &params);
    settings.handshake_timeout = SERVER_HANDSHAKE_TIMEOUT;
    settings.token = arrival->token.data;
    settings.tokenlen = arrival->token.len;
    settings.token_type = arrival->retried     ? NGTCP2_TOKEN_TYPE_RETRY
                          : arrival->has_token ? NGTCP2_TOKEN_TYPE_NEW_TOKEN
                                               : NGTCP2_TOKEN_TYPE_UNKNOWN;
    params.original_dcid = arrival->original_dcid;
    params.original_dcid_present = 1;
    params.retry_scid = arrival->retry_scid;
    params.retry_scid_present = arrival->retried;
    if (random_cid(&session->scid, HS_QUIC_CID_LEN) != HS_OK ||
        ngtcp2_crypto_generate_stateless_reset_token(
            params.stateless_reset_token, context->reset_secret, sizeof(context->reset_secret),
            &session->scid) != 0) {
        return HS_CRYPTO;
    }
    params.stateless_reset_token_present = 1;
    if (ngtcp2_conn_server_new(&session->conn, &arrival->client_scid, &session->scid, &path,
                               arrival->version, &callbacks, &settings, &params, NULL,
                               session) != 0) {
        session->conn = NULL;
        return HS_NO_MEMORY;
    }
    hs_result result = make_tls(session);
    if (result == HS_OK) {
        ngtcp2_conn_set_tls_native_handle(session->conn, hs_quic_tls_native(session->tls));
    }
    return result;
}

void hs_quic_disconnect(hs_quic_session *session)
{
    /* ngtcp2 gives back GnuTLS's ciphers by call-back. */
    ngtcp2_conn_del(session->conn);
    hs_quic_tls_free(session->tls);
    session->conn = NULL;
    session->tls = NULL;
}
