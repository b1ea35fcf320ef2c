/* A bounded flood of half-open connections: SYNs (RFC 9293 3.5) from addresses that do not answer.
 *
 * There is no way to name a target: it is the lab's own server, and outside the lab's client
 * namespace it does not start.
 */
#ifndef HS_LAB_FLOOD_H
#define HS_LAB_FLOOD_H

#include "base/writer.h"
#include "lab/child.h"
#include "lab/namespaces.h"

enum {
    HS_LAB_PORT = 9000, /* of the lab's server */
    HS_FLOOD_RATE_MAX = 20000,
    HS_FLOOD_SECONDS_MAX = 10,
    HS_FLOOD_SYN_SIZE = 44, /* an IPv4 header, a TCP header, and its MSS */
};

/* Where the flood says that it comes from: addresses for measurements (RFC 2544, RFC 6890), which
 * the client's end swallows. */
#define HS_FLOOD_PREFIX "198.18.0.0"
enum { HS_FLOOD_PREFIX_LENGTH = 15 };

typedef struct hs_flood_report {
    uint64_t sent;
    uint64_t refused; /* by the client's own kernel */
    hs_time took;
} hs_flood_report;

/* Sends `rate` SYNs a second for `duration` from a process of its own, whose answer is a
 * hs_flood_report. HS_INVALID with `problem` filled above the limits, or where this process does
 * not stand at the lab's client. */
HS_CHECKED hs_result hs_flood_start(hs_child *child, const hs_namespaces *namespaces, int rate,
                                    hs_time duration, hs_problem *problem);

/* The SYN number `number` of the flood, as an IPv4 packet. */
void hs_flood_write_syn(hs_writer *w, uint32_t number);

#endif
