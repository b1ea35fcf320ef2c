/* Datagrams over loopback: both families, ECN, stamps, ICMP, the end. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "../cmocka_headers.h"
#include "base/reader.h"
#include "loopback.h"
#include "udp_ends.h"

static bool same_end(const hs_address *a, const hs_address *b)
{
    char x[INET6_ADDRSTRLEN + 16];
    char y[INET6_ADDRSTRLEN + 16];
    hs_address_text(a, x);
    hs_address_text(b, y);
    return strcmp(x, y) == 0 && udp_port(a) == udp_port(b);
}

static void echo_over(const char *address)
{
    udp_ends f;
    udp_begin(&f);
    udp_connect(&f, address);
    f.server.echoes = true;
    for (uint8_t ecn = 0; ecn < 4; ecn++) {
        uint8_t datagram[1200] = {(uint8_t)(ecn + 1)};
        assert_int_equal(
            hs_udp_socket_send(f.client.socket, NULL, hs_bytes_of(datagram, sizeof datagram), ecn),
            HS_OK);
        udp_wait_for(&f, &f.client.received, ecn + 1U);
        assert_int_equal(f.server.ecn, ecn);
        assert_int_equal(f.client.ecn, ecn);
        assert_int_equal(f.client.last_len, sizeof datagram);
        assert_int_equal(f.client.last_first, ecn + 1);
    }
    const hs_udp_path *ours = hs_udp_socket_path(f.client.socket);
    assert_true(same_end(&f.server.path.remote, &ours->local));
    assert_true(same_end(&f.server.path.local, &ours->remote));
    udp_wait_for(&f, &f.client.left, 4);
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
    udp_finish(&f);
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
    udp_ends f;
    udp_begin(&f);
    f.server.echoes = true;
    udp_open_server(&f, "0.0.0.0");
    const hs_udp_path *path = hs_udp_socket_path(f.server.socket);
    const hs_address asked = loopback_literal("127.0.0.77", udp_port(&path->local));
    udp_open_client(&f, &asked);
    assert_int_equal(udp_send(&f, hs_bytes_of("x", 1)), HS_OK);
    udp_wait_for(&f, &f.client.received, 1);
    assert_true(same_end(&f.server.path.local, &asked));
    udp_finish(&f);
}

static void refused_over(const char *address)
{
    udp_ends f;
    udp_begin(&f);
    udp_connect(&f, address);
    hs_udp_socket_close(f.server.socket);
    f.server.socket = NULL;
    assert_int_equal(udp_send(&f, hs_bytes_of("x", 1)), HS_OK);
    udp_wait_for(&f, &f.client.failures, 1);
    assert_int_equal(f.client.os_errno, ECONNREFUSED);
    assert_int_equal(hs_udp_failure_class(f.client.os_errno), HS_FAILURE_QUIC_REFUSED);
    /* The socket goes on; the next datagram is refused as well, and both were sent. */
    assert_int_equal(udp_send(&f, hs_bytes_of("y", 1)), HS_OK);
    udp_wait_for(&f, &f.client.failures, 2);
    udp_wait_for(&f, &f.client.left, 2);
    assert_int_equal(f.client.last_left, 1);
    udp_finish(&f);
}

static void test_refused(void **state)
{
    (void)state;
    refused_over("127.0.0.1");
    refused_over("::1");
}

/* What becomes of one client is no news of the server's, and holds up no other. */
static void test_a_server_is_not_told_of_icmp(void **state)
{
    (void)state;
    udp_ends f;
    udp_begin(&f);
    udp_connect(&f, "127.0.0.1");
    const hs_udp_path *own = hs_udp_socket_path(f.server.socket);
    const hs_udp_path *clients = hs_udp_socket_path(f.client.socket);
    const hs_udp_path gone = {own->local, loopback_literal("127.0.0.1", loopback_closed_port())};
    const hs_udp_path there = {own->local, clients->local};
    for (size_t i = 1; i <= 8; i++) {
        assert_int_equal(hs_udp_socket_send(f.server.socket, &gone, hs_bytes_of("x", 1), 0), HS_OK);
        assert_int_equal(hs_udp_socket_send(f.server.socket, &there, hs_bytes_of("y", 1), 0),
                         HS_OK);
        udp_wait_for(&f, &f.client.received, i);
    }
    udp_wait_for(&f, &f.server.left, 16);
    assert_int_equal(f.server.failures, 0);
    udp_finish(&f);
}

static void test_too_long(void **state)
{
    (void)state;
    static uint8_t datagram[HS_UDP_DATAGRAM_MAX];
    udp_ends f;
    udp_begin(&f);
    udp_connect(&f, "127.0.0.1");
    assert_int_equal(udp_send(&f, hs_bytes_of(datagram, sizeof datagram)), HS_SYSTEM);
    assert_int_equal(errno, EMSGSIZE);
    udp_wait_for(&f, &f.client.failures, 1);
    assert_int_equal(f.client.os_errno, EMSGSIZE);
    assert_int_equal(f.client.sent, 0);
    /* The next one is the first that the kernel counts. */
    assert_int_equal(udp_send(&f, hs_bytes_of(datagram, 1)), HS_OK);
    udp_wait_for(&f, &f.client.left, 1);
    assert_int_equal(f.client.last_left, 0);
    assert_int_equal(f.client.failures, 1);
    udp_finish(&f);
}

static void test_close_within_received(void **state)
{
    (void)state;
    udp_ends f;
    udp_begin(&f);
    udp_connect(&f, "127.0.0.1");
    f.server.closes = UDP_IN_RECEIVED;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(udp_send(&f, hs_bytes_of("x", 1)), HS_OK);
    }
    udp_wait_for(&f, &f.server.received, 1);
    uv_run(&f.loop, UV_RUN_NOWAIT);
    assert_int_equal(f.server.received, 1);
    udp_finish(&f);
}

static void test_close_within_sent(void **state)
{
    (void)state;
    udp_ends f;
    udp_begin(&f);
    udp_connect(&f, "127.0.0.1");
    f.client.closes = UDP_IN_SENT;
    assert_int_equal(udp_send(&f, hs_bytes_of("x", 1)), HS_OK);
    assert_null(f.client.socket);
    udp_wait_for(&f, &f.server.received, 1);
    udp_finish(&f);
}

static void test_close_within_left(void **state)
{
    (void)state;
    udp_ends f;
    udp_begin(&f);
    udp_connect(&f, "127.0.0.1");
    f.client.closes = UDP_IN_LEFT;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(udp_send(&f, hs_bytes_of("x", 1)), HS_OK);
    }
    udp_wait_for(&f, &f.client.left, 1);
    udp_wait_for(&f, &f.server.received, 3);
    udp_finish(&f);
}

static void test_close_within_failed(void **state)
{
    (void)state;
    udp_ends f;
    const hs_address nobody = loopback_literal("127.0.0.1", loopback_closed_port());
    udp_begin(&f);
    udp_open_client(&f, &nobody);
    f.client.closes = UDP_IN_FAILED;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(udp_send(&f, hs_bytes_of("x", 1)), HS_OK);
    }
    udp_wait_for(&f, &f.client.failures, 1);
    udp_finish(&f);
}

static void test_unreachable(void **state)
{
    (void)state;
    udp_ends f;
    udp_begin(&f);
    hs_udp_events events = udp_events(&f.client);
    /* Broadcast, which a socket has to ask for: the kernel refuses it, or has no route. */
    const hs_address nowhere = loopback_literal("255.255.255.255", 9);
    assert_int_equal(
        hs_udp_socket_new_client(&f.loop, &nowhere, &f.timeline, &events, &f.client.socket),
        HS_SYSTEM);
    assert_true(errno == EACCES || errno == ENETUNREACH);
    udp_finish(&f);
}

/* The kernel begins to stamp packets a moment after the first socket asks for it. */
static udp_ends warm;

static int cool_down(void **state)
{
    (void)state;
    udp_finish(&warm);
    return 0;
}

static int warm_up(void **state)
{
    (void)state;
    udp_begin(&warm);
    udp_connect(&warm, "127.0.0.1");
    for (size_t i = 0; i < UDP_KEPT; i++) {
        assert_int_equal(udp_send(&warm, hs_bytes_of("x", 1)), HS_OK);
        udp_wait_for(&warm, &warm.server.received, i + 1);
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
        cmocka_unit_test(test_ipv4),
        cmocka_unit_test(test_ipv6),
        cmocka_unit_test(test_any_address),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_a_server_is_not_told_of_icmp),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_close_within_received),
        cmocka_unit_test(test_close_within_sent),
        cmocka_unit_test(test_close_within_left),
        cmocka_unit_test(test_close_within_failed),
        cmocka_unit_test(test_unreachable),
    };
    return cmocka_run_group_tests(tests, warm_up, cool_down);
}
