/* HTTP/3 (RFC 9114) over the streams of one QUIC connection, both directions, to a trace: frames as
 * events, with the fields of QPACK (RFC 9204) by nghttp3; settings, the first response, milestones.
 *
 * The bytes of a stream's direction come in order, in pieces of any length; streams may come in any
 * order. A field section that needs entries of the dynamic table waits (bounded) for the encoder's
 * stream. */
#ifndef HS_DECODE_HTTP3_H
#define HS_DECODE_HTTP3_H

#include <stdbool.h>

#include <handshake/trace.h>

typedef struct hs_http3_decoder hs_http3_decoder;

enum {
    HS_HTTP3_STREAM_HALVES_MAX = 128,       /* directions of streams that are followed */
    HS_HTTP3_FRAME_MAX = 64 * 1024,         /* longest payload that is read whole */
    HS_HTTP3_SECTIONS_MAX = 64,             /* field sections that wait */
    HS_HTTP3_WAITING_MAX = 256 * 1024,      /* their bytes, and those of encoder streams */
    HS_HTTP3_TABLE_MAX = 64 * 1024,         /* of the dynamic table, whatever a peer allows */
    HS_HTTP3_DETAILS_MAX = 4 * 1024 * 1024, /* bytes of the trace's memory for details */
};

/* `trace` must outlive the decoder. NULL when out of memory. */
hs_http3_decoder *hs_http3_decoder_new(hs_trace *trace);
void hs_http3_decoder_free(hs_http3_decoder *decoder);

/* The next bytes of one direction of a stream, and whether they are its last. `first` and `end` are
 * the range of that side's datagrams, as events have it, that carried them. Never fails on what a
 * peer sent. HS_NO_MEMORY, HS_LIMIT: this direction of the stream is no longer decoded. */
HS_CHECKED hs_result hs_http3_decoder_feed(hs_http3_decoder *decoder, hs_side from,
                                           uint64_t stream_id, hs_bytes bytes, bool fin,
                                           uint64_t first, uint64_t end);
/* `length` bytes are missing there: what follows cannot be told apart any more. */
void hs_http3_decoder_gap(hs_http3_decoder *decoder, hs_side from, uint64_t stream_id,
                          uint64_t length);
/* No more is coming: what is not whole is shown. */
void hs_http3_decoder_finish(hs_http3_decoder *decoder);

#endif
