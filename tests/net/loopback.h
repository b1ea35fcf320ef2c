/* What the tests of sockets share: a network of their own, peers, and a loop with a deadline. */
#ifndef HS_TESTS_NET_LOOPBACK_H
#define HS_TESTS_NET_LOOPBACK_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "net/resolve.h"

/* Moves this process to a network namespace with nothing but a loopback, so that no test can send
 * anything outside. False where that is not allowed. */
bool loopback_own_network(void);
/* Whether TCP Fast Open could be switched on for both sides, in a network of our own. */
bool loopback_enable_fast_open(void);

/* 127.0.0.1 or ::1, and a port. */
hs_address loopback_address(int family, uint16_t port);
/* The address a literal stands for. */
hs_address loopback_literal(const char *text, uint16_t port);
/* A listening socket (`backlog` as for listen), whose port goes to `*port`. */
int loopback_listen(int family, int backlog, uint16_t *port);
/* A port on which nothing listens. */
uint16_t loopback_closed_port(void);
/* A connected pair: `*near` non-blocking, `*far` blocking. */
void loopback_pair(int *near, int *far);

/* Runs the loop until `*flag`; fails the test after ten seconds. */
void loopback_run_until(uv_loop_t *loop, const bool *flag);
/* Runs the loop for some milliseconds and returns how often it turned. */
unsigned loopback_turns(uv_loop_t *loop, uint64_t milliseconds);
/* Runs what is left and closes the loop; fails where a handle was left open. */
void loopback_close(uv_loop_t *loop);

#endif
