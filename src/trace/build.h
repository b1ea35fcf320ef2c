/* How a trace is made. Sources and decoders add to it; hs_trace_finish puts it in order.
 *
 * Times are not given to events: an event names the range of stream bytes that carried it, and the
 * segments that carried those bytes have the times. So a kernel stamp that comes late still counts,
 * and events found late (when keys arrive) still stand in wire order. Only what carries no stream
 * bytes (a SYN, a RST) has a moment of its own.
 */
#ifndef HS_TRACE_BUILD_H
#define HS_TRACE_BUILD_H

#include <handshake/trace.h>

#include "base/arena.h"

typedef struct hs_trace_config {
    const hs_allocator *allocator; /* NULL: malloc */
    size_t memory_limit;           /* 0: 16 MiB */
    size_t event_limit;            /* 0: 4096; what is beyond is counted */
    size_t segment_limit;          /* 0: 16384; beyond it, bytes are added to the last segment */
    bool keep_events;
    bool keep_bytes; /* implies keep_events */
    bool light;      /* no certificates, no fingerprints and no accounting */
} hs_trace_config;

/* NULL when out of memory. All facts stand at their "unseen" marks. */
hs_trace *hs_trace_new(const hs_trace_config *config);
hs_arena *hs_trace_arena(hs_trace *trace);
bool hs_trace_keeps_bytes(const hs_trace *trace);
bool hs_trace_is_light(const hs_trace *trace);

/* Records that `len` bytes crossed. They continue that side's stream. */
void hs_trace_add_segment(hs_trace *trace, hs_side from, size_t len, hs_moment moment);
/* A better stamp for the segment of `from` in which the stream's byte `offset` lies. */
void hs_trace_stamp(hs_trace *trace, hs_side from, uint64_t offset, hs_moment moment);
/* When that byte crossed; `at` is HS_TIME_NONE where no segment has it. */
hs_moment hs_trace_moment_of(const hs_trace *trace, hs_side from, uint64_t offset);

/* The first call for a milestone counts; later ones are ignored. */
void hs_trace_mark(hs_trace *trace, hs_milestone milestone, hs_moment moment);
/* A better moment for a milestone that is already marked, or a first one. */
void hs_trace_remark(hs_trace *trace, hs_milestone milestone, hs_moment moment);
/* As hs_trace_mark, with the time at which stream byte `offset` crossed, resolved at the finish. */
void hs_trace_mark_byte(hs_trace *trace, hs_milestone milestone, hs_side from, uint64_t offset);
/* It was another byte: the next mark counts. */
void hs_trace_unmark_byte(hs_trace *trace, hs_milestone milestone);
/* Whether either was called for it. */
bool hs_trace_is_marked(const hs_trace *trace, hs_milestone milestone);

/* How many bytes of that side's stream there are so far. */
uint64_t hs_trace_stream_length(const hs_trace *trace, hs_side from);
/* Another handshake begins in place of the one so far, which led to nothing: its milestones and
 * facts are unseen again, but for those of name resolution. Events and segments stay. */
void hs_trace_begin_again(hs_trace *trace);

/* What a decoder says about a message. */
typedef struct hs_message {
    hs_side from;
    hs_layer layer;
    uint16_t type;
    bool is_protected;
    const char *name; /* static, or in the trace's arena */
    size_t bytes;
    hs_bytes raw;   /* copied if the trace keeps bytes */
    uint64_t first; /* offset in the side's stream of the first byte that carried it */
    uint64_t end;   /* and one past the last */
} hs_message;

/* NULL where the trace keeps no events, is full, or out of memory. The name of the newest message
 * is kept all the same, for hs_failure.last_event. Details may be added to what is returned. */
hs_event *hs_trace_add_event(hs_trace *trace, const hs_message *message);
/* As hs_trace_add_event, for a message that is no part of a stream; `first` and `end` say nothing.
 * Where times are equal it stands behind the first `behind` segments that were added. It is the
 * last event of a failure only as long as no message of a stream is known. */
hs_event *hs_trace_add_event_at(hs_trace *trace, const hs_message *message, hs_moment moment,
                                size_t behind);
/* These accept a NULL event and do nothing. `key` is static; text is copied. */
void hs_event_add_text(hs_trace *trace, hs_event *event, const char *key, const char *text);
void hs_event_add_number(hs_trace *trace, hs_event *event, const char *key, int64_t number);
void hs_event_add_format(hs_trace *trace, hs_event *event, const char *key, const char *format, ...)
    HS_PRINTF(4, 5);

/* Sets the failure; the first one counts. `elapsed` and `last_event` are filled in here. */
void hs_trace_fail(hs_trace *trace, hs_failure_class cls, hs_phase phase, hs_time elapsed,
                   const char *format, ...) HS_PRINTF(5, 6);

/* The last call: sorts events, resolves times, and computes phases and accounting. HS_NO_MEMORY or
 * HS_LIMIT where something was lost on the way; the trace is then still consistent. */
HS_CHECKED hs_result hs_trace_finish(hs_trace *trace);

#endif
