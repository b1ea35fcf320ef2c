/* Retry (RFC 9000 17.2.5, 8.1.2; RFC 9001 5.8) and Version Negotiation (RFC 9000 6, 17.2.1). */
#include "decode/quic_parts.h"

#include "secrets/quic_retry.h"

static bool has_tag_for(hs_quic_decoder *d, const hs_quic_found *found, const hs_quic_id *dcid)
{
    return hs_quic_retry_check(d->crypto, found->packet.version, hs_quic_id_bytes(dcid),
                               found->packet.bytes) == HS_OK;
}

/* The client's next Initial has the Retry's Source Connection ID as its own destination, and the
 * same CRYPTO data (17.2.5.2). */
static void accept_retry(hs_quic_decoder *d, const hs_quic_found *found)
{
    d->has_retry = true;
    d->trace->quic.retry = HS_YES;
    hs_quic_id_set(&d->retry_scid, found->packet.scid);
    hs_quic_issue(d, HS_SERVER, found->packet.scid);
    hs_result result = hs_quic_add_generation(d, found->packet.version, found->packet.scid);
    if (result == HS_NO_MEMORY || result == HS_LIMIT) {
        hs_quic_lose(d, result);
    }
    hs_quic_crypto_stream_again(&d->sides[HS_CLIENT].crypto[HS_QUIC_SPACE_INITIAL]);
}

bool hs_quic_take_retry(hs_quic_decoder *d, const hs_quic_found *found, bool forced)
{
    if (!d->has_begun && !forced) {
        return false;
    }
    hs_event *event = hs_quic_show_packet(d, found, NULL);
    const char *tag = "integrity_tag";
    if (found->from == HS_CLIENT) {
        hs_event_add_text(d->trace, event, "unexpected", "a client does not send this");
    } else if (!d->has_begun) {
        hs_event_add_text(d->trace, event, tag, "not checked: the Initial before it was not seen");
    } else if (d->has_retry && has_tag_for(d, found, &d->retry_scid)) {
        d->retries_after++;
        hs_event_add_text(d->trace, event, tag, "right");
        hs_event_add_text(d->trace, event, "ignored", "it answers the token of a Retry");
    } else if (!has_tag_for(d, found, &d->attempt_dcid)) {
        hs_event_add_text(d->trace, event, tag, "wrong");
    } else if (d->has_retry || d->sides[HS_SERVER].has_initial) {
        hs_event_add_text(d->trace, event, tag, "right");
        hs_event_add_text(d->trace, event, "ignored",
                          "a client takes one Retry, and takes it first");
    } else {
        hs_event_add_text(d->trace, event, tag, "right");
        accept_retry(d, found);
    }
    return true;
}

static bool lists(hs_bytes versions, uint32_t wanted)
{
    uint32_t version = 0;
    while (hs_quic_next_version(&versions, &version)) {
        if (version == wanted) {
            return true;
        }
    }
    return false;
}

/* NULL, or why it answers nothing (RFC 9000 6.2, 17.2.1). */
static const char *negotiation_problem(const hs_quic_decoder *d, const hs_quic_found *found)
{
    if (!hs_bytes_equal(found->packet.dcid, hs_quic_id_bytes(&d->client_scid)) ||
        !hs_bytes_equal(found->packet.scid, hs_quic_id_bytes(&d->client_dcid))) {
        return "its connection IDs are not those of the client's packet";
    }
    if (d->sides[HS_SERVER].has_initial || d->has_retry) {
        return "the server has answered otherwise before";
    }
    return NULL;
}

static void accept_negotiation(hs_quic_decoder *d, const hs_quic_found *found)
{
    hs_quic_facts *quic = &d->trace->quic;
    hs_arena *arena = hs_trace_arena(d->trace);
    uint32_t *offered = hs_arena_alloc(arena, HS_QUIC_OFFERED_MAX * sizeof *offered);
    hs_bytes versions = found->packet.versions;
    size_t count = 0;
    while (offered && count < HS_QUIC_OFFERED_MAX &&
           hs_quic_next_version(&versions, &offered[count])) {
        count++;
    }
    quic->version_negotiation = HS_YES;
    quic->offered_versions = offered;
    quic->offered_version_count = count;
    /* A client has to ignore one that lists its own version; not every client does. */
    d->has_negotiation = !lists(found->packet.versions, d->client_version);
}

bool hs_quic_take_negotiation(hs_quic_decoder *d, const hs_quic_found *found, bool forced)
{
    bool has_client = d->client_version != 0;
    if (!has_client && !forced) {
        return false;
    }
    hs_event *event = hs_quic_show_packet(d, found, NULL);
    if (found->from == HS_CLIENT) {
        hs_event_add_text(d->trace, event, "unexpected", "a client does not send this");
        return true;
    }
    const char *problem = has_client ? negotiation_problem(d, found)
                                     : "the packet that it answers was not seen";
    if (problem) {
        hs_event_add_text(d->trace, event, "ignored", problem);
    } else if (d->trace->quic.version_negotiation != HS_YES) {
        if (lists(found->packet.versions, d->client_version)) {
            hs_event_add_text(d->trace, event, "problem",
                              "it lists the version that the client chose");
        }
        accept_negotiation(d, found);
    }
    return true;
}

void hs_quic_begin_anew(hs_quic_decoder *d)
{
    hs_tls_decoder *tls = hs_tls_decoder_new_quic(d->trace);
    if (!tls) {
        hs_quic_lose(d, HS_NO_MEMORY);
        return;
    }
    hs_tls_decoder_free(d->tls);
    d->tls = tls;
    hs_tls_facts *facts = &d->trace->tls;
    facts->present = facts->has_client_random = false;
    facts->early_data = HS_EARLY_DATA_UNSEEN;
    facts->server_name = facts->ja3 = facts->ja4 = NULL;
    d->trace->quic.client_parameters = (hs_quic_parameters){0};
    hs_quic_direction *client = &d->sides[HS_CLIENT];
    for (int space = 0; space < HS_QUIC_SPACE_COUNT; space++) {
        hs_quic_crypto_stream_free(&client->crypto[space]);
        client->numbers[space].largest = HS_QUIC_NO_PACKET_NUMBER;
        client->acknowledged[space] = HS_QUIC_NO_PACKET_NUMBER;
    }
    hs_quic_free_keys(client);
    d->has_new_attempt = true;
    d->first_record = d->record_count;
}
