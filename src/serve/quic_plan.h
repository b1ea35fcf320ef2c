/* Which UDP ports are served, and how: the QUIC part of the server's options. */
#ifndef HS_SERVE_QUIC_PLAN_H
#define HS_SERVE_QUIC_PLAN_H

#include "net/quic_session.h"
#include "serve/connection.h"

enum { HS_QUIC_PORTS_MAX = 2, HS_QUIC_PLAN_ALPN_MAX = 256 };

/* Of one UDP port. */
typedef struct hs_quic_plan {
    int port; /* 0: any free one */
    bool has_echo;
    bool has_http3;
    char alpn[HS_QUIC_PLAN_ALPN_MAX];
    uint32_t versions[HS_QUIC_VERSIONS_MAX];
    size_t version_count; /* 0: all, in the library's order */
    hs_quic_retry_policy retry;
} hs_quic_plan;

/* None, one, or two ports; where both services name the same one, ALPN tells them apart. HS_INVALID
 * with `problem`: a version or an application protocol that cannot be served. */
HS_CHECKED hs_result hs_quic_plan_make(const hs_serve_options *options,
                                       hs_quic_plan out[HS_QUIC_PORTS_MAX], size_t *count,
                                       hs_problem *problem);
/* Without certificate and secret. It borrows from `plan`. */
void hs_quic_plan_config(const hs_quic_plan *plan, hs_quic_server_config *out);
/* Of the service that the port is for; the echo where it is for both. */
const char *hs_quic_plan_scheme(const hs_quic_plan *plan);

#endif
