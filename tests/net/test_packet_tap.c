/* The tap of one's own connections: whole, once, in order, and nobody else's. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../cmocka_headers.h"
#include "base/reader.h"
#include "loopback.h"
#include "net/packet_filter.h"
#include "net/packet_tap.h"
#include "wire/packet_write.h"

typedef struct connection {
    int near;
    int far;
    uint16_t local_port;
    uint16_t port;
} connection;

/* Tapped where `tap` is not NULL. */
static connection open_connection(hs_packet_tap *tap, int family)
{
    connection c;
    int listener = loopback_listen(family, 4, &c.port);
    hs_address remote = loopback_address(family, c.port);
    c.near = socket(remote.storage.ss_family, SOCK_STREAM, 0);
    c.local_port = 0;
    if (tap) {
        assert_int_equal(hs_packet_tap_add(tap, c.near, &remote, &c.local_port), HS_OK);
        assert_true(c.local_port != 0);
    }
    assert_int_equal(connect(c.near, (struct sockaddr *)&remote.storage, remote.len), 0);
    c.far = accept(listener, NULL, NULL);
    assert_true(c.far >= 0);
    close(listener);
    return c;
}

static void close_connection(const connection *c)
{
    close(c->near);
    close(c->far);
}

static void transfer(int from, int to, size_t len)
{
    uint8_t *bytes = calloc(1, len);
    uint8_t *read = malloc(len);
    size_t sent = 0;
    size_t got = 0;
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(i * 31 >> 3);
    }
    while (got < len) {
        ssize_t n = sent < len ? send(from, bytes + sent, len - sent, MSG_DONTWAIT) : 0;
        sent += n > 0 ? (size_t)n : 0;
        n = recv(to, read + got, len - got, sent < len ? MSG_DONTWAIT : 0);
        got += n > 0 ? (size_t)n : 0;
    }
    assert_memory_equal(bytes, read, len);
    free(bytes);
    free(read);
}

static hs_packet_tap *tap_of(void **state)
{
    if (!*state) {
        skip(); /* not permitted here */
    }
    hs_packet_tap_reset(*state);
    return *state;
}

static void test_a_connection(void **state)
{
    hs_packet_tap *tap = tap_of(state);
    for (int family = 4; family <= 6; family += 2) {
        hs_packet_tap_reset(tap);
        connection other = open_connection(NULL, family);
        connection c = open_connection(tap, family);
        transfer(c.near, c.far, 5);
        transfer(other.near, other.far, 5);
        shutdown(c.near, SHUT_WR);
        close_connection(&c);
        close_connection(&other);
        size_t count;
        const hs_tapped_packet *packets = hs_packet_tap_packets(tap, &count);
        /* SYN, SYN-ACK, ACK, data, its ACK, FIN, perhaps an ACK, FIN, ACK */
        assert_true(count >= 8 && count <= 9);
        static const unsigned flags[] = {HS_TCP_SYN, HS_TCP_SYN | HS_TCP_ACK, HS_TCP_ACK,
                                         HS_TCP_PSH | HS_TCP_ACK};
        int64_t last = 0;
        for (size_t i = 0; i < count; i++) {
            hs_packet packet;
            assert_int_equal(hs_packet_read(HS_LINK_TYPE_RAW, packets[i].bytes, &packet),
                             HS_PACKET_TCP);
            assert_int_equal(packet.family, family);
            bool is_client = packet.source_port == c.local_port;
            assert_int_equal(is_client ? packet.destination_port : packet.source_port, c.port);
            assert_int_equal(packets[i].is_sent, is_client);
            assert_int_equal(packets[i].length, packets[i].bytes.len);
            assert_true(packets[i].at >= last);
            last = packets[i].at;
            if (i < sizeof flags / sizeof flags[0]) {
                assert_int_equal(packet.tcp.flags & 0x3f, flags[i]);
            }
        }
        assert_int_equal(hs_packet_tap_lost(tap), 0);
    }
}

/* A large transfer: packets larger than a slot come whole, and the ring is emptied in time. */
static void test_much(void **state)
{
    enum { ROUNDS = 40, SIZE = 100 * 1024 };
    hs_packet_tap *tap = tap_of(state);
    connection c = open_connection(tap, 4);
    for (int i = 0; i < ROUNDS; i++) {
        transfer(c.far, c.near, SIZE);
        for (int small = 0; small < 20; small++) {
            transfer(c.near, c.far, 1);
        }
        hs_packet_tap_relieve(tap, SIZE);
    }
    close_connection(&c);
    size_t count;
    uint64_t received = 0;
    size_t longest = 0;
    const hs_tapped_packet *packets = hs_packet_tap_packets(tap, &count);
    for (size_t i = 0; i < count; i++) {
        hs_packet packet;
        assert_int_equal(hs_packet_read(HS_LINK_TYPE_RAW, packets[i].bytes, &packet),
                         HS_PACKET_TCP);
        assert_int_equal(packet.payload.len, packet.payload_length); /* nothing was cut */
        longest = packet.payload.len > longest ? packet.payload.len : longest;
        received += packets[i].is_sent ? 0 : packet.payload.len;
    }
    assert_int_equal(hs_packet_tap_lost(tap), 0);
    assert_true(longest > 2048);
    assert_true(received == (uint64_t)ROUNDS * SIZE);
}

/* Nobody empties the ring: what it could not take is counted. */
static void test_lost_packets_are_counted(void **state)
{
    hs_packet_tap *tap = tap_of(state);
    connection c = open_connection(tap, 4);
    for (int i = 0; i < 400; i++) {
        transfer(c.near, c.far, 1);
    }
    close_connection(&c);
    size_t count;
    assert_non_null(hs_packet_tap_packets(tap, &count));
    assert_true(count >= 256);
    assert_true(hs_packet_tap_lost(tap) > 0);
    hs_packet_tap_reset(tap);
    assert_int_equal(hs_packet_tap_lost(tap), 0);
    hs_packet_tap_packets(tap, &count);
    assert_int_equal(count, 0);
}

static void test_no_more_connections_than_there_is_room_for(void **state)
{
    hs_packet_tap *tap = tap_of(state);
    hs_address remote = loopback_address(6, 9);
    uint16_t port;
    for (int i = 0; i <= HS_PACKET_FILTER_ENDS_MAX; i++) {
        int fd = socket(AF_INET6, SOCK_STREAM, 0);
        hs_result expected = i < HS_PACKET_FILTER_ENDS_MAX ? HS_OK : HS_LIMIT;
        assert_int_equal(hs_packet_tap_add(tap, fd, &remote, &port), expected);
        close(fd);
    }
}

/* Every jump stays within the program, and it ends by refusing. */
static void test_the_program(void **state)
{
    (void)state;
    hs_packet_filter_end ends[HS_PACKET_FILTER_ENDS_MAX];
    struct sock_filter code[HS_PACKET_FILTER_CODE_MAX];
    for (size_t i = 0; i < HS_PACKET_FILTER_ENDS_MAX; i++) {
        ends[i] = (hs_packet_filter_end){loopback_address(i % 2 ? 4 : 6, 443), 50000};
    }
    assert_int_equal(hs_packet_filter_compile(ends, 0, code), 1);
    assert_int_equal(code[0].k, 0);
    for (size_t count = 1; count <= HS_PACKET_FILTER_ENDS_MAX; count++) {
        size_t length = hs_packet_filter_compile(ends, count, code);
        assert_true(length <= HS_PACKET_FILTER_CODE_MAX);
        for (size_t i = 0; i < length; i++) {
            if (BPF_CLASS(code[i].code) == BPF_JMP) {
                assert_true(i + 1 + code[i].jt < length);
                assert_true(i + 1 + code[i].jf < length);
            }
        }
        assert_int_equal(code[length - 1].code, BPF_RET | BPF_K);
        assert_int_equal(code[length - 1].k, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_program),
        cmocka_unit_test(test_a_connection),
        cmocka_unit_test(test_much),
        cmocka_unit_test(test_lost_packets_are_counted),
        cmocka_unit_test(test_no_more_connections_than_there_is_room_for),
    };
    hs_packet_tap *tap = NULL;
    if (!loopback_own_network() || hs_packet_tap_open(&tap) != HS_OK) {
        print_message("packets may not be captured here: those tests are skipped\n");
    }
    struct CMUnitTest with_tap[sizeof tests / sizeof tests[0]];
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        with_tap[i] = tests[i];
        with_tap[i].initial_state = tap;
    }
    int failed = cmocka_run_group_tests(with_tap, NULL, NULL);
    hs_packet_tap_close(tap);
    return failed;
}
