/* What would save a round trip: a table of rules over what was observed. */
#include "explain/story.h"

enum { TLS_1_2 = 0x0303, TLS_1_3 = 0x0304, SAVINGS_MAX = 6 };

typedef struct saving {
    bool (*applies)(const hs_story_act *act);
    const char *text;
} saving;

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
    return waits_for_tcp(act) && act->trace->tls.present;
}

static bool is_full_tls12(const hs_story_act *act)
{
    return act->trace->tls.version == TLS_1_2 && act->trace->tls.resumed == HS_NO;
}

static bool is_tls12(const hs_story_act *act)
{
    return act->trace->tls.version == TLS_1_2;
}

static bool has_no_early_data(const hs_story_act *act)
{
    const hs_trace *t = act->trace;
    return t->tls.version == TLS_1_3 && t->failure.cls == HS_FAILURE_NONE &&
           t->tls.early_data == HS_EARLY_DATA_NOT_OFFERED;
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

static const saving savings[] = {
    {could_fast_open,
     "TCP Fast Open (RFC 7413) puts the first data into the SYN, on every connection but the first: "
     "one round trip less. See: handshake explain fast-open"},
    {asks_for_cookie, "The next connection: it has the cookie, and its SYN may carry data."},
    {is_tls12, "TLS 1.3 has the keys one round trip earlier. See: handshake explain tls1.3"},
    {is_full_tls12, "A resumed session of TLS 1.2 needs one round trip less, too (RFC 5077)."},
    {is_hello_retry,
     "A key share of the group that the server prefers, in the first ClientHello: one round trip "
     "less."},
    {has_no_early_data,
     "Early data, on a resumed connection: a request that may be repeated without harm need not "
     "wait for the handshake. See: handshake explain 0-rtt"},
    {is_tls_over_tcp,
     "QUIC does what TCP and TLS do one after the other in one exchange: one round trip less. See: "
     "handshake explain quic"},
    {is_quic_retry,
     "A token of an earlier connection (NEW_TOKEN, RFC 9000 8.1.3) in the first Initial packet: the "
     "server need not ask."},
    {is_websocket,
     "A WebSocket over an HTTP/2 connection that is open already (RFC 8441) needs no connection of "
     "its own."},
    {waits_for_nothing,
     "Nothing is left to save: the first data of the application did not wait for the network."},
};

void hs_story_tell_savings(hs_story *story, hs_story_act *act)
{
    const char **items = hs_arena_alloc(story->arena, SAVINGS_MAX * sizeof *items);
    bool is_closing = act->act->part == HS_ACT_CLOSING;
    for (size_t i = 0; items && !is_closing && i < sizeof savings / sizeof savings[0]; i++) {
        if (act->saving_count < SAVINGS_MAX && savings[i].applies(act)) {
            items[act->saving_count++] = savings[i].text;
        }
    }
    act->savings = items;
}
