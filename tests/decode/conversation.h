/* A recorded conversation, played to the application-layer decoder in any splitting, and what came
 * of it as text. Used by the unit tests and by fuzz_application.
 *
 * A recording is a row of records: one byte of flags, two of length, and so many bytes that crossed
 * at once. The last record may be cut short. */
#ifndef HS_TESTS_CONVERSATION_H
#define HS_TESTS_CONVERSATION_H

#include <stddef.h>
#include <stdint.h>

#include "trace/build.h"

enum { FROM_SERVER = 1, PROTECTED = 2 }; /* flags */

/* Decodes the recording. `split` gives the length of the next chunk of a record that has `left`
 * bytes left, from 1 to `left`; NULL: the record is one chunk. The trace is finished; it keeps
 * bytes. NULL when out of memory. */
typedef size_t (*conversation_split)(size_t left, void *context);
hs_trace *conversation_play(hs_bytes recording, conversation_split split, void *context);
/* The same into a trace of that configuration. */
hs_trace *conversation_play_into(const hs_trace_config *config, hs_bytes recording,
                                 conversation_split split, void *context);

/* Events, milestones and facts, a line each; ends with free(). */
char *conversation_text(const hs_trace *trace);

#endif
