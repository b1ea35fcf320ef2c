/* Honest clients and their server: connections at a steady pace, each with a deadline.
 *
 * A connection counts when the server's first byte is there: to have a SYN-ACK is not enough, since
 * the server may still drop the ACK. Its time is that of the TCP handshake.
 */
#ifndef HS_LAB_HONEST_H
#define HS_LAB_HONEST_H

#include <stdbool.h>

#include <handshake/time.h>

#include "lab/namespaces.h"

typedef enum hs_flood_phase {
    HS_PHASE_BEFORE,
    HS_PHASE_DURING,
    HS_PHASE_AFTER,
    HS_FLOOD_PHASE_COUNT
} hs_flood_phase;

enum { HS_HONEST_PER_SECOND = 100, HS_HONEST_DEADLINE_MS = 900 };

/* The options (RFC 7323, RFC 2018) of those connections whose SYN was with or without timestamps.
 */
typedef struct hs_honest_options {
    uint32_t connected;
    uint32_t window_scale; /* of them */
    uint32_t sack;
} hs_honest_options;

typedef struct hs_honest_phase {
    uint32_t attempts;
    uint32_t connected;
    hs_time p50; /* of those that connected; HS_TIME_NONE where none did */
    hs_time p90;
    hs_time p99;
    hs_honest_options without_timestamps;
    hs_honest_options with_timestamps;
} hs_honest_phase;

typedef struct hs_honest hs_honest;

/* A server with this backlog at the server's side, and no connection yet; the process stands at the
 * client afterwards. */
HS_CHECKED hs_result hs_honest_new(const hs_namespaces *namespaces, int backlog, hs_honest **out,
                                   hs_problem *problem);
void hs_honest_free(hs_honest *honest);
/* Begins a connection that counts for `phase`. Every second one is without timestamps. */
HS_CHECKED hs_result hs_honest_connect(hs_honest *honest, hs_flood_phase phase,
                                       hs_problem *problem);
/* Goes on with all connections until then on the monotonic clock. */
void hs_honest_wait(hs_honest *honest, hs_time until);
/* Whether some are neither done nor past their deadline. */
bool hs_honest_is_busy(const hs_honest *honest);
hs_honest_phase hs_honest_sum_up(const hs_honest *honest, hs_flood_phase phase);

#endif
