#include "../cmocka_headers.h"

#include <string.h>

#include "audit/settings.h"
#include "base/reader.h"

static hs_result parse(const char *text, hs_audit_value *value)
{
    return hs_audit_value_parse(hs_bytes_of(text, strlen(text)), value);
}

static void values_are_numbers_or_words(void **state)
{
    hs_audit_value value;
    (void)state;
    assert_int_equal(parse("4096\n", &value), HS_OK);
    assert_int_equal(hs_audit_value_number(&value), 4096);
    assert_int_equal(hs_audit_value_ports(&value), -1);
    assert_int_equal(parse("32768\t60999\n", &value), HS_OK);
    assert_int_equal(value.number_count, 2);
    assert_int_equal(hs_audit_value_ports(&value), 28232);
    assert_string_equal(value.text, "32768 60999");
    assert_int_equal(parse("bbr\n", &value), HS_OK);
    assert_int_equal(value.number_count, 0);
    assert_int_equal(hs_audit_value_number(&value), -1);
    assert_int_equal(parse("1 2 3\n", &value), HS_OK);
    assert_int_equal(value.number_count, 0);
    assert_string_equal(value.text, "1 2 3");
    assert_int_equal(parse("7x", &value), HS_OK);
    assert_int_equal(value.number_count, 0);
    assert_int_equal(parse("60999 32768", &value), HS_OK);
    assert_int_equal(hs_audit_value_ports(&value), -1);
    assert_int_equal(parse("1 65536", &value), HS_OK);
    assert_int_equal(hs_audit_value_ports(&value), -1);
}

static void malformed_values_are_not_seen(void **state)
{
    static const char *const wrong[] = {
        "",
        "\n",
        " \t\n",
        "\033[2J",
        "caf\xc3\xa9",
        "9223372036854775808",
        "0123456789012345678901234567890123456789012345678901234567890123"};
    hs_audit_value value;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(parse(wrong[i], &value), HS_MALFORMED);
        assert_false(value.is_seen);
        assert_string_equal(value.text, "");
        assert_int_equal(hs_audit_value_number(&value), -1);
    }
}

static void settings_judge_themselves(void **state)
{
    static const struct {
        hs_audit_setting setting;
        const char *text;
        hs_audit_rule rule;
    } rows[] = {
        {HS_AUDIT_SETTING_SYNCOOKIES, "0", HS_AUDIT_RULE_SYNCOOKIES_OFF},
        {HS_AUDIT_SETTING_SYNCOOKIES, "1", HS_AUDIT_RULE_NONE},
        {HS_AUDIT_SETTING_SYNCOOKIES, "2", HS_AUDIT_RULE_SYNCOOKIES_ALWAYS},
        {HS_AUDIT_SETTING_SOMAXCONN, "128", HS_AUDIT_RULE_SOMAXCONN_LOW},
        {HS_AUDIT_SETTING_SOMAXCONN, "4096", HS_AUDIT_RULE_NONE},
        {HS_AUDIT_SETTING_ABORT_ON_OVERFLOW, "1", HS_AUDIT_RULE_ABORT_ON_OVERFLOW},
        {HS_AUDIT_SETTING_FASTOPEN, "0", HS_AUDIT_RULE_FAST_OPEN_OFF},
        {HS_AUDIT_SETTING_FASTOPEN, "1", HS_AUDIT_RULE_FAST_OPEN_SERVER_OFF},
        {HS_AUDIT_SETTING_FASTOPEN, "1026", HS_AUDIT_RULE_FAST_OPEN_CLIENT_OFF},
        {HS_AUDIT_SETTING_FASTOPEN, "3", HS_AUDIT_RULE_NONE},
        {HS_AUDIT_SETTING_SYN_RETRIES, "1", HS_AUDIT_RULE_SYN_RETRIES_FEW},
        {HS_AUDIT_SETTING_SYN_RETRIES, "6", HS_AUDIT_RULE_NONE},
        {HS_AUDIT_SETTING_SYN_RETRIES, "10", HS_AUDIT_RULE_SYN_RETRIES_MANY},
        {HS_AUDIT_SETTING_SYNACK_RETRIES, "0", HS_AUDIT_RULE_SYNACK_RETRIES_FEW},
        {HS_AUDIT_SETTING_SYNACK_RETRIES, "6", HS_AUDIT_RULE_SYNACK_RETRIES_MANY},
        {HS_AUDIT_SETTING_PORT_RANGE, "40000 40999", HS_AUDIT_RULE_PORT_RANGE_SMALL},
        {HS_AUDIT_SETTING_PORT_RANGE, "32768 60999", HS_AUDIT_RULE_NONE},
        {HS_AUDIT_SETTING_FIN_TIMEOUT, "120", HS_AUDIT_RULE_FIN_TIMEOUT_LONG},
        {HS_AUDIT_SETTING_TIMESTAMPS, "0", HS_AUDIT_RULE_TIMESTAMPS_OFF},
        {HS_AUDIT_SETTING_SACK, "0", HS_AUDIT_RULE_SACK_OFF},
        {HS_AUDIT_SETTING_WINDOW_SCALING, "0", HS_AUDIT_RULE_WINDOW_SCALING_OFF},
        {HS_AUDIT_SETTING_ECN, "0", HS_AUDIT_RULE_ECN_OFF},
        {HS_AUDIT_SETTING_NO_METRICS_SAVE, "1", HS_AUDIT_RULE_METRICS_NOT_SAVED},
        {HS_AUDIT_SETTING_NETDEV_MAX_BACKLOG, "100", HS_AUDIT_RULE_NETDEV_BACKLOG_LOW},
        {HS_AUDIT_SETTING_CONGESTION_CONTROL, "reno", HS_AUDIT_RULE_NONE},
        {HS_AUDIT_SETTING_SACK, "word", HS_AUDIT_RULE_NONE},
    };
    const hs_audit_value unseen = {.is_seen = false};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        hs_audit_value value;
        assert_int_equal(parse(rows[i].text, &value), HS_OK);
        assert_int_equal(hs_audit_setting_judge(rows[i].setting, &value), rows[i].rule);
        assert_int_equal(hs_audit_setting_judge(rows[i].setting, &unseen), HS_AUDIT_RULE_NONE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_numbers_or_words),
        cmocka_unit_test(malformed_values_are_not_seen),
        cmocka_unit_test(settings_judge_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
