/* A source's packets, read and taken apart by a thread of its own while those before are followed.
 *
 * The items are those of the source, in its order; no more than a few batches wait. Without a
 * thread (for a source that somebody waits for, or where none can be made) each is read when it is
 * asked for.
 */
#ifndef HS_READ_AHEAD_H
#define HS_READ_AHEAD_H

#include "base/prefetch.h"
#include "decode/flows.h"
#include "read/source.h"

typedef struct hs_ahead hs_ahead;

/* What is looked at of every packet comes first, in two lines of the cache: each has to be fetched
 * from the other core. */
typedef struct hs_ahead_item {
    _Alignas(HS_CACHE_LINE) bool is_packet; /* as `item` has it */
    int64_t at;                             /* as well */
    hs_flows_input input;                   /* of a packet */
    hs_source_item item;
} hs_ahead_item;

/* `with_thread`: makes the thread, which takes no signals. It lives until hs_ahead_free, so that a
 * process that confines itself afterwards needs to make no other. `seed` is that of the flows. Has
 * some of the `chunks` (or NULL) ready, meanwhile. NULL when out of memory. */
hs_ahead *hs_ahead_new(const uint64_t seed[2], hs_chunks *chunks, bool with_thread);
void hs_ahead_free(hs_ahead *ahead);

/* Until hs_ahead_end the source is used by nobody else. */
void hs_ahead_begin(hs_ahead *ahead, hs_source *source, bool may_read_ahead);
/* HS_OK with an item, borrowed until the next call, or HS_NO_MEMORY. Not after HS_SOURCE_END. */
HS_CHECKED hs_result hs_ahead_next(hs_ahead *ahead, hs_ahead_item **out);
/* The packet that hs_ahead_next will give after as many others; NULL where that is not known yet,
 * or is no packet. */
const hs_ahead_item *hs_ahead_peek(const hs_ahead *ahead, size_t others);
/* Also before its end was reached: the source is the caller's again, somewhere behind the item that
 * was asked for last. */
void hs_ahead_end(hs_ahead *ahead);

#endif
