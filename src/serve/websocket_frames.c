#include "serve/websocket_frames.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "wire/websocket.h"

static void say(const hs_frames *frames, const char *format, ...) HS_PRINTF(2, 3);
static void say(const hs_frames *frames, const char *format, ...)
{
    char text[2 * HS_ESCAPED_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (frames->transport.stream != 0) {
        hs_connection_line(frames->transport.connection, "stream %d: %s", frames->transport.stream,
                           text);
    } else {
        hs_connection_line(frames->transport.connection, "%s", text);
    }
}

static ssize_t take_input(wslay_event_context_ptr wslay, uint8_t *out, size_t room, int flags,
                          void *context)
{
    (void)flags;
    hs_frames *frames = context;
    size_t now = frames->input.len < room ? frames->input.len : room;
    if (now == 0) {
        wslay_event_set_error(wslay, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    memcpy(out, frames->input.data, now);
    frames->input.data += now;
    frames->input.len -= now;
    return (ssize_t)now;
}

static ssize_t put_output(wslay_event_context_ptr wslay, const uint8_t *data, size_t len, int flags,
                          void *context)
{
    (void)flags;
    hs_frames *frames = context;
    const hs_frames_transport *transport = &frames->transport;
    if (!transport->has_room(transport->context)) {
        wslay_event_set_error(wslay, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    /* All of it, whatever its length: wslay pauses after a part, and nothing would wake it. */
    transport->send(transport->context, (hs_bytes){data, len});
    return (ssize_t)len;
}

static void close_received(const hs_frames *frames,
                           const struct wslay_event_on_msg_recv_arg *message)
{
    char reason[HS_ESCAPED_MAX] = "";
    if (message->msg_length > 2) {
        hs_line_escaped((hs_bytes){message->msg + 2, message->msg_length - 2}, reason);
    }
    if (message->status_code == 0) {
        say(frames, "received close without a code");
    } else {
        say(frames, "received close %u %s%s%s", message->status_code,
            hs_websocket_close_name(message->status_code), reason[0] != '\0' ? ": " : "", reason);
    }
}

/* Pings and closes are answered by wslay. */
static void message_received(wslay_event_context_ptr wslay,
                             const struct wslay_event_on_msg_recv_arg *message, void *context)
{
    hs_frames *frames = context;
    if (message->opcode == WSLAY_CONNECTION_CLOSE) {
        close_received(frames, message);
        return;
    }
    say(frames, "received %s, %zu byte%s", hs_websocket_opcode_name(message->opcode),
        message->msg_length, message->msg_length == 1 ? "" : "s");
    if (wslay_is_ctrl_frame(message->opcode)) {
        return;
    }
    frames->transport.connection->units++;
    const struct wslay_event_msg echo = {message->opcode, message->msg, message->msg_length};
    if (wslay_event_queue_msg(wslay, &echo) == WSLAY_ERR_NOMEM) {
        frames->is_starved = true;
    }
}

hs_result hs_frames_open(hs_frames *frames, const hs_frames_transport *transport)
{
    static const struct wslay_event_callbacks callbacks = {
        .recv_callback = take_input,
        .send_callback = put_output,
        .on_msg_recv_callback = message_received,
    };
    *frames = (hs_frames){.transport = *transport};
    if (wslay_event_context_server_init(&frames->wslay, &callbacks, frames) != 0) {
        frames->wslay = NULL;
        return HS_NO_MEMORY;
    }
    wslay_event_config_set_max_recv_msg_length(frames->wslay, HS_SERVE_MESSAGE_MAX);
    return HS_OK;
}

void hs_frames_free(hs_frames *frames)
{
    if (frames->wslay) {
        wslay_event_context_free(frames->wslay);
        frames->wslay = NULL;
    }
}

hs_frames_state hs_frames_flush(hs_frames *frames)
{
    if (frames->is_starved || wslay_event_send(frames->wslay) != 0) {
        return HS_FRAMES_NO_MEMORY;
    }
    if (wslay_event_want_write(frames->wslay)) {
        return HS_FRAMES_OPEN; /* goes on when there is room */
    }
    if (wslay_event_get_close_received(frames->wslay) &&
        wslay_event_get_close_sent(frames->wslay)) {
        return HS_FRAMES_CLOSED;
    }
    if (!wslay_event_want_read(frames->wslay)) {
        say(frames, "sent close %u %s", wslay_event_get_status_code_sent(frames->wslay),
            hs_websocket_close_name(wslay_event_get_status_code_sent(frames->wslay)));
        return HS_FRAMES_BROKEN;
    }
    return HS_FRAMES_OPEN;
}

hs_frames_state hs_frames_receive(hs_frames *frames, hs_bytes bytes)
{
    frames->input = bytes;
    int error = wslay_event_recv(frames->wslay);
    frames->input = (hs_bytes){NULL, 0};
    if (error == WSLAY_ERR_NOMEM) {
        return HS_FRAMES_NO_MEMORY;
    }
    if (error != 0) {
        /* A frame that cannot be read; a close is queued. */
        wslay_event_shutdown_read(frames->wslay);
    }
    return hs_frames_flush(frames);
}

bool hs_frames_leave(hs_frames *frames, const char *why)
{
    return wslay_event_queue_close(frames->wslay, WSLAY_CODE_GOING_AWAY, (const uint8_t *)why,
                                   strlen(why)) == 0;
}
