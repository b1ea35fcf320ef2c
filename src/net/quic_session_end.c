/* The end of a connection (RFC 9000 10): CONNECTION_CLOSE, and the period after it. */
#include <string.h>

#include "base/reader.h"
#include "net/quic_state.h"

enum { PERIODS = 3 }; /* of PTO (RFC 9000 10.2) */

/* Amplification may leave no room for it, and a client that has nothing but Initial keys may have
 * sent nothing yet: then the connection ends without. */
static void send_close(hs_quic_session *session, const ngtcp2_ccerr *close)
{
    ngtcp2_path_storage path;
    ngtcp2_pkt_info info = {0};
    ngtcp2_path_storage_zero(&path);
    ngtcp2_ssize len = ngtcp2_conn_write_connection_close(
        session->conn, &path.path, &info, session->close_packet, sizeof(session->close_packet),
        close, (ngtcp2_tstamp)session->now);
    if (len <= 0) {
        return;
    }
    session->close_len = (size_t)len;
    session->is_closing = true;
    session->end.has_error = true;
    session->end.is_application = close->type == NGTCP2_CCERR_TYPE_APPLICATION;
    session->end.error = close->error_code;
    hs_quic_put_out(session, &path.path, hs_bytes_of(session->close_packet, session->close_len),
                    info.ecn);
}

static bool has_period(hs_quic_end_kind kind)
{
    return kind == HS_QUIC_END_LOCAL_CLOSE || kind == HS_QUIC_END_PEER_CLOSE;
}

void hs_quic_finish(hs_quic_session *session, const ngtcp2_ccerr *close)
{
    if (session->stage != HS_QUIC_STAGE_OPEN) {
        return;
    }
    ngtcp2_duration period = PERIODS * ngtcp2_conn_get_pto(session->conn);
    session->stage = HS_QUIC_STAGE_CLOSED;
    session->close_waits = false;
    if (close) {
        send_close(session, close);
    }
    bool lasts = has_period(session->end.kind) && period < INT64_MAX / 2;
    session->ends_at = session->now + (lasts ? (hs_time)period : 0);
    hs_quic_streams_free(session);
    if (session->events.closed) {
        session->events.closed(session->events.context, &session->end);
    }
}

void hs_quic_end_later(hs_quic_session *session, uint64_t error)
{
    ngtcp2_ccerr_set_transport_error(&session->close_error, error, NULL, 0);
    session->close_waits = true;
}

void hs_quic_fail(hs_quic_session *session, int error)
{
    ngtcp2_ccerr close;
    if (session->stage != HS_QUIC_STAGE_OPEN) {
        return;
    }
    if (session->close_waits) {
        /* What was found within a call-back comes first. */
        hs_quic_finish(session, &session->close_error);
        return;
    }
    hs_quic_end_of_error(session, error);
    if (session->end.kind != HS_QUIC_END_LOCAL_CLOSE) {
        hs_quic_finish(session, NULL);
        return;
    }
    if (session->was_judged_bad) {
        ngtcp2_ccerr_set_tls_alert(&close, hs_quic_verify_alert(session->judged.verify), NULL, 0);
    } else if (error == NGTCP2_ERR_CRYPTO) {
        ngtcp2_ccerr_set_tls_alert(&close, ngtcp2_conn_get_tls_alert(session->conn), NULL, 0);
    } else {
        ngtcp2_ccerr_set_liberr(&close, error, NULL, 0);
    }
    hs_quic_finish(session, &close);
}

void hs_quic_answer_closed(hs_quic_session *session, size_t len)
{
    session->close_received += len;
    session->close_count++;
    bool is_power_of_two = (session->close_count & (session->close_count - 1)) == 0;
    /* RFC 9000 10.2.1: rarely, and never much more than what came. */
    if (session->is_closing && is_power_of_two &&
        session->close_sent + session->close_len <= 3 * session->close_received) {
        session->close_sent += session->close_len;
        hs_quic_put_out(session, NULL, hs_bytes_of(session->close_packet, session->close_len),
                        NGTCP2_ECN_NOT_ECT);
    }
}
