/* What an audit can find, as one table: the docs are made from it. */
#ifndef HS_AUDIT_RULES_H
#define HS_AUDIT_RULES_H

#include <handshake/trace.h> /* hs_severity */

/* X(symbol, id, severity, title, advice, command that would change it, or "") */
#define HS_AUDIT_RULE_MAP(X)                                                                       \
    X(LISTENER_FULL, "listener_full", ERROR, "an accept queue is full now",                        \
      "its program must call accept() sooner, or listen() with a greater backlog; until then new " \
      "SYNs, and the last ACKs of handshakes, are ignored",                                        \
      "")                                                                                          \
    X(SYNCOOKIES_OFF, "syncookies_off", WARNING, "SYN cookies are off",                            \
      "turn them on: they cost nothing until a SYN queue is full, and then real clients still "    \
      "get in",                                                                                    \
      "sysctl -w net.ipv4.tcp_syncookies=1")                                                       \
    X(SYNCOOKIES_ALWAYS, "syncookies_always", NOTICE, "every SYN is answered with a SYN cookie",   \
      "that is for tests: without TCP timestamps such connections have no SACK and no window "     \
      "scale; 1 sends cookies only where a queue is full",                                         \
      "sysctl -w net.ipv4.tcp_syncookies=1")                                                       \
    X(SYN_QUEUE_DROPS, "syn_queue_drops", WARNING, "SYNs were dropped because a queue was full",   \
      "turn SYN cookies on, and let the listeners ask for a greater backlog",                      \
      "sysctl -w net.ipv4.tcp_syncookies=1")                                                       \
    X(SYNCOOKIES_SENT, "syncookies_sent", NOTICE, "SYN queues have been full",                     \
      "a flood of SYNs, or a backlog too small for the real load: a greater backlog in listen() "  \
      "helps against the second",                                                                  \
      "")                                                                                          \
    X(SYN_BACKLOG_LOW, "syn_backlog_low", WARNING,                                                 \
      "few half-open connections are allowed, and SYN cookies do not help",                        \
      "raise the limit, which holds where SYN cookies are off, or turn SYN cookies on",            \
      "sysctl -w net.ipv4.tcp_max_syn_backlog=4096")                                               \
    X(LISTEN_DROPS, "listen_drops", WARNING, "listeners have dropped connections",                 \
      "where ListenOverflows counts, an accept queue was full: accept() sooner or listen() with "  \
      "a greater backlog, below somaxconn; --watch tells whether it goes on",                      \
      "")                                                                                          \
    X(BACKLOG_CAPPED, "backlog_capped", NOTICE, "backlogs may be capped by somaxconn",             \
      "a listen() that asked for more got somaxconn; raise it, then start the listeners again",    \
      "sysctl -w net.core.somaxconn=4096")                                                         \
    X(BACKLOG_SMALL, "backlog_small", NOTICE, "a busy listener has a small backlog",               \
      "let the program ask for more in listen(), 128 at the least", "")                            \
    X(SOMAXCONN_LOW, "somaxconn_low", INFO, "no listener may have a large backlog",                \
      "raise somaxconn to the 4096 that kernels since 5.4 begin with",                             \
      "sysctl -w net.core.somaxconn=4096")                                                         \
    X(ABORT_ON_OVERFLOW, "abort_on_overflow", NOTICE,                                              \
      "a full accept queue resets clients that it could keep waiting",                             \
      "without it the client's ACK is ignored and the handshake succeeds as soon as there is "     \
      "room",                                                                                      \
      "sysctl -w net.ipv4.tcp_abort_on_overflow=0")                                                \
    X(FAST_OPEN_OFF, "fast_open_off", INFO, "TCP Fast Open is off on both sides",                  \
      "1 allows it to clients, 2 to servers, 3 to both; it saves a round trip for each known "     \
      "peer",                                                                                      \
      "sysctl -w net.ipv4.tcp_fastopen=3")                                                         \
    X(FAST_OPEN_SERVER_OFF, "fast_open_server_off", INFO,                                          \
      "TCP Fast Open is off on the server side",                                                   \
      "3 allows it to clients and servers; a server must also ask for it (TCP_FASTOPEN)",          \
      "sysctl -w net.ipv4.tcp_fastopen=3")                                                         \
    X(FAST_OPEN_CLIENT_OFF, "fast_open_client_off", INFO,                                          \
      "TCP Fast Open is off on the client side", "3 allows it to clients and servers",             \
      "sysctl -w net.ipv4.tcp_fastopen=3")                                                         \
    X(FAST_OPEN_BLACKHOLE, "fast_open_blackhole", NOTICE,                                          \
      "TCP Fast Open was suspended: a path drops it",                                              \
      "something on the way drops SYNs with data; probe the peers with --tcp-fastopen to see "     \
      "which",                                                                                     \
      "")                                                                                          \
    X(FAST_OPEN_OVERFLOW, "fast_open_overflow", NOTICE, "a listener's Fast Open queue was full",   \
      "those clients took the ordinary handshake; raise the length given with TCP_FASTOPEN", "")   \
    X(PORTS_TIME_WAIT, "ports_time_wait", WARNING,                                                 \
      "TIME-WAIT nearly holds as many sockets as there are local ports",                           \
      "keep connections open and use them again, widen the range, or let new connections take "    \
      "TIME-WAIT's ports",                                                                         \
      "sysctl -w net.ipv4.ip_local_port_range='1024 65535' net.ipv4.tcp_tw_reuse=1")               \
    X(PORT_RANGE_SMALL, "port_range_small", NOTICE, "few local ports for connections",             \
      "each connection to one peer needs a port of its own, and TIME-WAIT keeps it for a minute",  \
      "sysctl -w net.ipv4.ip_local_port_range='32768 60999'")                                      \
    X(TIME_WAIT_OVERFLOW, "time_wait_overflow", NOTICE, "TIME-WAIT was cut short",                 \
      "there were more such sockets than tcp_max_tw_buckets; raise it",                            \
      "sysctl -w net.ipv4.tcp_max_tw_buckets=262144")                                              \
    X(INITCWND_LOW, "initcwnd_low", WARNING, "a route begins with a small window",                 \
      "below 10 segments (RFC 6928) a server's certificates may need a round trip more",           \
      "ip route change default … initcwnd 10")                                                     \
    X(WINDOW_SCALING_OFF, "window_scaling_off", WARNING, "window scaling is off",                  \
      "without it no window is larger than 64 KiB (RFC 7323)",                                     \
      "sysctl -w net.ipv4.tcp_window_scaling=1")                                                   \
    X(SACK_OFF, "sack_off", WARNING, "selective acknowledgments are off",                          \
      "without them each loss costs about a round trip (RFC 2018)",                                \
      "sysctl -w net.ipv4.tcp_sack=1")                                                             \
    X(TIMESTAMPS_OFF, "timestamps_off", NOTICE, "TCP timestamps are off",                          \
      "without them a connection opened by a SYN cookie has no SACK and no window scale, and "     \
      "TIME-WAIT ports are not used again (RFC 7323)",                                             \
      "sysctl -w net.ipv4.tcp_timestamps=1")                                                       \
    X(ECN_OFF, "ecn_off", INFO, "ECN is refused to peers that ask for it",                         \
      "2, the kernel's default, accepts it where a peer asks (RFC 3168)",                          \
      "sysctl -w net.ipv4.tcp_ecn=2")                                                              \
    X(METRICS_NOT_SAVED, "metrics_not_saved", INFO, "nothing is remembered of earlier peers",      \
      "with 0 the round trip and the window of an earlier connection are a start for the next",    \
      "sysctl -w net.ipv4.tcp_no_metrics_save=0")                                                  \
    X(SYN_RETRIES_MANY, "syn_retries_many", INFO, "connect() waits long for a silent peer",        \
      "with 6 it fails after about two minutes; programs should have deadlines of their own",      \
      "sysctl -w net.ipv4.tcp_syn_retries=6")                                                      \
    X(SYN_RETRIES_FEW, "syn_retries_few", NOTICE, "a lost SYN is hardly sent again",               \
      "one loss or two on the way then fail a connection", "sysctl -w net.ipv4.tcp_syn_retries=6") \
    X(SYNACK_RETRIES_MANY, "synack_retries_many", NOTICE, "half-open connections stay long",       \
      "with 5 a SYN queue keeps each for about a minute; 2 or 3 suffice under floods",             \
      "sysctl -w net.ipv4.tcp_synack_retries=5")                                                   \
    X(SYNACK_RETRIES_FEW, "synack_retries_few", NOTICE, "a lost SYN-ACK is hardly sent again",     \
      "clients behind a path with loss then wait for their own retransmission",                    \
      "sysctl -w net.ipv4.tcp_synack_retries=5")                                                   \
    X(FIN_TIMEOUT_LONG, "fin_timeout_long", INFO, "orphans wait long in FIN-WAIT-2",               \
      "60 seconds are the kernel's default", "sysctl -w net.ipv4.tcp_fin_timeout=60")              \
    X(NETDEV_BACKLOG_LOW, "netdev_backlog_low", NOTICE,                                            \
      "few packets may wait between the device and the stack",                                     \
      "below the default of 1000 a burst of SYNs is dropped before TCP sees it",                   \
      "sysctl -w net.core.netdev_max_backlog=1000")                                                \
    X(SYN_RETRANSMITS, "syn_retransmits", NOTICE, "many SYNs or SYN-ACKs were sent again",         \
      "each costs a second or more: loss on the way, peers that are silent, or a full queue at "   \
      "theirs",                                                                                    \
      "")                                                                                          \
    X(UDP_BUFFER, "udp_buffer", NOTICE, "datagrams were dropped because a socket was full",        \
      "QUIC takes that for loss; its programs should ask for larger buffers, and be allowed to",   \
      "sysctl -w net.core.rmem_max=8388608")

typedef enum hs_audit_rule {
#define HS_X(symbol, id, severity, title, advice, command) HS_AUDIT_RULE_##symbol,
    HS_AUDIT_RULE_MAP(HS_X)
#undef HS_X
        HS_AUDIT_RULE_COUNT,
    HS_AUDIT_RULE_NONE = HS_AUDIT_RULE_COUNT, /* all is well */
} hs_audit_rule;

typedef struct hs_audit_rule_row {
    const char *id;
    hs_severity severity;
    const char *title;
    const char *advice;
    const char *command; /* "" where no single command helps */
} hs_audit_rule_row;

const hs_audit_rule_row *hs_audit_rule_describe(hs_audit_rule rule);

#endif
