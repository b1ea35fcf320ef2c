/* What ngtcp2 tells while it works. Its functions that write may not be called from here. */
#include <string.h>

#include <ngtcp2/ngtcp2_crypto.h>

#include "base/reader.h"
#include "net/quic_state.h"
#include "net/tls_failure.h"
#include "wire/tls/alert.h"

/* `arguments` in brackets. */
#define TELL(session, event, arguments)                                                            \
    do {                                                                                           \
        if ((session)->events.event) {                                                             \
            (session)->events.event arguments;                                                     \
        }                                                                                          \
    } while (0)

static int on_crypto_data(ngtcp2_conn *conn, ngtcp2_encryption_level level, uint64_t offset,
                          const uint8_t *data, size_t len, void *context)
{
    hs_quic_session *session = context;
    (void)conn;
    (void)offset;
    if (session->link.accepted && !session->is_accepted) {
        session->is_accepted = true;
        session->link.accepted(session);
    }
    return hs_quic_tls_receive(session->tls, level, hs_bytes_of(data, len));
}

/* Client: early data that was not accepted is sent again, on the same streams. */
static int settle_early_data(hs_quic_session *session)
{
    bool accepted = hs_quic_tls_early_data_accepted(session->tls);
    if (session->may_send_early && !accepted) {
        int error = ngtcp2_conn_tls_early_data_rejected(session->conn);
        if (error == 0) {
            hs_quic_streams_rewind(session);
            error = hs_quic_streams_open(session);
        }
        if (error != 0) {
            return error;
        }
    }
    session->early_data = !session->has_sent_early ? HS_EARLY_DATA_NOT_OFFERED
                          : accepted               ? HS_EARLY_DATA_ACCEPTED
                                                   : HS_EARLY_DATA_REJECTED;
    if (session->has_sent_early) {
        TELL(session, early_data, (session->events.context, accepted));
    }
    return 0;
}

static bool client_is_content(hs_quic_session *session)
{
    if (!hs_quic_tls_judge_resumed(session->tls)) {
        hs_quic_end_set(session, HS_QUIC_END_LOCAL_CLOSE, session->judged.cls, "%s",
                        session->judged.message);
        hs_quic_end_later(session,
                          HS_QUIC_ALERT_ERROR(hs_quic_verify_alert(session->judged.verify)));
        return false;
    }
    if (session->alpn_len > 0 && !hs_quic_tls_alpn(session->tls)) {
        hs_quic_end_set(session, HS_QUIC_END_LOCAL_CLOSE, HS_FAILURE_TLS_ALPN_MISMATCH,
                        "the server chose none of the application protocols that were offered");
        hs_quic_end_later(session, HS_QUIC_ALERT_ERROR(HS_TLS_ALERT_NO_APPLICATION_PROTOCOL));
        return false;
    }
    return true;
}

static void welcome(hs_quic_session *session)
{
    uint8_t token[NGTCP2_CRYPTO_MAX_REGULAR_TOKENLEN];
    const hs_quic_context *context = session->context;
    session->early_data = hs_quic_tls_early_data_accepted(session->tls) ? HS_EARLY_DATA_ACCEPTED
                          : hs_quic_tls_early_data_offered(session->tls)
                              ? HS_EARLY_DATA_REJECTED
                              : HS_EARLY_DATA_NOT_OFFERED;
    if (hs_quic_tls_send_ticket(session->tls) != HS_OK || context->no_new_tokens) {
        return;
    }
    const ngtcp2_path *path = ngtcp2_conn_get_path(session->conn);
    ngtcp2_ssize len = ngtcp2_crypto_generate_regular_token(
        token, context->token_secret, sizeof(context->token_secret), path->remote.addr,
        path->remote.addrlen, (ngtcp2_tstamp)(session->now + context->epoch));
    if (len > 0 && ngtcp2_conn_submit_new_token(session->conn, token, (size_t)len) != 0) {
        hs_quic_end_set(session, HS_QUIC_END_LOCAL_CLOSE, HS_FAILURE_LOCAL, "out of memory");
        hs_quic_end_later(session, NGTCP2_INTERNAL_ERROR);
    }
}

static int on_handshake_completed(ngtcp2_conn *conn, void *context)
{
    hs_quic_session *session = context;
    (void)conn;
    if (session->context->is_server) {
        welcome(session);
        session->completed = true;
        session->confirmed = true;
        TELL(session, handshake_completed, (session->events.context));
        TELL(session, handshake_confirmed, (session->events.context));
        return 0;
    }
    if (!client_is_content(session)) {
        return 0;
    }
    int error = settle_early_data(session);
    if (error != 0) {
        return NGTCP2_ERR_CALLBACK_FAILURE;
    }
    session->completed = true;
    TELL(session, handshake_completed, (session->events.context));
    return 0;
}

static int on_handshake_confirmed(ngtcp2_conn *conn, void *context)
{
    hs_quic_session *session = context;
    (void)conn;
    if (session->completed) {
        session->confirmed = true;
        TELL(session, handshake_confirmed, (session->events.context));
    }
    return 0;
}

static int on_version_negotiation(ngtcp2_conn *conn, const ngtcp2_pkt_hd *header,
                                  const uint32_t *versions, size_t count, void *context)
{
    hs_quic_session *session = context;
    (void)conn;
    (void)header;
    session->offered_count = count < HS_QUIC_OFFERED_MAX ? count : HS_QUIC_OFFERED_MAX;
    memcpy(session->offered, versions, session->offered_count * sizeof(*versions));
    return 0;
}

static int on_retry(ngtcp2_conn *conn, const ngtcp2_pkt_hd *header, void *context)
{
    hs_quic_session *session = context;
    session->retried = true;
    return ngtcp2_crypto_recv_retry_cb(conn, header, context);
}

static int on_stream_data(ngtcp2_conn *conn, uint32_t flags, int64_t id, uint64_t offset,
                          const uint8_t *data, size_t len, void *context, void *unused)
{
    hs_quic_session *session = context;
    hs_quic_stream *stream = hs_quic_stream_meet(session, id);
    bool fin = flags & NGTCP2_STREAM_DATA_FLAG_FIN;
    (void)conn;
    (void)offset;
    (void)unused;
    if (!stream) {
        return NGTCP2_ERR_CALLBACK_FAILURE;
    }
    stream->unconsumed += len;
    if (stream->receive_over || session->close_waits) {
        hs_quic_stream_give_back(session, stream, len);
        return 0;
    }
    stream->receive_over = fin;
    TELL(session, stream_data,
         (session->events.context, id, hs_bytes_of(data, len), fin,
          flags & NGTCP2_STREAM_DATA_FLAG_0RTT));
    return 0;
}

static int on_acked(ngtcp2_conn *conn, int64_t id, uint64_t offset, uint64_t len, void *context,
                    void *unused)
{
    hs_quic_session *session = context;
    hs_quic_stream *stream = hs_quic_stream_find(session, id);
    (void)conn;
    (void)unused;
    if (stream) {
        hs_quic_stream_acked(session, stream, offset + len);
        stream = hs_quic_stream_find(session, id);
    }
    if (stream) {
        stream->fin_acked = stream->fin_sent && stream->acked == stream->end;
    }
    return 0;
}

static int on_stream_open(ngtcp2_conn *conn, int64_t id, void *context)
{
    (void)conn;
    return hs_quic_stream_meet(context, id) ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

static int on_stream_close(ngtcp2_conn *conn, uint32_t flags, int64_t id, uint64_t error,
                           void *context, void *unused)
{
    hs_quic_session *session = context;
    hs_quic_stream *stream = hs_quic_stream_find(session, id);
    (void)unused;
    if (!ngtcp2_conn_is_local_stream(conn, id)) {
        if (ngtcp2_is_bidi_stream(id)) {
            ngtcp2_conn_extend_max_streams_bidi(conn, 1);
        } else {
            ngtcp2_conn_extend_max_streams_uni(conn, 1);
        }
    }
    if (stream) {
        hs_quic_stream_give_back(session, stream, stream->unconsumed);
        hs_quic_stream_forget(session, stream);
        TELL(session, stream_closed,
             (session->events.context, id, flags & NGTCP2_STREAM_CLOSE_FLAG_APP_ERROR_CODE_SET,
              error));
    }
    return 0;
}

static int on_stream_reset(ngtcp2_conn *conn, int64_t id, uint64_t final_size, uint64_t error,
                           void *context, void *unused)
{
    hs_quic_session *session = context;
    hs_quic_stream *stream = hs_quic_stream_meet(session, id);
    (void)conn;
    (void)final_size;
    (void)unused;
    if (!stream) {
        return NGTCP2_ERR_CALLBACK_FAILURE;
    }
    stream->receive_over = true;
    TELL(session, stream_reset, (session->events.context, id, error));
    return 0;
}

static int on_stateless_reset(ngtcp2_conn *conn, const ngtcp2_pkt_stateless_reset *reset,
                              void *context)
{
    hs_quic_session *session = context;
    (void)conn;
    (void)reset;
    session->is_reset = true;
    return 0;
}

static int on_more_streams(hs_quic_session *session, bool bidirectional)
{
    int error = hs_quic_streams_open(session);
    TELL(session, streams_extended, (session->events.context, bidirectional));
    return error == 0 ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

static int on_more_bidi(ngtcp2_conn *conn, uint64_t count, void *context)
{
    (void)conn;
    (void)count;
    return on_more_streams(context, true);
}

static int on_more_uni(ngtcp2_conn *conn, uint64_t count, void *context)
{
    (void)conn;
    (void)count;
    return on_more_streams(context, false);
}

static void on_random(uint8_t *out, size_t len, const ngtcp2_rand_ctx *unused)
{
    (void)unused;
    if (hs_quic_random(out, len) != HS_OK) {
        memset(out, 0, len); /* ngtcp2 has no use of it that must be secret */
    }
}

static int on_new_connection_id(ngtcp2_conn *conn, ngtcp2_cid *cid, uint8_t *token, size_t len,
                                void *context)
{
    hs_quic_session *session = context;
    (void)conn;
    if (hs_quic_random(cid->data, len) != HS_OK) {
        return NGTCP2_ERR_CALLBACK_FAILURE;
    }
    cid->datalen = len;
    /* A client resets nobody, but the frame wants a token: a random one. */
    bool made = session->context->is_server
                    ? ngtcp2_crypto_generate_stateless_reset_token(
                          token, session->context->reset_secret,
                          sizeof(session->context->reset_secret), cid) == 0
                    : hs_quic_random(token, NGTCP2_STATELESS_RESET_TOKENLEN) == HS_OK;
    if (!made) {
        return NGTCP2_ERR_CALLBACK_FAILURE;
    }
    if (session->link.cid_issued) {
        session->link.cid_issued(session, cid);
    }
    return 0;
}

static int on_connection_id_retired(ngtcp2_conn *conn, const ngtcp2_cid *cid, void *context)
{
    hs_quic_session *session = context;
    (void)conn;
    if (session->link.cid_retired) {
        session->link.cid_retired(session, cid);
    }
    return 0;
}

static int on_new_token(ngtcp2_conn *conn, const uint8_t *token, size_t len, void *context)
{
    hs_quic_session *session = context;
    (void)conn;
    if (len > HS_QUIC_TOKEN_MAX) {
        return 0;
    }
    hs_buffer_consume(&session->token, hs_buffer_bytes(&session->token).len);
    if (hs_buffer_append(&session->token, hs_bytes_of(token, len)) != HS_OK) {
        return NGTCP2_ERR_CALLBACK_FAILURE;
    }
    hs_quic_ticket_changed(session);
    TELL(session, new_token, (session->events.context, hs_buffer_bytes(&session->token)));
    return 0;
}

static int on_send_key(ngtcp2_conn *conn, ngtcp2_encryption_level level, void *context)
{
    hs_quic_session *session = context;
    (void)conn;
    if (level == NGTCP2_ENCRYPTION_LEVEL_0RTT) {
        session->has_early_key = true;
    }
    return 0;
}

void hs_quic_set_callbacks(ngtcp2_callbacks *callbacks, bool is_server)
{
    *callbacks = (ngtcp2_callbacks){
        .recv_crypto_data = on_crypto_data,
        .handshake_completed = on_handshake_completed,
        .handshake_confirmed = on_handshake_confirmed,
        .encrypt = ngtcp2_crypto_encrypt_cb,
        .decrypt = ngtcp2_crypto_decrypt_cb,
        .hp_mask = ngtcp2_crypto_hp_mask_cb,
        .recv_stream_data = on_stream_data,
        .acked_stream_data_offset = on_acked,
        .stream_open = on_stream_open,
        .stream_close = on_stream_close,
        .stream_reset = on_stream_reset,
        .recv_stateless_reset = on_stateless_reset,
        .extend_max_local_streams_bidi = on_more_bidi,
        .extend_max_local_streams_uni = on_more_uni,
        .rand = on_random,
        .get_new_connection_id = on_new_connection_id,
        .remove_connection_id = on_connection_id_retired,
        .update_key = ngtcp2_crypto_update_key_cb,
        .delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb,
        .delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb,
        .get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb,
        .version_negotiation = ngtcp2_crypto_version_negotiation_cb,
        .recv_tx_key = on_send_key,
    };
    if (is_server) {
        callbacks->recv_client_initial = ngtcp2_crypto_recv_client_initial_cb;
    } else {
        callbacks->client_initial = ngtcp2_crypto_client_initial_cb;
        callbacks->recv_version_negotiation = on_version_negotiation;
        callbacks->recv_retry = on_retry;
        callbacks->recv_new_token = on_new_token;
    }
}
