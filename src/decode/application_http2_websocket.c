/* WebSocket over HTTP/2 (RFC 8441): the extended CONNECT that begins one, its answer, and the
 * frames of RFC 6455 in the DATA of its stream. The first one of a connection is followed. */
#include <stdlib.h>

#include "decode/application_state.h"

enum { STATUS_FINAL = 200, STATUS_REFUSED = 300 };

void hs_app_tunnel_free(hs_application *app)
{
    hs_app_side *sides = app->tunnel ? app->tunnel->sides : NULL;
    for (int i = 0; sides && i < 2; i++) {
        hs_buffer_free(&sides[i].buffer);
        hs_app_map_free(&sides[i].map);
    }
    free(sides);
    if (app->tunnel) {
        *app->tunnel = (hs_app_tunnel){0};
    }
}

static void open_side(hs_application *app, hs_side from)
{
    hs_app_tunnel *tunnel = app->tunnel;
    if (!tunnel->sides) {
        tunnel->sides = calloc(2, sizeof *tunnel->sides);
    }
    if (tunnel->sides) { /* without memory its DATA is only DATA */
        tunnel->sides[from].from = from;
        tunnel->sides[from].protocol = HS_APP_WEBSOCKET;
        hs_buffer_init(&tunnel->sides[from].buffer, HS_APP_BUFFER_MAX);
    }
}

static void request_ended(hs_application *app, const hs_app_http2 *http2, const hs_message *message)
{
    hs_app_tunnel *tunnel = app->tunnel;
    bool begins = http2->block.is_connect && http2->block.is_websocket;
    bool is_first = !hs_trace_is_marked(app->trace, HS_MILESTONE_REQUEST);
    if (!begins || tunnel->stream != 0) {
        hs_app_mark_end(app, HS_MILESTONE_REQUEST, message);
        return;
    }
    tunnel->stream = http2->block.stream;
    app->trace->websocket.present = true;
    /* Where requests came before, the connection is ready since then. */
    tunnel->is_upgrade = is_first;
    if (is_first) {
        hs_app_mark_end(app, HS_MILESTONE_UPGRADE_START, message);
    }
    open_side(app, HS_CLIENT);
}

static void answer_ended(hs_application *app, const hs_app_http2 *http2, const hs_message *message)
{
    hs_app_tunnel *tunnel = app->tunnel;
    int status = http2->block.status;
    if (tunnel->is_answered || status < STATUS_FINAL) {
        return;
    }
    tunnel->is_answered = true;
    app->trace->websocket.status = status;
    if (tunnel->is_upgrade) {
        hs_app_mark_end(app, HS_MILESTONE_UPGRADE_DONE, message);
    }
    if (status < STATUS_REFUSED) {
        open_side(app, HS_SERVER);
    } else if (tunnel->sides) {
        tunnel->sides[HS_CLIENT].protocol = HS_APP_STOPPED;
    }
}

void hs_app_http2_headers(hs_application *app, hs_app_side *side, const hs_message *message)
{
    hs_app_http2 *http2 = &side->http2;
    if (side->from == HS_SERVER) {
        bool is_tunnel = app->tunnel->stream != 0 && http2->block.stream == app->tunnel->stream;
        if (!is_tunnel && http2->header.type == HS_HTTP2_HEADERS) {
            hs_app_mark_first(app, HS_MILESTONE_FIRST_RESPONSE, message);
        } else if (is_tunnel && !http2->in_block) {
            answer_ended(app, http2, message);
        }
        return;
    }
    if (http2->header.type == HS_HTTP2_HEADERS) {
        hs_app_http2_headers_end(app, side); /* of a block that did not end in order */
        http2->block.message = *message;
        http2->block.is_open = true;
    }
    if (!http2->in_block) {
        http2->block.message.end = message->end;
        hs_app_http2_headers_end(app, side);
    }
}

void hs_app_http2_headers_end(hs_application *app, hs_app_side *side)
{
    hs_app_http2 *http2 = &side->http2;
    if (http2->block.is_open) {
        http2->block.is_open = false;
        request_ended(app, http2, &http2->block.message);
    }
}

/* RFC 7692: the name, perhaps with parameters. */
static bool offers_deflate(hs_bytes list)
{
    static const char name[] = "permessage-deflate";
    hs_bytes element;
    while (hs_http1_next_element(&list, &element)) {
        size_t len = element.len < sizeof name - 1 ? element.len : sizeof name - 1;
        bool ends = element.len == len || element.data[len] == ';' || element.data[len] == ' ';
        if (ends && hs_http1_is_same(hs_bytes_of(element.data, len), name)) {
            return true;
        }
    }
    return false;
}

void hs_app_tunnel_field(hs_application *app, hs_app_side *side, hs_bytes name, hs_bytes value)
{
    hs_app_block *block = &side->http2.block;
    hs_websocket_facts *facts = &app->trace->websocket;
    if (side->from == HS_CLIENT) {
        block->is_connect = block->is_connect ||
                            (hs_bytes_are(name, ":method") && hs_bytes_are(value, "CONNECT"));
        block->is_websocket = block->is_websocket || (hs_bytes_are(name, ":protocol") &&
                                                      hs_http1_is_same(value, "websocket"));
        return;
    }
    if (hs_bytes_are(name, ":status")) {
        block->status = hs_app_status(value);
    }
    bool is_answer = app->tunnel->stream != 0 && block->stream == app->tunnel->stream &&
                     !app->tunnel->is_answered && block->status >= STATUS_FINAL;
    if (is_answer && !facts->subprotocol && hs_bytes_are(name, "sec-websocket-protocol")) {
        facts->subprotocol = hs_app_fact(app, value);
    } else if (is_answer && hs_bytes_are(name, "sec-websocket-extensions")) {
        facts->extensions = facts->extensions ? facts->extensions : hs_app_fact(app, value);
        app->rsv_allowed |= offers_deflate(value) ? HS_WEBSOCKET_RSV1 : 0;
    }
}

static hs_app_side *inner_side(hs_application *app, const hs_app_side *side)
{
    hs_app_side *inner = app->tunnel->sides ? &app->tunnel->sides[side->from] : NULL;
    bool is_open = inner && (inner->protocol == HS_APP_WEBSOCKET || inner->protocol == HS_APP_DATA);
    return is_open ? inner : NULL;
}

bool hs_app_tunnel_carries(hs_application *app, const hs_app_side *side)
{
    return side->http2.header.stream_id == app->tunnel->stream && inner_side(app, side) != NULL;
}

static bool step(hs_application *app, hs_app_side *inner)
{
    return inner->protocol == HS_APP_WEBSOCKET ? hs_app_websocket_step(app, inner)
                                               : hs_app_data_step(app, inner);
}

void hs_app_tunnel_data(hs_application *app, hs_app_side *side, hs_bytes content)
{
    hs_app_side *inner = inner_side(app, side);
    if (!inner || content.len == 0) {
        return;
    }
    size_t offset = (size_t)(content.data - hs_buffer_bytes(&side->buffer).data);
    hs_app_place place = hs_app_map_find(&side->map, side->consumed + offset, content.len);
    const hs_chunk chunk = {side->from, content, place.first, place.end, place.is_protected};
    if (hs_app_map_add(&inner->map, inner->received, &chunk) != HS_OK ||
        hs_buffer_append(&inner->buffer, content) != HS_OK) {
        hs_app_tunnel_stop(app, side);
        return;
    }
    inner->received += content.len;
    while (step(app, inner)) {
    }
}

void hs_app_tunnel_stop(hs_application *app, hs_app_side *side)
{
    hs_app_side *inner = inner_side(app, side);
    if (!inner) {
        return;
    }
    if (inner->protocol == HS_APP_WEBSOCKET) {
        hs_app_websocket_finish(app, inner);
    } else {
        hs_app_data_finish(app, inner);
    }
    inner->protocol = HS_APP_STOPPED;
}
