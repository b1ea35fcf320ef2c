#include "decode/flow_table.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 1024 }; /* a power of two, as all that follow */

typedef struct slot {
    hs_flow *flow; /* NULL: free */
    uint32_t hash;
} slot;

struct hs_flow_table {
    hs_chunks *chunks; /* NULL: malloc's memory alone is used */
    uint64_t seed[2];
    slot *slots;
    size_t mask; /* capacity - 1 */
    size_t count;
};

static bool is_lower_ipv4(const hs_packet *packet, bool *is_same)
{
    uint32_t source;
    uint32_t destination;
    memcpy(&source, packet->source.bytes, sizeof source);
    memcpy(&destination, packet->destination.bytes, sizeof destination);
    *is_same = source == destination;
    return ntohl(source) < ntohl(destination);
}

static bool is_lower_ipv6(const hs_packet *packet, bool *is_same)
{
    int order = memcmp(packet->source.bytes, packet->destination.bytes,
                       sizeof packet->source.bytes);
    *is_same = order == 0;
    return order < 0;
}

/* Written as two numbers: what was written in smaller pieces just now, the processor can read only
 * after a while. */
static void set_ipv4(hs_ip_address *to, const hs_ip_address *from)
{
    uint32_t address;
    memcpy(&address, from->bytes, sizeof address);
    uint64_t low = 0;
    memcpy(&low, &address, sizeof address);
    memcpy(to->bytes, &low, sizeof low);
    memset(to->bytes + sizeof low, 0, sizeof to->bytes - sizeof low);
}

void hs_flow_key_set(hs_flow_key *key, const hs_packet *packet, unsigned *sender)
{
    bool is_same;
    bool is_ipv4 = packet->family == 4;
    bool is_lower = is_ipv4 ? is_lower_ipv4(packet, &is_same) : is_lower_ipv6(packet, &is_same);
    bool is_first = is_lower || (is_same && packet->source_port <= packet->destination_port);
    unsigned source = is_first ? 0 : 1;
    if (is_ipv4) {
        set_ipv4(&key->address[source], &packet->source);
        set_ipv4(&key->address[1 - source], &packet->destination);
    } else {
        key->address[source] = packet->source;
        key->address[1 - source] = packet->destination;
    }
    key->port[source] = packet->source_port;
    key->port[1 - source] = packet->destination_port;
    key->family = packet->family;
    key->protocol = packet->protocol == HS_PROTOCOL_UDP ? HS_PROTOCOL_UDP : 0;
    *sender = source;
}

/* A search looks at any place of a table, so a large one asks for huge pages: else finding out
 * where a page is takes as long as the search. */
static bool is_large(const hs_flow_table *table, size_t capacity)
{
    return table->chunks && capacity * sizeof(slot) % HS_CHUNKS_LARGE == 0;
}

/* Free ones. */
static slot *new_slots(const hs_flow_table *table, size_t capacity)
{
    return is_large(table, capacity) ? hs_chunks_take_large(table->chunks, capacity * sizeof(slot))
                                     : calloc(capacity, sizeof(slot));
}

static void free_slots(hs_flow_table *table)
{
    size_t capacity = table->mask + 1;
    if (table->slots && is_large(table, capacity)) {
        hs_chunks_give_back_large(table->slots, capacity * sizeof *table->slots);
    } else {
        free(table->slots);
    }
}

hs_flow_table *hs_flow_table_new(const uint64_t seed[2], hs_chunks *chunks)
{
    hs_flow_table *table = calloc(1, sizeof *table);
    if (!table) {
        return NULL;
    }
    table->chunks = chunks;
    table->seed[0] = seed[0];
    table->seed[1] = seed[1];
    table->mask = FIRST_CAPACITY - 1;
    table->slots = new_slots(table, FIRST_CAPACITY);
    if (!table->slots) {
        free(table);
        return NULL;
    }
    return table;
}

void hs_flow_table_free(hs_flow_table *table)
{
    if (table) {
        free_slots(table);
        free(table);
    }
}

/* The product's halves, folded into one. */
static inline uint64_t fold(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
    uint64_t low = (a & UINT32_MAX) * (b & UINT32_MAX);
    uint64_t cross = (a >> 32) * (b & UINT32_MAX) + (low >> 32);
    uint64_t other = (a & UINT32_MAX) * (b >> 32) + (cross & UINT32_MAX);
    uint64_t high = (a >> 32) * (b >> 32) + (cross >> 32) + (other >> 32);
    return (other << 32 | (low & UINT32_MAX)) ^ high;
#endif
}

static inline uint64_t half(const hs_ip_address *address, size_t index)
{
    uint64_t word;
    memcpy(&word, address->bytes + index * sizeof word, sizeof word);
    return word;
}

/* By products with a seed that nobody knows: enough against collisions that nobody can see. */
uint32_t hs_flow_key_hash(const uint64_t seed[2], const hs_flow_key *key)
{
    const hs_ip_address *a = &key->address[0];
    const hs_ip_address *b = &key->address[1];
    uint64_t ends = (uint64_t)key->port[0] << 32 | (uint64_t)key->port[1] << 16 |
                    (uint64_t)key->protocol << 8 | key->family;
    uint64_t hash = fold(half(a, 0) ^ seed[0], half(b, 0) ^ seed[1]);
    if (key->family != 4) {
        hash += fold(half(a, 1) ^ seed[1], half(b, 1) ^ ~seed[0]);
    }
    hash = fold(hash ^ seed[1], ends ^ ~seed[0]);
    return (uint32_t)(hash ^ hash >> 32);
}

uint32_t hs_flow_table_hash(const hs_flow_table *table, const hs_flow_key *key)
{
    return hs_flow_key_hash(table->seed, key);
}

static const hs_flow_head *head_of(const hs_flow *flow)
{
    return (const hs_flow_head *)(const void *)flow;
}

hs_flow *hs_flow_table_find(const hs_flow_table *table, const hs_flow_key *key, uint32_t hash)
{
    for (size_t i = hash & table->mask; table->slots[i].flow; i = (i + 1) & table->mask) {
        if (table->slots[i].hash == hash &&
            memcmp(&head_of(table->slots[i].flow)->key, key, sizeof *key) == 0) {
            return table->slots[i].flow;
        }
    }
    return NULL;
}

void hs_flow_table_expect(const hs_flow_table *table, uint32_t hash)
{
    __builtin_prefetch(&table->slots[hash & table->mask]);
}

const hs_flow *hs_flow_table_likely(const hs_flow_table *table, uint32_t hash)
{
    enum { FEW = 4 };
    for (size_t i = 0; i < FEW; i++) {
        const slot *s = &table->slots[(hash + i) & table->mask];
        if (s->hash == hash || !s->flow) {
            return s->flow;
        }
    }
    return NULL;
}

static void place(slot *slots, size_t mask, slot entry)
{
    size_t i = entry.hash & mask;
    while (slots[i].flow) {
        i = (i + 1) & mask;
    }
    slots[i] = entry;
}

static bool grow(hs_flow_table *table)
{
    size_t capacity = (table->mask + 1) * 2;
    slot *slots = new_slots(table, capacity);
    if (!slots) {
        return false;
    }
    for (size_t i = 0; i <= table->mask; i++) {
        if (table->slots[i].flow) {
            place(slots, capacity - 1, table->slots[i]);
        }
    }
    free_slots(table);
    table->slots = slots;
    table->mask = capacity - 1;
    return true;
}

/* When it has as many, it will soon be too small. */
static size_t nearly_full(const hs_flow_table *table)
{
    return (table->mask + 1) / 16 * 11;
}

hs_result hs_flow_table_add(hs_flow_table *table, hs_flow *flow)
{
    if (table->count == nearly_full(table) && is_large(table, (table->mask + 1) * 2)) {
        hs_chunks_expect_large(table->chunks, (table->mask + 1) * 2 * sizeof(slot));
    }
    /* At most three quarters full, a full one ends no search. */
    if (table->count + 1 > (table->mask + 1) / 4 * 3 && !grow(table) &&
        table->count == table->mask) {
        return HS_NO_MEMORY;
    }
    place(table->slots, table->mask, (slot){flow, head_of(flow)->hash});
    table->count++;
    return HS_OK;
}

/* Whether an entry whose place is `home` and that stands at `at` is found from `free_slot`. */
static bool may_move(size_t home, size_t free_slot, size_t at, size_t mask)
{
    return ((at - home) & mask) >= ((at - free_slot) & mask);
}

void hs_flow_table_remove(hs_flow_table *table, const hs_flow *flow)
{
    size_t mask = table->mask;
    size_t at = head_of(flow)->hash & mask;
    while (table->slots[at].flow != flow) {
        at = (at + 1) & mask;
    }
    table->slots[at].flow = NULL;
    table->count--;
    /* What stands behind moves up, so that no search stops early. */
    for (size_t i = (at + 1) & mask; table->slots[i].flow; i = (i + 1) & mask) {
        if (may_move(table->slots[i].hash & mask, at, i, mask)) {
            table->slots[at] = table->slots[i];
            table->slots[i].flow = NULL;
            at = i;
        }
    }
}

void hs_flow_table_clear(hs_flow_table *table)
{
    slot *slots = new_slots(table, FIRST_CAPACITY);
    if (slots) {
        free_slots(table);
        table->slots = slots;
        table->mask = FIRST_CAPACITY - 1;
    } else {
        memset(table->slots, 0, (table->mask + 1) * sizeof *table->slots);
    }
    table->count = 0;
}

size_t hs_flow_table_count(const hs_flow_table *table)
{
    return table->count;
}

size_t hs_flow_table_memory(const hs_flow_table *table)
{
    return sizeof *table + (table->mask + 1) * sizeof *table->slots;
}
