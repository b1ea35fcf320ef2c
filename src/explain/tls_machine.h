/* The state machine of the TLS 1.3 handshake (RFC 8446 appendix A) as a table. */
#ifndef HS_EXPLAIN_TLS_MACHINE_H
#define HS_EXPLAIN_TLS_MACHINE_H

#include <stddef.h>

#include <handshake/trace.h>

/* On which handshakes a rule is good, or for which messages. */
typedef enum hs_tls_when {
    HS_TLS_ALWAYS,
    HS_TLS_WITH_CERTIFICATE, /* the server proves itself by one */
    HS_TLS_WITH_PSK,         /* by a secret of an earlier connection */
    HS_TLS_WITH_EARLY_DATA,  /* accepted, and ended by EndOfEarlyData: not in QUIC */
    HS_TLS_WITHOUT_EARLY_DATA,
    HS_TLS_WITH_CLIENT_AUTH,
    HS_TLS_WITHOUT_CLIENT_AUTH,
    HS_TLS_EMPTY, /* a Certificate without certificates (RFC 8446 4.4.2) */
    HS_TLS_NOT_EMPTY,
} hs_tls_when;

typedef struct hs_tls_rule {
    hs_side side;
    const char *from;
    hs_side sender;      /* of the message: this side sends or receives it */
    const char *message; /* NULL: at once, without any */
    hs_tls_when when;
    const char *to;
} hs_tls_rule;

extern const hs_tls_rule hs_tls_rules[];
extern const size_t hs_tls_rule_count;

/* The rule by which `side` leaves `state` when `message` crosses, or at once (`message` NULL); NULL
 * where it stays. */
const hs_tls_rule *hs_tls_rule_find(const hs_trace *trace, hs_side side, const char *state,
                                    const hs_event *message);

#endif
