#include "decode/http3.h"

#include <stdlib.h>

#include "decode/http3_state.h"

enum { SLICE = 16 * 1024 }; /* bytes that are taken into a buffer at once */

hs_http3_decoder *hs_http3_decoder_new(hs_trace *trace)
{
    hs_http3_decoder *d = calloc(1, sizeof *d);
    if (!d) {
        return NULL;
    }
    d->app.trace = trace;
    d->app.budget = HS_APP_BUDGET;
    return d;
}

static void free_stream(hs_h3_stream *stream)
{
    hs_buffer_free(&stream->side.buffer);
    hs_app_map_free(&stream->side.map);
    free(stream);
}

void hs_http3_decoder_free(hs_http3_decoder *decoder)
{
    if (!decoder) {
        return;
    }
    for (int from = 0; from < 2; from++) {
        while (decoder->streams[from]) {
            hs_h3_stream *stream = decoder->streams[from];
            decoder->streams[from] = stream->next;
            free_stream(stream);
        }
    }
    hs_h3_qpack_free(decoder);
    free(decoder);
}

void hs_h3_lose(hs_http3_decoder *d, hs_result result)
{
    d->app.trace->incomplete = true;
    if (d->result == HS_OK) {
        d->result = result;
    }
}

/* RFC 9000 2.1: who may send on a stream, and RFC 9114 6.1. */
static void classify(hs_h3_stream *stream, hs_side from)
{
    hs_side opener = stream->id % 2 == 0 ? HS_CLIENT : HS_SERVER;
    if (stream->id % 4 == 0) {
        stream->kind = HS_H3_REQUEST;
    } else if (stream->id % 4 == 1) {
        stream->kind = HS_H3_DATA;
        stream->problem = "a server opens no bidirectional streams in HTTP/3";
    } else if (opener != from) {
        stream->kind = HS_H3_DATA;
        stream->problem = "the stream is the other side's to send on";
    }
}

static hs_h3_stream *find(hs_http3_decoder *d, hs_side from, uint64_t id)
{
    hs_h3_stream **place = &d->streams[from];
    while (*place) {
        if ((*place)->id == id) {
            return *place;
        }
        place = &(*place)->next;
    }
    if (d->stream_counts[from] == HS_HTTP3_STREAMS_MAX) {
        hs_h3_lose(d, HS_LIMIT);
        return NULL;
    }
    hs_h3_stream *stream = calloc(1, sizeof *stream);
    if (!stream) {
        hs_h3_lose(d, HS_NO_MEMORY);
        return NULL;
    }
    stream->id = id;
    stream->side.from = from;
    stream->goaway_id = UINT64_MAX;
    hs_buffer_init(&stream->side.buffer, HS_APP_BUFFER_MAX);
    classify(stream, from);
    *place = stream;
    d->stream_counts[from]++;
    return stream;
}

static void drop(hs_http3_decoder *d, const hs_h3_stream *stream)
{
    hs_side from = stream->side.from;
    hs_h3_stream **place = &d->streams[from];
    while (*place != stream) {
        place = &(*place)->next;
    }
    hs_h3_stream *gone = *place;
    *place = gone->next;
    d->stream_counts[from]--;
    free_stream(gone);
}

void hs_h3_run(hs_http3_decoder *d, hs_h3_stream *stream)
{
    while (hs_h3_stream_step(d, stream)) {
    }
}

void hs_h3_run_encoder(hs_http3_decoder *d, hs_side from)
{
    for (hs_h3_stream *stream = d->streams[from]; stream; stream = stream->next) {
        if (stream->kind == HS_H3_ENCODER) {
            hs_h3_run(d, stream);
        }
    }
}

/* The stream is no longer decoded; what waits in it is told as far as it goes. */
static void stop(hs_http3_decoder *d, hs_h3_stream *stream, hs_result result)
{
    hs_h3_lose(d, result);
    if (stream->kind == HS_H3_ENCODER) {
        hs_h3_qpack_break(d, stream->side.from, "QPACK insertions were not kept");
    }
    hs_h3_stream_finish(d, stream, false);
    stream->kind = HS_H3_STOPPED;
    hs_buffer_free(&stream->side.buffer);
}

static size_t waiting(const hs_http3_decoder *d)
{
    size_t bytes = d->section_bytes;
    for (int from = 0; from < 2; from++) {
        for (const hs_h3_stream *stream = d->streams[from]; stream; stream = stream->next) {
            bytes += hs_buffer_bytes(&stream->side.buffer).len;
        }
    }
    return bytes;
}

static void take_in(hs_http3_decoder *d, hs_h3_stream *stream, hs_bytes bytes)
{
    while (bytes.len > 0 && stream->kind != HS_H3_STOPPED) {
        hs_buffer *buffer = &stream->side.buffer;
        size_t len = bytes.len < SLICE ? bytes.len : SLICE;
        if (waiting(d) + len > HS_HTTP3_WAITING_MAX) {
            stop(d, stream, HS_LIMIT);
            return;
        }
        hs_result result = hs_buffer_append(buffer, hs_bytes_of(bytes.data, len));
        if (result != HS_OK) {
            stop(d, stream, result);
            return;
        }
        bytes = hs_bytes_of(bytes.data + len, bytes.len - len);
        hs_h3_run(d, stream);
        if (hs_buffer_bytes(buffer).len == 0 && buffer->capacity > SLICE) {
            hs_buffer_free(buffer);
        }
    }
}

static void end(hs_http3_decoder *d, hs_h3_stream *stream)
{
    if (hs_h3_is_critical(stream)) {
        /* What it did counts on. */
        const char *problem = "the stream must not be closed";
        if (stream->event) {
            hs_app_add_text(&d->app, stream->event, "problem", problem);
        } else {
            stream->problem = problem;
        }
        return;
    }
    hs_h3_stream_finish(d, stream, true);
    drop(d, stream);
}

hs_result hs_http3_decoder_feed(hs_http3_decoder *decoder, hs_side from, uint64_t stream_id,
                                hs_bytes in_order_bytes, bool fin, uint64_t first, uint64_t end_,
                                bool is_early)
{
    hs_chunk chunk = {
        .from = from, .bytes = in_order_bytes, .first = first, .end = end_, .is_protected = true};
    decoder->result = HS_OK;
    hs_h3_stream *stream = find(decoder, from, stream_id);
    if (!stream) {
        return decoder->result;
    }
    hs_app_side *side = &stream->side;
    if (chunk.bytes.len > 0 && stream->kind != HS_H3_STOPPED) {
        if (hs_app_map_add(&side->map, side->received, &chunk) != HS_OK) {
            stop(decoder, stream, HS_NO_MEMORY);
        }
        side->received += chunk.bytes.len;
        if (is_early) {
            stream->early_end = side->received;
        }
        take_in(decoder, stream, chunk.bytes);
    }
    if (fin) {
        end(decoder, stream);
    }
    return decoder->result;
}

void hs_http3_decoder_gap(hs_http3_decoder *decoder, hs_side from, uint64_t stream_id,
                          uint64_t length)
{
    hs_h3_stream *stream = find(decoder, from, stream_id);
    if (stream && length > 0) {
        hs_h3_stream_gap(decoder, stream, length);
    }
}

void hs_http3_decoder_finish(hs_http3_decoder *decoder)
{
    decoder->is_finishing = true;
    hs_h3_run_encoder(decoder, HS_CLIENT);
    hs_h3_run_encoder(decoder, HS_SERVER);
    for (int from = 0; from < 2; from++) {
        while (decoder->streams[from]) {
            hs_h3_stream *stream = decoder->streams[from];
            hs_h3_stream_finish(decoder, stream, false);
            drop(decoder, stream);
        }
    }
    decoder->is_finished = true;
    hs_h3_retry_sections(decoder);
}

size_t hs_http3_decoder_memory(const hs_http3_decoder *decoder)
{
    enum { ENTRY_COST = 6 }; /* times that a table's entry takes more than its bytes */
    size_t bytes = sizeof *decoder;
    for (int from = 0; from < 2; from++) {
        const hs_h3_qpack *qpack = &decoder->qpack[from];
        uint64_t table = qpack->inserted < HS_HTTP3_TABLE_MAX ? qpack->inserted
                                                              : HS_HTTP3_TABLE_MAX;
        bytes += (size_t)table * ENTRY_COST;
        for (const hs_h3_stream *stream = decoder->streams[from]; stream; stream = stream->next) {
            bytes += sizeof *stream + stream->side.buffer.capacity +
                     stream->side.map.capacity * sizeof *stream->side.map.spans;
        }
    }
    for (const hs_h3_section *section = decoder->sections; section; section = section->next) {
        bytes += sizeof *section + section->len;
    }
    return bytes;
}
