/* From the ends of a connection to its flow: one open-addressing hash table, keyed, so that nobody
 * who chooses addresses and ports can make them collide. */
#ifndef HS_DECODE_FLOW_TABLE_H
#define HS_DECODE_FLOW_TABLE_H

#include <stdbool.h>

#include "base/chunks.h"
#include "wire/packet.h"

/* Both ends, the lower one first, so that both directions have one key. */
typedef struct hs_flow_key {
    hs_ip_address address[2];
    uint16_t port[2];
    uint8_t family;
    uint8_t protocol; /* 0: TCP; no padding: keys are compared as bytes */
} hs_flow_key;

typedef struct hs_flow hs_flow;
/* Begins every flow: what the table looks at. */
typedef struct hs_flow_head {
    hs_flow_key key;
    uint32_t hash;
} hs_flow_head;

typedef struct hs_flow_table hs_flow_table;

/* `sender` gets the index in the key of the end that sent the packet. */
void hs_flow_key_set(hs_flow_key *key, const hs_packet *packet, unsigned *sender);

/* The hash of a table that was made with that seed. */
uint32_t hs_flow_key_hash(const uint64_t seed[2], const hs_flow_key *key);

/* In `chunks`, where it is large; they stay until it is gone, or are NULL. NULL when out of memory.
 */
hs_flow_table *hs_flow_table_new(const uint64_t seed[2], hs_chunks *chunks);
void hs_flow_table_free(hs_flow_table *table);
uint32_t hs_flow_table_hash(const hs_flow_table *table, const hs_flow_key *key);
/* NULL: not there. */
hs_flow *hs_flow_table_find(const hs_flow_table *table, const hs_flow_key *key, uint32_t hash);
/* A search for that hash is to come: asks for the memory that it will look at. */
void hs_flow_table_expect(const hs_flow_table *table, uint32_t hash);
/* The flow that a search will probably find, or NULL: without the comparison, which would have to
 * wait for the flow's memory. */
const hs_flow *hs_flow_table_likely(const hs_flow_table *table, uint32_t hash);
/* The flow begins with an hs_flow_head that is filled; no other in the table has its key.
 * HS_NO_MEMORY: it was not added. */
HS_CHECKED hs_result hs_flow_table_add(hs_flow_table *table, hs_flow *flow);
/* It is there. */
void hs_flow_table_remove(hs_flow_table *table, const hs_flow *flow);
/* Removes all. */
void hs_flow_table_clear(hs_flow_table *table);
size_t hs_flow_table_count(const hs_flow_table *table);
size_t hs_flow_table_memory(const hs_flow_table *table);

#endif
