/* Captured bytes to trace: what crossed in each direction of one TCP connection, at any chunking.
 *
 * The decoder finds out by itself what is spoken: TLS, HTTP/1.1, HTTP/2 with prior knowledge, or
 * bytes of no protocol it knows. Records that are encrypted wait (bounded) for their keys, which
 * may come late; what has no key at the finish is shown as encrypted records.
 */
#ifndef HS_DECODE_DECODER_H
#define HS_DECODE_DECODER_H

#include <handshake/trace.h>

#include "base/reader.h"
#include "decode/tls_hello.h"
#include "secrets/keylog.h"
#include "secrets/tls12_sessions.h"

typedef struct hs_decoder hs_decoder;

/* `trace` gets what is found, and has the decoder in its memory; `keylog` may be NULL; both must
 * outlive the decoder. NULL when out of memory. */
hs_decoder *hs_decoder_new(hs_trace *trace, const hs_keylog *keylog);
void hs_decoder_free(hs_decoder *decoder);
/* What the connections of a capture know of each other's TLS sessions: this one's are added, and
 * looked up. Before the first bytes; `sessions` must outlive the decoder. */
void hs_decoder_set_sessions(hs_decoder *decoder, hs_tls12_sessions *sessions);

/* `bytes` crossed at `moment`. Adds the segment to the trace, then decodes. Never fails on what the
 * peer sent: malformed bytes become an event that says so. HS_NO_MEMORY or HS_LIMIT: the decoder
 * stops decoding that direction, and says so in the trace. */
HS_CHECKED hs_result hs_decoder_feed(hs_decoder *decoder, hs_side from, hs_bytes bytes,
                                     hs_moment moment);
/* `length` bytes of that direction crossed and were not seen: they are in no segment, and offsets
 * go on behind them without a step. What they were part of is lost, what follows is decoded again
 * as soon as it can be told what it is. */
HS_CHECKED hs_result hs_decoder_gap(hs_decoder *decoder, hs_side from, uint64_t length);
/* Whether bytes of the client, which the server has received, were not seen up to now; unlike those
 * of a gap they may still come. A ServerHello then begins TLS without its ClientHello. */
void hs_decoder_set_client_behind(hs_decoder *decoder, bool is_behind);
/* A hello that was read already, from bytes that may come to be fed from where they lie; NULL for
 * none, before they are gone. */
void hs_decoder_set_hello(hs_decoder *decoder, const hs_tls_hello *hello);
/* Whether TLS may still begin: nothing is spoken yet, or a protocol that may ask for it (STARTTLS,
 * CONNECT, SOCKS). A ClientHello at the start of a chunk then begins it. */
bool hs_decoder_may_begin_tls(const hs_decoder *decoder);
/* TLS up to 1.2, and both sides have sent ChangeCipherSpec. */
bool hs_decoder_has_ciphers(const hs_decoder *decoder);
/* TLS 1.3: the client sent enough behind the ServerHello to have been its Finished. */
bool hs_decoder_may_be_done(const hs_decoder *decoder);
/* The key log has secrets of this connection's TLS. */
bool hs_decoder_has_keys(const hs_decoder *decoder);
/* The key log has grown: looks at the waiting records again. */
HS_CHECKED hs_result hs_decoder_keys_changed(hs_decoder *decoder);
/* That direction ended in order (FIN); an unfinished message is noted. */
void hs_decoder_end(hs_decoder *decoder, hs_side from);
/* No more is coming: flushes what waits and marks the milestones. Then hs_trace_finish may follow.
 */
HS_CHECKED hs_result hs_decoder_finish(hs_decoder *decoder);

/* What the decoder knows so far of the server's bytes: true once they cannot be TLS although the
 * client spoke TLS. `first_bytes` (may be NULL) gets what came instead. */
bool hs_decoder_not_tls(const hs_decoder *decoder, hs_bytes *first_bytes);

#endif
