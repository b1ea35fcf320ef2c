#include "decode/tcp_stream.h"

#include <stdlib.h>
#include <string.h>

enum { PAST_FIRST = 1024 - 64 }; /* a power of two with what an allocator adds */

/* A run of bytes that waits for what comes before it. */
struct hs_tcp_piece {
    hs_tcp_piece *next;
    uint64_t first;
    uint64_t end;
    hs_time at;
    bool is_missing; /* cut off by the snapshot length: it has no bytes */
    uint8_t bytes[];
};

/* What a segment brings, by offset. */
typedef struct range {
    uint64_t first;
    uint64_t end;
    const uint8_t *bytes; /* NULL: missing */
    hs_time at;
} range;

void hs_tcp_stream_init(hs_tcp_stream *stream, const hs_tcp_sink *sink, size_t limit,
                        const hs_allocator *allocator)
{
    *stream = (hs_tcp_stream){
        .sink = *sink, .allocator = *allocator, .limit = limit, .latest = HS_TIME_NONE};
}

static void free_past(hs_tcp_stream *stream)
{
    if (stream->past) {
        stream->allocator.release(stream->allocator.context, stream->past);
    }
    stream->past = NULL;
    stream->past_capacity = 0;
}

static size_t cost(const hs_tcp_piece *piece)
{
    return sizeof *piece + (piece->is_missing ? 0 : (size_t)(piece->end - piece->first));
}

static hs_tcp_piece *take_first(hs_tcp_stream *stream)
{
    hs_tcp_piece *piece = stream->held;
    stream->held = piece->next;
    if (!stream->held) {
        stream->last = NULL;
    }
    stream->held_bytes -= cost(piece);
    stream->held_count--;
    return piece;
}

void hs_tcp_stream_free(hs_tcp_stream *stream)
{
    while (stream->held) {
        free(take_first(stream));
    }
    free_past(stream);
    stream->past_len = 0;
}

void hs_tcp_stream_compare_none(hs_tcp_stream *stream)
{
    stream->is_unwatched = true;
}

void hs_tcp_stream_start(hs_tcp_stream *stream, uint32_t sequence)
{
    if (!stream->started) {
        stream->started = true;
        stream->next = sequence;
    }
}

static bool grow_past(hs_tcp_stream *stream, size_t wanted)
{
    size_t capacity = stream->past_capacity ? stream->past_capacity * 2 : PAST_FIRST;
    capacity = capacity < wanted ? wanted : capacity;
    uint8_t *past = stream->allocator.allocate(stream->allocator.context, capacity);
    if (!past) {
        return false;
    }
    if (stream->past_len > 0) {
        memcpy(past, stream->past, stream->past_len);
    }
    free_past(stream);
    stream->past = past;
    stream->past_capacity = capacity;
    return true;
}

/* Keeps the newest bytes; where there is no memory, none. */
static void remember(hs_tcp_stream *stream, hs_bytes bytes)
{
    if (stream->is_unwatched) {
        return;
    }
    if (bytes.len > HS_TCP_STREAM_PAST) {
        bytes = hs_bytes_of(bytes.data + bytes.len - HS_TCP_STREAM_PAST, HS_TCP_STREAM_PAST);
        stream->past_len = 0;
    }
    if (stream->past_len + bytes.len > HS_TCP_STREAM_PAST) {
        size_t keep = HS_TCP_STREAM_PAST / 2;
        keep = keep + bytes.len > HS_TCP_STREAM_PAST ? HS_TCP_STREAM_PAST - bytes.len : keep;
        keep = keep < stream->past_len ? keep : stream->past_len;
        memmove(stream->past, stream->past + stream->past_len - keep, keep);
        stream->past_len = keep;
    }
    size_t wanted = stream->past_len + bytes.len;
    if (wanted > stream->past_capacity && !grow_past(stream, wanted)) {
        stream->past_len = 0;
        return;
    }
    memcpy(stream->past + stream->past_len, bytes.data, bytes.len);
    stream->past_len += bytes.len;
}

static hs_time come(hs_tcp_stream *stream, hs_time at)
{
    if (stream->latest == HS_TIME_NONE || at > stream->latest) {
        stream->latest = at;
    }
    return stream->latest;
}

static void pass_bytes(hs_tcp_stream *stream, hs_bytes bytes, hs_time at)
{
    stream->next += (uint32_t)bytes.len;
    stream->offset += bytes.len;
    remember(stream, bytes);
    stream->sink.bytes(stream->sink.context, bytes, come(stream, at));
}

static void pass_gap(hs_tcp_stream *stream, uint64_t length, hs_time at)
{
    stream->next += (uint32_t)length;
    stream->offset += length;
    stream->missing_bytes += length;
    stream->past_len = 0;
    stream->sink.gap(stream->sink.context, length, come(stream, at));
}

/* What is held and no longer waits for anything. */
static void pass_ready(hs_tcp_stream *stream)
{
    while (stream->held && stream->held->first == stream->offset) {
        hs_tcp_piece *piece = take_first(stream);
        size_t len = (size_t)(piece->end - piece->first);
        if (piece->is_missing) {
            pass_gap(stream, len, piece->at);
        } else {
            pass_bytes(stream, hs_bytes_of(piece->bytes, len), piece->at);
        }
        free(piece);
    }
}

static void give_up_first_hole(hs_tcp_stream *stream)
{
    pass_gap(stream, stream->held->first - stream->offset, stream->held->at);
    pass_ready(stream);
}

static void count_conflicts(hs_tcp_stream *stream, const uint8_t *a, const uint8_t *b, size_t len)
{
    for (size_t i = 0; i < len && !stream->is_unwatched; i++) {
        stream->conflicting_bytes += a[i] != b[i];
    }
}

/* Compares what was passed on already with what comes again. */
static void compare_past(hs_tcp_stream *stream, const range *r, uint64_t end)
{
    uint64_t past_first = stream->offset - stream->past_len;
    uint64_t first = r->first > past_first ? r->first : past_first;
    if (r->bytes && first < end) {
        count_conflicts(stream, stream->past + (first - past_first), r->bytes + (first - r->first),
                        (size_t)(end - first));
    }
}

static void compare_held(hs_tcp_stream *stream, const hs_tcp_piece *piece, const range *r,
                         uint64_t first, uint64_t end)
{
    if (r->bytes && !piece->is_missing) {
        count_conflicts(stream, piece->bytes + (first - piece->first),
                        r->bytes + (first - r->first), (size_t)(end - first));
    }
}

static hs_tcp_piece *make_piece(const range *r, uint64_t first, uint64_t end)
{
    size_t len = r->bytes ? (size_t)(end - first) : 0;
    hs_tcp_piece *piece = malloc(sizeof *piece + len);
    if (piece) {
        *piece = (hs_tcp_piece){.first = first, .end = end, .at = r->at, .is_missing = !r->bytes};
        if (len > 0) {
            memcpy(piece->bytes, r->bytes + (first - r->first), len);
        }
    }
    return piece;
}

/* Holds what no other piece has of the range; it begins at or behind `offset`. */
static hs_result hold(hs_tcp_stream *stream, const range *r)
{
    uint64_t cursor = r->first;
    hs_tcp_piece **link = &stream->held;
    if (stream->last && stream->last->end <= cursor) {
        link = &stream->last->next;
    }
    while (cursor < r->end) {
        hs_tcp_piece *piece = *link;
        if (piece && piece->first <= cursor) {
            uint64_t end = piece->end < r->end ? piece->end : r->end;
            if (end > cursor) {
                compare_held(stream, piece, r, cursor, end);
                cursor = end;
            }
            link = &piece->next;
            continue;
        }
        uint64_t end = piece && piece->first < r->end ? piece->first : r->end;
        hs_tcp_piece *added = make_piece(r, cursor, end);
        if (!added) {
            return HS_NO_MEMORY;
        }
        added->next = piece;
        *link = added;
        if (!piece) {
            stream->last = added;
        }
        stream->held_bytes += cost(added);
        stream->held_count++;
        link = &added->next;
        cursor = end;
    }
    return HS_OK;
}

static bool is_full(const hs_tcp_stream *stream)
{
    return stream->held &&
           (stream->held_bytes > stream->limit || stream->held_count > HS_TCP_STREAM_PIECES);
}

/* `r` is the caller's no more. */
static hs_result add_range(hs_tcp_stream *stream, range *r)
{
    if (r->first < stream->offset) {
        uint64_t end = r->end < stream->offset ? r->end : stream->offset;
        compare_past(stream, r, end);
        if (r->end <= stream->offset) {
            return HS_OK;
        }
        r->bytes = r->bytes ? r->bytes + (stream->offset - r->first) : NULL;
        r->first = stream->offset;
    }
    bool is_alone = !stream->held || stream->held->first >= r->end;
    if (r->first == stream->offset && is_alone) {
        size_t len = (size_t)(r->end - r->first);
        if (r->bytes) {
            pass_bytes(stream, hs_bytes_of(r->bytes, len), r->at);
        } else {
            pass_gap(stream, len, r->at);
        }
        pass_ready(stream);
        return HS_OK;
    }
    hs_result result = hold(stream, r);
    pass_ready(stream);
    while (is_full(stream)) {
        give_up_first_hole(stream);
    }
    return result;
}

hs_result hs_tcp_stream_add(hs_tcp_stream *stream, const hs_tcp_segment *segment)
{
    hs_tcp_stream_start(stream, segment->sequence);
    int64_t away = (int32_t)(segment->sequence - stream->next);
    bool is_keep_alive = away == -1 && segment->length <= 1;
    if (segment->length == 0 || is_keep_alive || away > HS_TCP_STREAM_WINDOW) {
        return HS_OK;
    }
    /* The part before the stream's first byte has no offset. */
    int64_t before = -(int64_t)stream->offset;
    size_t skip = away < before ? (size_t)(before - away) : 0;
    if (skip >= segment->length) {
        return HS_OK;
    }
    uint64_t first = stream->offset + (uint64_t)(away + (int64_t)skip);
    size_t captured = segment->bytes.len < segment->length ? segment->bytes.len : segment->length;
    captured = captured > skip ? captured - skip : 0;
    uint64_t end = first + (segment->length - skip);
    hs_result result = HS_OK;
    if (captured > 0) {
        range seen = {.first = first,
                      .end = first + captured,
                      .bytes = segment->bytes.data + skip,
                      .at = segment->at};
        result = add_range(stream, &seen);
    }
    if (first + captured < end && result == HS_OK) {
        range cut = {.first = first + captured, .end = end, .at = segment->at};
        result = add_range(stream, &cut);
    }
    return result;
}

static void give_up_to(hs_tcp_stream *stream, uint64_t offset, hs_time at)
{
    while (stream->offset < offset) {
        uint64_t stop = stream->held && stream->held->first < offset ? stream->held->first : offset;
        pass_gap(stream, stop - stream->offset, at);
        pass_ready(stream);
    }
}

void hs_tcp_stream_acknowledged(hs_tcp_stream *stream, uint32_t sequence, hs_time at)
{
    int64_t away = (int32_t)(sequence - stream->next);
    if (!stream->started || away <= 0 || away > HS_TCP_STREAM_WINDOW) {
        return;
    }
    uint64_t offset = stream->offset + (uint64_t)away;
    if (stream->has_end && offset > stream->end) {
        offset = stream->end; /* the FIN has a number of its own, and is no byte */
    }
    give_up_to(stream, offset, at);
}

void hs_tcp_stream_end(hs_tcp_stream *stream, uint32_t sequence)
{
    hs_tcp_stream_start(stream, sequence);
    int64_t away = (int32_t)(sequence - stream->next);
    if (stream->has_end || away > HS_TCP_STREAM_WINDOW || away < -(int64_t)stream->offset) {
        return;
    }
    stream->has_end = true;
    stream->end = stream->offset + (uint64_t)away;
}

bool hs_tcp_stream_is_complete(const hs_tcp_stream *stream)
{
    return stream->has_end && stream->offset >= stream->end;
}

void hs_tcp_stream_flush(hs_tcp_stream *stream, hs_time at)
{
    while (stream->held) {
        give_up_first_hole(stream);
    }
    if (stream->has_end) {
        give_up_to(stream, stream->end, at);
    }
}

size_t hs_tcp_stream_memory(const hs_tcp_stream *stream)
{
    return stream->held_bytes + stream->past_capacity;
}
