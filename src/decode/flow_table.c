#include "decode/flow_table.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    FIRST_CAPACITY = 1024, /* a power of two, as all that follow */
    HUGE_PAGE = 2 * 1024 * 1024,
    IPV4_ADDRESS = 4,
};

typedef struct slot {
    hs_flow *flow; /* NULL: free */
    uint32_t hash;
} slot;

struct hs_flow_table {
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

/* Free ones. A search looks at any place of a table, so a large one asks for huge pages: else
 * finding out where a page is takes as long as the search. */
static slot *new_slots(size_t capacity)
{
    size_t size = capacity * sizeof(slot);
    if (size % HUGE_PAGE != 0) {
        return calloc(capacity, sizeof(slot));
    }
    slot *slots = aligned_alloc(HUGE_PAGE, size);
    if (slots) {
        (void)madvise(slots, size, MADV_HUGEPAGE); /* only asked for */
        memset(slots, 0, size);
    }
    return slots;
}

hs_flow_table *hs_flow_table_new(const uint64_t seed[2])
{
    hs_flow_table *table = calloc(1, sizeof *table);
    slot *slots = new_slots(FIRST_CAPACITY);
    if (!table || !slots) {
        free(table);
        free(slots);
        return NULL;
    }
    table->seed[0] = seed[0];
    table->seed[1] = seed[1];
    table->slots = slots;
    table->mask = FIRST_CAPACITY - 1;
    return table;
}

void hs_flow_table_free(hs_flow_table *table)
{
    if (table) {
        free(table->slots);
        free(table);
    }
}

static inline uint64_t rotate(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

/* SipHash with one round a word and three at the end: enough against collisions that nobody can
 * see. */
static uint64_t sip_hash(const uint64_t seed[2], const uint64_t *words, size_t count)
{
    uint64_t v[4] = {seed[0] ^ UINT64_C(0x736f6d6570736575), seed[1] ^ UINT64_C(0x646f72616e646f6d),
                     seed[0] ^ UINT64_C(0x6c7967656e657261),
                     seed[1] ^ UINT64_C(0x7465646279746573)};
    for (size_t i = 0; i < count; i++) {
        v[3] ^= words[i];
        sip_round(v);
        v[0] ^= words[i];
    }
    v[2] ^= 0xff;
    sip_round(v);
    sip_round(v);
    sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint32_t hs_flow_key_hash(const uint64_t seed[2], const hs_flow_key *key)
{
    uint64_t words[5] = {0};
    size_t count = 0;
    words[count++] = (uint64_t)key->port[0] << 32 | (uint64_t)key->port[1] << 16 |
                     (uint64_t)key->protocol << 8 | key->family;
    if (key->family == 4) {
        memcpy(&words[count], key->address[0].bytes, 4);
        memcpy((uint8_t *)&words[count] + 4, key->address[1].bytes, 4);
        count++;
    } else {
        memcpy(&words[count], key->address, sizeof key->address);
        count += 4;
    }
    uint64_t hash = sip_hash(seed, words, count);
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
    slot *slots = new_slots(capacity);
    if (!slots) {
        return false;
    }
    for (size_t i = 0; i <= table->mask; i++) {
        if (table->slots[i].flow) {
            place(slots, capacity - 1, table->slots[i]);
        }
    }
    free(table->slots);
    table->slots = slots;
    table->mask = capacity - 1;
    return true;
}

hs_result hs_flow_table_add(hs_flow_table *table, hs_flow *flow)
{
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
    memset(table->slots, 0, (table->mask + 1) * sizeof *table->slots);
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
