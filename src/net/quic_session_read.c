/* What a datagram is to a session: fed to ngtcp2, held back, or left aside. */
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "net/quic_state.h"
#include "secrets/quic_retry.h"
#include "wire/quic/packet.h"

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
        packet.type != HS_QUIC_RETRY) {
        return false;
    }
    const ngtcp2_cid *dcid = ngtcp2_conn_get_dcid(session->conn);
    return hs_quic_retry_check(session->context->crypto, packet.version,
                               hs_bytes_of(dcid->data, dcid->datalen), packet.bytes) == HS_OK;
}

/* RFC 9000 5.2: a client's long headers carry the connection ID that it chose. What another
 * connection of this port gets late would move ngtcp2 to that one's version, were it let in. */
static bool is_of_another(const hs_quic_session *session, hs_bytes datagram)
{
    ngtcp2_version_cid header;
    if (session->context->is_server || !(datagram.data[0] & HS_QUIC_BIT_LONG)) {
        return false;
    }
    int error = ngtcp2_pkt_decode_version_cid(&header, datagram.data, datagram.len,
                                              HS_QUIC_CID_LEN);
    return (error != 0 && error != NGTCP2_ERR_VERSION_NEGOTIATION) ||
           !hs_bytes_equal(hs_bytes_of(header.dcid, header.dcidlen),
                           hs_bytes_of(session->scid.data, session->scid.datalen));
}

static void feed(hs_quic_session *session, const hs_quic_path *from, hs_bytes bytes,
                 hs_quic_ecn ecn)
{
    ngtcp2_path path = hs_quic_ngtcp2_path(from);
    ngtcp2_pkt_info info = {.ecn = (uint8_t)((unsigned)ecn & NGTCP2_ECN_MASK)};
    int error = ngtcp2_conn_read_pkt(session->conn, &path, &info, bytes.data, bytes.len,
                                     (ngtcp2_tstamp)session->now);
    if (error == NGTCP2_ERR_RECV_VERSION_NEGOTIATION) {
        follow_version_negotiation(session);
    } else if (error != 0) {
        hs_quic_fail(session, error);
    }
}

/* Where the packets with short headers begin. */
static size_t find_short(hs_bytes bytes)
{
    hs_quic_datagram datagram;
    hs_quic_packet packet;
    hs_quic_datagram_init(&datagram, bytes, HS_QUIC_CID_LEN);
    while (hs_quic_datagram_next(&datagram, &packet)) {
        if (packet.type == HS_QUIC_1RTT) {
            return (size_t)(packet.bytes.data - bytes.data);
        }
    }
    return bytes.len;
}

static void hold(hs_quic_session *session, hs_bytes bytes)
{
    if (bytes.len > HS_QUIC_HELD_BYTES || session->held_count == HS_QUIC_HELD_MAX) {
        return; /* as lost: the server sends it again */
    }
    uint8_t *copy = malloc(bytes.len);
    if (copy) {
        memcpy(copy, bytes.data, bytes.len);
        session->held[session->held_count++] = hs_bytes_of(copy, bytes.len);
    }
}

void hs_quic_held_free(hs_quic_session *session)
{
    for (size_t i = 0; i < session->held_count; i++) {
        free((uint8_t *)session->held[i].data);
    }
    session->held_count = 0;
}

/* A client whose handshake is not done. Until ngtcp2 has written the client's Finished, it has not
 * taken over the server's transport parameters, and frames of 1-RTT packets lead it into an abort:
 * HANDSHAKE_DONE, or NEW_CONNECTION_ID that retires the first. So those packets come after that. */
static void feed_client(hs_quic_session *session, const hs_quic_path *from, hs_bytes datagram,
                        hs_quic_ecn ecn)
{
    size_t split = find_short(datagram);
    if (split > 0) {
        feed(session, from, hs_bytes_of(datagram.data, split), ecn);
    }
    if (split < datagram.len) {
        hold(session, hs_bytes_of(datagram.data + split, datagram.len - split));
    }
    if (session->stage != HS_QUIC_STAGE_OPEN || session->close_waits ||
        !hs_quic_tls_is_done(session->tls)) {
        return;
    }
    int error = hs_quic_write(session);
    if (error != 0) {
        hs_quic_fail(session, error);
    }
    for (size_t i = 0; i < session->held_count; i++) {
        if (session->stage == HS_QUIC_STAGE_OPEN && session->completed && !session->close_waits) {
            feed(session, from, session->held[i], ecn);
        }
    }
    hs_quic_held_free(session);
}

void hs_quic_read(hs_quic_session *session, const hs_quic_path *from, hs_bytes datagram,
                  hs_quic_ecn ecn)
{
    if (is_of_another(session, datagram)) {
        return;
    }
    if (is_second_retry(session, datagram)) {
        hs_quic_end_set(session, HS_QUIC_END_DROPPED, HS_FAILURE_QUIC_RETRY_LOOP,
                        "the server answered the token of its Retry with another Retry");
        hs_quic_finish(session, NULL);
    } else if (session->context->is_server || session->completed) {
        feed(session, from, datagram, ecn);
    } else {
        feed_client(session, from, datagram, ecn);
    }
}
