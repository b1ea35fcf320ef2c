/* Driving ngtcp2: datagrams, time, and what follows from either. */
#include <errno.h>
#include <string.h>

#include "base/reader.h"
#include "net/quic_state.h"
#include "secrets/quic_retry.h"
#include "wire/quic/packet.h"
#include "wire/quic/version.h"

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

/* The first of ours that the server has too, and that was not just refused; 0: none. */
static uint32_t choose_version(const hs_quic_session *session)
{
    for (size_t i = 0; i < session->version_count; i++) {
        for (size_t j = 0; j < session->offered_count; j++) {
            if (session->versions[i] == session->offered[j] &&
                session->versions[i] != session->version) {
                return session->versions[i];
            }
        }
    }
    return 0;
}

/* RFC 9000 6.2, RFC 9368 4: once, with a connection of its own. A ticket is for its version alone.
 */
static void follow_version_negotiation(hs_quic_session *session)
{
    uint32_t version = session->original_version == 0 ? choose_version(session) : 0;
    if (version == 0) {
        hs_quic_end_of_versions(session);
        hs_quic_finish(session, NULL);
        return;
    }
    session->original_version = session->version;
    session->version = version;
    hs_quic_disconnect(session);
    hs_quic_streams_rewind(session);
    session->may_send_early = false;
    session->has_early_key = false;
    session->has_sent_early = false;
    session->used_token = false;
    if (session->events.version_negotiated) {
        session->events.version_negotiated(session->events.context, version);
    }
    if (hs_quic_connect(session) != HS_OK) {
        hs_quic_end_set(session, HS_QUIC_END_DROPPED, HS_FAILURE_LOCAL, "out of memory");
        hs_quic_finish(session, NULL);
    }
}

/* A second Retry is to be ignored (RFC 9000 17.2.5.2), and says why nothing comes of it: a server
 * that asks again for what it was just given. One that answers our first Initial once more has
 * another tag. */
static bool is_second_retry(hs_quic_session *session, hs_bytes datagram)
{
    hs_fault fault;
    hs_reader r;
    hs_quic_packet packet;
    if (session->context->is_server || session->completed || !session->retried) {
        return false;
    }
    hs_reader_init(&r, datagram, &fault, NULL);
    if (hs_quic_read_packet(&r, HS_QUIC_CID_LEN, &packet) != HS_OK ||
        packet.type != HS_QUIC_RETRY ||
        !hs_bytes_equal(packet.dcid, hs_bytes_of(session->scid.data, session->scid.datalen))) {
        return false;
    }
    const ngtcp2_cid *dcid = ngtcp2_conn_get_dcid(session->conn);
    return hs_quic_retry_check(session->context->crypto, packet.version,
                               hs_bytes_of(dcid->data, dcid->datalen), packet.bytes) == HS_OK;
}

static void read_datagram(hs_quic_session *session, const hs_quic_path *from, hs_bytes datagram,
                          hs_quic_ecn ecn)
{
    ngtcp2_path path = hs_quic_ngtcp2_path(from);
    ngtcp2_pkt_info info = {.ecn = (uint8_t)((unsigned)ecn & NGTCP2_ECN_MASK)};
    if (is_second_retry(session, datagram)) {
        hs_quic_end_set(session, HS_QUIC_END_DROPPED, HS_FAILURE_QUIC_RETRY_LOOP,
                        "the server answered the token of its Retry with another Retry");
        hs_quic_finish(session, NULL);
        return;
    }
    int error = ngtcp2_conn_read_pkt(session->conn, &path, &info, datagram.data, datagram.len,
                                     (ngtcp2_tstamp)session->now);
    if (error == NGTCP2_ERR_RECV_VERSION_NEGOTIATION) {
        follow_version_negotiation(session);
    } else if (error != 0) {
        hs_quic_fail(session, error);
    }
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
        read_datagram(session, path, datagram, ecn);
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
