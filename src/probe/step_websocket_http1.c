/* The WebSocket opening handshake over HTTP/1.1 (RFC 6455 4.1), then its frames. */
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "probe/head.h"
#include "probe/websocket.h"
#include "secrets/websocket_accept.h"
#include "wire/websocket.h"

typedef struct exchange {
    hs_run *run;
    hs_head answer;
    char key[HS_WEBSOCKET_KEY_SIZE];
    hs_probe_frames frames; /* once the upgrade is done */
} exchange;

static hs_result write_offer(exchange *x, hs_http1_head *request)
{
    const char *subprotocols = x->run->setup.options->subprotocols;
    hs_result result = hs_http1_add_field(request, "Upgrade", "websocket");
    if (result == HS_OK) {
        result = hs_http1_add_field(request, "Connection", "Upgrade");
    }
    if (result == HS_OK) {
        result = hs_http1_add_field(request, "Sec-WebSocket-Key", x->key);
    }
    if (result == HS_OK) {
        result = hs_http1_add_field(request, "Sec-WebSocket-Version", "13");
    }
    if (result == HS_OK && subprotocols) {
        result = hs_http1_add_field(request, "Sec-WebSocket-Protocol", subprotocols);
    }
    return result;
}

static void start(hs_run *run)
{
    uint8_t nonce[HS_WEBSOCKET_NONCE_LEN];
    exchange *x = calloc(1, sizeof *x);
    run->exchange = x;
    if (!x) {
        hs_run_give_up(run, HS_NO_MEMORY);
        return;
    }
    x->run = run;
    hs_head_init(&x->answer);
    if (RAND_bytes(nonce, sizeof nonce) != 1) {
        hs_run_give_up(run, HS_CRYPTO);
        return;
    }
    (void)hs_websocket_key_text(nonce, x->key);
    hs_http1_head request;
    hs_http1_request_init(&request, "GET", run->setup.url->path);
    hs_result result = write_offer(x, &request);
    if (result != HS_OK) {
        hs_run_give_up(run, result);
        return;
    }
    hs_head_send(run, &request);
}

static const char *value_of(hs_run *run, const hs_http1_head *head, const char *name)
{
    const hs_http1_field *field = hs_http1_find(head, name);
    return field ? hs_probe_text(run, field->value) : NULL;
}

/* True where the answer completes the handshake. */
static bool check_answer(exchange *x)
{
    hs_run *run = x->run;
    const hs_http1_head *head = &x->answer.head;
    char expected[HS_WEBSOCKET_ACCEPT_SIZE];
    if (head->status != 101) {
        hs_probe_upgrade_refused(run, head->status, hs_probe_text(run, head->reason),
                                 value_of(run, head, "Location"));
        return false;
    }
    if (!hs_websocket_head_upgrades(head)) {
        const char *upgrade = value_of(run, head, "Upgrade");
        const char *connection = value_of(run, head, "Connection");
        hs_run_fail(run, HS_FAILURE_WEBSOCKET_BAD_UPGRADE,
                    "%s answered 101 with Upgrade: %s and Connection: %s", hs_run_peer(run),
                    upgrade ? upgrade : "(missing)", connection ? connection : "(missing)");
        return false;
    }
    if (hs_websocket_accept(hs_bytes_of(x->key, strlen(x->key)), expected) != HS_OK) {
        hs_run_give_up(run, HS_CRYPTO);
        return false;
    }
    const hs_http1_field *accept = hs_http1_find(head, "Sec-WebSocket-Accept");
    if (!accept || !hs_bytes_are(accept->value, expected)) {
        hs_run_fail(run, HS_FAILURE_WEBSOCKET_BAD_ACCEPT,
                    "%s sent Sec-WebSocket-Accept: %s where %s answers the key", hs_run_peer(run),
                    accept ? hs_probe_text(run, accept->value) : "(missing)", expected);
        return false;
    }
    const hs_http1_field *extensions = hs_http1_find(head, "Sec-WebSocket-Extensions");
    if (extensions && !hs_probe_extensions_are_good(run, extensions->value)) {
        return false;
    }
    const hs_http1_field *protocol = hs_http1_find(head, "Sec-WebSocket-Protocol");
    return !protocol || hs_probe_subprotocol_is_good(run, protocol->value);
}

static void finish_upgrade(exchange *x)
{
    hs_run *run = x->run;
    if (!check_answer(x)) {
        return;
    }
    hs_run_set_phase(run, HS_PHASE_RESPONSE);
    hs_result result = hs_probe_frames_open(&x->frames, run, hs_run_send);
    if (result != HS_OK) {
        hs_run_give_up(run, result);
        return;
    }
    hs_bytes behind = hs_buffer_bytes(&x->answer.bytes);
    if (behind.len > x->answer.head.len) {
        behind.data += x->answer.head.len;
        behind.len -= x->answer.head.len;
        hs_probe_frames_receive(&x->frames, behind);
    }
}

static void received(hs_run *run, hs_bytes bytes)
{
    exchange *x = run->exchange;
    if (x->frames.wslay) {
        hs_probe_frames_receive(&x->frames, bytes);
    } else if (!run->finished && hs_head_add(run, &x->answer, bytes)) {
        finish_upgrade(x);
    }
}

static void leave(hs_run *run)
{
    exchange *x = run->exchange;
    hs_probe_frames_leave(&x->frames);
}

static void end(hs_run *run)
{
    exchange *x = run->exchange;
    if (x) {
        hs_probe_frames_free(&x->frames);
        hs_head_free(&x->answer);
        free(x);
        run->exchange = NULL;
    }
}

const hs_step hs_step_websocket_http1 = {
    .name = "WebSocket upgrade",
    .phase = HS_PHASE_UPGRADE,
    .deadline = HS_DEADLINE_UPGRADE,
    .timed_out = HS_FAILURE_WEBSOCKET_TIMED_OUT,
    .closed = HS_FAILURE_WEBSOCKET_CLOSED,
    .reset = HS_FAILURE_WEBSOCKET_RESET,
    .start = start,
    .received = received,
    .leave = leave,
    .end = end,
};
