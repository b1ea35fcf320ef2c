/* One plain sentence on each figure of a SYN flood. It follows from what was measured, so that it
 * does not explain what did not happen. */
#include "lab/synflood/synflood.h"

/* Of a hundred connections one may fail by this machine's own doing. */
#define GOOD 0.99

static bool used_cookies(const hs_synflood_row *row)
{
    return row->counters.values[HS_COUNTER_SYNCOOKIES_SENT] > 0;
}

/* Without cookies the kernel keeps the last quarter of the queue for peers that it remembers. */
static bool was_full(const hs_synflood_row *row)
{
    const uint64_t limit = (uint64_t)row->options.backlog;
    const uint64_t open_to_all = row->options.syncookies == 0 ? limit - limit / 4 : limit;
    return hs_synflood_half_open_max(row) >= open_to_all;
}

static const char *during_words(const hs_synflood_row *row, bool is_good)
{
    if (used_cookies(row)) {
        return !is_good ? "Cookies were sent, yet some connections did not complete in time."
               : row->options.syncookies == 2
                   ? "Every SYN is answered with a cookie, so the queue plays no part."
                   : "With the queue full the server answers with cookies and turns nobody away.";
    }
    if (is_good) {
        return "The queue had room for the whole flood, so nobody was turned away.";
    }
    return was_full(row) ? "Spoofed SYNs fill the queue, and honest ones are dropped like the rest."
                         : "Some did not complete, though the queue was never seen full.";
}

static const char *after_words(const hs_synflood_row *row, bool is_good)
{
    if (is_good) {
        return hs_honest_success(&row->phases[HS_PHASE_DURING]) >= GOOD
                   ? "As before: there is nothing to recover from."
                   : "Served again: the queue has room.";
    }
    return was_full(row) ? "It outlasts the flood: a half-open connection stays until its SYN-ACK "
                           "has been repeated in vain."
                         : "Some did not complete, though the queue was never seen full.";
}

const char *hs_synflood_phase_words(const hs_synflood_row *row, hs_flood_phase phase)
{
    const bool is_good = hs_honest_success(&row->phases[phase]) >= GOOD;
    switch (phase) {
    case HS_PHASE_DURING:
        return during_words(row, is_good);
    case HS_PHASE_AFTER:
        return after_words(row, is_good);
    case HS_PHASE_BEFORE:
    case HS_FLOOD_PHASE_COUNT:
        break;
    }
    return is_good ? "An idle server takes every honest SYN."
                   : "Some failed even without a flood: this machine is too busy to judge by.";
}

const char *hs_synflood_half_open_words(const hs_synflood_row *row)
{
    const uint64_t most = hs_synflood_half_open_max(row);
    if (most == 0) {
        return "Nothing waits in the queue: all state is in the cookies.";
    }
    if (!was_full(row)) {
        return "The queue never filled up.";
    }
    return most < (uint64_t)row->options.backlog
               ? "Full: without cookies the last quarter is kept for peers that the kernel "
                 "remembers."
               : "Full: each spoofed SYN holds a place until its SYN-ACK was repeated in vain.";
}

static bool lost_any(const hs_honest_options *options)
{
    return options->window_scale < options->connected || options->sack < options->connected;
}

const char *hs_synflood_options_words(const hs_synflood_row *row)
{
    const hs_honest_phase *during = &row->phases[HS_PHASE_DURING];
    const bool with = lost_any(&during->with_timestamps);
    const bool without = lost_any(&during->without_timestamps);
    if (during->connected == 0) {
        return "No connection was made, so there were no options.";
    }
    if (!with && !without) {
        return used_cookies(row) ? "No option was lost."
                                 : "Nothing is lost: the queue remembers what the SYN offered.";
    }
    return with ? "A cookie has no room for window scale and SACK."
                : "A cookie has no room for window scale and SACK; a timestamp carries them along.";
}
