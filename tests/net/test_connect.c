/* Happy Eyeballs: order, delays' effects, outcomes, and the classes of errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loopback.h"
#include "net/connect.h"

typedef struct dial {
    uv_loop_t loop;
    hs_timeline timeline;
    hs_connector *connector;
    bool frees; /* the connector, from within the call-back */
    int fd;
    bool told;
    unsigned calls;
    hs_connect_attempt won;
    hs_failure_class failure;
    int os_errno;
} dial;

static void tell(dial *self)
{
    self->told = true;
    self->calls++;
    if (self->frees) {
        hs_connector_free(self->connector);
        self->connector = NULL;
    }
}

static void on_connected(void *context, int fd, const hs_connect_attempt *attempt)
{
    dial *self = context;
    self->fd = fd;
    self->won = *attempt;
    tell(self);
}

static void on_failed(void *context, hs_failure_class failure, int os_errno)
{
    dial *self = context;
    self->failure = failure;
    self->os_errno = os_errno;
    tell(self);
}

static dial *dial_new(void)
{
    dial *self = calloc(1, sizeof(*self));
    self->fd = -1;
    uv_loop_init(&self->loop);
    hs_timeline_start(&self->timeline);
    const hs_connect_options options = {.fast_open = false};
    const hs_connect_events events = {self, on_connected, on_failed};
    assert_int_equal(
        hs_connector_new(&self->loop, &self->timeline, &options, &events, &self->connector), HS_OK);
    return self;
}

static void dial_free(dial *self)
{
    hs_connector_free(self->connector);
    if (self->fd >= 0)
        close(self->fd);
    loopback_close(&self->loop);
    assert_true(self->calls <= 1);
    free(self);
}

static void add(dial *self, const hs_address *addresses, size_t count)
{
    assert_int_equal(hs_connector_add(self->connector, addresses, count), HS_OK);
    assert_int_equal(self->calls, 0); /* never from within */
}

static void run(dial *self)
{
    hs_connector_close_list(self->connector);
    assert_int_equal(self->calls, 0);
    loopback_run_until(&self->loop, &self->told);
}

static const hs_connect_attempt *attempts(const dial *self, size_t expected)
{
    size_t count;
    const hs_connect_attempt *list = hs_connector_attempts(self->connector, &count);
    assert_int_equal(count, expected);
    return list;
}

static int option(int fd, int level, int name)
{
    int value = 0;
    socklen_t len = sizeof(value);
    assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
    return value;
}

static void test_one_address(void **state)
{
    (void)state;
    uint16_t port;
    int listener = loopback_listen(4, 4, &port);
    dial *self = dial_new();
    hs_address address = loopback_address(4, port);
    add(self, &address, 1);
    run(self);
    const hs_connect_attempt *attempt = attempts(self, 1);
    assert_true(self->fd >= 0);
    assert_true(attempt->won);
    assert_true(self->won.won);
    assert_int_equal(attempt->failure, HS_FAILURE_NONE);
    assert_int_equal(attempt->start.clock, HS_CLOCK_USER);
    assert_true(attempt->start.at >= 0);
    assert_true(attempt->end.at > attempt->start.at);
    assert_memory_equal(&attempt->address, &address, sizeof(address));
    assert_true(fcntl(self->fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(self->fd, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(option(self->fd, IPPROTO_TCP, TCP_NODELAY), 1);
    assert_true(option(self->fd, SOL_SOCKET, SO_TIMESTAMPING) != 0);
    assert_int_equal(write(self->fd, "x", 1), 1);
    dial_free(self);
    close(listener);
}

static void test_refused(void **state)
{
    (void)state;
    dial *self = dial_new();
    hs_address address = loopback_address(4, loopback_closed_port());
    add(self, &address, 1);
    run(self);
    assert_int_equal(self->fd, -1);
    assert_int_equal(self->failure, HS_FAILURE_TCP_REFUSED);
    assert_int_equal(self->os_errno, ECONNREFUSED);
    const hs_connect_attempt *attempt = attempts(self, 1);
    assert_int_equal(attempt->failure, HS_FAILURE_TCP_REFUSED);
    assert_true(attempt->end.at >= attempt->start.at);
    assert_false(attempt->won);
    dial_free(self);
}

static void test_the_next_after_a_refused_one(void **state)
{
    (void)state;
    uint16_t port;
    int listener = loopback_listen(4, 4, &port);
    dial *self = dial_new();
    hs_address addresses[] = {loopback_address(4, loopback_closed_port()),
                              loopback_address(4, port)};
    add(self, addresses, 2);
    run(self);
    assert_true(self->fd >= 0);
    const hs_connect_attempt *list = attempts(self, 2);
    assert_int_equal(list[0].os_errno, ECONNREFUSED);
    assert_true(list[0].end.at >= list[0].start.at);
    assert_true(list[1].won);
    assert_true(list[1].start.at >= list[0].end.at);
    dial_free(self);
    close(listener);
}

static void test_unreachable(void **state)
{
    if (!*(bool *)*state)
        skip(); /* only where nothing can get outside */
    dial *self = dial_new();
    hs_address addresses[] = {loopback_literal("240.0.0.1", 9), loopback_literal("2001:db8::1", 9)};
    add(self, addresses, 2);
    run(self);
    assert_int_equal(self->failure, HS_FAILURE_TCP_ADDRESS_UNREACHABLE);
    const hs_connect_attempt *list = attempts(self, 2);
    assert_int_equal(list[0].failure, HS_FAILURE_TCP_ADDRESS_UNREACHABLE);
    assert_int_equal(list[1].failure, HS_FAILURE_TCP_ADDRESS_UNREACHABLE);
    assert_int_equal(hs_address_family(&list[0].address), 6);
    dial_free(self);
}

static void test_the_failure_that_tells_most(void **state)
{
    if (!*(bool *)*state)
        skip();
    dial *self = dial_new();
    hs_address addresses[] = {loopback_literal("240.0.0.1", 9),
                              loopback_address(4, loopback_closed_port()),
                              loopback_literal("2001:db8::1", 9)};
    add(self, addresses, 3);
    run(self);
    assert_int_equal(self->failure, HS_FAILURE_TCP_REFUSED);
    assert_int_equal(self->os_errno, ECONNREFUSED);
    dial_free(self);
}

static void test_families_take_turns(void **state)
{
    (void)state;
    uint16_t closed = loopback_closed_port();
    dial *self = dial_new();
    hs_address addresses[] = {
        loopback_literal("127.0.0.1", closed), loopback_literal("127.0.0.2", closed),
        loopback_literal("127.0.0.3", closed), loopback_literal("::1", closed),
        loopback_literal("::1", closed),
    };
    add(self, addresses, 5);
    run(self);
    static const char *const order[] = {"::1", "127.0.0.1", "::1", "127.0.0.2", "127.0.0.3"};
    const hs_connect_attempt *list = attempts(self, 5);
    for (size_t i = 0; i < 5; i++) {
        char text[INET6_ADDRSTRLEN + 16];
        hs_address_text(&list[i].address, text);
        assert_string_equal(text, order[i]);
    }
    dial_free(self);
}

static void test_ipv4_waits_for_ipv6(void **state)
{
    (void)state;
    uint16_t port;
    int listener = loopback_listen(6, 4, &port);
    dial *self = dial_new();
    hs_address ipv4 = loopback_address(4, port);
    hs_address ipv6 = loopback_address(6, port);
    add(self, &ipv4, 1);
    attempts(self, 0);
    add(self, &ipv6, 1);
    run(self);
    assert_int_equal(hs_address_family(&self->won.address), 6);
    attempts(self, 1);
    dial_free(self);
    close(listener);
}

static void test_ipv4_does_not_wait_for_ever(void **state)
{
    (void)state;
    uint16_t port;
    int listener = loopback_listen(4, 4, &port);
    dial *self = dial_new();
    hs_address ipv4 = loopback_address(4, port);
    add(self, &ipv4, 1);
    attempts(self, 0);
    loopback_run_until(&self->loop, &self->told); /* the list is still open */
    assert_int_equal(hs_address_family(&self->won.address), 4);
    dial_free(self);
    close(listener);
}

static void test_an_open_list_is_waited_for(void **state)
{
    (void)state;
    uint16_t port;
    int listener = loopback_listen(4, 4, &port);
    dial *self = dial_new();
    hs_address closed = loopback_address(6, loopback_closed_port());
    hs_address good = loopback_address(4, port);
    add(self, &closed, 1);
    loopback_turns(&self->loop, 20);
    assert_false(self->told);
    attempts(self, 1);
    add(self, &good, 1);
    loopback_run_until(&self->loop, &self->told);
    assert_true(self->won.won);
    attempts(self, 2);
    dial_free(self);
    close(listener);
}

static void test_closing_the_list_after_all_failed(void **state)
{
    (void)state;
    dial *self = dial_new();
    hs_address closed = loopback_address(6, loopback_closed_port());
    add(self, &closed, 1);
    loopback_turns(&self->loop, 20);
    assert_false(self->told);
    run(self);
    assert_int_equal(self->failure, HS_FAILURE_TCP_REFUSED);
    dial_free(self);
}

static void test_no_address_at_all(void **state)
{
    (void)state;
    dial *self = dial_new();
    run(self);
    assert_int_equal(self->failure, HS_FAILURE_TCP_FAILED);
    assert_int_equal(self->os_errno, 0);
    attempts(self, 0);
    dial_free(self);
}

/* A listener whose queue is full drops SYNs, as a firewall would. */
static int silent_listener(uint16_t *port, int fillers[2])
{
    int listener = loopback_listen(4, 0, port);
    hs_address address = loopback_address(4, *port);
    for (int i = 0; i < 2; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        int result = connect(fillers[i], (struct sockaddr *)&address.storage, address.len);
        assert_true(result == 0 || errno == EINPROGRESS);
    }
    usleep(1000);
    return listener;
}

static void test_a_silent_address_is_overtaken(void **state)
{
    (void)state;
    uint16_t silent;
    uint16_t port;
    int fillers[2];
    int silent_fd = silent_listener(&silent, fillers);
    int listener = loopback_listen(4, 4, &port);
    dial *self = dial_new();
    hs_address addresses[] = {loopback_address(4, silent), loopback_address(4, port)};
    add(self, addresses, 2);
    run(self);
    const hs_connect_attempt *list = attempts(self, 2);
    assert_true(list[1].won);
    assert_true(list[1].start.at - list[0].start.at >= 249 * HS_MILLISECOND);
    assert_false(list[0].won);
    assert_int_equal(list[0].end.at, HS_TIME_NONE); /* given up */
    assert_int_equal(list[0].failure, HS_FAILURE_NONE);
    dial_free(self);
    close(silent_fd);
    close(listener);
    close(fillers[0]);
    close(fillers[1]);
}

static void test_giving_up(void **state)
{
    (void)state;
    uint16_t silent;
    int fillers[2];
    int silent_fd = silent_listener(&silent, fillers);
    dial *self = dial_new();
    hs_address address = loopback_address(4, silent);
    add(self, &address, 1);
    hs_connector_close_list(self->connector);
    loopback_turns(&self->loop, 20);
    assert_false(self->told);
    assert_int_equal(attempts(self, 1)->end.at, HS_TIME_NONE);
    dial_free(self);
    close(silent_fd);
    close(fillers[0]);
    close(fillers[1]);
}

static void test_free_before_the_outcome_is_told(void **state)
{
    (void)state;
    uint16_t port;
    int listener = loopback_listen(4, 4, &port);
    dial *self = dial_new();
    hs_address address = loopback_address(4, port);
    add(self, &address, 1);
    hs_connector_close_list(self->connector);
    hs_connector_free(self->connector);
    self->connector = NULL;
    loopback_turns(&self->loop, 10);
    assert_false(self->told);
    dial_free(self);
    close(listener);
}

static void test_free_within_the_call_back(void **state)
{
    (void)state;
    uint16_t port;
    int listener = loopback_listen(4, 4, &port);
    uint16_t ports[] = {port, loopback_closed_port()};
    for (size_t i = 0; i < 2; i++) {
        dial *self = dial_new();
        self->frees = true;
        hs_address address = loopback_address(4, ports[i]);
        add(self, &address, 1);
        run(self);
        assert_null(self->connector);
        assert_int_equal(self->fd >= 0, i == 0);
        dial_free(self);
    }
    close(listener);
}

static void test_more_addresses_than_attempts(void **state)
{
    (void)state;
    uint16_t closed = loopback_closed_port();
    hs_address addresses[HS_CONNECT_ATTEMPTS_MAX + 8];
    for (size_t i = 0; i < HS_CONNECT_ATTEMPTS_MAX + 8; i++)
        addresses[i] = loopback_address(i % 2 == 0 ? 4 : 6, closed);
    dial *self = dial_new();
    add(self, addresses, HS_CONNECT_ATTEMPTS_MAX + 8);
    run(self);
    assert_int_equal(self->failure, HS_FAILURE_TCP_REFUSED);
    attempts(self, HS_CONNECT_ATTEMPTS_MAX);
    dial_free(self);
}

static void test_classes(void **state)
{
    (void)state;
    assert_int_equal(hs_connect_failure_class(0), HS_FAILURE_NONE);
    assert_int_equal(hs_connect_failure_class(ECONNREFUSED), HS_FAILURE_TCP_REFUSED);
    assert_int_equal(hs_connect_failure_class(ETIMEDOUT), HS_FAILURE_TCP_TIMED_OUT);
    assert_int_equal(hs_connect_failure_class(ECONNRESET), HS_FAILURE_TCP_RESET);
    static const int unreachable[] = {EHOSTUNREACH,  ENETUNREACH,  ENETDOWN,
                                      EADDRNOTAVAIL, EAFNOSUPPORT, EHOSTDOWN};
    for (size_t i = 0; i < sizeof(unreachable) / sizeof(unreachable[0]); i++)
        assert_int_equal(hs_connect_failure_class(unreachable[i]),
                         HS_FAILURE_TCP_ADDRESS_UNREACHABLE);
    assert_int_equal(hs_connect_failure_class(EMFILE), HS_FAILURE_LOCAL);
    assert_int_equal(hs_connect_failure_class(EPERM), HS_FAILURE_TCP_FAILED);
}

int main(void)
{
    bool own_network = loopback_own_network();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_address),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_the_next_after_a_refused_one),
        cmocka_unit_test_prestate(test_unreachable, &own_network),
        cmocka_unit_test_prestate(test_the_failure_that_tells_most, &own_network),
        cmocka_unit_test(test_families_take_turns),
        cmocka_unit_test(test_ipv4_waits_for_ipv6),
        cmocka_unit_test(test_ipv4_does_not_wait_for_ever),
        cmocka_unit_test(test_an_open_list_is_waited_for),
        cmocka_unit_test(test_closing_the_list_after_all_failed),
        cmocka_unit_test(test_no_address_at_all),
        cmocka_unit_test(test_a_silent_address_is_overtaken),
        cmocka_unit_test(test_giving_up),
        cmocka_unit_test(test_free_before_the_outcome_is_told),
        cmocka_unit_test(test_free_within_the_call_back),
        cmocka_unit_test(test_more_addresses_than_attempts),
        cmocka_unit_test(test_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
