/* WebSocket messages (RFC 6455 5 to 7), echoed, through wslay. */
#include <stdlib.h>
#include <string.h>

#include <wslay/wslay.h>

#include "serve/protocols.h"
#include "wire/websocket.h"

enum { OUTPUT_SIZE = 16 * 1024 };

typedef struct websocket_state {
    wslay_event_context_ptr wslay;
    hs_bytes input; /* not yet taken by wslay */
    const char *farewell;
    size_t output_len;
    uint8_t output[OUTPUT_SIZE]; /* frames' headers and payloads, put together */
} websocket_state;

static ssize_t take_input(wslay_event_context_ptr wslay, uint8_t *out, size_t room, int flags,
                          void *context)
{
    (void)flags;
    hs_connection *c = context;
    websocket_state *state = c->state;
    size_t now = state->input.len < room ? state->input.len : room;
    if (now == 0) {
        wslay_event_set_error(wslay, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    memcpy(out, state->input.data, now);
    state->input.data += now;
    state->input.len -= now;
    return (ssize_t)now;
}

static void send_output(hs_connection *c)
{
    websocket_state *state = c->state;
    hs_connection_send(c, (hs_bytes){state->output, state->output_len});
    state->output_len = 0;
}

static ssize_t put_output(wslay_event_context_ptr wslay, const uint8_t *data, size_t len, int flags,
                          void *context)
{
    (void)flags;
    hs_connection *c = context;
    if (!hs_connection_has_room(c)) {
        wslay_event_set_error(wslay, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    /* All of it, whatever its length: wslay pauses after a part, and nothing would wake it. */
    websocket_state *state = c->state;
    if (len > sizeof state->output - state->output_len) {
        send_output(c);
    }
    if (len > sizeof state->output) {
        hs_connection_send(c, (hs_bytes){data, len});
    } else {
        memcpy(state->output + state->output_len, data, len);
        state->output_len += len;
    }
    return (ssize_t)len;
}

static void close_received(hs_connection *c, const struct wslay_event_on_msg_recv_arg *message)
{
    char reason[HS_ESCAPED_MAX] = "";
    if (message->msg_length > 2) {
        hs_line_escaped((hs_bytes){message->msg + 2, message->msg_length - 2}, reason);
    }
    if (message->status_code == 0) {
        hs_connection_line(c, "received close without a code");
    } else {
        hs_connection_line(c, "received close %u %s%s%s", message->status_code,
                           hs_websocket_close_name(message->status_code),
                           reason[0] != '\0' ? ": " : "", reason);
    }
}

/* Pings and closes are answered by wslay. */
static void message_received(wslay_event_context_ptr wslay,
                             const struct wslay_event_on_msg_recv_arg *message, void *context)
{
    hs_connection *c = context;
    if (message->opcode == WSLAY_CONNECTION_CLOSE) {
        close_received(c, message);
        return;
    }
    hs_connection_line(c, "received %s, %zu byte%s", hs_websocket_opcode_name(message->opcode),
                       message->msg_length, message->msg_length == 1 ? "" : "s");
    if (wslay_is_ctrl_frame(message->opcode)) {
        return;
    }
    c->units++;
    const struct wslay_event_msg echo = {message->opcode, message->msg, message->msg_length};
    int error = wslay_event_queue_msg(wslay, &echo);
    if (error == WSLAY_ERR_NOMEM) {
        hs_connection_abort(c, "out of memory");
    }
}

static hs_result websocket_open(hs_connection *c)
{
    static const struct wslay_event_callbacks callbacks = {
        .recv_callback = take_input,
        .send_callback = put_output,
        .on_msg_recv_callback = message_received,
    };
    websocket_state *state = calloc(1, sizeof *state);
    c->state = state;
    if (!state || wslay_event_context_server_init(&state->wslay, &callbacks, c) != 0) {
        return HS_NO_MEMORY; /* websocket_free follows */
    }
    wslay_event_config_set_max_recv_msg_length(state->wslay, HS_SERVE_MESSAGE_MAX);
    return HS_OK;
}

static void websocket_free(void *opaque)
{
    websocket_state *state = opaque;
    if (state) {
        if (state->wslay) {
            wslay_event_context_free(state->wslay);
        }
        free(state);
    }
}

static void websocket_flush(hs_connection *c)
{
    websocket_state *state = c->state;
    int error = wslay_event_send(state->wslay);
    send_output(c);
    if (error != 0) {
        hs_connection_abort(c, "out of memory");
        return;
    }
    if (wslay_event_want_write(state->wslay)) {
        return; /* goes on when there is room */
    }
    if (wslay_event_get_close_received(state->wslay) && wslay_event_get_close_sent(state->wslay)) {
        /* RFC 6455 7.1.1: the server closes first, whoever began. */
        hs_connection_finish(c, state->farewell);
    } else if (!wslay_event_want_read(state->wslay)) {
        hs_connection_line(c, "sent close %u %s", wslay_event_get_status_code_sent(state->wslay),
                           hs_websocket_close_name(wslay_event_get_status_code_sent(state->wslay)));
        hs_connection_finish(c, state->farewell ? state->farewell : "a WebSocket protocol error");
    }
}

static void websocket_received(hs_connection *c, hs_bytes bytes)
{
    websocket_state *state = c->state;
    state->input = bytes;
    int error = wslay_event_recv(state->wslay);
    state->input = (hs_bytes){NULL, 0};
    if (error == WSLAY_ERR_NOMEM) {
        hs_connection_abort(c, "out of memory");
        return;
    }
    if (error != 0) {
        /* A frame that cannot be read; a close is queued. */
        wslay_event_shutdown_read(state->wslay);
    }
    websocket_flush(c);
}

static void websocket_farewell(hs_connection *c, hs_farewell farewell, const char *why)
{
    (void)farewell;
    websocket_state *state = c->state;
    if (state->farewell || wslay_event_queue_close(state->wslay, WSLAY_CODE_GOING_AWAY,
                                                   (const uint8_t *)why, strlen(why)) != 0) {
        /* Said already and not answered, or it cannot be said. */
        hs_connection_finish(c, state->farewell ? state->farewell : why);
        return;
    }
    state->farewell = why;
    hs_connection_set_deadline(c, HS_SERVE_GOODBYE_MS);
    websocket_flush(c);
}

const hs_protocol hs_protocol_websocket = {
    .unit = "message",
    .open = websocket_open,
    .received = websocket_received,
    .drained = websocket_flush,
    .farewell = websocket_farewell,
    .free = websocket_free,
};
