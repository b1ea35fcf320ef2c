#include "audit/audit.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/clock.h"

void hs_audit_add_unseen(hs_audit *audit, const char *why, const char *format, ...)
{
    if (audit->unseen_count == HS_AUDIT_UNSEEN_MAX) {
        return;
    }
    hs_audit_unseen *unseen = &audit->unseen[audit->unseen_count++];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(unseen->what, sizeof unseen->what, format, arguments);
    va_end(arguments);
    snprintf(unseen->why, sizeof unseen->why, "%s", why);
}

static void read_settings(hs_audit *audit)
{
    hs_audit_settings_read(audit->settings);
    for (size_t i = 0; i < HS_AUDIT_SETTING_COUNT; i++) {
        const hs_audit_value *value = &audit->settings[i];
        if (!value->is_seen) {
            const char *why = value->error == ENOENT ? "this network namespace does not have it"
                              : value->error != 0    ? strerror(value->error)
                                                     : "its text was not understood";
            hs_audit_add_unseen(audit, why, "%s",
                                hs_audit_setting_describe((hs_audit_setting)i)->name);
        }
    }
}

static void read_counters(hs_audit *audit)
{
    int errors[HS_AUDIT_COUNTER_FILES];
    hs_audit_counters_read(&audit->counters, errors);
    for (size_t i = 0; i < HS_AUDIT_COUNTER_FILES; i++) {
        if (errors[i] != 0) {
            hs_audit_add_unseen(audit,
                                errors[i] > 0 ? strerror(errors[i]) : "its text was not understood",
                                "counters of %s", hs_audit_counters_path(i));
        }
    }
    audit->time_wait = hs_audit_time_wait_read();
    if (audit->time_wait < 0) {
        hs_audit_add_unseen(audit, "/proc/net/sockstat does not tell", "sockets in TIME-WAIT");
    }
}

hs_result hs_audit_run(hs_audit **out)
{
    *out = NULL;
    hs_audit *audit = calloc(1, sizeof *audit);
    if (!audit) {
        return HS_NO_MEMORY;
    }
    hs_timeline now;
    hs_timeline_start(&now);
    audit->at = now.realtime_start;
    read_settings(audit);
    read_counters(audit);
    hs_audit_routes_read(audit);
    hs_result result = hs_audit_listeners_read(audit);
    if (result != HS_OK) {
        hs_audit_free(audit);
        return result;
    }
    hs_audit_judge(audit);
    *out = audit;
    return HS_OK;
}

void hs_audit_free(hs_audit *audit)
{
    if (audit) {
        free(audit->listeners);
        free(audit);
    }
}
