/* What follows from an audit: settings judge themselves (settings.c), the rest is judged here. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"

enum {
    BACKLOG_LEAST = 128,
    SYN_BACKLOG_LEAST = 1024,
    SOMAXCONN_USUAL = 4096,
    TIME_WAIT_PERCENT = 80,
    SYN_RETRANSMITS_PERCENT = 5,
    SYN_RETRANSMITS_LEAST = 20,
    NAMED_MAX = 3,
};

static const hs_audit_rule_row rows[HS_AUDIT_RULE_COUNT] = {
#define HS_X(symbol, id, severity, title, advice, command)                                         \
    [HS_AUDIT_RULE_##symbol] = {id, HS_SEVERITY_##severity, title, advice, command},
    HS_AUDIT_RULE_MAP(HS_X)
#undef HS_X
};

const hs_audit_rule_row *hs_audit_rule_describe(hs_audit_rule rule)
{
    return &rows[rule];
}

/* Where a rule stands already, its first evidence is kept. */
static void find(hs_audit *audit, hs_audit_rule rule, const char *format, ...) HS_PRINTF(3, 4);
static void find(hs_audit *audit, hs_audit_rule rule, const char *format, ...)
{
    for (size_t i = 0; i < audit->finding_count; i++) {
        if (audit->findings[i].rule == rule) {
            return;
        }
    }
    hs_audit_finding *finding = &audit->findings[audit->finding_count++];
    finding->rule = rule;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding->evidence, sizeof finding->evidence, format, arguments);
    va_end(arguments);
}

static void judge_settings(hs_audit *audit)
{
    for (size_t i = 0; i < HS_AUDIT_SETTING_COUNT; i++) {
        const hs_audit_value *value = &audit->settings[i];
        hs_audit_rule rule = hs_audit_setting_judge((hs_audit_setting)i, value);
        if (rule != HS_AUDIT_RULE_NONE) {
            find(audit, rule, "%s is %s", hs_audit_setting_describe((hs_audit_setting)i)->name,
                 value->text);
        }
    }
    int64_t backlog = hs_audit_value_number(&audit->settings[HS_AUDIT_SETTING_MAX_SYN_BACKLOG]);
    int64_t cookies = hs_audit_value_number(&audit->settings[HS_AUDIT_SETTING_SYNCOOKIES]);
    if (cookies == 0 && backlog >= 0 && backlog < SYN_BACKLOG_LEAST) {
        find(audit, HS_AUDIT_RULE_SYN_BACKLOG_LOW,
             "net.ipv4.tcp_max_syn_backlog is %" PRId64 " and tcp_syncookies 0", backlog);
    }
}

/* Whether `rule` speaks of a listener. */
typedef bool (*listener_test)(const hs_audit *audit, const hs_audit_listener *listener);

static uint64_t overflows(const hs_audit *audit)
{
    return hs_audit_counter_value(&audit->counters, HS_AUDIT_COUNTER_LISTEN_OVERFLOWS);
}

static bool is_full(const hs_audit *audit, const hs_audit_listener *listener)
{
    (void)audit;
    return hs_audit_is_full(listener);
}

/* Busy: half of its queue is taken, or queues of this namespace have been full. */
static bool is_small(const hs_audit *audit, const hs_audit_listener *listener)
{
    bool is_busy = overflows(audit) > 0 ||
                   (listener->queue > 0 && listener->queue >= listener->limit / 2);
    return listener->limit < BACKLOG_LEAST && is_busy && !hs_audit_is_full(listener);
}

static bool is_capped(const hs_audit *audit, const hs_audit_listener *listener)
{
    int64_t somaxconn = hs_audit_value_number(&audit->settings[HS_AUDIT_SETTING_SOMAXCONN]);
    return listener->limit == somaxconn && (somaxconn < SOMAXCONN_USUAL || overflows(audit) > 0);
}

static void name_listener(const hs_audit_listener *listener, char *out, size_t capacity)
{
    char endpoint[HS_AUDIT_ENDPOINT];
    snprintf(out, capacity, "%s%s%s (%" PRIu32 " of %" PRIu32 ")",
             hs_audit_endpoint(listener, endpoint), listener->process[0] != '\0' ? " " : "",
             listener->process, listener->queue, listener->limit);
}

static void judge_listeners(hs_audit *audit, hs_audit_rule rule, listener_test test,
                            const char *what)
{
    char names[NAMED_MAX][HS_AUDIT_ENDPOINT + 48] = {"", "", ""};
    size_t count = 0;
    for (size_t i = 0; i < audit->listener_count; i++) {
        if (test(audit, &audit->listeners[i])) {
            if (count < NAMED_MAX) {
                name_listener(&audit->listeners[i], names[count], sizeof names[count]);
            }
            count++;
        }
    }
    if (count == 0) {
        return;
    }
    char more[48] = "";
    if (count > NAMED_MAX) {
        snprintf(more, sizeof more, " and %zu more", count - NAMED_MAX);
    }
    find(audit, rule, "%s: %s%s%s%s%s%s", what, names[0], count > 1 ? ", " : "", names[1],
         count > 2 ? ", " : "", names[2], more);
}

/* `text`: " (1.2 % of PassiveOpens)" */
static const char *share_text(const hs_audit *audit, hs_audit_counter counter, char text[64])
{
    double share = hs_audit_counter_share(&audit->counters, counter);
    text[0] = '\0';
    if (share >= 0) {
        hs_audit_counter whole = hs_audit_counter_describe(counter)->whole;
        snprintf(text, 64, " (%.3g %% of %s)", share * 100, hs_audit_counter_describe(whole)->name);
    }
    return text;
}

/* A counter that is not 0 is evidence by itself. */
static void judge_counter(hs_audit *audit, hs_audit_rule rule, hs_audit_counter counter)
{
    uint64_t value = hs_audit_counter_value(&audit->counters, counter);
    char share[64];
    if (value > 0) {
        find(audit, rule, "%s %" PRIu64 "%s", hs_audit_counter_describe(counter)->name, value,
             share_text(audit, counter, share));
    }
}

static void judge_drops(hs_audit *audit)
{
    const hs_audit_counters *counters = &audit->counters;
    uint64_t drops = hs_audit_counter_value(counters, HS_AUDIT_COUNTER_LISTEN_DROPS);
    char share[64];
    if (drops > 0) {
        find(audit, HS_AUDIT_RULE_LISTEN_DROPS,
             "ListenDrops %" PRIu64 "%s, ListenOverflows %" PRIu64, drops,
             share_text(audit, HS_AUDIT_COUNTER_LISTEN_DROPS, share), overflows(audit));
    }
}

static void judge_syns(hs_audit *audit)
{
    const hs_audit_counters *counters = &audit->counters;
    uint64_t again = hs_audit_counter_value(counters, HS_AUDIT_COUNTER_SYN_RETRANS);
    uint64_t opens = hs_audit_counter_value(counters, HS_AUDIT_COUNTER_ACTIVE_OPENS) / 2 +
                     hs_audit_counter_value(counters, HS_AUDIT_COUNTER_PASSIVE_OPENS) / 2;
    /* Halves, so that no sum overflows. */
    if (again >= SYN_RETRANSMITS_LEAST && again / 2 >= opens / 100 * SYN_RETRANSMITS_PERCENT) {
        find(audit, HS_AUDIT_RULE_SYN_RETRANSMITS,
             "TCPSynRetrans %" PRIu64 ", of %" PRIu64 " ActiveOpens and %" PRIu64 " PassiveOpens",
             again, hs_audit_counter_value(counters, HS_AUDIT_COUNTER_ACTIVE_OPENS),
             hs_audit_counter_value(counters, HS_AUDIT_COUNTER_PASSIVE_OPENS));
    }
}

static void judge_ports(hs_audit *audit)
{
    int64_t ports = hs_audit_value_ports(&audit->settings[HS_AUDIT_SETTING_PORT_RANGE]);
    if (ports > 0 && audit->time_wait >= 0 && audit->time_wait > ports * TIME_WAIT_PERCENT / 100) {
        find(audit, HS_AUDIT_RULE_PORTS_TIME_WAIT,
             "%" PRId64 " sockets in TIME-WAIT, %" PRId64 " ports", audit->time_wait, ports);
    }
}

static void judge_routes(hs_audit *audit)
{
    for (size_t i = 0; i < audit->route_count; i++) {
        const hs_audit_route *route = &audit->routes[i];
        if (route->initcwnd > 0 && route->initcwnd < HS_AUDIT_INITCWND) {
            find(audit, HS_AUDIT_RULE_INITCWND_LOW, "initcwnd %" PRIu32 " on a default route of %s",
                 route->initcwnd, route->is_v6 ? "IPv6" : "IPv4");
        }
    }
}

static int compare_findings(const void *a, const void *b)
{
    const hs_audit_finding *x = a;
    const hs_audit_finding *y = b;
    int order = (int)rows[y->rule].severity - (int)rows[x->rule].severity;
    return order != 0 ? order : (int)x->rule - (int)y->rule;
}

void hs_audit_judge(hs_audit *audit)
{
    audit->finding_count = 0;
    judge_settings(audit);
    judge_listeners(audit, HS_AUDIT_RULE_LISTENER_FULL, is_full, "waiting for accept()");
    judge_listeners(audit, HS_AUDIT_RULE_BACKLOG_SMALL, is_small, "waiting, and the limit");
    judge_listeners(audit, HS_AUDIT_RULE_BACKLOG_CAPPED, is_capped, "limit equal to somaxconn");
    judge_drops(audit);
    judge_counter(audit, HS_AUDIT_RULE_SYN_QUEUE_DROPS, HS_AUDIT_COUNTER_REQ_Q_FULL_DROP);
    judge_counter(audit, HS_AUDIT_RULE_FAST_OPEN_BLACKHOLE, HS_AUDIT_COUNTER_FAST_OPEN_BLACKHOLE);
    judge_counter(audit, HS_AUDIT_RULE_FAST_OPEN_OVERFLOW,
                  HS_AUDIT_COUNTER_FAST_OPEN_LISTEN_OVERFLOW);
    judge_counter(audit, HS_AUDIT_RULE_TIME_WAIT_OVERFLOW, HS_AUDIT_COUNTER_TIME_WAIT_OVERFLOW);
    judge_counter(audit, HS_AUDIT_RULE_UDP_BUFFER, HS_AUDIT_COUNTER_UDP_RCVBUF_ERRORS);
    if (hs_audit_value_number(&audit->settings[HS_AUDIT_SETTING_SYNCOOKIES]) != 2) {
        judge_counter(audit, HS_AUDIT_RULE_SYNCOOKIES_SENT, HS_AUDIT_COUNTER_SYNCOOKIES_SENT);
    }
    judge_syns(audit);
    judge_ports(audit);
    judge_routes(audit);
    qsort(audit->findings, audit->finding_count, sizeof *audit->findings, compare_findings);
}
