/* The two clocks of a live connection, on one scale. */
#include "net/clock.h"

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    if (clock_gettime(id, &now) != 0)
        return 0; /* both clocks always exist on Linux */
    return (int64_t)now.tv_sec * HS_SECOND + now.tv_nsec;
}

int64_t hs_clock_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

/* The realtime reading is placed in the middle between two monotonic ones. We may lose the
 * processor in between, so the narrowest of a few tries is kept. */
static void read_both(hs_timeline *timeline)
{
    int64_t narrowest = INT64_MAX;
    for (int i = 0; i < 4; i++) {
        int64_t before = read_clock(CLOCK_MONOTONIC);
        int64_t realtime = read_clock(CLOCK_REALTIME);
        int64_t gap = read_clock(CLOCK_MONOTONIC) - before;
        if (gap < narrowest) {
            narrowest = gap;
            timeline->monotonic_start = before + gap / 2;
            timeline->realtime_start = realtime;
        }
    }
}

void hs_timeline_start(hs_timeline *timeline)
{
    read_both(timeline);
}

hs_moment hs_timeline_now(const hs_timeline *timeline)
{
    return (hs_moment){hs_clock_monotonic() - timeline->monotonic_start, HS_CLOCK_USER};
}

hs_moment hs_timeline_of_stamp(const hs_timeline *timeline, const struct timespec *stamp)
{
    int64_t realtime = (int64_t)stamp->tv_sec * HS_SECOND + stamp->tv_nsec;
    return (hs_moment){realtime - timeline->realtime_start, HS_CLOCK_KERNEL};
}

bool hs_timeline_clock_was_set(const hs_timeline *timeline)
{
    /* Slewing turns both clocks alike; only a step changes the distance between them. */
    int64_t distance = timeline->realtime_start - timeline->monotonic_start;
    int64_t moved = read_clock(CLOCK_REALTIME) - read_clock(CLOCK_MONOTONIC) - distance;
    if (moved <= HS_MILLISECOND && moved >= -HS_MILLISECOND)
        return false;

    hs_timeline now; /* it may have been a pause between the two readings */
    read_both(&now);
    moved = now.realtime_start - now.monotonic_start - distance;
    return moved > HS_MILLISECOND || moved < -HS_MILLISECOND;
}
