/* The ranges of an ACK (RFC 9000 19.3.1). */
#include "wire/quic/field.h"
#include "wire/quic/frame.h"
#include "wire/quic/frame_bodies.h"

/* A gap counts the packets between two ranges, less one; a range its packets, less one. */
enum { GAP_EXTRA = 2 };

hs_quic_ack_iterator hs_quic_ack_begin(const hs_quic_ack *ack)
{
    return (hs_quic_ack_iterator){.left = ack->ranges,
                                  .largest = ack->largest,
                                  .first_range = ack->first_range,
                                  .is_first = true};
}

bool hs_quic_ack_next(hs_quic_ack_iterator *it, hs_quic_ack_range *range)
{
    if (it->is_first) {
        if (it->first_range > it->largest) {
            return false;
        }
        *range = (hs_quic_ack_range){it->largest - it->first_range, it->largest};
        it->is_first = false;
        it->smallest = range->smallest;
        return true;
    }
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, it->left, &fault, NULL);
    uint64_t gap = hs_read_varint(&r, "Gap");
    uint64_t length = hs_read_varint(&r, "ACK Range Length");
    if (!hs_reader_ok(&r) || it->smallest < gap + GAP_EXTRA ||
        it->smallest - gap - GAP_EXTRA < length) {
        return false;
    }
    range->largest = it->smallest - gap - GAP_EXTRA;
    range->smallest = range->largest - length;
    it->smallest = range->smallest;
    it->left = hs_read_rest(&r, "ranges");
    return true;
}

/* The further ranges, `count` of them: kept as they are, once it is seen that none goes below 0. */
static void read_ranges(hs_reader *r, hs_quic_ack *ack)
{
    size_t start = r->pos;
    uint64_t smallest = ack->largest - ack->first_range;
    for (uint64_t i = 0; i < ack->range_count && hs_reader_ok(r); i++) {
        uint64_t gap = hs_read_varint(r, "Gap");
        uint64_t length = hs_read_varint(r, "ACK Range Length");
        if (smallest < gap + GAP_EXTRA || smallest - gap - GAP_EXTRA < length) {
            hs_reader_fail(r, "ACK Range", "goes below packet number 0");
        }
        smallest -= gap + GAP_EXTRA + length;
    }
    ack->ranges = hs_quic_since(r, start);
}

void hs_quic_read_ack(hs_reader *r, hs_quic_frame *frame)
{
    hs_quic_ack *ack = &frame->ack;
    ack->largest = hs_read_varint(r, "Largest Acknowledged");
    ack->delay = hs_read_varint(r, "ACK Delay");
    ack->range_count = hs_read_varint(r, "ACK Range Count");
    ack->first_range = hs_read_varint(r, "First ACK Range");
    if (ack->first_range > ack->largest) {
        hs_reader_fail(r, "First ACK Range", "goes below packet number 0");
    }
    read_ranges(r, ack);
    ack->has_ecn = frame->type == HS_QUIC_ACK_ECN;
    if (ack->has_ecn) {
        ack->ect0 = hs_read_varint(r, "ECT0 Count");
        ack->ect1 = hs_read_varint(r, "ECT1 Count");
        ack->ecn_ce = hs_read_varint(r, "ECN-CE Count");
    }
}

static void write_ecn(hs_writer *w, const hs_quic_ack *ack)
{
    hs_write_varint(w, ack->ect0);
    hs_write_varint(w, ack->ect1);
    hs_write_varint(w, ack->ecn_ce);
}

bool hs_quic_write_ack_body(hs_writer *w, const hs_quic_frame *frame)
{
    const hs_quic_ack *ack = &frame->ack;
    hs_quic_ack_iterator it = hs_quic_ack_begin(ack);
    uint64_t count = 0;
    for (hs_quic_ack_range range; hs_quic_ack_next(&it, &range);) {
        count++;
    }
    if (it.left.len > 0 || count != ack->range_count + 1) {
        return false;
    }
    hs_write_varint(w, ack->largest);
    hs_write_varint(w, ack->delay);
    hs_write_varint(w, ack->range_count);
    hs_write_varint(w, ack->first_range);
    hs_write_bytes(w, ack->ranges);
    if (frame->type == HS_QUIC_ACK_ECN) {
        write_ecn(w, ack);
    }
    return true;
}

hs_result hs_quic_write_ack(hs_writer *w, const hs_quic_ack *ack, const hs_quic_ack_range *ranges,
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (ranges[i].smallest > ranges[i].largest || ranges[i].largest > HS_QUIC_VARINT_MAX ||
            (i > 0 && ranges[i - 1].smallest < ranges[i].largest + GAP_EXTRA)) {
            return HS_INVALID;
        }
    }
    if (count == 0) {
        return HS_INVALID;
    }
    hs_write_varint(w, ack->has_ecn ? HS_QUIC_ACK_ECN : HS_QUIC_ACK);
    hs_write_varint(w, ranges[0].largest);
    hs_write_varint(w, ack->delay);
    hs_write_varint(w, count - 1);
    hs_write_varint(w, ranges[0].largest - ranges[0].smallest);
    for (size_t i = 1; i < count; i++) {
        hs_write_varint(w, ranges[i - 1].smallest - ranges[i].largest - GAP_EXTRA);
        hs_write_varint(w, ranges[i].largest - ranges[i].smallest);
    }
    if (ack->has_ecn) {
        write_ecn(w, ack);
    }
    return hs_writer_result(w);
}
