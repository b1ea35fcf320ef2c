/* One connect() in an event loop. */
#include "net/connect_attempt.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "net/socket_stamp.h"

hs_failure_class hs_connect_failure_class(int os_errno)
{
    switch (os_errno) {
    case 0:
        return HS_FAILURE_NONE;
    case ECONNREFUSED:
        return HS_FAILURE_TCP_REFUSED;
    case ETIMEDOUT:
        return HS_FAILURE_TCP_TIMED_OUT;
    case ECONNRESET:
        return HS_FAILURE_TCP_RESET;
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENETUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL: /* no address of our own in this family */
    case EAFNOSUPPORT:
        return HS_FAILURE_TCP_ADDRESS_UNREACHABLE;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
        return HS_FAILURE_LOCAL;
    default:
        return HS_FAILURE_TCP_FAILED;
    }
}

static void on_closed(uv_handle_t *handle)
{
    hs_attempt_socket *attempt = handle->data;
    attempt->closed(attempt->context);
}

int hs_attempt_take(hs_attempt_socket *attempt)
{
    int fd = attempt->fd;
    attempt->fd = -1;
    if (attempt->polled) {
        attempt->polled = false;
        uv_close((uv_handle_t *)&attempt->poll, on_closed);
    }
    return fd;
}

/* An error comes as EPOLLERR, which libuv turns into a status of its own; SO_ERROR has the truth.
 */
static void on_writable(uv_poll_t *poll, int status, int events)
{
    (void)events;
    hs_attempt_socket *attempt = poll->data;
    int os_errno = 0;
    socklen_t len = sizeof(os_errno);
    if (getsockopt(attempt->fd, SOL_SOCKET, SO_ERROR, &os_errno, &len) != 0)
        os_errno = errno;
    if (os_errno == 0 && status < 0)
        os_errno = -status;
    uv_poll_stop(poll);
    attempt->settled(attempt->context, attempt->index, os_errno);
}

static int open_socket(int family, bool fast_open)
{
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (fd < 0)
        return -1;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (fast_open) /* where the kernel has none, the connection is an ordinary one */
        setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof(on));
    hs_stamp_receiving(fd);
    return fd;
}

static int wait_for(hs_attempt_socket *attempt, uv_loop_t *loop)
{
    int status = uv_poll_init_socket(loop, &attempt->poll, attempt->fd);
    if (status != 0)
        return -status;
    attempt->poll.data = attempt;
    attempt->polled = true;
    attempt->has_handle = true;
    status = uv_poll_start(&attempt->poll, UV_WRITABLE, on_writable);
    return status != 0 ? -status : EINPROGRESS;
}

/* What cannot be tapped is connected all the same. */
static void tap_packets(const hs_attempt_socket *attempt, const hs_connect_options *options,
                        hs_connect_attempt *told)
{
    if (options->tap && attempt->fd >= 0 &&
        hs_packet_tap_add(options->tap, attempt->fd, &told->address, &told->local_port) != HS_OK)
        told->local_port = 0;
}

int hs_attempt_start(hs_attempt_socket *attempt, uv_loop_t *loop, const hs_connect_options *options,
                     const hs_timeline *timeline, hs_connect_attempt *told, hs_moment *ended)
{
    const hs_address *address = &told->address;
    attempt->fd = open_socket(address->storage.ss_family, options->fast_open);
    int os_errno = attempt->fd < 0 ? errno : 0;
    tap_packets(attempt, options, told);
    told->start = hs_timeline_now(timeline);
    if (os_errno == 0 &&
        connect(attempt->fd, (const struct sockaddr *)&address->storage, address->len) != 0)
        os_errno = errno;
    *ended = hs_timeline_now(timeline);
    if (os_errno == EINPROGRESS)
        os_errno = wait_for(attempt, loop);
    if (os_errno != 0 && os_errno != EINPROGRESS && attempt->fd >= 0)
        close(hs_attempt_take(attempt));
    return os_errno;
}
