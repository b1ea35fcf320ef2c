/* The protocol of quic://: what comes on a bidirectional stream goes back on it. What comes on a
 * unidirectional one is counted and left. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/reader.h"
#include "serve/quic_connection.h"

enum {
    WAITING_MAX = 1 << 20, /* more than the window of a stream lets in */
    UNIDIRECTIONAL = 2,    /* bit of a stream ID (RFC 9000 2.1) */
};

typedef struct echo_stream echo_stream;
struct echo_stream {
    echo_stream *next;
    int64_t id;
    hs_buffer waiting; /* not given back yet: the peer takes too slowly */
    bool has_fin;
    uint64_t unsaid; /* bytes that no line has told of */
    bool is_unsaid;
    bool is_unsaid_early;
};

static echo_stream *find(hs_quic_connection *c, int64_t id)
{
    echo_stream *s = c->state;
    while (s && s->id != id) {
        s = s->next;
    }
    return s;
}

static echo_stream *meet(hs_quic_connection *c, int64_t id)
{
    echo_stream *s = find(c, id);
    if (!s) {
        s = calloc(1, sizeof *s);
        if (s) {
            s->id = id;
            hs_buffer_init(&s->waiting, WAITING_MAX);
            s->next = c->state;
            c->state = s;
        }
    }
    return s;
}

static void say(hs_quic_connection *c, echo_stream *s)
{
    if (s->is_unsaid) {
        hs_quic_connection_line(c, "received %" PRIu64 " byte%s on stream %" PRId64 "%s%s",
                                s->unsaid, s->unsaid == 1 ? "" : "s", s->id,
                                s->is_unsaid_early ? " as early data" : "",
                                s->has_fin ? ", FIN" : "");
    }
    s->unsaid = 0;
    s->is_unsaid = false;
}

static void speak(hs_quic_connection *c)
{
    for (echo_stream *s = c->state; s; s = s->next) {
        say(c, s);
    }
}

/* Lets the peer send as much again. */
static void consume(hs_quic_connection *c, const echo_stream *s, size_t len)
{
    if (len > 0) {
        hs_quic_connection_settle(c, hs_quic_session_consume(c->session, s->id, len));
    }
}

static void drop(hs_quic_connection *c, echo_stream *s)
{
    consume(c, s, hs_buffer_bytes(&s->waiting).len);
    hs_buffer_free(&s->waiting);
}

/* Gives back as much as there is room for. */
static void push(hs_quic_connection *c, echo_stream *s)
{
    hs_bytes all = hs_buffer_bytes(&s->waiting);
    hs_result result = hs_quic_session_send(c->session, s->id, all, s->has_fin);
    if (result == HS_LIMIT) {
        /* The refusal was asked for: `writable` follows. */
        all.len = hs_quic_session_room(c->session, s->id);
        result = all.len > 0 ? hs_quic_session_send(c->session, s->id, all, false) : HS_NEED_MORE;
    }
    if (result == HS_OK) {
        hs_buffer_consume(&s->waiting, all.len);
        consume(c, s, all.len);
    } else if (result != HS_NEED_MORE) {
        drop(c, s); /* the peer does not want it any more */
    }
}

static void echo_data(hs_quic_connection *c, int64_t stream, hs_bytes bytes, bool fin,
                      bool is_early)
{
    echo_stream *s = meet(c, stream);
    if (!s) {
        hs_quic_connection_close(c, 0, hs_result_text(HS_NO_MEMORY));
        return;
    }
    if (is_early != s->is_unsaid_early) {
        say(c, s);
    }
    s->unsaid += bytes.len;
    s->is_unsaid = true;
    s->is_unsaid_early = is_early;
    s->has_fin = s->has_fin || fin;
    c->units += bytes.len;
    if (stream & UNIDIRECTIONAL) {
        consume(c, s, bytes.len);
        return;
    }
    hs_result result = hs_buffer_append(&s->waiting, bytes);
    if (result != HS_OK) {
        hs_quic_connection_close(c, 0, hs_result_text(result));
        return;
    }
    push(c, s);
}

static void echo_writable(hs_quic_connection *c, int64_t stream)
{
    echo_stream *s = find(c, stream);
    if (s && hs_buffer_bytes(&s->waiting).len > 0) {
        push(c, s);
    }
}

static void echo_reset(hs_quic_connection *c, int64_t stream, uint64_t error)
{
    echo_stream *s = meet(c, stream);
    hs_quic_connection_line(c, "RESET_STREAM 0x%" PRIx64 " on stream %" PRId64, error, stream);
    if (s) {
        drop(c, s);
    }
    if (!(stream & UNIDIRECTIONAL)) {
        hs_quic_connection_settle(c, hs_quic_session_reset(c->session, stream, error));
    }
}

static void echo_stopped(hs_quic_connection *c, int64_t stream)
{
    echo_stream *s = meet(c, stream);
    hs_quic_connection_line(c, "STOP_SENDING on stream %" PRId64, stream);
    if (s) {
        drop(c, s);
    }
    hs_quic_connection_settle(c, hs_quic_session_stop(c->session, stream, 0));
}

static void echo_closed(hs_quic_connection *c, int64_t stream, uint64_t error)
{
    (void)error;
    echo_stream *s = find(c, stream);
    if (!s) {
        return;
    }
    say(c, s);
    echo_stream *first = c->state;
    if (first == s) {
        c->state = s->next;
    } else {
        while (first->next != s) {
            first = first->next;
        }
        first->next = s->next;
    }
    hs_buffer_free(&s->waiting);
    free(s);
}

static void echo_free(void *state)
{
    echo_stream *s = state;
    while (s) {
        echo_stream *next = s->next;
        hs_buffer_free(&s->waiting);
        free(s);
        s = next;
    }
}

const hs_quic_protocol hs_quic_protocol_echo = {
    .unit = "byte",
    .data = echo_data,
    .reset = echo_reset,
    .stopped = echo_stopped,
    .closed = echo_closed,
    .writable = echo_writable,
    .speak = speak,
    .free = echo_free,
};
