/* Datagrams over loopback: both families, ECN, stamps, ICMP, limits. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../cmocka_headers.h"
#include "base/reader.h"
#include "net/udp_socket.h"

enum { KEPT = 64, WAIT_MS = 2000 };

typedef struct end {
    hs_udp_socket *socket;
    size_t received;
    size_t sent;
    size_t left;
    int os_errno;
    size_t failures;
    uint8_t ecn;
    size_t last_len;
    uint8_t last_first;
    hs_udp_path path;
    hs_moment in[KEPT];
    hs_moment out[KEPT];
    hs_moment gone[KEPT];
    bool echoes;
    bool closes;
} end;

typedef struct fixture {
    uv_loop_t loop;
    hs_timeline timeline;
    end client;
    end server;
    uv_timer_t timer;
    bool expired;
} fixture;

static void on_received(void *context, const hs_udp_path *path, hs_bytes datagram, uint8_t ecn,
                        hs_moment moment)
{
    end *e = context;
    e->path = *path;
    e->ecn = ecn;
    e->last_len = datagram.len;
    e->last_first = datagram.len > 0 ? datagram.data[0] : 0;
    if (e->received < KEPT) {
        e->in[e->received] = moment;
    }
    e->received++;
    if (e->echoes) {
        assert_int_equal(hs_udp_socket_send(e->socket, path, datagram, ecn), HS_OK);
    }
    if (e->closes) {
        hs_udp_socket_close(e->socket);
        e->socket = NULL;
    }
}

static void on_sent(void *context, hs_bytes datagram, hs_moment moment)
{
    end *e = context;
    (void)datagram;
    if (e->sent < KEPT) {
        e->out[e->sent] = moment;
    }
    e->sent++;
}

static void on_left(void *context, uint64_t number, hs_moment moment)
{
    end *e = context;
    assert_true(number < e->sent);
    if (number < KEPT) {
        e->gone[number] = moment;
    }
    e->left++;
}

static void on_failed(void *context, int os_errno)
{
    end *e = context;
    e->os_errno = os_errno;
    e->failures++;
}

static hs_udp_events events_of(end *e)
{
    return (hs_udp_events){.context = e,
                           .received = on_received,
                           .sent = on_sent,
                           .left = on_left,
                           .failed = on_failed};
}

static void on_timer(uv_timer_t *timer)
{
    ((fixture *)timer->data)->expired = true;
}

/* Turns the loop until `*count` is `wanted`. */
static void wait_for(fixture *f, const size_t *count, size_t wanted)
{
    f->expired = false;
    uv_update_time(&f->loop);
    uv_timer_start(&f->timer, on_timer, WAIT_MS, 0);
    while (*count < wanted && !f->expired) {
        uv_run(&f->loop, UV_RUN_ONCE);
    }
    uv_timer_stop(&f->timer);
    assert_int_equal(*count, wanted);
}

static void begin(fixture *f)
{
    memset(f, 0, sizeof *f);
    assert_int_equal(uv_loop_init(&f->loop), 0);
    assert_int_equal(uv_timer_init(&f->loop, &f->timer), 0);
    f->timer.data = f;
    hs_timeline_start(&f->timeline);
}

static void finish(fixture *f)
{
    hs_udp_socket_close(f->client.socket);
    hs_udp_socket_close(f->server.socket);
    uv_close((uv_handle_t *)&f->timer, NULL);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&f->loop), 0);
}

static void connect_both(fixture *f, const char *address)
{
    hs_address local;
    hs_udp_events server = events_of(&f->server);
    hs_udp_events client = events_of(&f->client);
    assert_int_equal(hs_address_parse(address, 0, &local), HS_OK);
    assert_int_equal(
        hs_udp_socket_new_server(&f->loop, &local, &f->timeline, &server, &f->server.socket),
        HS_OK);
    const hs_udp_path *path = hs_udp_socket_path(f->server.socket);
    assert_int_equal(
        hs_udp_socket_new_client(&f->loop, &path->local, &f->timeline, &client, &f->client.socket),
        HS_OK);
}

static bool same_end(const hs_address *a, const hs_address *b)
{
    char x[INET6_ADDRSTRLEN + 16];
    char y[INET6_ADDRSTRLEN + 16];
    hs_address_text(a, x);
    hs_address_text(b, y);
    /* The port stands at the same place in both families. */
    return strcmp(x, y) == 0 && ((const struct sockaddr_in *)&a->storage)->sin_port ==
                                    ((const struct sockaddr_in *)&b->storage)->sin_port;
}

static void echo_over(const char *address)
{
    fixture f;
    begin(&f);
    connect_both(&f, address);
    f.server.echoes = true;
    for (uint8_t ecn = 0; ecn < 4; ecn++) {
        uint8_t datagram[1200] = {(uint8_t)(ecn + 1)};
        assert_int_equal(
            hs_udp_socket_send(f.client.socket, NULL, hs_bytes_of(datagram, sizeof datagram), ecn),
            HS_OK);
        wait_for(&f, &f.client.received, ecn + 1U);
        assert_int_equal(f.server.ecn, ecn);
        assert_int_equal(f.client.ecn, ecn);
        assert_int_equal(f.client.last_len, sizeof datagram);
        assert_int_equal(f.client.last_first, ecn + 1);
    }
    const hs_udp_path *ours = hs_udp_socket_path(f.client.socket);
    assert_true(same_end(&f.server.path.remote, &ours->local));
    assert_true(same_end(&f.server.path.local, &ours->remote));
    wait_for(&f, &f.client.left, 4);
    for (size_t i = 0; i < 4; i++) {
        /* The kernel's stamps lie between our own readings before and after. */
        assert_int_equal(f.client.out[i].clock, HS_CLOCK_USER);
        assert_int_equal(f.client.gone[i].clock, HS_CLOCK_KERNEL);
        assert_int_equal(f.server.in[i].clock, HS_CLOCK_KERNEL);
        assert_true(f.client.gone[i].at >= f.client.out[i].at - HS_MILLISECOND);
        assert_true(f.server.in[i].at >= f.client.gone[i].at - HS_MILLISECOND);
        assert_true(f.client.in[i].at >= f.server.in[i].at);
        assert_true(f.client.in[i].at <= hs_timeline_now(&f.timeline).at);
    }
    finish(&f);
}

static void test_ipv4(void **state)
{
    (void)state;
    echo_over("127.0.0.1");
}

static void test_ipv6(void **state)
{
    (void)state;
    echo_over("::1");
}

/* A server that listens on all addresses answers from the one that was asked. */
static void test_any_address(void **state)
{
    (void)state;
    fixture f;
    hs_address any;
    hs_address asked;
    begin(&f);
    f.server.echoes = true;
    hs_udp_events server = events_of(&f.server);
    hs_udp_events client = events_of(&f.client);
    assert_int_equal(hs_address_parse("0.0.0.0", 0, &any), HS_OK);
    assert_int_equal(
        hs_udp_socket_new_server(&f.loop, &any, &f.timeline, &server, &f.server.socket), HS_OK);
    const hs_udp_path *path = hs_udp_socket_path(f.server.socket);
    uint16_t port = ntohs(((const struct sockaddr_in *)&path->local.storage)->sin_port);
    assert_int_equal(hs_address_parse("127.0.0.77", port, &asked), HS_OK);
    assert_int_equal(
        hs_udp_socket_new_client(&f.loop, &asked, &f.timeline, &client, &f.client.socket), HS_OK);
    assert_int_equal(hs_udp_socket_send(f.client.socket, NULL, hs_bytes_of("x", 1), 2), HS_OK);
    wait_for(&f, &f.client.received, 1);
    assert_true(same_end(&f.server.path.local, &asked));
    finish(&f);
}

static void test_refused(void **state)
{
    (void)state;
    fixture f;
    begin(&f);
    connect_both(&f, "127.0.0.1");
    hs_udp_socket_close(f.server.socket);
    f.server.socket = NULL;
    assert_int_equal(hs_udp_socket_send(f.client.socket, NULL, hs_bytes_of("x", 1), 0), HS_OK);
    wait_for(&f, &f.client.failures, 1);
    assert_int_equal(f.client.os_errno, ECONNREFUSED);
    assert_int_equal(hs_udp_failure_class(f.client.os_errno), HS_FAILURE_QUIC_REFUSED);
    /* The socket goes on; the next datagram is refused as well. */
    assert_int_equal(hs_udp_socket_send(f.client.socket, NULL, hs_bytes_of("y", 1), 0), HS_OK);
    wait_for(&f, &f.client.failures, 2);
    finish(&f);
}

static void test_too_long(void **state)
{
    (void)state;
    static uint8_t datagram[HS_UDP_DATAGRAM_MAX];
    fixture f;
    begin(&f);
    connect_both(&f, "127.0.0.1");
    hs_bytes bytes = hs_bytes_of(datagram, sizeof datagram);
    assert_int_equal(hs_udp_socket_send(f.client.socket, NULL, bytes, 0), HS_SYSTEM);
    assert_int_equal(errno, EMSGSIZE);
    wait_for(&f, &f.client.failures, 1);
    assert_int_equal(f.client.os_errno, EMSGSIZE);
    assert_int_equal(f.client.sent, 0);
    finish(&f);
}

static void test_close_within_a_call_back(void **state)
{
    (void)state;
    fixture f;
    begin(&f);
    connect_both(&f, "127.0.0.1");
    f.server.closes = true;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(hs_udp_socket_send(f.client.socket, NULL, hs_bytes_of("x", 1), 0), HS_OK);
    }
    wait_for(&f, &f.server.received, 1);
    uv_run(&f.loop, UV_RUN_NOWAIT);
    assert_int_equal(f.server.received, 1);
    finish(&f);
}

static void test_unreachable(void **state)
{
    (void)state;
    fixture f;
    hs_address nowhere;
    begin(&f);
    hs_udp_events client = events_of(&f.client);
    /* 240.0.0.0/4 is nobody's (RFC 1112 4): no route, or the kernel refuses it. */
    assert_int_equal(hs_address_parse("255.255.255.255", 9, &nowhere), HS_OK);
    assert_int_equal(
        hs_udp_socket_new_client(&f.loop, &nowhere, &f.timeline, &client, &f.client.socket),
        HS_SYSTEM);
    assert_true(errno == EACCES || errno == ENETUNREACH);
    finish(&f);
}

/* The kernel begins to stamp packets a moment after the first socket asks for it. */
static fixture warm;

static int cool_down(void **state)
{
    (void)state;
    finish(&warm);
    return 0;
}

static int warm_up(void **state)
{
    (void)state;
    begin(&warm);
    connect_both(&warm, "127.0.0.1");
    for (size_t i = 0; i < KEPT; i++) {
        assert_int_equal(hs_udp_socket_send(warm.client.socket, NULL, hs_bytes_of("x", 1), 0),
                         HS_OK);
        wait_for(&warm, &warm.server.received, i + 1);
        if (warm.server.in[i].clock == HS_CLOCK_KERNEL) {
            return 0; /* its socket stays open, so that stamping goes on */
        }
        usleep(10000);
    }
    return -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ipv4),        cmocka_unit_test(test_ipv6),
        cmocka_unit_test(test_any_address), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_too_long),    cmocka_unit_test(test_close_within_a_call_back),
        cmocka_unit_test(test_unreachable),
    };
    return cmocka_run_group_tests(tests, warm_up, cool_down);
}
