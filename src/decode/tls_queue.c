#include "decode/tls_queue.h"

#include <stdlib.h>
#include <string.h>

static size_t cost(const hs_tls_piece *piece)
{
    return sizeof(hs_tls_waiting) + piece->bytes.len;
}

hs_result hs_tls_queue_add(hs_tls_queue *queue, const hs_tls_piece *piece, size_t limit)
{
    if (cost(piece) > limit - queue->held) {
        return HS_LIMIT;
    }
    hs_tls_waiting *w = malloc(sizeof *w + piece->bytes.len);
    if (!w) {
        return HS_NO_MEMORY;
    }
    w->next = NULL;
    w->piece = *piece;
    if (piece->bytes.len > 0) {
        memcpy(w->data, piece->bytes.data, piece->bytes.len);
    }
    w->piece.bytes = hs_bytes_of(w->data, piece->bytes.len);
    if (queue->tail) {
        queue->tail->next = w;
    } else {
        queue->head = w;
    }
    queue->tail = w;
    queue->held += cost(piece);
    return HS_OK;
}

const hs_tls_piece *hs_tls_queue_head(const hs_tls_queue *queue)
{
    return queue->head ? &queue->head->piece : NULL;
}

void hs_tls_queue_drop_head(hs_tls_queue *queue)
{
    hs_tls_waiting *w = queue->head;
    if (!w) {
        return;
    }
    queue->held -= cost(&w->piece);
    queue->head = w->next;
    if (!queue->head) {
        queue->tail = NULL;
    }
    free(w);
}

void hs_tls_queue_free(hs_tls_queue *queue)
{
    while (queue->head) {
        hs_tls_queue_drop_head(queue);
    }
}
