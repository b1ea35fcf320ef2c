/* The far end that follows a script: one TCP connection after the other, each played to its end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/reader.h"
#include "base/writer.h"
#include "lab/failures/case.h"
#include "lab/failures/tls.h"
#include "secrets/websocket_accept.h"
#include "wire/http1.h"

enum { RECORD_HEADER = 5, HEAD_MAX = 16384, BACKLOG = 16 };

typedef struct peer {
    const hs_script *script;
    hs_failure_tls *tls; /* as its script wants it; NULL: it wants none */
    int fd;
    SSL *ssl;               /* from HS_ACT_TLS on */
    uint8_t head[HEAD_MAX]; /* of the request, or the ClientHello's record */
    size_t head_len;
} peer;

/* --- bytes --- */

static bool send_plain(int fd, hs_bytes bytes)
{
    while (bytes.len > 0) {
        ssize_t sent = send(fd, bytes.data, bytes.len, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes = hs_bytes_of(bytes.data + sent, bytes.len - (size_t)sent);
    }
    return true;
}

static bool say(const peer *p, hs_bytes bytes)
{
    if (!p->ssl) {
        return send_plain(p->fd, bytes);
    }
    return bytes.len == 0 || SSL_write(p->ssl, bytes.data, (int)bytes.len) > 0;
}

/* Appends what comes, at most `size` bytes. False at the end of it. */
static bool hear(peer *p, size_t size)
{
    const size_t room = sizeof p->head - p->head_len;
    const size_t most = size < room ? size : room;
    ssize_t got = p->ssl ? SSL_read(p->ssl, p->head + p->head_len, (int)most)
                         : recv(p->fd, p->head + p->head_len, most, 0);
    p->head_len += got > 0 ? (size_t)got : 0;
    return got > 0;
}

static bool hear_record(peer *p)
{
    p->head_len = 0;
    while (p->head_len < RECORD_HEADER) {
        if (!hear(p, RECORD_HEADER - p->head_len)) {
            return false;
        }
    }
    const size_t len = RECORD_HEADER + ((size_t)p->head[3] << 8U | p->head[4]);
    while (p->head_len < len) {
        if (!hear(p, len - p->head_len)) {
            return false;
        }
    }
    return true;
}

static hs_result read_head(const peer *p, hs_http1_head *head)
{
    hs_reader r;
    hs_fault fault;
    hs_reader_init(&r, hs_bytes_of(p->head, p->head_len), &fault, NULL);
    return hs_http1_read_head(&r, HS_HTTP1_REQUEST, head);
}

static bool hear_head(peer *p)
{
    hs_http1_head head;
    hs_result result;
    p->head_len = 0;
    do {
        result = hear(p, HEAD_MAX) ? read_head(p, &head) : HS_MALFORMED;
    } while (result == HS_NEED_MORE);
    return result == HS_OK;
}

/* --- acts --- */

static bool upgrade(const peer *p, hs_bytes rest)
{
    static const char begin[] = "HTTP/1.1 101 Switching Protocols\r\n"
                                "Upgrade: websocket\r\n"
                                "Connection: Upgrade\r\n"
                                "Sec-WebSocket-Accept: ";
    hs_http1_head head;
    char accept[HS_WEBSOCKET_ACCEPT_SIZE];
    uint8_t room[1024];
    hs_writer w;
    const hs_http1_field *key = read_head(p, &head) == HS_OK
                                    ? hs_http1_find(&head, "Sec-WebSocket-Key")
                                    : NULL;
    if (!key || hs_websocket_accept(key->value, accept) != HS_OK) {
        return false;
    }
    hs_writer_init(&w, room, sizeof room);
    hs_write_text(&w, begin);
    hs_write_text(&w, accept);
    hs_write_text(&w, "\r\n");
    hs_write_bytes(&w, rest);
    return hs_writer_result(&w) == HS_OK && say(p, hs_writer_bytes(&w));
}

static bool begin_tls(peer *p)
{
    p->ssl = hs_failure_tls_accept(p->tls, p->fd);
    return p->ssl != NULL;
}

/* Some of the answer that a true server gives to the ClientHello. */
static bool send_flight(peer *p, hs_script_act act)
{
    enum { CUT = 10 };
    static uint8_t flight[HEAD_MAX];
    if (!hear_record(p)) {
        return false;
    }
    size_t len = hs_failure_tls_flight(p->tls, hs_bytes_of(p->head, p->head_len), flight,
                                       sizeof flight);
    if (len < RECORD_HEADER + CUT) {
        return false;
    }
    if (act == HS_ACT_SERVER_HELLO) {
        len = RECORD_HEADER + ((size_t)flight[3] << 8U | flight[4]);
    } else if (act == HS_ACT_FLIGHT) {
        len -= CUT;
    } else {
        flight[len - CUT] ^= 1;
    }
    return send_plain(p->fd, hs_bytes_of(flight, len));
}

static bool act(peer *p, const hs_script_line *line)
{
    switch (line->act) {
    case HS_ACT_READ:
        p->head_len = 0;
        return hear(p, HEAD_MAX);
    case HS_ACT_RECORD:
        return hear_record(p);
    case HS_ACT_HEAD:
        return hear_head(p);
    case HS_ACT_SEND:
        return say(p, line->bytes);
    case HS_ACT_UPGRADE:
        return upgrade(p, line->bytes);
    case HS_ACT_SERVER_HELLO:
    case HS_ACT_FLIGHT:
    case HS_ACT_CORRUPT:
        return send_flight(p, line->act);
    case HS_ACT_TLS:
        return begin_tls(p);
    default:
        return false;
    }
}

/* --- ends --- */

static void drain(int fd)
{
    uint8_t room[HEAD_MAX];
    while (recv(fd, room, sizeof room, 0) > 0) {
    }
}

static void finish(peer *p, hs_script_act end)
{
    if (end == HS_ACT_RESET) {
        const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
        (void)setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    } else {
        /* With bytes unread a close would be a reset (RFC 9293 3.6.1). */
        if (end == HS_ACT_CLOSE) {
            (void)shutdown(p->fd, SHUT_WR);
        }
        drain(p->fd);
    }
    close(p->fd);
    SSL_free(p->ssl);
    p->ssl = NULL;
}

static void play(peer *p)
{
    const hs_script_line *line = p->script->lines;
    while (line->act > HS_ACT_SILENCE && act(p, line)) {
        line++;
    }
    /* A client that went before the end came is left in peace. */
    finish(p, line->act > HS_ACT_SILENCE ? HS_ACT_CLOSE : line->act);
}

void hs_far_script(const hs_far_place *place)
{
    static peer p; /* large */
    const hs_script *script = place->row->script;
    p.script = script;
    int listener = hs_far_listen(place->port, BACKLOG);
    p.tls = hs_failure_tls_new(&script->tls, place->folder);
    if (listener < 0 || !p.tls) {
        return;
    }
    hs_far_is_ready(place);
    for (;;) {
        p.fd = accept(listener, NULL, NULL);
        if (p.fd >= 0) {
            play(&p);
        } else if (errno != EINTR && errno != ECONNABORTED) {
            break;
        }
    }
    hs_failure_tls_free(p.tls);
    close(listener);
}
