/* Initial keys (RFC 9001 5.2): of which version, and of which Destination Connection ID of the
 * client. A Retry changes the second, Version Negotiation the first and as a rule both, a
 * compatible upgrade (RFC 9368 2.3, RFC 9369 4) only the first; packets of before may still be on
 * their way. */
#include <string.h>

#include "decode/quic_parts.h"

hs_result hs_quic_add_generation(hs_quic_decoder *d, uint32_t version, hs_bytes dcid)
{
    if (!hs_quic_keys_has_version(version) || dcid.len > HS_QUIC_CONNECTION_ID_MAX) {
        return HS_NO_KEY;
    }
    for (size_t i = 0; i < d->generation_count; i++) {
        const hs_quic_generation *g = &d->generations[i];
        if (g->version == version && hs_bytes_equal(hs_quic_id_bytes(&g->dcid), dcid)) {
            return HS_OK;
        }
    }
    if (d->generation_count == HS_QUIC_GENERATIONS_MAX) {
        return HS_LIMIT;
    }
    hs_quic_generation *g = &d->generations[d->generation_count++];
    *g = (hs_quic_generation){.version = version};
    hs_quic_id_set(&g->dcid, dcid);
    d->has_news = true;
    return HS_OK;
}

static void free_generation(hs_quic_generation *g)
{
    hs_quic_keys_free(g->keys[HS_CLIENT]);
    hs_quic_keys_free(g->keys[HS_SERVER]);
    *g = (hs_quic_generation){0};
}

void hs_quic_free_generations(hs_quic_decoder *d)
{
    while (d->generation_count > 0) {
        free_generation(&d->generations[--d->generation_count]);
    }
}

static hs_result open_with(hs_quic_decoder *d, hs_quic_generation *g, const hs_quic_found *found,
                           hs_quic_opened *out)
{
    hs_quic_keys **keys = &g->keys[found->from];
    if (!*keys) {
        hs_result result = hs_quic_keys_new(d->crypto, keys);
        if (result == HS_OK) {
            result = hs_quic_keys_set_initial(*keys, g->version, hs_quic_id_bytes(&g->dcid),
                                              found->from == HS_CLIENT);
        }
        if (result != HS_OK) {
            return result;
        }
    }
    return hs_quic_try(d, *keys, found, HS_QUIC_SPACE_INITIAL, out);
}

/* The newest first: what came before it is seldom still under way. */
static hs_result try_generations(hs_quic_decoder *d, const hs_quic_found *found,
                                 hs_quic_opened *out)
{
    hs_result result = HS_NO_KEY;
    for (size_t i = d->generation_count; i > 0; i--) {
        hs_quic_generation *g = &d->generations[i - 1];
        if (g->version == found->packet.version) {
            result = open_with(d, g, found, out);
            if (result != HS_MALFORMED) {
                return result;
            }
        }
    }
    return result;
}

/* A client's packet may be the first one, or the first one that follows a Retry or a Version
 * Negotiation that was not seen: its own Destination Connection ID makes its keys. */
static hs_result guess(hs_quic_decoder *d, const hs_quic_found *found, hs_quic_opened *out)
{
    size_t before = d->generation_count;
    bool had_news = d->has_news;
    if (d->guesses == HS_QUIC_GUESSES_MAX) {
        return HS_INVALID;
    }
    hs_result result = hs_quic_add_generation(d, found->packet.version, found->packet.dcid);
    if (result != HS_OK || d->generation_count == before) {
        return result == HS_OK ? HS_MALFORMED : HS_INVALID;
    }
    result = open_with(d, &d->generations[before], found, out);
    if (result != HS_OK) {
        d->guesses++;
        free_generation(&d->generations[--d->generation_count]);
        d->has_news = had_news;
    }
    return result;
}

static bool knows_version(const hs_quic_decoder *d, uint32_t version)
{
    for (size_t i = 0; i < d->generation_count; i++) {
        if (d->generations[i].version == version) {
            return true;
        }
    }
    return false;
}

/* A server's packet of another version than the client's: a compatible upgrade, whose keys come
 * from the same Destination Connection ID. */
static hs_result upgrade(hs_quic_decoder *d, const hs_quic_found *found, hs_quic_opened *out)
{
    size_t before = d->generation_count;
    hs_bytes dcid = hs_quic_id_bytes(&d->generations[before - 1].dcid);
    hs_result result = hs_quic_add_generation(d, found->packet.version, dcid);
    if (result != HS_OK || d->generation_count == before) {
        return HS_INVALID;
    }
    result = open_with(d, &d->generations[before], found, out);
    if (result != HS_OK) {
        free_generation(&d->generations[--d->generation_count]);
    }
    return result;
}

hs_result hs_quic_open_initial(hs_quic_decoder *d, const hs_quic_found *found, hs_quic_opened *out)
{
    hs_result result = try_generations(d, found, out);
    if (result != HS_NO_KEY && result != HS_MALFORMED) {
        return result;
    }
    if (found->from == HS_CLIENT) {
        hs_result guessed = guess(d, found, out);
        /* The first Initial may still come. */
        bool may_wait = !d->has_begun && !d->is_finishing;
        return guessed == HS_MALFORMED && may_wait ? HS_NO_KEY : guessed;
    }
    if (d->generation_count == 0) {
        return HS_NO_KEY;
    }
    return knows_version(d, found->packet.version) ? result : upgrade(d, found, out);
}
