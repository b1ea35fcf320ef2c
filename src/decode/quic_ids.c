/* Connection IDs that a side issued, and the stateless reset tokens that it gave with them
 * (RFC 9000 5.1, 10.3). */
#include <string.h>

#include "decode/quic_parts.h"

void hs_quic_id_set(hs_quic_id *id, hs_bytes bytes)
{
    id->len = bytes.len < sizeof id->data ? bytes.len : sizeof id->data;
    if (id->len > 0) {
        memcpy(id->data, bytes.data, id->len);
    }
}

void hs_quic_issue(hs_quic_decoder *d, hs_side side, hs_bytes id)
{
    hs_quic_direction *direction = &d->sides[side];
    if (id.len > HS_QUIC_CONNECTION_ID_MAX) {
        return;
    }
    for (size_t i = 0; i < direction->id_count; i++) {
        if (hs_bytes_equal(hs_quic_id_bytes(&direction->ids[i]), id)) {
            return;
        }
    }
    /* The newest are in use; where there are too many, the oldest goes. */
    if (direction->id_count == HS_QUIC_IDS_MAX) {
        memmove(direction->ids, direction->ids + 1, (HS_QUIC_IDS_MAX - 1) * sizeof(hs_quic_id));
        direction->id_count--;
    }
    hs_quic_id_set(&direction->ids[direction->id_count++], id);
    d->id_changes++;
}

void hs_quic_give_token(hs_quic_decoder *d, hs_side side, hs_bytes token)
{
    hs_quic_direction *direction = &d->sides[side];
    if (token.len != HS_QUIC_STATELESS_RESET_TOKEN_LEN ||
        direction->token_count == HS_QUIC_TOKENS_MAX) {
        return;
    }
    memcpy(direction->tokens[direction->token_count++], token.data, token.len);
    d->has_news = true;
}

bool hs_quic_is_stateless_reset(const hs_quic_decoder *d, const hs_quic_found *found)
{
    const hs_quic_direction *direction = &d->sides[found->from];
    hs_bytes token;
    if (direction->token_count == 0 || !found->is_alone ||
        !hs_quic_stateless_reset_token(found->packet.bytes, &token)) {
        return false;
    }
    for (size_t i = 0; i < direction->token_count; i++) {
        if (hs_bytes_equal(hs_bytes_of(direction->tokens[i], sizeof direction->tokens[i]), token)) {
            return true;
        }
    }
    return false;
}

size_t hs_quic_short_id_len(const hs_quic_decoder *d, hs_side from)
{
    const hs_quic_direction *receiver = &d->sides[from == HS_CLIENT ? HS_SERVER : HS_CLIENT];
    return receiver->has_scid ? receiver->scid_len : 0;
}

size_t hs_quic_decoder_connection_ids(const hs_quic_decoder *decoder, hs_side issuer, hs_bytes *ids,
                                      size_t max)
{
    const hs_quic_direction *direction = &decoder->sides[issuer];
    size_t count = direction->id_count < max ? direction->id_count : max;
    for (size_t i = 0; i < count; i++) {
        ids[i] = hs_quic_id_bytes(&direction->ids[i]);
    }
    return count;
}

unsigned hs_quic_decoder_connection_id_changes(const hs_quic_decoder *decoder)
{
    return decoder->id_changes;
}
