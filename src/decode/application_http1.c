/* HTTP/1.1 (RFC 9112) in one direction: heads in turn with bodies, of which only the end is looked
 * for. */
#include <string.h>

#include "decode/application_state.h"

enum { EARLY_LOOK = 256 }; /* a head is judged up to here before its first line has ended */

static hs_http1_kind kind_of(const hs_app_side *side)
{
    return side->from == HS_CLIENT ? HS_HTTP1_REQUEST : HS_HTTP1_RESPONSE;
}

static const char *name_of(const hs_app_side *side)
{
    return side->from == HS_CLIENT ? "request" : "response";
}

static unsigned type_of(const hs_app_side *side)
{
    return side->from == HS_CLIENT ? HS_APP_REQUEST : HS_APP_RESPONSE;
}

/* How much of the buffer to parse now: whole lines, and a little of the first one. It depends on
 * the bytes alone, not on how they came, and bytes of a line are not parsed again with each that
 * follows. */
static size_t length_to_parse(hs_app_http1 *http1, hs_bytes bytes)
{
    if (bytes.len > HS_HTTP1_HEAD_MAX) {
        return bytes.len;
    }
    size_t searched = http1->searched;
    http1->searched = bytes.len;
    if (bytes.len > searched) {
        const uint8_t *found = memrchr(bytes.data + searched, '\n', bytes.len - searched);
        http1->lines_end = found ? (size_t)(found - bytes.data) + 1 : http1->lines_end;
    }
    size_t early = bytes.len < EARLY_LOOK ? bytes.len : EARLY_LOOK;
    return http1->lines_end > early ? http1->lines_end : early;
}

/* The event of a head, or of what there is of one. */
static hs_event *emit_head(hs_application *app, const hs_message *message,
                           const hs_http1_head *head)
{
    hs_event *event = hs_app_emit(app, message);
    if (head->kind == HS_HTTP1_REQUEST) {
        hs_app_add_bytes(app, event, "method", head->method, HS_APP_VALUE_MAX);
        hs_app_add_bytes(app, event, "target", head->target, HS_APP_VALUE_MAX);
    } else if (head->version.len > 0) {
        hs_app_add_number(app, event, "status", head->status);
        if (head->reason.len > 0) {
            hs_app_add_bytes(app, event, "reason", head->reason, HS_APP_VALUE_MAX);
        }
    }
    if (head->version.len > 0) {
        hs_app_add_bytes(app, event, "version", head->version, HS_APP_VALUE_MAX);
    }
    for (size_t i = 0; i < head->field_count; i++) {
        hs_app_add_field(app, event, head->fields[i].name, head->fields[i].value);
    }
    if (head->has_bare_lf) {
        hs_app_add_text(app, event, "line_ends", "LF without CR");
    }
    return event;
}

static void begin_body(hs_app_side *side, const hs_http1_body *body)
{
    side->http1.body = *body;
    side->http1.in_body = body->framing == HS_HTTP1_BODY_LENGTH ||
                          body->framing == HS_HTTP1_BODY_CHUNKED ||
                          body->framing == HS_HTTP1_BODY_UNTIL_CLOSE;
    hs_http1_chunked_init(&side->http1.chunked);
}

static void handle_request(hs_application *app, hs_app_side *side, const hs_http1_head *head,
                           const hs_message *message)
{
    hs_event *event = emit_head(app, message, head);
    const hs_http1_field *host = hs_http1_find(head, "Host");
    hs_app_learn_path(app, head->target);
    if (host) {
        hs_app_learn_host(app, host->value);
    }
    hs_http1_body body = hs_http1_request_body(head);
    hs_app_add_text(app, event, "problem", body.problem);
    hs_app_upgrade upgrade = hs_app_upgrade_of(head);
    const char *method = hs_bytes_are(head->method, "HEAD") ? "HEAD" : "";
    method = hs_bytes_are(head->method, "CONNECT") ? "CONNECT" : method;
    if (app->request_count < HS_APP_REQUESTS_MAX) {
        app->requests[app->request_count++] = (hs_app_request){upgrade, method};
    }
    hs_app_upgrade_request(app, head, message, upgrade);
    begin_body(side, &body);
}

static const char *field_fact(hs_application *app, const hs_http1_head *head, const char *name)
{
    const hs_http1_field *field = hs_http1_find(head, name);
    return field ? hs_app_fact(app, field->value) : NULL;
}

static void set_facts(hs_application *app, const hs_http1_head *head)
{
    hs_http_facts *http = &app->trace->http;
    if (http->status != 0) {
        return;
    }
    http->present = true;
    http->status = head->status;
    http->version = hs_app_fact(app, head->version);
    http->server = field_fact(app, head, "Server");
    http->location = field_fact(app, head, "Location");
    http->alt_svc = field_fact(app, head, "Alt-Svc");
}

static void mark_first_response(hs_application *app, const hs_message *message)
{
    if (app->request_count > 0 && app->requests[0].upgrade != HS_APP_TO_WEBSOCKET) {
        hs_app_mark_first(app, HS_MILESTONE_FIRST_RESPONSE, message);
    }
}

static void handle_response(hs_application *app, hs_app_side *side, const hs_http1_head *head,
                            const hs_message *message)
{
    hs_event *event = emit_head(app, message, head);
    mark_first_response(app, message);
    hs_app_request request = {HS_APP_NO_UPGRADE, ""};
    if (app->request_count > 0) {
        request = app->requests[0];
    }
    hs_http1_body body = hs_http1_response_body(
        head, hs_bytes_of(request.method, strlen(request.method)));
    hs_app_add_text(app, event, "problem", body.problem);
    bool is_interim = head->status >= 100 && head->status <= 199 && head->status != 101;
    if (is_interim) {
        return;
    }
    if (app->request_count > 0) {
        app->request_count--;
        memmove(app->requests, app->requests + 1, app->request_count * sizeof app->requests[0]);
    }
    if (head->status != 101 || request.upgrade != HS_APP_TO_H2C) {
        set_facts(app, head);
    }
    begin_body(side, &body);
    hs_app_upgrade_answer(app, head, message, request.upgrade);
    if (body.framing == HS_HTTP1_BODY_TUNNEL && side->protocol == HS_APP_HTTP1) {
        hs_app_switch(app, HS_APP_DATA);
    }
}

/* What follows a head that is none cannot be told apart from anything: it is data. */
static void handle_malformed(hs_application *app, hs_app_side *side, const hs_http1_head *head,
                             const hs_fault *fault)
{
    side->protocol = HS_APP_DATA;
    if (fault->offset == 0) {
        side->fault = *fault;
        return;
    }
    size_t there = hs_buffer_bytes(&side->buffer).len;
    size_t len = fault->offset < there ? fault->offset + 1 : there;
    hs_message message = hs_app_message(side, HS_LAYER_HTTP, type_of(side), name_of(side), len);
    hs_event *event = emit_head(app, &message, head);
    hs_app_add_fault(app, event, fault);
    if (side->from == HS_SERVER && head->version.len > 0) {
        mark_first_response(app, &message);
    }
    hs_app_take(side, len);
}

static bool step_head(hs_application *app, hs_app_side *side)
{
    hs_bytes bytes = hs_buffer_bytes(&side->buffer);
    bytes.len = length_to_parse(&side->http1, bytes);
    if (bytes.len == side->http1.parsed) {
        return false;
    }
    side->http1.parsed = bytes.len;
    hs_fault fault;
    hs_reader r;
    hs_http1_head head;
    hs_reader_init(&r, bytes, &fault, NULL);
    hs_result result = hs_http1_read_head(&r, kind_of(side), &head);
    if (result == HS_NEED_MORE) {
        return false;
    }
    side->http1.searched = side->http1.lines_end = side->http1.parsed = 0;
    if (result != HS_OK) {
        handle_malformed(app, side, &head, &fault);
        return true;
    }
    hs_message message = hs_app_message(side, HS_LAYER_HTTP, type_of(side), name_of(side),
                                        head.len);
    if (side->from == HS_CLIENT) {
        handle_request(app, side, &head, &message);
    } else {
        handle_response(app, side, &head, &message);
    }
    hs_app_take(side, head.len);
    return true;
}

static hs_event *end_body(hs_application *app, hs_app_side *side)
{
    hs_app_http1 *http1 = &side->http1;
    http1->in_body = false;
    if (!side->run.is_open) {
        return NULL;
    }
    hs_event *event = hs_app_run_end(app, side);
    uint64_t content = http1->body.framing == HS_HTTP1_BODY_CHUNKED ? http1->chunked.content
                                                                    : side->run.bytes;
    hs_app_add_number(app, event, "content", (int64_t)content);
    return event;
}

static bool step_chunked(hs_application *app, hs_app_side *side)
{
    size_t used = 0;
    hs_result result = hs_http1_chunked_feed(&side->http1.chunked, hs_buffer_bytes(&side->buffer),
                                             &used);
    hs_app_run_take(side, used);
    if (result == HS_NEED_MORE) {
        return used > 0;
    }
    hs_event *event = end_body(app, side);
    if (result != HS_OK) {
        hs_app_add_text(app, event, "malformed", side->http1.chunked.problem);
        side->protocol = HS_APP_DATA;
    }
    return true;
}

static bool step_body(hs_application *app, hs_app_side *side)
{
    hs_app_http1 *http1 = &side->http1;
    size_t there = hs_buffer_bytes(&side->buffer).len;
    if (there == 0) {
        return false;
    }
    if (!side->run.is_open) {
        hs_app_run_begin(side, HS_LAYER_HTTP, HS_APP_BODY, "message body");
        side->run.left = http1->body.framing == HS_HTTP1_BODY_LENGTH ? http1->body.length : 0;
    }
    switch (http1->body.framing) {
    case HS_HTTP1_BODY_CHUNKED:
        return step_chunked(app, side);
    case HS_HTTP1_BODY_LENGTH:
        (void)hs_app_run_take_left(side);
        if (side->run.left == 0) {
            (void)end_body(app, side);
        }
        return true;
    default:
        hs_app_run_take(side, there);
        return true;
    }
}

/* Whether what comes next in this direction depends on bytes of the other that have not come. */
static bool must_wait(const hs_application *app, const hs_app_side *side)
{
    if (side->from == HS_CLIENT) {
        hs_app_protocol server = app->sides[HS_SERVER].protocol;
        return (server == HS_APP_UNDECIDED || server == HS_APP_HTTP1) &&
               (app->waits_for_upgrade || app->request_count == HS_APP_REQUESTS_MAX);
    }
    hs_app_protocol client = app->sides[HS_CLIENT].protocol;
    return app->request_count == 0 && !app->is_finishing &&
           (client == HS_APP_UNDECIDED || client == HS_APP_HTTP1);
}

bool hs_app_http1_step(hs_application *app, hs_app_side *side)
{
    if (side->http1.in_body) {
        return step_body(app, side);
    }
    if (side->next != HS_APP_UNDECIDED) {
        side->protocol = side->next;
        return true;
    }
    return !must_wait(app, side) && step_head(app, side);
}

static void finish_body(hs_application *app, hs_app_side *side)
{
    uint64_t left = side->run.is_open ? side->run.left : side->http1.body.length;
    hs_http1_framing framing = side->http1.body.framing;
    hs_event *event = end_body(app, side);
    if (framing == HS_HTTP1_BODY_LENGTH) {
        hs_event_add_format(app->trace, event, "incomplete", "%llu bytes have not come",
                            (unsigned long long)left);
    } else if (framing == HS_HTTP1_BODY_CHUNKED) {
        hs_app_add_text(app, event, "incomplete", "the last chunk has not come");
    }
}

void hs_app_http1_finish(hs_application *app, hs_app_side *side)
{
    if (side->http1.in_body) {
        finish_body(app, side);
        return;
    }
    hs_bytes bytes = hs_buffer_bytes(&side->buffer);
    if (bytes.len == 0) {
        return;
    }
    if (must_wait(app, side)) {
        side->protocol = HS_APP_DATA;
        return;
    }
    hs_fault fault;
    hs_reader r;
    hs_http1_head head;
    hs_reader_init(&r, bytes, &fault, NULL);
    if (hs_http1_read_head(&r, kind_of(side), &head) == HS_MALFORMED) {
        handle_malformed(app, side, &head, &fault);
        return;
    }
    hs_message message = hs_app_message(side, HS_LAYER_HTTP, type_of(side), name_of(side),
                                        bytes.len);
    hs_event *event = emit_head(app, &message, &head);
    hs_event_add_format(app->trace, event, "incomplete", "the head ends within: %s", fault.field);
    if (side->from == HS_SERVER) {
        mark_first_response(app, &message);
    }
    hs_app_take(side, bytes.len);
}
