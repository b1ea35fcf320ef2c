/* RFC 9293 3.3.2, figure 5, and the RST rules of 3.10.7, as rows. What only a timer or the user
 * does (2 MSL, OPEN, CLOSE without a segment) crosses no wire and is not here. */
#include "decode/tcp_machine.h"

#include <stdint.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* clang-format off */
/* X(state, event, next state) */
#define HS_TCP_RULE_MAP(X)                                                                         \
    /* opening */                                                                                  \
    X(CLOSED, SENDS_SYN, SYN_SENT)                                                                 \
    X(LISTEN, SENDS_SYN, SYN_SENT)                                                                 \
    X(LISTEN, RECEIVES_SYN, SYN_RECEIVED)                                                          \
    X(SYN_SENT, RECEIVES_SYN, SYN_RECEIVED) /* both ends open at once */                           \
    X(SYN_SENT, RECEIVES_SYN_ACK, ESTABLISHED)                                                     \
    X(SYN_RECEIVED, SYN_IS_ACKNOWLEDGED, ESTABLISHED)                                              \
    /* closing */                                                                                  \
    X(SYN_RECEIVED, SENDS_FIN, FIN_WAIT_1)                                                         \
    X(ESTABLISHED, SENDS_FIN, FIN_WAIT_1)                                                          \
    X(ESTABLISHED, RECEIVES_FIN, CLOSE_WAIT)                                                       \
    X(FIN_WAIT_1, FIN_IS_ACKNOWLEDGED, FIN_WAIT_2)                                                 \
    X(FIN_WAIT_1, RECEIVES_FIN, CLOSING) /* both ends close at once */                             \
    X(FIN_WAIT_2, RECEIVES_FIN, TIME_WAIT)                                                         \
    X(CLOSING, FIN_IS_ACKNOWLEDGED, TIME_WAIT)                                                     \
    X(CLOSE_WAIT, SENDS_FIN, LAST_ACK)                                                             \
    X(LAST_ACK, FIN_IS_ACKNOWLEDGED, CLOSED)                                                       \
    /* refusing: who opened passively goes on listening */                                         \
    X(SYN_SENT, SYN_IS_REFUSED, CLOSED)                                                            \
    X(SYN_RECEIVED, SYN_IS_REFUSED, CLOSED)                                                        \
    X(SYN_SENT, RECEIVES_RST, CLOSED)                                                              \
    X(SYN_RECEIVED, RECEIVES_RST, LISTEN)                                                          \
    /* aborting */                                                                                 \
    X(ESTABLISHED, RECEIVES_RST, CLOSED)                                                           \
    X(FIN_WAIT_1, RECEIVES_RST, CLOSED)                                                            \
    X(FIN_WAIT_2, RECEIVES_RST, CLOSED)                                                            \
    X(CLOSE_WAIT, RECEIVES_RST, CLOSED)                                                            \
    X(CLOSING, RECEIVES_RST, CLOSED)                                                               \
    X(LAST_ACK, RECEIVES_RST, CLOSED)                                                              \
    X(TIME_WAIT, RECEIVES_RST, CLOSED)                                                             \
    X(SYN_SENT, SENDS_RST, CLOSED)                                                                 \
    X(SYN_RECEIVED, SENDS_RST, CLOSED)                                                             \
    X(ESTABLISHED, SENDS_RST, CLOSED)                                                              \
    X(FIN_WAIT_1, SENDS_RST, CLOSED)                                                               \
    X(FIN_WAIT_2, SENDS_RST, CLOSED)                                                               \
    X(CLOSE_WAIT, SENDS_RST, CLOSED)                                                               \
    X(CLOSING, SENDS_RST, CLOSED)                                                                  \
    X(LAST_ACK, SENDS_RST, CLOSED)
/* clang-format on */

static const hs_tcp_rule rules[] = {
#define HS_X(from, event, to) {HS_TCP_##from##_STATE, HS_TCP_##event, HS_TCP_##to##_STATE},
    HS_TCP_RULE_MAP(HS_X)
#undef HS_X
};

/* The same for who knows where to look: the state behind, plus one; 0 where no rule is. */
static const uint8_t next_states[HS_TCP_STATE_COUNT][HS_TCP_EVENT_COUNT] = {
#define HS_X(from, event, to) [HS_TCP_##from##_STATE][HS_TCP_##event] = HS_TCP_##to##_STATE + 1,
    HS_TCP_RULE_MAP(HS_X)
#undef HS_X
};

const hs_tcp_rule *hs_tcp_rules(size_t *count)
{
    *count = COUNT(rules);
    return rules;
}

hs_tcp_state hs_tcp_next(hs_tcp_state from, hs_tcp_event event)
{
    uint8_t next = (size_t)from < COUNT(next_states) ? next_states[from][event] : 0;
    return next > 0 ? (hs_tcp_state)(next - 1) : from;
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
