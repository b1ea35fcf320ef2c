/* The comparison: every way in which one target can be reached, measured side by side.
 *
 * All ways take turns in each round, so that whatever drifts hits all of them alike. A way that the
 * target does not offer is a row that says why. No figure stands for a run that did not do what its
 * row says: a run of "resumed" that was not resumed is counted as other, and not in its figures.
 */
#ifndef HANDSHAKE_COMPARE_H
#define HANDSHAKE_COMPARE_H

#include <stdbool.h>
#include <stdio.h>

#include <handshake/api.h>
#include <handshake/probe.h>
#include <handshake/report.h>
#include <handshake/time.h>
#include <handshake/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

/* X(symbol, name in the record, title for people), in the order of the rows */
#define HS_WAY_MAP(X)                                                                              \
    X(TCP, "tcp", "TCP")                                                                           \
    X(TCP_FAST_OPEN, "tcp_fast_open", "TCP, Fast Open")                                            \
    X(TLS12, "tls1.2", "TLS 1.2")                                                                  \
    X(TLS12_RESUMED, "tls1.2_resumed", "TLS 1.2, resumed")                                         \
    X(TLS13, "tls1.3", "TLS 1.3")                                                                  \
    X(TLS13_RESUMED, "tls1.3_resumed", "TLS 1.3, resumed")                                         \
    X(TLS13_EARLY_DATA, "tls1.3_early_data", "TLS 1.3, 0-RTT")                                     \
    X(TLS13_HELLO_RETRY, "tls1.3_hello_retry", "TLS 1.3, HelloRetryRequest")                       \
    X(TLS13_FAST_OPEN, "tls1.3_fast_open", "Fast Open + TLS 1.3")                                  \
    X(TLS13_FAST_OPEN_EARLY_DATA, "tls1.3_fast_open_early_data", "Fast Open + TLS 1.3, 0-RTT")     \
    X(HTTP2, "http2", "HTTP/2")                                                                    \
    X(QUIC, "quic", "QUIC")                                                                        \
    X(QUIC_RETRY, "quic_retry", "QUIC, Retry")                                                     \
    X(QUIC_RESUMED, "quic_resumed", "QUIC, resumed")                                               \
    X(QUIC_EARLY_DATA, "quic_early_data", "QUIC, 0-RTT")                                           \
    X(WS, "ws", "WebSocket")                                                                       \
    X(WSS_TLS12, "wss_tls1.2", "WebSocket, TLS 1.2")                                               \
    X(WSS_TLS13, "wss_tls1.3", "WebSocket, TLS 1.3")                                               \
    X(WSS_HTTP2, "wss_http2", "WebSocket over HTTP/2")

typedef enum hs_way {
#define HS_X(symbol, name, title) HS_WAY_##symbol,
    HS_WAY_MAP(HS_X)
#undef HS_X
        HS_WAY_COUNT
} hs_way;

HS_API const char *hs_way_name(hs_way way);
HS_API const char *hs_way_title(hs_way way);

/* One run of a way, for those who want every record. The trace is borrowed. */
typedef struct hs_compare_event {
    hs_way way;
    int round; /* 0: the first look, whose figures do not count; else from 1 */
    const hs_trace *trace;
} hs_compare_event;

/* All strings are borrowed and must live as long as the comparison runs. */
typedef struct hs_compare_options {
    hs_probe_options probe; /* what all ways have in common: trust, name, deadlines. What belongs to
                             * a way must be left unset: HTTP and TLS version, ALPN, Fast Open,
                             * resumption */
    int rounds;             /* 1 … HS_COMPARE_ROUNDS_MAX */
    /* URLs of the same target by other schemes, in place of what its own URL tells: http://, ws://,
     * wss://, https://, quic://. */
    const char *const *also;
    size_t also_count;
    const char *retry; /* https:// whose QUIC answers with Retry; NULL: only where it is met */
    void (*run_done)(void *context, const hs_compare_event *event); /* may be NULL */
    void *context;
} hs_compare_options;

enum { HS_COMPARE_ROUNDS_MAX = 1000, HS_COMPARE_ROUNDS_DEFAULT = 10 };

HS_API void hs_compare_options_init(hs_compare_options *options);

/* Over the runs that count. HS_TIME_NONE where there is none. */
typedef struct hs_quantiles {
    uint32_t count;
    hs_time least;
    hs_time p50;
    hs_time p95;
    hs_time most;
} hs_quantiles;

typedef enum hs_way_state {
    HS_WAY_MEASURED,
    HS_WAY_NOT_OFFERED, /* tried, and the target would not, or did something else: `why` */
    HS_WAY_NOT_TRIED,   /* `why` */
} hs_way_state;

/* All times are from the first packet on (SYN or first Initial packet): name resolution is not in
 * them. */
typedef struct hs_compare_row {
    hs_way way;
    hs_way_state state;
    char url[320];
    char why[384];            /* empty where measured */
    hs_failure_class failure; /* of the newest run that failed */
    uint32_t runs;            /* in the rounds */
    uint32_t failed;
    uint32_t other;              /* succeeded, but were not what the row says */
    hs_quantiles ready;          /* until application data may be sent */
    hs_quantiles settings;       /* until the server's SETTINGS of HTTP/2 or HTTP/3 */
    hs_quantiles first_response; /* until the first byte of the answer */
    hs_quantiles cpu;            /* of this thread, for the whole run */
    double round_trips_to_ready; /* p50 over the path's round trip; NAN where not known */
    double round_trips_to_settings;
    double round_trips_to_response;
    uint64_t bytes_sent; /* medians; of TCP's stream, or of UDP's payload */
    uint64_t bytes_received;
    hs_seen encrypted;
    hs_seen resumable;   /* the server gave a session ticket or took one */
    hs_seen multiplexed; /* many requests at once on one connection */
    /* Of the run whose time to the first response (or to ready, where there is none) is the median.
     */
    hs_accounting accounting;
    hs_time phases[HS_PHASE_COUNT]; /* length; HS_TIME_NONE where it had none */
    /* "3.02 round trips: TCP 1, HelloRetryRequest 1, TLS 1; 97 % network": round_trips_to_ready,
     * and what the typical run waited for. */
    char sentence[256];
    /* What was agreed on; empty where nothing was. */
    char tls_version[16];
    char cipher[64];
    char alpn[64];
} hs_compare_row;

/* What would make it faster, or does. */
typedef struct hs_saving {
    char name[48];  /* "tls1.3" */
    char title[96]; /* "TLS 1.3 in place of TLS 1.2" */
    bool measured;  /* both ends of it are rows here; else it is what the protocol promises on
                     * this path */
    hs_way from;
    hs_way to;
    double round_trips;
    hs_time time;
    char advice[256];
} hs_saving;

enum { HS_SAVINGS_MAX = 16 };

typedef struct hs_comparison {
    int64_t at; /* start: nanoseconds since the epoch */
    char target[320];
    char address[64]; /* of the first run that had one */
    char vantage[256];
    int rounds; /* completed */
    bool interrupted;
    hs_quantiles path_rtt; /* count 0: not seen */
    hs_clock path_rtt_source;
    hs_compare_row rows[HS_WAY_COUNT];
    hs_saving savings[HS_SAVINGS_MAX];
    size_t saving_count;
} hs_comparison;

typedef struct hs_comparer hs_comparer;

/* Checks everything that can be checked without a connection. HS_INVALID and HS_SYSTEM come with
 * `problem` filled; HS_NO_MEMORY without. */
HS_API HS_CHECKED hs_result hs_comparer_new(const hs_compare_options *options, const char *target,
                                            hs_comparer **out, hs_problem *problem);
HS_API void hs_comparer_free(hs_comparer *comparer);
/* The rounds. On HS_OK the comparison is in `*out`, for free(3). HS_LIMIT: stopped before the first
 * round was complete. */
HS_API HS_CHECKED hs_result hs_comparer_run(hs_comparer *comparer, hs_comparison **out,
                                            hs_problem *problem);
/* Ends it soon, with what there is. Async-signal-safe. */
HS_API void hs_comparer_stop(hs_comparer *comparer);

/* The table, the chart and the savings for people. */
HS_API HS_CHECKED hs_result hs_compare_text(const hs_comparison *comparison,
                                            const hs_report_options *options, FILE *out);
/* One object of schema handshake-compare/1 on one line with its newline. */
HS_API HS_CHECKED hs_result hs_compare_json(const hs_comparison *comparison, FILE *out);

/* Comparisons of the same ways over paths of different round trips. All is borrowed. */
typedef struct hs_compare_point {
    hs_time rtt; /* that the path was set to; HS_TIME_NONE where nobody set it */
    const hs_comparison *comparison;
    const char *report; /* what the path was set to and did, in lines for people; NULL: none */
} hs_compare_point;

typedef struct hs_compare_series {
    const hs_compare_point *points;
    size_t count;
} hs_compare_series;

/* A way's time to ready against the path's measured round trip: the straight line through the
 * medians with the least sum of squares. */
typedef struct hs_compare_slope {
    uint32_t points;    /* comparisons that have both figures */
    double round_trips; /* the slope: by how much the time grows with the path's round trip. NAN
                         * where the points do not have two different round trips */
    hs_time fixed;      /* what is left of the time on a path without length; HS_TIME_NONE with
                         * the slope */
    hs_time residual;   /* root mean square of the distances from the line; HS_TIME_NONE with
                         * fewer than three points, which no line can miss */
} hs_compare_slope;

/* Of every way; `points` 0 where it was never measured. */
HS_API void hs_compare_slopes(const hs_compare_series *series,
                              hs_compare_slope slopes[HS_WAY_COUNT]);

/* A drawing as a file of its own, which follows the viewer's light or dark scheme: the time of each
 * way as a bar, and the lines of the series. Either may be NULL; a series is drawn where it has a
 * slope. HS_INVALID where nothing is left to draw. HS_SYSTEM after a write error, HS_NO_MEMORY. */
HS_API HS_CHECKED hs_result hs_compare_svg(const hs_comparison *comparison,
                                           const hs_compare_series *series, FILE *out);
/* The same and all figures as a page that is whole in itself: it loads nothing and runs nothing.
 * `series` may be NULL; with one, `comparison` is the one of its points that is shown in full. A
 * series of one point tells what the path was set to. */
HS_API HS_CHECKED hs_result hs_compare_html(const hs_comparison *comparison,
                                            const hs_compare_series *series, FILE *out);

#ifdef __cplusplus
}
#endif
#endif
