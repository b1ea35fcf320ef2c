#include "streams.h"

#include "base/reader.h"
#include "decode/http3.h"

enum { HEAD_LEN = 4 };

typedef struct record {
    hs_side from;
    uint8_t flags;
    uint64_t stream;
    hs_bytes bytes;
    uint64_t offset;
} record;

/* All of it crossed in one datagram, a FIN with the last byte. */
static void play_record(hs_http3_decoder *decoder, const record *r, conversation_split split,
                        void *context)
{
    size_t at = 0;
    do {
        size_t left = r->bytes.len - at;
        size_t len = split && left > 0 ? split(left, context) : left;
        bool fin = (r->flags & STREAMS_FIN) != 0 && len == left;
        hs_bytes part = len > 0 ? hs_bytes_of(r->bytes.data + at, len) : (hs_bytes){0};
        (void)!hs_http3_decoder_feed(decoder, r->from, r->stream, part, fin, r->offset,
                                     r->offset + r->bytes.len, (r->flags & STREAMS_EARLY) != 0);
        at += len;
    } while (at < r->bytes.len);
}

static void play_records(hs_trace *trace, hs_http3_decoder *decoder, hs_bytes recording,
                         conversation_split split, void *context)
{
    hs_fault fault;
    hs_reader r;
    uint64_t offsets[2] = {0, 0};
    hs_reader_init(&r, recording, &fault, NULL);
    for (hs_time at = 0; hs_reader_left(&r) >= HEAD_LEN; at += HS_MILLISECOND) {
        record next = {.flags = hs_read_u8(&r, "flags"), .stream = hs_read_u8(&r, "stream")};
        size_t len = hs_read_u16(&r, "length");
        next.from = next.flags & STREAMS_FROM_SERVER ? HS_SERVER : HS_CLIENT;
        next.offset = offsets[next.from];
        if (next.flags & STREAMS_GAP) {
            hs_http3_decoder_gap(decoder, next.from, next.stream, len);
            continue;
        }
        len = len < hs_reader_left(&r) ? len : hs_reader_left(&r);
        next.bytes = hs_read_bytes(&r, len, "bytes");
        hs_trace_add_segment(trace, next.from, len, (hs_moment){at, HS_CLOCK_USER});
        offsets[next.from] += len;
        play_record(decoder, &next, split, context);
    }
}

hs_trace *streams_play(hs_bytes recording, conversation_split split, void *context)
{
    hs_trace_config config = {.keep_bytes = true, .event_limit = 1 << 20};
    hs_trace *trace = hs_trace_new(&config);
    hs_http3_decoder *decoder = trace ? hs_http3_decoder_new(trace) : NULL;
    if (!decoder) {
        hs_trace_free(trace);
        return NULL;
    }
    play_records(trace, decoder, recording, split, context);
    hs_http3_decoder_finish(decoder);
    hs_http3_decoder_free(decoder);
    (void)!hs_trace_finish(trace);
    return trace;
}
