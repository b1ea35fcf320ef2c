#include "cli/read_sources.h"

#include <stdlib.h>
#include <string.h>

enum { KEPT = 4096, SLOTS = 2 * KEPT, ADDRESS_MAX = 64 };

typedef struct counted {
    uint64_t count; /* 0: free */
    char address[ADDRESS_MAX];
} counted;

struct hs_sources {
    uint64_t total;
    uint64_t error;
    size_t kept;
    counted slots[SLOTS];
};

hs_sources *hs_sources_new(void)
{
    return calloc(1, sizeof(hs_sources));
}

void hs_sources_free(hs_sources *sources)
{
    free(sources);
}

static size_t home_of(const char *address)
{
    uint32_t hash = UINT32_C(0x811c9dc5);
    for (const char *at = address; *at != '\0'; at++) {
        hash = (hash ^ (unsigned char)*at) * UINT32_C(0x01000193);
    }
    return (hash ^ hash >> 15) % SLOTS;
}

/* The address' slot, or the free one where it would go. */
static counted *find(counted *slots, const char *address)
{
    size_t i = home_of(address);
    while (slots[i].count > 0 && strcmp(slots[i].address, address) != 0) {
        i = (i + 1) % SLOTS;
    }
    return &slots[i];
}

/* Takes one from every count, and lets go those that come to nothing. */
static void make_room(hs_sources *sources)
{
    counted *old = malloc(sizeof sources->slots);
    if (!old) {
        return;
    }
    memcpy(old, sources->slots, sizeof sources->slots);
    memset(sources->slots, 0, sizeof sources->slots);
    sources->kept = 0;
    sources->error++;
    for (size_t i = 0; i < SLOTS; i++) {
        if (old[i].count > 1) {
            counted *slot = find(sources->slots, old[i].address);
            *slot = old[i];
            slot->count--;
            sources->kept++;
        }
    }
    free(old);
}

void hs_sources_add(hs_sources *sources, const char *address)
{
    sources->total++;
    if (!address || strlen(address) >= ADDRESS_MAX) {
        return;
    }
    counted *slot = find(sources->slots, address);
    if (slot->count > 0) {
        slot->count++;
        return;
    }
    if (sources->kept == KEPT) {
        make_room(sources);
        return;
    }
    strcpy(slot->address, address);
    slot->count = 1;
    sources->kept++;
}

uint64_t hs_sources_total(const hs_sources *sources)
{
    return sources->total;
}

uint64_t hs_sources_error(const hs_sources *sources)
{
    return sources->error;
}

size_t hs_sources_top(hs_sources *sources, hs_source_count *out, size_t most)
{
    size_t count = 0;
    for (size_t i = 0; i < SLOTS; i++) {
        const counted *slot = &sources->slots[i];
        size_t at = count;
        while (at > 0 && out[at - 1].count < slot->count) {
            at--;
        }
        if (slot->count == 0 || at == most) {
            continue;
        }
        size_t kept = count < most ? count++ : most - 1;
        memmove(out + at + 1, out + at, (kept - at) * sizeof *out);
        out[at] = (hs_source_count){slot->address, slot->count};
    }
    return count;
}
