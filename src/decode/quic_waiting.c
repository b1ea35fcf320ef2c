/* Packets that wait: for keys, or for a packet of the other side. In the order in which they came;
 * bounded, and where too much waits the oldest is shown as it is. */
#include <stdlib.h>
#include <string.h>

#include "decode/quic_parts.h"

static size_t cost(size_t len)
{
    return sizeof(hs_quic_waiting) + len;
}

/* Read again from the copy: how long the Destination Connection ID of a short header is may have
 * become known. */
static bool read_again(const hs_quic_decoder *d, hs_quic_waiting *w)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, hs_bytes_of(w->data, w->len), &fault, NULL);
    return hs_quic_read_packet(&r, hs_quic_short_id_len(d, w->found.from), &w->found.packet) ==
           HS_OK;
}

static void drop(hs_quic_decoder *d, hs_quic_waiting **link)
{
    hs_quic_waiting *w = *link;
    *link = w->next;
    if (!*link) {
        d->waiting_end = link;
    }
    d->waiting_held -= cost(w->len);
    free(w);
}

/* False: it still waits. */
static bool work(hs_quic_decoder *d, hs_quic_waiting *w, bool forced)
{
    return !read_again(d, w) || hs_quic_receive(d, &w->found, forced);
}

void hs_quic_wait(hs_quic_decoder *d, const hs_quic_found *found)
{
    size_t len = found->packet.bytes.len;
    while (d->waiting && cost(len) > HS_QUIC_WAITING_MAX - d->waiting_held) {
        (void)work(d, d->waiting, true);
        drop(d, &d->waiting);
        d->trace->incomplete = true;
    }
    hs_quic_waiting *w = malloc(sizeof *w + len);
    if (!w) {
        hs_quic_lose(d, HS_NO_MEMORY);
        return;
    }
    w->next = NULL;
    w->found = *found;
    w->len = len;
    memcpy(w->data, found->packet.bytes.data, len);
    *d->waiting_end = w;
    d->waiting_end = &w->next;
    d->waiting_held += cost(len);
}

static void pass(hs_quic_decoder *d, bool forced)
{
    hs_quic_waiting **link = &d->waiting;
    while (*link) {
        if (work(d, *link, forced)) {
            drop(d, link);
        } else {
            link = &(*link)->next;
        }
    }
}

void hs_quic_pump(hs_quic_decoder *d, bool forced)
{
    while (d->has_news) {
        d->has_news = false;
        pass(d, false);
    }
    if (forced) {
        pass(d, true);
    }
}

void hs_quic_free_waiting(hs_quic_decoder *d)
{
    while (d->waiting) {
        drop(d, &d->waiting);
    }
}
