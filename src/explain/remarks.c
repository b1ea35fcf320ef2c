#include "explain/remarks.h"

#include <string.h>

static const char *count_text(hs_arena *arena, const hs_listen_counters *before,
                              const hs_listen_counters *after, hs_listen_counter counter)
{
    if (after->values[counter] < 0 || before->values[counter] < 0) {
        return NULL;
    }
    long long count = after->values[counter] - before->values[counter];
    return hs_arena_printf(arena, "The server's kernel has counted %s %lld: %s.",
                           hs_listen_counter_name(counter), count,
                           hs_listen_counter_meaning(counter));
}

static const hs_event *find_event(const hs_trace *trace, const char *name)
{
    for (const hs_event *e = trace->events; e; e = e->next) {
        if (e->name && strcmp(e->name, name) == 0) {
            return e;
        }
    }
    return NULL;
}

static bool find_number(const hs_event *event, const char *key, int64_t *number)
{
    for (const hs_detail *d = event ? event->details : NULL; d; d = d->next) {
        if (strcmp(d->key, key) == 0 && !d->text) {
            *number = d->number;
            return true;
        }
    }
    return false;
}

/* Linux keeps what the client offered in the timestamp's lowest bits: four of the window scale, one
 * each of SACK and ECN. Told only where they agree with the SYN: else they are something else. */
static const char *timestamp_text(hs_arena *arena, const hs_trace *trace)
{
    enum { SCALE_MASK = 0xf, SACK_BIT = 0x10, ECN_BIT = 0x20 };
    int64_t timestamp;
    const hs_tcp_side *client = &trace->tcp.client;
    if (!client->seen || !find_number(find_event(trace, "SYN-ACK"), "ts", &timestamp)) {
        return NULL;
    }
    int scale = (int)(timestamp & SCALE_MASK);
    bool sack = timestamp & SACK_BIT;
    bool ecn = timestamp & ECN_BIT;
    if (scale != client->window_scale || sack != (client->sack == HS_YES) ||
        ecn != (client->ecn == HS_YES)) {
        return NULL;
    }
    return hs_arena_printf(arena,
                           "The lowest bits of the SYN-ACK's timestamp %lld hold what the SYN has "
                           "offered, and the client gives them back: window scale %d, SACK %s, ECN "
                           "%s.",
                           (long long)timestamp, scale, sack ? "yes" : "no", ecn ? "yes" : "no");
}

static const char *seen_text(hs_seen seen)
{
    return seen == HS_YES ? "yes" : seen == HS_NO ? "no" : "unknown";
}

static const char *force_text(hs_arena *arena, const hs_trace *trace)
{
    const hs_tcp_facts *tcp = &trace->tcp;
    return hs_arena_printf(arena,
                           "In force on this connection, as the client's kernel says: window "
                           "scaling %s, SACK %s, timestamps %s.",
                           seen_text(tcp->window_scale), seen_text(tcp->sack),
                           seen_text(tcp->timestamps));
}

/* The state of the table is the one that the path sees. Where the kernel has counted a cookie on
 * its way out and in, the server had no connection in between. */
static const char *state_text(const hs_listen_counters *before, const hs_listen_counters *after)
{
    static const hs_listen_counter wanted[] = {HS_COUNTER_SYNCOOKIES_SENT,
                                               HS_COUNTER_SYNCOOKIES_RECV};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (before->values[wanted[i]] < 0 ||
            after->values[wanted[i]] <= before->values[wanted[i]]) {
            return NULL;
        }
    }
    return "So the server was in SYN-RECEIVED only as the path sees it. It kept no connection in "
           "that state: it stayed in LISTEN, and made one, at once ESTABLISHED, when the cookie "
           "came back.";
}

void hs_remark_cookies(hs_arena *arena, const hs_trace *trace, const hs_listen_counters *before,
                       const hs_listen_counters *after,
                       const char *remarks[HS_STORY_REMARKS_MAX + 1])
{
    const char *const all[] = {count_text(arena, before, after, HS_COUNTER_SYNCOOKIES_SENT),
                               count_text(arena, before, after, HS_COUNTER_SYNCOOKIES_RECV),
                               state_text(before, after), timestamp_text(arena, trace),
                               force_text(arena, trace)};
    size_t count = 0;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (all[i]) {
            remarks[count++] = all[i];
        }
    }
}

void hs_remark_fast_open(hs_arena *arena, const hs_trace *trace,
                         const char *remarks[HS_STORY_REMARKS_MAX + 1])
{
    static const char used[] = "cookie_used";
    hs_seen taken = trace->tcp.syn_data_acknowledged;
    const char *client = trace->tcp.client.fast_open;
    if (taken != HS_UNSEEN && client && strcmp(client, used) == 0) {
        remarks[0] = hs_arena_printf(arena, "The client's kernel says that data in the SYN was %s.",
                                     taken == HS_YES ? "acknowledged" : "not acknowledged");
    }
}

void hs_remark_packets(const hs_trace *trace, const char *remarks[HS_STORY_REMARKS_MAX + 1])
{
    size_t count = 0;
    while (remarks[count]) {
        count++;
    }
    if (trace->tcp.present && !trace->tcp.client.seen && count < HS_STORY_REMARKS_MAX) {
        remarks[count] = "TCP's own packets are not told: this user may not capture on loopback.";
    }
}
