/* Any bytes as WebSocket frames: a header in its shortest form is written as it was read. */
#include <stdlib.h>
#include <string.h>

#include "wire/websocket.h"

static void check_header(hs_bytes bytes, const hs_websocket_frame *frame)
{
    uint8_t out[HS_WEBSOCKET_HEADER_MAX];
    hs_writer w;
    hs_writer_init(&w, out, sizeof out);
    if (hs_websocket_write_header(&w, frame) != HS_OK) {
        abort();
    }
    bool is_same = w.len == frame->header_len && memcmp(out, bytes.data, w.len) == 0;
    if (is_same == frame->is_long_form) {
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
    hs_websocket_frame frame;
    hs_reader_init(&r, (hs_bytes){data, size}, &fault, &notes);
    while (hs_reader_left(&r) > 0) {
        hs_bytes rest = {data + r.pos, size - r.pos};
        if (hs_websocket_read_header(&r, &frame) != HS_OK) {
            break;
        }
        check_header(rest, &frame);
        (void)hs_websocket_frame_problem(&frame, true, 0);
        if (frame.payload_len > hs_reader_left(&r)) {
            break;
        }
        hs_reader payload = hs_read_block(&r, (size_t)frame.payload_len, "payload");
        hs_websocket_close close;
        if (frame.opcode == HS_WEBSOCKET_CLOSE &&
            hs_websocket_read_close(&payload, &close) != HS_OK) {
            break;
        }
    }
    return 0;
}
