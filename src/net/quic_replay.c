/* A hash table with open addressing; a key is its SHA-256, so that nobody chooses its place. */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "net/quic_replay.h"

enum { DIGEST = 32, SLOTS = 2 * HS_QUIC_REPLAY_MAX };

typedef struct slot {
    uint8_t digest[DIGEST];
    int64_t expires; /* 0: free */
} slot;

struct hs_quic_replay {
    size_t count;
    slot slots[SLOTS];
};

hs_quic_replay *hs_quic_replay_new(void)
{
    return calloc(1, sizeof(hs_quic_replay));
}

void hs_quic_replay_free(hs_quic_replay *replay)
{
    free(replay);
}

static slot *place(hs_quic_replay *replay, const uint8_t digest[DIGEST])
{
    size_t at = ((size_t)digest[0] << 16 | (size_t)digest[1] << 8 | digest[2]) % SLOTS;
    while (replay->slots[at].expires && memcmp(replay->slots[at].digest, digest, DIGEST) != 0) {
        at = (at + 1) % SLOTS;
    }
    return &replay->slots[at];
}

/* Open addressing has no removal: what has not expired is put into an empty table. */
static bool drop_expired(hs_quic_replay *replay, int64_t now)
{
    slot *kept = malloc(HS_QUIC_REPLAY_MAX * sizeof(*kept));
    size_t count = 0;
    if (!kept) {
        return false;
    }
    for (size_t i = 0; i < SLOTS; i++) {
        if (replay->slots[i].expires > now) {
            kept[count++] = replay->slots[i];
        }
    }
    memset(replay->slots, 0, sizeof(replay->slots));
    for (size_t i = 0; i < count; i++) {
        *place(replay, kept[i].digest) = kept[i];
    }
    replay->count = count;
    free(kept);
    return true;
}

bool hs_quic_replay_add(hs_quic_replay *replay, hs_bytes key, int64_t now, int64_t expires)
{
    uint8_t digest[DIGEST];
    if (EVP_Digest(key.data, key.len, digest, NULL, EVP_sha256(), NULL) != 1) {
        return false;
    }
    slot *found = place(replay, digest);
    if (found->expires) {
        return false;
    }
    if (replay->count == HS_QUIC_REPLAY_MAX) {
        if (!drop_expired(replay, now) || replay->count == HS_QUIC_REPLAY_MAX) {
            return false;
        }
        found = place(replay, digest);
    }
    replay->count++;
    memcpy(found->digest, digest, DIGEST);
    found->expires = expires > 0 ? expires : 1;
    return true;
}
