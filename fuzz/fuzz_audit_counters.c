/* Any bytes as a text of /proc: counters, sockets, a setting. */
#include <stdlib.h>
#include <string.h>

#include "audit/counters.h"
#include "audit/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const hs_bytes text = {data, size};
    hs_audit_counters counters = {.at = 0};
    hs_audit_value value;
    hs_result result = hs_audit_counters_parse(text, &counters);
    if (result != HS_OK && result != HS_MALFORMED) {
        abort();
    }
    for (size_t i = 0; i < HS_AUDIT_COUNTER_COUNT; i++) {
        double share = hs_audit_counter_share(&counters, (hs_audit_counter)i);
        if (share < 0 && share > -1) {
            abort();
        }
    }
    if (hs_audit_time_wait_parse(text) < -1) {
        abort();
    }
    result = hs_audit_value_parse(text, &value);
    if (value.is_seen != (result == HS_OK) || strlen(value.text) >= sizeof value.text ||
        value.number_count > HS_AUDIT_VALUE_NUMBERS) {
        abort();
    }
    for (size_t i = 0; i < HS_AUDIT_SETTING_COUNT; i++) {
        if (hs_audit_setting_judge((hs_audit_setting)i, &value) > HS_AUDIT_RULE_NONE) {
            abort();
        }
    }
    return 0;
}
