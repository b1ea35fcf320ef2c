/* The last step of a trace: byte ranges become times, and events stand in wire order. */
#include <stdlib.h>

#include "trace/accounting.h"
#include "trace/store.h"

static void resolve_marks(hs_trace *trace)
{
    for (int i = 0; i < HS_MILESTONE_COUNT; i++) {
        const hs_byte_mark *mark = &trace->store->marks[i];
        if (mark->set && trace->milestones[i].at == HS_TIME_NONE) {
            trace->milestones[i] = hs_trace_moment_of(trace, mark->from, mark->offset);
        }
    }
}

/* Events carry in `order` the place of the segment with their last byte. Those of one segment are
 * of one side and stand in the order of their last bytes, those of one record in the order in which
 * they were found: so it does not matter how the bytes were cut, or whether a key came late. */
static int compare_events(const void *a, const void *b)
{
    const hs_event_node *left = (const hs_event_node *)*(const hs_event *const *)a;
    const hs_event_node *right = (const hs_event_node *)*(const hs_event *const *)b;
    uint64_t left_place = left->event.order >> 32;
    uint64_t right_place = right->event.order >> 32;
    if (left_place != right_place) {
        return left_place < right_place ? -1 : 1;
    }
    if (left->has_moment && left->event.moment.at != right->event.moment.at) {
        return left->event.moment.at < right->event.moment.at ? -1 : 1;
    }
    if (!left->has_moment && left->end != right->end) {
        return left->end < right->end ? -1 : 1;
    }
    return left->event.order < right->event.order ? -1 : left->event.order > right->event.order;
}

/* Places between segments have even numbers, for messages with a moment of their own; those of
 * segments are odd. */
static uint64_t place_of(const hs_trace *trace, hs_event_node *node)
{
    if (node->has_moment) {
        return 2 * hs_trace_segments_before(trace, node->event.moment.at, node->behind);
    }
    uint64_t last = node->end > node->first ? node->end - 1 : node->first;
    size_t index = hs_trace_segment_of(trace, node->event.from, last);
    size_t first = hs_trace_segment_of(trace, node->event.from, node->first);
    if (index != SIZE_MAX) {
        node->event.moment = trace->segments[index].moment;
    }
    if (first != SIZE_MAX) {
        node->event.first_at = trace->segments[first].moment.at;
    }
    return 2 * (index == SIZE_MAX ? trace->segment_count : index) + 1;
}

static void resolve_event(const hs_trace *trace, hs_event_node *node)
{
    node->event.order += place_of(trace, node) << 32;
}

static hs_result order_events(hs_trace *trace)
{
    if (trace->event_count == 0) {
        return HS_OK;
    }
    size_t count = trace->event_count;
    hs_event **events = hs_arena_alloc(trace->store->arena, count * sizeof(hs_event *));
    if (!events) {
        return HS_NO_MEMORY;
    }
    size_t i = 0;
    for (hs_event *event = trace->events; event; event = event->next) {
        resolve_event(trace, (hs_event_node *)event);
        events[i++] = event;
    }
    qsort(events, count, sizeof(hs_event *), compare_events);
    for (i = 0; i < count; i++) {
        events[i]->order = i;
        events[i]->next = i + 1 < count ? events[i + 1] : NULL;
    }
    trace->events = events[0];
    return HS_OK;
}

hs_result hs_trace_finish(hs_trace *trace)
{
    hs_result placed = hs_trace_order_segments(trace);
    resolve_marks(trace);
    hs_result result = order_events(trace);
    result = result == HS_OK ? placed : result;
    hs_trace_compute_phases(trace);
    if (!hs_trace_is_light(trace)) {
        hs_trace_compute_accounting(trace);
    }
    if (result == HS_OK && hs_arena_failed(trace->store->arena)) {
        result = HS_LIMIT;
    }
    return result;
}
