/* The tap: stamps, order, ends and queues of one connected socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loopback.h"
#include "net/connect.h"
#include "net/socket.h"
#include "net/socket_stamp.h"

enum { RECORD_MAX = 4096, TEXT_MAX = 1 << 22 };

typedef enum close_in { NOWHERE, IN_RECEIVED, IN_SENT, IN_LEFT, IN_ENDED } close_in;

/* One socket under test, all that it told, and its peer. */
typedef struct tap {
    uv_loop_t loop;
    hs_timeline timeline;
    hs_socket *socket;
    int peer;
    uint8_t *received;
    size_t received_len;
    size_t received_calls;
    hs_moment received_moments[RECORD_MAX];
    uint8_t *sent;
    size_t sent_len;
    hs_moment sent_moment;
    size_t left_calls;
    uint64_t left_offset;
    hs_moment left_moment;
    unsigned ends;
    hs_socket_end how;
    int end_errno;
    bool ended;
    bool has_received;
    bool has_left;
    bool wants_left_all;
    close_in closing;
    const char *reply; /* sent once from within `sent` */
    unsigned calls_after_close;
} tap;

static bool closes_here(tap *self, close_in place)
{
    if (self->socket == NULL)
        self->calls_after_close++;
    if (self->closing != place || self->socket == NULL)
        return false;
    hs_socket_close(self->socket, false);
    self->socket = NULL;
    return true;
}

static void on_received(void *context, hs_bytes bytes, hs_moment moment)
{
    tap *self = context;
    assert_true(self->received_len + bytes.len <= TEXT_MAX);
    assert_false(self->ended);
    memcpy(self->received + self->received_len, bytes.data, bytes.len);
    self->received_len += bytes.len;
    if (self->received_calls < RECORD_MAX)
        self->received_moments[self->received_calls] = moment;
    self->received_calls++;
    self->has_received = true;
    closes_here(self, IN_RECEIVED);
}

static void on_sent(void *context, hs_bytes bytes, hs_moment moment)
{
    tap *self = context;
    assert_true(self->sent_len + bytes.len <= TEXT_MAX);
    assert_int_equal(moment.clock, HS_CLOCK_USER);
    memcpy(self->sent + self->sent_len, bytes.data, bytes.len);
    self->sent_len += bytes.len;
    self->sent_moment = moment;
    if (closes_here(self, IN_SENT) || self->reply == NULL)
        return;
    hs_bytes reply = {(const uint8_t *)self->reply, strlen(self->reply)};
    self->reply = NULL;
    assert_int_equal(hs_socket_send(self->socket, reply), HS_OK);
}

static void on_left(void *context, uint64_t offset, hs_moment moment)
{
    tap *self = context;
    assert_int_equal(moment.clock, HS_CLOCK_KERNEL);
    assert_true(self->left_calls == 0 || offset > self->left_offset);
    assert_true(offset < self->sent_len);
    self->left_calls++;
    self->left_offset = offset;
    self->left_moment = moment;
    self->has_left = !self->wants_left_all || offset + 1 == self->sent_len;
    closes_here(self, IN_LEFT);
}

static void on_ended(void *context, hs_socket_end how, int os_errno, hs_moment moment)
{
    tap *self = context;
    assert_true(moment.at >= 0);
    self->ends++;
    self->how = how;
    self->end_errno = os_errno;
    self->ended = true;
    closes_here(self, IN_ENDED);
}

static void tap_open_on(tap *self, int fd)
{
    const hs_socket_events events = {self, on_received, on_sent, on_left, on_ended};
    assert_int_equal(hs_socket_new(&self->loop, fd, &self->timeline, &events, &self->socket),
                     HS_OK);
}

static tap *tap_new(void)
{
    tap *self = calloc(1, sizeof(*self));
    self->received = malloc(TEXT_MAX);
    self->sent = malloc(TEXT_MAX);
    self->peer = -1;
    uv_loop_init(&self->loop);
    hs_timeline_start(&self->timeline);
    return self;
}

static tap *tap_open(void)
{
    tap *self = tap_new();
    int near;
    loopback_pair(&near, &self->peer);
    tap_open_on(self, near);
    return self;
}

static void tap_free(tap *self)
{
    hs_socket_close(self->socket, false);
    if (self->peer >= 0)
        close(self->peer);
    loopback_close(&self->loop);
    assert_int_equal(self->calls_after_close, 0);
    free(self->received);
    free(self->sent);
    free(self);
}

static hs_bytes text(const char *characters)
{
    return (hs_bytes){(const uint8_t *)characters, strlen(characters)};
}

static void peer_writes(tap *self, const char *characters)
{
    size_t len = strlen(characters);
    assert_int_equal(write(self->peer, characters, len), (ssize_t)len);
}

static void peer_reads(tap *self, const char *expected)
{
    char buffer[256];
    size_t len = strlen(expected);
    assert_true(len <= sizeof(buffer));
    assert_int_equal(recv(self->peer, buffer, len, MSG_WAITALL), (ssize_t)len);
    assert_memory_equal(buffer, expected, len);
}

static void peer_resets(tap *self)
{
    struct linger abort = {.l_onoff = 1, .l_linger = 0};
    setsockopt(self->peer, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
    close(self->peer);
    self->peer = -1;
}

static void peer_closes(tap *self)
{
    close(self->peer);
    self->peer = -1;
}

/* --- stamps --- */

static void test_received_bytes_have_rising_kernel_stamps(void **state)
{
    (void)state;
    tap *self = tap_open();
    for (int i = 0; i < 5; i++) {
        self->has_received = false;
        peer_writes(self, "hello");
        loopback_run_until(&self->loop, &self->has_received);
    }
    assert_int_equal(self->received_len, 25);
    assert_int_equal(self->received_calls, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(self->received_moments[i].clock, HS_CLOCK_KERNEL);
        assert_true(i == 0 || self->received_moments[i].at > self->received_moments[i - 1].at);
    }
    assert_true(self->received_moments[0].at > -HS_MILLISECOND);
    assert_true(self->received_moments[4].at <
                hs_timeline_now(&self->timeline).at + HS_MILLISECOND);
    tap_free(self);
}

static void test_a_set_clock_falls_back_to_ours(void **state)
{
    (void)state;
    tap *self = tap_open();
    self->timeline.realtime_start -= HS_SECOND;
    assert_int_equal(hs_socket_send(self->socket, text("x")), HS_OK);
    peer_writes(self, "hello");
    loopback_run_until(&self->loop, &self->has_received);
    hs_socket_collect_stamps(self->socket);
    assert_int_equal(self->received_moments[0].clock, HS_CLOCK_USER);
    assert_int_equal(self->left_calls, 0);
    tap_free(self);
}

static void test_sent_bytes_leave(void **state)
{
    (void)state;
    tap *self = tap_open();
    self->wants_left_all = true;
    const char *parts[] = {"a", "bc", "defghi", "jklmnopqrstuvwxyz"};
    for (size_t i = 0; i < 4; i++) {
        self->has_left = false;
        assert_int_equal(hs_socket_send(self->socket, text(parts[i])), HS_OK);
        loopback_run_until(&self->loop, &self->has_left);
        assert_int_equal(self->left_calls, i + 1);
        assert_true(self->left_moment.at > self->sent_moment.at - HS_MILLISECOND);
    }
    assert_int_equal(self->left_offset, 25);
    peer_reads(self, "abcdefghijklmnopqrstuvwxyz");
    tap_free(self);
}

static void test_stamps_are_collected_without_the_loop(void **state)
{
    (void)state;
    tap *self = tap_open();
    assert_int_equal(hs_socket_send(self->socket, text("hello")), HS_OK);
    peer_reads(self, "hello");
    hs_socket_collect_stamps(self->socket);
    assert_int_equal(self->left_calls, 1);
    assert_int_equal(self->left_offset, 4);
    tap_free(self);
}

/* --- sending --- */

static void test_send_does_not_wait_for_the_loop(void **state)
{
    (void)state;
    tap *self = tap_open();
    assert_int_equal(hs_socket_send(self->socket, text("hello")), HS_OK);
    assert_int_equal(self->sent_len, 5);
    assert_int_equal(hs_socket_queued(self->socket), 0);
    assert_int_equal(hs_socket_send(self->socket, (hs_bytes){0}), HS_OK);
    assert_int_equal(self->sent_len, 5);
    peer_reads(self, "hello");
    tap_free(self);
}

static void test_what_sent_sends_comes_after(void **state)
{
    (void)state;
    tap *self = tap_open();
    self->reply = " world";
    assert_int_equal(hs_socket_send(self->socket, text("hello")), HS_OK);
    peer_reads(self, "hello world");
    assert_memory_equal(self->sent, "hello world", 11);
    tap_free(self);
}

typedef struct drain {
    tap *self;
    uv_poll_t poll;
    size_t len;
    size_t expected;
    bool done;
} drain;

static uint8_t pattern(size_t offset)
{
    return (uint8_t)(offset * 7 + (offset >> 8));
}

static void on_drain(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    drain *reader = poll->data;
    uint8_t buffer[50000];
    ssize_t n = recv(reader->self->peer, buffer, sizeof(buffer), MSG_DONTWAIT);
    if (n < 0)
        return;
    for (ssize_t i = 0; i < n; i++) {
        if (buffer[i] != pattern(reader->len + (size_t)i))
            fail_msg("byte %zu differs", reader->len + (size_t)i);
    }
    reader->len += (size_t)n;
    reader->done = n == 0 || reader->len == reader->expected;
    if (n == 0)
        uv_poll_stop(poll);
}

static void start_drain(drain *reader)
{
    uv_poll_init(&reader->self->loop, &reader->poll, reader->self->peer);
    reader->poll.data = reader;
    uv_poll_start(&reader->poll, UV_READABLE, on_drain);
}

/* Fills the kernel's buffers and the queue; returns the number of bytes taken. */
static size_t fill(tap *self)
{
    uint8_t block[10000];
    size_t total = 0;
    int small = 4096; /* else the kernel takes megabytes */
    setsockopt(hs_socket_fd(self->socket), SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    for (;;) {
        for (size_t i = 0; i < sizeof(block); i++)
            block[i] = pattern(total + i);
        hs_result result = hs_socket_send(self->socket, (hs_bytes){block, sizeof(block)});
        if (result == HS_LIMIT)
            return total;
        assert_int_equal(result, HS_OK);
        total += sizeof(block);
    }
}

static void test_a_big_queue_drains_in_order(void **state)
{
    (void)state;
    tap *self = tap_open();
    size_t total = fill(self);
    assert_true(total > HS_SOCKET_QUEUE_MAX - 10000);
    assert_true(hs_socket_queued(self->socket) <= HS_SOCKET_QUEUE_MAX);
    assert_int_equal(self->sent_len + hs_socket_queued(self->socket), total);

    /* A full kernel buffer is waited for, not asked again and again. */
    assert_true(loopback_turns(&self->loop, 50) < 50);

    drain reader = {.self = self, .expected = total};
    self->wants_left_all = true;
    start_drain(&reader);
    loopback_run_until(&self->loop, &reader.done);
    assert_int_equal(reader.len, total);
    assert_int_equal(self->sent_len, total);
    assert_int_equal(hs_socket_queued(self->socket), 0);
    for (size_t i = 0; i < total; i++) {
        if (self->sent[i] != pattern(i))
            fail_msg("sent byte %zu differs", i);
    }
    hs_socket_collect_stamps(self->socket);
    assert_int_equal(self->left_offset, total - 1);
    uv_close((uv_handle_t *)&reader.poll, NULL);
    tap_free(self);
}

static void test_shutdown_waits_for_the_queue(void **state)
{
    (void)state;
    tap *self = tap_open();
    size_t total = fill(self);
    hs_socket_shutdown(self->socket);
    assert_int_equal(hs_socket_send(self->socket, text("x")), HS_INVALID);
    drain reader = {.self = self, .expected = SIZE_MAX};
    start_drain(&reader);
    loopback_run_until(&self->loop, &reader.done);
    assert_int_equal(reader.len, total);

    /* Our direction is closed; the other is not. */
    assert_false(self->ended);
    peer_writes(self, "answer");
    loopback_run_until(&self->loop, &self->has_received);
    assert_memory_equal(self->received, "answer", 6);
    uv_close((uv_handle_t *)&reader.poll, NULL);
    uv_run(&self->loop, UV_RUN_NOWAIT);
    peer_closes(self);
    loopback_run_until(&self->loop, &self->ended);
    assert_int_equal(self->how, HS_SOCKET_FIN);
    assert_true(loopback_turns(&self->loop, 50) < 50);
    tap_free(self);
}

/* --- ends --- */

static void test_fin_comes_once_after_the_bytes(void **state)
{
    (void)state;
    tap *self = tap_open();
    peer_writes(self, "bye");
    shutdown(self->peer, SHUT_WR);
    loopback_run_until(&self->loop, &self->ended);
    assert_int_equal(self->received_len, 3);
    assert_int_equal(self->how, HS_SOCKET_FIN);
    assert_int_equal(self->end_errno, 0);
    assert_true(loopback_turns(&self->loop, 50) < 50);

    /* One may still send, and learns when that left. */
    assert_int_equal(hs_socket_send(self->socket, text("more")), HS_OK);
    loopback_run_until(&self->loop, &self->has_left);
    peer_reads(self, "more");

    /* A reset afterwards is no second end, and does not keep the loop busy. */
    peer_resets(self);
    assert_true(loopback_turns(&self->loop, 50) < 50);
    assert_int_equal(hs_socket_send(self->socket, text("more")), HS_SYSTEM);
    assert_int_equal(self->ends, 1);
    tap_free(self);
}

static void test_reset_comes_after_the_bytes(void **state)
{
    (void)state;
    tap *self = tap_open();
    assert_int_equal(hs_socket_send(self->socket, text("question")), HS_OK);
    peer_reads(self, "question");
    peer_writes(self, "part");
    peer_resets(self);
    loopback_run_until(&self->loop, &self->ended);
    assert_int_equal(self->received_len, 4);
    assert_int_equal(self->how, HS_SOCKET_RESET);
    assert_int_equal(self->end_errno, ECONNRESET);
    assert_true(loopback_turns(&self->loop, 50) < 50);
    assert_int_equal(self->ends, 1);
    tap_free(self);
}

static void test_closing_with_unread_bytes_resets(void **state)
{
    (void)state;
    tap *self = tap_open();
    assert_int_equal(hs_socket_send(self->socket, text("never read")), HS_OK);
    peer_closes(self);
    loopback_run_until(&self->loop, &self->ended);
    assert_int_equal(self->how, HS_SOCKET_RESET);
    assert_int_equal(self->left_offset, 9);
    tap_free(self);
}

static void test_a_failed_send_is_followed_by_the_end(void **state)
{
    (void)state;
    tap *self = tap_open();
    peer_writes(self, "last words");
    peer_resets(self);
    assert_int_equal(hs_socket_send(self->socket, text("x")), HS_SYSTEM);
    assert_int_equal(hs_socket_send(self->socket, text("x")), HS_SYSTEM);
    assert_int_equal(self->ends, 0);
    loopback_run_until(&self->loop, &self->ended);
    assert_memory_equal(self->received, "last words", 10);
    assert_int_equal(self->how, HS_SOCKET_RESET);
    assert_true(loopback_turns(&self->loop, 50) < 50);
    assert_int_equal(self->ends, 1);
    assert_int_equal(self->sent_len, 0);
    tap_free(self);
}

static void test_reset_on_close(void **state)
{
    (void)state;
    for (int reset = 0; reset < 2; reset++) {
        tap *self = tap_open();
        hs_socket_close(self->socket, reset == 1);
        self->socket = NULL;
        char byte;
        ssize_t n = recv(self->peer, &byte, 1, 0);
        assert_int_equal(n, reset == 1 ? -1 : 0);
        assert_true(reset == 0 || errno == ECONNRESET);
        tap_free(self);
    }
}

/* --- the owner closes from within a call-back --- */

static void test_close_within_received(void **state)
{
    (void)state;
    tap *self = tap_open();
    self->closing = IN_RECEIVED;
    peer_writes(self, "hello");
    shutdown(self->peer, SHUT_WR);
    loopback_run_until(&self->loop, &self->has_received);
    assert_null(self->socket);
    assert_int_equal(self->ends, 0);
    tap_free(self);
}

static void test_close_within_sent(void **state)
{
    (void)state;
    tap *self = tap_open();
    self->closing = IN_SENT;
    assert_int_equal(hs_socket_send(self->socket, text("hello")), HS_OK);
    assert_null(self->socket);
    peer_reads(self, "hello");
    tap_free(self);
}

static void test_close_within_sent_from_the_loop(void **state)
{
    (void)state;
    tap *self = tap_open();
    fill(self);
    self->closing = IN_SENT;
    drain reader = {.self = self, .expected = SIZE_MAX};
    start_drain(&reader);
    loopback_run_until(&self->loop, &reader.done);
    assert_null(self->socket);
    uv_close((uv_handle_t *)&reader.poll, NULL);
    tap_free(self);
}

static void test_close_within_left(void **state)
{
    (void)state;
    for (int by_loop = 0; by_loop < 2; by_loop++) {
        tap *self = tap_open();
        self->closing = IN_LEFT;
        assert_int_equal(hs_socket_send(self->socket, text("hello")), HS_OK);
        peer_reads(self, "hello");
        peer_writes(self, "never delivered");
        if (by_loop == 1)
            loopback_run_until(&self->loop, &self->has_left);
        else
            hs_socket_collect_stamps(self->socket);
        assert_null(self->socket);
        assert_int_equal(self->left_calls, 1);
        tap_free(self);
    }
}

static void test_close_within_ended(void **state)
{
    (void)state;
    for (int reset = 0; reset < 2; reset++) {
        tap *self = tap_open();
        self->closing = IN_ENDED;
        if (reset == 1)
            peer_resets(self);
        else
            peer_closes(self);
        loopback_run_until(&self->loop, &self->ended);
        assert_null(self->socket);
        assert_int_equal(self->ends, 1);
        tap_free(self);
    }
}

/* --- the rest --- */

static void test_an_idle_socket_rests(void **state)
{
    (void)state;
    tap *self = tap_open();
    assert_int_equal(hs_socket_send(self->socket, text("hello")), HS_OK);
    assert_true(loopback_turns(&self->loop, 50) < 50);
    tap_free(self);
}

static void test_one_socket_does_not_starve_the_loop(void **state)
{
    (void)state;
    tap *self = tap_open();
    tap *other = tap_new();
    int near;
    loopback_pair(&near, &other->peer);
    const hs_socket_events events = {other, on_received, on_sent, on_left, on_ended};
    assert_int_equal(hs_socket_new(&self->loop, near, &self->timeline, &events, &other->socket),
                     HS_OK);

    int big = 4 << 20;
    setsockopt(hs_socket_fd(self->socket), SOL_SOCKET, SO_RCVBUF, &big, sizeof(big));
    char *block = calloc(1, 1 << 20);
    ssize_t written = 0;
    ssize_t n;
    while ((n = send(self->peer, block, 1 << 20, MSG_DONTWAIT)) > 0)
        written += n;
    free(block);
    if (written <= 4 * 64 * 1024)
        skip(); /* this kernel's buffers are too small to show it */
    peer_writes(other, "x");
    uv_run(&self->loop, UV_RUN_ONCE);
    assert_true(other->has_received);
    assert_true(self->received_len <= 4 * 64 * 1024);
    hs_socket_close(other->socket, false);
    other->socket = NULL;
    tap_free(self);
    tap_free(other);
}

static void test_info(void **state)
{
    (void)state;
    tap *self = tap_open();
    struct tcp_info info;
    assert_int_equal(hs_socket_info(self->socket, &info), HS_OK);
    assert_int_equal(info.tcpi_state, TCP_ESTABLISHED);
    assert_true(info.tcpi_rtt > 0);
    tap_free(self);
}

static void test_a_descriptor_that_is_no_socket(void **state)
{
    (void)state;
    tap *self = tap_new();
    const hs_socket_events events = {self, on_received, on_sent, on_left, on_ended};
    assert_int_equal(hs_socket_new(&self->loop, -1, &self->timeline, &events, &self->socket),
                     HS_SYSTEM);
    assert_null(self->socket);
    tap_free(self);
}

/* --- TCP Fast Open --- */

typedef struct dial {
    int fd;
    bool connected;
} dial;

static void on_connected(void *context, int fd, const hs_connect_attempt *attempt)
{
    dial *self = context;
    assert_true(attempt->won);
    self->fd = fd;
    self->connected = true;
}

static void on_failed(void *context, hs_failure_class failure, int os_errno)
{
    (void)context;
    fail_msg("not connected: %d, errno %d", failure, os_errno);
}

static tap *tap_dial(uint16_t port)
{
    tap *self = tap_new();
    dial dialed = {.fd = -1};
    const hs_connect_options options = {.fast_open = true};
    const hs_connect_events events = {&dialed, on_connected, on_failed};
    hs_connector *connector;
    assert_int_equal(hs_connector_new(&self->loop, &self->timeline, &options, &events, &connector),
                     HS_OK);
    hs_address address = loopback_address(4, port);
    assert_int_equal(hs_connector_add(connector, &address, 1), HS_OK);
    hs_connector_close_list(connector);
    loopback_run_until(&self->loop, &dialed.connected);
    hs_connector_free(connector);
    tap_open_on(self, dialed.fd);
    return self;
}

static int fast_open_listener(void **state, uint16_t *port)
{
    if (*(bool *)*state == false || !loopback_enable_fast_open())
        skip(); /* needs a network namespace */
    int listener = loopback_listen(4, 4, port);
    tap *self = tap_dial(*port); /* gets the cookie */
    assert_int_equal(hs_socket_send(self->socket, text("x")), HS_OK);
    self->peer = accept(listener, NULL, NULL);
    peer_reads(self, "x");
    tap_free(self);
    return listener;
}

static uint8_t state_of(tap *self)
{
    struct tcp_info info;
    assert_int_equal(hs_socket_info(self->socket, &info), HS_OK);
    return info.tcpi_state;
}

static void test_fast_open_sends_with_the_syn(void **state)
{
    uint16_t port;
    int listener = fast_open_listener(state, &port);
    tap *self = tap_dial(port);
    assert_int_equal(state_of(self), TCP_SYN_SENT);
    assert_true(loopback_turns(&self->loop, 50) < 50);
    assert_int_equal(hs_socket_send(self->socket, text("early")), HS_OK);
    assert_int_equal(self->sent_len, 5);
    self->peer = accept(listener, NULL, NULL);
    peer_reads(self, "early");
    peer_writes(self, "answer");
    loopback_run_until(&self->loop, &self->has_received);
    struct tcp_info info;
    assert_int_equal(hs_socket_info(self->socket, &info), HS_OK);
    assert_true(info.tcpi_options & TCPI_OPT_SYN_DATA);

    /* From here on the stamps count as ever, the early bytes included. */
    self->wants_left_all = true;
    assert_int_equal(hs_socket_send(self->socket, text("later")), HS_OK);
    loopback_run_until(&self->loop, &self->has_left);
    assert_int_equal(self->left_offset, 9);
    assert_true(loopback_turns(&self->loop, 50) < 50);
    tap_free(self);
    close(listener);
}

static void test_fast_open_with_more_than_the_syn_holds(void **state)
{
    uint16_t port;
    int listener = fast_open_listener(state, &port);
    tap *self = tap_dial(port);
    size_t total = fill(self);
    hs_socket_shutdown(self->socket);
    self->peer = accept(listener, NULL, NULL);
    drain reader = {.self = self, .expected = SIZE_MAX};
    start_drain(&reader);
    loopback_run_until(&self->loop, &reader.done);
    assert_int_equal(reader.len, total);
    hs_socket_collect_stamps(self->socket);
    assert_int_equal(self->left_offset, total - 1);
    uv_close((uv_handle_t *)&reader.poll, NULL);
    tap_free(self);
    close(listener);
}

static void test_fast_open_with_nothing_to_say(void **state)
{
    uint16_t port;
    int listener = fast_open_listener(state, &port);
    tap *self = tap_dial(port);
    assert_int_equal(hs_socket_send(self->socket, (hs_bytes){0}), HS_OK);
    assert_int_equal(self->sent_len, 0);
    self->peer = accept(listener, NULL, NULL);
    peer_writes(self, "hello");
    loopback_run_until(&self->loop, &self->has_received);
    self->wants_left_all = true;
    assert_int_equal(hs_socket_send(self->socket, text("abc")), HS_OK);
    loopback_run_until(&self->loop, &self->has_left);
    assert_int_equal(self->left_offset, 2);
    tap_free(self);
    close(listener);
}

static void test_fast_open_to_a_port_that_closed(void **state)
{
    uint16_t port;
    close(fast_open_listener(state, &port));
    tap *self = tap_dial(port);
    hs_result result = hs_socket_send(self->socket, text("early"));
    assert_true(result == HS_OK || result == HS_SYSTEM);
    loopback_run_until(&self->loop, &self->ended);
    assert_int_equal(self->how, HS_SOCKET_ERROR);
    assert_int_equal(self->end_errno, ECONNREFUSED);
    assert_true(loopback_turns(&self->loop, 50) < 50);
    tap_free(self);
}

int main(void)
{
    bool own_network = loopback_own_network();
    /* Stamping starts a moment after the first socket asked for it. */
    int keeper = socket(AF_INET, SOCK_DGRAM, 0);
    if (!hs_stamp_receiving(keeper)) {
        print_message("skipped: this kernel has no SO_TIMESTAMPING\n");
        return 77;
    }
    usleep(50000);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_received_bytes_have_rising_kernel_stamps),
        cmocka_unit_test(test_a_set_clock_falls_back_to_ours),
        cmocka_unit_test(test_sent_bytes_leave),
        cmocka_unit_test(test_stamps_are_collected_without_the_loop),
        cmocka_unit_test(test_send_does_not_wait_for_the_loop),
        cmocka_unit_test(test_what_sent_sends_comes_after),
        cmocka_unit_test(test_a_big_queue_drains_in_order),
        cmocka_unit_test(test_shutdown_waits_for_the_queue),
        cmocka_unit_test(test_fin_comes_once_after_the_bytes),
        cmocka_unit_test(test_reset_comes_after_the_bytes),
        cmocka_unit_test(test_closing_with_unread_bytes_resets),
        cmocka_unit_test(test_a_failed_send_is_followed_by_the_end),
        cmocka_unit_test(test_reset_on_close),
        cmocka_unit_test(test_close_within_received),
        cmocka_unit_test(test_close_within_sent),
        cmocka_unit_test(test_close_within_sent_from_the_loop),
        cmocka_unit_test(test_close_within_left),
        cmocka_unit_test(test_close_within_ended),
        cmocka_unit_test(test_an_idle_socket_rests),
        cmocka_unit_test(test_one_socket_does_not_starve_the_loop),
        cmocka_unit_test(test_info),
        cmocka_unit_test(test_a_descriptor_that_is_no_socket),
        cmocka_unit_test_prestate(test_fast_open_sends_with_the_syn, &own_network),
        cmocka_unit_test_prestate(test_fast_open_with_more_than_the_syn_holds, &own_network),
        cmocka_unit_test_prestate(test_fast_open_with_nothing_to_say, &own_network),
        cmocka_unit_test_prestate(test_fast_open_to_a_port_that_closed, &own_network),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    close(keeper);
    return failed;
}
