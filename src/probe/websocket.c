/* A WebSocket's frames through wslay, and what its opening handshakes judge alike. */
#include "probe/websocket.h"

#include <openssl/rand.h>
#include <string.h>

#include "wire/http1.h"
#include "wire/websocket.h"

static const uint8_t ping_payload[] = "handshake";
enum { PING_LENGTH = sizeof ping_payload - 1 };

static ssize_t on_recv(wslay_event_context_ptr wslay, uint8_t *data, size_t len, int flags,
                       void *context)
{
    hs_probe_frames *frames = context;
    (void)flags;
    if (frames->incoming.len == 0) {
        wslay_event_set_error(wslay, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    if (len > frames->incoming.len) {
        len = frames->incoming.len;
    }
    memcpy(data, frames->incoming.data, len);
    frames->incoming.data += len;
    frames->incoming.len -= len;
    return (ssize_t)len;
}

static ssize_t on_send(wslay_event_context_ptr wslay, const uint8_t *data, size_t len, int flags,
                       void *context)
{
    hs_probe_frames *frames = context;
    (void)wslay;
    (void)flags;
    frames->send(frames->run, hs_bytes_of(data, len));
    return (ssize_t)len;
}

static int on_mask(wslay_event_context_ptr wslay, uint8_t *mask, size_t len, void *context)
{
    (void)context;
    if (RAND_bytes(mask, (int)len) != 1) {
        wslay_event_set_error(wslay, WSLAY_ERR_CALLBACK_FAILURE);
        return -1;
    }
    return 0;
}

static void on_message(wslay_event_context_ptr wslay,
                       const struct wslay_event_on_msg_recv_arg *message, void *context)
{
    hs_probe_frames *frames = context;
    (void)wslay;
    if (message->opcode == WSLAY_CONNECTION_CLOSE) {
        frames->close_received = true;
        if (!frames->answered) {
            hs_run_fail(frames->run, HS_FAILURE_WEBSOCKET_CLOSED,
                        "%s closed the WebSocket with code %u (%s) before it answered the ping",
                        hs_run_peer(frames->run), message->status_code,
                        hs_websocket_close_name(message->status_code));
        }
    } else if (message->opcode != WSLAY_PING) {
        frames->answered = true;
    }
}

hs_result hs_probe_frames_open(hs_probe_frames *frames, hs_run *run,
                               void (*send)(hs_run *run, hs_bytes bytes))
{
    const struct wslay_event_callbacks callbacks = {
        .recv_callback = on_recv,
        .send_callback = on_send,
        .genmask_callback = on_mask,
        .on_msg_recv_callback = on_message,
    };
    const struct wslay_event_msg ping = {
        .opcode = WSLAY_PING, .msg = ping_payload, .msg_length = PING_LENGTH};
    frames->run = run;
    frames->send = send;
    if (wslay_event_context_client_init(&frames->wslay, &callbacks, frames) != 0) {
        return HS_NO_MEMORY;
    }
    wslay_event_config_set_max_recv_msg_length(frames->wslay, HS_HTTP1_HEAD_MAX);
    bool sent = wslay_event_queue_msg(frames->wslay, &ping) == 0 &&
                wslay_event_send(frames->wslay) == 0;
    return sent ? HS_OK : HS_NO_MEMORY;
}

void hs_probe_frames_receive(hs_probe_frames *frames, hs_bytes bytes)
{
    hs_run *run = frames->run;
    frames->incoming = bytes;
    bool is_broken = wslay_event_recv(frames->wslay) != 0;
    if (wslay_event_want_write(frames->wslay) && !run->over) {
        (void)wslay_event_send(frames->wslay); /* our send call-back does not fail */
    }
    /* A close that nobody asked for is wslay's answer to a breach. */
    is_broken = is_broken || wslay_event_get_close_sent(frames->wslay);
    if (is_broken && !frames->close_received && !run->finished) {
        hs_run_fail(run, HS_FAILURE_WEBSOCKET_PROTOCOL_ERROR,
                    "%s sent what is not a valid WebSocket frame", hs_run_peer(run));
    }
    if (frames->answered && !run->finished) {
        hs_run_step_done(run);
    }
}

void hs_probe_frames_leave(hs_probe_frames *frames)
{
    if (frames->wslay &&
        wslay_event_queue_close(frames->wslay, WSLAY_CODE_NORMAL_CLOSURE, NULL, 0) == 0) {
        (void)wslay_event_send(frames->wslay);
    }
}

void hs_probe_frames_free(hs_probe_frames *frames)
{
    if (frames->wslay) {
        wslay_event_context_free(frames->wslay);
        frames->wslay = NULL;
    }
}

const char *hs_probe_text(hs_run *run, hs_bytes bytes)
{
    const char *text = hs_arena_escaped(hs_trace_arena(run->trace), bytes);
    return text ? text : "";
}

static bool was_offered(const char *offered, hs_bytes chosen)
{
    hs_bytes list = hs_bytes_of(offered, offered ? strlen(offered) : 0);
    hs_bytes element;
    while (hs_http1_next_element(&list, &element)) {
        if (hs_bytes_equal(element, chosen)) {
            return true;
        }
    }
    return false;
}

bool hs_probe_subprotocol_is_good(hs_run *run, hs_bytes chosen)
{
    const char *offered = run->setup.options->subprotocols;
    if (was_offered(offered, chosen)) {
        return true;
    }
    hs_run_fail(run, HS_FAILURE_WEBSOCKET_SUBPROTOCOL_MISMATCH,
                "%s chose the subprotocol \"%s\", offered: %s", hs_run_peer(run),
                hs_probe_text(run, chosen), offered ? offered : "none");
    return false;
}

bool hs_probe_extensions_are_good(hs_run *run, hs_bytes chosen)
{
    if (chosen.len == 0) {
        return true;
    }
    hs_run_fail(run, HS_FAILURE_WEBSOCKET_BAD_UPGRADE,
                "%s chose the extension \"%s\", and none was offered", hs_run_peer(run),
                hs_probe_text(run, chosen));
    return false;
}

void hs_probe_upgrade_refused(hs_run *run, int status, const char *reason, const char *location)
{
    hs_run_fail(run, HS_FAILURE_WEBSOCKET_STATUS, "%s answered the upgrade with %d%s%s%s%s",
                hs_run_peer(run), status, reason[0] ? " " : "", reason, location ? ", to " : "",
                location ? location : "");
}
