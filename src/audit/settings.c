#include "audit/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SOMAXCONN_LEAST = 1024,
    PORTS_LEAST = 10000,
    RETRIES_FEWEST = 2,
    SYN_RETRIES_MOST = 6,
    SYNACK_RETRIES_MOST = 5,
    FIN_TIMEOUT_MOST = 60,
    NETDEV_BACKLOG_LEAST = 1000,
    FASTOPEN_CLIENT = 1,
    FASTOPEN_SERVER = 2,
};

int64_t hs_audit_value_number(const hs_audit_value *value)
{
    return value->is_seen && value->number_count > 0 ? value->numbers[0] : -1;
}

int64_t hs_audit_value_ports(const hs_audit_value *value)
{
    if (!value->is_seen || value->number_count != 2 || value->numbers[0] < 0 ||
        value->numbers[1] > UINT16_MAX || value->numbers[1] < value->numbers[0]) {
        return -1;
    }
    return value->numbers[1] - value->numbers[0] + 1;
}

static hs_audit_rule if_below(const hs_audit_value *value, int64_t least, hs_audit_rule rule)
{
    int64_t number = hs_audit_value_number(value);
    return number >= 0 && number < least ? rule : HS_AUDIT_RULE_NONE;
}

static hs_audit_rule if_above(const hs_audit_value *value, int64_t most, hs_audit_rule rule)
{
    return hs_audit_value_number(value) > most ? rule : HS_AUDIT_RULE_NONE;
}

static hs_audit_rule judge_syncookies(const hs_audit_value *value)
{
    int64_t number = hs_audit_value_number(value);
    return number == 0   ? HS_AUDIT_RULE_SYNCOOKIES_OFF
           : number == 2 ? HS_AUDIT_RULE_SYNCOOKIES_ALWAYS
                         : HS_AUDIT_RULE_NONE;
}

static hs_audit_rule judge_somaxconn(const hs_audit_value *value)
{
    return if_below(value, SOMAXCONN_LEAST, HS_AUDIT_RULE_SOMAXCONN_LOW);
}

static hs_audit_rule judge_abort_on_overflow(const hs_audit_value *value)
{
    return if_above(value, 0, HS_AUDIT_RULE_ABORT_ON_OVERFLOW);
}

static hs_audit_rule judge_fastopen(const hs_audit_value *value)
{
    int64_t number = hs_audit_value_number(value);
    if (number < 0) {
        return HS_AUDIT_RULE_NONE;
    }
    bool client = ((uint64_t)number & FASTOPEN_CLIENT) != 0;
    bool server = ((uint64_t)number & FASTOPEN_SERVER) != 0;
    return client && server ? HS_AUDIT_RULE_NONE
           : client         ? HS_AUDIT_RULE_FAST_OPEN_SERVER_OFF
           : server         ? HS_AUDIT_RULE_FAST_OPEN_CLIENT_OFF
                            : HS_AUDIT_RULE_FAST_OPEN_OFF;
}

static hs_audit_rule judge_retries(const hs_audit_value *value, int64_t most, hs_audit_rule many,
                                   hs_audit_rule few)
{
    hs_audit_rule rule = if_below(value, RETRIES_FEWEST, few);
    return rule != HS_AUDIT_RULE_NONE ? rule : if_above(value, most, many);
}

static hs_audit_rule judge_syn_retries(const hs_audit_value *value)
{
    return judge_retries(value, SYN_RETRIES_MOST, HS_AUDIT_RULE_SYN_RETRIES_MANY,
                         HS_AUDIT_RULE_SYN_RETRIES_FEW);
}

static hs_audit_rule judge_synack_retries(const hs_audit_value *value)
{
    return judge_retries(value, SYNACK_RETRIES_MOST, HS_AUDIT_RULE_SYNACK_RETRIES_MANY,
                         HS_AUDIT_RULE_SYNACK_RETRIES_FEW);
}

static hs_audit_rule judge_port_range(const hs_audit_value *value)
{
    int64_t ports = hs_audit_value_ports(value);
    return ports >= 0 && ports < PORTS_LEAST ? HS_AUDIT_RULE_PORT_RANGE_SMALL : HS_AUDIT_RULE_NONE;
}

static hs_audit_rule judge_fin_timeout(const hs_audit_value *value)
{
    return if_above(value, FIN_TIMEOUT_MOST, HS_AUDIT_RULE_FIN_TIMEOUT_LONG);
}

static hs_audit_rule judge_timestamps(const hs_audit_value *value)
{
    return if_below(value, 1, HS_AUDIT_RULE_TIMESTAMPS_OFF);
}

static hs_audit_rule judge_sack(const hs_audit_value *value)
{
    return if_below(value, 1, HS_AUDIT_RULE_SACK_OFF);
}

static hs_audit_rule judge_window_scaling(const hs_audit_value *value)
{
    return if_below(value, 1, HS_AUDIT_RULE_WINDOW_SCALING_OFF);
}

static hs_audit_rule judge_ecn(const hs_audit_value *value)
{
    return if_below(value, 1, HS_AUDIT_RULE_ECN_OFF);
}

static hs_audit_rule judge_no_metrics_save(const hs_audit_value *value)
{
    return if_above(value, 0, HS_AUDIT_RULE_METRICS_NOT_SAVED);
}

static hs_audit_rule judge_netdev_max_backlog(const hs_audit_value *value)
{
    return if_below(value, NETDEV_BACKLOG_LEAST, HS_AUDIT_RULE_NETDEV_BACKLOG_LOW);
}

static const hs_audit_setting_row rows[HS_AUDIT_SETTING_COUNT] = {
#define HS_X(symbol, name, judge, meaning) [HS_AUDIT_SETTING_##symbol] = {name, judge, meaning},
    HS_AUDIT_SETTING_MAP(HS_X)
#undef HS_X
};

const hs_audit_setting_row *hs_audit_setting_describe(hs_audit_setting setting)
{
    return &rows[setting];
}

hs_audit_rule hs_audit_setting_judge(hs_audit_setting setting, const hs_audit_value *value)
{
    const hs_audit_setting_row *row = &rows[setting];
    return row->judge && value->is_seen ? row->judge(value) : HS_AUDIT_RULE_NONE;
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n';
}

/* Copies with each run of blanks as one, none at the ends. */
static bool copy_words(hs_bytes text, char out[HS_AUDIT_VALUE_TEXT])
{
    size_t used = 0;
    bool apart = false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.data[i];
        if (is_blank(byte)) {
            apart = used > 0;
            continue;
        }
        if (byte < 0x21 || byte > 0x7e || used + 3 > HS_AUDIT_VALUE_TEXT) {
            return false;
        }
        if (apart) {
            out[used++] = ' ';
            apart = false;
        }
        out[used++] = (char)byte;
    }
    out[used] = '\0';
    return used > 0;
}

hs_result hs_audit_value_parse(hs_bytes text, hs_audit_value *out)
{
    *out = (hs_audit_value){.is_seen = false};
    if (!copy_words(text, out->text)) {
        out->text[0] = '\0';
        return HS_MALFORMED;
    }
    for (const char *at = out->text; *at != '\0';) {
        char *end;
        errno = 0;
        long long number = strtoll(at, &end, 10);
        if (end == at || (*end != ' ' && *end != '\0') ||
            out->number_count == HS_AUDIT_VALUE_NUMBERS) {
            out->number_count = 0; /* words, or a longer list: the text stands for itself */
            break;
        }
        if (errno != 0) {
            *out = (hs_audit_value){.is_seen = false};
            return HS_MALFORMED;
        }
        out->numbers[out->number_count++] = number;
        at = end + (*end == ' ');
    }
    out->is_seen = true;
    return HS_OK;
}

static void read_setting(const char *name, hs_audit_value *out)
{
    char path[128];
    uint8_t text[256];
    *out = (hs_audit_value){.is_seen = false};
    snprintf(path, sizeof path, "/proc/sys/%s", name);
    for (char *at = path; *at != '\0'; at++) {
        *at = *at == '.' ? '/' : *at;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, text, sizeof text) : -1;
    int error = errno;
    if (fd >= 0) {
        close(fd);
    }
    if (len < 0) {
        out->error = error;
    } else if (hs_audit_value_parse((hs_bytes){text, (size_t)len}, out) != HS_OK) {
        out->error = 0;
    }
}

void hs_audit_settings_read(hs_audit_value values[HS_AUDIT_SETTING_COUNT])
{
    for (size_t i = 0; i < HS_AUDIT_SETTING_COUNT; i++) {
        read_setting(rows[i].name, &values[i]);
    }
}
