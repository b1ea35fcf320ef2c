/* Every field of a message with its bytes: the parser that decoded it, run again with notes. */
#ifndef HS_DECODE_ANNOTATE_H
#define HS_DECODE_ANNOTATE_H

#include <handshake/trace.h>

#include "base/reader.h"

/* Reads `event->raw` and fills `notes`; offsets are into `event->raw`. The trace gives the context
 * that some messages need (the cipher suite, for a ServerKeyExchange). HS_MALFORMED: the notes end
 * at the field at fault, which `fault` (may be NULL) names. HS_INVALID: the event has no bytes or
 * no such parser. */
HS_CHECKED hs_result hs_annotate(const hs_trace *trace, const hs_event *event, hs_notes *notes,
                                 hs_fault *fault);

#endif
