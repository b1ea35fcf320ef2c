/* Streams (RFC 9000 2 and 3): what waits to be sent and acknowledged, and the window given back. */
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "net/quic_state.h"

enum {
    CHUNK_MIN = 4096,
    LOCAL_MAX = HS_QUIC_STREAMS_MAX / 2,
    UNIDIRECTIONAL = 2, /* bit of a stream ID */
    SERVERS = 1,        /* bit of a stream ID */
};

hs_quic_stream *hs_quic_stream_find(const hs_quic_session *session, int64_t id)
{
    hs_quic_stream *stream = session->streams;
    while (stream && stream->id != id) {
        stream = stream->next;
    }
    return stream;
}

static bool is_unidirectional(int64_t id)
{
    return id & UNIDIRECTIONAL;
}

static bool is_local(const hs_quic_session *session, int64_t id)
{
    return (bool)(id & SERVERS) == session->context->is_server;
}

static hs_quic_stream *add(hs_quic_session *session, int64_t id)
{
    hs_quic_stream *stream = calloc(1, sizeof(*stream));
    hs_quic_stream **at = &session->streams;
    if (!stream) {
        return NULL;
    }
    stream->id = id;
    stream->is_local = is_local(session, id);
    stream->send_over = is_unidirectional(id) && !stream->is_local;
    stream->receive_over = is_unidirectional(id) && stream->is_local;
    while (*at) {
        at = &(*at)->next;
    }
    *at = stream;
    session->stream_count++;
    session->local_count += stream->is_local;
    return stream;
}

hs_quic_stream *hs_quic_stream_meet(hs_quic_session *session, int64_t id)
{
    hs_quic_stream *stream = hs_quic_stream_find(session, id);
    if (!stream) {
        stream = add(session, id);
        if (stream) {
            stream->opened = true;
        }
    }
    return stream;
}

static void drop_chunks(hs_quic_stream *stream)
{
    while (stream->first) {
        hs_quic_chunk *next = stream->first->next;
        free(stream->first);
        stream->first = next;
    }
    stream->last = NULL;
}

void hs_quic_stream_forget(hs_quic_session *session, hs_quic_stream *stream)
{
    hs_quic_stream **at = &session->streams;
    while (*at && *at != stream) {
        at = &(*at)->next;
    }
    if (*at) {
        *at = stream->next;
        session->stream_count--;
        session->local_count -= stream->is_local;
        drop_chunks(stream);
        free(stream);
    }
}

void hs_quic_streams_free(hs_quic_session *session)
{
    while (session->streams) {
        hs_quic_stream_forget(session, session->streams);
    }
}

void hs_quic_stream_acked(hs_quic_session *session, hs_quic_stream *stream, uint64_t up_to)
{
    stream->acked = up_to > stream->acked ? up_to : stream->acked;
    while (stream->first && stream->first->start + stream->first->len <= stream->acked &&
           stream->first->next) {
        hs_quic_chunk *next = stream->first->next;
        free(stream->first);
        stream->first = next;
    }
    if (stream->acked == stream->end) {
        drop_chunks(stream);
    }
    if (stream->was_refused && hs_quic_session_room(session, stream->id) > 0) {
        stream->was_refused = false;
        if (session->events.stream_writable) {
            session->events.stream_writable(session->events.context, stream->id);
        }
    }
}

/* The bytes have a place that does not move. */
static hs_result append(hs_quic_stream *stream, hs_bytes bytes)
{
    hs_quic_chunk *last = stream->last;
    size_t left = last ? last->capacity - last->len : 0;
    size_t fits = bytes.len < left ? bytes.len : left;
    hs_quic_chunk *more = NULL;
    if (bytes.len > fits) {
        size_t rest = bytes.len - fits;
        size_t capacity = rest > CHUNK_MIN ? rest : CHUNK_MIN;
        more = malloc(sizeof(*more) + capacity);
        if (!more) {
            return HS_NO_MEMORY;
        }
        *more = (hs_quic_chunk){.start = stream->end + fits, .len = rest, .capacity = capacity};
        memcpy(more->data, bytes.data + fits, rest);
    }
    if (fits > 0) {
        memcpy(last->data + last->len, bytes.data, fits);
        last->len += fits;
    }
    if (more && last) {
        last->next = more;
        stream->last = more;
    } else if (more) {
        stream->first = more;
        stream->last = more;
    }
    stream->end += bytes.len;
    return HS_OK;
}

static bool is_usable(const hs_quic_session *session)
{
    return !session->in_output && !session->close_waits &&
           (session->stage == HS_QUIC_STAGE_OPEN ||
            (session->stage == HS_QUIC_STAGE_IDLE && session->may_send_early));
}

hs_result hs_quic_session_send(hs_quic_session *session, int64_t id, hs_bytes bytes, bool fin)
{
    hs_quic_stream *stream = hs_quic_stream_find(session, id);
    if (!stream || !is_usable(session) || stream->fin || stream->send_over) {
        return HS_INVALID;
    }
    if (bytes.len > hs_quic_session_room(session, id)) {
        stream->was_refused = true;
        return HS_LIMIT;
    }
    hs_result result = bytes.len > 0 ? append(stream, bytes) : HS_OK;
    if (result == HS_OK) {
        stream->fin = fin;
        stream->was_refused = !fin && hs_quic_session_room(session, id) == 0;
    }
    return result;
}

size_t hs_quic_session_room(const hs_quic_session *session, int64_t id)
{
    const hs_quic_stream *stream = hs_quic_stream_find(session, id);
    if (!stream || stream->fin || stream->send_over) {
        return 0;
    }
    uint64_t held = stream->end - stream->acked;
    return held < HS_QUIC_STREAM_QUEUE_MAX ? (size_t)(HS_QUIC_STREAM_QUEUE_MAX - held) : 0;
}

static int open_one(hs_quic_session *session, hs_quic_stream *stream)
{
    int64_t id = -1;
    int error = is_unidirectional(stream->id)
                    ? ngtcp2_conn_open_uni_stream(session->conn, &id, stream)
                    : ngtcp2_conn_open_bidi_stream(session->conn, &id, stream);
    if (error != 0) {
        return error;
    }
    if (id != stream->id) {
        return NGTCP2_ERR_INTERNAL;
    }
    stream->opened = true;
    return 0;
}

int hs_quic_streams_open(hs_quic_session *session)
{
    for (hs_quic_stream *stream = session->streams; stream; stream = stream->next) {
        int error = stream->opened ? 0 : open_one(session, stream);
        if (error != 0 && error != NGTCP2_ERR_STREAM_ID_BLOCKED) {
            return error;
        }
    }
    return 0;
}

void hs_quic_streams_rewind(hs_quic_session *session)
{
    for (hs_quic_stream *stream = session->streams; stream; stream = stream->next) {
        stream->opened = false;
        stream->sent = stream->acked;
        stream->fin_sent = false;
        stream->is_blocked = false;
    }
}

/* Before the start the remembered parameters say how many there may be. */
static bool may_open_early(const hs_quic_session *session, bool bidirectional)
{
    return session->stage == HS_QUIC_STAGE_IDLE &&
           (bidirectional ? session->opened_bidi : session->opened_uni) <
               (bidirectional ? session->early_bidi : session->early_uni);
}

hs_result hs_quic_session_open(hs_quic_session *session, bool bidirectional, int64_t *id)
{
    *id = -1;
    if (!is_usable(session)) {
        return HS_INVALID;
    }
    if (session->local_count >= LOCAL_MAX) {
        return HS_LIMIT;
    }
    uint64_t number = bidirectional ? session->opened_bidi : session->opened_uni;
    int64_t next = (int64_t)(number << 2) | (bidirectional ? 0 : UNIDIRECTIONAL) |
                   (session->context->is_server ? SERVERS : 0);
    if (session->stage == HS_QUIC_STAGE_IDLE && !may_open_early(session, bidirectional)) {
        return HS_LIMIT;
    }
    hs_quic_stream *stream = add(session, next);
    if (!stream) {
        return HS_NO_MEMORY;
    }
    if (session->stage == HS_QUIC_STAGE_OPEN) {
        int error = open_one(session, stream);
        if (error != 0) {
            hs_quic_stream_forget(session, stream);
            return error == NGTCP2_ERR_STREAM_ID_BLOCKED ? HS_LIMIT : HS_NO_MEMORY;
        }
    }
    if (bidirectional) {
        session->opened_bidi++;
    } else {
        session->opened_uni++;
    }
    *id = next;
    return HS_OK;
}

void hs_quic_stream_give_back(hs_quic_session *session, hs_quic_stream *stream, uint64_t len)
{
    stream->unconsumed -= len;
    ngtcp2_conn_extend_max_offset(session->conn, len);
}

hs_result hs_quic_session_consume(hs_quic_session *session, int64_t id, size_t len)
{
    hs_quic_stream *stream = hs_quic_stream_find(session, id);
    if (!stream || session->stage != HS_QUIC_STAGE_OPEN || len > stream->unconsumed) {
        return HS_INVALID;
    }
    hs_quic_stream_give_back(session, stream, len);
    return stream->receive_over || ngtcp2_conn_extend_max_stream_offset(session->conn, id, len) == 0
               ? HS_OK
               : HS_NO_MEMORY;
}

hs_result hs_quic_session_reset(hs_quic_session *session, int64_t id, uint64_t error)
{
    hs_quic_stream *stream = hs_quic_stream_find(session, id);
    if (!stream || !is_usable(session) || !stream->opened || stream->send_over ||
        error > NGTCP2_MAX_VARINT) {
        return HS_INVALID;
    }
    stream->send_over = true;
    return ngtcp2_conn_shutdown_stream_write(session->conn, 0, id, error) == 0 ? HS_OK
                                                                               : HS_NO_MEMORY;
}

hs_result hs_quic_session_stop(hs_quic_session *session, int64_t id, uint64_t error)
{
    hs_quic_stream *stream = hs_quic_stream_find(session, id);
    if (!stream || session->stage != HS_QUIC_STAGE_OPEN || stream->receive_over ||
        !stream->opened || error > NGTCP2_MAX_VARINT) {
        return HS_INVALID;
    }
    stream->receive_over = true;
    hs_quic_stream_give_back(session, stream, stream->unconsumed);
    return ngtcp2_conn_shutdown_stream_read(session->conn, 0, id, error) == 0 ? HS_OK
                                                                              : HS_NO_MEMORY;
}

bool hs_quic_session_all_acknowledged(const hs_quic_session *session)
{
    for (const hs_quic_stream *stream = session->streams; stream; stream = stream->next) {
        bool waits = stream->acked < stream->end || (stream->fin && !stream->fin_acked);
        if (!stream->send_over && waits) {
            return false;
        }
    }
    return true;
}
