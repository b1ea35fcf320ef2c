#include "compare/ways.h"

#include <stdio.h>
#include <string.h>

enum { TLS_1_2 = 0x0303, TLS_1_3 = 0x0304, SCHEMES_MAX = 3 };

typedef struct way_row {
    const char *name;
    const char *title;
} way_row;

static const way_row rows[HS_WAY_COUNT] = {
#define HS_X(symbol, name, title) [HS_WAY_##symbol] = {name, title},
    HS_WAY_MAP(HS_X)
#undef HS_X
};

/* What must be seen in a run. */
typedef enum demand {
    DEMAND_FAST_OPEN = 1 << 0,
    DEMAND_RESUMED = 1 << 1,
    DEMAND_EARLY_DATA = 1 << 2,
    DEMAND_HELLO_RETRY = 1 << 3,
    DEMAND_HTTP2 = 1 << 4,
} demand;

typedef struct way_plan {
    const char *schemes[SCHEMES_MAX]; /* that can carry it, the best one first */
    uint16_t tls_version;             /* the only one offered; 0: none or QUIC's */
    hs_http_version http;
    unsigned demands;
} way_plan;

static const way_plan plans[HS_WAY_COUNT] = {
    [HS_WAY_TCP] = {{"http", "tcp"}, 0, HS_HTTP_1_1, 0},
    [HS_WAY_TCP_FAST_OPEN] = {{"http", "ws"}, 0, HS_HTTP_1_1, DEMAND_FAST_OPEN},
    [HS_WAY_TLS12] = {{"https", "tls"}, TLS_1_2, HS_HTTP_1_1, 0},
    [HS_WAY_TLS12_RESUMED] = {{"https", "tls"}, TLS_1_2, HS_HTTP_1_1, DEMAND_RESUMED},
    [HS_WAY_TLS13] = {{"https", "tls"}, TLS_1_3, HS_HTTP_1_1, 0},
    [HS_WAY_TLS13_RESUMED] = {{"https", "tls"}, TLS_1_3, HS_HTTP_1_1, DEMAND_RESUMED},
    [HS_WAY_TLS13_EARLY_DATA] = {{"https"}, TLS_1_3, HS_HTTP_1_1, DEMAND_EARLY_DATA},
    [HS_WAY_TLS13_HELLO_RETRY] = {{"https", "tls"}, TLS_1_3, HS_HTTP_1_1, DEMAND_HELLO_RETRY},
    [HS_WAY_TLS13_FAST_OPEN] = {{"https", "tls"}, TLS_1_3, HS_HTTP_1_1, DEMAND_FAST_OPEN},
    [HS_WAY_TLS13_FAST_OPEN_EARLY_DATA] = {{"https"},
                                           TLS_1_3,
                                           HS_HTTP_1_1,
                                           DEMAND_FAST_OPEN | DEMAND_EARLY_DATA},
    [HS_WAY_HTTP2] = {{"https"}, 0, HS_HTTP_2, DEMAND_HTTP2},
    [HS_WAY_QUIC] = {{"https", "quic"}, 0, HS_HTTP_3, 0},
    [HS_WAY_QUIC_RETRY] = {{"https", "quic"}, 0, HS_HTTP_3, 0},
    [HS_WAY_QUIC_RESUMED] = {{"https", "quic"}, 0, HS_HTTP_3, DEMAND_RESUMED},
    [HS_WAY_QUIC_EARLY_DATA] = {{"https"}, 0, HS_HTTP_3, DEMAND_EARLY_DATA},
    [HS_WAY_WS] = {{"ws"}, 0, HS_HTTP_ANY, 0},
    [HS_WAY_WSS_TLS12] = {{"wss"}, TLS_1_2, HS_HTTP_ANY, 0},
    [HS_WAY_WSS_TLS13] = {{"wss"}, TLS_1_3, HS_HTTP_ANY, 0},
    [HS_WAY_WSS_HTTP2] = {{"wss"}, 0, HS_HTTP_2, DEMAND_HTTP2},
};

const char *hs_way_name(hs_way way)
{
    return rows[way].name;
}

const char *hs_way_title(hs_way way)
{
    return rows[way].title;
}

/* --- by which URL --- */

/* The scheme that is spoken at the same port as `scheme`, so that one URL tells the other. */
static const char *sibling_of(const char *scheme)
{
    static const char *const pairs[][2] = {{"http", "ws"}, {"https", "wss"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        for (int side = 0; side < 2; side++) {
            if (strcmp(pairs[i][side], scheme) == 0) {
                return pairs[i][1 - side];
            }
        }
    }
    return NULL;
}

static bool has_scheme(const hs_url *url, const char *scheme)
{
    return scheme && strcmp(url->scheme->name, scheme) == 0;
}

static const hs_url *find_url(const char *scheme, const hs_url *target, const hs_url *also,
                              size_t also_count)
{
    for (size_t i = 0; i < also_count; i++) {
        if (has_scheme(&also[i], scheme)) {
            return &also[i];
        }
    }
    bool is_tcp = strcmp(scheme, "tcp") == 0 && !target->scheme->is_quic;
    if (has_scheme(target, scheme) || has_scheme(target, sibling_of(scheme)) || is_tcp) {
        return target;
    }
    return NULL;
}

bool hs_way_url(hs_way way, const hs_url *target, const hs_url *also, size_t also_count,
                char url[HS_WAY_URL_MAX], char why[HS_WAY_WHY_MAX])
{
    const way_plan *plan = &plans[way];
    for (size_t i = 0; i < SCHEMES_MAX && plan->schemes[i]; i++) {
        const char *scheme = plan->schemes[i];
        const hs_url *found = find_url(scheme, target, also, also_count);
        if (!found) {
            continue;
        }
        const char *path = hs_scheme_find(scheme, strlen(scheme))->has_request ? found->path : "";
        bool is_v6 = strchr(found->host, ':') != NULL;
        int len = snprintf(url, HS_WAY_URL_MAX, "%s://%s%s%s:%u%s", scheme, is_v6 ? "[" : "",
                           found->host, is_v6 ? "]" : "", found->port, path);
        if (len >= HS_WAY_URL_MAX) {
            (void)snprintf(why, HS_WAY_WHY_MAX, "its URL is longer than %d bytes",
                           HS_WAY_URL_MAX - 1);
            return false;
        }
        return true;
    }
    (void)snprintf(why, HS_WAY_WHY_MAX, "nothing tells where %s:// is served (--also %s://…)",
                   plan->schemes[0], plan->schemes[0]);
    return false;
}

/* --- with which options --- */

uint16_t hs_way_tls_version(hs_way way)
{
    return plans[way].tls_version;
}

void hs_way_set_options(hs_way way, const char *url, hs_probe_options *options)
{
    static const char quic[] = "quic://";
    const way_plan *plan = &plans[way];
    if (strncmp(url, quic, sizeof quic - 1) == 0) {
        options->alpn = "h3"; /* QUIC must name one; this is the one that is compared (RFC 9114) */
    }
    options->http_version = plan->http;
    options->tls_min = plan->tls_version;
    options->tls_max = plan->tls_version;
    options->tcp_fastopen = plan->demands & DEMAND_FAST_OPEN;
    options->resume = plan->demands & DEMAND_RESUMED;
    options->early_data = plan->demands & DEMAND_EARLY_DATA;
    options->hello_retry = plan->demands & DEMAND_HELLO_RETRY;
}

bool hs_way_options_are_common(const hs_probe_options *o, const char **what)
{
    *what = o->http_version != HS_HTTP_ANY       ? "the HTTP version"
            : o->tls_min != 0 || o->tls_max != 0 ? "the TLS version"
            : o->tcp_fastopen                    ? "Fast Open"
            : o->resume || o->early_data         ? "resumption"
            : o->hello_retry                     ? "HelloRetryRequest"
            : o->alpn                            ? "ALPN"
                                                 : NULL;
    return !*what;
}

/* --- what a run must show --- */

static bool fast_open_was_used(const hs_trace *trace, char why[HS_WAY_WHY_MAX])
{
    if (trace->tcp.syn_data_acknowledged == HS_YES) {
        return true;
    }
    const char *used = trace->tcp.fast_open ? trace->tcp.fast_open : "";
    const char *reason = strcmp(used, "cookie_requested") == 0
                             ? "the server gave no Fast Open cookie (RFC 7413)"
                         : strcmp(used, "not_used") == 0
                             ? "this host did not use Fast Open (net.ipv4.tcp_fastopen, RFC 7413)"
                             : "the data in the SYN was not taken (RFC 7413)";
    (void)snprintf(why, HS_WAY_WHY_MAX, "%s", reason);
    return false;
}

static hs_early_data early_data_of(const hs_trace *trace)
{
    return trace->quic.present ? trace->quic.early_data : trace->tls.early_data;
}

static bool early_data_was_taken(const hs_trace *trace, char why[HS_WAY_WHY_MAX])
{
    hs_early_data early = early_data_of(trace);
    if (early == HS_EARLY_DATA_ACCEPTED) {
        return true;
    }
    (void)snprintf(why, HS_WAY_WHY_MAX, "%s",
                   early == HS_EARLY_DATA_REJECTED
                       ? "the server rejected the early data"
                       : "the server gave no ticket that permits early data");
    return false;
}

bool hs_way_holds(hs_way way, const hs_trace *trace, char why[HS_WAY_WHY_MAX])
{
    unsigned demands = plans[way].demands;
    if ((demands & DEMAND_FAST_OPEN) && !fast_open_was_used(trace, why)) {
        return false;
    }
    if ((demands & DEMAND_EARLY_DATA) && !early_data_was_taken(trace, why)) {
        return false;
    }
    if ((demands & DEMAND_RESUMED) && trace->tls.resumed != HS_YES) {
        (void)snprintf(why, HS_WAY_WHY_MAX, "the server did not resume the session");
        return false;
    }
    if ((demands & DEMAND_HELLO_RETRY) && trace->tls.hello_retry_request != HS_YES) {
        (void)snprintf(why, HS_WAY_WHY_MAX, "the server did not ask for another key share");
        return false;
    }
    if ((demands & DEMAND_HTTP2) && (!trace->tls.alpn || strcmp(trace->tls.alpn, "h2") != 0)) {
        (void)snprintf(why, HS_WAY_WHY_MAX, "the server did not choose h2");
        return false;
    }
    if (way == HS_WAY_QUIC_RETRY && trace->quic.retry != HS_YES) {
        (void)snprintf(why, HS_WAY_WHY_MAX, "the server did not answer with Retry");
        return false;
    }
    return true;
}

hs_way hs_way_of_run(hs_way asked, const hs_trace *trace)
{
    return asked == HS_WAY_QUIC && trace->quic.retry == HS_YES ? HS_WAY_QUIC_RETRY : asked;
}
