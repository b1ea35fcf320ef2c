/* One packet: what is inside, what it says of the connection, and its events. */
#include "decode/quic_parts.h"

#include <stdlib.h>

#include <openssl/crypto.h>

static void learn_first_initial(hs_quic_decoder *d, const hs_quic_found *found)
{
    hs_quic_facts *quic = &d->trace->quic;
    const hs_quic_packet *packet = &found->packet;
    hs_arena *arena = hs_trace_arena(d->trace);
    d->has_begun = quic->present = true;
    d->attempt_version = packet->version;
    hs_quic_id_set(&d->attempt_dcid, packet->dcid);
    if (quic->original_version == 0) {
        quic->original_version = packet->version;
        quic->original_dcid = hs_arena_hex(arena, packet->dcid);
    }
    quic->token = packet->token.len > 0 ? HS_YES : HS_NO;
    quic->client_cid = hs_arena_hex(arena, packet->scid);
    hs_quic_issue(d, HS_SERVER, packet->dcid);
    d->has_news = true;
}

static void learn_client(hs_quic_decoder *d, const hs_quic_found *found, hs_quic_opened *opened)
{
    /* Another version before the server has taken one: the client begins anew (RFC 9368 2.1). */
    bool is_new_attempt = d->has_begun && found->packet.type == HS_QUIC_INITIAL &&
                          found->packet.version != d->attempt_version &&
                          !d->sides[HS_SERVER].has_initial;
    if (is_new_attempt) {
        hs_quic_begin_anew(d);
        (void)hs_quic_note_number(&d->sides[HS_CLIENT].numbers[opened->space],
                                  opened->header.packet_number);
        opened->is_duplicate = false;
    }
    if (!d->has_begun || is_new_attempt) {
        learn_first_initial(d, found);
    }
    if (!d->sides[HS_SERVER].has_initial) {
        d->version = d->trace->quic.version = found->packet.version;
    }
}

static void learn_server(hs_quic_decoder *d, const hs_quic_found *found)
{
    hs_quic_facts *quic = &d->trace->quic;
    if (!d->sides[HS_SERVER].has_initial && found->packet.type == HS_QUIC_INITIAL) {
        quic->server_cid = hs_arena_hex(hs_trace_arena(d->trace), found->packet.scid);
    }
    d->version = quic->version = found->packet.version;
}

/* What an authentic long header says. */
static void learn_header(hs_quic_decoder *d, const hs_quic_found *found, hs_quic_opened *opened)
{
    hs_quic_direction *direction = &d->sides[found->from];
    if (found->packet.type == HS_QUIC_1RTT) {
        return;
    }
    if (found->from == HS_CLIENT) {
        learn_client(d, found, opened);
    } else {
        learn_server(d, found);
    }
    hs_quic_issue(d, found->from, found->packet.scid);
    direction->has_scid = true;
    direction->scid_len = found->packet.scid.len;
    direction->has_initial = direction->has_initial || found->packet.type == HS_QUIC_INITIAL;
}

static void record_hidden(hs_quic_decoder *d, const hs_quic_found *found)
{
    /* A packet number, an ACK of a few ranges, and the tag. */
    enum { ACKNOWLEDGES_ONLY = HS_QUIC_PACKET_NUMBER_MAX_LEN + 24 + HS_QUIC_TAG };
    hs_quic_record record = {.place = found->place,
                             .end = found->end,
                             .from = (uint8_t)found->from,
                             .space = (uint8_t)hs_quic_space_of(found->packet.type),
                             .acked = HS_QUIC_NO_PACKET_NUMBER,
                             .is_hidden = true,
                             .is_long = found->packet.payload.len > ACKNOWLEDGES_ONLY};
    hs_quic_record_packet(d, &record);
}

static void show_hidden(hs_quic_decoder *d, const hs_quic_found *found)
{
    (void)hs_quic_show_protected(d, found, NULL);
    record_hidden(d, found);
}

static bool receive_protected(hs_quic_decoder *d, const hs_quic_found *found, bool forced)
{
    hs_quic_opened opened;
    hs_result result = hs_quic_open(d, found, &opened);
    switch (result) {
    case HS_OK:
        learn_header(d, found, &opened);
        hs_quic_frames(d, found, &opened);
        return true;
    case HS_NO_KEY:
        if (forced) {
            show_hidden(d, found);
        }
        return forced;
    case HS_INVALID:
        show_hidden(d, found);
        return true;
    case HS_MALFORMED:
        if (found->packet.type == HS_QUIC_1RTT && hs_quic_receive_joined(d, found)) {
            return true;
        }
        (void)hs_quic_show_protected(d, found, "does not authenticate with its keys");
        return true;
    default:
        (void)hs_quic_show_protected(d, found, hs_result_text(result));
        hs_quic_lose(d, result);
        return true;
    }
}

static void receive_reset(hs_quic_decoder *d, const hs_quic_found *found)
{
    d->trace->quic.stateless_reset = HS_YES;
    d->reset_from = found->from;
    d->is_closed = true;
    hs_quic_show_reset(d, found);
}

/* With room for what is inside; few packets are longer than a path takes without fragments. */
static bool receive_with_scratch(hs_quic_decoder *d, const hs_quic_found *found, bool forced)
{
    enum { ON_STACK = 2048 };
    uint8_t room[ON_STACK];
    size_t len = found->packet.bytes.len;
    d->scratch = len <= sizeof room ? room : malloc(len);
    if (!d->scratch) {
        hs_quic_lose(d, HS_NO_MEMORY);
        return true;
    }
    bool is_done = receive_protected(d, found, forced);
    OPENSSL_cleanse(d->scratch, len);
    if (d->scratch != room) {
        free(d->scratch);
    }
    d->scratch = NULL;
    return is_done;
}

bool hs_quic_receive(hs_quic_decoder *d, const hs_quic_found *found, bool forced)
{
    switch (found->packet.type) {
    case HS_QUIC_RETRY:
        return hs_quic_take_retry(d, found, forced);
    case HS_QUIC_VERSION_NEGOTIATION:
        return hs_quic_take_negotiation(d, found, forced);
    case HS_QUIC_UNKNOWN_VERSION:
        (void)hs_quic_show_protected(d, found, NULL);
        return true;
    case HS_QUIC_INITIAL:
    case HS_QUIC_0RTT:
    case HS_QUIC_HANDSHAKE:
    case HS_QUIC_1RTT:
        break;
    }
    if (found->packet.type == HS_QUIC_1RTT && hs_quic_is_stateless_reset(d, found)) {
        receive_reset(d, found);
        return true;
    }
    return receive_with_scratch(d, found, forced);
}
