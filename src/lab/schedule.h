/* When each packet of one direction of a path leaves it: delay, jitter, rate, loss, reordering,
 * duplication. No clock and no I/O: the same packets at the same times with the same seed leave at
 * the same times.
 */
#ifndef HS_LAB_SCHEDULE_H
#define HS_LAB_SCHEDULE_H

#include <stdbool.h>

#include <handshake/api.h>
#include <handshake/time.h>

enum {
    HS_SCHEDULE_PACKETS_MAX = 2048,
    HS_SCHEDULE_BYTES_MAX = 16 * 1024 * 1024,
};

typedef struct hs_path_options {
    hs_time delay;    /* each way */
    hs_time jitter;   /* a packet's delay is even over delay ± jitter; the order stays */
    double loss;      /* parts of 1 */
    double duplicate; /* parts of 1: they leave twice */
    double reorder;   /* parts of 1: they are not delayed, and so overtake */
    uint64_t rate;    /* bits a second; 0: no limit */
    uint64_t seed;
} hs_path_options;

/* Inside the limits: parts from 0 to 1, times from 0 to a minute, jitter not above delay. */
bool hs_path_options_are_sound(const hs_path_options *options);

typedef struct hs_schedule_counts {
    uint64_t offered;
    uint64_t sent;
    uint64_t lost;       /* as configured */
    uint64_t duplicated; /* as configured */
    uint64_t reordered;  /* as configured */
    uint64_t overflowed; /* the queue was full */
} hs_schedule_counts;

typedef struct hs_schedule hs_schedule;

/* `direction` (0 or 1) gives each way its own chances from the one seed. NULL when out of memory.
 */
hs_schedule *hs_schedule_new(const hs_path_options *options, unsigned direction);
void hs_schedule_free(hs_schedule *schedule);
/* A packet came at `at`; its bytes are copied. The rate goes by `size`, its own on the
 * link. */
void hs_schedule_offer(hs_schedule *schedule, hs_time at, hs_bytes packet, size_t size);
/* One that is only delayed: it draws no chances, so that those of the others do not depend on when
 * it comes, and does not count. */
void hs_schedule_pass(hs_schedule *schedule, hs_time at, hs_bytes packet);
/* When the next packet is due; HS_TIME_NONE where there is none. */
hs_time hs_schedule_due(const hs_schedule *schedule);
/* The packet that is due first. `came` and `due` are its times; the bytes live until the next call.
 * False where none is due by `now`. */
bool hs_schedule_take(hs_schedule *schedule, hs_time now, hs_bytes *packet, hs_time *came,
                      hs_time *due);
const hs_schedule_counts *hs_schedule_count(const hs_schedule *schedule);

#endif
