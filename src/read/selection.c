/* A hash table from the two ends of a connection to a chain of handshakes, since ports are used
 * again. Each handshake stands there twice, the second time with ports 0: so fragments find it. */
#include "read/selection.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "wire/packet.h"

enum { FIRST_SLOTS = 1024 };

typedef struct end_point {
    uint8_t address[16];
    uint16_t port;
    uint8_t protocol; /* of IP; 0 beside port 0 */
} end_point;

typedef struct handshake {
    end_point ends[2]; /* the lower one first */
    int64_t start;
    int64_t end;    /* of the handshake */
    int64_t closed; /* of the connection, as far as it was seen */
    size_t next;    /* in the slot's chain: index + 1 */
} handshake;

struct hs_selection {
    handshake *items;
    size_t count;
    size_t capacity;
    size_t *slots; /* index + 1 of a chain's first */
    size_t slot_count;
};

hs_selection *hs_selection_new(void)
{
    hs_selection *selection = calloc(1, sizeof *selection);
    if (selection) {
        selection->slots = calloc(FIRST_SLOTS, sizeof *selection->slots);
        selection->slot_count = FIRST_SLOTS;
    }
    if (selection && !selection->slots) {
        free(selection);
        return NULL;
    }
    return selection;
}

void hs_selection_free(hs_selection *selection)
{
    if (selection) {
        free(selection->items);
        free(selection->slots);
        free(selection);
    }
}

bool hs_selection_is_empty(const hs_selection *selection)
{
    return selection->count == 0;
}

static int compare(const end_point *a, const end_point *b)
{
    int order = memcmp(a->address, b->address, sizeof a->address);
    order = order != 0 ? order : (int)a->port - (int)b->port;
    return order != 0 ? order : (int)a->protocol - (int)b->protocol;
}

static void put_in_order(end_point ends[2])
{
    if (compare(&ends[0], &ends[1]) > 0) {
        end_point first = ends[1];
        ends[1] = ends[0];
        ends[0] = first;
    }
}

static size_t slot_of(const hs_selection *selection, const end_point ends[2])
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (int i = 0; i < 2; i++) {
        for (size_t j = 0; j < sizeof ends[i].address; j++) {
            hash = (hash ^ ends[i].address[j]) * UINT64_C(0x100000001b3);
        }
        hash = (hash ^ ends[i].port) * UINT64_C(0x100000001b3);
    }
    return (size_t)(hash ^ hash >> 32) & (selection->slot_count - 1);
}

static void link_item(hs_selection *selection, size_t index)
{
    handshake *item = &selection->items[index];
    size_t slot = slot_of(selection, item->ends);
    item->next = selection->slots[slot];
    selection->slots[slot] = index + 1;
}

static hs_result grow(hs_selection *selection)
{
    if (selection->count < selection->capacity) {
        return HS_OK;
    }
    size_t capacity = selection->capacity == 0 ? FIRST_SLOTS : 2 * selection->capacity;
    handshake *items = reallocarray(selection->items, capacity, sizeof *items);
    if (!items) {
        return HS_NO_MEMORY;
    }
    selection->items = items;
    selection->capacity = capacity;
    size_t *slots = calloc(capacity, sizeof *slots);
    if (!slots) {
        return HS_NO_MEMORY;
    }
    free(selection->slots);
    selection->slots = slots;
    selection->slot_count = capacity;
    for (size_t i = 0; i < selection->count; i++) {
        link_item(selection, i);
    }
    return HS_OK;
}

static bool read_address(const char *text, end_point *end)
{
    if (!text) {
        return false;
    }
    return inet_pton(AF_INET6, text, end->address) == 1 ||
           inet_pton(AF_INET, text, end->address) == 1;
}

static hs_time later(hs_time a, hs_time b)
{
    return b != HS_TIME_NONE && b > a ? b : a;
}

/* A handshake ends with what it was for: the first response, or its failure. */
static hs_time handshake_end(const hs_trace *trace)
{
    hs_time end = 0;
    for (hs_milestone milestone = 0; milestone < HS_MILESTONE_END; milestone++) {
        end = later(end, trace->milestones[milestone].at);
    }
    if (trace->failure.cls != HS_FAILURE_NONE) {
        end = later(end, trace->milestones[HS_MILESTONE_END].at);
    }
    return later(end, trace->failure.elapsed);
}

static hs_time connection_end(const hs_trace *trace)
{
    hs_time end = handshake_end(trace);
    for (size_t i = 0; i < trace->tcp.state_count; i++) {
        end = later(end, trace->tcp.states[i].at);
    }
    return later(end, trace->milestones[HS_MILESTONE_END].at);
}

static hs_result add_item(hs_selection *selection, const handshake *item)
{
    hs_result result = grow(selection);
    if (result == HS_OK) {
        selection->items[selection->count] = *item;
        put_in_order(selection->items[selection->count].ends);
        link_item(selection, selection->count++);
    }
    return result;
}

hs_result hs_selection_add(hs_selection *selection, const hs_trace *trace)
{
    handshake item = {.start = trace->at};
    if (!read_address(trace->capture.client_address, &item.ends[0]) ||
        !read_address(trace->target.address, &item.ends[1])) {
        return HS_INVALID;
    }
    if (selection->count + 2 > 2 * (size_t)HS_SELECTION_MAX) {
        return HS_LIMIT;
    }
    item.end = trace->at + handshake_end(trace);
    item.closed = trace->at + connection_end(trace);
    hs_result result = add_item(selection, &item);
    if (result == HS_OK) {
        item.ends[0].port = trace->capture.client_port;
        item.ends[1].port = trace->target.port;
        item.ends[0].protocol = item.ends[1].protocol = trace->quic.present ? HS_PROTOCOL_UDP
                                                                            : HS_PROTOCOL_TCP;
        result = add_item(selection, &item);
    }
    return result;
}

bool hs_selection_has(const hs_selection *selection, const hs_source_item *packet)
{
    hs_packet read;
    hs_packet_kind kind = hs_packet_read(packet->link_type, packet->frame, &read);
    if (kind != HS_PACKET_TCP && kind != HS_PACKET_UDP && kind != HS_PACKET_FRAGMENT) {
        return false;
    }
    end_point ends[2] = {{.port = 0}, {.port = 0}};
    memcpy(ends[0].address, read.source.bytes, sizeof ends[0].address);
    memcpy(ends[1].address, read.destination.bytes, sizeof ends[1].address);
    bool is_control = false;
    if (kind != HS_PACKET_FRAGMENT) {
        ends[0].port = read.source_port;
        ends[1].port = read.destination_port;
        ends[0].protocol = ends[1].protocol = read.protocol;
    }
    if (kind == HS_PACKET_TCP) {
        is_control = (read.tcp.flags & (HS_TCP_SYN | HS_TCP_FIN | HS_TCP_RST)) != 0;
    }
    put_in_order(ends);
    for (size_t at = selection->slots[slot_of(selection, ends)]; at > 0;) {
        const handshake *item = &selection->items[at - 1];
        at = item->next;
        if (compare(&item->ends[0], &ends[0]) == 0 && compare(&item->ends[1], &ends[1]) == 0 &&
            packet->at >= item->start && packet->at <= (is_control ? item->closed : item->end)) {
            return true;
        }
    }
    return false;
}
