/* Segments anywhere in a stream, acknowledgments, an end: what comes out agrees with the model of
 * "the first wins", and memory stays bounded. Five bytes of input a segment, then its data. */
#include <stdlib.h>
#include <string.h>

#include "../tests/decode/stream_model.h"

enum { LIMIT = 8192, HEADER = 5, SPAN = MODEL_MAX / 16 };

static void check(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void add(hs_tcp_stream *stream, stream_model *model, uint32_t first, uint64_t offset,
                hs_bytes bytes, size_t cut, hs_time at)
{
    /* A byte alone just before the next may be a keep-alive, and does not count. */
    bool is_keep_alive = bytes.len + cut == 1 && first + (uint32_t)offset == stream->next - 1;
    if (!is_keep_alive) {
        stream_model_add(model, offset, bytes);
    }
    hs_tcp_segment segment = {.sequence = first + (uint32_t)offset,
                              .bytes = bytes,
                              .length = (uint32_t)(bytes.len + cut),
                              .at = at};
    check(hs_tcp_stream_add(stream, &segment) == HS_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static stream_model model;
    hs_tcp_stream stream;
    uint32_t first = size > 0 ? (uint32_t)data[0] << 24 | 0xffff00 : 0;
    stream_model_init(&model);
    hs_tcp_sink sink = stream_model_sink(&model);
    hs_tcp_stream_init(&stream, &sink, LIMIT, &hs_malloc_allocator);
    hs_tcp_stream_start(&stream, first);
    size_t at = 1;
    for (hs_time now = 0; at + HEADER <= size; now++) {
        const uint8_t *header = data + at;
        uint64_t offset = ((uint64_t)header[1] << 8 | header[2]) % SPAN;
        at += HEADER;
        size_t len = header[3] < size - at ? header[3] : size - at;
        switch (header[0] % 8) {
        case 0:
            hs_tcp_stream_acknowledged(&stream, first + (uint32_t)offset, now);
            break;
        case 1:
            hs_tcp_stream_end(&stream, first + (uint32_t)offset);
            break;
        default:
            add(&stream, &model, first, offset, hs_bytes_of(data + at, len), header[4] % 16, now);
            at += len;
            break;
        }
        check(stream_model_agrees(&model));
        check(stream.held_bytes <= LIMIT && stream.held_count <= HS_TCP_STREAM_PIECES);
        check(stream.offset == model.given_end);
    }
    hs_tcp_stream_flush(&stream, INT64_MAX);
    check(stream_model_agrees(&model) && !stream.held);
    check(stream.missing_bytes == model.gaps);
    hs_tcp_stream_free(&stream);
    return 0;
}
