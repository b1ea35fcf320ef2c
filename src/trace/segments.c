/* The runs of bytes that crossed, and when. */
#include <stdlib.h>
#include <string.h>

#include "trace/store.h"

enum { FIRST_CAPACITY = 16 }; /* enough for most handshakes */

static bool grow(hs_trace_store *store)
{
    size_t capacity = store->segment_capacity ? store->segment_capacity * 2 : FIRST_CAPACITY;
    if (capacity > store->config.segment_limit) {
        capacity = store->config.segment_limit;
    }
    if (capacity == store->segment_capacity) {
        return false;
    }
    hs_segment *segments = hs_arena_alloc(store->arena, capacity * sizeof *segments);
    uint32_t *client = hs_arena_alloc(store->arena, capacity * sizeof *client);
    uint32_t *server = hs_arena_alloc(store->arena, capacity * sizeof *server);
    if (!segments || !client || !server) {
        return false;
    }
    if (store->segment_capacity > 0) {
        memcpy(segments, store->segments, store->segment_capacity * sizeof *segments);
        memcpy(client, store->by_side[HS_CLIENT], store->by_side_count[HS_CLIENT] * sizeof *client);
        memcpy(server, store->by_side[HS_SERVER], store->by_side_count[HS_SERVER] * sizeof *server);
    }
    store->segments = segments;
    store->by_side[HS_CLIENT] = client;
    store->by_side[HS_SERVER] = server;
    store->segment_capacity = capacity;
    return true;
}

/* Where no more segments are kept, the side's last one takes the bytes. */
static void extend_last(hs_trace_store *store, hs_side from, size_t len)
{
    size_t count = store->by_side_count[from];
    if (count > 0) {
        hs_segment *last = &store->segments[store->by_side[from][count - 1]];
        last->len = len > UINT32_MAX - last->len ? UINT32_MAX : last->len + (uint32_t)len;
    }
    store->stream_length[from] += len;
}

void hs_trace_add_segment(hs_trace *trace, hs_side from, size_t len, hs_moment moment)
{
    hs_trace_store *store = trace->store;
    if (len == 0) {
        return;
    }
    if (from == HS_CLIENT) {
        trace->bytes_sent += len;
    } else {
        trace->bytes_received += len;
    }
    if (trace->segment_count == store->segment_capacity && !grow(store)) {
        extend_last(store, from, len);
        return;
    }
    size_t index = trace->segment_count++;
    store->segments[index] = (hs_segment){
        .moment = moment, .offset = store->stream_length[from], .len = (uint32_t)len, .from = from};
    store->by_side[from][store->by_side_count[from]++] = (uint32_t)index;
    store->stream_length[from] += len;
    trace->segments = store->segments;
}

size_t hs_trace_segment_of(const hs_trace *trace, hs_side from, uint64_t offset)
{
    const hs_trace_store *store = trace->store;
    size_t low = 0;
    size_t high = store->by_side_count[from];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        size_t index = store->by_side[from][middle];
        const hs_segment *segment = &store->segments[index];
        if (offset < segment->offset) {
            high = middle;
        } else if (offset - segment->offset >= segment->len) {
            low = middle + 1;
        } else {
            return index;
        }
    }
    return SIZE_MAX;
}

void hs_trace_stamp(hs_trace *trace, hs_side from, uint64_t offset, hs_moment moment)
{
    size_t index = hs_trace_segment_of(trace, from, offset);
    if (index == SIZE_MAX) {
        return;
    }
    hs_segment *segment = &trace->store->segments[index];
    /* A segment's moment is that of its last byte; a stamp for an earlier one says less. */
    if (offset - segment->offset == segment->len - 1U) {
        segment->moment = moment;
    }
}

hs_moment hs_trace_moment_of(const hs_trace *trace, hs_side from, uint64_t offset)
{
    size_t index = hs_trace_segment_of(trace, from, offset);
    if (index == SIZE_MAX) {
        return (hs_moment){HS_TIME_NONE, HS_CLOCK_NONE};
    }
    return trace->store->segments[index].moment;
}

static int compare_places(const void *a, const void *b)
{
    const hs_placed_segment *x = a;
    const hs_placed_segment *y = b;
    if (x->place != y->place) {
        return x->place < y->place ? -1 : 1;
    }
    return x->found < y->found ? -1 : x->found > y->found;
}

/* The place of a side's segment whose own time is `at`. */
static hs_time place_of(hs_time latest[2], const hs_segment *segment)
{
    hs_time *last = &latest[segment->from];
    *last = segment->moment.at > *last ? segment->moment.at : *last;
    return *last;
}

static bool is_in_order(const hs_trace *trace)
{
    hs_time latest[2] = {INT64_MIN, INT64_MIN};
    hs_time before = INT64_MIN;
    for (size_t i = 0; i < trace->segment_count; i++) {
        hs_time place = place_of(latest, &trace->store->segments[i]);
        if (place < before) {
            return false;
        }
        before = place;
    }
    return true;
}

hs_result hs_trace_order_segments(hs_trace *trace)
{
    hs_trace_store *store = trace->store;
    size_t count = trace->segment_count;
    bool is_ordered = is_in_order(trace);
    if (count == 0 || (is_ordered && !store->config.keep_events)) {
        return HS_OK; /* only events ask for places */
    }
    hs_placed_segment *all = hs_arena_alloc(store->arena, count * sizeof *all);
    if (!all) {
        return HS_NO_MEMORY;
    }
    hs_time latest[2] = {INT64_MIN, INT64_MIN};
    for (size_t i = 0; i < count; i++) {
        const hs_segment *segment = &store->segments[i];
        hs_time place = place_of(latest, segment);
        all[i] = (hs_placed_segment){.segment = *segment, .place = place, .found = i};
    }
    store->placed = all;
    if (is_ordered) {
        return HS_OK;
    }
    qsort(all, count, sizeof *all, compare_places);
    store->by_side_count[HS_CLIENT] = store->by_side_count[HS_SERVER] = 0;
    for (size_t i = 0; i < count; i++) {
        hs_side from = all[i].segment.from;
        store->segments[i] = all[i].segment;
        store->by_side[from][store->by_side_count[from]++] = (uint32_t)i;
    }
    return HS_OK;
}

size_t hs_trace_segments_before(const hs_trace *trace, hs_time at, size_t behind)
{
    const hs_placed_segment *placed = trace->store->placed;
    size_t low = 0;
    size_t high = placed ? trace->segment_count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        bool is_before = placed[middle].place < at ||
                         (placed[middle].place == at && placed[middle].found < behind);
        if (is_before) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}
