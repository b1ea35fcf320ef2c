/* What the kernels of both ends say of a connection, beside its packets. */
#ifndef HS_EXPLAIN_REMARKS_H
#define HS_EXPLAIN_REMARKS_H

#include <handshake/trace.h>

#include "base/arena.h"
#include "explain/story.h"
#include "lab/counters.h"

/* Of a connection that was opened between two readings of the server's counters. Fills `remarks`,
 * whose last one stays NULL. */
void hs_remark_cookies(hs_arena *arena, const hs_trace *trace, const hs_listen_counters *before,
                       const hs_listen_counters *after,
                       const char *remarks[HS_STORY_REMARKS_MAX + 1]);
/* Whether the data in the SYN was taken; nothing where there was none. */
void hs_remark_fast_open(hs_arena *arena, const hs_trace *trace,
                         const char *remarks[HS_STORY_REMARKS_MAX + 1]);

/* Where TCP's own packets were not seen, that this is so. */
void hs_remark_packets(const hs_trace *trace, const char *remarks[HS_STORY_REMARKS_MAX + 1]);

#endif
