/* Any bytes as HTTP/2 frames: a frame that can be read is written as it was read, but for what a
 * padding may hold and what of the payload its type does not use. */
#include <stdlib.h>
#include <string.h>

#include "wire/http2_frame.h"

static void check_frame(hs_bytes bytes, const hs_http2_frame *frame)
{
    static uint8_t out[1 << 20];
    hs_writer w;
    hs_writer_init(&w, out, sizeof out);
    if (hs_http2_write_frame(&w, frame) != HS_OK || w.len != bytes.len ||
        memcmp(out, bytes.data, w.len) != 0) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hs_note items[64];
    hs_notes notes = {.items = items, .capacity = sizeof items / sizeof items[0]};
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, (hs_bytes){data, size}, &fault, &notes);
    if (size >= HS_HTTP2_PREFACE_LEN && memcmp(data, HS_HTTP2_PREFACE, 3) == 0 &&
        hs_http2_read_preface(&r) != HS_OK) {
        return 0;
    }
    while (hs_reader_left(&r) > 0) {
        size_t start = r.pos;
        hs_http2_frame frame;
        if (hs_http2_read_frame(&r, &frame) != HS_OK) {
            break;
        }
        check_frame((hs_bytes){data + start, r.pos - start}, &frame);
        (void)hs_http2_frame_problem(&frame);
        hs_http2_setting setting;
        hs_bytes content = frame.content;
        while (frame.header.type == HS_HTTP2_SETTINGS &&
               hs_http2_next_setting(&content, &setting)) {
        }
    }
    return 0;
}
