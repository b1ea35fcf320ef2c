#include "decode/quic_flow_ids.h"

#include <stdlib.h>
#include <string.h>

#include "decode/quic_flow.h"
#include "wire/quic/packet.h"

enum {
    ID_LEAST = 4,      /* shorter ones would be found in any datagram */
    ENTRIES_MAX = 48,  /* of one flow */
    FAMILY_OF_IDS = 0, /* of a key that is no pair of addresses */
};

/* Looked up by its head, as a flow is. */
typedef struct entry {
    hs_flow_head head;
    hs_flow *flow;
    uint8_t end;        /* of an ID: who issued it; of a path: where in its key the client is */
    struct entry *next; /* of the same flow */
} entry;

struct hs_quic_flow_ids {
    hs_flow_table *table;
    uint32_t lengths; /* bit n: there are IDs of n bytes */
    size_t count;
};

hs_quic_flow_ids *hs_quic_flow_ids_new(const uint64_t seed[2])
{
    hs_quic_flow_ids *ids = calloc(1, sizeof *ids);
    if (ids) {
        ids->table = hs_flow_table_new(seed, NULL);
    }
    if (ids && !ids->table) {
        free(ids);
        return NULL;
    }
    return ids;
}

void hs_quic_flow_ids_free(hs_quic_flow_ids *ids)
{
    if (ids) {
        hs_flow_table_free(ids->table);
        free(ids);
    }
}

size_t hs_quic_flow_ids_memory(const hs_quic_flow_ids *ids)
{
    return ids ? sizeof *ids + hs_flow_table_memory(ids->table) + ids->count * sizeof(entry) : 0;
}

static hs_flow_key key_of_id(hs_bytes id)
{
    hs_flow_key key;
    memset(&key, 0, sizeof key);
    key.family = FAMILY_OF_IDS;
    key.port[0] = (uint16_t)id.len;
    memcpy(key.address, id.data, id.len);
    return key;
}

static entry *find(const hs_quic_flow_ids *ids, const hs_flow_key *key)
{
    return (entry *)(void *)hs_flow_table_find(ids->table, key,
                                               hs_flow_table_hash(ids->table, key));
}

static hs_result add(hs_quic_flow_ids *ids, hs_flow *flow, const hs_flow_key *key, unsigned end)
{
    hs_quic_flow_paths *paths = hs_quic_flow_paths_of(flow->quic);
    /* The first one that has an ID keeps it: a capture may hold a datagram twice. */
    if (paths->count == ENTRIES_MAX || find(ids, key)) {
        return HS_OK;
    }
    entry *item = calloc(1, sizeof *item);
    if (!item) {
        return HS_NO_MEMORY;
    }
    item->head = (hs_flow_head){.key = *key, .hash = hs_flow_table_hash(ids->table, key)};
    item->flow = flow;
    item->end = (uint8_t)end;
    if (hs_flow_table_add(ids->table, (hs_flow *)(void *)item) != HS_OK) {
        free(item);
        return HS_NO_MEMORY;
    }
    item->next = paths->entries;
    paths->entries = item;
    paths->count++;
    ids->count++;
    return HS_OK;
}

hs_result hs_quic_flow_ids_update(hs_quic_flow_ids *ids, hs_flow *flow)
{
    hs_quic_flow_paths *paths = hs_quic_flow_paths_of(flow->quic);
    const hs_quic_decoder *decoder = hs_quic_flow_decoder(flow->quic);
    if (!decoder || hs_quic_decoder_connection_id_changes(decoder) == paths->seen) {
        return HS_OK;
    }
    paths->seen = hs_quic_decoder_connection_id_changes(decoder);
    hs_result result = HS_OK;
    for (int side = 0; side < 2; side++) {
        hs_bytes issued[HS_QUIC_IDS_MAX];
        size_t count = hs_quic_decoder_connection_ids(decoder, (hs_side)side, issued,
                                                      HS_QUIC_IDS_MAX);
        unsigned end = side == HS_CLIENT ? flow->client : hs_flow_other(flow->client);
        for (size_t i = 0; i < count && result == HS_OK; i++) {
            if (issued[i].len >= ID_LEAST) {
                hs_flow_key key = key_of_id(issued[i]);
                ids->lengths |= UINT32_C(1) << issued[i].len;
                result = add(ids, flow, &key, end);
            }
        }
    }
    return result;
}

void hs_quic_flow_ids_forget(hs_quic_flow_ids *ids, const hs_flow *flow)
{
    hs_quic_flow_paths *paths = hs_quic_flow_paths_of(flow->quic);
    entry *item = paths->entries;
    while (item) {
        entry *next = item->next;
        hs_flow_table_remove(ids->table, (hs_flow *)(void *)item);
        free(item);
        ids->count--;
        item = next;
    }
    paths->entries = NULL;
    paths->count = 0;
}

/* The Destination Connection ID: of a short header, of each length that there is. */
static entry *find_by_id(const hs_quic_flow_ids *ids, hs_bytes datagram)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, datagram, &fault, NULL);
    uint8_t first = hs_read_u8(&r, "first byte");
    if (first & HS_QUIC_BIT_LONG) {
        (void)hs_read_u32(&r, "version");
        hs_reader block = hs_read_block8(&r, "dcid");
        hs_bytes id = hs_read_rest(&block, "dcid");
        if (!hs_reader_ok(&r) || id.len < ID_LEAST || id.len > HS_QUIC_CONNECTION_ID_MAX) {
            return NULL;
        }
        hs_flow_key key = key_of_id(id);
        return find(ids, &key);
    }
    for (size_t len = ID_LEAST; len <= HS_QUIC_CONNECTION_ID_MAX; len++) {
        if (ids->lengths >> len & 1 && len <= hs_reader_left(&r)) {
            hs_flow_key key = key_of_id(hs_bytes_of(datagram.data + 1, len));
            entry *item = find(ids, &key);
            if (item) {
                return item;
            }
        }
    }
    return NULL;
}

hs_flow *hs_quic_flow_ids_find(hs_quic_flow_ids *ids, const hs_packet *packet,
                               const hs_flow_key *key, unsigned sender, unsigned *from)
{
    entry *path = find(ids, key);
    if (path) {
        *from = sender == path->end ? path->flow->client : hs_flow_other(path->flow->client);
        return path->flow;
    }
    entry *id = ids->count > 0 ? find_by_id(ids, packet->payload) : NULL;
    if (!id) {
        return NULL;
    }
    *from = hs_flow_other(id->end);
    /* Without memory the next datagram is found by its ID again. */
    (void)add(ids, id->flow, key, *from == id->flow->client ? sender : hs_flow_other(sender));
    return id->flow;
}
