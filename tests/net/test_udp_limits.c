/* What a UDP socket does where this host cannot keep up: a neighbour whose link address is not
 * known holds datagrams back, a slow device drops them. In a network of our own, with iproute2. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../cmocka_headers.h"
#include "base/reader.h"
#include "loopback.h"
#include "udp_ends.h"

enum { LEN = 1200, DEVICE_MTU = 1300 };

static uint8_t datagram[DEVICE_MTU];

static bool run(const char *command)
{
    return system(command) == 0;
}

/* 192.0.2.1 is ours, and nobody answers for 192.0.2.2 (RFC 5737). */
static bool make_device(void)
{
    return run("ip link add hs0 type veth peer name hs1 && ip link set hs0 mtu 1300 up && "
               "ip link set hs1 mtu 1300 up && ip address add 192.0.2.1/24 dev hs0");
}

static void answer_for_neighbour(void)
{
    assert_true(run("ip neighbour replace 192.0.2.2 lladdr 02:00:00:00:00:02 dev hs0 nud "
                    "permanent"));
}

static int begin(void **state)
{
    static udp_ends f;
    const hs_address remote = loopback_literal("192.0.2.2", 4433);
    *state = &f;
    udp_begin(&f);
    udp_open_client(&f, &remote);
    return 0;
}

static int end(void **state)
{
    udp_finish(*state);
    return run("ip neighbour flush dev hs0 nud permanent") ? 0 : -1;
}

static size_t fill(udp_ends *f)
{
    size_t taken = 0;
    hs_result result = HS_OK;
    while (taken <= HS_UDP_QUEUE_MAX && result == HS_OK) {
        result = udp_send(f, hs_bytes_of(datagram, LEN));
        taken += result == HS_OK;
    }
    assert_int_equal(result, HS_LIMIT);
    return taken;
}

/* The kernel holds what it can, then we do, up to the limit; all of it goes out once it can, and is
 * counted right. */
static void test_the_queue_is_bounded_and_goes_out(void **state)
{
    udp_ends *f = *state;
    int little = 1; /* the kernel's minimum */
    assert_int_equal(setsockopt(hs_udp_socket_fd(f->client.socket), SOL_SOCKET, SO_SNDBUF, &little,
                                sizeof little),
                     0);
    size_t taken = fill(f);
    size_t sent = f->client.sent;
    assert_in_range(sent, 1, 16);
    assert_int_equal(taken - sent, HS_UDP_QUEUE_MAX / LEN);
    assert_int_equal(f->client.left, 0);
    /* A smaller one has no room either where it does not fit. */
    assert_int_equal(udp_send(f, hs_bytes_of(datagram, LEN - 1)), HS_LIMIT);
    assert_int_equal(f->client.sent, sent);

    answer_for_neighbour();
    udp_wait_for(f, &f->client.sent, taken);
    udp_wait_for(f, &f->client.left, taken);
    assert_int_equal(f->client.last_left, taken - 1);
    assert_int_equal(f->client.failures, 0);
    for (size_t i = 0; i < UDP_KEPT; i++) {
        assert_true(f->client.gone[i].at >= f->client.out[i].at - HS_MILLISECOND);
    }
    /* And there is room again. */
    assert_int_equal(udp_send(f, hs_bytes_of(datagram, LEN)), HS_OK);
    assert_int_equal(f->client.sent, taken + 1);
}

static void test_close_with_a_queue(void **state)
{
    udp_ends *f = *state;
    int little = 1;
    assert_int_equal(setsockopt(hs_udp_socket_fd(f->client.socket), SOL_SOCKET, SO_SNDBUF, &little,
                                sizeof little),
                     0);
    (void)fill(f);
    f->client.closes = UDP_IN_SENT; /* from the loop, with more to follow */
    size_t sent = f->client.sent;
    answer_for_neighbour();
    udp_wait_for(f, &f->client.sent, sent + 1);
    assert_null(f->client.socket);
}

/* RFC 9000 14: no datagram is cut in pieces. */
static void test_longer_than_the_device_takes(void **state)
{
    udp_ends *f = *state;
    answer_for_neighbour();
    assert_int_equal(udp_send(f, hs_bytes_of(datagram, sizeof datagram)), HS_SYSTEM);
    assert_int_equal(errno, EMSGSIZE);
    udp_wait_for(f, &f->client.failures, 1);
    assert_int_equal(f->client.os_errno, EMSGSIZE);
    assert_int_equal(f->client.sent, 0);
    assert_int_equal(udp_send(f, hs_bytes_of(datagram, LEN)), HS_OK);
    udp_wait_for(f, &f->client.left, 1);
}

/* A datagram that the device's queue has no room for is lost, as it might be further on: that is no
 * failure of the connection. What the kernel counts is not known from there on. */
static void test_the_device_drops(void **state)
{
    udp_ends *f = *state;
    answer_for_neighbour();
    if (!run("tc qdisc add dev hs0 root tbf rate 8mbit burst 1540 limit 6000")) {
        print_message("[  SKIPPED ] no tbf in this kernel\n");
        return;
    }
    size_t dropped = 0;
    size_t before = 0; /* sent before the first was dropped */
    for (size_t i = 0; i < 40; i++) {
        hs_result result = udp_send(f, hs_bytes_of(datagram, LEN));
        assert_true(result == HS_OK || result == HS_LIMIT);
        dropped += result == HS_LIMIT;
        before += result == HS_OK && dropped == 0;
    }
    assert_true(dropped > 0 && before > 0);
    assert_int_equal(f->client.sent, 40 - dropped);
    udp_wait_for(f, &f->client.left, before);
    usleep(50000);
    assert_int_equal(udp_send(f, hs_bytes_of(datagram, LEN)), HS_OK);
    for (int i = 0; i < 20; i++) {
        uv_run(&f->loop, UV_RUN_NOWAIT);
        usleep(5000);
    }
    assert_int_equal(f->client.left, before);
    assert_int_equal(f->client.failures, 0);
    assert_true(run("tc qdisc delete dev hs0 root"));
}

static void test_nobody_answers_for_the_neighbour(void **state)
{
    udp_ends *f = *state;
    assert_int_equal(udp_send(f, hs_bytes_of(datagram, LEN)), HS_OK);
    udp_wait_for(f, &f->client.failures, 1);
    assert_int_equal(f->client.os_errno, EHOSTUNREACH);
    assert_int_equal(hs_udp_failure_class(f->client.os_errno), HS_FAILURE_QUIC_UNREACHABLE);
    assert_int_equal(f->client.left, 0);
}

int main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        ROW(test_the_queue_is_bounded_and_goes_out), ROW(test_close_with_a_queue),
        ROW(test_longer_than_the_device_takes),      ROW(test_the_device_drops),
        ROW(test_nobody_answers_for_the_neighbour),
    };
    if (!loopback_own_network() || !make_device()) {
        print_message("skipped: no network of our own, or no iproute2\n");
        return 77;
    }
    /* Stamping starts a moment after the first socket asked for it. */
    udp_ends warm;
    udp_begin(&warm);
    udp_open_server(&warm, "127.0.0.1");
    usleep(50000);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    udp_finish(&warm);
    return failed;
}
