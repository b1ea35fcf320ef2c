/* The echo over QUIC, asked by this project's own session over a UDP socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "quic_kit.h"
#include "wire/quic/version.h"

static bool has_fin(const client *c)
{
    return c->fins > 0 || c->is_closed;
}

static bool has_two_fins(const client *c)
{
    return c->fins > 1 || c->is_closed;
}

static void say(client *c, int64_t stream, const char *text, bool fin)
{
    quic_send(c, stream, hs_bytes_of(text, strlen(text)), fin);
}

static void what_comes_goes_back(void **state)
{
    (void)state;
    static const char *const protocols[] = {"echo", "hq-interop"};
    for (size_t i = 0; i < 2; i++) {
        client c;
        quic_meet(&c, HS_SERVICE_QUIC, protocols[i]);
        int64_t stream = quic_open_stream(&c, true);
        say(&c, stream, "hello, echo", true);
        quic_run_until(&c, has_fin);
        assert_int_equal(c.stream, stream);
        assert_int_equal(hs_buffer_bytes(&c.data).len, 11);
        assert_memory_equal(hs_buffer_bytes(&c.data).data, "hello, echo", 11);
        quic_leave(&c);
    }
    quic_wait_line(NULL, "#1 QUIC v1 TLS_AES_128_GCM_SHA256 x25519 alpn echo full handshake in ");
    quic_wait_line(NULL, "#1 received 11 bytes on stream 0, FIN");
    quic_wait_line(NULL, "#1 closed by client (application error 0x0: done), 11 bytes, ");
    quic_wait_line(NULL, "alpn hq-interop");
}

static void streams_are_apart(void **state)
{
    (void)state;
    client c;
    quic_meet(&c, HS_SERVICE_QUIC, "echo");
    int64_t first = quic_open_stream(&c, true);
    int64_t second = quic_open_stream(&c, true);
    int64_t one_way = quic_open_stream(&c, false);
    say(&c, first, "first", true);
    say(&c, second, "second", true);
    say(&c, one_way, "nothing comes back", true);
    quic_run_until(&c, has_two_fins);
    quic_wait_line(&c, " received 18 bytes on stream 2, FIN");
    assert_int_equal(hs_buffer_bytes(&c.data).len, 11);
    quic_leave(&c);
    quic_wait_line(NULL, ", 29 bytes, ");
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
    quic_meet(&c, HS_SERVICE_QUIC, "echo");
    assert_int_equal(quic_open_stream(&c, true), 0);
    c.rest = bytes;
    c.rest_len = MUCH;
    quic_put_rest(&c);
    quic_run_until(&c, has_fin);
    assert_int_equal(hs_buffer_bytes(&c.data).len, MUCH);
    assert_memory_equal(hs_buffer_bytes(&c.data).data, bytes, MUCH);
    quic_leave(&c);
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
    quic_meet(&c, HS_SERVICE_QUIC, "echo");
    assert_int_equal(quic_open_stream(&c, true), 0);
    c.takes_nothing = true;
    c.rest = bytes;
    c.rest_len = MUCH;
    quic_put_rest(&c);
    quic_flush(&c);
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
    quic_run_until(&c, has_fin);
    assert_int_equal(hs_buffer_bytes(&c.data).len, MUCH);
    assert_memory_equal(hs_buffer_bytes(&c.data).data, bytes, MUCH);
    quic_leave(&c);
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
    quic_meet(&c, HS_SERVICE_QUIC, "echo");
    int64_t stream = quic_open_stream(&c, true);
    say(&c, stream, "and then", false);
    quic_flush(&c);
    quic_wait_line(&c, "#1 received 8 bytes on stream 0");
    assert_int_equal(hs_quic_session_reset(c.session, stream, 0x77), HS_OK);
    quic_run_until(&c, has_reset);
    assert_int_equal(c.reset_error, 0x77);
    quic_wait_line(&c, "#1 RESET_STREAM 0x77 on stream 0");
    stream = quic_open_stream(&c, true);
    assert_int_equal(hs_quic_session_stop(c.session, stream, 0x78), HS_OK);
    say(&c, stream, "not wanted back", false);
    quic_flush(&c);
    quic_wait_line(&c, "#1 STOP_SENDING on stream 4");
    quic_leave(&c);
    quic_wait_line(NULL, "#1 closed by client");
}

static bool has_ticket_and_fin(const client *c)
{
    return (c->fins > 0 && hs_quic_session_ticket(c->session).len > 0) || c->is_closed;
}

static void early_data_goes_back_once(void **state)
{
    (void)state;
    client c;
    quic_meet(&c, HS_SERVICE_QUIC, "echo");
    say(&c, quic_open_stream(&c, true), "first", true);
    quic_run_until(&c, has_ticket_and_fin);
    hs_bytes ticket = hs_quic_session_ticket(c.session);
    hs_buffer kept;
    hs_buffer_init(&kept, HS_QUIC_TICKET_MAX);
    assert_int_equal(hs_buffer_append(&kept, ticket), HS_OK);
    quic_leave(&c);
    static const char *const lines[] = {"#2 received 5 bytes on stream 0 as early data, FIN",
                                        "#3 received 5 bytes on stream 0, FIN"};
    static const char *const ends[] = {", early data accepted", ", early data rejected"};
    for (size_t i = 0; i < 2; i++) {
        bool may_be_early = false;
        quic_prepare(&c, HS_SERVICE_QUIC, "echo", HS_QUIC_V1);
        assert_int_equal(hs_quic_session_offer(c.session, hs_buffer_bytes(&kept), &may_be_early),
                         HS_OK);
        assert_true(may_be_early);
        say(&c, quic_open_stream(&c, true), "early", true);
        quic_start(&c);
        quic_run_until(&c, has_fin);
        assert_memory_equal(hs_buffer_bytes(&c.data).data, "early", 5);
        quic_wait_line(&c, lines[i]);
        quic_wait_line(&c, ends[i]);
        quic_leave(&c);
    }
    hs_buffer_free(&kept);
}

static void another_protocol_is_refused(void **state)
{
    (void)state;
    client c;
    quic_open(&c, HS_SERVICE_QUIC, "h3");
    quic_run_until(&c, quic_is_closed);
    assert_false(c.is_completed);
    assert_int_equal(c.end.failure.cls, HS_FAILURE_TLS_ALPN_MISMATCH);
    assert_int_equal(c.end.error, 0x178);
    quic_wait_line(
        &c, "#1 QUIC handshake failed: tls.alpn_mismatch, sent alert no_application_protocol "
            "(120)");
    quic_wait_line(&c, "#1 closed by server (CRYPTO_ERROR (no_application_protocol)), ");
    quic_close(&c);
}

static void the_stop_is_told_to_those_connected(void **state)
{
    (void)state;
    client c;
    quic_meet(&c, HS_SERVICE_QUIC, "echo");
    say(&c, quic_open_stream(&c, true), "still here", false);
    quic_flush(&c);
    quic_wait_line(&c, "#1 received 10 bytes");
    quic_ask_to_stop();
    quic_run_until(&c, quic_is_closed);
    assert_int_equal(c.end.kind, HS_QUIC_END_PEER_CLOSE);
    assert_true(c.end.is_application);
    assert_int_equal(c.end.error, 0);
    quic_close(&c);
    quic_join_server();
    assert_true(quic_has_line("stopping, 1 connection open"));
    assert_true(quic_has_line("#1 closed by server (the server stops), 10 bytes, "));
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

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, quic_start_server, quic_stop_server)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(what_comes_goes_back),
        WITH_SERVER(streams_are_apart),
        WITH_SERVER(much_goes_back_too),
        WITH_SERVER(a_client_that_takes_nothing_is_not_waited_for_in_memory),
        WITH_SERVER(a_reset_is_answered_in_kind),
        WITH_SERVER(early_data_goes_back_once),
        WITH_SERVER(another_protocol_is_refused),
        WITH_SERVER(the_stop_is_told_to_those_connected),
        cmocka_unit_test(options_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
