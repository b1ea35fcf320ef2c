/* The limit against amplification (RFC 9000 8.1): before the client's address is validated, a
 * server sends no more than three times what it received. It shows where the server's flight stops
 * at that limit and goes on behind the client's next datagram. */
#include <stdlib.h>

#include "decode/quic_parts.h"

enum { TIMES = 3, SEGMENTS_MAX = 256 };

static int compare(const void *a, const void *b)
{
    const hs_segment *x = a;
    const hs_segment *y = b;
    if (x->moment.at != y->moment.at) {
        return x->moment.at < y->moment.at ? -1 : 1;
    }
    return 0;
}

static bool lies_in(const hs_quic_record *record, const hs_segment *segment)
{
    return record->from == (uint8_t)segment->from && record->end > segment->offset &&
           record->end - segment->offset <= segment->len;
}

/* A datagram with more of the server's flight. */
static bool has_flight(const hs_quic_decoder *d, const hs_segment *segment)
{
    for (size_t i = 0; i < d->record_count; i++) {
        const hs_quic_record *record = &d->records[i];
        if (lies_in(record, segment) && record->space != HS_QUIC_SPACE_APPLICATION &&
            (record->is_hidden ? record->is_long : record->has_crypto && !record->repeats)) {
            return true;
        }
    }
    return false;
}

/* A packet of the Handshake level has come from the client: it is where it says. */
static bool validates(const hs_quic_decoder *d, const hs_segment *segment)
{
    for (size_t i = 0; i < d->record_count; i++) {
        if (lies_in(&d->records[i], segment) && d->records[i].space == HS_QUIC_SPACE_HANDSHAKE) {
            return true;
        }
    }
    return false;
}

static hs_seen walk(const hs_quic_decoder *d, const hs_segment *segments, size_t count)
{
    uint64_t received = 0;
    uint64_t allowed = 0; /* before the client's newest datagrams */
    uint64_t sent = 0;
    bool was_client = false;
    bool is_validated = false;
    for (size_t i = 0; i < count; i++) {
        const hs_segment *segment = &segments[i];
        if (segment->from == HS_CLIENT) {
            allowed = was_client ? allowed : TIMES * received;
            received += segment->len;
            is_validated = is_validated || validates(d, segment);
            was_client = true;
            continue;
        }
        if (was_client && sent > 0 && sent <= allowed && sent + segment->len > allowed &&
            has_flight(d, segment)) {
            return HS_YES;
        }
        if (is_validated) {
            return HS_NO;
        }
        sent += segment->len;
        was_client = false;
    }
    return is_validated ? HS_NO : HS_UNSEEN;
}

void hs_quic_learn_amplification(hs_quic_decoder *d)
{
    size_t count = d->trace->segment_count < SEGMENTS_MAX ? d->trace->segment_count : SEGMENTS_MAX;
    if (!d->sides[HS_SERVER].has_initial || d->has_new_attempt) {
        return;
    }
    if (d->has_retry) {
        d->trace->quic.amplification_limited = HS_NO; /* its token has validated the address */
        return;
    }
    hs_segment *segments = malloc(count * sizeof *segments);
    if (!segments) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        segments[i] = d->trace->segments[i];
    }
    qsort(segments, count, sizeof *segments, compare);
    d->trace->quic.amplification_limited = walk(d, segments, count);
    free(segments);
}
