/* RFC 9293 3.3.2, figure 5, and the RST rules of 3.10.7, as rows. What only a timer or the user
 * does (2 MSL, OPEN, CLOSE without a segment) crosses no wire and is not here. */
#include "decode/tcp_machine.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define RULE(from, event, to)                                                                      \
    {                                                                                              \
        HS_TCP_##from##_STATE, HS_TCP_##event, HS_TCP_##to##_STATE                                 \
    }

static const hs_tcp_rule rules[] = {
    /* opening */
    RULE(CLOSED, SENDS_SYN, SYN_SENT),
    RULE(LISTEN, SENDS_SYN, SYN_SENT),
    RULE(LISTEN, RECEIVES_SYN, SYN_RECEIVED),
    RULE(SYN_SENT, RECEIVES_SYN, SYN_RECEIVED), /* both ends open at once */
    RULE(SYN_SENT, RECEIVES_SYN_ACK, ESTABLISHED),
    RULE(SYN_RECEIVED, SYN_IS_ACKNOWLEDGED, ESTABLISHED),
    /* closing */
    RULE(SYN_RECEIVED, SENDS_FIN, FIN_WAIT_1),
    RULE(ESTABLISHED, SENDS_FIN, FIN_WAIT_1),
    RULE(ESTABLISHED, RECEIVES_FIN, CLOSE_WAIT),
    RULE(FIN_WAIT_1, FIN_IS_ACKNOWLEDGED, FIN_WAIT_2),
    RULE(FIN_WAIT_1, RECEIVES_FIN, CLOSING), /* both ends close at once */
    RULE(FIN_WAIT_2, RECEIVES_FIN, TIME_WAIT),
    RULE(CLOSING, FIN_IS_ACKNOWLEDGED, TIME_WAIT),
    RULE(CLOSE_WAIT, SENDS_FIN, LAST_ACK),
    RULE(LAST_ACK, FIN_IS_ACKNOWLEDGED, CLOSED),
    /* refusing: who opened passively goes on listening */
    RULE(SYN_SENT, SYN_IS_REFUSED, CLOSED),
    RULE(SYN_RECEIVED, SYN_IS_REFUSED, CLOSED),
    RULE(SYN_SENT, RECEIVES_RST, CLOSED),
    RULE(SYN_RECEIVED, RECEIVES_RST, LISTEN),
    /* aborting */
    RULE(ESTABLISHED, RECEIVES_RST, CLOSED),
    RULE(FIN_WAIT_1, RECEIVES_RST, CLOSED),
    RULE(FIN_WAIT_2, RECEIVES_RST, CLOSED),
    RULE(CLOSE_WAIT, RECEIVES_RST, CLOSED),
    RULE(CLOSING, RECEIVES_RST, CLOSED),
    RULE(LAST_ACK, RECEIVES_RST, CLOSED),
    RULE(TIME_WAIT, RECEIVES_RST, CLOSED),
    RULE(SYN_SENT, SENDS_RST, CLOSED),
    RULE(SYN_RECEIVED, SENDS_RST, CLOSED),
    RULE(ESTABLISHED, SENDS_RST, CLOSED),
    RULE(FIN_WAIT_1, SENDS_RST, CLOSED),
    RULE(FIN_WAIT_2, SENDS_RST, CLOSED),
    RULE(CLOSE_WAIT, SENDS_RST, CLOSED),
    RULE(CLOSING, SENDS_RST, CLOSED),
    RULE(LAST_ACK, SENDS_RST, CLOSED),
};

const hs_tcp_rule *hs_tcp_rules(size_t *count)
{
    *count = COUNT(rules);
    return rules;
}

hs_tcp_state hs_tcp_next(hs_tcp_state from, hs_tcp_event event)
{
    for (size_t i = 0; i < COUNT(rules); i++) {
        if (rules[i].from == from && rules[i].event == event) {
            return rules[i].to;
        }
    }
    return from;
}

const char *hs_tcp_state_name(hs_tcp_state state)
{
    static const char *const names[] = {
#define HS_X(symbol, name) name,
        HS_TCP_STATE_MAP(HS_X)
#undef HS_X
    };
    return (size_t)state < COUNT(names) ? names[state] : "unknown";
}

const char *hs_tcp_event_name(hs_tcp_event event)
{
    static const char *const names[HS_TCP_EVENT_COUNT] = {
        [HS_TCP_SENDS_SYN] = "sends SYN",
        [HS_TCP_RECEIVES_SYN] = "receives SYN",
        [HS_TCP_RECEIVES_SYN_ACK] = "receives SYN-ACK",
        [HS_TCP_SYN_IS_ACKNOWLEDGED] = "its SYN is acknowledged",
        [HS_TCP_SYN_IS_REFUSED] = "its SYN is refused",
        [HS_TCP_SENDS_FIN] = "sends FIN",
        [HS_TCP_RECEIVES_FIN] = "receives FIN",
        [HS_TCP_FIN_IS_ACKNOWLEDGED] = "its FIN is acknowledged",
        [HS_TCP_SENDS_RST] = "sends RST",
        [HS_TCP_RECEIVES_RST] = "receives RST",
    };
    return (size_t)event < COUNT(names) ? names[event] : "unknown";
}
