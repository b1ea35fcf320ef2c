/* A lab server in a thread, and a client of this project's own QUIC session over a UDP socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "net/clock.h"
#include "quic_kit.h"
#include "scratch.h"
#include "wire/quic/version.h"

enum { LOG_SIZE = 1 << 20, CHUNK = 5000, UNIDIRECTIONAL = 2 };

/* -- the server, in a thread of its own -- */

static char scratch[64];
static char server_log[LOG_SIZE];
static size_t log_len;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static hs_server *server;
static pthread_t thread;

static void keep_line(void *context, const char *text)
{
    (void)context;
    pthread_mutex_lock(&log_lock);
    size_t len = strlen(text);
    if (log_len + len + 2 < sizeof server_log) {
        memcpy(server_log + log_len, text, len);
        memcpy(server_log + log_len + len, "\n", 2);
        log_len += len + 1;
    }
    pthread_mutex_unlock(&log_lock);
}

bool quic_has_line(const char *part)
{
    pthread_mutex_lock(&log_lock);
    bool found = strstr(server_log, part) != NULL;
    pthread_mutex_unlock(&log_lock);
    return found;
}

static void *serve(void *context)
{
    (void)context;
    return hs_server_run(server) == HS_OK ? NULL : server;
}

int quic_start_server(void **state)
{
    (void)state;
    hs_problem problem;
    hs_serve_options options;
    hs_serve_options_init(&options);
    options.ports[HS_SERVICE_QUIC] = 0;
    options.ports[HS_SERVICE_HTTPS3] = 0;
    options.state = scratch_new(scratch);
    options.line = keep_line;
    log_len = 0;
    server_log[0] = '\0';
    if (!options.state || hs_server_new(&options, &server, &problem) != HS_OK) {
        return -1;
    }
    return pthread_create(&thread, NULL, serve, NULL);
}

void quic_ask_to_stop(void)
{
    hs_server_stop(server);
}

void quic_join_server(void)
{
    void *failed = NULL;
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
    hs_server_free(server);
    server = NULL;
}

int quic_stop_server(void **state)
{
    (void)state;
    if (server) {
        hs_server_stop(server);
        quic_join_server();
    }
    scratch_free(scratch);
    return 0;
}

/* -- a client -- */

void quic_put_rest(client *c)
{
    while (c->rest_len > 0) {
        size_t len = c->rest_len < CHUNK ? c->rest_len : CHUNK;
        hs_result result = hs_quic_session_send(c->session, 0, hs_bytes_of(c->rest, len),
                                                len == c->rest_len);
        if (result == HS_LIMIT) {
            return;
        }
        assert_int_equal(result, HS_OK);
        c->rest += len;
        c->rest_len -= len;
        c->taken += len;
    }
}

static void on_output(void *context, const hs_quic_path *path, hs_bytes datagram, hs_quic_ecn ecn)
{
    client *c = context;
    (void)path;
    assert_int_equal(hs_udp_socket_send(c->socket, NULL, datagram, (uint8_t)ecn), HS_OK);
}

static void on_completed(void *context)
{
    ((client *)context)->is_completed = true;
}

static void on_data(void *context, int64_t stream, hs_bytes bytes, bool fin, bool is_early)
{
    client *c = context;
    assert_false(is_early);
    if (!(stream & UNIDIRECTIONAL)) {
        assert_int_equal(hs_buffer_append(&c->data, bytes), HS_OK);
        c->stream = stream;
        c->fins += fin;
    }
    if (c->takes_nothing) {
        c->untaken += bytes.len;
    } else {
        assert_int_equal(hs_quic_session_consume(c->session, stream, bytes.len), HS_OK);
    }
}

static void on_stream_closed(void *context, int64_t stream, bool has_error, uint64_t error)
{
    (void)stream;
    (void)has_error;
    (void)error;
    ((client *)context)->streams_closed++;
}

static void on_reset(void *context, int64_t stream, uint64_t error)
{
    client *c = context;
    (void)stream;
    c->resets++;
    c->reset_error = error;
}

static void on_writable(void *context, int64_t stream)
{
    if (stream == 0) {
        quic_put_rest(context);
    }
}

static void on_closed(void *context, const hs_quic_end *end)
{
    client *c = context;
    c->is_closed = true;
    c->end = *end;
}

static void on_timer(uv_timer_t *timer);

static void arm(client *c)
{
    hs_time deadline = hs_quic_session_deadline(c->session);
    if (deadline == HS_TIME_NONE) {
        uv_timer_stop(&c->timer);
        return;
    }
    hs_time wait = deadline - hs_clock_monotonic();
    uv_update_time(&c->loop);
    uv_timer_start(&c->timer, on_timer,
                   wait > 0 ? (uint64_t)((wait + HS_MILLISECOND - 1) / HS_MILLISECOND) : 0, 0);
}

static void on_timer(uv_timer_t *timer)
{
    client *c = timer->data;
    assert_int_equal(hs_quic_session_expire(c->session, hs_clock_monotonic()), HS_OK);
    arm(c);
}

static void on_received(void *context, const hs_udp_path *path, hs_bytes datagram, uint8_t ecn,
                        hs_moment moment)
{
    client *c = context;
    (void)path;
    (void)moment;
    assert_int_equal(hs_quic_session_feed(c->session, &c->path, datagram, (hs_quic_ecn)(ecn & 3),
                                          hs_clock_monotonic()),
                     HS_OK);
    arm(c);
}

static void on_late(uv_timer_t *timer)
{
    ((client *)timer->data)->is_late = true;
}

static void open_socket(client *c, int port)
{
    hs_address remote = {.len = sizeof(struct sockaddr_in)};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&remote.storage;
    v4->sin_family = AF_INET;
    v4->sin_port = htons((uint16_t)port);
    v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const hs_udp_events events = {.context = c, .received = on_received};
    hs_timeline_start(&c->timeline);
    assert_int_equal(hs_udp_socket_new_client(&c->loop, &remote, &c->timeline, &events, &c->socket),
                     HS_OK);
    c->path.local = hs_udp_socket_path(c->socket)->local.storage;
    c->path.remote = remote.storage;
}

void quic_prepare(client *c, hs_service service, const char *alpn, uint32_t version)
{
    memset(c, 0, sizeof *c);
    hs_buffer_init(&c->data, QUIC_DATA_MAX);
    assert_int_equal(uv_loop_init(&c->loop), 0);
    uv_timer_init(&c->loop, &c->timer);
    uv_timer_init(&c->loop, &c->limit);
    c->timer.data = c;
    c->limit.data = c;
    open_socket(c, hs_server_port(server, service));
    hs_problem problem;
    hs_probe_options options;
    hs_probe_options_init(&options);
    options.cacert = hs_server_ca_file(server);
    assert_int_equal(hs_tls_context_new_client(&options, &c->verifier, &problem), HS_OK);
    assert_int_equal(hs_quic_context_new_client(&options, c->verifier, &c->context, &problem),
                     HS_OK);
    const hs_quic_target target = {.server_name = "localhost",
                                   .alpn = alpn,
                                   .path = c->path,
                                   .versions = &version,
                                   .version_count = 1};
    const hs_quic_session_events events = {.context = c,
                                           .output = on_output,
                                           .handshake_completed = on_completed,
                                           .stream_data = on_data,
                                           .stream_reset = on_reset,
                                           .stream_closed = on_stream_closed,
                                           .stream_writable = on_writable,
                                           .closed = on_closed};
    assert_int_equal(hs_quic_session_new(c->context, &target, &events, &c->session), HS_OK);
}

void quic_start(client *c)
{
    assert_int_equal(hs_quic_session_start(c->session, hs_clock_monotonic()), HS_OK);
    arm(c);
}

void quic_open(client *c, hs_service service, const char *alpn)
{
    quic_prepare(c, service, alpn, HS_QUIC_V1);
    quic_start(c);
}

void quic_close(client *c)
{
    hs_quic_session_free(c->session);
    hs_quic_context_free(c->context);
    hs_tls_context_free(c->verifier);
    hs_udp_socket_close(c->socket);
    uv_close((uv_handle_t *)&c->timer, NULL);
    uv_close((uv_handle_t *)&c->limit, NULL);
    uv_run(&c->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&c->loop), 0);
    hs_buffer_free(&c->data);
}

void quic_leave(client *c)
{
    hs_quic_session_close(c->session, 0, "done", hs_clock_monotonic());
    quic_close(c);
}

void quic_flush(client *c)
{
    if (!c->is_closed) {
        assert_int_equal(hs_quic_session_flush(c->session, hs_clock_monotonic()), HS_OK);
        arm(c);
    }
}

/* Until `done`; what was written to streams leaves first. */
void quic_run_until(client *c, bool (*done)(const client *c))
{
    quic_flush(c);
    uv_update_time(&c->loop);
    uv_timer_start(&c->limit, on_late, QUIC_WAIT_MS, 0);
    while (!done(c) && !c->is_late) {
        uv_run(&c->loop, UV_RUN_ONCE);
    }
    uv_timer_stop(&c->limit);
    assert_false(c->is_late);
}

bool quic_is_over(const client *c)
{
    return c->is_completed || c->is_closed;
}

bool quic_is_closed(const client *c)
{
    return c->is_closed;
}

/* The client goes on meanwhile, if there is one. */
void quic_wait_line(client *c, const char *part)
{
    for (int i = 0; i < QUIC_WAIT_MS && !quic_has_line(part); i++) {
        if (c) {
            uv_run(&c->loop, UV_RUN_NOWAIT);
        }
        uv_sleep(1);
    }
    if (!quic_has_line(part)) {
        fail_msg("no line with '%s' in\n%s", part, server_log);
    }
}

int64_t quic_open_stream(client *c, bool bidirectional)
{
    int64_t stream = -1;
    assert_int_equal(hs_quic_session_open(c->session, bidirectional, &stream), HS_OK);
    return stream;
}

void quic_send(client *c, int64_t stream, hs_bytes bytes, bool fin)
{
    assert_int_equal(hs_quic_session_send(c->session, stream, bytes, fin), HS_OK);
}

void quic_meet(client *c, hs_service service, const char *alpn)
{
    quic_open(c, service, alpn);
    quic_run_until(c, quic_is_over);
    assert_true(c->is_completed);
    assert_string_equal(hs_quic_session_alpn(c->session), alpn);
}
