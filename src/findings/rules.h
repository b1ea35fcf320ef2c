/* The rules' own contract: a rule looks at a trace and fills a finding, or has nothing to say. */
#ifndef HS_FINDINGS_RULES_H
#define HS_FINDINGS_RULES_H

#include <handshake/trace.h>

#include "base/arena.h"

typedef struct hs_rule hs_rule;

/* A finding being written. Its title, severity and advice stand as the rule's row has them, its
 * costs as unknown; the rule writes the evidence and may change the rest. */
typedef struct hs_judgement {
    const hs_trace *trace;
    hs_arena *arena;
    hs_finding *finding;
} hs_judgement;

struct hs_rule {
    const char *id;
    hs_severity severity;
    const char *title;
    const char *advice;
    /* True where the finding stands. */
    bool (*applies)(hs_judgement *judgement);
};

/* Writes the evidence; gives true, for `return`. */
bool hs_judgement_say(hs_judgement *judgement, const char *format, ...) HS_PRINTF(2, 3);
/* It costs this many round trips of the path. */
void hs_judgement_costs_round_trips(hs_judgement *judgement, int round_trips);

/* Helpers that several rules share. */
bool hs_trace_reached(const hs_trace *trace, hs_milestone milestone);
/* From one milestone to another; HS_TIME_NONE where either was not reached. */
hs_time hs_trace_between(const hs_trace *trace, hs_milestone from, hs_milestone to);
bool hs_trace_is_loopback(const hs_trace *trace);

/* X(symbol): the rules, each `bool hs_rule_SYMBOL(hs_judgement *)`, in rules_*.c */
#define HS_RULE_FUNCTIONS(X)                                                                       \
    X(verification_ignored)                                                                        \
    X(certificate_outside_dates)                                                                   \
    X(certificate_expires_soon)                                                                    \
    X(weak_key)                                                                                    \
    X(weak_signature)                                                                              \
    X(root_sent)                                                                                   \
    X(chain_long)                                                                                  \
    X(old_tls_version)                                                                             \
    X(tls12_costs_a_round_trip)                                                                    \
    X(no_forward_secrecy)                                                                          \
    X(weak_cipher)                                                                                 \
    X(cbc_cipher)                                                                                  \
    X(hello_retry_request)                                                                         \
    X(early_data_rejected)                                                                         \
    X(no_alpn)                                                                                     \
    X(no_session_ticket)                                                                           \
    X(ocsp_not_stapled)                                                                            \
    X(flight_exceeds_window)                                                                       \
    X(syn_retransmitted)                                                                           \
    X(data_retransmitted)                                                                          \
    X(family_fell_back)                                                                            \
    X(address_failed)                                                                              \
    X(name_resolution_dominates)                                                                   \
    X(server_time_dominates)                                                                       \
    X(client_time_dominates)                                                                       \
    X(no_window_scale)                                                                             \
    X(no_sack)                                                                                     \
    X(fast_open_not_used)                                                                          \
    X(quic_retry)                                                                                  \
    X(quic_version_negotiation)                                                                    \
    X(quic_amplification_limited)                                                                  \
    X(quic_packets_lost)                                                                           \
    X(http3_offered)                                                                               \
    X(no_tls)                                                                                      \
    X(redirect)                                                                                    \
    X(server_error)                                                                                \
    X(goaway)

#define HS_X(symbol) bool hs_rule_##symbol(hs_judgement *judgement);
HS_RULE_FUNCTIONS(HS_X)
#undef HS_X

#endif
