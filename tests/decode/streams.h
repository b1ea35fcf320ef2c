/* Recorded streams of HTTP/3, played to its decoder in any splitting. Used by the unit tests and by
 * fuzz_http3_decode.
 *
 * A recording is a row of records: one byte of flags, one of the stream, two of length, and so many
 * bytes of it that crossed in one datagram; of a gap the length alone. The last record may be cut
 * short. */
#ifndef HS_TESTS_STREAMS_H
#define HS_TESTS_STREAMS_H

#include "conversation.h"

enum { STREAMS_FROM_SERVER = 1, STREAMS_FIN = 2, STREAMS_EARLY = 4, STREAMS_GAP = 8 }; /* flags */

/* As conversation_play. */
hs_trace *streams_play(hs_bytes recording, conversation_split split, void *context);

#endif
