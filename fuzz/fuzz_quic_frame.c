/* Any bytes as the frames of a payload: a frame that can be read is written, and what was written
 * is read to the same. Only how integers are encoded may differ, so the second writing is the
 * first's.
 */
#include <stdlib.h>

#include "wire/quic/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_ranges(const hs_quic_ack *ack)
{
    hs_quic_ack_iterator it = hs_quic_ack_begin(ack);
    hs_quic_ack_range range;
    uint64_t count = 0;
    for (uint64_t before = UINT64_MAX; hs_quic_ack_next(&it, &range); before = range.smallest) {
        must(range.smallest <= range.largest && range.largest < before);
        count++;
    }
    must(count == ack->range_count + 1 && it.left.len == 0);
}

static void check_frame(const hs_quic_frame *frame)
{
    static uint8_t first[1 << 20];
    static uint8_t second[1 << 20];
    hs_writer w;
    hs_writer_init(&w, first, sizeof first);
    must(hs_quic_write_frame(&w, frame) == HS_OK);
    must(w.len <= frame->bytes.len);
    hs_fault fault;
    hs_reader r;
    hs_quic_frame again;
    hs_reader_init(&r, hs_writer_bytes(&w), &fault, NULL);
    must(hs_quic_read_frame(&r, &again) == HS_OK && hs_reader_left(&r) == 0);
    must(again.kind == frame->kind && again.type == frame->type && again.type_is_minimal);
    hs_writer w2;
    hs_writer_init(&w2, second, sizeof second);
    must(hs_quic_write_frame(&w2, &again) == HS_OK);
    must(hs_bytes_equal(hs_writer_bytes(&w), hs_writer_bytes(&w2)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 1 << 17) {
        return 0;
    }
    hs_note items[64];
    hs_notes notes = {.items = items, .capacity = sizeof items / sizeof items[0]};
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, hs_bytes_of(data, size), &fault, &notes);
    while (hs_reader_left(&r) > 0) {
        hs_quic_frame frame;
        if (hs_quic_read_frame(&r, &frame) != HS_OK) {
            break;
        }
        uint64_t error = 0;
        check_frame(&frame);
        if (frame.kind == HS_QUIC_FRAME_ACK) {
            check_ranges(&frame.ack);
        }
        must(!hs_quic_frame_problem(&frame, &error) || error != 0);
    }
    return 0;
}
