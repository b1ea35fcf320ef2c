/* The page over HTTP/3 (RFC 9114). */
#include <inttypes.h>
#include <stdlib.h>

#include "base/reader.h"
#include "net/http3_session.h"
#include "serve/quic_connection.h"
#include "serve/request_fields.h"
#include "wire/http3.h"

/* From its first field until its stream is over. */
typedef struct http3_request http3_request;
struct http3_request {
    http3_request *next;
    int64_t stream;
    bool is_answered;
    hs_request_fields fields;
};

typedef struct http3_state {
    hs_quic_connection *connection;
    hs_http3_session *session;
    http3_request *requests;
    bool is_early; /* what is being fed came in 0-RTT packets */
} http3_state;

/* -- what HTTP/3 asks of its connection -- */

static hs_quic_session *quic_of(void *context)
{
    return ((http3_state *)context)->connection->session;
}

static hs_result open_stream(void *context, bool bidirectional, int64_t *stream)
{
    return hs_quic_session_open(quic_of(context), bidirectional, stream);
}

static size_t room(void *context, int64_t stream)
{
    return hs_quic_session_room(quic_of(context), stream);
}

static hs_result send_bytes(void *context, int64_t stream, hs_bytes bytes, bool fin)
{
    return hs_quic_session_send(quic_of(context), stream, bytes, fin);
}

static void stop(void *context, int64_t stream, uint64_t error)
{
    hs_quic_connection_settle(((http3_state *)context)->connection,
                              hs_quic_session_stop(quic_of(context), stream, error));
}

static void reset(void *context, int64_t stream, uint64_t error)
{
    hs_quic_connection_settle(((http3_state *)context)->connection,
                              hs_quic_session_reset(quic_of(context), stream, error));
}

static void consume(void *context, int64_t stream, size_t len)
{
    hs_quic_connection_settle(((http3_state *)context)->connection,
                              hs_quic_session_consume(quic_of(context), stream, len));
}

/* -- requests -- */

/* The outcome of what was asked of the HTTP/3 session. */
static void settle(hs_quic_connection *c, hs_result result)
{
    const http3_state *h3 = c->state;
    if (result == HS_MALFORMED) {
        hs_quic_connection_close(c, hs_http3_session_error(h3->session),
                                 hs_http3_session_error_text(h3->session));
    } else {
        hs_quic_connection_settle(c, result);
    }
}

static http3_request *find(const http3_state *h3, int64_t stream)
{
    http3_request *request = h3->requests;
    while (request && request->stream != stream) {
        request = request->next;
    }
    return request;
}

static http3_request *meet(http3_state *h3, int64_t stream)
{
    http3_request *request = find(h3, stream);
    if (request) {
        return request;
    }
    request = calloc(1, sizeof *request);
    if (!request) {
        settle(h3->connection, HS_NO_MEMORY);
        return NULL;
    }
    request->stream = stream;
    request->fields.is_early = h3->is_early;
    request->next = h3->requests;
    h3->requests = request;
    return request;
}

static void on_field(void *context, int64_t stream, hs_bytes name, hs_bytes value)
{
    http3_request *request = meet(context, stream);
    /* Trailers change nothing. */
    if (request && !request->is_answered) {
        hs_request_fields_add(&request->fields, name, value);
    }
}

static hs_result respond(http3_state *h3, const http3_request *request, const hs_answer *answer)
{
    hs_answer_fields made;
    hs_http3_field fields[HS_ANSWER_FIELDS_MAX];
    hs_answer_make_fields(answer, &made);
    for (size_t i = 0; i < made.count; i++) {
        fields[i] = (hs_http3_field){made.items[i].name, made.items[i].value};
    }
    bool is_head = hs_bytes_are(hs_request_fields_request(&request->fields).method, "HEAD");
    return hs_http3_session_respond(h3->session, request->stream, fields, made.count,
                                    hs_bytes_of(answer->body, is_head ? 0 : answer->body_len));
}

/* A body, if one comes, changes nothing. */
static void on_head(void *context, int64_t stream, bool fin)
{
    http3_state *h3 = context;
    hs_quic_connection *c = h3->connection;
    http3_request *request = meet(h3, stream);
    (void)fin;
    if (!request || request->is_answered || c->is_ending) {
        return;
    }
    hs_visit visit;
    hs_answer answer;
    char text[HS_ANSWER_TEXT_SIZE];
    request->is_answered = true;
    hs_visit_of_quic(c, "HTTP/3", h3->is_early, &visit);
    hs_result result = hs_request_fields_answer(&request->fields, &visit, &answer);
    if (result == HS_OK) {
        const hs_request asked = hs_request_fields_request(&request->fields);
        c->units++;
        hs_quic_connection_line(c, "%s on stream %" PRId64 "%s",
                                hs_answer_text(&asked, &answer, text), stream,
                                h3->is_early ? " (early data)" : "");
        result = respond(h3, request, &answer);
    }
    hs_answer_free(&answer);
    settle(c, result);
}

/* -- the protocol -- */

static void http3_data(hs_quic_connection *c, int64_t stream, hs_bytes bytes, bool fin,
                       bool is_early)
{
    http3_state *h3 = c->state;
    h3->is_early = is_early;
    settle(c, hs_http3_session_data(h3->session, stream, bytes, fin));
}

static void http3_closed(hs_quic_connection *c, int64_t stream, uint64_t error)
{
    http3_state *h3 = c->state;
    http3_request **link = &h3->requests;
    while (*link && (*link)->stream != stream) {
        link = &(*link)->next;
    }
    if (*link) {
        http3_request *gone = *link;
        *link = gone->next;
        free(gone);
    }
    settle(c, hs_http3_session_closed(h3->session, stream, error));
}

/* Either half of a request is enough for it to be given up (RFC 9114 4.1.1). Of a critical stream
 * the peer may end none (6.2.1). */
static void http3_reset(hs_quic_connection *c, int64_t stream, uint64_t error)
{
    http3_state *h3 = c->state;
    settle(c, hs_http3_session_closed(h3->session, stream, error));
    reset(h3, stream, HS_HTTP3_ERROR_REQUEST_CANCELLED);
}

static void http3_stopped(hs_quic_connection *c, int64_t stream)
{
    http3_state *h3 = c->state;
    settle(c, hs_http3_session_closed(h3->session, stream, HS_HTTP3_ERROR_REQUEST_CANCELLED));
    stop(h3, stream, HS_HTTP3_ERROR_REQUEST_CANCELLED);
}

static void http3_writable(hs_quic_connection *c, int64_t stream)
{
    http3_state *h3 = c->state;
    settle(c, hs_http3_session_writable(h3->session, stream));
}

static void http3_farewell(hs_quic_connection *c)
{
    http3_state *h3 = c->state;
    settle(c, hs_http3_session_shut_down(h3->session)); /* GOAWAY (RFC 9114 5.2) */
}

static hs_result http3_open(hs_quic_connection *c)
{
    http3_state *h3 = calloc(1, sizeof *h3);
    if (!h3) {
        return HS_NO_MEMORY;
    }
    const hs_http3_transport transport = {h3, open_stream, room, send_bytes, stop, reset, consume};
    const hs_http3_session_events events = {.context = h3, .field = on_field, .head = on_head};
    h3->connection = c;
    c->state = h3;
    hs_result result = hs_http3_session_new(true, &transport, &events, &h3->session);
    if (result == HS_OK) {
        result = hs_http3_session_start(h3->session);
    }
    if (result != HS_LIMIT) {
        return result;
    }
    hs_quic_connection_close(c, HS_HTTP3_ERROR_GENERAL_PROTOCOL_ERROR,
                             "the client does not allow HTTP/3's own streams");
    return HS_OK;
}

static void http3_free(void *state)
{
    http3_state *h3 = state;
    if (h3) {
        hs_http3_session_free(h3->session);
        while (h3->requests) {
            http3_request *next = h3->requests->next;
            free(h3->requests);
            h3->requests = next;
        }
        free(h3);
    }
}

const hs_quic_protocol hs_quic_protocol_http3 = {
    .unit = "request",
    .no_error = HS_HTTP3_ERROR_NO_ERROR,
    .internal_error = HS_HTTP3_ERROR_INTERNAL_ERROR,
    .error_name = hs_http3_error_name,
    .open = http3_open,
    .data = http3_data,
    .reset = http3_reset,
    .stopped = http3_stopped,
    .closed = http3_closed,
    .writable = http3_writable,
    .farewell = http3_farewell,
    .free = http3_free,
};
