#include "audit/counters.h"

#include <errno.h>
#include <string.h>

#include "base/reader.h"
#include "net/clock.h"
#include "net/file.h"

static const hs_audit_counter_row rows[HS_AUDIT_COUNTER_COUNT] = {
#define HS_X(symbol, group, name, whole, meaning)                                                  \
    [HS_AUDIT_COUNTER_##symbol] = {group, name, HS_AUDIT_COUNTER_##whole, meaning},
    HS_AUDIT_COUNTER_MAP(HS_X)
#undef HS_X
};

const hs_audit_counter_row *hs_audit_counter_describe(hs_audit_counter counter)
{
    return &rows[counter];
}

static bool has_byte(hs_bytes text, uint8_t byte)
{
    return text.len > 0 && memchr(text.data, byte, text.len);
}

/* Takes what stands before the first `end` off the front; the rest, where there is none. */
static hs_bytes take_until(hs_bytes *text, uint8_t end)
{
    const uint8_t *found = text->len > 0 ? memchr(text->data, end, text->len) : NULL;
    size_t len = found ? (size_t)(found - text->data) : text->len;
    size_t used = found ? len + 1 : len;
    hs_bytes part = {text->data, len};
    *text = (hs_bytes){used > 0 ? text->data + used : text->data, text->len - used};
    return part;
}

static hs_bytes take_line(hs_bytes *text)
{
    return take_until(text, '\n');
}

/* The next word, apart by blanks; empty at the end. */
static hs_bytes take_word(hs_bytes *line)
{
    hs_bytes word;
    do {
        word = take_until(line, ' ');
    } while (word.len == 0 && line->len > 0);
    return word;
}

static bool parse_number(hs_bytes word, uint64_t *out)
{
    uint64_t number = 0;
    for (size_t i = 0; i < word.len; i++) {
        if (word.data[i] < '0' || word.data[i] > '9' ||
            __builtin_mul_overflow(number, 10U, &number) ||
            __builtin_add_overflow(number, (uint64_t)(word.data[i] - '0'), &number)) {
            return false;
        }
    }
    *out = number;
    return word.len > 0;
}

static hs_audit_counter find_counter(hs_bytes group, hs_bytes name)
{
    size_t i = 0;
    while (i < HS_AUDIT_COUNTER_COUNT &&
           !(hs_bytes_are(group, rows[i].group) && hs_bytes_are(name, rows[i].name))) {
        i++;
    }
    return (hs_audit_counter)i;
}

/* Counters without a row may be negative, as MaxConn is. */
static hs_result parse_pair(hs_bytes names, hs_bytes values, hs_audit_counters *counters)
{
    if (!has_byte(names, ':')) {
        return HS_MALFORMED;
    }
    hs_bytes group = take_until(&names, ':');
    if (group.len == 0 || !hs_bytes_equal(group, take_until(&values, ':'))) {
        return HS_MALFORMED;
    }
    for (;;) {
        hs_bytes name = take_word(&names);
        hs_bytes value = take_word(&values);
        if (name.len == 0 || value.len == 0) {
            return name.len == value.len ? HS_OK : HS_MALFORMED;
        }
        hs_audit_counter counter = find_counter(group, name);
        if (counter == HS_AUDIT_COUNTER_COUNT) {
            continue;
        }
        if (!parse_number(value, &counters->values[counter])) {
            return HS_MALFORMED;
        }
        counters->is_seen[counter] = true;
    }
}

hs_result hs_audit_counters_parse(hs_bytes text, hs_audit_counters *counters)
{
    while (text.len > 0) {
        hs_bytes names = take_line(&text);
        hs_bytes values = take_line(&text);
        hs_result result = parse_pair(names, values, counters);
        if (result != HS_OK) {
            return result;
        }
    }
    return HS_OK;
}

static const char *const paths[HS_AUDIT_COUNTER_FILES] = {"/proc/net/netstat", "/proc/net/snmp"};

const char *hs_audit_counters_path(size_t file)
{
    return paths[file];
}

void hs_audit_counters_read(hs_audit_counters *counters, int errors[HS_AUDIT_COUNTER_FILES])
{
    *counters = (hs_audit_counters){.at = hs_clock_monotonic()};
    for (size_t i = 0; i < HS_AUDIT_COUNTER_FILES; i++) {
        hs_file file;
        hs_result result = hs_file_read(paths[i], "counters", &file, NULL);
        errors[i] = result == HS_SYSTEM ? errno : result != HS_OK ? -1 : 0;
        if (result == HS_OK &&
            hs_audit_counters_parse((hs_bytes){file.data, file.len}, counters) != HS_OK) {
            errors[i] = -1;
        }
        hs_file_free(&file);
    }
}

uint64_t hs_audit_counter_value(const hs_audit_counters *counters, hs_audit_counter counter)
{
    return counters->is_seen[counter] ? counters->values[counter] : 0;
}

double hs_audit_counter_share(const hs_audit_counters *counters, hs_audit_counter counter)
{
    hs_audit_counter whole = rows[counter].whole;
    if (whole == HS_AUDIT_COUNTER_COUNT || !counters->is_seen[counter] ||
        !counters->is_seen[whole] || counters->values[whole] == 0) {
        return -1;
    }
    return (double)counters->values[counter] / (double)counters->values[whole];
}

/* "TCP: inuse 3 orphan 0 tw 12 alloc 5 mem 1" */
int64_t hs_audit_time_wait_parse(hs_bytes text)
{
    while (text.len > 0) {
        hs_bytes line = take_line(&text);
        if (!hs_bytes_are(take_word(&line), "TCP:")) {
            continue;
        }
        while (line.len > 0) {
            bool found = hs_bytes_are(take_word(&line), "tw");
            uint64_t number;
            if (!parse_number(take_word(&line), &number) || number > INT64_MAX) {
                return -1;
            }
            if (found) {
                return (int64_t)number;
            }
        }
    }
    return -1;
}

int64_t hs_audit_time_wait_read(void)
{
    hs_file file;
    int64_t count = -1;
    if (hs_file_read("/proc/net/sockstat", "sockets", &file, NULL) == HS_OK) {
        count = hs_audit_time_wait_parse((hs_bytes){file.data, file.len});
    }
    hs_file_free(&file);
    return count;
}
