/* A ring of entries, the oldest overwritten, and chains over it by hash. */
#include "secrets/tls12_sessions.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

enum {
    ENTRIES_MAX = 65536,
    ENTRIES_MIN = 16, /* whatever the limit */
    HASH = 32,        /* SHA-256 */
    NONE = -1,
};

typedef struct entry {
    uint8_t hash[HASH];
    uint8_t client_random[HS_TLS12_SESSIONS_RANDOM];
    int32_t next; /* in its chain; NONE: it is the last */
} entry;

enum { ENTRY_MEMORY = sizeof(entry) + sizeof(int32_t) };

struct hs_tls12_sessions {
    EVP_MD *md;
    EVP_MD_CTX *context;
    uint64_t seed[2];
    entry *entries;
    int32_t *chains; /* as many as there is room for entries */
    size_t room;     /* grows up to `limit` */
    size_t count;
    size_t oldest; /* the next to be overwritten, once all are taken */
    size_t limit;
};

hs_tls12_sessions *hs_tls12_sessions_new(size_t memory_limit, const uint64_t seed[2])
{
    hs_tls12_sessions *sessions = calloc(1, sizeof *sessions);
    if (!sessions) {
        return NULL;
    }
    size_t limit = memory_limit / ENTRY_MEMORY;
    sessions->limit = limit > ENTRIES_MAX ? ENTRIES_MAX : limit < ENTRIES_MIN ? ENTRIES_MIN : limit;
    sessions->seed[0] = seed[0];
    sessions->seed[1] = seed[1];
    sessions->md = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    sessions->context = EVP_MD_CTX_new();
    if (!sessions->md || !sessions->context) {
        hs_tls12_sessions_free(sessions);
        return NULL;
    }
    return sessions;
}

void hs_tls12_sessions_free(hs_tls12_sessions *sessions)
{
    if (sessions) {
        EVP_MD_CTX_free(sessions->context);
        EVP_MD_free(sessions->md);
        free(sessions->entries);
        free(sessions->chains);
        free(sessions);
    }
}

static bool hash_name(const hs_tls12_sessions *sessions, hs_bytes name, uint8_t hash[HASH])
{
    return EVP_DigestInit_ex2(sessions->context, sessions->md, NULL) == 1 &&
           EVP_DigestUpdate(sessions->context, sessions->seed, sizeof sessions->seed) == 1 &&
           EVP_DigestUpdate(sessions->context, name.data, name.len) == 1 &&
           EVP_DigestFinal_ex(sessions->context, hash, NULL) == 1;
}

static int32_t *chain_of(const hs_tls12_sessions *sessions, const uint8_t hash[HASH])
{
    uint64_t number;
    memcpy(&number, hash, sizeof number);
    return &sessions->chains[number % sessions->room];
}

/* The link to the entry, or the one at the end of its chain. */
static int32_t *link_to(const hs_tls12_sessions *sessions, const uint8_t hash[HASH])
{
    int32_t *link = chain_of(sessions, hash);
    while (*link != NONE && memcmp(sessions->entries[*link].hash, hash, HASH) != 0) {
        link = &sessions->entries[*link].next;
    }
    return link;
}

static void put_in_chain(hs_tls12_sessions *sessions, size_t index)
{
    entry *e = &sessions->entries[index];
    int32_t *chain = chain_of(sessions, e->hash);
    e->next = *chain;
    *chain = (int32_t)index;
}

/* Room for one more, as long as the limit allows it. */
static hs_result grow(hs_tls12_sessions *sessions)
{
    if (sessions->count < sessions->room || sessions->room == sessions->limit) {
        return HS_OK;
    }
    size_t room = sessions->room > 0 ? 2 * sessions->room : ENTRIES_MIN;
    room = room < sessions->limit ? room : sessions->limit;
    entry *entries = realloc(sessions->entries, room * sizeof *entries);
    if (!entries) {
        return HS_NO_MEMORY;
    }
    sessions->entries = entries;
    int32_t *chains = malloc(room * sizeof *chains);
    if (!chains) {
        return HS_NO_MEMORY;
    }
    free(sessions->chains);
    sessions->chains = chains;
    sessions->room = room;
    for (size_t i = 0; i < room; i++) {
        chains[i] = NONE;
    }
    for (size_t i = 0; i < sessions->count; i++) {
        put_in_chain(sessions, i);
    }
    return HS_OK;
}

/* The entry for a new name: unused, or the oldest, out of its chain. */
static size_t take_entry(hs_tls12_sessions *sessions)
{
    if (sessions->count < sessions->room) {
        return sessions->count++;
    }
    size_t index = sessions->oldest;
    sessions->oldest = (sessions->oldest + 1) % sessions->room;
    *link_to(sessions, sessions->entries[index].hash) = sessions->entries[index].next;
    return index;
}

hs_result hs_tls12_sessions_add(hs_tls12_sessions *sessions, hs_bytes name, hs_bytes client_random)
{
    uint8_t hash[HASH];
    if (name.len == 0 || client_random.len != HS_TLS12_SESSIONS_RANDOM) {
        return HS_OK;
    }
    if (!hash_name(sessions, name, hash)) {
        return HS_CRYPTO;
    }
    int32_t found = sessions->count > 0 ? *link_to(sessions, hash) : NONE;
    if (found != NONE) {
        memcpy(sessions->entries[found].client_random, client_random.data, client_random.len);
        return HS_OK;
    }
    hs_result result = grow(sessions);
    if (result != HS_OK) {
        return result;
    }
    size_t index = take_entry(sessions);
    memcpy(sessions->entries[index].hash, hash, HASH);
    memcpy(sessions->entries[index].client_random, client_random.data, client_random.len);
    put_in_chain(sessions, index);
    return HS_OK;
}

bool hs_tls12_sessions_find(const hs_tls12_sessions *sessions, hs_bytes name,
                            uint8_t client_random[HS_TLS12_SESSIONS_RANDOM])
{
    uint8_t hash[HASH];
    if (name.len == 0 || sessions->count == 0 || !hash_name(sessions, name, hash)) {
        return false;
    }
    int32_t found = *link_to(sessions, hash);
    if (found != NONE) {
        memcpy(client_random, sessions->entries[found].client_random, HS_TLS12_SESSIONS_RANDOM);
    }
    return found != NONE;
}

size_t hs_tls12_sessions_count(const hs_tls12_sessions *sessions)
{
    return sessions->count;
}

size_t hs_tls12_sessions_memory(const hs_tls12_sessions *sessions)
{
    return sizeof *sessions + sessions->room * ENTRY_MEMORY;
}
