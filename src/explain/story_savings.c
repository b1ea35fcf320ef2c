/* What would save a round trip: a table of rules over what was observed. */
#include <stdio.h>
#include <string.h>

#include "base/time_text.h"
#include "explain/story.h"

enum { TLS_1_2 = 0x0303, TLS_1_3 = 0x0304, SAVINGS_MAX = 6 };

/* --- what it took here --- */

static hs_time span_of(const hs_story_act *act, hs_phase phase)
{
    const hs_phase_span *span = &act->trace->phases[phase];
    return span->present && span->start.at != HS_TIME_NONE && span->end.at != HS_TIME_NONE
               ? span->end.at - span->start.at
               : HS_TIME_NONE;
}

static hs_time tcp_time(const hs_story_act *act)
{
    return span_of(act, HS_PHASE_TCP);
}

static hs_time path_rtt(const hs_story_act *act)
{
    return act->trace->accounting.present ? act->trace->accounting.path_rtt : HS_TIME_NONE;
}

/* From the client's first message of the one name to the server's of the other. */
static hs_time between(const hs_story_act *act, const char *from, const char *to)
{
    const hs_story_step *begin = NULL;
    for (size_t i = 0; i < act->step_count; i++) {
        const hs_story_step *step = &act->steps[i];
        if (!begin && step->from == HS_CLIENT && strcmp(step->name, from) == 0) {
            begin = step;
        }
        if (begin && step->from == HS_SERVER && strcmp(step->name, to) == 0 &&
            begin->at != HS_TIME_NONE && step->at != HS_TIME_NONE) {
            return step->at - begin->at;
        }
    }
    return HS_TIME_NONE;
}

static hs_time second_exchange(const hs_story_act *act)
{
    return between(act, "ClientKeyExchange", "Finished");
}

static hs_time hello_exchange(const hs_story_act *act)
{
    return between(act, "ClientHello", "ServerHello");
}

static hs_time hello_retry(const hs_story_act *act)
{
    return between(act, "ClientHello", "HelloRetryRequest");
}

static hs_time retry(const hs_story_act *act)
{
    return between(act, "Initial", "Retry");
}

/* --- the rules --- */

typedef struct saving_rule {
    bool (*applies)(const hs_story_act *act);
    const char *text;
    int round_trips;
    hs_time (*time)(const hs_story_act *act);
} saving_rule;

static bool waits_for_tcp(const hs_story_act *act)
{
    const hs_trace *t = act->trace;
    return t->phases[HS_PHASE_TCP].round_trips > 0 && t->failure.cls == HS_FAILURE_NONE &&
           t->tcp.syn_data_acknowledged != HS_YES;
}

static bool asks_for_cookie(const hs_story_act *act)
{
    return waits_for_tcp(act) && act->act->tcp_fastopen;
}

static bool could_fast_open(const hs_story_act *act)
{
    return waits_for_tcp(act) && !act->act->tcp_fastopen;
}

static bool is_tls_over_tcp(const hs_story_act *act)
{
    return waits_for_tcp(act) && act->trace->tls.present && act->act->part != HS_ACT_OPENING;
}

static bool is_full_tls12(const hs_story_act *act)
{
    return act->trace->tls.version == TLS_1_2 && act->trace->tls.resumed == HS_NO;
}

static bool has_no_early_data(const hs_story_act *act)
{
    const hs_trace *t = act->trace;
    return t->tls.version == TLS_1_3 && t->failure.cls == HS_FAILURE_NONE &&
           act->act->part != HS_ACT_OPENING && t->tls.early_data == HS_EARLY_DATA_NOT_OFFERED;
}

static bool has_no_early_data_over_tcp(const hs_story_act *act)
{
    return has_no_early_data(act) && !act->trace->quic.present;
}

static bool has_no_early_data_over_quic(const hs_story_act *act)
{
    return has_no_early_data(act) && act->trace->quic.present;
}

static bool is_hello_retry(const hs_story_act *act)
{
    return act->trace->tls.hello_retry_request == HS_YES;
}

static bool is_quic_retry(const hs_story_act *act)
{
    return act->trace->quic.retry == HS_YES;
}

static bool is_websocket(const hs_story_act *act)
{
    return act->trace->websocket.present;
}

static bool waits_for_nothing(const hs_story_act *act)
{
    const hs_accounting *a = &act->trace->accounting;
    return a->present && act->trace->failure.cls == HS_FAILURE_NONE && a->round_trips_to_ready == 0;
}

static const saving_rule savings[] = {
    {could_fast_open,
     "TCP Fast Open (RFC 7413) puts the first data into the SYN, on every connection but the first "
     "(handshake explain fast-open).",
     1, tcp_time},
    {asks_for_cookie, "The next connection: it has the cookie, and its SYN may carry data.", 1,
     tcp_time},
    {is_full_tls12,
     "TLS 1.3 agrees the keys in the first exchange, and needs no second (handshake explain "
     "tls1.3).",
     1, second_exchange},
    {is_full_tls12, "So does a resumed session of TLS 1.2 (RFC 5077).", 1, second_exchange},
    {is_hello_retry, "A key share of the group that the server prefers, in the first ClientHello.",
     1, hello_retry},
    {has_no_early_data_over_tcp,
     "Early data, on a resumed connection: a request that may be repeated without harm need not "
     "wait for the handshake (handshake explain 0-rtt).",
     1, hello_exchange},
    {has_no_early_data_over_quic,
     "Early data, on a resumed connection: the request goes in the first datagram, if it may be "
     "repeated without harm (handshake explain quic-0rtt).",
     1, hello_exchange},
    {is_tls_over_tcp,
     "QUIC does in one exchange what TCP and TLS do one after the other (handshake explain quic).",
     1, tcp_time},
    {is_quic_retry,
     "A token of an earlier connection (NEW_TOKEN, RFC 9000 8.1.3) in the first Initial packet: "
     "the server need not ask.",
     1, retry},
    {is_websocket,
     "A WebSocket over an HTTP/2 connection that is open already (RFC 8441) needs no connection of "
     "its own.",
     1, path_rtt},
    {waits_for_nothing,
     "Nothing is left to save: the first data of the application did not wait for the network.", 0,
     NULL},
};

void hs_story_tell_savings(hs_story *story, hs_story_act *act)
{
    hs_story_saving *items = hs_arena_alloc(story->arena, SAVINGS_MAX * sizeof *items);
    bool is_closing = act->act->part == HS_ACT_CLOSING;
    for (size_t i = 0; items && !is_closing && i < sizeof savings / sizeof savings[0]; i++) {
        const saving_rule *s = &savings[i];
        if (act->saving_count < SAVINGS_MAX && s->applies(act)) {
            items[act->saving_count++] = (hs_story_saving){s->text, s->round_trips,
                                                           s->time ? s->time(act) : HS_TIME_NONE};
        }
    }
    act->savings = items;
}

const char *hs_story_saving_text(const hs_story_saving *saving, char *out, size_t size)
{
    char time[HS_TIME_TEXT_MAX];
    if (saving->round_trips == 0) {
        return NULL;
    }
    const char *plural = saving->round_trips == 1 ? "" : "s";
    if (saving->time == HS_TIME_NONE) {
        (void)snprintf(out, size, "Saves %d round trip%s.", saving->round_trips, plural);
    } else {
        (void)snprintf(out, size, "Saves %d round trip%s, which took %s ms here.",
                       saving->round_trips, plural, hs_time_ms(saving->time, time));
    }
    return out;
}
