/* A QUIC server that fails at a chosen point: a true one until there. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "base/reader.h"
#include "lab/failures/case.h"
#include "lab/failures/retry.h"
#include "lab/namespaces.h"
#include "net/clock.h"
#include "net/quic_session.h"

enum { DATAGRAM_MAX = 2048 };

typedef struct far {
    const hs_quic_script *script;
    int fd;
    struct sockaddr_in local;
    hs_quic_context *context;
    hs_quic_server *server;
    hs_quic_session *session; /* the one that is spoken to; NULL: none */
    bool is_asked;            /* a request came */
    bool is_established;
    hs_quic_crypto *crypto; /* of the Retry that is not the server's; else NULL */
} far;

/* --- call-backs of the session --- */

static void on_output(void *context, const hs_quic_path *path, hs_bytes datagram, hs_quic_ecn ecn)
{
    far *f = context;
    (void)ecn;
    (void)!sendto(f->fd, datagram.data, datagram.len, 0, (const struct sockaddr *)&path->remote,
                  sizeof(struct sockaddr_in));
}

static void on_completed(void *context)
{
    far *f = context;
    const hs_quic_script *s = f->script;
    int64_t stream;
    f->is_established = true;
    if (s->control.len > 0 && hs_quic_session_open(f->session, false, &stream) == HS_OK) {
        (void)!hs_quic_session_send(f->session, stream, s->control, false);
    }
}

static void on_stream_data(void *context, int64_t stream, hs_bytes bytes, bool fin, bool is_early)
{
    enum { KINDS = 3, CLIENTS_REQUEST = 0 };
    far *f = context;
    const hs_quic_script *s = f->script;
    (void)bytes;
    (void)fin;
    (void)is_early;
    if ((stream & KINDS) != CLIENTS_REQUEST || f->is_asked) {
        return;
    }
    f->is_asked = true;
    if (s->resets_request) {
        (void)!hs_quic_session_reset(f->session, stream, s->error);
    } else if (s->has_error) {
        hs_quic_session_close(f->session, s->error, s->reason, hs_clock_monotonic());
    }
}

static void on_closed(void *context, const hs_quic_end *end)
{
    far *f = context;
    (void)end;
    f->session = NULL;
}

static void on_accepted(void *context, hs_quic_session *session, hs_quic_session_events *events)
{
    far *f = context;
    f->session = session;
    f->is_asked = f->is_established = false;
    events->context = f;
    events->handshake_completed = on_completed;
    events->stream_data = on_stream_data;
    events->closed = on_closed;
    if (f->script->refuses) {
        hs_quic_session_close_transport(session, f->script->error, f->script->reason,
                                        hs_clock_monotonic());
    }
}

/* --- the server --- */

static bool open_server(far *f)
{
    const hs_quic_server_events events = {
        .context = f, .output = on_output, .accepted = on_accepted};
    f->session = NULL;
    return hs_quic_server_new(f->context, &events, &f->server) == HS_OK;
}

static bool open_all(far *f, const hs_far_place *place)
{
    char path[HS_LAB_PATH_MAX];
    hs_problem problem;
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    hs_quic_server_config config = {
        .cert = hs_lab_certificate_file(place->folder, HS_CERTIFICATE_GOOD, path),
        .alpn = f->script->alpn,
        .retry = HS_QUIC_RETRY_NEVER,
        .epoch = now.tv_sec * HS_SECOND + now.tv_nsec - hs_clock_monotonic()};
    f->local = (struct sockaddr_in){.sin_family = AF_INET,
                                    .sin_port = htons((uint16_t)place->port)};
    f->fd = hs_far_bind_udp(place->port);
    return inet_pton(AF_INET, HS_LAB_SERVER_IPV4, &f->local.sin_addr) == 1 && f->fd >= 0 &&
           RAND_bytes(config.secret, sizeof config.secret) == 1 &&
           hs_quic_context_new_server(&config, &f->context, &problem) == HS_OK && open_server(f) &&
           (!f->script->has_foreign_retry || hs_quic_crypto_new(&f->crypto) == HS_OK);
}

/* What a box before the server does that proves addresses in its place: an Initial packet without a
 * token does not reach it. */
static bool is_retried(far *f, const hs_quic_path *path, hs_bytes datagram)
{
    uint8_t room[DATAGRAM_MAX];
    hs_reader r;
    hs_fault fault;
    hs_quic_packet packet;
    hs_bytes retry;
    hs_reader_init(&r, datagram, &fault, NULL);
    if (!f->crypto || hs_quic_read_packet(&r, HS_FAR_CID_LEN, &packet) != HS_OK ||
        packet.type != HS_QUIC_INITIAL || packet.token.len > 0 ||
        hs_far_write_retry(f->crypto, &packet, room, sizeof room, &retry) != HS_OK) {
        return false;
    }
    on_output(f, path, retry, HS_QUIC_ECN_NOT_ECT);
    return true;
}

static bool take_in(far *f)
{
    uint8_t room[DATAGRAM_MAX];
    hs_quic_path path;
    memset(&path, 0, sizeof path);
    memcpy(&path.local, &f->local, sizeof f->local);
    socklen_t len = sizeof(struct sockaddr_in);
    ssize_t got = recvfrom(f->fd, room, sizeof room, MSG_DONTWAIT, (struct sockaddr *)&path.remote,
                           &len);
    if (got < 0) {
        return errno == EAGAIN || errno == EINTR || errno == ECONNREFUSED;
    }
    const hs_bytes datagram = hs_bytes_of(room, (size_t)got);
    if (is_retried(f, &path, datagram)) {
        return true;
    }
    hs_result result = hs_quic_server_feed(f->server, &path, datagram, HS_QUIC_ECN_NOT_ECT,
                                           hs_clock_monotonic());
    if (result == HS_OK && f->script->forgets && f->is_established && f->session) {
        /* The secret that reset tokens come from is the context's, as it is a host's. */
        hs_quic_server_free(f->server);
        f->is_established = false;
        return open_server(f);
    }
    return result == HS_OK;
}

static int wait_ms(const far *f)
{
    const hs_time deadline = hs_quic_server_deadline(f->server);
    const hs_time left = deadline == HS_TIME_NONE ? HS_SECOND : deadline - hs_clock_monotonic();
    return left <= 0 ? 0 : left >= HS_SECOND ? 1000 : (int)(left / HS_MILLISECOND) + 1;
}

void hs_far_quic(const hs_far_place *place)
{
    far f = {.script = place->row->quic, .fd = -1};
    bool goes_on = open_all(&f, place);
    if (goes_on) {
        hs_far_is_ready(place);
    }
    while (goes_on) {
        struct pollfd file = {.fd = f.fd, .events = POLLIN};
        int ready = poll(&file, 1, wait_ms(&f));
        goes_on = ready <= 0 || take_in(&f);
        goes_on = goes_on && hs_quic_server_expire(f.server, hs_clock_monotonic()) == HS_OK;
    }
    hs_quic_server_free(f.server);
    hs_quic_context_free(f.context);
    hs_quic_crypto_free(f.crypto);
    if (f.fd >= 0) {
        close(f.fd);
    }
}
