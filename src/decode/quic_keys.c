/* Keys of a key log: which packet has which (RFC 9001 4, 5.1), and key updates (6). */
#include "decode/quic_parts.h"

static void free_slot(hs_quic_slot *slot)
{
    hs_quic_keys_free(slot->keys);
    *slot = (hs_quic_slot){0};
}

void hs_quic_free_keys(hs_quic_direction *direction)
{
    free_slot(&direction->early);
    free_slot(&direction->handshake);
    free_slot(&direction->application);
    hs_quic_keys_free(direction->previous);
    hs_quic_keys_free(direction->next);
    direction->previous = direction->next = NULL;
    direction->key_phase = false;
    direction->phase_first = 0;
}

/* HS_NO_KEY: it may still come. HS_INVALID: it cannot. */
static hs_result find_secret(const hs_quic_decoder *d, const char *label, hs_bytes *secret)
{
    hs_bytes random = hs_tls_decoder_client_random(d->tls);
    if (!d->keylog || (d->is_finishing && random.len == 0)) {
        return HS_INVALID;
    }
    *secret = random.len > 0 ? hs_keylog_find(d->keylog, label, random) : (hs_bytes){0};
    return secret->len > 0 ? HS_OK : HS_NO_KEY;
}

static hs_result set_slot(hs_quic_decoder *d, hs_quic_slot *slot, uint32_t version, uint16_t suite,
                          hs_bytes secret)
{
    if (slot->keys && slot->version == version) {
        return HS_OK;
    }
    hs_result result = slot->keys ? HS_OK : hs_quic_keys_new(d->crypto, &slot->keys);
    if (result == HS_OK) {
        result = hs_quic_keys_set_traffic(slot->keys, version, suite, secret);
    }
    slot->version = version;
    if (result != HS_OK) {
        free_slot(slot);
    }
    return result == HS_NO_KEY ? HS_INVALID : result;
}

/* Keys of `slot` for a packet of this version, once their secret and suite are known. */
static hs_result have_keys(hs_quic_decoder *d, hs_quic_slot *slot, const char *label,
                           uint32_t version)
{
    hs_bytes secret;
    uint16_t suite = 0;
    if (slot->keys && slot->version == version) {
        return HS_OK;
    }
    hs_result result = find_secret(d, label, &secret);
    if (result != HS_OK) {
        return result;
    }
    if (!hs_tls_decoder_suite(d->tls, &suite)) {
        return d->is_finishing ? HS_INVALID : HS_NO_KEY;
    }
    return set_slot(d, slot, version, suite, secret);
}

/* Early data has the suite of the PSK, which no message names: the one that fits. */
static hs_result open_early(hs_quic_decoder *d, const hs_quic_found *found, hs_quic_opened *out)
{
    hs_quic_slot *slot = &d->sides[HS_CLIENT].early;
    uint32_t version = found->packet.version;
    if (slot->keys && slot->version == version) {
        return hs_quic_try(d, slot->keys, found, HS_QUIC_SPACE_APPLICATION, out);
    }
    hs_bytes secret;
    hs_result result = found->from == HS_CLIENT
                           ? find_secret(d, "CLIENT_EARLY_TRAFFIC_SECRET", &secret)
                           : HS_INVALID;
    if (result != HS_OK) {
        return result;
    }
    const uint16_t *suites;
    size_t count = hs_tls_decoder_offered_suites(d->tls, &suites);
    for (size_t i = 0; i < count; i++) {
        free_slot(slot);
        result = set_slot(d, slot, version, suites[i], secret);
        if (result == HS_OK) {
            result = hs_quic_try(d, slot->keys, found, HS_QUIC_SPACE_APPLICATION, out);
        }
        if (result == HS_OK || result == HS_NO_MEMORY) {
            return result;
        }
    }
    free_slot(slot);
    return HS_MALFORMED;
}

/* The packet is of the next phase: what was new becomes what was before. */
static void change_phase(hs_quic_direction *direction, uint64_t number)
{
    hs_quic_keys *free_one = direction->previous;
    direction->previous = direction->application.keys;
    direction->application.keys = direction->next;
    direction->next = free_one; /* to be set anew */
    direction->key_phase = !direction->key_phase;
    direction->phase_first = number;
}

static hs_result have_next(hs_quic_decoder *d, hs_quic_direction *direction)
{
    if (!direction->next) {
        hs_result result = hs_quic_keys_new(d->crypto, &direction->next);
        if (result != HS_OK) {
            return result;
        }
    }
    return hs_quic_keys_set_next(direction->next, direction->application.keys);
}

static hs_result open_payload(hs_quic_decoder *d, hs_quic_keys *keys, const hs_quic_found *found,
                              hs_quic_opened *out)
{
    hs_result result = hs_quic_payload_open(keys, found->packet.bytes,
                                            found->packet.packet_number_offset, &out->header,
                                            d->scratch, &out->payload);
    return result == HS_NO_KEY || result == HS_NEED_MORE ? HS_MALFORMED : result;
}

/* The other key phase: that before, of a packet that was late, or the next (RFC 9001 6.3, 6.4). The
 * header's protection is the same in all. */
static hs_result open_other_phase(hs_quic_decoder *d, const hs_quic_found *found,
                                  hs_quic_opened *out)
{
    hs_quic_direction *direction = &d->sides[found->from];
    hs_result result = HS_MALFORMED;
    if (direction->previous && out->header.packet_number < direction->phase_first) {
        result = open_payload(d, direction->previous, found, out);
    }
    if (result != HS_MALFORMED) {
        return result;
    }
    result = have_next(d, direction);
    if (result == HS_OK) {
        result = open_payload(d, direction->next, found, out);
    }
    if (result == HS_OK) {
        change_phase(direction, out->header.packet_number);
        d->trace->quic.key_updates++;
    }
    return result;
}

static hs_result open_1rtt(hs_quic_decoder *d, const hs_quic_found *found, hs_quic_opened *out)
{
    static const char *const labels[] = {"CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"};
    hs_quic_direction *direction = &d->sides[found->from];
    hs_result result = direction->application.keys
                           ? HS_OK
                           : have_keys(d, &direction->application, labels[found->from], d->version);
    if (result != HS_OK) {
        return result;
    }
    result = hs_quic_try(d, direction->application.keys, found, HS_QUIC_SPACE_APPLICATION, out);
    bool is_other = result == HS_MALFORMED && out->header.key_phase != direction->key_phase;
    return is_other ? open_other_phase(d, found, out) : result;
}

hs_result hs_quic_open_traffic(hs_quic_decoder *d, const hs_quic_found *found, hs_quic_opened *out)
{
    static const char *const labels[] = {"CLIENT_HANDSHAKE_TRAFFIC_SECRET",
                                         "SERVER_HANDSHAKE_TRAFFIC_SECRET"};
    hs_quic_direction *direction = &d->sides[found->from];
    hs_result result;
    switch (found->packet.type) {
    case HS_QUIC_0RTT:
        return open_early(d, found, out);
    case HS_QUIC_HANDSHAKE:
        result = have_keys(d, &direction->handshake, labels[found->from], found->packet.version);
        return result == HS_OK
                   ? hs_quic_try(d, direction->handshake.keys, found, HS_QUIC_SPACE_HANDSHAKE, out)
                   : result;
    default:
        return open_1rtt(d, found, out);
    }
}
