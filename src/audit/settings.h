/* The kernel's settings that decide about handshakes: one table of what is read, how it is judged
 * and what it means.
 *
 * They are read in the network namespace that the program runs in; some exist only in the host's.
 */
#ifndef HS_AUDIT_SETTINGS_H
#define HS_AUDIT_SETTINGS_H

#include <stdbool.h>

#include <handshake/api.h>

#include "audit/rules.h"

/* X(symbol, sysctl's name, function that judges it, meaning) */
#define HS_AUDIT_SETTING_MAP(X)                                                                    \
    X(SYNCOOKIES, "net.ipv4.tcp_syncookies", judge_syncookies,                                     \
      "SYN cookies (RFC 4987): 0 never, 1 in need, 2 always")                                      \
    X(MAX_SYN_BACKLOG, "net.ipv4.tcp_max_syn_backlog", NULL,                                       \
      "half-open connections, where SYN cookies are off")                                          \
    X(SOMAXCONN, "net.core.somaxconn", judge_somaxconn, "greatest backlog that listen() can get")  \
    X(ABORT_ON_OVERFLOW, "net.ipv4.tcp_abort_on_overflow", judge_abort_on_overflow,                \
      "a full accept queue: 0 the client waits, 1 it is reset")                                    \
    X(FASTOPEN, "net.ipv4.tcp_fastopen", judge_fastopen,                                           \
      "TCP Fast Open (RFC 7413), a sum: 1 client, 2 server")                                       \
    X(SYN_RETRIES, "net.ipv4.tcp_syn_retries", judge_syn_retries,                                  \
      "how often an unanswered SYN is sent again")                                                 \
    X(SYNACK_RETRIES, "net.ipv4.tcp_synack_retries", judge_synack_retries,                         \
      "how often an unanswered SYN-ACK is sent again")                                             \
    X(PORT_RANGE, "net.ipv4.ip_local_port_range", judge_port_range,                                \
      "ports for outgoing connections")                                                            \
    X(TW_REUSE, "net.ipv4.tcp_tw_reuse", NULL,                                                     \
      "connect() takes ports in TIME-WAIT: 1 yes, 2 on loopback")                                  \
    X(FIN_TIMEOUT, "net.ipv4.tcp_fin_timeout", judge_fin_timeout,                                  \
      "seconds in FIN-WAIT-2 for a socket that was closed")                                        \
    X(TIMESTAMPS, "net.ipv4.tcp_timestamps", judge_timestamps, "the timestamps option (RFC 7323)") \
    X(SACK, "net.ipv4.tcp_sack", judge_sack, "selective acknowledgments (RFC 2018)")               \
    X(WINDOW_SCALING, "net.ipv4.tcp_window_scaling", judge_window_scaling,                         \
      "windows larger than 64 KiB (RFC 7323)")                                                     \
    X(ECN, "net.ipv4.tcp_ecn", judge_ecn, "ECN (RFC 3168): 0 off, 1 asks for it, 2 accepts it")    \
    X(CONGESTION_CONTROL, "net.ipv4.tcp_congestion_control", NULL,                                 \
      "congestion control of new connections")                                                     \
    X(NO_METRICS_SAVE, "net.ipv4.tcp_no_metrics_save", judge_no_metrics_save,                      \
      "1: nothing is remembered of earlier connections")                                           \
    X(NETDEV_MAX_BACKLOG, "net.core.netdev_max_backlog", judge_netdev_max_backlog,                 \
      "packets of a processor that may wait for the stack")

typedef enum hs_audit_setting {
#define HS_X(symbol, name, judge, meaning) HS_AUDIT_SETTING_##symbol,
    HS_AUDIT_SETTING_MAP(HS_X)
#undef HS_X
        HS_AUDIT_SETTING_COUNT,
} hs_audit_setting;

enum { HS_AUDIT_VALUE_TEXT = 64, HS_AUDIT_VALUE_NUMBERS = 2 };

/* A setting's value: words apart by one blank, and its numbers where all of them are. */
typedef struct hs_audit_value {
    bool is_seen;
    int error; /* errno, where it could not be read; 0: its text was not understood */
    char text[HS_AUDIT_VALUE_TEXT];
    int64_t numbers[HS_AUDIT_VALUE_NUMBERS];
    size_t number_count; /* 0: a word */
} hs_audit_value;

typedef struct hs_audit_setting_row {
    const char *name;                                    /* sysctl's */
    hs_audit_rule (*judge)(const hs_audit_value *value); /* NULL: not judged by itself */
    const char *meaning;
} hs_audit_setting_row;

const hs_audit_setting_row *hs_audit_setting_describe(hs_audit_setting setting);
/* Reads all of /proc/sys; what cannot be read is not seen. */
void hs_audit_settings_read(hs_audit_value values[HS_AUDIT_SETTING_COUNT]);
/* The text of a file of /proc/sys. HS_MALFORMED: empty, too long, not printable, or a number that
 * does not fit. */
HS_CHECKED hs_result hs_audit_value_parse(hs_bytes text, hs_audit_value *out);
/* What it finds, HS_AUDIT_RULE_NONE where it is not seen. */
hs_audit_rule hs_audit_setting_judge(hs_audit_setting setting, const hs_audit_value *value);
/* Its first number, or -1 where it was not seen. */
int64_t hs_audit_value_number(const hs_audit_value *value);
/* The number of ports in ip_local_port_range, or -1. */
int64_t hs_audit_value_ports(const hs_audit_value *value);

#endif
