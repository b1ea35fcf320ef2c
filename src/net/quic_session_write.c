/* Packets from what waits: the handshake's and the acknowledgments' (ngtcp2 knows), and streams'.
 */
#include <string.h>

#include "base/reader.h"
#include "net/quic_state.h"

enum { PIECES = 16 };

static void take_path(hs_quic_path *out, const ngtcp2_path *path)
{
    if (path->remote.addrlen > 0 && path->remote.addrlen <= sizeof(out->remote) &&
        path->local.addrlen > 0 && path->local.addrlen <= sizeof(out->local)) {
        memcpy(&out->local, path->local.addr, path->local.addrlen);
        memcpy(&out->remote, path->remote.addr, path->remote.addrlen);
    }
}

void hs_quic_put_out(hs_quic_session *session, const ngtcp2_path *path, hs_bytes datagram,
                     uint32_t ecn)
{
    hs_quic_path to = session->path;
    if (path) {
        take_path(&to, path);
    }
    session->in_output = true;
    if (session->link.put_out) {
        session->link.put_out(session->link.server, &to, datagram, (hs_quic_ecn)ecn);
    } else {
        session->events.output(session->events.context, &to, datagram, (hs_quic_ecn)ecn);
    }
    session->in_output = false;
}

static bool wants_to_send(const hs_quic_stream *stream)
{
    return stream->opened && !stream->send_over && !stream->is_blocked &&
           (stream->sent < stream->end || (stream->fin && !stream->fin_sent));
}

static hs_quic_stream *next_to_send(const hs_quic_session *session)
{
    hs_quic_stream *stream = session->streams;
    while (stream && !wants_to_send(stream)) {
        stream = stream->next;
    }
    return stream;
}

/* What is not sent yet, as pieces; whether that is all of it. */
static bool gather(const hs_quic_stream *stream, ngtcp2_vec pieces[PIECES], size_t *count)
{
    const hs_quic_chunk *chunk = stream->first;
    *count = 0;
    while (chunk && chunk->start + chunk->len <= stream->sent) {
        chunk = chunk->next;
    }
    for (; chunk && *count < PIECES; chunk = chunk->next) {
        size_t skip = stream->sent > chunk->start ? (size_t)(stream->sent - chunk->start) : 0;
        pieces[*count].base = (uint8_t *)chunk->data + skip;
        pieces[(*count)++].len = chunk->len - skip;
    }
    return !chunk;
}

static void note_sent(hs_quic_session *session, hs_quic_stream *stream, size_t len, bool fin)
{
    stream->sent += len;
    stream->fin_sent = fin && stream->sent == stream->end;
    session->has_sent_early = session->has_sent_early ||
                              (session->has_early_key && !session->completed);
}

typedef struct packet_space {
    ngtcp2_path_storage path;
    ngtcp2_pkt_info info;
    uint8_t bytes[HS_QUIC_DATAGRAM_MAX];
} packet_space;

/* As much as fits into one packet; its length, 0, or an error. */
static ngtcp2_ssize write_one(hs_quic_session *session, packet_space *space)
{
    for (;;) {
        ngtcp2_vec pieces[PIECES];
        size_t count = 0;
        ngtcp2_ssize taken = -1;
        uint32_t flags = NGTCP2_WRITE_STREAM_FLAG_NONE;
        hs_quic_stream *stream = next_to_send(session);
        int64_t id = stream ? stream->id : -1;
        bool fin = false;
        if (stream) {
            fin = gather(stream, pieces, &count) && stream->fin;
            flags = NGTCP2_WRITE_STREAM_FLAG_MORE;
            flags |= fin ? NGTCP2_WRITE_STREAM_FLAG_FIN : 0;
        }
        ngtcp2_ssize len = ngtcp2_conn_writev_stream(
            session->conn, &space->path.path, &space->info, space->bytes, session->max_datagram,
            &taken, flags, id, pieces, count, (ngtcp2_tstamp)session->now);
        /* Call-backs may have ended it. */
        stream = hs_quic_stream_find(session, id);
        if (stream && taken >= 0) {
            note_sent(session, stream, (size_t)taken, fin);
        }
        if (len == NGTCP2_ERR_STREAM_DATA_BLOCKED && stream) {
            stream->is_blocked = true;
        } else if ((len == NGTCP2_ERR_STREAM_SHUT_WR || len == NGTCP2_ERR_STREAM_NOT_FOUND) &&
                   stream) {
            stream->send_over = true;
            stream->is_stopped = true;
        } else if (len != NGTCP2_ERR_WRITE_MORE) {
            return len;
        }
    }
}

/* ngtcp2 answers STOP_SENDING by itself, and tells by no longer taking bytes. */
static void tell_stopped(hs_quic_session *session)
{
    for (hs_quic_stream *stream = session->streams; stream; stream = stream->next) {
        if (stream->is_stopped) {
            stream->is_stopped = false;
            if (session->events.stream_stopped) {
                session->events.stream_stopped(session->events.context, stream->id);
            }
        }
    }
}

int hs_quic_write(hs_quic_session *session)
{
    packet_space space;
    size_t quantum = ngtcp2_conn_get_send_quantum(session->conn);
    size_t sent = 0;
    ngtcp2_path_storage_zero(&space.path);
    memset(&space.info, 0, sizeof(space.info));
    for (hs_quic_stream *stream = session->streams; stream; stream = stream->next) {
        stream->is_blocked = false;
    }
    while (sent < quantum || sent == 0) {
        ngtcp2_ssize len = write_one(session, &space);
        if (len < 0) {
            return (int)len;
        }
        if (len == 0) {
            break;
        }
        hs_quic_put_out(session, &space.path.path, hs_bytes_of(space.bytes, (size_t)len),
                        space.info.ecn);
        sent += (size_t)len;
    }
    ngtcp2_conn_update_pkt_tx_time(session->conn, (ngtcp2_tstamp)session->now);
    take_path(&session->path, ngtcp2_conn_get_path(session->conn));
    tell_stopped(session);
    return 0;
}
