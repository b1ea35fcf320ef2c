/* Two UDP sockets under test in one loop, and all that they told. */
#ifndef HS_TESTS_NET_UDP_ENDS_H
#define HS_TESTS_NET_UDP_ENDS_H

#include "net/udp_socket.h"

enum { UDP_KEPT = 64, UDP_WAIT_MS = 5000 };

typedef enum udp_call_back {
    UDP_NOWHERE,
    UDP_IN_RECEIVED,
    UDP_IN_SENT,
    UDP_IN_LEFT,
    UDP_IN_FAILED,
} udp_call_back;

typedef struct udp_end {
    hs_udp_socket *socket;
    size_t received;
    size_t sent;
    size_t left;
    int os_errno; /* of the last failure */
    size_t failures;
    uint8_t ecn;
    size_t last_len;
    uint8_t last_first; /* byte */
    uint64_t last_left;
    hs_udp_path path;
    hs_moment in[UDP_KEPT];
    hs_moment out[UDP_KEPT];
    hs_moment gone[UDP_KEPT];
    bool echoes;
    udp_call_back closes; /* there */
    size_t told_after_close;
} udp_end;

typedef struct udp_ends {
    uv_loop_t loop;
    hs_timeline timeline;
    udp_end client;
    udp_end server;
    uv_timer_t timer;
    bool expired;
} udp_ends;

void udp_begin(udp_ends *ends);
void udp_finish(udp_ends *ends);
hs_udp_events udp_events(udp_end *end);
void udp_open_server(udp_ends *ends, const char *address);
void udp_open_client(udp_ends *ends, const hs_address *remote);
/* A server on that address, and its client. */
void udp_connect(udp_ends *ends, const char *address);
/* Sends from the client's socket. */
hs_result udp_send(udp_ends *ends, hs_bytes datagram);
/* Turns the loop until `*count` is `wanted`; fails the test where that does not happen. */
void udp_wait_for(udp_ends *ends, const size_t *count, size_t wanted);
uint16_t udp_port(const hs_address *address);

#endif
