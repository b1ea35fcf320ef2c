#include "../cmocka_headers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/child.h"
#include "lab/relay.h"
#include "net/clock.h"

enum { CONNECTS = 31, PORT = 9000, ROUNDS = 4, DEADLINE_SECONDS = 30, BULK = 1024 * 1024 };

typedef struct answer {
    bool is_permitted;
    bool is_done;
    uint32_t median_us; /* of the SYN's round trip, by the kernel's TCP_INFO */
    uint32_t median_ipv6_us;
    bool bulk_arrived;
    hs_relay_report report;
} answer;

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static int open_tcp(bool is_ipv6, bool is_server, struct sockaddr_storage *to, socklen_t *len)
{
    memset(to, 0, sizeof *to);
    if (is_ipv6) {
        struct sockaddr_in6 *a = (struct sockaddr_in6 *)to;
        *len = sizeof *a;
        a->sin6_family = AF_INET6;
        a->sin6_port = htons(PORT);
        inet_pton(AF_INET6, HS_LAB_SERVER_IPV6, &a->sin6_addr);
    } else {
        struct sockaddr_in *a = (struct sockaddr_in *)to;
        *len = sizeof *a;
        a->sin_family = AF_INET;
        a->sin_port = htons(PORT);
        inet_pton(AF_INET, HS_LAB_SERVER_IPV4, &a->sin_addr);
    }
    int fd = socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && is_server &&
        (bind(fd, (struct sockaddr *)to, *len) != 0 || listen(fd, CONNECTS) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

static uint32_t median_round_trip(bool is_ipv6)
{
    uint32_t times[CONNECTS];
    for (int i = 0; i < CONNECTS; i++) {
        struct sockaddr_storage to;
        socklen_t len;
        struct tcp_info info = {0};
        socklen_t info_len = sizeof info;
        int fd = open_tcp(is_ipv6, false, &to, &len);
        if (fd < 0 || connect(fd, (struct sockaddr *)&to, len) != 0 ||
            getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &info_len) != 0) {
            return 0;
        }
        times[i] = info.tcpi_rtt;
        close(fd);
    }
    qsort(times, CONNECTS, sizeof times[0], compare);
    return times[CONNECTS / 2];
}

/* A megabyte, in segments as large as the host makes them. */
static bool send_bulk(int listener)
{
    struct sockaddr_storage to;
    socklen_t len;
    static uint8_t sent[BULK];
    static uint8_t room[BULK];
    for (size_t i = 0; i < BULK; i++) {
        sent[i] = (uint8_t)(i * 7 + i / 251);
    }
    int fd = open_tcp(false, false, &to, &len);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, len) != 0) {
        return false;
    }
    size_t got = 0;
    pid_t child = fork();
    if (child == 0) {
        size_t out = 0;
        for (ssize_t n = 1; out < BULK && n > 0; out += (size_t)n) {
            n = write(fd, sent + out, BULK - out);
        }
        _exit(0);
    }
    close(fd);
    /* Those of the round trips stand before it in the queue. */
    for (int i = 0; i < CONNECTS + 1 && got == 0; i++) {
        int peer = accept(listener, NULL, NULL);
        for (ssize_t n = 1; n > 0 && got < BULK; got += (size_t)(n > 0 ? n : 0)) {
            n = read(peer, room + got, BULK - got);
        }
        close(peer);
    }
    return got == BULK && memcmp(sent, room, BULK) == 0;
}

static void measure(void *context, int fd)
{
    (void)context;
    answer a = {.is_permitted = false};
    hs_namespaces n;
    hs_problem problem = {""};
    struct sockaddr_storage to;
    socklen_t len;
    const hs_path_options path = {.delay = 10 * HS_MILLISECOND, .seed = 1};
    if (hs_namespaces_open(&n, true, &problem) != HS_OK) {
        fprintf(stderr, "%s\n", problem.text);
        (void)!hs_child_write(fd, &a, sizeof a);
        return;
    }
    a.is_permitted = true;
    hs_relay relay;
    if (hs_namespaces_enter(&n, HS_SIDE_SERVER) == HS_OK) {
        int listener = open_tcp(false, true, &to, &len);
        int listener6 = open_tcp(true, true, &to, &len);
        if (listener >= 0 && listener6 >= 0 && hs_namespaces_enter(&n, HS_SIDE_CLIENT) == HS_OK &&
            hs_relay_start(&relay, &n, &path, &problem) == HS_OK) {
            a.median_us = median_round_trip(false);
            a.median_ipv6_us = median_round_trip(true);
            a.bulk_arrived = send_bulk(listener);
            a.is_done = hs_relay_stop(&relay, &a.report) == HS_OK;
        } else {
            fprintf(stderr, "%s\n", problem.text);
        }
    }
    (void)!hs_child_write(fd, &a, sizeof a);
}

static answer run_once(void)
{
    answer a;
    hs_child child;
    assert_int_equal(hs_child_start(&child, measure, NULL), HS_OK);
    hs_result result = hs_child_read(&child, &a, sizeof a,
                                     hs_clock_monotonic() + DEADLINE_SECONDS * HS_SECOND, NULL);
    hs_child_end(&child);
    assert_int_equal(result, HS_OK);
    if (!a.is_permitted) {
        skip();
    }
    assert_true(a.is_done);
    return a;
}

/* Whatever else the machine does can only add to the time, so the best of a few rounds counts. */
static void twenty_milliseconds_are_that_within_two_percent(void **state)
{
    (void)state;
    uint32_t best = UINT32_MAX;
    for (int i = 0; i < ROUNDS && best > 20400; i++) {
        answer a = run_once();
        assert_true(a.bulk_arrived);
        assert_true(a.median_us >= 19990 && a.median_ipv6_us >= 19990);
        uint32_t worse = a.median_us > a.median_ipv6_us ? a.median_us : a.median_ipv6_us;
        best = worse < best ? worse : best;
        const hs_relay_way *way = &a.report.to_server;
        printf("median round trip %u us, over IPv6 %u us; to the server %.3f ms, late %.3f ms, "
               "at p99 %.3f ms\n",
               a.median_us, a.median_ipv6_us, (double)way->median / 1e6,
               (double)way->late_median / 1e6, (double)way->late_p99 / 1e6);
        assert_true(way->late_median >= 0 && way->late_median <= way->late_p99 &&
                    way->late_p99 <= way->late_most);
        assert_int_equal(a.report.configured, 10 * HS_MILLISECOND);
        assert_true(a.report.to_server.median >= 10 * HS_MILLISECOND);
        assert_true(a.report.to_server.counts.sent >= 2 * CONNECTS);
        assert_int_equal(a.report.to_server.counts.overflowed, 0);
        assert_int_equal(a.report.to_server.refused, 0);
    }
    assert_true(best <= 20400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twenty_milliseconds_are_that_within_two_percent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
