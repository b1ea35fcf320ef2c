/* The kernel's counters of handshakes (/proc/net/netstat, /proc/net/snmp), as one table. They began
 * at 0 with the network namespace. */
#ifndef HS_AUDIT_COUNTERS_H
#define HS_AUDIT_COUNTERS_H

#include <stdbool.h>

#include <handshake/api.h>
#include <handshake/time.h>

/* X(symbol, group, name, of which it is a share or COUNT, meaning) */
#define HS_AUDIT_COUNTER_MAP(X)                                                                    \
    X(ACTIVE_OPENS, "Tcp", "ActiveOpens", COUNT, "connections that this host began")               \
    X(PASSIVE_OPENS, "Tcp", "PassiveOpens", COUNT, "handshakes that its listeners completed")      \
    X(ATTEMPT_FAILS, "Tcp", "AttemptFails", COUNT, "handshakes that failed, on either side")       \
    X(ESTAB_RESETS, "Tcp", "EstabResets", COUNT, "established connections that ended by a reset")  \
    X(OUT_SEGS, "Tcp", "OutSegs", COUNT, "segments sent")                                          \
    X(RETRANS_SEGS, "Tcp", "RetransSegs", OUT_SEGS, "segments sent again")                         \
    X(OUT_RSTS, "Tcp", "OutRsts", COUNT, "resets sent")                                            \
    X(SYNCOOKIES_SENT, "TcpExt", "SyncookiesSent", COUNT,                                          \
      "SYN cookies sent, because a SYN queue was full")                                            \
    X(SYNCOOKIES_RECV, "TcpExt", "SyncookiesRecv", PASSIVE_OPENS, "SYN cookies that came back")    \
    X(SYNCOOKIES_FAILED, "TcpExt", "SyncookiesFailed", COUNT,                                      \
      "ACKs to a listener that were no valid SYN cookie")                                          \
    X(EMBRYONIC_RSTS, "TcpExt", "EmbryonicRsts", PASSIVE_OPENS,                                    \
      "half-open connections that ended by a reset")                                               \
    X(LISTEN_OVERFLOWS, "TcpExt", "ListenOverflows", PASSIVE_OPENS,                                \
      "times that an accept queue was full")                                                       \
    X(LISTEN_DROPS, "TcpExt", "ListenDrops", PASSIVE_OPENS,                                        \
      "connections that a listener dropped, for whatever reason")                                  \
    X(REQ_Q_FULL_DROP, "TcpExt", "TCPReqQFullDrop", COUNT,                                         \
      "SYNs dropped: the SYN queue was full and SYN cookies were off")                             \
    X(REQ_Q_FULL_DO_COOKIES, "TcpExt", "TCPReqQFullDoCookies", COUNT,                              \
      "SYNs answered with a cookie: the SYN queue was full")                                       \
    X(DEFER_ACCEPT_DROP, "TcpExt", "TCPDeferAcceptDrop", COUNT,                                    \
      "bare ACKs that TCP_DEFER_ACCEPT ignored, waiting for data")                                 \
    X(SYN_RETRANS, "TcpExt", "TCPSynRetrans", COUNT, "SYNs and SYN-ACKs sent again")               \
    X(TIMEOUTS, "TcpExt", "TCPTimeouts", COUNT, "retransmission timers that ran out")              \
    X(ABORT_ON_TIMEOUT, "TcpExt", "TCPAbortOnTimeout", COUNT,                                      \
      "connections given up because the peer was silent")                                          \
    X(FAST_OPEN_ACTIVE, "TcpExt", "TCPFastOpenActive", ACTIVE_OPENS,                               \
      "connections begun with data on the SYN that was accepted")                                  \
    X(FAST_OPEN_ACTIVE_FAIL, "TcpExt", "TCPFastOpenActiveFail", COUNT,                             \
      "data on a SYN that the peer did not take or that was lost")                                 \
    X(FAST_OPEN_PASSIVE, "TcpExt", "TCPFastOpenPassive", PASSIVE_OPENS,                            \
      "connections accepted with data on their SYN")                                               \
    X(FAST_OPEN_PASSIVE_FAIL, "TcpExt", "TCPFastOpenPassiveFail", COUNT,                           \
      "data on a SYN that was refused, as with a wrong cookie")                                    \
    X(FAST_OPEN_COOKIE_REQD, "TcpExt", "TCPFastOpenCookieReqd", COUNT,                             \
      "SYNs that asked for a Fast Open cookie")                                                    \
    X(FAST_OPEN_LISTEN_OVERFLOW, "TcpExt", "TCPFastOpenListenOverflow", COUNT,                     \
      "times that a listener's Fast Open queue was full")                                          \
    X(FAST_OPEN_BLACKHOLE, "TcpExt", "TCPFastOpenBlackhole", COUNT,                                \
      "times that Fast Open was suspended because a path drops it")                                \
    X(TW, "TcpExt", "TW", COUNT, "sockets whose TIME-WAIT ran its time")                           \
    X(TIME_WAIT_OVERFLOW, "TcpExt", "TCPTimeWaitOverflow", COUNT,                                  \
      "sockets without TIME-WAIT, for there were too many")                                        \
    X(PAWS_ACTIVE, "TcpExt", "PAWSActive", COUNT,                                                  \
      "SYN-ACKs refused for a timestamp that this host never sent")                                \
    X(PAWS_ESTAB, "TcpExt", "PAWSEstab", COUNT,                                                    \
      "segments of a connection that an old timestamp betrayed")                                   \
    X(UDP_IN_DATAGRAMS, "Udp", "InDatagrams", COUNT, "datagrams received over IPv4")               \
    X(UDP_NO_PORTS, "Udp", "NoPorts", COUNT, "datagrams for a port that nobody had")               \
    X(UDP_IN_ERRORS, "Udp", "InErrors", UDP_IN_DATAGRAMS, "datagrams not delivered")               \
    X(UDP_RCVBUF_ERRORS, "Udp", "RcvbufErrors", UDP_IN_DATAGRAMS,                                  \
      "datagrams dropped: their socket was full")

typedef enum hs_audit_counter {
#define HS_X(symbol, group, name, whole, meaning) HS_AUDIT_COUNTER_##symbol,
    HS_AUDIT_COUNTER_MAP(HS_X)
#undef HS_X
        HS_AUDIT_COUNTER_COUNT,
} hs_audit_counter;

typedef struct hs_audit_counter_row {
    const char *group;
    const char *name;
    hs_audit_counter whole; /* COUNT: a share makes no sense */
    const char *meaning;
} hs_audit_counter_row;

typedef struct hs_audit_counters {
    hs_time at; /* monotonic */
    bool is_seen[HS_AUDIT_COUNTER_COUNT];
    uint64_t values[HS_AUDIT_COUNTER_COUNT];
} hs_audit_counters;

const hs_audit_counter_row *hs_audit_counter_describe(hs_audit_counter counter);
/* Reads both files; `errors` gets an errno for each, 0 where it was read, -1 where its text was not
 * understood. */
enum { HS_AUDIT_COUNTER_FILES = 2 };
void hs_audit_counters_read(hs_audit_counters *counters, int errors[HS_AUDIT_COUNTER_FILES]);
const char *hs_audit_counters_path(size_t file);
/* Adds what the text of such a file says: pairs of lines, names above values. HS_MALFORMED where a
 * pair does not match, or a counter is not a number; what came before it stands. */
HS_CHECKED hs_result hs_audit_counters_parse(hs_bytes text, hs_audit_counters *counters);
/* Its value, 0 where it was not seen. */
uint64_t hs_audit_counter_value(const hs_audit_counters *counters, hs_audit_counter counter);
/* `counter` as a part of its whole, 0.01 for one in a hundred; -1 where that makes no sense. */
double hs_audit_counter_share(const hs_audit_counters *counters, hs_audit_counter counter);
/* The sockets in TIME-WAIT by the text of /proc/net/sockstat, or -1. */
int64_t hs_audit_time_wait_parse(hs_bytes text);
int64_t hs_audit_time_wait_read(void);

#endif
