/* One QUIC connection (RFC 9000, RFC 9001, RFC 9369), either side, without a socket and without a
 * clock: ngtcp2 with GnuTLS.
 *
 * Datagrams and the time are fed in; datagrams, stream bytes, key log lines and the outcome come
 * out by call-back, from within hs_quic_session_start, _feed, _expire, _flush, _icmp and _close
 * only. From within a call-back (but not `output`) a session may be written to, read from, closed
 * and asked; it may not be fed, started, expired, flushed or freed. Any call-back but `output` may
 * be NULL.
 *
 * `now` is nanoseconds of one clock that never goes back, 0 or more (hs_clock_monotonic will do);
 * a step back is taken as no step. Certificates and tickets are judged by the system's wall clock,
 * as OpenSSL does.
 *
 * The functions answer HS_OK also where the connection fails: that is `closed`'s news. A caller
 * drives a session with three things: hs_quic_session_feed for each datagram,
 * hs_quic_session_expire once hs_quic_session_deadline has passed, hs_quic_session_flush after it
 * wrote to streams outside of a call-back.
 *
 * A session that was closed, by either side, stays until its deadline (RFC 9000 10.2): fed with the
 * peer's late packets it repeats its CONNECTION_CLOSE, at a falling rate. After `ended` it does
 * nothing more.
 */
#ifndef HS_NET_QUIC_SESSION_H
#define HS_NET_QUIC_SESSION_H

#include <stdbool.h>
#include <sys/socket.h>

#include <handshake/api.h>
#include <handshake/failure.h>
#include <handshake/probe.h>
#include <handshake/time.h>
#include <handshake/trace.h>

#include "net/tls_session.h"

enum {
    HS_QUIC_DATAGRAM_MAX = 1452, /* the longest that is sent; 1200 until a probe was answered */
    HS_QUIC_STREAM_QUEUE_MAX = 256
                               << 10, /* bytes of a stream that wait to be sent or acknowledged */
    HS_QUIC_STREAMS_MAX = 128,        /* streams that a session has at once, of both sides */
    HS_QUIC_VERSIONS_MAX = 8,
    HS_QUIC_TICKET_MAX = 64 << 10,
    HS_QUIC_TOKEN_MAX = 1024, /* a longer NEW_TOKEN is left aside */
    HS_QUIC_SECRET_LEN = 32,
};

/* What all sessions of one prober or server share: credentials, priorities, ticket keys. */
typedef struct hs_quic_context hs_quic_context;

/* A client's context from the probe's options: ciphers and groups (those that QUIC and GnuTLS have;
 * any other is HS_INVALID), cert, key, tls_max. `verifier` is a client's context made from the same
 * options; it judges the certificates, with its roots, pins and `insecure`, and must outlive the
 * context. HS_INVALID and HS_SYSTEM come with `problem` filled; HS_NO_MEMORY too. */
HS_CHECKED hs_result hs_quic_context_new_client(const hs_probe_options *options,
                                                hs_tls_context *verifier, hs_quic_context **out,
                                                hs_problem *problem);

/* When a server has a client prove its address by Retry (RFC 9000 8.1.2). A client that brings a
 * token of an earlier Retry or NEW_TOKEN is not asked again. */
typedef enum hs_quic_retry_policy {
    HS_QUIC_RETRY_UNDER_LOAD, /* once a quarter of the sessions are unproven handshakes */
    HS_QUIC_RETRY_ALWAYS,
    HS_QUIC_RETRY_NEVER,
} hs_quic_retry_policy;

/* Strings and arrays are borrowed for the call only. */
typedef struct hs_quic_server_config {
    const char *cert; /* PEM chain */
    const char *key;  /* NULL: in `cert` */
    const char *alpn; /* comma list in order of preference; a client without one of them is
                         refused (RFC 9001 8.1) */
    /* In order of preference; none: v2, v1. A client that starts with one of them and offers a
     * better one is moved to it (compatible negotiation, RFC 9368 2.3). */
    const uint32_t *versions;
    size_t version_count;
    hs_quic_retry_policy retry;
    bool no_tickets;
    bool no_early_data;
    bool no_new_tokens;
    /* Secrets of stateless reset tokens, Retry tokens, NEW_TOKEN tokens and session tickets come
     * from it: kept over a restart, they stay good. */
    uint8_t secret[HS_QUIC_SECRET_LEN];
    hs_time epoch;        /* Unix time in nanoseconds when `now` was 0, for the age of tokens */
    hs_time idle_timeout; /* 0: 30 s */
    size_t sessions_max;  /* at once; 0: 1024. More are refused (CONNECTION_REFUSED) */
    size_t max_datagram;  /* 0: HS_QUIC_DATAGRAM_MAX; 1200 at least */
} hs_quic_server_config;

HS_CHECKED hs_result hs_quic_context_new_server(const hs_quic_server_config *config,
                                                hs_quic_context **out, hs_problem *problem);
/* Its sessions and servers must have been freed. */
void hs_quic_context_free(hs_quic_context *context);

/* Both ends' addresses, IPv4 or IPv6. */
typedef struct hs_quic_path {
    struct sockaddr_storage local;
    struct sockaddr_storage remote;
} hs_quic_path;

/* The two bits of the IP header (RFC 3168 5). */
typedef enum hs_quic_ecn {
    HS_QUIC_ECN_NOT_ECT = 0,
    HS_QUIC_ECN_ECT_1 = 1,
    HS_QUIC_ECN_ECT_0 = 2,
    HS_QUIC_ECN_CE = 3,
} hs_quic_ecn;

typedef enum hs_quic_end_kind {
    HS_QUIC_END_LOCAL_CLOSE,         /* we sent CONNECTION_CLOSE: asked to, or for an error seen */
    HS_QUIC_END_PEER_CLOSE,          /* the peer did */
    HS_QUIC_END_STATELESS_RESET,     /* RFC 9000 10.3 */
    HS_QUIC_END_VERSION_NEGOTIATION, /* no version in common */
    HS_QUIC_END_IDLE,                /* max_idle_timeout passed in silence */
    HS_QUIC_END_ICMP,                /* hs_quic_session_icmp */
    HS_QUIC_END_DROPPED,             /* without a word: what came is to be ignored */
} hs_quic_end_kind;

/* How a connection ended. */
typedef struct hs_quic_end {
    /* Class, alert, verify result, message. cls is HS_FAILURE_NONE where hs_quic_session_close was
     * called; HS_FAILURE_QUIC_CLOSED for any close of the peer's without a TLS cause, also one that
     * the application may take for orderly (H3_NO_ERROR). */
    hs_tls_failure failure;
    hs_quic_end_kind kind;
    bool has_error;      /* CONNECTION_CLOSE was sent or received, with: */
    bool is_application; /* type 0x1d */
    uint64_t error;
    char reason[128]; /* the peer's phrase, escaped; "" none */
} hs_quic_end;

typedef struct hs_quic_session hs_quic_session;

typedef struct hs_quic_session_events {
    void *context;
    /* For the wire, one datagram, at most HS_QUIC_DATAGRAM_MAX. What cannot be sent may be dropped.
     */
    void (*output)(void *context, const hs_quic_path *path, hs_bytes datagram, hs_quic_ecn ecn);
    void (*keylog)(void *context, const char *line); /* without newline */
    /* Client: Version Negotiation named versions, and `version`, which is among them, is tried now
     * (once; RFC 9368 2.1). */
    void (*version_negotiated)(void *context, uint32_t version);
    /* The TLS handshake is done; a client has verified the server's certificate. Once. */
    void (*handshake_completed)(void *context);
    /* RFC 9001 4.1.2; a server's comes with handshake_completed. Once. */
    void (*handshake_confirmed)(void *context);
    /* Client that sent early data: what became of it, before handshake_completed. Where it was
     * rejected, all that was written to streams is sent again by the session, on the same IDs. */
    void (*early_data)(void *context, bool accepted);
    /* In order. `is_early`: in 0-RTT packets, before the handshake was done. The peer may send as
     * much again once hs_quic_session_consume was called. `bytes` are empty only with `fin`. */
    void (*stream_data)(void *context, int64_t stream, hs_bytes bytes, bool fin, bool is_early);
    /* The peer reset its sending side (RESET_STREAM). */
    void (*stream_reset)(void *context, int64_t stream, uint64_t error);
    /* The peer does not want more (STOP_SENDING); the session has answered with RESET_STREAM. Told
     * when there is something to send; the error code comes with stream_closed. */
    void (*stream_stopped)(void *context, int64_t stream);
    /* Both directions are over, and all that was sent is acknowledged, or it was reset with
     * `error`. The ID is gone. Not called for streams that are left when the connection ends. */
    void (*stream_closed)(void *context, int64_t stream, bool has_error, uint64_t error);
    /* Room again for hs_quic_session_send, after it answered HS_LIMIT or took the last of it. */
    void (*stream_writable)(void *context, int64_t stream);
    /* More streams may be opened than before. */
    void (*streams_extended)(void *context, bool bidirectional);
    /* Client: hs_quic_session_ticket is new. */
    void (*ticket)(void *context);
    /* Client: a token of NEW_TOKEN (it is in hs_quic_session_ticket too). */
    void (*new_token)(void *context, hs_bytes token);
    /* The connection is over: no streams, nothing but `output` and `ended` follows. Its
     * CONNECTION_CLOSE, if one is sent, was put out before. Once. */
    void (*closed)(void *context, const hs_quic_end *end);
    /* The closing or draining period is over. A server's session is freed when this returns. */
    void (*ended)(void *context);
} hs_quic_session_events;

/* What a client connects to. Strings and arrays are borrowed for the call only. */
typedef struct hs_quic_target {
    const char *server_name; /* SNI and the name to verify, as of hs_tls_session_new; may be NULL */
    const char *alpn;        /* comma list; NULL or "": none (RFC 9001 8.1 wants one) */
    hs_quic_path path;
    /* In order of preference, v1 and v2; none: v1, v2. The first is that of the first Initial; the
     * rest are offered (RFC 9368). A reserved version (0x?a?a?a?a) may come first, to have the
     * server send Version Negotiation. */
    const uint32_t *versions;
    size_t version_count;
    hs_time idle_timeout; /* 0: 30 s */
    size_t max_datagram;  /* 0: HS_QUIC_DATAGRAM_MAX; 1200 at least */
} hs_quic_target;

/* HS_INVALID: a name, an address, a version or a list that cannot be. */
HS_CHECKED hs_result hs_quic_session_new(hs_quic_context *context, const hs_quic_target *target,
                                         const hs_quic_session_events *events,
                                         hs_quic_session **out);
/* A client's; without CONNECTION_CLOSE. */
void hs_quic_session_free(hs_quic_session *session);

/* Client, before the start: offers the session, and brings the token, of `ticket` (from
 * hs_quic_session_ticket). HS_MALFORMED: it is none. `*early_data` (may be NULL): whether streams
 * may be opened and written before the start, as 0-RTT; not where the ticket allows none, or is for
 * another name, application protocol or version. */
HS_CHECKED hs_result hs_quic_session_offer(hs_quic_session *session, hs_bytes ticket,
                                           bool *early_data);

/* The client's first flight leaves. */
HS_CHECKED hs_result hs_quic_session_start(hs_quic_session *session, hs_time now);
HS_CHECKED hs_result hs_quic_session_feed(hs_quic_session *session, const hs_quic_path *path,
                                          hs_bytes datagram, hs_quic_ecn ecn, hs_time now);
/* Before its deadline it does nothing. */
HS_CHECKED hs_result hs_quic_session_expire(hs_quic_session *session, hs_time now);
/* When to call hs_quic_session_expire; HS_TIME_NONE: never (not started, or ended). */
hs_time hs_quic_session_deadline(const hs_quic_session *session);
/* Sends what was written; within a call-back that happens by itself, when it returns. */
HS_CHECKED hs_result hs_quic_session_flush(hs_quic_session *session, hs_time now);
/* ICMP, as the socket tells it: ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EACCES … ends the
 * connection. EMSGSIZE, which path MTU discovery causes, does not. */
HS_CHECKED hs_result hs_quic_session_icmp(hs_quic_session *session, int os_errno, hs_time now);
/* Sends CONNECTION_CLOSE with an application's error code (a transport's NO_ERROR where the
 * handshake is not done, RFC 9000 10.2.3); `reason` may be NULL. From within a call-back it closes
 * when that returns. */
void hs_quic_session_close(hs_quic_session *session, uint64_t application_error, const char *reason,
                           hs_time now);
/* As that, with a transport error (RFC 9000 20.1); 0: NO_ERROR. */
void hs_quic_session_close_transport(hs_quic_session *session, uint64_t error, const char *reason,
                                     hs_time now);
/* Changes the keys (RFC 9001 6). HS_INVALID: not confirmed yet, or the last change is too recent.
 */
HS_CHECKED hs_result hs_quic_session_update_keys(hs_quic_session *session, hs_time now);

/* Streams. HS_INVALID after `closed`, and of a stream that is none or does not have the direction.
 */

/* HS_LIMIT: the peer allows no more now (streams_extended follows), or HS_QUIC_STREAMS_MAX. Before
 * the start only with early data. */
HS_CHECKED hs_result hs_quic_session_open(hs_quic_session *session, bool bidirectional,
                                          int64_t *stream);
/* Queues a copy. HS_LIMIT: nothing was taken, hs_quic_session_room says how much would be. After
 * `fin` nothing more (HS_INVALID). */
HS_CHECKED hs_result hs_quic_session_send(hs_quic_session *session, int64_t stream, hs_bytes bytes,
                                          bool fin);
size_t hs_quic_session_room(const hs_quic_session *session, int64_t stream);
/* Bytes of stream_data that were done with: the peer may send as many more. */
HS_CHECKED hs_result hs_quic_session_consume(hs_quic_session *session, int64_t stream, size_t len);
/* RESET_STREAM; what waits is dropped. Not before the start (HS_INVALID). */
HS_CHECKED hs_result hs_quic_session_reset(hs_quic_session *session, int64_t stream,
                                           uint64_t error);
/* STOP_SENDING; no stream_data follows. */
HS_CHECKED hs_result hs_quic_session_stop(hs_quic_session *session, int64_t stream, uint64_t error);
/* Everything that was sent on all streams is acknowledged, and nothing waits. */
bool hs_quic_session_all_acknowledged(const hs_quic_session *session);

/* What was negotiated, for the server's log lines and the client's next step. */

void hs_quic_session_set_user(hs_quic_session *session, void *user);
void *hs_quic_session_user(const hs_quic_session *session);
bool hs_quic_session_is_server(const hs_quic_session *session);
/* The one in use: a server's follows its client's change of address (RFC 9000 9.3). */
const hs_quic_path *hs_quic_session_path(const hs_quic_session *session);
/* The version in use so far; 0 before the start. */
uint32_t hs_quic_session_version(const hs_quic_session *session);
bool hs_quic_session_handshake_completed(const hs_quic_session *session);
/* Client: a Retry was followed. Server: this client came with a token of a Retry. */
bool hs_quic_session_retried(const hs_quic_session *session);
/* Server: this client's address was known by a token of NEW_TOKEN. Client: it sent one. */
bool hs_quic_session_used_token(const hs_quic_session *session);
/* NULL where not known. Names as of hs_tls_session_*: "TLS_AES_128_GCM_SHA256", "x25519", "h3". */
const char *hs_quic_session_cipher(const hs_quic_session *session);
const char *hs_quic_session_group(const hs_quic_session *session);
const char *hs_quic_session_alpn(const hs_quic_session *session);
/* Server: the SNI. Client: what it sent. */
const char *hs_quic_session_server_name(const hs_quic_session *session);
bool hs_quic_session_resumed(const hs_quic_session *session);
/* A client's is accepted only where it sent some. */
hs_early_data hs_quic_session_early_data(const hs_quic_session *session);
/* Client: as of hs_tls_session_verify and its companions. */
int hs_quic_session_verify(const hs_quic_session *session);
const char *hs_quic_session_verify_text(const hs_quic_session *session);
const char *hs_quic_session_ocsp_text(const hs_quic_session *session);
/* Client: what the server said of itself for next time, as one opaque run of bytes: session,
 * transport parameters for 0-RTT, token, name, application protocol, version. Empty where nothing
 * came. Borrowed until the next call on this session. Secret. */
hs_bytes hs_quic_session_ticket(const hs_quic_session *session);
/* Of the last `closed`; NULL before. */
const hs_quic_end *hs_quic_session_end(const hs_quic_session *session);
/* RFC 9002 5; HS_TIME_NONE before the first sample. */
hs_time hs_quic_session_min_rtt(const hs_quic_session *session);

/* A server's side of one or more UDP sockets: which session a datagram is for, and what is said to
 * one that is for none. It owns its sessions. */
typedef struct hs_quic_server hs_quic_server;

typedef struct hs_quic_server_events {
    void *context;
    /* For the wire: of sessions, and Version Negotiation, Retry, stateless resets, refusals. */
    void (*output)(void *context, const hs_quic_path *path, hs_bytes datagram, hs_quic_ecn ecn);
    /* A new session. The call-backs that it shall have are put into `events`, which comes zeroed;
     * `output` is the server's and left alone. Its ClientHello is handled when this returns. */
    void (*accepted)(void *context, hs_quic_session *session, hs_quic_session_events *events);
    /* A datagram was answered or left without a session, for the log; `what` is static: "Retry",
     * "Version Negotiation", "stateless reset", "INVALID_TOKEN", "CONNECTION_REFUSED". */
    void (*stateless)(void *context, const hs_quic_path *path, const char *what);
} hs_quic_server_events;

/* `context` is of hs_quic_context_new_server. */
HS_CHECKED hs_result hs_quic_server_new(hs_quic_context *context,
                                        const hs_quic_server_events *events, hs_quic_server **out);
/* Sessions that are left end without a word, and without `closed` and `ended`. */
void hs_quic_server_free(hs_quic_server *server);
/* Sessions are fed, expired and flushed by these; hs_quic_session_flush may be called on one of
 * them too, outside of call-backs. None may be called from within a call-back. */
HS_CHECKED hs_result hs_quic_server_feed(hs_quic_server *server, const hs_quic_path *path,
                                         hs_bytes datagram, hs_quic_ecn ecn, hs_time now);
HS_CHECKED hs_result hs_quic_server_expire(hs_quic_server *server, hs_time now);
/* HS_TIME_NONE: nothing to wait for. */
hs_time hs_quic_server_deadline(const hs_quic_server *server);
/* Closes each session, and refuses new ones. */
void hs_quic_server_shutdown(hs_quic_server *server, uint64_t application_error, hs_time now);
size_t hs_quic_server_count(const hs_quic_server *server);
/* In effect from the next Initial on. */
void hs_quic_server_set_retry(hs_quic_server *server, hs_quic_retry_policy policy);

#endif
