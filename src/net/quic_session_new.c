/* Making and freeing a session, and what a client sets before the start. */
#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>

#include "base/reader.h"
#include "net/quic_state.h"
#include "net/quic_ticket.h"
#include "net/tls_verify.h"
#include "wire/quic/version.h"

/* The only value with which a ticket allows 0-RTT (RFC 9001 4.6.1). */
#define QUIC_EARLY_DATA_MAX UINT32_C(0xffffffff)

/* "h3,hq-interop" to RFC 7301's list of length-prefixed names. */
hs_result hs_quic_read_alpn(const char *list, uint8_t out[HS_QUIC_ALPN_MAX], size_t *out_len)
{
    hs_writer w;
    hs_writer_init(&w, out, HS_QUIC_ALPN_MAX);
    for (const char *at = list; *at;) {
        at += strspn(at, " ");
        size_t len = strcspn(at, ",");
        size_t trimmed = len;
        while (trimmed > 0 && at[trimmed - 1] == ' ') {
            trimmed--;
        }
        if (trimmed == 0) {
            return HS_INVALID;
        }
        hs_block name = hs_write_open(&w, 1);
        hs_write_bytes(&w, hs_bytes_of(at, trimmed));
        hs_write_close(&w, name);
        at += len;
        at += *at == ',';
    }
    *out_len = w.len;
    return hs_writer_result(&w) == HS_OK ? HS_OK : HS_INVALID;
}

hs_result hs_quic_session_make(hs_quic_context *context, const hs_quic_path *path,
                               hs_quic_session **out)
{
    *out = NULL;
    hs_quic_session *session = calloc(1, sizeof(*session));
    if (!session) {
        return HS_NO_MEMORY;
    }
    session->context = context;
    session->path = *path;
    session->deadline = HS_TIME_NONE;
    session->early_data = HS_EARLY_DATA_UNSEEN;
    hs_tls_peer_init(&session->peer);
    hs_buffer_init(&session->offer, HS_QUIC_TICKET_MAX);
    hs_buffer_init(&session->ticket, HS_QUIC_TICKET_MAX);
    hs_buffer_init(&session->token, HS_QUIC_TOKEN_MAX);
    ngtcp2_ccerr_default(&session->close_error);
    *out = session;
    return HS_OK;
}

void hs_quic_session_destroy(hs_quic_session *session)
{
    hs_quic_disconnect(session);
    hs_quic_streams_free(session);
    hs_quic_held_free(session);
    hs_tls_peer_free(&session->peer);
    hs_buffer_free(&session->offer);
    hs_buffer_free(&session->ticket);
    hs_buffer_free(&session->token);
    free(session);
}

void hs_quic_session_free(hs_quic_session *session)
{
    if (session && !session->context->is_server) {
        hs_quic_session_destroy(session);
    }
}

static bool is_address(const struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET || address->ss_family == AF_INET6;
}

static hs_result set_target(hs_quic_session *session, const hs_quic_target *target)
{
    static const uint32_t defaults[] = {HS_QUIC_V1, HS_QUIC_V2};
    bool has_versions = target->version_count > 0;
    uint32_t versions[HS_QUIC_VERSIONS_MAX];
    size_t count = 0;
    hs_result result = hs_quic_take_versions(has_versions ? target->versions : defaults,
                                             has_versions ? target->version_count : 2, versions,
                                             &count);
    if (result != HS_OK || !is_address(&target->path.local) || !is_address(&target->path.remote)) {
        return HS_INVALID;
    }
    session->version = versions[0];
    for (size_t i = 0; i < count; i++) {
        if (hs_quic_speaks(versions[i])) {
            session->versions[session->version_count++] = versions[i];
        }
    }
    session->idle_timeout = target->idle_timeout > 0 ? target->idle_timeout : HS_QUIC_IDLE_DEFAULT;
    session->max_datagram = target->max_datagram ? target->max_datagram : HS_QUIC_DATAGRAM_MAX;
    if (session->max_datagram < HS_QUIC_DATAGRAM_MIN ||
        session->max_datagram > HS_QUIC_DATAGRAM_MAX) {
        return HS_INVALID;
    }
    if (target->alpn) {
        result = hs_quic_read_alpn(target->alpn, session->alpn, &session->alpn_len);
    }
    return result == HS_OK && target->server_name
               ? hs_tls_peer_set_name(&session->peer, target->server_name)
               : result;
}

hs_result hs_quic_session_new(hs_quic_context *context, const hs_quic_target *target,
                              const hs_quic_session_events *events, hs_quic_session **out)
{
    hs_quic_session *session = NULL;
    *out = NULL;
    if (context->is_server || !events->output) {
        return HS_INVALID;
    }
    hs_result result = hs_quic_session_make(context, &target->path, &session);
    if (result != HS_OK) {
        return result;
    }
    session->events = *events;
    result = set_target(session, target);
    if (result == HS_OK) {
        *out = session;
    } else {
        hs_quic_session_free(session);
    }
    return result;
}

static bool offers_protocol(const hs_quic_session *session, hs_bytes name)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, hs_bytes_of(session->alpn, session->alpn_len), &fault, NULL);
    while (hs_reader_left(&r) > 0) {
        hs_reader block = hs_read_block8(&r, "protocol");
        bool same = hs_bytes_equal(hs_read_rest(&block, "name"), name);
        hs_reader_close(&block);
        if (same) {
            return true;
        }
    }
    return false;
}

static bool offers_version(const hs_quic_session *session, uint32_t version)
{
    for (size_t i = 0; i < session->version_count; i++) {
        if (session->versions[i] == version) {
            return true;
        }
    }
    return false;
}

/* RFC 9001 4.6.2, RFC 9000 7.4.1. */
static bool allows_early_data(hs_quic_session *session, const hs_quic_ticket *ticket)
{
    ngtcp2_transport_params params;
    if (ticket->early_data_max != QUIC_EARLY_DATA_MAX || ticket->session.len == 0 ||
        ticket->parameters.len == 0 ||
        ngtcp2_transport_params_decode(&params, ticket->parameters.data, ticket->parameters.len) !=
            0 ||
        !(ticket->alpn.len == 0 ? session->alpn_len == 0
                                : offers_protocol(session, ticket->alpn))) {
        return false;
    }
    session->early_bidi = params.initial_max_streams_bidi;
    session->early_uni = params.initial_max_streams_uni;
    return true;
}

hs_result hs_quic_session_offer(hs_quic_session *session, hs_bytes bytes, bool *early_data)
{
    hs_quic_ticket ticket;
    if (early_data) {
        *early_data = false;
    }
    if (session->stage != HS_QUIC_STAGE_IDLE || session->streams ||
        hs_buffer_bytes(&session->offer).len > 0) {
        return HS_INVALID;
    }
    if (hs_quic_ticket_read(bytes, &ticket) != HS_OK || !hs_quic_speaks(ticket.version)) {
        return HS_MALFORMED;
    }
    /* Another name's session is for another name's certificate; another version's is for that. */
    const char *name = session->peer.name ? session->peer.name : "";
    if (!hs_bytes_are(ticket.server_name, name) || !offers_version(session, ticket.version)) {
        return HS_OK;
    }
    hs_quic_tls *trial = NULL;
    const hs_quic_tls_events none = {0};
    hs_result result = HS_OK;
    if (ticket.session.len > 0) {
        result = hs_quic_tls_new(session->context->tls, hs_bytes_of(NULL, 0), NULL, false, &none,
                                 &trial);
        if (result == HS_OK) {
            result = hs_quic_tls_resume(trial, ticket.session);
        }
        hs_quic_tls_free(trial);
    }
    if (result == HS_OK) {
        result = hs_buffer_append(&session->offer, bytes);
    }
    if (result != HS_OK) {
        return result;
    }
    session->version = ticket.version;
    session->may_send_early = allows_early_data(session, &ticket);
    if (early_data) {
        *early_data = session->may_send_early;
    }
    return HS_OK;
}
