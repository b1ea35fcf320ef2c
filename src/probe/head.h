/* The head of an HTTP/1.1 answer, gathered from any chunks; for HTTP and for the WebSocket upgrade.
 */
#ifndef HS_PROBE_HEAD_H
#define HS_PROBE_HEAD_H

#include "probe/run.h"
#include "wire/http1.h"

enum { HS_HEAD_REQUEST_MAX = 8 * 1024 };

/* The answer so far, and its head once it is complete. */
typedef struct hs_head {
    hs_buffer bytes;
    hs_http1_head head;
} hs_head;

void hs_head_init(hs_head *answer);
void hs_head_free(hs_head *answer);
/* Adds bytes. True once `answer->head` is a final head (1xx other than 101 are passed over); the
 * bytes behind it are left in `answer->bytes`, from `head.len` on. What is no HTTP answer, or too
 * long, fails the run. */
HS_CHECKED bool hs_head_add(hs_run *run, hs_head *answer, hs_bytes bytes);

/* Sends `request` with Host and User-Agent put first. */
void hs_head_send(hs_run *run, hs_http1_head *request);

#endif
