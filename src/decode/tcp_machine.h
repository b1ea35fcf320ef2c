/* The TCP state machine of RFC 9293 3.3.2 as a table: what one end's state becomes by what it sends
 * and receives, as somebody on the path can see it. Its diagram is drawn from the same table. */
#ifndef HS_DECODE_TCP_MACHINE_H
#define HS_DECODE_TCP_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

/* X(symbol, name) */
#define HS_TCP_STATE_MAP(X)                                                                        \
    X(CLOSED, "CLOSED")                                                                            \
    X(LISTEN, "LISTEN")                                                                            \
    X(SYN_SENT, "SYN-SENT")                                                                        \
    X(SYN_RECEIVED, "SYN-RECEIVED")                                                                \
    X(ESTABLISHED, "ESTABLISHED")                                                                  \
    X(FIN_WAIT_1, "FIN-WAIT-1")                                                                    \
    X(FIN_WAIT_2, "FIN-WAIT-2")                                                                    \
    X(CLOSE_WAIT, "CLOSE-WAIT")                                                                    \
    X(CLOSING, "CLOSING")                                                                          \
    X(LAST_ACK, "LAST-ACK")                                                                        \
    X(TIME_WAIT, "TIME-WAIT")

typedef enum hs_tcp_state {
#define HS_X(symbol, name) HS_TCP_##symbol##_STATE,
    HS_TCP_STATE_MAP(HS_X)
#undef HS_X
        HS_TCP_STATE_COUNT
} hs_tcp_state;

const char *hs_tcp_state_name(hs_tcp_state state);

/* What happens to an end. */
typedef enum hs_tcp_event {
    HS_TCP_SENDS_SYN,
    HS_TCP_RECEIVES_SYN,
    HS_TCP_RECEIVES_SYN_ACK,
    HS_TCP_SYN_IS_ACKNOWLEDGED, /* it receives the ACK of its SYN */
    HS_TCP_SYN_IS_REFUSED,      /* it opened actively, and receives a RST in place of that ACK */
    HS_TCP_SENDS_FIN,
    HS_TCP_RECEIVES_FIN,
    HS_TCP_FIN_IS_ACKNOWLEDGED,
    HS_TCP_SENDS_RST,
    HS_TCP_RECEIVES_RST,
    HS_TCP_EVENT_COUNT
} hs_tcp_event;

const char *hs_tcp_event_name(hs_tcp_event event);

typedef struct hs_tcp_rule {
    hs_tcp_state from;
    hs_tcp_event event;
    hs_tcp_state to;
} hs_tcp_rule;

/* All rules, for tests and for the diagram. */
const hs_tcp_rule *hs_tcp_rules(size_t *count);
/* The next state; `from` itself where the event changes nothing. */
hs_tcp_state hs_tcp_next(hs_tcp_state from, hs_tcp_event event);

#endif
