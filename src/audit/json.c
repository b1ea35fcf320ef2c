/* An audit, or what its counters did meanwhile, as one record. */
#include <arpa/inet.h>
#include <math.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "audit/report.h"
#include "base/time_text.h"
#include "report/json_object.h"

#define SCHEMA "handshake-audit/1"

static json_t *begin_record(hs_json *json, const char *kind, int64_t at)
{
    char time[HS_TIME_TEXT_MAX];
    json_t *record = hs_json_object(json);
    hs_json_text(json, record, "schema", SCHEMA);
    hs_json_text(json, record, "kind", kind);
    hs_json_text(json, record, "at", hs_time_rfc3339(at, time));
    return record;
}

static json_t *settings_of(hs_json *json, const hs_audit *audit)
{
    json_t *settings = hs_json_object(json);
    for (size_t i = 0; i < HS_AUDIT_SETTING_COUNT; i++) {
        const hs_audit_value *value = &audit->settings[i];
        const char *name = hs_audit_setting_describe((hs_audit_setting)i)->name;
        if (!value->is_seen) {
            continue;
        }
        if (value->number_count == 0) {
            hs_json_text(json, settings, name, value->text);
        } else if (value->number_count == 1) {
            hs_json_integer(json, settings, name, value->numbers[0]);
        } else {
            json_t *list = hs_json_array(json);
            for (size_t k = 0; k < value->number_count; k++) {
                hs_json_append(json, list, json_integer(value->numbers[k]));
            }
            hs_json_set(json, settings, name, list);
        }
    }
    return settings;
}

static void set_device(hs_json *json, json_t *object, uint32_t device)
{
    char name[IF_NAMESIZE];
    if (device != 0 && if_indextoname(device, name)) {
        hs_json_text(json, object, "device", name);
    }
}

static json_t *routes_of(hs_json *json, const hs_audit *audit)
{
    json_t *routes = hs_json_array(json);
    for (size_t i = 0; i < audit->route_count; i++) {
        const hs_audit_route *route = &audit->routes[i];
        bool is_set = route->initcwnd != 0;
        json_t *object = hs_json_object(json);
        hs_json_text(json, object, "family", route->is_v6 ? "ipv6" : "ipv4");
        hs_json_integer(json, object, "table", route->table);
        set_device(json, object, route->device);
        hs_json_integer(json, object, "initcwnd", is_set ? route->initcwnd : HS_AUDIT_INITCWND);
        hs_json_bool(json, object, "initcwnd_is_set", is_set);
        hs_json_append(json, routes, object);
    }
    return routes;
}

static json_t *listener_of(hs_json *json, const hs_audit_listener *listener)
{
    char address[INET6_ADDRSTRLEN] = "";
    json_t *object = hs_json_object(json);
    (void)inet_ntop(listener->is_v6 ? AF_INET6 : AF_INET, listener->address, address,
                    sizeof address);
    hs_json_text(json, object, "family", listener->is_v6 ? "ipv6" : "ipv4");
    hs_json_text(json, object, "address", address);
    hs_json_integer(json, object, "port", listener->port);
    set_device(json, object, listener->device);
    hs_json_seen(json, object, "v6_only", listener->is_v6 ? listener->v6_only : HS_UNSEEN);
    hs_json_integer(json, object, "queue", listener->queue);
    hs_json_integer(json, object, "limit", listener->limit);
    hs_json_bool(json, object, "full", hs_audit_is_full(listener));
    if (listener->fast_open_limit >= 0) {
        hs_json_integer(json, object, "fast_open_limit", listener->fast_open_limit);
    }
    hs_json_integer(json, object, "uid", listener->uid);
    if (listener->holders > 0) {
        hs_json_text(json, object, "process", listener->process);
        hs_json_integer(json, object, "pid", listener->pid);
        hs_json_integer(json, object, "processes", listener->holders);
    }
    return object;
}

static json_t *counters_of(hs_json *json, const hs_audit_counters *counters)
{
    json_t *object = hs_json_object(json);
    for (size_t i = 0; i < HS_AUDIT_COUNTER_COUNT; i++) {
        const hs_audit_counter_row *row = hs_audit_counter_describe((hs_audit_counter)i);
        if (counters->is_seen[i]) {
            char name[64];
            /* As nstat spells it. JSON's integers end at INT64_MAX. */
            uint64_t value = counters->values[i] <= INT64_MAX ? counters->values[i] : INT64_MAX;
            snprintf(name, sizeof name, "%s%s", row->group, row->name);
            hs_json_integer(json, object, name, (int64_t)value);
        }
    }
    return object;
}

static json_t *findings_of(hs_json *json, const hs_audit *audit)
{
    json_t *findings = hs_json_array(json);
    for (size_t i = 0; i < audit->finding_count; i++) {
        const hs_audit_finding *finding = &audit->findings[i];
        const hs_audit_rule_row *row = hs_audit_rule_describe(finding->rule);
        json_t *object = hs_json_object(json);
        hs_json_text(json, object, "id", row->id);
        hs_json_text(json, object, "severity", hs_severity_name(row->severity));
        hs_json_text(json, object, "title", row->title);
        hs_json_text(json, object, "evidence", finding->evidence);
        hs_json_text(json, object, "advice", row->advice);
        hs_json_text(json, object, "command", row->command[0] != '\0' ? row->command : NULL);
        hs_json_append(json, findings, object);
    }
    return findings;
}

static json_t *unseen_of(hs_json *json, const hs_audit *audit)
{
    json_t *list = hs_json_array(json);
    for (size_t i = 0; i < audit->unseen_count; i++) {
        json_t *object = hs_json_object(json);
        hs_json_text(json, object, "what", audit->unseen[i].what);
        hs_json_text(json, object, "why", audit->unseen[i].why);
        hs_json_append(json, list, object);
    }
    return list;
}

hs_result hs_audit_json(const hs_audit *audit, FILE *out)
{
    hs_json json = {.failed = false};
    json_t *record = begin_record(&json, "audit", audit->at);
    hs_json_set(&json, record, "settings", settings_of(&json, audit));
    if (audit->has_routes) {
        hs_json_set(&json, record, "default_routes", routes_of(&json, audit));
    }
    if (audit->has_listeners) {
        json_t *listeners = hs_json_array(&json);
        for (size_t i = 0; i < audit->listener_count; i++) {
            hs_json_append(&json, listeners, listener_of(&json, &audit->listeners[i]));
        }
        hs_json_set(&json, record, "listeners", listeners);
    }
    hs_json_set(&json, record, "counters", counters_of(&json, &audit->counters));
    if (audit->time_wait >= 0) {
        hs_json_integer(&json, record, "time_wait", audit->time_wait);
    }
    hs_json_set(&json, record, "findings", findings_of(&json, audit));
    hs_json_set(&json, record, "not_seen", unseen_of(&json, audit));
    return hs_json_write(&json, record, out);
}

hs_result hs_audit_watch_json(const hs_audit_interval *interval, FILE *out)
{
    hs_json json = {.failed = false};
    json_t *record = begin_record(&json, "watch", interval->at);
    hs_json_ms(&json, record, "interval_ms", interval->after->at - interval->before->at);
    hs_json_set(&json, record, "counters", counters_of(&json, interval->after));
    json_t *rates = hs_json_object(&json);
    for (size_t i = 0; i < HS_AUDIT_COUNTER_COUNT; i++) {
        const hs_audit_counter_row *row = hs_audit_counter_describe((hs_audit_counter)i);
        double rate = hs_audit_interval_rate(interval, (hs_audit_counter)i);
        if (rate >= 0) {
            char name[64];
            snprintf(name, sizeof name, "%s%s", row->group, row->name);
            hs_json_set(&json, rates, name, json_real(round(rate * 1000) / 1000));
        }
    }
    hs_json_set(&json, record, "per_second", rates);
    return hs_json_write(&json, record, out);
}
