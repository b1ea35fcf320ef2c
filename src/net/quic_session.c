/* Driving ngtcp2: datagrams, time, and what follows from either. */
#include <errno.h>
#include <string.h>

#include "base/reader.h"
#include "net/quic_state.h"

static bool is_open(const hs_quic_session *session)
{
    return session->stage == HS_QUIC_STAGE_OPEN;
}

static hs_result enter(hs_quic_session *session, hs_time now)
{
    if (session->depth > 0 || session->in_output || now < 0) {
        return HS_INVALID;
    }
    session->now = now > session->now ? now : session->now;
    session->depth++;
    return HS_OK;
}

static void set_deadline(hs_quic_session *session)
{
    if (is_open(session)) {
        ngtcp2_tstamp expiry = ngtcp2_conn_get_expiry(session->conn);
        session->deadline = expiry > INT64_MAX ? HS_TIME_NONE : (hs_time)expiry;
    } else {
        session->deadline = session->stage == HS_QUIC_STAGE_CLOSED ? session->ends_at
                                                                   : HS_TIME_NONE;
    }
}

/* Closes, where that was asked for; else sends what waits. */
static void leave(hs_quic_session *session)
{
    if (is_open(session) && session->close_waits) {
        hs_quic_finish(session, &session->close_error);
    } else if (is_open(session)) {
        int error = hs_quic_write(session);
        if (error != 0) {
            hs_quic_fail(session, error);
        } else if (session->close_waits) {
            hs_quic_finish(session, &session->close_error);
        }
    }
    set_deadline(session);
    session->depth--;
}

hs_result hs_quic_session_start(hs_quic_session *session, hs_time now)
{
    if (session->stage != HS_QUIC_STAGE_IDLE || session->context->is_server) {
        return HS_INVALID;
    }
    hs_result result = enter(session, now);
    if (result != HS_OK) {
        return result;
    }
    result = hs_quic_connect(session);
    if (result != HS_OK) {
        hs_quic_disconnect(session);
        session->depth--;
        return result;
    }
    session->stage = HS_QUIC_STAGE_OPEN;
    leave(session);
    return HS_OK;
}

hs_result hs_quic_session_feed(hs_quic_session *session, const hs_quic_path *path,
                               hs_bytes datagram, hs_quic_ecn ecn, hs_time now)
{
    if (session->stage == HS_QUIC_STAGE_IDLE) {
        return HS_INVALID;
    }
    hs_result result = enter(session, now);
    if (result != HS_OK) {
        return result;
    }
    if (is_open(session) && datagram.len > 0) {
        hs_quic_read(session, path, datagram, ecn);
    } else if (session->stage == HS_QUIC_STAGE_CLOSED) {
        hs_quic_answer_closed(session, datagram.len);
    }
    leave(session);
    return HS_OK;
}

hs_result hs_quic_session_expire(hs_quic_session *session, hs_time now)
{
    if (session->deadline == HS_TIME_NONE || now < session->deadline) {
        return HS_OK;
    }
    hs_result result = enter(session, now);
    if (result != HS_OK) {
        return result;
    }
    if (is_open(session)) {
        int error = ngtcp2_conn_handle_expiry(session->conn, (ngtcp2_tstamp)session->now);
        if (error != 0) {
            hs_quic_fail(session, error);
        }
        leave(session);
        return HS_OK;
    }
    session->stage = HS_QUIC_STAGE_ENDED;
    set_deadline(session);
    session->depth--;
    if (session->events.ended) {
        session->events.ended(session->events.context);
    }
    return HS_OK;
}

hs_time hs_quic_session_deadline(const hs_quic_session *session)
{
    return session->deadline;
}

hs_result hs_quic_session_flush(hs_quic_session *session, hs_time now)
{
    if (session->stage == HS_QUIC_STAGE_IDLE) {
        return HS_INVALID;
    }
    hs_result result = enter(session, now);
    if (result == HS_OK) {
        leave(session);
    }
    return result;
}

hs_result hs_quic_session_icmp(hs_quic_session *session, int os_errno, hs_time now)
{
    hs_result result = enter(session, now);
    if (result != HS_OK) {
        return result;
    }
    if (is_open(session) && os_errno != EMSGSIZE) {
        hs_quic_end_of_icmp(session, os_errno);
        hs_quic_finish(session, NULL);
    }
    leave(session);
    return HS_OK;
}

static void ask_to_close(hs_quic_session *session, uint64_t error, const char *reason,
                         bool is_application, hs_time now)
{
    if (!is_open(session) || session->close_waits || session->in_output) {
        return;
    }
    size_t len = reason ? strnlen(reason, sizeof(session->close_reason)) : 0;
    memcpy(session->close_reason, reason ? reason : "", len);
    const uint8_t *phrase = (const uint8_t *)session->close_reason;
    if (is_application) {
        ngtcp2_ccerr_set_application_error(&session->close_error, error, phrase, len);
    } else {
        ngtcp2_ccerr_set_transport_error(&session->close_error, error, phrase, len);
    }
    hs_quic_end_set(session, HS_QUIC_END_LOCAL_CLOSE, HS_FAILURE_NONE, "closed from here");
    session->close_waits = true;
    if (enter(session, now) == HS_OK) {
        leave(session);
    }
}

void hs_quic_session_close(hs_quic_session *session, uint64_t application_error, const char *reason,
                           hs_time now)
{
    bool done = session->completed && application_error <= NGTCP2_MAX_VARINT;
    ask_to_close(session, done ? application_error : NGTCP2_NO_ERROR, reason, done, now);
}

void hs_quic_session_close_transport(hs_quic_session *session, uint64_t error, const char *reason,
                                     hs_time now)
{
    ask_to_close(session, error <= NGTCP2_MAX_VARINT ? error : NGTCP2_INTERNAL_ERROR, reason, false,
                 now);
}

hs_result hs_quic_session_update_keys(hs_quic_session *session, hs_time now)
{
    if (!is_open(session) || !session->confirmed) {
        return HS_INVALID;
    }
    hs_result result = enter(session, now);
    if (result != HS_OK) {
        return result;
    }
    if (ngtcp2_conn_initiate_key_update(session->conn, (ngtcp2_tstamp)session->now) != 0) {
        result = HS_INVALID;
    }
    leave(session);
    return result;
}
