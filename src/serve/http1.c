/* The page over HTTP/1.1 (RFC 9112), and the choice between it and HTTP/2 where there is no ALPN.
 */
#include <stdlib.h>

#include <nghttp2/nghttp2.h>

#include "serve/answer.h"
#include "serve/protocols.h"

static const char bad_request[] = "bad request";

static hs_result http1_open(hs_connection *c)
{
    hs_request_stream *stream = malloc(sizeof *stream);
    if (!stream) {
        return HS_NO_MEMORY;
    }
    hs_request_stream_init(stream);
    c->state = stream;
    return HS_OK;
}

static void http1_free(void *state)
{
    if (state) {
        hs_request_stream_free(state);
        free(state);
    }
}

/* Answers, and ends the connection if `ended_why` says so. */
static void http1_answer(hs_connection *c, const hs_request *request, hs_result made,
                         hs_answer *answer, const char *ended_why)
{
    hs_result result = made;
    bool keep_alive = !ended_why;
    if (result == HS_OK) {
        answer->alt_svc = hs_connection_alt_svc(c);
        hs_answer_line(c, request, answer);
        result = hs_answer_send_http1(c, answer, hs_bytes_are(request->method, "HEAD"), keep_alive);
    }
    hs_answer_free(answer);
    if (result != HS_OK) {
        hs_connection_abort(c, hs_result_text(result));
    } else if (!keep_alive) {
        hs_connection_finish(c, ended_why);
    }
}

static void http1_refuse(hs_connection *c, int status, const char *why, const char *ended_why)
{
    static const hs_request unread = {{(const uint8_t *)"bad request", 11}, {NULL, 0}};
    hs_answer answer;
    hs_result made = hs_answer_refuse(status, why, &answer);
    http1_answer(c, &unread, made, &answer, ended_why);
}

static void http1_request(hs_connection *c, const hs_http1_head *head)
{
    hs_request request = {head->method, hs_request_path(head->target)};
    hs_answer answer;
    hs_visit visit;
    hs_result made;
    const char *why;
    bool keep_alive = hs_request_keeps_alive(head);
    int status = hs_request_check(head, hs_connection_is_early(c), &why);
    if (status != 0) {
        made = hs_answer_refuse(status, why, &answer);
        /* 425 is not the end: the client may send the same again (RFC 8470 5.2). */
        keep_alive = keep_alive && status == 425;
    } else {
        hs_visit_of_connection(c, "HTTP/1.1", &visit);
        made = hs_answer_page(&visit, &request, &answer);
    }
    http1_answer(c, &request, made, &answer, keep_alive ? NULL : "Connection: close");
}

static void http1_go_on(hs_connection *c)
{
    hs_request_stream *stream = c->state;
    hs_result result = HS_OK;
    while (result == HS_OK && hs_connection_has_room(c)) {
        hs_http1_head head;
        const char *why;
        result = hs_request_stream_next(stream, &head, &why);
        if (result == HS_OK) {
            http1_request(c, &head);
            hs_request_stream_consume(stream, head.len);
        } else if (result == HS_LIMIT) {
            http1_refuse(c, 431, "A request's head is at most 64 KiB here.", bad_request);
        } else if (result == HS_MALFORMED) {
            http1_refuse(c, 400, why ? why : "This is not an HTTP/1.1 request.", bad_request);
        }
    }
    if (c->phase < HS_CONNECTION_CLOSING) {
        hs_request_stream_watch(stream, c);
    }
}

static void http1_received(hs_connection *c, hs_bytes bytes)
{
    hs_result result = hs_request_stream_add(c->state, bytes);
    if (result != HS_OK) {
        hs_connection_abort(c, hs_result_text(result));
        return;
    }
    http1_go_on(c);
}

static void http1_farewell(hs_connection *c, hs_farewell farewell, const char *why)
{
    if (farewell == HS_FAREWELL_LATE) {
        http1_refuse(c, 408, "The request did not come within 10 s.", why);
    }
    hs_connection_finish(c, why);
}

const hs_protocol hs_protocol_http1 = {
    .unit = "request",
    .open = http1_open,
    .received = http1_received,
    .drained = http1_go_on,
    .farewell = http1_farewell,
    .free = http1_free,
};

/* -- cleartext: the client's first bytes say which (RFC 9113 3.3) -- */

static void choose(hs_connection *c, hs_bytes bytes, const hs_protocol *http2,
                   const hs_protocol *http1)
{
    static const hs_bytes preface = {(const uint8_t *)NGHTTP2_CLIENT_MAGIC,
                                     NGHTTP2_CLIENT_MAGIC_LEN};
    hs_request_stream *stream = c->state;
    if (hs_request_stream_add(stream, bytes) != HS_OK) {
        hs_connection_abort(c, hs_result_text(HS_NO_MEMORY));
        return;
    }
    hs_bytes so_far = hs_buffer_bytes(&stream->buffer);
    size_t same = so_far.len < preface.len ? so_far.len : preface.len;
    bool is_preface = hs_bytes_equal((hs_bytes){so_far.data, same}, (hs_bytes){preface.data, same});
    if (is_preface && so_far.len < preface.len) {
        hs_request_stream_watch(stream, c);
        return;
    }
    hs_connection_set_deadline(c, 0);
    hs_connection_switch(c, is_preface ? http2 : http1, so_far);
}

static void cleartext_received(hs_connection *c, hs_bytes bytes)
{
    choose(c, bytes, &hs_protocol_http2, &hs_protocol_http1);
}

static void cleartext_upgrade_received(hs_connection *c, hs_bytes bytes)
{
    choose(c, bytes, &hs_protocol_http2_websockets, &hs_protocol_upgrade);
}

const hs_protocol hs_protocol_cleartext = {
    .unit = "request",
    .open = http1_open,
    .received = cleartext_received,
    .free = http1_free,
};

const hs_protocol hs_protocol_cleartext_upgrade = {
    .unit = "request",
    .open = http1_open,
    .received = cleartext_upgrade_received,
    .free = http1_free,
};
