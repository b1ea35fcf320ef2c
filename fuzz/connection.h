/* A connection as an input: both directions, with key log lines between them. It is a row of
 * records: a byte (0 client, 1 server, 2 key log line), a length of two bytes, and so many bytes.
 * The last may be cut short. */
#ifndef HS_FUZZ_CONNECTION_H
#define HS_FUZZ_CONNECTION_H

#include "base/reader.h"
#include "decode/annotate.h"

enum { CLIENT, SERVER, KEY };

typedef struct step {
    uint8_t kind;
    hs_bytes bytes;
} step;

static bool next_step(hs_reader *r, step *out)
{
    if (hs_reader_left(r) < 4) {
        return false;
    }
    out->kind = hs_read_u8(r, "kind") % 3;
    size_t len = hs_read_u16(r, "length");
    size_t left = hs_reader_left(r);
    out->bytes = hs_read_bytes(r, len < left ? len : left, "bytes");
    return true;
}

/* Whatever was decoded can be told. */
static void annotate_all(const hs_trace *trace)
{
    hs_note items[64];
    for (const hs_event *event = trace->events; event; event = event->next) {
        hs_notes notes = {.items = items, .capacity = sizeof items / sizeof items[0]};
        hs_fault fault;
        (void)!hs_annotate(trace, event, &notes, &fault);
    }
}

#endif
