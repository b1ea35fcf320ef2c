/* Stream data in order (RFC 9000 2.2, 3, 19.8). It waits until ALPN says whose it is: early data
 * comes before the server has chosen. */
#include <stdlib.h>

#include "decode/quic_parts.h"

static hs_quic_stream *find(hs_quic_decoder *d, hs_side from, uint64_t id)
{
    hs_quic_direction *direction = &d->sides[from];
    for (hs_quic_stream *stream = direction->streams; stream; stream = stream->next) {
        if (stream->id == id) {
            return stream;
        }
    }
    if (direction->stream_count == HS_QUIC_FOLLOWED_STREAMS_MAX) {
        d->trace->incomplete = true;
        return NULL;
    }
    hs_quic_stream *stream = calloc(1, sizeof *stream);
    if (!stream) {
        hs_quic_lose(d, HS_NO_MEMORY);
        return NULL;
    }
    stream->id = id;
    stream->final_size = HS_QUIC_NO_FINAL_SIZE;
    stream->next = direction->streams;
    direction->streams = stream;
    direction->stream_count++;
    return stream;
}

static void hand_over(hs_quic_decoder *d, hs_side from, hs_quic_stream *stream,
                      const hs_quic_piece *piece)
{
    bool fin = piece->offset + piece->bytes.len == stream->final_size;
    hs_quic_application_data(d, from, stream->id, piece, fin);
    stream->is_over = fin;
}

/* All that is in order. */
static void pump(hs_quic_decoder *d, hs_side from, hs_quic_stream *stream)
{
    const hs_quic_piece *head;
    while (!stream->is_over && (head = hs_quic_order_head(&stream->order))) {
        hand_over(d, from, stream, head);
        hs_quic_order_drop(&stream->order);
    }
}

/* What is missing will not come, or is not waited for any longer. */
static void skip_gaps(hs_quic_decoder *d, hs_side from, hs_quic_stream *stream)
{
    const hs_quic_piece *first;
    while (!stream->is_over && (first = hs_quic_order_first(&stream->order))) {
        if (first->offset > stream->order.next) {
            hs_quic_application_gap(d, from, stream->id, first->offset - stream->order.next);
            d->trace->incomplete = true;
        }
        hand_over(d, from, stream, first);
        hs_quic_order_drop(&stream->order);
    }
    hs_quic_order_free(&stream->order);
}

static void add(hs_quic_decoder *d, hs_side from, hs_quic_stream *stream,
                const hs_quic_piece *piece)
{
    hs_result result = hs_quic_order_add(&stream->order, piece, HS_QUIC_STREAM_MAX,
                                         HS_QUIC_PIECES_MAX, NULL);
    if (result == HS_LIMIT) {
        skip_gaps(d, from, stream);
        result = hs_quic_order_add(&stream->order, piece, HS_QUIC_STREAM_MAX, HS_QUIC_PIECES_MAX,
                                   NULL);
    }
    if (result != HS_OK) {
        hs_quic_lose(d, result);
    }
}

void hs_quic_stream_data(hs_quic_decoder *d, const hs_quic_found *found, const hs_quic_frame *frame)
{
    hs_side from = found->from;
    hs_quic_stream *stream = find(d, from, frame->stream.stream_id);
    hs_quic_piece piece = {.offset = frame->stream.offset,
                           .bytes = frame->stream.data,
                           .first = found->first,
                           .end = found->end,
                           .is_early = found->packet.type == HS_QUIC_0RTT};
    if (!stream || stream->is_over) {
        return;
    }
    uint64_t end = piece.offset + piece.bytes.len;
    if (frame->stream.fin) {
        stream->final_size = end;
    }
    bool is_known = hs_quic_application_is_known(d);
    if (is_known && piece.bytes.len > 0 && hs_quic_order_pass(&stream->order, &piece)) {
        hand_over(d, from, stream, &piece);
        return;
    }
    if (piece.bytes.len > 0) {
        add(d, from, stream, &piece);
    }
    if (is_known) {
        pump(d, from, stream);
    }
    /* A FIN of its own behind all that went on. */
    if (is_known && !stream->is_over && stream->order.next == stream->final_size) {
        piece.offset = stream->final_size;
        piece.bytes.len = 0;
        hand_over(d, from, stream, &piece);
    }
}

/* Streams in the order in which they came, the client's first. */
static void each(hs_quic_decoder *d, void (*work)(hs_quic_decoder *, hs_side, hs_quic_stream *))
{
    for (int from = 0; from < 2; from++) {
        hs_quic_stream *in_order[HS_QUIC_FOLLOWED_STREAMS_MAX];
        size_t count = 0;
        for (hs_quic_stream *s = d->sides[from].streams; s; s = s->next) {
            in_order[count++] = s;
        }
        while (count > 0) {
            work(d, (hs_side)from, in_order[--count]);
        }
    }
}

void hs_quic_streams_pump(hs_quic_decoder *d)
{
    if (hs_quic_application_is_known(d)) {
        each(d, pump);
    }
}

void hs_quic_streams_finish(hs_quic_decoder *d)
{
    each(d, skip_gaps);
}

void hs_quic_decoder_streams_free(hs_quic_decoder *d)
{
    for (int from = 0; from < 2; from++) {
        hs_quic_direction *direction = &d->sides[from];
        while (direction->streams) {
            hs_quic_stream *stream = direction->streams;
            direction->streams = stream->next;
            hs_quic_order_free(&stream->order);
            free(stream);
        }
        direction->stream_count = 0;
    }
}
