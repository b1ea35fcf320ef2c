/* A WebSocket that has a connection to itself, since an upgrade from HTTP/1.1. */
#include <stdlib.h>
#include <string.h>

#include "serve/protocols.h"
#include "serve/websocket_frames.h"

enum { OUTPUT_SIZE = 16 * 1024 };

typedef struct websocket_state {
    hs_frames frames;
    const char *farewell;
    size_t output_len;
    uint8_t output[OUTPUT_SIZE]; /* frames' headers and payloads, put together */
} websocket_state;

static void send_output(hs_connection *c)
{
    websocket_state *state = c->state;
    hs_connection_send(c, (hs_bytes){state->output, state->output_len});
    state->output_len = 0;
}

static bool has_room(void *context)
{
    return hs_connection_has_room(context);
}

static void put_output(void *context, hs_bytes bytes)
{
    hs_connection *c = context;
    websocket_state *state = c->state;
    if (bytes.len > sizeof state->output - state->output_len) {
        send_output(c);
    }
    if (bytes.len > sizeof state->output) {
        hs_connection_send(c, bytes);
    } else {
        memcpy(state->output + state->output_len, bytes.data, bytes.len);
        state->output_len += bytes.len;
    }
}

static hs_result websocket_open(hs_connection *c)
{
    websocket_state *state = calloc(1, sizeof *state);
    const hs_frames_transport transport = {
        .has_room = has_room, .send = put_output, .context = c, .connection = c};
    c->state = state;
    return state ? hs_frames_open(&state->frames, &transport) : HS_NO_MEMORY;
}

static void websocket_free(void *opaque)
{
    websocket_state *state = opaque;
    if (state) {
        hs_frames_free(&state->frames);
        free(state);
    }
}

static void go_on(hs_connection *c, hs_frames_state reached)
{
    websocket_state *state = c->state;
    send_output(c);
    switch (reached) {
    case HS_FRAMES_NO_MEMORY:
        hs_connection_abort(c, "out of memory");
        break;
    case HS_FRAMES_CLOSED:
        /* RFC 6455 7.1.1: the server closes first, whoever began. */
        hs_connection_finish(c, state->farewell);
        break;
    case HS_FRAMES_BROKEN:
        hs_connection_finish(c, state->farewell ? state->farewell : "a WebSocket protocol error");
        break;
    case HS_FRAMES_OPEN:
        break;
    }
}

static void websocket_flush(hs_connection *c)
{
    websocket_state *state = c->state;
    go_on(c, hs_frames_flush(&state->frames));
}

static void websocket_received(hs_connection *c, hs_bytes bytes)
{
    websocket_state *state = c->state;
    go_on(c, hs_frames_receive(&state->frames, bytes));
}

static void websocket_farewell(hs_connection *c, hs_farewell farewell, const char *why)
{
    (void)farewell;
    websocket_state *state = c->state;
    if (state->farewell || !hs_frames_leave(&state->frames, why)) {
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
