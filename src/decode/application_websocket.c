/* WebSocket frames (RFC 6455 5) of one direction. Payloads may be of any length; only the start of
 * one is kept, for control frames all of it. */
#include <string.h>

#include "decode/application_state.h"

/* The kept part of the payload, unmasked; returns its length. */
static size_t unmask_kept(const hs_app_side *side, uint8_t out[HS_WEBSOCKET_CONTROL_MAX])
{
    const hs_websocket_frame *frame = &side->frame;
    hs_bytes kept = hs_app_run_kept(side);
    if (kept.len <= frame->header_len) {
        return 0;
    }
    size_t len = kept.len - frame->header_len;
    len = len < HS_WEBSOCKET_CONTROL_MAX ? len : HS_WEBSOCKET_CONTROL_MAX;
    memcpy(out, kept.data + frame->header_len, len);
    if (frame->is_masked) {
        hs_websocket_mask(out, len, frame->mask, 0);
    }
    return len;
}

static void add_close(hs_application *app, hs_event *event, hs_bytes payload)
{
    hs_fault fault;
    hs_reader r;
    hs_websocket_close close;
    hs_reader_init(&r, payload, &fault, NULL);
    if (hs_websocket_read_close(&r, &close) != HS_OK) {
        hs_app_add_text(app, event, "malformed", "status code: one byte is not a code");
    } else if (close.has_code) {
        hs_app_add_number(app, event, "code", close.code);
        hs_app_add_text(app, event, "meaning", hs_websocket_close_name(close.code));
        if (close.reason.len > 0) {
            hs_app_add_bytes(app, event, "reason", close.reason, HS_WEBSOCKET_CONTROL_MAX);
        }
    }
}

static hs_event *emit_frame(hs_application *app, hs_app_side *side)
{
    const hs_websocket_frame *frame = &side->frame;
    uint8_t payload[HS_WEBSOCKET_CONTROL_MAX];
    size_t len = unmask_kept(side, payload);
    hs_event *event = hs_app_run_end(app, side);
    if (strcmp(hs_websocket_opcode_name(frame->opcode), "unknown") == 0) {
        hs_app_add_number(app, event, "opcode", frame->opcode);
    }
    hs_app_add_number(app, event, "length", (int64_t)frame->payload_len);
    if (!frame->fin) {
        hs_app_add_number(app, event, "fin", 0);
    }
    if (frame->rsv) {
        hs_app_add_number(app, event, "rsv", frame->rsv);
    }
    bool is_compressed = (frame->rsv & app->rsv_allowed & HS_WEBSOCKET_RSV1) != 0;
    if (frame->opcode == HS_WEBSOCKET_CLOSE && side->run.left == 0) {
        add_close(app, event, hs_bytes_of(payload, len));
    } else if (len > 0 && !is_compressed &&
               (frame->opcode == HS_WEBSOCKET_TEXT || hs_websocket_is_control(frame->opcode))) {
        hs_app_add_bytes(app, event, "text", hs_bytes_of(payload, len), HS_APP_TEXT_MAX);
    }
    hs_app_add_text(app, event, "problem",
                    hs_websocket_frame_problem(frame, side->from == HS_CLIENT, app->rsv_allowed));
    return event;
}

static void mark(hs_application *app, const hs_app_side *side)
{
    uint8_t opcode = side->frame.opcode;
    bool is_data = opcode == HS_WEBSOCKET_TEXT || opcode == HS_WEBSOCKET_BINARY;
    if (side->from == HS_CLIENT && (is_data || opcode == HS_WEBSOCKET_PING)) {
        hs_app_mark_end(app, HS_MILESTONE_REQUEST, &side->run.message);
    } else if (side->from == HS_SERVER && (is_data || opcode == HS_WEBSOCKET_PONG)) {
        hs_app_mark_first(app, HS_MILESTONE_FIRST_RESPONSE, &side->run.message);
    }
}

static bool step_payload(hs_application *app, hs_app_side *side)
{
    bool took = hs_app_run_take_left(side);
    if (side->run.left > 0) {
        return took;
    }
    if (side->from == HS_CLIENT) {
        mark(app, side);
    }
    (void)emit_frame(app, side);
    return true;
}

bool hs_app_websocket_step(hs_application *app, hs_app_side *side)
{
    if (side->run.is_open) {
        return step_payload(app, side);
    }
    hs_bytes bytes = hs_buffer_bytes(&side->buffer);
    hs_fault fault;
    hs_reader r;
    if (bytes.len == 0) {
        return false;
    }
    hs_reader_init(&r, bytes, &fault, NULL);
    hs_result result = hs_websocket_read_header(&r, &side->frame);
    if (result == HS_NEED_MORE) {
        return false;
    }
    if (result != HS_OK) {
        side->protocol = HS_APP_DATA;
        side->fault = fault;
        return true;
    }
    hs_app_run_begin(side, HS_LAYER_WEBSOCKET, side->frame.opcode,
                     hs_websocket_opcode_name(side->frame.opcode));
    hs_app_run_take(side, side->frame.header_len);
    side->run.left = side->frame.payload_len;
    if (side->from == HS_SERVER) {
        mark(app, side);
    }
    return true;
}

void hs_app_websocket_finish(hs_application *app, hs_app_side *side)
{
    if (side->run.is_open) {
        uint64_t left = side->run.left;
        hs_event *event = emit_frame(app, side);
        hs_event_add_format(app->trace, event, "incomplete", "%llu bytes have not come",
                            (unsigned long long)left);
        return;
    }
    size_t len = hs_buffer_bytes(&side->buffer).len;
    if (len > 0) {
        hs_message message = hs_app_message(side, HS_LAYER_WEBSOCKET, HS_APP_NO_FRAME, "frame",
                                            len);
        hs_event *event = hs_app_emit(app, &message);
        hs_app_add_text(app, event, "incomplete", "the frame header has not ended");
        hs_app_take(side, len);
    }
}
