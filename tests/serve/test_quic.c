/* The echo over QUIC, asked by this project's own session over a UDP socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include <handshake/serve.h>

#include "base/buffer.h"
#include "base/reader.h"
#include "net/clock.h"
#include "net/quic_session.h"
#include "net/udp_socket.h"
#include "scratch.h"

enum { LOG_SIZE = 1 << 20, DATA_MAX = 8 << 20, WAIT_MS = 20000, CHUNK = 5000 };

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

static bool has_line(const char *part)
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

static int start_server(void **state)
{
    (void)state;
    hs_problem problem;
    hs_serve_options options;
    hs_serve_options_init(&options);
    options.ports[HS_SERVICE_QUIC] = 0;
    options.state = scratch_new(scratch);
    options.line = keep_line;
    log_len = 0;
    server_log[0] = '\0';
    if (!options.state || hs_server_new(&options, &server, &problem) != HS_OK) {
        return -1;
    }
    return pthread_create(&thread, NULL, serve, NULL);
}

static void join_server(void)
{
    void *failed = NULL;
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
    hs_server_free(server);
    server = NULL;
}

static int stop_server(void **state)
{
    (void)state;
    if (server) {
        hs_server_stop(server);
        join_server();
    }
    scratch_free(scratch);
    return 0;
}

/* -- a client -- */

typedef struct client {
    uv_loop_t loop;
    uv_timer_t timer;
    uv_timer_t limit;
    bool is_late;
    hs_timeline timeline;
    hs_udp_socket *socket;
    hs_tls_context *verifier;
    hs_quic_context *context;
    hs_quic_session *session;
    hs_quic_path path;
    bool is_completed;
    bool is_closed;
    hs_quic_end end;
    bool takes_nothing; /* the peer's window is not opened again */
    hs_buffer data;
    size_t untaken;
    int64_t stream; /* that data came on last */
    int fins;
    int streams_closed;
    int resets;
    uint64_t reset_error;
    const uint8_t *rest; /* still to be sent on stream 0 */
    size_t rest_len;
    size_t taken; /* of it by the session */
} client;

static void put_rest(client *c)
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
    assert_int_equal(hs_buffer_append(&c->data, bytes), HS_OK);
    c->stream = stream;
    c->fins += fin;
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
        put_rest(context);
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

static void open_socket(client *c)
{
    hs_address remote = {.len = sizeof(struct sockaddr_in)};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&remote.storage;
    v4->sin_family = AF_INET;
    v4->sin_port = htons((uint16_t)hs_server_port(server, HS_SERVICE_QUIC));
    v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const hs_udp_events events = {.context = c, .received = on_received};
    hs_timeline_start(&c->timeline);
    assert_int_equal(hs_udp_socket_new_client(&c->loop, &remote, &c->timeline, &events, &c->socket),
                     HS_OK);
    c->path.local = hs_udp_socket_path(c->socket)->local.storage;
    c->path.remote = remote.storage;
}

static void open_client(client *c, const char *alpn)
{
    memset(c, 0, sizeof *c);
    hs_buffer_init(&c->data, DATA_MAX);
    assert_int_equal(uv_loop_init(&c->loop), 0);
    uv_timer_init(&c->loop, &c->timer);
    uv_timer_init(&c->loop, &c->limit);
    c->timer.data = c;
    c->limit.data = c;
    open_socket(c);
    hs_problem problem;
    hs_probe_options options;
    hs_probe_options_init(&options);
    options.cacert = hs_server_ca_file(server);
    assert_int_equal(hs_tls_context_new_client(&options, &c->verifier, &problem), HS_OK);
    assert_int_equal(hs_quic_context_new_client(&options, c->verifier, &c->context, &problem),
                     HS_OK);
    const hs_quic_target target = {.server_name = "localhost", .alpn = alpn, .path = c->path};
    const hs_quic_session_events events = {.context = c,
                                           .output = on_output,
                                           .handshake_completed = on_completed,
                                           .stream_data = on_data,
                                           .stream_reset = on_reset,
                                           .stream_closed = on_stream_closed,
                                           .stream_writable = on_writable,
                                           .closed = on_closed};
    assert_int_equal(hs_quic_session_new(c->context, &target, &events, &c->session), HS_OK);
    assert_int_equal(hs_quic_session_start(c->session, hs_clock_monotonic()), HS_OK);
    arm(c);
}

static void close_client(client *c)
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

static void leave(client *c)
{
    hs_quic_session_close(c->session, 0, "done", hs_clock_monotonic());
    close_client(c);
}

static void flush(client *c)
{
    if (!c->is_closed) {
        assert_int_equal(hs_quic_session_flush(c->session, hs_clock_monotonic()), HS_OK);
        arm(c);
    }
}

/* Until `done`; what was written to streams leaves first. */
static void run_until(client *c, bool (*done)(const client *c))
{
    flush(c);
    uv_update_time(&c->loop);
    uv_timer_start(&c->limit, on_late, WAIT_MS, 0);
    while (!done(c) && !c->is_late) {
        uv_run(&c->loop, UV_RUN_ONCE);
    }
    uv_timer_stop(&c->limit);
    assert_false(c->is_late);
}

static bool is_completed(const client *c)
{
    return c->is_completed || c->is_closed;
}

static bool is_closed(const client *c)
{
    return c->is_closed;
}

static bool has_fin(const client *c)
{
    return c->fins > 0 || c->is_closed;
}

static bool has_two_fins(const client *c)
{
    return c->fins > 1 || c->is_closed;
}

/* The client goes on meanwhile, if there is one. */
static void wait_line(client *c, const char *part)
{
    for (int i = 0; i < WAIT_MS && !has_line(part); i++) {
        if (c) {
            uv_run(&c->loop, UV_RUN_NOWAIT);
        }
        uv_sleep(1);
    }
    if (!has_line(part)) {
        fail_msg("no line with '%s' in\n%s", part, server_log);
    }
}

static int64_t open_stream(client *c, bool bidirectional)
{
    int64_t stream = -1;
    assert_int_equal(hs_quic_session_open(c->session, bidirectional, &stream), HS_OK);
    return stream;
}

static void say(client *c, int64_t stream, const char *text, bool fin)
{
    assert_int_equal(hs_quic_session_send(c->session, stream, hs_bytes_of(text, strlen(text)), fin),
                     HS_OK);
}

static void meet(client *c, const char *alpn)
{
    open_client(c, alpn);
    run_until(c, is_completed);
    assert_true(c->is_completed);
    assert_string_equal(hs_quic_session_alpn(c->session), alpn);
}

/* -- the tests -- */

static void what_comes_goes_back(void **state)
{
    (void)state;
    static const char *const protocols[] = {"echo", "hq-interop"};
    for (size_t i = 0; i < 2; i++) {
        client c;
        meet(&c, protocols[i]);
        int64_t stream = open_stream(&c, true);
        say(&c, stream, "hello, echo", true);
        run_until(&c, has_fin);
        assert_int_equal(c.stream, stream);
        assert_int_equal(hs_buffer_bytes(&c.data).len, 11);
        assert_memory_equal(hs_buffer_bytes(&c.data).data, "hello, echo", 11);
        leave(&c);
    }
    wait_line(NULL, "#1 QUIC v2 TLS_AES_128_GCM_SHA256 x25519 alpn echo full handshake in ");
    wait_line(NULL, "#1 received 11 bytes on stream 0, FIN");
    wait_line(NULL, "#1 closed by client (application error 0x0: done), 11 bytes, ");
    wait_line(NULL, "alpn hq-interop");
}

static void streams_are_apart(void **state)
{
    (void)state;
    client c;
    meet(&c, "echo");
    int64_t first = open_stream(&c, true);
    int64_t second = open_stream(&c, true);
    int64_t one_way = open_stream(&c, false);
    say(&c, first, "first", true);
    say(&c, second, "second", true);
    say(&c, one_way, "nothing comes back", true);
    run_until(&c, has_two_fins);
    wait_line(&c, " received 18 bytes on stream 2, FIN");
    assert_int_equal(hs_buffer_bytes(&c.data).len, 11);
    leave(&c);
    wait_line(NULL, ", 29 bytes, ");
}

static uint8_t *pattern(size_t len)
{
    uint8_t *bytes = malloc(len);
    assert_non_null(bytes);
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(i * 31 + (i >> 12));
    }
    return bytes;
}

static void much_goes_back_too(void **state)
{
    (void)state;
    enum { MUCH = 5000001 };
    uint8_t *bytes = pattern(MUCH);
    client c;
    meet(&c, "echo");
    assert_int_equal(open_stream(&c, true), 0);
    c.rest = bytes;
    c.rest_len = MUCH;
    put_rest(&c);
    run_until(&c, has_fin);
    assert_int_equal(hs_buffer_bytes(&c.data).len, MUCH);
    assert_memory_equal(hs_buffer_bytes(&c.data).data, bytes, MUCH);
    leave(&c);
    free(bytes);
}

static size_t seen;

/* Nothing more was taken or came for a while. */
static void on_tick(uv_timer_t *timer)
{
    client *c = timer->data;
    size_t now = c->taken + hs_buffer_bytes(&c->data).len;
    if (now != seen) {
        seen = now;
        uv_timer_start(timer, on_tick, 300, 0);
    }
}

static void a_client_that_takes_nothing_is_not_waited_for_in_memory(void **state)
{
    (void)state;
    enum { MUCH = 4000000, HELD_MAX = 1100000 };
    uint8_t *bytes = pattern(MUCH);
    client c;
    uv_timer_t quiet;
    meet(&c, "echo");
    assert_int_equal(open_stream(&c, true), 0);
    c.takes_nothing = true;
    c.rest = bytes;
    c.rest_len = MUCH;
    put_rest(&c);
    flush(&c);
    uv_timer_init(&c.loop, &quiet);
    quiet.data = &c;
    seen = 0;
    uv_timer_start(&quiet, on_tick, 300, 0);
    while (uv_is_active((uv_handle_t *)&quiet)) {
        uv_run(&c.loop, UV_RUN_ONCE);
    }
    uv_close((uv_handle_t *)&quiet, NULL);
    assert_in_range(c.taken, 1, HELD_MAX);
    assert_int_equal(c.fins, 0);
    c.takes_nothing = false;
    assert_int_equal(hs_quic_session_consume(c.session, 0, c.untaken), HS_OK);
    run_until(&c, has_fin);
    assert_int_equal(hs_buffer_bytes(&c.data).len, MUCH);
    assert_memory_equal(hs_buffer_bytes(&c.data).data, bytes, MUCH);
    leave(&c);
    free(bytes);
}

static bool has_reset(const client *c)
{
    return c->resets > 0 || c->is_closed;
}

static void a_reset_is_answered_in_kind(void **state)
{
    (void)state;
    client c;
    meet(&c, "echo");
    int64_t stream = open_stream(&c, true);
    say(&c, stream, "and then", false);
    flush(&c);
    wait_line(&c, "#1 received 8 bytes on stream 0");
    assert_int_equal(hs_quic_session_reset(c.session, stream, 0x77), HS_OK);
    run_until(&c, has_reset);
    assert_int_equal(c.reset_error, 0x77);
    wait_line(&c, "#1 RESET_STREAM 0x77 on stream 0");
    stream = open_stream(&c, true);
    assert_int_equal(hs_quic_session_stop(c.session, stream, 0x78), HS_OK);
    say(&c, stream, "not wanted back", false);
    flush(&c);
    wait_line(&c, "#1 STOP_SENDING on stream 4");
    leave(&c);
    wait_line(NULL, "#1 closed by client");
}

static void another_protocol_is_refused(void **state)
{
    (void)state;
    client c;
    open_client(&c, "h3");
    run_until(&c, is_closed);
    assert_false(c.is_completed);
    assert_int_equal(c.end.failure.cls, HS_FAILURE_TLS_ALPN_MISMATCH);
    assert_int_equal(c.end.error, 0x178);
    wait_line(&c, "#1 QUIC handshake failed: tls.alpn_mismatch, sent alert no_application_protocol "
                  "(120)");
    wait_line(&c, "#1 closed by server (CRYPTO_ERROR (no_application_protocol)), ");
    close_client(&c);
}

static void the_stop_is_told_to_those_connected(void **state)
{
    (void)state;
    client c;
    meet(&c, "echo");
    say(&c, open_stream(&c, true), "still here", false);
    flush(&c);
    wait_line(&c, "#1 received 10 bytes");
    hs_server_stop(server);
    run_until(&c, is_closed);
    assert_int_equal(c.end.kind, HS_QUIC_END_PEER_CLOSE);
    assert_true(c.end.is_application);
    assert_int_equal(c.end.error, 0);
    close_client(&c);
    join_server();
    assert_true(has_line("stopping, 1 connection open"));
    assert_true(has_line("#1 closed by server (the server stops), 10 bytes, "));
}

static void options_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *versions;
        const char *alpn;
        const char *problem;
    } rows[] = {
        {"v3", NULL, "quic-versions: 'v3' is not v1 or v2"},
        {"", NULL, "quic-versions: '' is not v1 or v2"},
        {"v1,", NULL, "quic-versions: '' is not v1 or v2"},
        {"v1,v1", NULL, "quic-versions: v1: named twice"},
        {NULL, "echo,h3", "quic-alpn: h3 is what --https3 serves, not the echo"},
        {NULL, "", "quic-alpn: '': an empty name"},
        {NULL, "a,,b", "quic-alpn: 'a,,b': an empty name"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hs_problem problem;
        hs_server *none;
        hs_serve_options options;
        hs_serve_options_init(&options);
        options.ports[HS_SERVICE_QUIC] = 0;
        options.quic_versions = rows[i].versions;
        options.quic_alpn = rows[i].alpn;
        assert_int_equal(hs_server_new(&options, &none, &problem), HS_INVALID);
        assert_string_equal(problem.text, rows[i].problem);
        assert_null(none);
    }
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, start_server, stop_server)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(what_comes_goes_back),
        WITH_SERVER(streams_are_apart),
        WITH_SERVER(much_goes_back_too),
        WITH_SERVER(a_client_that_takes_nothing_is_not_waited_for_in_memory),
        WITH_SERVER(a_reset_is_answered_in_kind),
        WITH_SERVER(another_protocol_is_refused),
        WITH_SERVER(the_stop_is_told_to_those_connected),
        cmocka_unit_test(options_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
