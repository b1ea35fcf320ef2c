/* The WebSocket opening handshake (RFC 6455 4.1), then one ping; its pong is the first response. */
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <wslay/wslay.h>

#include "probe/head.h"
#include "secrets/websocket_accept.h"
#include "wire/websocket.h"

static const uint8_t ping_payload[] = "handshake";
enum { PING_LENGTH = sizeof ping_payload - 1 };

typedef struct exchange {
    hs_run *run;
    hs_head answer;
    char key[HS_WEBSOCKET_KEY_SIZE];
    wslay_event_context_ptr frames; /* NULL until the upgrade is done */
    hs_bytes incoming;              /* what wslay has not taken yet */
    bool answered;                  /* the pong, or a message, came */
    bool close_received;
} exchange;

/* --- after the upgrade: wslay --- */

static ssize_t on_recv(wslay_event_context_ptr frames, uint8_t *data, size_t len, int flags,
                       void *context)
{
    exchange *x = context;
    (void)flags;
    if (x->incoming.len == 0) {
        wslay_event_set_error(frames, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    if (len > x->incoming.len) {
        len = x->incoming.len;
    }
    memcpy(data, x->incoming.data, len);
    x->incoming.data += len;
    x->incoming.len -= len;
    return (ssize_t)len;
}

static ssize_t on_send(wslay_event_context_ptr frames, const uint8_t *data, size_t len, int flags,
                       void *context)
{
    exchange *x = context;
    (void)frames;
    (void)flags;
    hs_run_send(x->run, hs_bytes_of(data, len));
    return (ssize_t)len;
}

static int on_mask(wslay_event_context_ptr frames, uint8_t *mask, size_t len, void *context)
{
    (void)context;
    if (RAND_bytes(mask, (int)len) != 1) {
        wslay_event_set_error(frames, WSLAY_ERR_CALLBACK_FAILURE);
        return -1;
    }
    return 0;
}

static void on_message(wslay_event_context_ptr frames,
                       const struct wslay_event_on_msg_recv_arg *message, void *context)
{
    exchange *x = context;
    (void)frames;
    if (message->opcode == WSLAY_CONNECTION_CLOSE) {
        x->close_received = true;
        if (!x->answered) {
            hs_run_fail(x->run, HS_FAILURE_WEBSOCKET_CLOSED,
                        "%s closed the WebSocket with code %u (%s) before it answered the ping",
                        hs_run_peer(x->run), message->status_code,
                        hs_websocket_close_name(message->status_code));
        }
    } else if (message->opcode != WSLAY_PING) {
        x->answered = true;
    }
}

static hs_result open_frames(exchange *x)
{
    const struct wslay_event_callbacks callbacks = {
        .recv_callback = on_recv,
        .send_callback = on_send,
        .genmask_callback = on_mask,
        .on_msg_recv_callback = on_message,
    };
    const struct wslay_event_msg ping = {
        .opcode = WSLAY_PING, .msg = ping_payload, .msg_length = PING_LENGTH};
    if (wslay_event_context_client_init(&x->frames, &callbacks, x) != 0) {
        return HS_NO_MEMORY;
    }
    wslay_event_config_set_max_recv_msg_length(x->frames, HS_HTTP1_HEAD_MAX);
    bool sent = wslay_event_queue_msg(x->frames, &ping) == 0 && wslay_event_send(x->frames) == 0;
    return sent ? HS_OK : HS_NO_MEMORY;
}

static void receive_frames(exchange *x, hs_bytes bytes)
{
    hs_run *run = x->run;
    x->incoming = bytes;
    if (wslay_event_recv(x->frames) != 0 || wslay_event_get_close_sent(x->frames)) {
        if (!x->close_received && !run->finished) {
            hs_run_fail(run, HS_FAILURE_WEBSOCKET_PROTOCOL_ERROR,
                        "%s sent what is not a valid WebSocket frame", hs_run_peer(run));
        }
    }
    if (wslay_event_want_write(x->frames) && !run->over) {
        (void)wslay_event_send(x->frames); /* our send call-back does not fail */
    }
    if (x->answered && !run->finished) {
        hs_run_step_done(run);
    }
}

/* --- the upgrade --- */

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

static const char *text_of(hs_run *run, hs_bytes bytes)
{
    const char *text = hs_arena_escaped(hs_trace_arena(run->trace), bytes);
    return text ? text : "";
}

static const char *value_of(hs_run *run, const hs_http1_head *head, const char *name)
{
    const hs_http1_field *field = hs_http1_find(head, name);
    return field ? text_of(run, field->value) : NULL;
}

static void fail_by_status(hs_run *run, const hs_http1_head *head)
{
    const char *location = value_of(run, head, "Location");
    hs_run_fail(run, HS_FAILURE_WEBSOCKET_STATUS, "%s answered the upgrade with %d %s%s%s",
                hs_run_peer(run), head->status, text_of(run, head->reason), location ? ", to " : "",
                location ? location : "");
}

/* RFC 6455 4.1: a subprotocol that was not offered fails the connection. */
static bool subprotocol_was_offered(const hs_run *run, hs_bytes chosen)
{
    const char *offered = run->setup.options->subprotocols;
    hs_bytes list = hs_bytes_of(offered, offered ? strlen(offered) : 0);
    hs_bytes element;
    while (hs_http1_next_element(&list, &element)) {
        if (hs_bytes_equal(element, chosen)) {
            return true;
        }
    }
    return false;
}

/* True where the answer completes the handshake. */
static bool check_answer(exchange *x)
{
    hs_run *run = x->run;
    const hs_http1_head *head = &x->answer.head;
    char expected[HS_WEBSOCKET_ACCEPT_SIZE];
    if (head->status != 101) {
        fail_by_status(run, head);
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
                    accept ? text_of(run, accept->value) : "(missing)", expected);
        return false;
    }
    const hs_http1_field *protocol = hs_http1_find(head, "Sec-WebSocket-Protocol");
    if (protocol && !subprotocol_was_offered(run, protocol->value)) {
        const char *offered = run->setup.options->subprotocols;
        hs_run_fail(run, HS_FAILURE_WEBSOCKET_SUBPROTOCOL_MISMATCH,
                    "%s chose the subprotocol \"%s\", offered: %s", hs_run_peer(run),
                    text_of(run, protocol->value), offered ? offered : "none");
        return false;
    }
    return true;
}

static void finish_upgrade(exchange *x)
{
    hs_run *run = x->run;
    if (!check_answer(x)) {
        return;
    }
    hs_run_set_phase(run, HS_PHASE_RESPONSE);
    hs_result result = open_frames(x);
    if (result != HS_OK) {
        hs_run_give_up(run, result);
        return;
    }
    hs_bytes behind = hs_buffer_bytes(&x->answer.bytes);
    if (behind.len > x->answer.head.len) {
        behind.data += x->answer.head.len;
        behind.len -= x->answer.head.len;
        receive_frames(x, behind);
    }
}

static void received(hs_run *run, hs_bytes bytes)
{
    exchange *x = run->exchange;
    if (x->frames) {
        receive_frames(x, bytes);
    } else if (!run->finished && hs_head_add(run, &x->answer, bytes)) {
        finish_upgrade(x);
    }
}

static void leave(hs_run *run)
{
    exchange *x = run->exchange;
    if (x->frames && wslay_event_queue_close(x->frames, WSLAY_CODE_NORMAL_CLOSURE, NULL, 0) == 0) {
        (void)wslay_event_send(x->frames);
    }
}

static void end(hs_run *run)
{
    exchange *x = run->exchange;
    if (x) {
        if (x->frames) {
            wslay_event_context_free(x->frames);
        }
        hs_head_free(&x->answer);
        free(x);
        run->exchange = NULL;
    }
}

const hs_step hs_step_websocket = {
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
