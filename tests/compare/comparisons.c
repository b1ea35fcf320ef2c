#include "comparisons.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const hs_test_comparison_names[] = {"path",    "local", "unmeasured",  "zero", "huge",
                                                "hostile", "alone", "interrupted", NULL};

static hs_quantiles around(hs_time p50, hs_time beyond)
{
    return (hs_quantiles){.count = 20,
                          .least = p50 - beyond / 3,
                          .p50 = p50,
                          .p95 = p50 + beyond,
                          .most = p50 + 2 * beyond};
}

static const hs_quantiles none = {0, HS_TIME_NONE, HS_TIME_NONE, HS_TIME_NONE, HS_TIME_NONE};

/* What is different from way to way on one path. */
typedef struct course {
    int ready;    /* round trips */
    int response; /* -1: none */
    int settings; /* -1: none */
    int work;     /* microseconds of both ends until ready */
    int cpu;      /* microseconds */
    unsigned sent;
    unsigned received;
    const char *sentence;
    const char *version;
    const char *alpn;
} course;

static const course courses[HS_WAY_COUNT] = {
    [HS_WAY_TCP] = {1, 2, -1, 90, 310, 77, 214, "TCP 1", "", ""},
    [HS_WAY_TCP_FAST_OPEN] = {0, 1, -1, 30, 290, 77, 214, "Fast Open: none", "", ""},
    [HS_WAY_TLS12] = {3, 4, -1, 2100, 2900, 520, 3321, "TCP 1, TLS 2", "TLSv1.2", "http/1.1"},
    [HS_WAY_TLS12_RESUMED] = {2, 3, -1, 420, 910, 702, 566, "TCP 1, TLS 1", "TLSv1.2", "http/1.1"},
    [HS_WAY_TLS13] = {2, 3, -1, 1900, 2700, 655, 3577, "TCP 1, TLS 1", "TLSv1.3", "http/1.1"},
    [HS_WAY_TLS13_RESUMED] = {2, 3, -1, 650, 1210, 911, 733, "TCP 1, TLS 1", "TLSv1.3", "http/1.1"},
    [HS_WAY_TLS13_EARLY_DATA] = {1, 2, -1, 280, 1190, 1016, 771, "TCP 1", "TLSv1.3", "http/1.1"},
    [HS_WAY_TLS13_HELLO_RETRY] = {3, 4, -1, 2300, 3100, 1180, 3676,
                                  "TCP 1, HelloRetryRequest 1, TLS 1", "TLSv1.3", "http/1.1"},
    [HS_WAY_TLS13_FAST_OPEN] = {1, 2, -1, 1800, 2750, 655, 3577, "TLS 1", "TLSv1.3", "http/1.1"},
    [HS_WAY_TLS13_FAST_OPEN_EARLY_DATA] = {0, 1, -1, 240, 1230, 1016, 771,
                                           "both in the first flight", "TLSv1.3", "http/1.1"},
    [HS_WAY_HTTP2] = {2, 3, 2, 2000, 3050, 748, 3702, "TCP 1, TLS 1", "TLSv1.3", "h2"},
    [HS_WAY_QUIC] = {1, 2, 1, 2600, 4100, 2614, 5210, "QUIC 1", "TLSv1.3", "h3"},
    [HS_WAY_QUIC_RETRY] = {2, 3, 2, 2700, 4300, 3911, 5344, "Retry 1, QUIC 1", "TLSv1.3", "h3"},
    [HS_WAY_QUIC_RESUMED] = {1, 2, 1, 1300, 2600, 2750, 1712, "QUIC 1", "TLSv1.3", "h3"},
    [HS_WAY_QUIC_EARLY_DATA] = {0, 1, 1, 420, 2700, 2874, 1750, "QUIC: none", "TLSv1.3", "h3"},
    [HS_WAY_WS] = {2, 3, -1, 160, 420, 221, 129, "TCP 1, upgrade 1", "", ""},
    [HS_WAY_WSS_TLS12] = {4, 5, -1, 2200, 3000, 732, 3466, "TCP 1, TLS 2, upgrade 1", "TLSv1.2",
                          "http/1.1"},
    [HS_WAY_WSS_TLS13] = {3, 4, -1, 2050, 2900, 871, 3722, "TCP 1, TLS 1, upgrade 1", "TLSv1.3",
                          "http/1.1"},
    [HS_WAY_WSS_HTTP2] = {-1, -1, -1, 0, 0, 0, 0, "", "", ""},
};

static double trips(const hs_quantiles *quantiles, hs_time rtt)
{
    return quantiles->count > 0 && rtt > 0 ? (double)quantiles->p50 / (double)rtt : (double)NAN;
}

static void fill_row(hs_compare_row *row, const course *c, hs_time rtt)
{
    const hs_time work = c->work * HS_MICROSECOND + rtt / 7 % (9 * HS_MICROSECOND) * (row->way % 5);
    const hs_time wobble = 40 * HS_MICROSECOND + 23 * HS_MICROSECOND * (row->way % 7) +
                           (row->way == HS_WAY_WSS_TLS13 ? rtt / 5 : 0);
    row->state = HS_WAY_MEASURED;
    row->runs = 20;
    row->ready = around(c->ready * rtt + work, wobble);
    if (c->response >= 0) {
        row->first_response = around(c->response * rtt + work + 120 * HS_MICROSECOND, 2 * wobble);
    }
    if (c->settings >= 0) {
        row->settings = around(c->settings * rtt + work + 60 * HS_MICROSECOND, wobble);
    }
    row->cpu = around(c->cpu * HS_MICROSECOND, c->cpu * HS_MICROSECOND / 8);
    row->round_trips_to_ready = trips(&row->ready, rtt);
    row->round_trips_to_settings = trips(&row->settings, rtt);
    row->round_trips_to_response = trips(&row->first_response, rtt);
    row->bytes_sent = c->sent;
    row->bytes_received = c->received;
    row->encrypted = c->version[0] ? HS_YES : HS_NO;
    row->resumable = c->version[0] ? HS_YES : HS_UNSEEN;
    row->multiplexed = c->alpn[0] == 'h' && c->alpn[1] != 't' ? HS_YES : HS_NO;
    snprintf(row->tls_version, sizeof row->tls_version, "%s", c->version);
    snprintf(row->alpn, sizeof row->alpn, "%s", c->alpn);
    snprintf(row->cipher, sizeof row->cipher, "%s",
             strcmp(c->version, "TLSv1.2") == 0 ? "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
             : c->version[0]                    ? "TLS_AES_128_GCM_SHA256"
                                                : "");
    hs_accounting *a = &row->accounting;
    a->present = true;
    a->path_rtt = rtt;
    a->path_rtt_source = HS_CLOCK_TCP_INFO;
    a->total = row->first_response.count > 0 ? row->first_response.p50 : row->ready.p50;
    a->network = (c->response >= 0 ? c->response : c->ready) * rtt;
    a->server = work / 2;
    a->tail = row->way == HS_WAY_QUIC ? work / 4 : 0;
    a->client = a->total - a->network - a->server - a->tail;
    row->phases[HS_PHASE_TCP] = row->way < HS_WAY_QUIC || row->way >= HS_WAY_WS ? rtt
                                                                                : HS_TIME_NONE;
    row->phases[HS_PHASE_RESPONSE] = rtt + 120 * HS_MICROSECOND;
    snprintf(row->sentence, sizeof row->sentence, "%.2f round trips: %s; %.0f %% network",
             row->round_trips_to_ready, c->sentence, 100. * (double)a->network / (double)a->total);
}

static void add_saving(hs_comparison *all, bool measured, hs_way from, hs_way to, const char *name,
                       const char *title, const char *advice)
{
    hs_saving *saving = &all->savings[all->saving_count++];
    *saving = (hs_saving){.measured = measured, .from = from, .to = to};
    saving->time = measured ? all->rows[from].ready.p50 - all->rows[to].ready.p50
                            : all->path_rtt.p50;
    saving->round_trips = (double)saving->time / (double)all->path_rtt.p50;
    snprintf(saving->name, sizeof saving->name, "%s", name);
    snprintf(saving->title, sizeof saving->title, "%s", title);
    snprintf(saving->advice, sizeof saving->advice, "%s", advice);
}

static hs_comparison *blank(void)
{
    hs_comparison *all = calloc(1, sizeof *all);
    if (!all) {
        abort();
    }
    all->at = INT64_C(1795795200123456789);
    all->path_rtt = none;
    snprintf(all->target, sizeof all->target, "https://server.test");
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        hs_compare_row *row = &all->rows[way];
        row->way = (hs_way)way;
        row->state = HS_WAY_NOT_TRIED;
        row->ready = row->settings = row->first_response = row->cpu = none;
        row->round_trips_to_ready = row->round_trips_to_settings = row->round_trips_to_response =
            (double)NAN;
        row->encrypted = row->resumable = row->multiplexed = HS_UNSEEN;
        row->accounting.path_rtt = HS_TIME_NONE;
        for (int phase = 0; phase < HS_PHASE_COUNT; phase++) {
            row->phases[phase] = HS_TIME_NONE;
        }
        snprintf(row->why, sizeof row->why, "nothing tells where it is served");
    }
    return all;
}

hs_comparison *hs_test_path(hs_time rtt)
{
    hs_comparison *all = blank();
    snprintf(all->address, sizeof all->address, "10.77.0.2");
    snprintf(all->vantage, sizeof all->vantage, "a private namespace of this host");
    all->rounds = 20;
    all->path_rtt = around(rtt + 23 * HS_MICROSECOND, 31 * HS_MICROSECOND);
    all->path_rtt_source = HS_CLOCK_TCP_INFO;
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        hs_compare_row *row = &all->rows[way];
        if (courses[way].ready >= 0) {
            row->why[0] = '\0';
            snprintf(row->url, sizeof row->url, "https://server.test/");
            fill_row(row, &courses[way], all->path_rtt.p50);
        } else {
            row->state = HS_WAY_NOT_OFFERED;
            snprintf(row->why, sizeof row->why,
                     "the server's SETTINGS do not permit extended CONNECT (RFC 8441)");
        }
    }
    hs_compare_row *unsure = &all->rows[HS_WAY_TLS13_EARLY_DATA];
    unsure->other = 2;
    unsure->failed = 1;
    snprintf(unsure->why, sizeof unsure->why, "the server rejected the early data");
    add_saving(all, true, HS_WAY_TLS12, HS_WAY_TLS13, "tls1.3", "TLS 1.3 in place of TLS 1.2",
               "let clients offer TLS 1.3");
    add_saving(all, true, HS_WAY_TLS13, HS_WAY_QUIC, "quic", "QUIC in place of TCP and TLS 1.3",
               "tell clients by Alt-Svc or an HTTPS record");
    add_saving(all, false, HS_WAY_TLS13_HELLO_RETRY, HS_WAY_TLS13_HELLO_RETRY,
               "hello_retry_request", "a first key share that the server takes",
               "offer a key share of x25519 first");
    return all;
}

/* A host that is next to this one: no round trip that could be a unit, and little offered. */
static hs_comparison *local(void)
{
    hs_comparison *all = hs_test_path(40 * HS_MICROSECOND);
    for (int way = HS_WAY_QUIC; way < HS_WAY_COUNT; way++) {
        all->rows[way].state = HS_WAY_NOT_OFFERED;
        snprintf(all->rows[way].why, sizeof all->rows[way].why, "nothing listens on this UDP port");
    }
    return all;
}

/* All that can be zero is, with one run of one way. */
static hs_comparison *zero(void)
{
    hs_comparison *all = blank();
    hs_compare_row *row = &all->rows[HS_WAY_TCP];
    all->target[0] = '\0';
    all->path_rtt = (hs_quantiles){.count = 1};
    row->state = HS_WAY_MEASURED;
    row->why[0] = '\0';
    row->ready = row->first_response = row->cpu = (hs_quantiles){.count = 1};
    row->accounting = (hs_accounting){.present = true};
    all->rows[HS_WAY_QUIC].state = HS_WAY_MEASURED; /* of which nothing is known */
    return all;
}

static hs_comparison *huge(void)
{
    hs_comparison *all = hs_test_path(50 * HS_MILLISECOND);
    hs_compare_row *row = &all->rows[HS_WAY_TLS13];
    const hs_quantiles most = {UINT32_MAX, 0, INT64_MAX - 1, INT64_MAX, INT64_MAX};
    row->ready = row->settings = row->first_response = row->cpu = most;
    row->round_trips_to_ready = row->round_trips_to_response = 9e18;
    row->bytes_sent = row->bytes_received = UINT64_MAX;
    row->runs = row->failed = row->other = UINT32_MAX;
    row->accounting = (hs_accounting){
        .present = true, .path_rtt = 1, .total = INT64_MAX, .network = INT64_MAX};
    all->path_rtt = (hs_quantiles){1, 1, 1, 1, 1};
    all->rounds = INT32_MAX;
    all->at = INT64_MAX;
    all->savings[0].time = INT64_MAX;
    all->savings[0].round_trips = 1e300;
    all->savings[1].time = HS_TIME_NONE;
    all->savings[1].round_trips = (double)NAN;
    return all;
}

/* Cut where the field ends, as snprintf does: also within a character. */
static void spoil(char *field, size_t size, size_t at)
{
    static const char hostile[] =
        "\xc3\xbc</title></style></svg>--><script>alert(1)</script>"
        "<img src=x onerror=\"alert('2')\">&lt;&#x3c;]]>%s%n\n\r\t\x1b[31m"
        "\xff\xfe\xef\xbf\xbe\xe2\x80\xae\xf0\x9f\x98\x80";
    for (size_t i = 0; i + 1 < size; i++) {
        field[i] = hostile[(at + i) % (sizeof hostile - 1)];
    }
    field[size - 1] = '\0';
}

static hs_comparison *hostile(void)
{
    hs_comparison *all = hs_test_path(50 * HS_MILLISECOND);
    spoil(all->target, sizeof all->target, 0);
    spoil(all->address, sizeof all->address, 2);
    spoil(all->vantage, sizeof all->vantage, 10);
    for (size_t i = 0; i < HS_WAY_COUNT; i++) {
        hs_compare_row *row = &all->rows[i];
        row->state = i % 3 == 0 ? HS_WAY_NOT_OFFERED : HS_WAY_MEASURED;
        spoil(row->url, sizeof row->url, i);
        spoil(row->why, sizeof row->why, i + 1);
        spoil(row->sentence, sizeof row->sentence, i + 2);
        spoil(row->tls_version, sizeof row->tls_version, i + 3);
        spoil(row->cipher, sizeof row->cipher, i + 4);
        spoil(row->alpn, sizeof row->alpn, i + 5);
    }
    for (size_t i = 0; i < all->saving_count; i++) {
        spoil(all->savings[i].name, sizeof all->savings[i].name, i);
        spoil(all->savings[i].title, sizeof all->savings[i].title, i + 6);
        spoil(all->savings[i].advice, sizeof all->savings[i].advice, i + 7);
    }
    return all;
}

/* One way only, on a path whose round trip nobody saw. */
static hs_comparison *alone(void)
{
    hs_comparison *all = hs_test_path(50 * HS_MILLISECOND);
    all->path_rtt = none;
    all->saving_count = 0;
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        if (way != HS_WAY_WS) {
            all->rows[way].state = HS_WAY_NOT_TRIED;
        }
    }
    all->rows[HS_WAY_WS].round_trips_to_ready = (double)NAN;
    all->rows[HS_WAY_WS].round_trips_to_response = (double)NAN;
    all->rows[HS_WAY_WS].accounting.path_rtt = HS_TIME_NONE;
    return all;
}

static hs_comparison *interrupted(void)
{
    hs_comparison *all = hs_test_path(20 * HS_MILLISECOND);
    all->interrupted = true;
    all->rounds = 1;
    return all;
}

hs_comparison *hs_test_comparison(const char *name)
{
    static const struct {
        const char *name;
        hs_comparison *(*make)(void);
    } makers[] = {{"local", local},
                  {"unmeasured", blank},
                  {"zero", zero},
                  {"huge", huge},
                  {"hostile", hostile},
                  {"alone", alone},
                  {"interrupted", interrupted}};
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++) {
        if (strcmp(makers[i].name, name) == 0) {
            return makers[i].make();
        }
    }
    int milliseconds = 50;
    bool is_path = strcmp(name, "path") == 0 || sscanf(name, "path%d", &milliseconds) == 1;
    return is_path ? hs_test_path(milliseconds * HS_MILLISECOND) : NULL;
}

void hs_test_series(hs_compare_point points[HS_TEST_POINTS], hs_compare_series *series)
{
    static const hs_time rtts[HS_TEST_POINTS] = {10 * HS_MILLISECOND, 20 * HS_MILLISECOND,
                                                 50 * HS_MILLISECOND};
    static const char report[] = "sent on 0.002 ms late\n2 packets <lost>\n";
    for (size_t i = 0; i < HS_TEST_POINTS; i++) {
        points[i] = (hs_compare_point){rtts[i], hs_test_path(rtts[i]), i == 0 ? NULL : report};
    }
    *series = (hs_compare_series){points, HS_TEST_POINTS};
}

void hs_test_series_free(hs_compare_series *series)
{
    for (size_t i = 0; i < series->count; i++) {
        free((void *)(uintptr_t)series->points[i].comparison);
    }
}
