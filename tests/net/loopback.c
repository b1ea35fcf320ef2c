#include "loopback.h"

#include <fcntl.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the four above first */
#include <cmocka.h>

bool loopback_own_network(void)
{
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return false;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    bool is_up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    close(fd);
    return is_up;
}

bool loopback_enable_fast_open(void)
{
    int fd = open("/proc/sys/net/ipv4/tcp_fastopen", O_WRONLY);
    bool done = fd >= 0 && write(fd, "3", 1) == 1;
    if (fd >= 0)
        close(fd);
    return done;
}

hs_address loopback_literal(const char *text, uint16_t port)
{
    hs_address address;
    assert_int_equal(hs_address_parse(text, port, &address), HS_OK);
    return address;
}

hs_address loopback_address(int family, uint16_t port)
{
    return loopback_literal(family == 6 ? "::1" : "127.0.0.1", port);
}

static uint16_t port_of(int fd)
{
    struct sockaddr_in6 name; /* its port lies where sockaddr_in's does */
    socklen_t len = sizeof(name);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
    return ntohs(name.sin6_port);
}

static int bound_socket(int family)
{
    hs_address address = loopback_address(family, 0);
    int fd = socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address.storage, address.len), 0);
    return fd;
}

int loopback_listen(int family, int backlog, uint16_t *port)
{
    int fd = bound_socket(family);
    int fast_open_queue = 16;
    setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN, &fast_open_queue, sizeof(fast_open_queue));
    assert_int_equal(listen(fd, backlog), 0);
    *port = port_of(fd);
    return fd;
}

uint16_t loopback_closed_port(void)
{
    int fd = bound_socket(4);
    uint16_t port = port_of(fd);
    close(fd);
    return port;
}

void loopback_pair(int *near, int *far)
{
    uint16_t port;
    int listener = loopback_listen(4, 4, &port);
    hs_address address = loopback_address(4, port);
    *near = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(*near, (struct sockaddr *)&address.storage, address.len), 0);
    *far = accept(listener, NULL, NULL);
    assert_true(*far >= 0);
    assert_int_equal(fcntl(*near, F_SETFL, O_NONBLOCK), 0);
    close(listener);
}

/* The loop runs as it does in the program, and is stopped before it would sleep with the flag set.
 */
typedef struct run {
    const bool *flag;
    bool late;
    unsigned turns;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_timer_t deadline;
} run;

static void stop_if_over(run *self, uv_loop_t *loop)
{
    if (self->late || (self->flag != NULL && *self->flag))
        uv_stop(loop);
}

static void on_prepare(uv_prepare_t *prepare)
{
    run *self = prepare->data;
    self->turns++;
    stop_if_over(self, prepare->loop);
}

static void on_check(uv_check_t *check)
{
    stop_if_over(check->data, check->loop);
}

static void on_deadline(uv_timer_t *timer)
{
    run *self = timer->data;
    self->late = true;
}

static unsigned run_loop(uv_loop_t *loop, const bool *flag, uint64_t milliseconds)
{
    run self = {.flag = flag};
    uv_prepare_init(loop, &self.prepare);
    uv_check_init(loop, &self.check);
    uv_timer_init(loop, &self.deadline);
    self.prepare.data = self.check.data = self.deadline.data = &self;
    uv_prepare_start(&self.prepare, on_prepare);
    uv_check_start(&self.check, on_check);
    uv_update_time(loop);
    uv_timer_start(&self.deadline, on_deadline, milliseconds, 0);
    uv_run(loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&self.prepare, NULL);
    uv_close((uv_handle_t *)&self.check, NULL);
    uv_close((uv_handle_t *)&self.deadline, NULL);
    uv_run(loop, UV_RUN_NOWAIT);
    return self.turns;
}

void loopback_run_until(uv_loop_t *loop, const bool *flag)
{
    run_loop(loop, flag, 10000);
    assert_true(*flag);
}

unsigned loopback_turns(uv_loop_t *loop, uint64_t milliseconds)
{
    return run_loop(loop, NULL, milliseconds);
}

void loopback_close(uv_loop_t *loop)
{
    for (int i = 0; i < 4; i++)
        uv_run(loop, UV_RUN_NOWAIT);
    assert_int_equal(uv_loop_close(loop), 0);
}
