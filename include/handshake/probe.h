/* The probe: one handshake with a target, timed and taken apart.
 *
 * A prober owns an event loop, a resolver, a trust store and the session tickets it has been given,
 * and is used from one thread. Each run makes one connection and gives one trace; a handshake that
 * fails is a trace with its `failure` set, not an error of the call.
 */
#ifndef HANDSHAKE_PROBE_H
#define HANDSHAKE_PROBE_H

#include <stdbool.h>

#include <handshake/api.h>
#include <handshake/time.h>
#include <handshake/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One line that says what was wrong with an argument, and where. */
typedef struct hs_problem {
    char text[512];
} hs_problem;

typedef enum hs_http_version { HS_HTTP_ANY, HS_HTTP_1_1, HS_HTTP_2, HS_HTTP_3 } hs_http_version;

/* All strings are borrowed and must live as long as the prober. */
typedef struct hs_probe_options {
    int family;              /* 0 either, 4 or 6 */
    hs_time connect_timeout; /* name resolution and TCP, or until a QUIC server's first datagram;
                              * 0: only `timeout` */
    hs_time tls_timeout;     /* from there to the end of the TLS or QUIC handshake; 0: only
                              * `timeout` */
    hs_time
        upgrade_timeout; /* WebSocket upgrade, HTTP/2 SETTINGS, first response; 0: only `timeout` */
    hs_time timeout;     /* overall */
    hs_http_version http_version;
    const char *alpn; /* comma list; NULL: what the scheme suggests; "": none */
    uint16_t tls_min; /* 0 or 0x0301 … 0x0304 */
    uint16_t tls_max;
    const char *ciphers; /* OpenSSL lists; TLS 1.3 suites and older ones may be mixed */
    const char *groups;
    bool hello_retry; /* offers no key share that the server can use, so that it must ask for one by
                       * HelloRetryRequest (RFC 8446 4.1.4); not over QUIC */
    const char *server_name;       /* SNI and the name to verify; NULL: the target's host */
    const char *cacert;            /* file of roots, beside the system's */
    const char *cert;              /* client certificate, PEM */
    const char *key;               /* its key; NULL: in `cert` */
    const char *pinned_public_key; /* curl's: "sha256//…;sha256//…" or a file */
    bool insecure;                 /* report what verification says, and go on */
    bool tcp_fastopen;
    bool resume;               /* a first connection for the ticket, the second is measured */
    bool early_data;           /* implies `resume`; the request goes as early data */
    bool head;                 /* HEAD in place of GET */
    const char *subprotocols;  /* WebSocket, comma list; NULL: none */
    const char *quic_versions; /* comma list of v1, v2 and 0x…, the first one first; NULL: v1,v2 */
    const char *const *resolve; /* "host:port:address[,address]…", as curl's */
    size_t resolve_count;
    const char *keylog; /* file to append key log lines to; NULL: $SSLKEYLOGFILE, if set */
    const char *pcap;   /* file (pcapng) for the packets of all connections; NULL: none */
    bool embed_secrets; /* with the TLS secrets in it */
    bool keep_events;   /* the ladder; with the TCP packets, where a capture is permitted */
    bool keep_bytes;    /* and the bytes of each message */
} hs_probe_options;

/* The defaults: verification on, 10 s to connect, 10 s for TLS, 10 s for the upgrade, 30 s overall.
 */
HS_API void hs_probe_options_init(hs_probe_options *options);

typedef struct hs_prober hs_prober;

/* Checks the options and loads what they name. HS_INVALID and HS_SYSTEM come with `problem` filled;
 * HS_NO_MEMORY without. */
HS_API HS_CHECKED hs_result hs_prober_new(const hs_probe_options *options, hs_prober **out,
                                          hs_problem *problem);
HS_API void hs_prober_free(hs_prober *prober);

/* One handshake with `url`: tcp:// tls:// quic:// http:// https:// ws:// wss://, or host[:port],
 * which means https. On HS_OK `*out` is a trace for hs_trace_free. HS_INVALID: the URL, with
 * `problem` filled. HS_LIMIT: hs_prober_stop was called before there was a result. */
HS_API HS_CHECKED hs_result hs_prober_run(hs_prober *prober, const char *url, hs_trace **out,
                                          hs_problem *problem);

/* Where the options ask for resumption and no ticket of this target is held: the connection for it,
 * so that the next run makes one connection only. Where that connection fails, it is `*failed`, for
 * hs_trace_free; else NULL. Results as of hs_prober_run. */
HS_API HS_CHECKED hs_result hs_prober_prepare(hs_prober *prober, const char *url, hs_trace **failed,
                                              hs_problem *problem);

/* Why the packets in `pcap` are rebuilt from the sockets' streams, and marked so: "Operation not
 * permitted". NULL where they are captured, or not asked for. Borrowed. */
HS_API const char *hs_prober_rebuilt_because(const hs_prober *prober);
/* How many packets so far are missing in `pcap`. */
HS_API uint64_t hs_prober_packets_lost(const hs_prober *prober);

/* Makes the run under way, and every later one, return HS_LIMIT soon. Async-signal-safe. */
HS_API void hs_prober_stop(hs_prober *prober);

/* Whether `url` can be probed; HS_INVALID with `problem` filled where not. */
HS_API HS_CHECKED hs_result hs_probe_check_url(const char *url, hs_problem *problem);

#ifdef __cplusplus
}
#endif
#endif
