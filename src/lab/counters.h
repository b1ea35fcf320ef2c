/* What the kernel of the present namespace says of its listening sockets: the counters of
 * /proc/net/netstat, and how many connections are half-open. */
#ifndef HS_LAB_COUNTERS_H
#define HS_LAB_COUNTERS_H

#include <handshake/api.h>

/* X(symbol, the kernel's name, what it counts) */
#define HS_LISTEN_COUNTER_MAP(X)                                                                   \
    X(SYNCOOKIES_SENT, "SyncookiesSent",                                                           \
      "SYN-ACKs whose sequence number is a cookie: nothing is kept for them")                      \
    X(SYNCOOKIES_RECV, "SyncookiesRecv",                                                           \
      "cookies that came back in an ACK: connections that never were in the queue")                \
    X(SYNCOOKIES_FAILED, "SyncookiesFailed", "ACKs whose cookie was too old or not the server's")  \
    X(LISTEN_OVERFLOWS, "ListenOverflows",                                                         \
      "the queue of finished connections was full: the application accepts too slowly")            \
    X(LISTEN_DROPS, "ListenDrops",                                                                 \
      "SYNs and ACKs that the listening socket dropped, for any reason")                           \
    X(REQ_Q_FULL_DROP, "TCPReqQFullDrop",                                                          \
      "SYNs dropped because the queue was full and cookies are off")                               \
    X(REQ_Q_FULL_DO_COOKIES, "TCPReqQFullDoCookies",                                               \
      "SYNs answered with a cookie because the queue was full, or cookies are always on")

typedef enum hs_listen_counter {
#define HS_X(symbol, name, meaning) HS_COUNTER_##symbol,
    HS_LISTEN_COUNTER_MAP(HS_X)
#undef HS_X
        HS_LISTEN_COUNTER_COUNT
} hs_listen_counter;

enum { HS_COUNTER_UNSEEN = -1 }; /* this kernel does not have it */

typedef struct hs_listen_counters {
    int64_t values[HS_LISTEN_COUNTER_COUNT];
} hs_listen_counters;

const char *hs_listen_counter_name(hs_listen_counter counter);
const char *hs_listen_counter_meaning(hs_listen_counter counter);

/* From the text of /proc/net/netstat: pairs of lines, names above values. */
void hs_listen_counters_parse(const char *text, hs_listen_counters *counters);
/* HS_SYSTEM with errno. */
HS_CHECKED hs_result hs_listen_counters_read(hs_listen_counters *counters);

/* Connections in SYN-RECEIVED, over a socket for NETLINK_SOCK_DIAG of the namespace in question. */
HS_CHECKED hs_result hs_half_open_count(int diag, uint64_t *count);

#endif
