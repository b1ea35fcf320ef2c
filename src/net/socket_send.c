/* The sending half of a socket: its queue, and FIN. */
#include <errno.h>
#include <sys/socket.h>

#include "net/socket_state.h"

void hs_socket_send_failed(hs_socket *socket, int os_errno)
{
    socket->send_errno = os_errno;
    socket->dead = true;
    hs_buffer_free(&socket->queue);
}

/* How many of `bytes` the kernel took; 0 also where it took none for now, or the socket broke. */
static size_t send_some(hs_socket *socket, hs_bytes bytes, hs_moment *moment)
{
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes.data, .iov_len = bytes.len};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t n;
    do {
        *moment = hs_timeline_now(socket->timeline);
        n = sendmsg(socket->fd, &message, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    /* EINPROGRESS: a SYN without data was sent, by TCP Fast Open. */
    if (n < 0 && errno != EAGAIN && errno != EINPROGRESS) {
        hs_socket_send_failed(socket, errno);
        return 0;
    }
    socket->syn_sent = true;
    return n < 0 ? 0 : (size_t)n;
}

static void shut_down_if_wanted(hs_socket *socket)
{
    if (!socket->shutdown_wanted || socket->shutdown_done || socket->closed || socket->dead ||
        socket->connecting || hs_socket_queued(socket) > 0)
        return;
    socket->shutdown_done = true;
    shutdown(socket->fd,
             SHUT_WR); /* fails only where the connection is gone, which ends it anyway */
}

void hs_socket_flush(hs_socket *socket)
{
    while (!socket->closed && !socket->dead && hs_socket_queued(socket) > 0) {
        hs_bytes bytes = hs_buffer_bytes(&socket->queue);
        hs_moment moment;
        bytes.len = send_some(socket, bytes, &moment);
        if (bytes.len == 0)
            return;
        socket->events.sent(socket->events.context, bytes, moment);
        if (!socket->closed)
            hs_buffer_consume(&socket->queue, bytes.len);
    }
    shut_down_if_wanted(socket);
}

hs_result hs_socket_send(hs_socket *socket, hs_bytes bytes)
{
    if (socket->shutdown_wanted)
        return HS_INVALID;
    if (socket->dead)
        return HS_SYSTEM;
    size_t queued = hs_socket_queued(socket);
    if (bytes.len > HS_SOCKET_QUEUE_MAX - queued)
        return HS_LIMIT;
    if (queued > 0)
        return hs_buffer_append(&socket->queue, bytes);
    if (bytes.len == 0 && (!socket->connecting || socket->syn_sent))
        return HS_OK;

    hs_moment moment;
    size_t n = send_some(socket, bytes, &moment);
    hs_bytes sent = {bytes.data, n};
    hs_result result = socket->dead ? HS_SYSTEM : HS_OK;
    /* Queued before `sent` is called: what that may send comes after these. */
    if (result == HS_OK && n < bytes.len)
        result = hs_buffer_append(&socket->queue, (hs_bytes){bytes.data + n, bytes.len - n});
    hs_socket_watch(socket);
    if (n > 0)
        socket->events.sent(socket->events.context, sent, moment);
    return result;
}

size_t hs_socket_queued(const hs_socket *socket)
{
    return hs_buffer_bytes(&socket->queue).len;
}

void hs_socket_shutdown(hs_socket *socket)
{
    socket->shutdown_wanted = true;
    shut_down_if_wanted(socket);
    hs_socket_watch(socket);
}
