/* The sockets that a service listens on. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "net/file.h"
#include "serve/listen.h"

enum {
    PORT_TRIES = 32,     /* a port that is free on one address may be taken on the other */
    FAST_OPEN_QUEUE = 64 /* RFC 7413; the system decides whether it is used */
};

void hs_listen_set_port(hs_listen_address *address, int port)
{
    if (address->storage.ss_family == AF_INET6) {
        ((struct sockaddr_in6 *)&address->storage)->sin6_port = htons((uint16_t)port);
    } else {
        ((struct sockaddr_in *)&address->storage)->sin_port = htons((uint16_t)port);
    }
}

int hs_listen_port(const hs_listen_address *address)
{
    return address->storage.ss_family == AF_INET6
               ? ntohs(((const struct sockaddr_in6 *)&address->storage)->sin6_port)
               : ntohs(((const struct sockaddr_in *)&address->storage)->sin_port);
}

const char *hs_listen_text(const hs_listen_address *address, char out[HS_LISTEN_TEXT_MAX])
{
    char text[HS_LISTEN_TEXT_MAX - 16] = "?";
    bool v6 = address->storage.ss_family == AF_INET6;
    if (v6) {
        uv_ip6_name((const struct sockaddr_in6 *)&address->storage, text, sizeof text);
    } else {
        uv_ip4_name((const struct sockaddr_in *)&address->storage, text, sizeof text);
    }
    snprintf(out, HS_LISTEN_TEXT_MAX, v6 ? "[%s]:%d" : "%s:%d", text, hs_listen_port(address));
    return out;
}

static bool read_address(const char *text, hs_listen_address *out)
{
    memset(out, 0, sizeof *out);
    char bare[HS_LISTEN_TEXT_MAX];
    size_t len = strlen(text);
    if (len > 2 && len < sizeof bare && text[0] == '[' && text[len - 1] == ']') {
        memcpy(bare, text + 1, len - 2);
        bare[len - 2] = '\0';
        text = bare;
    }
    if (uv_ip4_addr(text, 0, (struct sockaddr_in *)&out->storage) == 0) {
        out->len = sizeof(struct sockaddr_in);
        return true;
    }
    if (uv_ip6_addr(text, 0, (struct sockaddr_in6 *)&out->storage) == 0) {
        out->len = sizeof(struct sockaddr_in6);
        return true;
    }
    return false;
}

hs_result hs_listen_addresses(const char *bind_to, hs_listen_address out[HS_LISTEN_MAX],
                              size_t *count, hs_problem *problem)
{
    static const char *const loopback[HS_LISTEN_MAX] = {"127.0.0.1", "::1"};
    *count = 0;
    if (!bind_to) {
        for (; *count < HS_LISTEN_MAX; ++*count) {
            (void)read_address(loopback[*count], &out[*count]);
        }
        return HS_OK;
    }
    if (!read_address(bind_to, &out[0])) {
        return hs_problem_set(problem, HS_INVALID, "bind: '%.64s' is not an IP address", bind_to);
    }
    *count = 1;
    return HS_OK;
}

/* Gives the descriptor, or -1 with errno. `address` gets the port that was picked. */
static int open_one(hs_listen_address *address, bool only_v6)
{
    int family = address->storage.ss_family;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    int on = 1;
    int queue = FAST_OPEN_QUEUE;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (family == AF_INET6 && only_v6) {
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    }
    socklen_t len = sizeof address->storage;
    if (bind(fd, (const struct sockaddr *)&address->storage, address->len) == 0) {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof queue);
        if (listen(fd, SOMAXCONN) == 0 &&
            getsockname(fd, (struct sockaddr *)&address->storage, &len) == 0) {
            return fd;
        }
    }
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

void hs_listening_close(hs_listening *listening)
{
    for (size_t i = 0; i < listening->count; i++) {
        if (listening->fds[i] >= 0) {
            close(listening->fds[i]);
        }
    }
    listening->count = 0;
}

/* 0, or the errno of what could not be bound, with its address in `failed`. */
static int open_all(const hs_listen_address *addresses, size_t count, int port, hs_listening *out,
                    hs_listen_address *failed)
{
    *out = (hs_listening){.count = 0};
    for (size_t i = 0; i < count; i++) {
        hs_listen_address address = addresses[i];
        hs_listen_set_port(&address, port);
        int fd = open_one(&address, count > 1);
        bool lacks = i > 0 && fd < 0 && (errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT);
        if (lacks) {
            out->lacks_ipv6 = true;
            continue;
        }
        if (fd < 0) {
            int error = errno;
            *failed = address;
            hs_listening_close(out);
            return error;
        }
        port = hs_listen_port(&address);
        out->fds[out->count] = fd;
        out->addresses[out->count++] = address;
    }
    return 0;
}

hs_result hs_listen(const char *scheme, const hs_listen_address *addresses, size_t count, int port,
                    hs_listening *out, hs_problem *problem)
{
    hs_listen_address failed;
    int error = EADDRINUSE;
    for (int i = 0; error == EADDRINUSE && i < (port == 0 ? PORT_TRIES : 1); i++) {
        error = open_all(addresses, count, port, out, &failed);
    }
    if (error != 0) {
        char text[HS_LISTEN_TEXT_MAX];
        return hs_problem_set(problem, HS_SYSTEM, "%s: cannot listen on %s: %s", scheme,
                              hs_listen_text(&failed, text), strerror(error));
    }
    return HS_OK;
}
