/* HTTP/3 streams of both sides, in pieces: each piece of the input begins with a byte that says
 * which direction of which stream it is of (its lowest bit the side, the next three the stream) and
 * one that is its length. */
#include <stdlib.h>

#include "base/reader.h"
#include "decode/http3.h"
#include "trace/build.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Control, encoder and decoder streams of both, and two requests. */
static const uint64_t streams[] = {0, 2, 3, 4, 6, 7, 10, 1};

static void feed(hs_trace *trace, hs_http3_decoder *d, hs_side from, uint64_t stream,
                 hs_bytes bytes, bool fin)
{
    uint64_t first = hs_trace_stream_length(trace, from);
    hs_trace_add_segment(trace, from, bytes.len, (hs_moment){(hs_time)first, HS_CLOCK_KERNEL});
    hs_result result = hs_http3_decoder_feed(d, from, stream, bytes, fin, first, first + bytes.len);
    (void)result; /* a limit may be met */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hs_trace_config config = {.keep_bytes = true};
    hs_trace *trace = hs_trace_new(&config);
    hs_http3_decoder *d = hs_http3_decoder_new(trace);
    if (!trace || !d) {
        abort();
    }
    while (size > 2) {
        hs_side from = data[0] & 1 ? HS_SERVER : HS_CLIENT;
        uint64_t stream = streams[data[0] >> 1 & 7];
        bool fin = data[0] & 0x80;
        bool is_gap = data[0] & 0x40;
        size_t len = data[1] < size - 2 ? data[1] : size - 2;
        if (is_gap) {
            hs_http3_decoder_gap(d, from, stream, len);
        } else {
            feed(trace, d, from, stream, hs_bytes_of(data + 2, len), fin);
        }
        data += 2 + len;
        size -= 2 + len;
    }
    hs_http3_decoder_finish(d);
    hs_http3_decoder_free(d);
    if (hs_trace_finish(trace) == HS_INVALID) {
        abort();
    }
    hs_trace_free(trace);
    return 0;
}
