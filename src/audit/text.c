/* An audit for people: settings, default routes, listeners, counters, findings, and what could not
 * be seen. */
#include <inttypes.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "audit/report.h"
#include "base/time_text.h"
#include "report/page.h"

enum { VALUE_COLUMN = 27, MEANING_COLUMN = 42, WORDS_COLUMN = 11, DATE_LENGTH = 19 };

static hs_tone tone_of(hs_audit_rule rule)
{
    return rule == HS_AUDIT_RULE_NONE
               ? HS_TONE_PLAIN
               : hs_page_severity_tone(hs_audit_rule_describe(rule)->severity);
}

static void put_title(hs_page *page, const char *title)
{
    hs_page_put(page, HS_TONE_STRONG, "%s", title);
    hs_page_end_line(page);
}

static void put_row(hs_page *page, const char *name, hs_tone tone, const char *value,
                    const char *meaning)
{
    hs_page_put(page, HS_TONE_PLAIN, "  %s", name);
    hs_page_tab(page, VALUE_COLUMN);
    hs_page_put(page, tone, "%s", value);
    hs_page_tab(page, MEANING_COLUMN);
    hs_page_hang(page);
    hs_page_words(page, HS_TONE_DIM, "%s", meaning);
    hs_page_end_line(page);
}

static const char *last_part(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

static void put_settings(hs_page *page, const hs_audit *audit)
{
    put_title(page, "settings");
    for (size_t i = 0; i < HS_AUDIT_SETTING_COUNT; i++) {
        const hs_audit_setting_row *row = hs_audit_setting_describe((hs_audit_setting)i);
        const hs_audit_value *value = &audit->settings[i];
        if (!value->is_seen) {
            continue;
        }
        char meaning[HS_AUDIT_TEXT];
        int64_t ports = i == HS_AUDIT_SETTING_PORT_RANGE ? hs_audit_value_ports(value) : -1;
        snprintf(meaning, sizeof meaning, ports >= 0 ? "%s: %" PRId64 " ports" : "%s", row->meaning,
                 ports);
        put_row(page, last_part(row->name),
                tone_of(hs_audit_setting_judge((hs_audit_setting)i, value)), value->text, meaning);
    }
}

static void put_routes(hs_page *page, const hs_audit *audit)
{
    for (size_t i = 0; i < audit->route_count; i++) {
        const hs_audit_route *route = &audit->routes[i];
        char device[IF_NAMESIZE] = "";
        char meaning[HS_AUDIT_TEXT];
        char value[16];
        bool is_named = route->device != 0 && if_indextoname(route->device, device);
        bool is_set = route->initcwnd != 0;
        snprintf(value, sizeof value, "%" PRIu32, is_set ? route->initcwnd : HS_AUDIT_INITCWND);
        snprintf(meaning, sizeof meaning, "segments to begin with%s: default route, %s%s%s",
                 is_set ? "" : " (the kernel's own)", route->is_v6 ? "IPv6" : "IPv4",
                 is_named ? ", " : "", device);
        put_row(page, "initcwnd",
                tone_of(is_set && route->initcwnd < HS_AUDIT_INITCWND ? HS_AUDIT_RULE_INITCWND_LOW
                                                                      : HS_AUDIT_RULE_NONE),
                value, meaning);
    }
}

static void put_listener(hs_page *page, const hs_audit_listener *listener)
{
    char endpoint[HS_AUDIT_ENDPOINT];
    bool is_full = hs_audit_is_full(listener);
    hs_page_put(page, HS_TONE_PLAIN, "  %s", hs_audit_endpoint(listener, endpoint));
    hs_page_tab(page, VALUE_COLUMN);
    hs_page_put(page, is_full ? HS_TONE_BAD : HS_TONE_PLAIN, "%" PRIu32 " of %" PRIu32,
                listener->queue, listener->limit);
    hs_page_tab(page, MEANING_COLUMN);
    hs_page_hang(page);
    if (is_full) {
        hs_page_item(page, HS_TONE_BAD, "full");
    }
    if (listener->holders > 0) {
        hs_page_item(page, HS_TONE_PLAIN, "%s", listener->process);
        hs_page_item(page, HS_TONE_DIM, "pid %" PRId64, listener->pid);
    }
    if (listener->holders > 1) {
        hs_page_item(page, HS_TONE_DIM, "and %u more", listener->holders - 1);
    }
    if (listener->fast_open_limit > 0) {
        hs_page_item(page, HS_TONE_PLAIN, "fast open queue %" PRId64, listener->fast_open_limit);
    }
    hs_page_end_line(page);
}

static void put_listeners(hs_page *page, const hs_audit *audit)
{
    if (audit->listener_count == 0 && !audit->has_listeners) {
        return;
    }
    put_title(page, audit->listener_count > 0
                        ? "listeners: connections that wait for accept(), of the backlog"
                        : "listeners: none");
    for (size_t i = 0; i < audit->listener_count; i++) {
        put_listener(page, &audit->listeners[i]);
    }
}

static void put_counter(hs_page *page, const hs_audit_counters *counters, hs_audit_counter counter)
{
    const hs_audit_counter_row *row = hs_audit_counter_describe(counter);
    double share = hs_audit_counter_share(counters, counter);
    char value[32];
    char meaning[HS_AUDIT_TEXT];
    snprintf(value, sizeof value, "%" PRIu64, counters->values[counter]);
    if (share > 0) {
        snprintf(meaning, sizeof meaning, "%s: %.3g %% of %s", row->meaning, share * 100,
                 hs_audit_counter_describe(row->whole)->name);
    } else {
        snprintf(meaning, sizeof meaning, "%s", row->meaning);
    }
    put_row(page, row->name, HS_TONE_PLAIN, value, meaning);
}

static void put_counters(hs_page *page, const hs_audit *audit, bool with_zeros)
{
    const char *group = "";
    size_t zeros = 0;
    put_title(page, "counters since this network namespace began");
    for (size_t i = 0; i < HS_AUDIT_COUNTER_COUNT; i++) {
        bool is_zero = audit->counters.values[i] == 0;
        zeros += audit->counters.is_seen[i] && is_zero;
        if (!audit->counters.is_seen[i] || (is_zero && !with_zeros)) {
            continue;
        }
        const hs_audit_counter_row *row = hs_audit_counter_describe((hs_audit_counter)i);
        if (strcmp(group, row->group) != 0) {
            group = row->group;
            hs_page_put(page, HS_TONE_DIM, " %s", group);
            hs_page_end_line(page);
        }
        put_counter(page, &audit->counters, (hs_audit_counter)i);
    }
    if (zeros > 0 && !with_zeros) {
        hs_page_put(page, HS_TONE_DIM, "  %zu more %s 0; -v shows them", zeros,
                    zeros == 1 ? "is" : "are");
        hs_page_end_line(page);
    }
    if (audit->time_wait >= 0) {
        char value[32];
        snprintf(value, sizeof value, "%" PRId64, audit->time_wait);
        put_row(page, "TIME-WAIT now", HS_TONE_PLAIN, value, "sockets that wait for late segments");
    }
}

static void begin_words(hs_page *page, hs_tone tone, const char *label)
{
    hs_page_put(page, tone, "  %s", label);
    hs_page_tab(page, WORDS_COLUMN);
    hs_page_hang(page);
}

static void put_findings(hs_page *page, const hs_audit *audit)
{
    put_title(page, audit->finding_count > 0 ? "findings" : "findings: none");
    for (size_t i = 0; i < audit->finding_count; i++) {
        const hs_audit_finding *finding = &audit->findings[i];
        const hs_audit_rule_row *row = hs_audit_rule_describe(finding->rule);
        begin_words(page, tone_of(finding->rule), hs_severity_name(row->severity));
        hs_page_words(page, HS_TONE_STRONG, "%s:", row->title);
        hs_page_words(page, HS_TONE_PLAIN, "%s", finding->evidence);
        hs_page_end_line(page);
        begin_words(page, HS_TONE_PLAIN, "");
        hs_page_words(page, HS_TONE_PLAIN, "→ %s", row->advice);
        hs_page_end_line(page);
        if (row->command[0] != '\0') {
            hs_page_tab(page, WORDS_COLUMN + 2);
            hs_page_put(page, HS_TONE_ACCENT, "%s", row->command);
            hs_page_end_line(page);
        }
    }
}

static void put_unseen(hs_page *page, const hs_audit *audit)
{
    for (size_t i = 0; i < audit->unseen_count; i++) {
        begin_words(page, HS_TONE_DIM, "not seen");
        hs_page_words(page, HS_TONE_PLAIN, "%s:", audit->unseen[i].what);
        hs_page_words(page, HS_TONE_PLAIN, "%s", audit->unseen[i].why);
        hs_page_end_line(page);
    }
}

hs_result hs_audit_text(const hs_audit *audit, const hs_report_options *options, FILE *out)
{
    char time[HS_TIME_TEXT_MAX];
    struct utsname host;
    hs_page page;
    hs_page_init(&page, out, options);
    if (uname(&host) == 0) {
        hs_page_put(&page, HS_TONE_STRONG, "%s", host.nodename);
        hs_page_item(&page, HS_TONE_PLAIN, "%s %s", host.sysname, host.release);
    }
    hs_page_item(&page, HS_TONE_PLAIN, "%.*sZ", DATE_LENGTH, hs_time_rfc3339(audit->at, time));
    hs_page_end_line(&page);
    put_settings(&page, audit);
    put_routes(&page, audit);
    put_listeners(&page, audit);
    put_counters(&page, audit, options->verbosity > 0);
    put_findings(&page, audit);
    put_unseen(&page, audit);
    return hs_page_finish(&page);
}
