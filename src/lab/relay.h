/* The path between two namespaces as a process of its own: packets that come out of one link
 * (packet(7)) go into the other as their schedules say.
 *
 * What a host left for its network card to do passes along with the packet (PACKET_VNET_HDR), so
 * that checksums stay right without being computed. Chances are the TCP and UDP packets'; whatever
 * else passes is only delayed, and not counted.
 */
#ifndef HS_LAB_RELAY_H
#define HS_LAB_RELAY_H

#include "lab/child.h"
#include "lab/namespaces.h"
#include "lab/schedule.h"

typedef struct hs_relay_way {
    hs_schedule_counts counts;
    uint64_t refused; /* by the link that they were to go into */
    /* From a packet's arrival, as the kernel stamped it, until the relay sent it on, within 1/64 of
     * the value; HS_TIME_NONE where nothing passed. */
    hs_time median;
    hs_time p99;
    /* After the schedule's time. */
    hs_time late_median; /* HS_TIME_NONE where nothing passed */
    hs_time late_p99;
    hs_time late_most;
} hs_relay_way;

typedef struct hs_relay_report {
    hs_time configured; /* delay of one way */
    hs_relay_way to_server;
    hs_relay_way to_client;
} hs_relay_report;

typedef struct hs_relay {
    hs_child child;
} hs_relay;

/* `namespaces` were opened with `relayed`. On HS_OK packets pass. HS_INVALID: the options are not
 * sound. HS_SYSTEM with `problem` filled. */
HS_CHECKED hs_result hs_relay_start(hs_relay *relay, const hs_namespaces *namespaces,
                                    const hs_path_options *options, hs_problem *problem);
/* Ends it. What it measured goes to `report`, which may be NULL. */
HS_CHECKED hs_result hs_relay_stop(hs_relay *relay, hs_relay_report *report);

#endif
