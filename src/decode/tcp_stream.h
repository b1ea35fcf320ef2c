/* One direction of a TCP connection put together from its segments (RFC 9293 3.10.7.4): in order,
 * every byte once, at the time at which all before it had been seen too.
 *
 * Where segments overlap the bytes that came first count; later ones that differ are counted. What
 * never comes is reported as a gap, and the stream goes on behind it. Offsets count from the first
 * byte behind the SYN, or from the first byte seen.
 */
#ifndef HS_DECODE_TCP_STREAM_H
#define HS_DECODE_TCP_STREAM_H

#include <stdbool.h>

#include <handshake/time.h>

#include "base/arena.h"
#include "base/reader.h"

enum {
    HS_TCP_STREAM_WINDOW = 16 * 1024 * 1024, /* a segment farther off is none of this stream */
    HS_TCP_STREAM_PIECES = 512,              /* held out of order at once */
    HS_TCP_STREAM_PAST = 32 * 1024,          /* passed on, and kept to compare with */
};

typedef struct hs_tcp_segment {
    uint32_t sequence; /* of the first byte of data */
    hs_bytes bytes;    /* as captured */
    uint32_t length;   /* as sent: more than bytes.len where the snapshot length cut */
    hs_time at;
} hs_tcp_segment;

/* Where the stream goes. */
typedef struct hs_tcp_sink {
    void (*bytes)(void *context, hs_bytes bytes, hs_time at);
    void (*gap)(void *context, uint64_t length, hs_time at);
    void *context;
} hs_tcp_sink;

typedef struct hs_tcp_piece hs_tcp_piece;

typedef struct hs_tcp_stream {
    hs_tcp_sink sink;
    hs_allocator allocator; /* of `past` */
    size_t limit;           /* bytes held out of order */
    bool started;           /* `next` is known */
    bool has_end;           /* the FIN's place is known */
    uint32_t next;          /* sequence number of the next byte to pass on */
    uint64_t offset;        /* its offset */
    uint64_t end;           /* offset of the FIN */
    hs_time latest;         /* of what was passed on */
    hs_tcp_piece *held;     /* in order, without overlap */
    hs_tcp_piece *last;
    size_t held_bytes;
    size_t held_count;
    uint8_t *past; /* the newest bytes passed on; they end at `offset` */
    size_t past_len;
    size_t past_capacity;
    uint64_t missing_bytes;
    bool is_unwatched; /* nobody asks for `conflicting_bytes` */
    uint64_t conflicting_bytes;
} hs_tcp_stream;

/* `limit` bounds the bytes held out of order; past it the oldest hole is given up. `allocator` is
 * for what every stream needs. */
void hs_tcp_stream_init(hs_tcp_stream *stream, const hs_tcp_sink *sink, size_t limit,
                        const hs_allocator *allocator);
void hs_tcp_stream_free(hs_tcp_stream *stream);
/* Bytes that come again need not be compared, and none are kept for that. Before the first of them.
 */
void hs_tcp_stream_compare_none(hs_tcp_stream *stream);
/* The sequence number of the first byte, where a SYN told it; else the first segment does. */
void hs_tcp_stream_start(hs_tcp_stream *stream, uint32_t sequence);
/* HS_NO_MEMORY: what could not be held is lost, and will be a gap. */
HS_CHECKED hs_result hs_tcp_stream_add(hs_tcp_stream *stream, const hs_tcp_segment *segment);
/* The peer has everything before `sequence`: what was not seen of it will not come. */
void hs_tcp_stream_acknowledged(hs_tcp_stream *stream, uint32_t sequence, hs_time at);
/* The FIN stands at `sequence`. */
void hs_tcp_stream_end(hs_tcp_stream *stream, uint32_t sequence);
/* Everything up to the FIN was passed on or given up. */
bool hs_tcp_stream_is_complete(const hs_tcp_stream *stream);
/* No more is coming: passes on what is held; holes, also one before the FIN, become gaps. */
void hs_tcp_stream_flush(hs_tcp_stream *stream, hs_time at);
/* Bytes of memory held. */
size_t hs_tcp_stream_memory(const hs_tcp_stream *stream);

#endif
