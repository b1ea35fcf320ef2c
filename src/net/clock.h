/* The two clocks of a live connection, on one scale.
 *
 * Packets are stamped by the kernel with CLOCK_REALTIME, our own readings are CLOCK_MONOTONIC. A
 * timeline is made at a trace's start and turns both into nanoseconds since then.
 */
#ifndef HS_NET_CLOCK_H
#define HS_NET_CLOCK_H

#include <stdbool.h>
#include <time.h>

#include <handshake/time.h>

typedef struct hs_timeline {
    int64_t monotonic_start;
    int64_t realtime_start; /* of the same instant */
} hs_timeline;

/* CLOCK_MONOTONIC in nanoseconds. */
int64_t hs_clock_monotonic(void);
void hs_timeline_start(hs_timeline *timeline);
/* Now, HS_CLOCK_USER. */
hs_moment hs_timeline_now(const hs_timeline *timeline);
/* A kernel stamp (CLOCK_REALTIME), HS_CLOCK_KERNEL. */
hs_moment hs_timeline_of_stamp(const hs_timeline *timeline, const struct timespec *stamp);
/* Whether the realtime clock was set since the start (by over a millisecond), so that kernel stamps
 * must not be used. */
bool hs_timeline_clock_was_set(const hs_timeline *timeline);

#endif
