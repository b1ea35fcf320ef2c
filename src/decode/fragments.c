#include "decode/fragments.h"

#include <stdlib.h>
#include <string.h>

#include "base/reader.h"

enum { UNIT = 8 }; /* every fragment but the last has a multiple of it */

/* Bytes that are there. */
typedef struct span {
    uint32_t first;
    uint32_t end;
} span;

typedef struct pending {
    struct pending *next; /* the next younger one */
    int64_t at;           /* of its first fragment */
    uint32_t id;
    uint8_t family;
    uint8_t protocol;
    bool has_first; /* `protocol` is that of the fragment at 0 */
    bool has_total;
    hs_ip_address source;
    hs_ip_address destination;
    uint32_t total;
    uint64_t fragments;
    uint8_t *bytes;
    size_t capacity;
    span spans[HS_FRAGMENTS_HOLES]; /* in order, not touching */
    size_t span_count;
} pending;

struct hs_fragments {
    pending *oldest;
    pending *youngest;
    size_t count;
    size_t memory_limit;
    hs_fragments_counters counters;
    pending *done; /* given out by the last call */
};

hs_fragments *hs_fragments_new(size_t memory_limit)
{
    hs_fragments *fragments = calloc(1, sizeof *fragments);
    if (fragments) {
        fragments->memory_limit = memory_limit;
    }
    return fragments;
}

static void destroy(hs_fragments *fragments, pending *p)
{
    fragments->counters.memory -= sizeof *p + p->capacity;
    free(p->bytes);
    free(p);
}

static void forget_done(hs_fragments *fragments)
{
    if (fragments->done) {
        destroy(fragments, fragments->done);
        fragments->done = NULL;
    }
}

/* Takes it out of the list. */
static void take_out(hs_fragments *fragments, pending *p)
{
    pending *before = NULL;
    for (pending *q = fragments->oldest; q != p; q = q->next) {
        before = q;
    }
    if (before) {
        before->next = p->next;
    } else {
        fragments->oldest = p->next;
    }
    if (fragments->youngest == p) {
        fragments->youngest = before;
    }
    fragments->count--;
}

static void drop(hs_fragments *fragments, pending *p)
{
    take_out(fragments, p);
    fragments->counters.dropped += p->fragments;
    destroy(fragments, p);
}

void hs_fragments_free(hs_fragments *fragments)
{
    if (!fragments) {
        return;
    }
    forget_done(fragments);
    while (fragments->oldest) {
        drop(fragments, fragments->oldest);
    }
    free(fragments);
}

static bool is_of(const pending *p, const hs_packet *packet)
{
    return p->id == packet->fragment.id && p->family == packet->family &&
           (p->family == 6 || p->protocol == packet->fragment.protocol) &&
           memcmp(&p->source, &packet->source, sizeof p->source) == 0 &&
           memcmp(&p->destination, &packet->destination, sizeof p->destination) == 0;
}

static pending *find(const hs_fragments *fragments, const hs_packet *packet)
{
    pending *p = fragments->oldest;
    while (p && !is_of(p, packet)) {
        p = p->next;
    }
    return p;
}

static pending *begin(hs_fragments *fragments, const hs_packet *packet, int64_t at)
{
    if (fragments->count == HS_FRAGMENTS_PACKETS) {
        drop(fragments, fragments->oldest);
    }
    pending *p = calloc(1, sizeof *p);
    if (!p) {
        return NULL;
    }
    fragments->counters.memory += sizeof *p;
    p->at = at;
    p->id = packet->fragment.id;
    p->family = packet->family;
    p->protocol = packet->fragment.protocol;
    p->source = packet->source;
    p->destination = packet->destination;
    if (fragments->youngest) {
        fragments->youngest->next = p;
    } else {
        fragments->oldest = p;
    }
    fragments->youngest = p;
    fragments->count++;
    return p;
}

static hs_result make_room(hs_fragments *fragments, pending *p, size_t size)
{
    if (size <= p->capacity) {
        return HS_OK;
    }
    size_t capacity = p->capacity * 2 > size ? p->capacity * 2 : size;
    capacity = capacity < HS_FRAGMENTS_SIZE ? capacity : HS_FRAGMENTS_SIZE;
    size_t more = capacity - p->capacity;
    while (fragments->counters.memory + more > fragments->memory_limit && fragments->oldest != p) {
        drop(fragments, fragments->oldest);
    }
    if (fragments->counters.memory + more > fragments->memory_limit) {
        return HS_LIMIT;
    }
    uint8_t *bytes = realloc(p->bytes, capacity);
    if (!bytes) {
        return HS_NO_MEMORY;
    }
    fragments->counters.memory += more;
    p->bytes = bytes;
    p->capacity = capacity;
    return HS_OK;
}

/* What the header says must agree with what other fragments said. */
static bool agrees(pending *p, const hs_fragment *fragment)
{
    uint64_t end = (uint64_t)fragment->offset + fragment->length;
    uint32_t seen = p->span_count > 0 ? p->spans[p->span_count - 1].end : 0;
    if (end > HS_FRAGMENTS_SIZE || (fragment->more && fragment->length % UNIT != 0)) {
        return false;
    }
    if (!fragment->more) {
        if ((p->has_total && p->total != end) || seen > end) {
            return false;
        }
        p->has_total = true;
        p->total = (uint32_t)end;
    }
    return !p->has_total || end <= p->total;
}

/* Copies what is not there yet into [first, end), and notes that all of it is there. */
static hs_result fill(hs_fragments *fragments, pending *p, const hs_fragment *fragment)
{
    uint32_t first = fragment->offset;
    uint32_t end = first + (uint32_t)fragment->bytes.len;
    span joined = {first, end};
    span spans[HS_FRAGMENTS_HOLES + 1];
    size_t count = 0;
    size_t i = 0;
    uint32_t cursor = first;
    for (; i < p->span_count && p->spans[i].end < first; i++) {
        spans[count++] = p->spans[i];
    }
    for (; i < p->span_count && p->spans[i].first <= end; i++) {
        span there = p->spans[i];
        if (there.first > cursor) {
            memcpy(p->bytes + cursor, fragment->bytes.data + (cursor - first),
                   there.first - cursor);
        }
        uint32_t overlap = (there.end < end ? there.end : end) -
                           (there.first > first ? there.first : first);
        fragments->counters.overlapping += overlap;
        cursor = there.end > cursor ? there.end : cursor;
        joined.first = there.first < joined.first ? there.first : joined.first;
        joined.end = there.end > joined.end ? there.end : joined.end;
    }
    if (cursor < end) {
        memcpy(p->bytes + cursor, fragment->bytes.data + (cursor - first), end - cursor);
    }
    spans[count++] = joined;
    if (count + (p->span_count - i) > HS_FRAGMENTS_HOLES) {
        return HS_LIMIT;
    }
    for (; i < p->span_count; i++) {
        spans[count++] = p->spans[i];
    }
    memcpy(p->spans, spans, count * sizeof *spans);
    p->span_count = count;
    return HS_OK;
}

static bool is_whole(const pending *p)
{
    return p->has_first && p->has_total && p->span_count == 1 && p->spans[0].first == 0 &&
           p->spans[0].end == p->total;
}

static hs_result add(hs_fragments *fragments, pending *p, const hs_fragment *fragment)
{
    p->fragments++;
    if (!agrees(p, fragment)) {
        return HS_MALFORMED;
    }
    if (fragment->bytes.len < fragment->length) {
        return HS_LIMIT; /* the snapshot length cut it: the packet will never be whole */
    }
    if (fragment->offset == 0 && !p->has_first) {
        p->has_first = true;
        p->protocol = fragment->protocol;
    }
    if (fragment->bytes.len == 0) {
        return is_whole(p) ? HS_OK : HS_NEED_MORE;
    }
    hs_result result = make_room(fragments, p, fragment->offset + fragment->bytes.len);
    if (result == HS_OK) {
        result = fill(fragments, p, fragment);
    }
    if (result == HS_OK && !is_whole(p)) {
        result = HS_NEED_MORE;
    }
    return result;
}

hs_result hs_fragments_add(hs_fragments *fragments, const hs_packet *packet, int64_t at,
                           uint8_t *protocol, hs_bytes *payload)
{
    forget_done(fragments);
    while (fragments->oldest && at - fragments->oldest->at > HS_FRAGMENTS_AGE) {
        drop(fragments, fragments->oldest);
    }
    pending *p = find(fragments, packet);
    if (!p) {
        p = begin(fragments, packet, at);
    }
    if (!p) {
        fragments->counters.dropped++;
        return HS_NO_MEMORY;
    }
    hs_result result = add(fragments, p, &packet->fragment);
    if (result == HS_NEED_MORE) {
        return result;
    }
    if (result != HS_OK) {
        drop(fragments, p);
        return result;
    }
    take_out(fragments, p);
    fragments->done = p;
    *protocol = p->protocol;
    *payload = hs_bytes_of(p->bytes, p->total);
    return HS_OK;
}

hs_fragments_counters hs_fragments_count(const hs_fragments *fragments)
{
    return fragments->counters;
}
