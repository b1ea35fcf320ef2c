/* Each rule that is not a setting's own, where it stands and where it does not. */
#include "../cmocka_headers.h"

#include <string.h>

#include "audit/audit.h"

static hs_audit audit;
static hs_audit_listener listeners[5];

static void set_value(hs_audit_setting setting, int64_t number)
{
    audit.settings[setting] = (hs_audit_value){
        .is_seen = true, .numbers = {number, 0}, .number_count = 1};
}

static void set_counter(hs_audit_counter counter, uint64_t value)
{
    audit.counters.is_seen[counter] = true;
    audit.counters.values[counter] = value;
}

static int begin(void **state)
{
    (void)state;
    memset(&audit, 0, sizeof audit);
    memset(listeners, 0, sizeof listeners);
    for (size_t i = 0; i < 5; i++) {
        listeners[i] = (hs_audit_listener){.port = (uint16_t)(80 + i), .limit = 511};
    }
    audit.listeners = listeners;
    audit.listener_count = 5;
    audit.time_wait = -1;
    set_value(HS_AUDIT_SETTING_SOMAXCONN, 4096);
    return 0;
}

static const char *evidence_of(hs_audit_rule rule)
{
    hs_audit_judge(&audit);
    for (size_t i = 0; i < audit.finding_count; i++) {
        if (audit.findings[i].rule == rule) {
            return audit.findings[i].evidence;
        }
    }
    return NULL;
}

static void all_is_well(void **state)
{
    (void)state;
    hs_audit_judge(&audit);
    assert_int_equal(audit.finding_count, 0);
}

static void full_listeners_are_named(void **state)
{
    (void)state;
    listeners[1].limit = listeners[1].queue = 1;
    assert_null(evidence_of(HS_AUDIT_RULE_LISTENER_FULL));
    assert_non_null(evidence_of(HS_AUDIT_RULE_BACKLOG_SMALL));
    listeners[1].queue = 2;
    strcpy(listeners[1].process, "web");
    assert_string_equal(evidence_of(HS_AUDIT_RULE_LISTENER_FULL),
                        "waiting for accept(): 0.0.0.0:81 web (2 of 1)");
    assert_null(evidence_of(HS_AUDIT_RULE_BACKLOG_SMALL));
    for (size_t i = 0; i < 5; i++) {
        listeners[i].queue = listeners[i].limit + 1;
    }
    assert_string_equal(evidence_of(HS_AUDIT_RULE_LISTENER_FULL),
                        "waiting for accept(): 0.0.0.0:80 (512 of 511), 0.0.0.0:81 web (2 of 1), "
                        "0.0.0.0:82 (512 of 511) and 2 more");
    assert_int_equal(audit.findings[0].rule, HS_AUDIT_RULE_LISTENER_FULL);
}

static void backlogs_are_judged(void **state)
{
    (void)state;
    listeners[0].limit = 100;
    assert_null(evidence_of(HS_AUDIT_RULE_BACKLOG_SMALL));
    set_counter(HS_AUDIT_COUNTER_LISTEN_OVERFLOWS, 1);
    assert_non_null(evidence_of(HS_AUDIT_RULE_BACKLOG_SMALL));
    assert_null(evidence_of(HS_AUDIT_RULE_BACKLOG_CAPPED));
    listeners[0].limit = 4096;
    assert_non_null(evidence_of(HS_AUDIT_RULE_BACKLOG_CAPPED));
    set_counter(HS_AUDIT_COUNTER_LISTEN_OVERFLOWS, 0);
    assert_null(evidence_of(HS_AUDIT_RULE_BACKLOG_CAPPED));
    set_value(HS_AUDIT_SETTING_SOMAXCONN, 511);
    assert_non_null(evidence_of(HS_AUDIT_RULE_BACKLOG_CAPPED));
}

static void counters_are_evidence(void **state)
{
    static const struct {
        hs_audit_counter counter;
        hs_audit_rule rule;
    } rows[] = {
        {HS_AUDIT_COUNTER_REQ_Q_FULL_DROP, HS_AUDIT_RULE_SYN_QUEUE_DROPS},
        {HS_AUDIT_COUNTER_SYNCOOKIES_SENT, HS_AUDIT_RULE_SYNCOOKIES_SENT},
        {HS_AUDIT_COUNTER_FAST_OPEN_BLACKHOLE, HS_AUDIT_RULE_FAST_OPEN_BLACKHOLE},
        {HS_AUDIT_COUNTER_FAST_OPEN_LISTEN_OVERFLOW, HS_AUDIT_RULE_FAST_OPEN_OVERFLOW},
        {HS_AUDIT_COUNTER_TIME_WAIT_OVERFLOW, HS_AUDIT_RULE_TIME_WAIT_OVERFLOW},
        {HS_AUDIT_COUNTER_UDP_RCVBUF_ERRORS, HS_AUDIT_RULE_UDP_BUFFER},
        {HS_AUDIT_COUNTER_LISTEN_DROPS, HS_AUDIT_RULE_LISTEN_DROPS},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        set_counter(rows[i].counter, 0);
        assert_null(evidence_of(rows[i].rule));
        set_counter(rows[i].counter, 3);
        assert_non_null(evidence_of(rows[i].rule));
    }
    set_counter(HS_AUDIT_COUNTER_PASSIVE_OPENS, 200);
    assert_string_equal(evidence_of(HS_AUDIT_RULE_LISTEN_DROPS),
                        "ListenDrops 3 (1.5 % of PassiveOpens), ListenOverflows 0");
    set_value(HS_AUDIT_SETTING_SYNCOOKIES, 2);
    assert_null(evidence_of(HS_AUDIT_RULE_SYNCOOKIES_SENT));
}

static void repeated_syns_are_a_share(void **state)
{
    (void)state;
    set_counter(HS_AUDIT_COUNTER_ACTIVE_OPENS, 1000);
    set_counter(HS_AUDIT_COUNTER_PASSIVE_OPENS, 1000);
    set_counter(HS_AUDIT_COUNTER_SYN_RETRANS, 90);
    assert_null(evidence_of(HS_AUDIT_RULE_SYN_RETRANSMITS));
    set_counter(HS_AUDIT_COUNTER_SYN_RETRANS, 100);
    assert_non_null(evidence_of(HS_AUDIT_RULE_SYN_RETRANSMITS));
    set_counter(HS_AUDIT_COUNTER_ACTIVE_OPENS, UINT64_MAX);
    set_counter(HS_AUDIT_COUNTER_PASSIVE_OPENS, UINT64_MAX);
    assert_null(evidence_of(HS_AUDIT_RULE_SYN_RETRANSMITS));
    set_counter(HS_AUDIT_COUNTER_ACTIVE_OPENS, 2);
    set_counter(HS_AUDIT_COUNTER_PASSIVE_OPENS, 0);
    set_counter(HS_AUDIT_COUNTER_SYN_RETRANS, 6);
    assert_null(evidence_of(HS_AUDIT_RULE_SYN_RETRANSMITS));
}

static void ports_run_out(void **state)
{
    (void)state;
    audit.settings[HS_AUDIT_SETTING_PORT_RANGE] = (hs_audit_value){
        .is_seen = true, .numbers = {32768, 60999}, .number_count = 2};
    assert_null(evidence_of(HS_AUDIT_RULE_PORTS_TIME_WAIT));
    audit.time_wait = 22000;
    assert_null(evidence_of(HS_AUDIT_RULE_PORTS_TIME_WAIT));
    audit.time_wait = 23000;
    assert_string_equal(evidence_of(HS_AUDIT_RULE_PORTS_TIME_WAIT),
                        "23000 sockets in TIME-WAIT, 28232 ports");
}

static void small_windows_are_found(void **state)
{
    (void)state;
    audit.route_count = 2;
    audit.routes[1] = (hs_audit_route){.is_v6 = true, .initcwnd = 10};
    assert_null(evidence_of(HS_AUDIT_RULE_INITCWND_LOW));
    audit.routes[1].initcwnd = 3;
    assert_string_equal(evidence_of(HS_AUDIT_RULE_INITCWND_LOW),
                        "initcwnd 3 on a default route of IPv6");
}

static void small_syn_queues_matter_without_cookies(void **state)
{
    (void)state;
    set_value(HS_AUDIT_SETTING_MAX_SYN_BACKLOG, 128);
    set_value(HS_AUDIT_SETTING_SYNCOOKIES, 1);
    assert_null(evidence_of(HS_AUDIT_RULE_SYN_BACKLOG_LOW));
    set_value(HS_AUDIT_SETTING_SYNCOOKIES, 0);
    assert_non_null(evidence_of(HS_AUDIT_RULE_SYN_BACKLOG_LOW));
    assert_non_null(evidence_of(HS_AUDIT_RULE_SYNCOOKIES_OFF));
    set_value(HS_AUDIT_SETTING_MAX_SYN_BACKLOG, 4096);
    assert_null(evidence_of(HS_AUDIT_RULE_SYN_BACKLOG_LOW));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(all_is_well, begin),
        cmocka_unit_test_setup(full_listeners_are_named, begin),
        cmocka_unit_test_setup(backlogs_are_judged, begin),
        cmocka_unit_test_setup(counters_are_evidence, begin),
        cmocka_unit_test_setup(repeated_syns_are_a_share, begin),
        cmocka_unit_test_setup(ports_run_out, begin),
        cmocka_unit_test_setup(small_windows_are_found, begin),
        cmocka_unit_test_setup(small_syn_queues_matter_without_cookies, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
