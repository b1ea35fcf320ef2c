/* HTTP/3 (RFC 9114) over the bytes of QUIC streams, both directions, to a trace: frames and streams
 * as events, facts and milestones. Field sections are decompressed with QPACK (RFC 9204); those
 * whose insertions have not come yet get their details when these come.
 *
 * The caller puts each stream in order. How the bytes are split says nothing. All that a peer can
 * make grow has a limit (below); what is beyond it is not decoded, and `trace->incomplete` says so.
 */
#ifndef HS_DECODE_HTTP3_H
#define HS_DECODE_HTTP3_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <handshake/trace.h>

enum {
    HS_HTTP3_FRAME_MAX = 64 * 1024,     /* longest payload that is read whole */
    HS_HTTP3_WAITING_MAX = 1024 * 1024, /* bytes that wait in all streams, with field sections */
    HS_HTTP3_STREAMS_MAX = 64,          /* streams of one direction that are open at once */
    HS_HTTP3_SECTIONS_MAX = 64,         /* field sections that wait for insertions */
    HS_HTTP3_TABLE_MAX = 256 * 1024,    /* largest dynamic table that is followed */
    HS_HTTP3_SETTINGS_MAX = 256,        /* settings of the server, kept as facts */
};

/* hs_event.type of layer HS_LAYER_HTTP3: a frame's type, of which HS_HTTP3_EVENT_FRAME_MAX stands
 * for those that are larger; or one of those behind it. */
enum {
    HS_HTTP3_EVENT_FRAME_MAX = 0xfeff,
    HS_HTTP3_EVENT_STREAM = 0xff00,   /* the head of a unidirectional stream */
    HS_HTTP3_EVENT_NO_FRAME = 0xffff, /* too few bytes to be a frame, or a stream's head */
};

typedef struct hs_http3_decoder hs_http3_decoder;

/* `trace` must outlive the decoder. NULL when out of memory. */
hs_http3_decoder *hs_http3_decoder_new(hs_trace *trace);
void hs_http3_decoder_free(hs_http3_decoder *decoder);

/* The next bytes of that side's half of a stream; `fin`: its last, which may be none. They were
 * carried by the bytes from `first` to before `end` of the side's datagrams; `is_early`: by 0-RTT.
 * Never fails on what the peer sent. HS_NO_MEMORY, HS_LIMIT: something was not decoded; feeding may
 * go on. After `fin` nothing may follow on that half. */
HS_CHECKED hs_result hs_http3_decoder_feed(hs_http3_decoder *decoder, hs_side from,
                                           uint64_t stream_id, hs_bytes in_order_bytes, bool fin,
                                           uint64_t first, uint64_t end, bool is_early);
/* So many bytes are missing here and will not come. Within a frame whose length is known they are
 * told with it; else what follows on that stream is data. */
void hs_http3_decoder_gap(hs_http3_decoder *decoder, hs_side from, uint64_t stream_id,
                          uint64_t length);
/* No more is coming: what is unfinished becomes an event that says so. */
void hs_http3_decoder_finish(hs_http3_decoder *decoder);

/* Bytes that it holds beside the trace, about. */
size_t hs_http3_decoder_memory(const hs_http3_decoder *decoder);

#endif
