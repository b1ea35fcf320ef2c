/* What a trace under construction needs beyond what its readers see. */
#ifndef HS_TRACE_STORE_H
#define HS_TRACE_STORE_H

#include "trace/build.h"

/* An event with the stream bytes that carried it, or with a moment of its own. */
typedef struct hs_event_node {
    hs_event event; /* first: a pointer to it is a pointer to the node */
    uint64_t first;
    uint64_t end;
    bool has_moment;
    size_t behind;
} hs_event_node;

/* A segment with the time that its place goes by: its own, but never before what its side sent
 * earlier. Stamps of one side may be of different clocks, its order is certain. */
typedef struct hs_placed_segment {
    hs_segment segment;
    hs_time place;
    size_t found; /* the order in which the source came upon it settles what is equal */
} hs_placed_segment;

/* A milestone given as a byte of a stream. */
typedef struct hs_byte_mark {
    bool set;
    hs_side from;
    uint64_t offset;
} hs_byte_mark;

typedef struct hs_trace_store {
    hs_arena *arena;
    hs_trace_config config;
    hs_segment *segments;
    size_t segment_capacity;
    uint32_t *by_side[2]; /* indexes into `segments`, in order of the side's stream */
    size_t by_side_count[2];
    uint64_t stream_length[2];
    hs_event *last_event;
    const char *last_name;
    bool last_is_of_stream;
    const hs_placed_segment *placed; /* once ordered; NULL where there was no memory */
    hs_byte_mark marks[HS_MILESTONE_COUNT];
} hs_trace_store;

/* Index of the segment in which the byte lies, or SIZE_MAX. */
size_t hs_trace_segment_of(const hs_trace *trace, hs_side from, uint64_t offset);

/* Puts the segments in the order in which they crossed: a source may come upon what it received
 * only after it has sent something else. HS_NO_MEMORY: they stay as they are. */
HS_CHECKED hs_result hs_trace_order_segments(hs_trace *trace);

/* How many segments, once ordered, stand before a message that crossed at `at` when `behind`
 * segments had been added. */
size_t hs_trace_segments_before(const hs_trace *trace, hs_time at, size_t behind);

#endif
