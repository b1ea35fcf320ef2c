#include "compare/savings.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compare/samples.h"

/* A step from one way to a better one. What it promises is the difference between the protocols on
 * a path that loses nothing (RFC 8446 2, RFC 7413 2, RFC 9000 5). */
typedef struct step {
    const char *name;
    const char *title;
    hs_way from;
    hs_way to;
    int promised_round_trips;
    const char *where_offered; /* what to do where the target offers it */
    const char *where_not;
} step;

static const step steps[] = {
    {"tls1.3", "TLS 1.3 in place of TLS 1.2", HS_WAY_TLS12, HS_WAY_TLS13, 1,
     "let clients offer TLS 1.3", "enable TLS 1.3 on the server"},
    {"tls1.2_resumption", "resuming a TLS 1.2 session", HS_WAY_TLS12, HS_WAY_TLS12_RESUMED, 1,
     "let clients keep their sessions", "turn on session tickets or a session cache on the server"},
    {"early_data", "0-RTT after a TLS 1.3 session", HS_WAY_TLS13, HS_WAY_TLS13_EARLY_DATA, 1,
     "let clients send what may be replayed as early data (RFC 8470)",
     "turn on early data on the server, for requests that may be replayed (RFC 8470)"},
    {"fast_open", "TCP Fast Open under TLS 1.3", HS_WAY_TLS13, HS_WAY_TLS13_FAST_OPEN, 1,
     "let clients use Fast Open",
     "set TCP_FASTOPEN on the listening socket, and net.ipv4.tcp_fastopen=3 (RFC 7413)"},
    {"fast_open_early_data", "Fast Open and 0-RTT together", HS_WAY_TLS13,
     HS_WAY_TLS13_FAST_OPEN_EARLY_DATA, 2, "let clients use both", "turn on both on the server"},
    {"quic", "QUIC in place of TCP and TLS 1.3", HS_WAY_TLS13, HS_WAY_QUIC, 1,
     "tell clients by Alt-Svc or an HTTPS record", "serve HTTP/3 (RFC 9114)"},
    {"quic_early_data", "0-RTT over QUIC", HS_WAY_QUIC, HS_WAY_QUIC_EARLY_DATA, 1,
     "let clients send what may be replayed as early data (RFC 8470)",
     "turn on early data for QUIC on the server"},
    {"no_retry", "QUIC without Retry", HS_WAY_QUIC_RETRY, HS_WAY_QUIC, 1,
     "ask for Retry under load only", "ask for Retry under load only"},
    {"wss_tls1.3", "TLS 1.3 under the WebSocket", HS_WAY_WSS_TLS12, HS_WAY_WSS_TLS13, 1,
     "let clients offer TLS 1.3", "enable TLS 1.3 on the server"},
};

static hs_saving *append(hs_comparison *comparison)
{
    if (comparison->saving_count == HS_SAVINGS_MAX) {
        return NULL;
    }
    hs_saving *saving = &comparison->savings[comparison->saving_count++];
    *saving = (hs_saving){.round_trips = (double)NAN, .time = HS_TIME_NONE};
    return saving;
}

static bool is_measured(const hs_compare_row *row)
{
    return row->state == HS_WAY_MEASURED && row->ready.count > 0;
}

static void take_step(hs_comparison *comparison, const step *s)
{
    const hs_compare_row *from = &comparison->rows[s->from];
    const hs_compare_row *to = &comparison->rows[s->to];
    hs_time rtt = comparison->path_rtt.p50;
    /* Without the server's own word that it does not offer the better way, nothing is promised. */
    bool is_known = to->state == HS_WAY_NOT_OFFERED && rtt != HS_TIME_NONE;
    if (!is_measured(from) || (!is_measured(to) && !is_known)) {
        return;
    }
    hs_saving *saving = append(comparison);
    if (!saving) {
        return;
    }
    saving->measured = is_measured(to);
    saving->from = s->from;
    saving->to = s->to;
    (void)snprintf(saving->name, sizeof saving->name, "%s", s->name);
    (void)snprintf(saving->title, sizeof saving->title, "%s", s->title);
    (void)snprintf(saving->advice, sizeof saving->advice, "%s",
                   saving->measured ? s->where_offered : s->where_not);
    if (saving->measured) {
        saving->time = from->ready.p50 - to->ready.p50;
        saving->round_trips = hs_round_trips(saving->time, rtt);
    } else {
        saving->time = s->promised_round_trips * rtt;
        saving->round_trips = s->promised_round_trips;
    }
}

/* What costs round trips within one way. */
static void take_findings(hs_comparison *comparison, hs_way way, const hs_trace *trace)
{
    static const char *const ids[] = {"hello_retry_request", "flight_exceeds_window",
                                      "quic_amplification_limited"};
    for (const hs_finding *finding = trace->findings; finding; finding = finding->next) {
        for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
            if (strcmp(finding->id, ids[i]) != 0 || finding->cost_round_trips <= 0) {
                continue;
            }
            hs_saving *saving = append(comparison);
            if (saving) {
                saving->from = saving->to = way;
                saving->round_trips = finding->cost_round_trips;
                saving->time = finding->cost;
                (void)snprintf(saving->name, sizeof saving->name, "%s", finding->id);
                (void)snprintf(saving->title, sizeof saving->title, "%s: %s", hs_way_title(way),
                               finding->title);
                (void)snprintf(saving->advice, sizeof saving->advice, "%s", finding->advice);
            }
        }
    }
}

void hs_savings_find(hs_comparison *comparison, const hs_trace *const last[HS_WAY_COUNT])
{
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        take_step(comparison, &steps[i]);
    }
    /* The ways that ask for nothing special show what every client meets. */
    static const hs_way plain[] = {HS_WAY_TLS12, HS_WAY_TLS13, HS_WAY_QUIC, HS_WAY_QUIC_RETRY};
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        if (last[plain[i]]) {
            take_findings(comparison, plain[i], last[plain[i]]);
        }
    }
}
