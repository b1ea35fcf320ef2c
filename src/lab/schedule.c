#include "lab/schedule.h"

#include <stdlib.h>
#include <string.h>

typedef struct waiting {
    hs_time came;
    hs_time due;
    uint64_t number; /* equal times keep the order of arrival */
    uint8_t *data;
    size_t len;
    bool is_counted;
} waiting;

/* A heap, the first due on top. */
struct hs_schedule {
    hs_path_options options;
    uint64_t state;  /* of the chances */
    hs_time free_at; /* when the link has sent what it was given */
    hs_time last_due;
    uint64_t number;
    size_t bytes;
    size_t count;
    waiting heap[HS_SCHEDULE_PACKETS_MAX];
    uint8_t *taken;
    hs_schedule_counts counts;
};

enum { BITS_OF_BYTE = 8, MINUTE = 60 };

static bool is_part(double value)
{
    return value >= 0 && value <= 1;
}

bool hs_path_options_are_sound(const hs_path_options *options)
{
    return options->delay >= 0 && options->delay <= MINUTE * HS_SECOND && options->jitter >= 0 &&
           options->jitter <= options->delay && is_part(options->loss) &&
           is_part(options->duplicate) && is_part(options->reorder);
}

/* SplitMix64 (Steele, Lea, Flood 2014): small, and every seed is a good one. */
static uint64_t next_number(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *state;
    z = (z ^ (z >> 30U)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27U)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31U);
}

/* From 0 up to, and without, 1. */
static double next_chance(hs_schedule *schedule)
{
    return (double)(next_number(&schedule->state) >> 11U) * 0x1p-53;
}

hs_schedule *hs_schedule_new(const hs_path_options *options, unsigned direction)
{
    hs_schedule *schedule = calloc(1, sizeof *schedule);
    if (!schedule) {
        return NULL;
    }
    schedule->options = *options;
    schedule->state = options->seed * 2 + direction;
    schedule->state = next_number(&schedule->state);
    schedule->free_at = INT64_MIN;
    schedule->last_due = INT64_MIN;
    return schedule;
}

void hs_schedule_free(hs_schedule *schedule)
{
    if (!schedule) {
        return;
    }
    for (size_t i = 0; i < schedule->count; i++) {
        free(schedule->heap[i].data);
    }
    free(schedule->taken);
    free(schedule);
}

static bool is_before(const waiting *a, const waiting *b)
{
    return a->due != b->due ? a->due < b->due : a->number < b->number;
}

static void swap(waiting *a, waiting *b)
{
    waiting other = *a;
    *a = *b;
    *b = other;
}

static void push(hs_schedule *schedule, waiting packet)
{
    size_t at = schedule->count++;
    waiting *heap = schedule->heap;
    heap[at] = packet;
    while (at > 0 && is_before(&heap[at], &heap[(at - 1) / 2])) {
        swap(&heap[at], &heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

static waiting pop(hs_schedule *schedule)
{
    waiting *heap = schedule->heap;
    waiting first = heap[0];
    heap[0] = heap[--schedule->count];
    for (size_t at = 0;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++) {
            if (child < schedule->count && is_before(&heap[child], &heap[least])) {
                least = child;
            }
        }
        if (least == at) {
            return first;
        }
        swap(&heap[at], &heap[least]);
        at = least;
    }
}

static void keep(hs_schedule *schedule, hs_time came, hs_time due, hs_bytes packet, bool is_counted)
{
    bool fits = schedule->count < HS_SCHEDULE_PACKETS_MAX &&
                packet.len <= HS_SCHEDULE_BYTES_MAX - schedule->bytes;
    uint8_t *copy = fits ? malloc(packet.len > 0 ? packet.len : 1) : NULL;
    if (!copy) {
        schedule->counts.overflowed += is_counted;
        return;
    }
    memcpy(copy, packet.data, packet.len);
    schedule->bytes += packet.len;
    push(schedule, (waiting){.came = came,
                             .due = due,
                             .number = schedule->number++,
                             .data = copy,
                             .len = packet.len,
                             .is_counted = is_counted});
}

/* When a packet has left the link's sender. */
static hs_time serialize(hs_schedule *schedule, hs_time at, size_t size)
{
    const uint64_t rate = schedule->options.rate;
    hs_time start = at > schedule->free_at ? at : schedule->free_at;
    double seconds = rate > 0 ? (double)size * BITS_OF_BYTE / (double)rate : 0;
    schedule->free_at = start + (hs_time)(seconds * (double)HS_SECOND);
    return schedule->free_at;
}

void hs_schedule_offer(hs_schedule *schedule, hs_time at, hs_bytes packet, size_t size)
{
    const hs_path_options *options = &schedule->options;
    /* Each packet draws all its chances, so that none depends on what happened to another. */
    const double loss = next_chance(schedule);
    const double duplicate = next_chance(schedule);
    const double reorder = next_chance(schedule);
    const double jitter = next_chance(schedule);
    schedule->counts.offered++;
    if (loss < options->loss) {
        schedule->counts.lost++;
        return;
    }
    hs_time due = serialize(schedule, at, size);
    if (reorder < options->reorder) {
        schedule->counts.reordered++;
    } else {
        due += options->delay + (hs_time)((2 * jitter - 1) * (double)options->jitter);
        due = due > schedule->last_due ? due : schedule->last_due;
        schedule->last_due = due;
    }
    keep(schedule, at, due, packet, true);
    if (duplicate < options->duplicate) {
        schedule->counts.duplicated++;
        keep(schedule, at, due, packet, true);
    }
}

void hs_schedule_pass(hs_schedule *schedule, hs_time at, hs_bytes packet)
{
    keep(schedule, at, at + schedule->options.delay, packet, false);
}

hs_time hs_schedule_due(const hs_schedule *schedule)
{
    return schedule->count > 0 ? schedule->heap[0].due : HS_TIME_NONE;
}

bool hs_schedule_take(hs_schedule *schedule, hs_time now, hs_bytes *packet, hs_time *came,
                      hs_time *due)
{
    if (schedule->count == 0 || schedule->heap[0].due > now) {
        return false;
    }
    waiting first = pop(schedule);
    free(schedule->taken);
    schedule->taken = first.data;
    schedule->bytes -= first.len;
    schedule->counts.sent += first.is_counted;
    *packet = (hs_bytes){first.data, first.len};
    *came = first.came;
    *due = first.due;
    return true;
}

const hs_schedule_counts *hs_schedule_count(const hs_schedule *schedule)
{
    return &schedule->counts;
}
