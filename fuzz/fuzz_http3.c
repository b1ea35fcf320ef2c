/* Any bytes as an HTTP/3 stream, unidirectional where the first byte is odd: a frame that can be
 * read is written, and what was written is read to the same. */
#include <stdlib.h>

#include "wire/http3_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_frame(const hs_http3_frame *frame)
{
    static uint8_t out[1 << 20];
    hs_writer w;
    hs_writer_init(&w, out, sizeof out);
    must(hs_http3_write_frame(&w, frame) == HS_OK);
    hs_fault fault;
    hs_reader r;
    hs_http3_frame again;
    hs_reader_init(&r, hs_writer_bytes(&w), &fault, NULL);
    must(hs_http3_read_frame(&r, &again) == HS_OK && hs_reader_left(&r) == 0);
    must(again.header.type == frame->header.type && again.id == frame->id);
    must(again.header.length <= frame->header.length);
    must(hs_bytes_equal(again.content, frame->content));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 1 << 17) {
        return 0;
    }
    hs_note items[64];
    hs_notes notes = {.items = items, .capacity = sizeof items / sizeof items[0]};
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, hs_bytes_of(data + 1, size - 1), &fault, &notes);
    hs_http3_stream_header header = {.type = HS_HTTP3_STREAM_CONTROL};
    if ((data[0] & 1) && hs_http3_read_stream_header(&r, &header) != HS_OK) {
        return 0;
    }
    while (hs_reader_left(&r) > 0) {
        hs_http3_frame frame;
        if (hs_http3_read_frame(&r, &frame) != HS_OK) {
            break;
        }
        check_frame(&frame);
        uint64_t error = 0;
        must(!hs_http3_frame_problem(&frame, &error) || error != 0);
        hs_http3_setting setting;
        hs_bytes content = frame.content;
        while (frame.header.type == HS_HTTP3_SETTINGS &&
               hs_http3_next_setting(&content, &setting)) {
        }
        must(frame.header.type != HS_HTTP3_SETTINGS || content.len == 0);
    }
    return 0;
}
