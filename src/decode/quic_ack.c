/* What the packets together tell: round trips (RFC 9002 5), losses, probe timeouts (6.2) and the
 * limit against amplification (RFC 9000 8.1). Computed once, at the end, from a short record of
 * each packet, so that it does not matter in which order they were opened. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "decode/quic_parts.h"

/* A record with its time. */
typedef struct timed {
    hs_quic_record record;
    hs_time at;
    hs_time acked_at; /* by the first ACK that has it as its largest; HS_TIME_NONE without one */
    uint64_t acked_delay;
} timed;

void hs_quic_record_packet(hs_quic_decoder *d, const hs_quic_record *record)
{
    enum { FIRST = 4 };
    if (d->record_count == HS_QUIC_RECORDS_MAX) {
        return;
    }
    if (d->record_count == d->record_capacity) {
        size_t capacity = d->record_capacity ? 2 * d->record_capacity : FIRST;
        hs_quic_record *records = realloc(d->records, capacity * sizeof *records);
        if (!records) {
            hs_quic_lose(d, HS_NO_MEMORY);
            return;
        }
        d->records = records;
        d->record_capacity = capacity;
    }
    d->records[d->record_count++] = *record;
}

static int compare_times(const void *a, const void *b)
{
    const timed *x = a;
    const timed *y = b;
    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }
    return x->record.place < y->record.place ? -1 : x->record.place > y->record.place;
}

/* By space and number; what is hidden last. */
static int compare_numbers(const void *a, const void *b)
{
    const hs_quic_record *x = &((const timed *)a)->record;
    const hs_quic_record *y = &((const timed *)b)->record;
    if (x->is_hidden != y->is_hidden) {
        return x->is_hidden ? 1 : -1;
    }
    if (x->from != y->from) {
        return x->from < y->from ? -1 : 1;
    }
    if (x->space != y->space) {
        return x->space < y->space ? -1 : 1;
    }
    return x->number < y->number ? -1 : x->number > y->number;
}

/* The client's silences that it ended itself. Two datagrams may be sent at each end of one
 * (RFC 9002 6.2.4); a timer has a granularity of a millisecond. `ends` has room for `count`. */
static int find_probe_timeouts(const timed *all, size_t count, hs_time *ends)
{
    bool is_waiting = false;
    hs_time last = 0;
    int timeouts = 0;
    int opened = 0;
    for (size_t i = 0; i < count; i++) {
        const hs_quic_record *record = &all[i].record;
        if (record->from == HS_SERVER) {
            is_waiting = false;
            continue;
        }
        opened += !record->is_hidden;
        bool is_probe = record->has_ping || record->repeats;
        if (is_waiting && is_probe && all[i].at - last >= HS_MILLISECOND) {
            ends[timeouts++] = all[i].at;
        }
        is_waiting = is_waiting || record->elicits;
        last = all[i].at;
    }
    return opened > 0 ? timeouts : -1;
}

static void set_probe_timeouts(hs_quic_decoder *d, const timed *all, size_t count)
{
    hs_quic_facts *quic = &d->trace->quic;
    hs_time *ends = malloc(count * sizeof *ends);
    if (!ends) {
        hs_quic_lose(d, HS_NO_MEMORY);
        return;
    }
    quic->probe_timeouts = find_probe_timeouts(all, count, ends);
    if (quic->probe_timeouts > 0) {
        const size_t size = (size_t)quic->probe_timeouts * sizeof *ends;
        hs_time *kept = hs_arena_alloc(hs_trace_arena(d->trace), size);
        if (kept) {
            memcpy(kept, ends, size);
        }
        quic->probed_at = kept;
    }
    free(ends);
}

static int count_retransmits(const timed *all, size_t count)
{
    int retransmits = 0;
    int opened = 0;
    for (size_t i = 0; i < count; i++) {
        opened += all[i].record.has_crypto;
        retransmits += all[i].record.repeats;
    }
    return opened > 0 ? retransmits : -1;
}

/* `all` is in the order of numbers. */
static int count_lost(const timed *all, size_t count)
{
    uint64_t lost = 0;
    for (size_t i = 1; i < count && !all[i].record.is_hidden; i++) {
        const hs_quic_record *before = &all[i - 1].record;
        const hs_quic_record *record = &all[i].record;
        if (before->from == record->from && before->space == record->space &&
            record->number > before->number) {
            lost += record->number - before->number - 1;
            lost = lost < INT_MAX ? lost : INT_MAX;
        }
    }
    return count > 0 && !all[0].record.is_hidden ? (int)lost : -1;
}

static void note_ack(timed *by_number, size_t count, const timed *ack)
{
    timed key = {.record = {.from = ack->record.from == HS_CLIENT ? HS_SERVER : HS_CLIENT,
                            .space = ack->record.space,
                            .number = ack->record.acked}};
    timed *sent = bsearch(&key, by_number, count, sizeof key, compare_numbers);
    if (sent && sent->record.elicits && sent->at <= ack->at &&
        (sent->acked_at == HS_TIME_NONE || ack->at < sent->acked_at)) {
        sent->acked_at = ack->at;
        sent->acked_delay = ack->record.delay;
    }
}

static void learn_round_trips(hs_quic_decoder *d, const timed *by_number, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const timed *sent = &by_number[i];
        if (sent->acked_at == HS_TIME_NONE) {
            continue;
        }
        hs_time took = sent->acked_at - sent->at;
        hs_time delay = (hs_time)(sent->acked_delay * HS_MICROSECOND);
        /* An Initial is acknowledged at once, and one's word of more than the time is no fact. */
        if (sent->record.space != HS_QUIC_SPACE_INITIAL && delay < took) {
            took -= delay;
        }
        hs_time *fact = sent->record.from == HS_CLIENT ? &d->trace->quic.rtt_server
                                                       : &d->trace->quic.rtt_client;
        if (*fact == HS_TIME_NONE || took < *fact) {
            *fact = took;
        }
    }
}

static void sum_up(hs_quic_decoder *d, timed *all, timed *by_number, size_t count)
{
    hs_quic_facts *quic = &d->trace->quic;
    qsort(all, count, sizeof *all, compare_times);
    memcpy(by_number, all, count * sizeof *all);
    qsort(by_number, count, sizeof *all, compare_numbers);
    for (size_t i = 0; i < count; i++) {
        if (all[i].record.acked != HS_QUIC_NO_PACKET_NUMBER) {
            note_ack(by_number, count, &all[i]);
        }
    }
    learn_round_trips(d, by_number, count);
    quic->retransmits = count_retransmits(all, count);
    quic->lost = count_lost(by_number, count);
    set_probe_timeouts(d, all, count);
}

void hs_quic_sum_up(hs_quic_decoder *d)
{
    size_t count = d->record_count - d->first_record;
    timed *all = count > 0 ? malloc(2 * count * sizeof *all) : NULL;
    if (!all) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const hs_quic_record *record = &d->records[d->first_record + i];
        all[i] = (timed){
            .record = *record,
            .at = hs_trace_moment_of(d->trace, (hs_side)record->from, record->end - 1).at,
            .acked_at = HS_TIME_NONE};
    }
    sum_up(d, all, all + count, count);
    free(all);
    hs_quic_learn_amplification(d);
}
