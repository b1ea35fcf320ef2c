/* Records that wait for their keys, in the order in which they came; bounded. */
#ifndef HS_DECODE_TLS_QUEUE_H
#define HS_DECODE_TLS_QUEUE_H

#include "decode/tls_framing.h"

typedef struct hs_tls_waiting {
    struct hs_tls_waiting *next;
    hs_tls_piece piece; /* its bytes lie in `data` */
    uint8_t data[];
} hs_tls_waiting;

typedef struct hs_tls_queue {
    hs_tls_waiting *head;
    hs_tls_waiting *tail;
    size_t held; /* bytes, with what each record costs beside its own */
} hs_tls_queue;

/* Copies the piece. HS_LIMIT: `limit` bytes would be passed, nothing was added. HS_NO_MEMORY. */
HS_CHECKED hs_result hs_tls_queue_add(hs_tls_queue *queue, const hs_tls_piece *piece, size_t limit);
/* NULL when empty. */
const hs_tls_piece *hs_tls_queue_head(const hs_tls_queue *queue);
void hs_tls_queue_drop_head(hs_tls_queue *queue);
void hs_tls_queue_free(hs_tls_queue *queue);

#endif
