/* The sockets that a service listens on. */
#ifndef HS_SERVE_LISTEN_H
#define HS_SERVE_LISTEN_H

#include <netinet/in.h>
#include <sys/socket.h>

#include <handshake/probe.h>

enum { HS_LISTEN_MAX = 2 };

typedef struct hs_listen_address {
    struct sockaddr_storage storage;
    socklen_t len;
} hs_listen_address;

/* NULL: 127.0.0.1 and ::1. HS_INVALID: not an address. */
HS_CHECKED hs_result hs_listen_addresses(const char *bind, hs_listen_address out[HS_LISTEN_MAX],
                                         size_t *count, hs_problem *problem);

typedef struct hs_listening {
    int fds[HS_LISTEN_MAX]; /* non-blocking */
    hs_listen_address addresses[HS_LISTEN_MAX];
    size_t count;
    bool lacks_ipv6; /* ::1 was asked for, and this machine has none */
} hs_listening;

/* Listens on the same port of all addresses; port 0 picks one that is free on all. HS_SYSTEM with
 * `problem`, which names `scheme`, address and port; nothing is then bound. */
HS_CHECKED hs_result hs_listen(const char *scheme, const hs_listen_address *addresses, size_t count,
                               int port, hs_listening *out, hs_problem *problem);
void hs_listening_close(hs_listening *listening);

void hs_listen_set_port(hs_listen_address *address, int port);
int hs_listen_port(const hs_listen_address *address);
/* "127.0.0.1:8443", "[::1]:8443"; returns `out`. */
enum { HS_LISTEN_TEXT_MAX = 96 };
const char *hs_listen_text(const hs_listen_address *address, char out[HS_LISTEN_TEXT_MAX]);

#endif
