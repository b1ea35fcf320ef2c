/* The directions of streams, and which kind each is (RFC 9114 6). */
#include "decode/http3.h"

#include <stdlib.h>

#include "decode/http3_state.h"

/* The lowest bits of a stream's ID (RFC 9000 2.1). */
enum { STREAM_FROM_SERVER = 1, STREAM_UNIDIRECTIONAL = 2 };

hs_http3_decoder *hs_http3_decoder_new(hs_trace *trace)
{
    hs_http3_decoder *d = calloc(1, sizeof *d);
    if (d) {
        d->trace = trace;
        d->budget = HS_HTTP3_DETAILS_MAX;
        d->sections_end = &d->sections;
        hs_buffer_init(&d->qpack[HS_CLIENT].early, HS_HTTP3_WAITING_MAX);
        hs_buffer_init(&d->qpack[HS_SERVER].early, HS_HTTP3_WAITING_MAX);
    }
    return d;
}

static void free_half(hs_h3_half *half)
{
    hs_buffer_free(&half->buffer);
    hs_app_map_free(&half->map);
    free(half);
}

void hs_http3_decoder_free(hs_http3_decoder *decoder)
{
    if (!decoder) {
        return;
    }
    while (decoder->halves) {
        hs_h3_half *next = decoder->halves->next;
        free_half(decoder->halves);
        decoder->halves = next;
    }
    while (decoder->sections) {
        hs_h3_section *next = decoder->sections->next;
        free(decoder->sections);
        decoder->sections = next;
    }
    hs_h3_qpack_free(&decoder->qpack[HS_CLIENT]);
    hs_h3_qpack_free(&decoder->qpack[HS_SERVER]);
    free(decoder);
}

/* Bidirectional streams of a server are of no use yet (RFC 9114 6.1). */
static hs_h3_kind kind_of(uint64_t stream_id)
{
    if (stream_id & STREAM_UNIDIRECTIONAL) {
        return HS_H3_UNKNOWN;
    }
    return stream_id & STREAM_FROM_SERVER ? HS_H3_IGNORED : HS_H3_REQUEST;
}

static hs_h3_half *find_half(const hs_http3_decoder *d, hs_side from, uint64_t stream_id)
{
    hs_h3_half *half = d->halves;
    while (half && (half->stream_id != stream_id || half->from != from)) {
        half = half->next;
    }
    return half;
}

static hs_result have_half(hs_http3_decoder *d, hs_side from, uint64_t stream_id, hs_h3_half **out)
{
    *out = find_half(d, from, stream_id);
    if (*out) {
        return HS_OK;
    }
    if (d->half_count == HS_HTTP3_STREAM_HALVES_MAX) {
        return HS_LIMIT;
    }
    hs_h3_half *half = calloc(1, sizeof *half);
    if (!half) {
        return HS_NO_MEMORY;
    }
    half->stream_id = stream_id;
    half->from = from;
    half->kind = kind_of(stream_id);
    hs_buffer_init(&half->buffer, HS_HTTP3_FRAME_MAX + HS_HTTP3_WAITING_MAX);
    half->next = d->halves;
    d->halves = half;
    d->half_count++;
    *out = half;
    return HS_OK;
}

static hs_result append(hs_h3_half *half, const hs_chunk *chunk)
{
    uint64_t at = half->consumed + hs_buffer_bytes(&half->buffer).len;
    hs_result result = hs_buffer_append(&half->buffer, chunk->bytes);
    if (result == HS_OK) {
        result = hs_app_map_add(&half->map, at, chunk);
    }
    return result;
}

static void ignore(hs_h3_half *half)
{
    half->kind = HS_H3_IGNORED;
    half->in_long = false;
    hs_buffer_free(&half->buffer);
    hs_app_map_free(&half->map);
}

hs_result hs_http3_decoder_feed(hs_http3_decoder *decoder, hs_side from, uint64_t stream_id,
                                hs_bytes bytes, bool fin, uint64_t first, uint64_t end)
{
    hs_h3_half *half = NULL;
    hs_result result = have_half(decoder, from, stream_id, &half);
    if (result != HS_OK || half->kind == HS_H3_IGNORED) {
        return result;
    }
    hs_chunk chunk = {
        .from = from, .bytes = bytes, .first = first, .end = end, .is_protected = true};
    half->has_fin = half->has_fin || fin;
    if (bytes.len > 0) {
        result = append(half, &chunk);
    }
    if (result != HS_OK) {
        ignore(half);
        return result;
    }
    hs_h3_step(decoder, half);
    return HS_OK;
}

void hs_http3_decoder_gap(hs_http3_decoder *decoder, hs_side from, uint64_t stream_id,
                          uint64_t length)
{
    hs_h3_half *half = find_half(decoder, from, stream_id);
    (void)length;
    if (half) {
        hs_h3_finish_half(decoder, half);
        ignore(half);
    }
    /* Without all of its stream the state of QPACK is lost. */
    decoder->qpack[from].is_broken = decoder->qpack[from].is_broken ||
                                     (stream_id & STREAM_UNIDIRECTIONAL) != 0;
}

void hs_http3_decoder_finish(hs_http3_decoder *decoder)
{
    for (hs_h3_half *half = decoder->halves; half; half = half->next) {
        hs_h3_finish_half(decoder, half);
    }
    hs_h3_qpack_finish(decoder);
}
