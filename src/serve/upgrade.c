/* WebSocket's opening handshake (RFC 6455 4.2), the server's side. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "secrets/websocket_accept.h"
#include "serve/answer.h"
#include "serve/protocols.h"

enum { SUBPROTOCOL_MAX = 256 };

/* A request that is no upgrade that this server can make. */
typedef struct refusal {
    int status;
    const char *why;
    const char *field_name;
    const char *field_value;
} refusal;

static const char no_upgrade[] = "no WebSocket upgrade";

static bool is_one_value(const hs_http1_head *head, const char *name)
{
    return hs_http1_count(head, name) == 1;
}

/* RFC 6455 4.2.1, in the order in which a person would mend it. `status` 0: nothing is wrong. */
static refusal check(const hs_http1_head *head, bool is_early)
{
    const char *why = NULL;
    int status = hs_request_check(head, is_early, &why);
    if (status != 0) {
        return (refusal){status, why, NULL, NULL};
    }
    const hs_http1_field *version = hs_http1_find(head, "Sec-WebSocket-Version");
    if (!hs_http1_has_token(head, "Upgrade", "websocket")) {
        return (refusal){426, "A WebSocket listens here: use ws:// or wss://.", "Upgrade",
                         "websocket"};
    }
    if (!hs_bytes_are(head->method, "GET") || !hs_bytes_are(head->version, "HTTP/1.1")) {
        return (refusal){400, "A WebSocket begins with GET and HTTP/1.1.", NULL, NULL};
    }
    if (!hs_websocket_head_upgrades(head)) {
        return (refusal){400, "The Connection field does not say Upgrade.", NULL, NULL};
    }
    if (!version || !is_one_value(head, "Sec-WebSocket-Version") ||
        !hs_bytes_are(version->value, "13")) {
        return (refusal){426, "Version 13 of the WebSocket protocol is spoken here.",
                         "Sec-WebSocket-Version", "13"};
    }
    const hs_http1_field *key = hs_http1_find(head, "Sec-WebSocket-Key");
    if (!key || !is_one_value(head, "Sec-WebSocket-Key") ||
        !hs_websocket_key_is_valid(key->value)) {
        return (refusal){400, "Sec-WebSocket-Key is not the base64 of 16 bytes.", NULL, NULL};
    }
    return (refusal){0, NULL, NULL, NULL};
}

static void refuse(hs_connection *c, const hs_request *request, const refusal *r,
                   const char *ended_why)
{
    hs_answer answer;
    hs_result result = hs_answer_refuse(r->status, r->why, &answer);
    answer.field_name = r->field_name;
    answer.field_value = r->field_value;
    if (result == HS_OK) {
        hs_answer_line(c, request, &answer);
        result = hs_answer_send_http1(c, &answer, hs_bytes_are(request->method, "HEAD"), false);
    }
    hs_answer_free(&answer);
    if (result != HS_OK) {
        hs_connection_abort(c, hs_result_text(result));
    } else {
        hs_connection_finish(c, ended_why);
    }
}

static void refuse_bytes(hs_connection *c, int status, const char *why, const char *ended_why)
{
    static const hs_request unread = {{(const uint8_t *)"bad request", 11}, {NULL, 0}};
    const refusal r = {status, why, NULL, NULL};
    refuse(c, &unread, &r, ended_why);
}

/* The first that is offered is chosen; a client that tests offers what it wants to see. */
static bool choose_subprotocol(const hs_http1_head *head, char out[SUBPROTOCOL_MAX])
{
    const hs_http1_field *offered = hs_http1_find(head, "Sec-WebSocket-Protocol");
    hs_bytes list = offered ? offered->value : (hs_bytes){NULL, 0};
    hs_bytes first;
    if (!hs_http1_next_element(&list, &first) || first.len >= SUBPROTOCOL_MAX) {
        return false;
    }
    memcpy(out, first.data, first.len);
    out[first.len] = '\0';
    return true;
}

static hs_result send_switching(hs_connection *c, const hs_http1_head *request,
                                const char *subprotocol)
{
    char accept[HS_WEBSOCKET_ACCEPT_SIZE];
    char date[HS_HTTP_DATE_SIZE];
    hs_http1_head head;
    hs_result result = hs_websocket_accept(hs_http1_find(request, "Sec-WebSocket-Key")->value,
                                           accept);
    hs_http1_response_init(&head, 101, NULL);
    const struct {
        const char *name;
        const char *value;
    } fields[] = {
        {"Date", hs_http_date((int64_t)time(NULL), date)},
        {"Server", HS_SERVE_NAME},
        {"Upgrade", "websocket"},
        {"Connection", "Upgrade"},
        {"Sec-WebSocket-Accept", accept},
        {"Sec-WebSocket-Protocol", subprotocol},
    };
    for (size_t i = 0; result == HS_OK && i < sizeof fields / sizeof fields[0]; i++) {
        if (fields[i].value) {
            result = hs_http1_add_field(&head, fields[i].name, fields[i].value);
        }
    }
    uint8_t bytes[1024];
    hs_writer w;
    hs_writer_init(&w, bytes, sizeof bytes);
    if (result == HS_OK) {
        result = hs_http1_write_head(&w, &head);
    }
    if (result == HS_OK) {
        hs_connection_send(c, hs_writer_bytes(&w));
    }
    return result;
}

static void upgrade(hs_connection *c, const hs_http1_head *head)
{
    hs_request_stream *stream = c->state;
    const hs_request request = {head->method, hs_request_path(head->target)};
    refusal r = check(head, hs_connection_is_early(c));
    if (r.status != 0) {
        refuse(c, &request, &r, no_upgrade);
        return;
    }
    char subprotocol[SUBPROTOCOL_MAX];
    bool has_one = choose_subprotocol(head, subprotocol);
    if (send_switching(c, head, has_one ? subprotocol : NULL) != HS_OK) {
        /* What was offered as a subprotocol may not stand in a head. */
        refuse_bytes(c, 400, "Sec-WebSocket-Protocol is not a list of tokens.", no_upgrade);
        return;
    }
    char path[HS_ESCAPED_MAX];
    hs_connection_line(c, "WebSocket upgrade of %s%s%s", hs_line_escaped(request.path, path),
                       has_one ? ", subprotocol " : "", has_one ? subprotocol : "");
    hs_request_stream_consume(stream, head->len);
    hs_connection_set_deadline(c, 0);
    hs_connection_switch(c, &hs_protocol_websocket, hs_buffer_bytes(&stream->buffer));
}

static hs_result upgrade_open(hs_connection *c)
{
    hs_request_stream *stream = malloc(sizeof *stream);
    if (!stream) {
        return HS_NO_MEMORY;
    }
    hs_request_stream_init(stream);
    c->state = stream;
    return HS_OK;
}

static void upgrade_free(void *state)
{
    if (state) {
        hs_request_stream_free(state);
        free(state);
    }
}

static void upgrade_received(hs_connection *c, hs_bytes bytes)
{
    hs_request_stream *stream = c->state;
    hs_result result = hs_request_stream_add(stream, bytes);
    hs_http1_head head;
    const char *why = NULL;
    if (result == HS_OK) {
        result = hs_request_stream_next(stream, &head, &why);
    }
    switch (result) {
    case HS_OK:
        upgrade(c, &head);
        break;
    case HS_NEED_MORE:
        hs_request_stream_watch(stream, c);
        break;
    case HS_LIMIT:
        refuse_bytes(c, 431, "A request's head is at most 64 KiB here.", no_upgrade);
        break;
    case HS_MALFORMED:
        refuse_bytes(c, 400, why ? why : "This is not an HTTP/1.1 request.", no_upgrade);
        break;
    default:
        hs_connection_abort(c, hs_result_text(result));
    }
}

static void upgrade_farewell(hs_connection *c, hs_farewell farewell, const char *why)
{
    if (farewell == HS_FAREWELL_LATE) {
        refuse_bytes(c, 408, "The request did not come within 10 s.", why);
    }
    hs_connection_finish(c, why);
}

const hs_protocol hs_protocol_upgrade = {
    .unit = "request",
    .open = upgrade_open,
    .received = upgrade_received,
    .farewell = upgrade_farewell,
    .free = upgrade_free,
};
