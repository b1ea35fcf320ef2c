/* One request over HTTP/1.1: the first response is its head; of a body only what comes
 * while the connection is closed in order is read. */
#include <stdlib.h>

#include "probe/head.h"

static void start(hs_run *run)
{
    hs_head *answer = calloc(1, sizeof *answer);
    if (!answer) {
        hs_run_give_up(run, HS_NO_MEMORY);
        return;
    }
    hs_head_init(answer);
    run->exchange = answer;
    hs_http1_head request;
    hs_http1_request_init(&request, run->setup.options->head ? "HEAD" : "GET",
                          run->setup.url->path);
    hs_result result = hs_http1_add_field(&request, "Accept", "*/*");
    if (result != HS_OK) {
        hs_run_give_up(run, result);
        return;
    }
    hs_head_send(run, &request);
}

static void received(hs_run *run, hs_bytes bytes)
{
    if (!run->finished && hs_head_add(run, run->exchange, bytes)) {
        hs_run_step_done(run);
    }
}

static void expired(hs_run *run)
{
    const hs_head *answer = run->exchange;
    bool has_begun = answer && hs_buffer_bytes(&answer->bytes).len > 0;
    hs_run_expire(run, has_begun ? "began its response, and did not finish the head of it" : NULL);
}

static void end(hs_run *run)
{
    if (run->exchange) {
        hs_head_free(run->exchange);
        free(run->exchange);
        run->exchange = NULL;
    }
}

const hs_step hs_step_http1 = {
    .name = "HTTP/1.1 request",
    .phase = HS_PHASE_RESPONSE,
    .deadline = HS_DEADLINE_UPGRADE,
    .timed_out = HS_FAILURE_HTTP_TIMED_OUT,
    .closed = HS_FAILURE_HTTP_CLOSED,
    .reset = HS_FAILURE_HTTP_RESET,
    .start = start,
    .received = received,
    .expired = expired,
    .end = end,
};
