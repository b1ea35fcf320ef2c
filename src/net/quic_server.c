/* Which session a datagram is for, and new ones. */
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "net/quic_server_state.h"
#include "wire/quic/packet.h"

static void put_out(hs_quic_server *server, const hs_quic_path *path, hs_bytes datagram,
                    hs_quic_ecn ecn)
{
    server->events.output(server->events.context, path, datagram, ecn);
}

static void on_accepted(hs_quic_session *session)
{
    hs_quic_server *server = session->link.server;
    if (server->events.accepted) {
        server->events.accepted(server->events.context, session, &session->events);
    }
}

hs_result hs_quic_server_new(hs_quic_context *context, const hs_quic_server_events *events,
                             hs_quic_server **out)
{
    *out = NULL;
    if (!context->is_server || !events->output) {
        return HS_INVALID;
    }
    hs_quic_server *server = calloc(1, sizeof(*server));
    if (!server) {
        return HS_NO_MEMORY;
    }
    server->context = context;
    server->events = *events;
    server->retry = context->retry;
    server->rate_from = -HS_SECOND;
    if (hs_quic_random(&server->seed, sizeof(server->seed)) != HS_OK) {
        free(server);
        return HS_CRYPTO;
    }
    *out = server;
    return HS_OK;
}

static void remove_session(hs_quic_session *session)
{
    hs_quic_server *server = session->link.server;
    hs_quic_session *next = session->link.next;
    if (next) {
        next->link.previous = session->link.previous;
    }
    if (session->link.previous) {
        session->link.previous->link.next = next;
    } else {
        server->sessions = next;
    }
    server->count--;
    hs_quic_routes_clear(session);
    hs_quic_session_destroy(session);
}

void hs_quic_server_free(hs_quic_server *server)
{
    if (server) {
        while (server->sessions) {
            remove_session(server->sessions);
        }
        free(server);
    }
}

static hs_quic_session *add_session(hs_quic_server *server, const hs_quic_path *path,
                                    const ngtcp2_pkt_hd *header, const hs_quic_arrival *arrival)
{
    hs_quic_context *context = server->context;
    hs_quic_session *session = NULL;
    if (hs_quic_session_make(context, path, &session) != HS_OK) {
        return NULL;
    }
    session->stage = HS_QUIC_STAGE_OPEN;
    session->now = server->now;
    session->version = arrival->version;
    session->version_count = context->version_count;
    memcpy(session->versions, context->versions, sizeof(session->versions));
    session->idle_timeout = context->idle_timeout;
    session->max_datagram = context->max_datagram;
    session->retried = arrival->retried;
    session->used_token = arrival->has_token;
    session->link = (hs_quic_server_link){.server = server,
                                          .put_out = put_out,
                                          .accepted = on_accepted,
                                          .cid_issued = hs_quic_route_add,
                                          .cid_retired = hs_quic_route_remove,
                                          .next = server->sessions};
    if (hs_quic_accept(session, arrival) != HS_OK) {
        hs_quic_session_destroy(session);
        return NULL;
    }
    if (server->sessions) {
        server->sessions->link.previous = session;
    }
    server->sessions = session;
    server->count++;
    hs_quic_route_add(session, &header->dcid);
    hs_quic_route_add(session, &session->scid);
    return session;
}

/* One that never became a connection leaves no trace. */
static hs_result feed_session(hs_quic_session *session, const hs_quic_path *path, hs_bytes datagram,
                              hs_quic_ecn ecn)
{
    hs_result result = hs_quic_session_feed(session, path, datagram, ecn,
                                            session->link.server->now);
    if (session->stage == HS_QUIC_STAGE_CLOSED && !session->is_accepted) {
        remove_session(session);
    }
    return result;
}

static bool is_under_load(const hs_quic_server *server)
{
    size_t unproven = 0;
    for (const hs_quic_session *session = server->sessions; session; session = session->link.next) {
        unproven += !session->completed && !session->retried && !session->used_token;
    }
    return unproven >= server->context->sessions_max / 4;
}

static bool demands_retry(const hs_quic_server *server, const hs_quic_arrival *arrival)
{
    if (arrival->retried || arrival->has_token) {
        return false;
    }
    return server->retry == HS_QUIC_RETRY_ALWAYS ||
           (server->retry == HS_QUIC_RETRY_UNDER_LOAD && is_under_load(server));
}

static hs_result admit(hs_quic_server *server, const hs_quic_path *path, hs_bytes datagram,
                       hs_quic_ecn ecn)
{
    ngtcp2_pkt_hd header;
    if (ngtcp2_accept(&header, datagram.data, datagram.len) != 0) {
        return HS_OK;
    }
    hs_quic_arrival arrival = {
        .version = header.version, .client_scid = header.scid, .original_dcid = header.dcid};
    if (!hs_quic_read_token(server, path, &header, &arrival)) {
        hs_quic_send_refusal(server, path, &header, NGTCP2_INVALID_TOKEN);
    } else if (server->is_shut || server->count >= server->context->sessions_max) {
        hs_quic_send_refusal(server, path, &header, NGTCP2_CONNECTION_REFUSED);
    } else if (demands_retry(server, &arrival)) {
        hs_quic_send_retry(server, path, &header);
    } else {
        hs_quic_session *session = add_session(server, path, &header, &arrival);
        if (!session) {
            return HS_NO_MEMORY;
        }
        hs_result result = hs_quic_session_feed(session, path, datagram, ecn, server->now);
        bool wants_retry = session->wants_retry && !arrival.retried;
        if (session->stage == HS_QUIC_STAGE_CLOSED && !session->is_accepted) {
            remove_session(session);
        }
        /* The beginning of the ClientHello did not come first, and is not waited for. */
        if (wants_retry) {
            hs_quic_send_retry(server, path, &header);
        }
        return result;
    }
    return HS_OK;
}

static bool offers(const hs_quic_context *context, uint32_t version)
{
    for (size_t i = 0; i < context->version_count; i++) {
        if (context->versions[i] == version) {
            return true;
        }
    }
    return false;
}

static hs_result dispatch(hs_quic_server *server, const hs_quic_path *path, hs_bytes datagram,
                          hs_quic_ecn ecn)
{
    ngtcp2_version_cid header;
    int error = ngtcp2_pkt_decode_version_cid(&header, datagram.data, datagram.len,
                                              HS_QUIC_CID_LEN);
    if (error != 0 && error != NGTCP2_ERR_VERSION_NEGOTIATION) {
        return HS_OK;
    }
    hs_bytes dcid = hs_bytes_of(header.dcid, header.dcidlen);
    hs_quic_session *session = hs_quic_route_find(server, dcid);
    if (session) {
        return feed_session(session, path, datagram, ecn);
    }
    bool is_long = datagram.data[0] & HS_QUIC_BIT_LONG;
    if (!is_long) {
        hs_quic_send_stateless_reset(server, path, dcid, datagram.len);
    } else if (header.version != 0 && !offers(server->context, header.version)) {
        /* RFC 9000 6.1: not to what is too short to be an Initial of any version. */
        if (datagram.len >= HS_QUIC_DATAGRAM_MIN) {
            hs_quic_send_version_negotiation(server, path, &header);
        }
    } else if (header.version != 0) {
        return admit(server, path, datagram, ecn);
    }
    return HS_OK;
}

static bool is_address(const struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET || address->ss_family == AF_INET6;
}

hs_result hs_quic_server_feed(hs_quic_server *server, const hs_quic_path *path, hs_bytes datagram,
                              hs_quic_ecn ecn, hs_time now)
{
    if (server->is_busy || now < 0 || !is_address(&path->local) || !is_address(&path->remote)) {
        return HS_INVALID;
    }
    if (datagram.len == 0) {
        return HS_OK;
    }
    server->is_busy = true;
    server->now = now > server->now ? now : server->now;
    hs_result result = dispatch(server, path, datagram, ecn);
    server->is_busy = false;
    return result;
}

hs_result hs_quic_server_expire(hs_quic_server *server, hs_time now)
{
    if (server->is_busy || now < 0) {
        return HS_INVALID;
    }
    hs_result result = HS_OK;
    hs_quic_session *next = NULL;
    server->is_busy = true;
    server->now = now > server->now ? now : server->now;
    for (hs_quic_session *session = server->sessions; session; session = next) {
        next = session->link.next;
        hs_result one = hs_quic_session_expire(session, server->now);
        result = result == HS_OK ? one : result;
        if (session->stage == HS_QUIC_STAGE_ENDED ||
            (session->stage == HS_QUIC_STAGE_CLOSED && !session->is_accepted)) {
            remove_session(session);
        }
    }
    server->is_busy = false;
    return result;
}

hs_time hs_quic_server_deadline(const hs_quic_server *server)
{
    hs_time first = HS_TIME_NONE;
    for (const hs_quic_session *session = server->sessions; session; session = session->link.next) {
        if (session->deadline != HS_TIME_NONE &&
            (first == HS_TIME_NONE || session->deadline < first)) {
            first = session->deadline;
        }
    }
    return first;
}

void hs_quic_server_shutdown(hs_quic_server *server, uint64_t application_error, hs_time now)
{
    server->is_shut = true;
    for (hs_quic_session *session = server->sessions; session; session = session->link.next) {
        hs_quic_session_close(session, application_error, NULL, now);
    }
}

size_t hs_quic_server_count(const hs_quic_server *server)
{
    return server->count;
}

void hs_quic_server_set_retry(hs_quic_server *server, hs_quic_retry_policy policy)
{
    server->retry = policy;
}
