/* What the files of the QUIC engine share: context, session and streams behind their handles. */
#ifndef HS_NET_QUIC_STATE_H
#define HS_NET_QUIC_STATE_H

#include <ngtcp2/ngtcp2.h>

#include "base/buffer.h"
#include "net/quic_gnutls.h"
#include "net/quic_session.h"
#include "net/tls_peer.h"
#include "secrets/quic_crypto.h"

enum {
    HS_QUIC_ALPN_MAX = 256,
    HS_QUIC_CID_LEN = 8, /* of the connection IDs that we issue */
    HS_QUIC_DATAGRAM_MIN = 1200,
    HS_QUIC_REASON_MAX = 128,
    HS_QUIC_PARAMETERS_MAX = 256,
    HS_QUIC_HELD_MAX = 8, /* datagrams that came before the handshake was done */
    HS_QUIC_HELD_BYTES = 1500,
    HS_QUIC_OFFERED_MAX = 16, /* versions kept of Version Negotiation */
};

/* The transport error that carries a TLS alert (RFC 9001 4.8). */
#define HS_QUIC_ALERT_ERROR(alert) ((uint64_t)NGTCP2_CRYPTO_ERROR + (alert))

#define HS_QUIC_IDLE_DEFAULT (30 * HS_SECOND)

struct hs_quic_context {
    bool is_server;
    hs_quic_tls_context *tls;
    hs_tls_context *verifier;       /* client's */
    hs_quic_crypto *crypto;         /* client's, for the tag of a second Retry */
    uint8_t alpn[HS_QUIC_ALPN_MAX]; /* server's, as on the wire */
    size_t alpn_len;
    uint32_t versions[HS_QUIC_VERSIONS_MAX]; /* server's */
    size_t version_count;
    hs_quic_retry_policy retry;
    bool no_new_tokens;
    uint8_t reset_secret[HS_QUIC_SECRET_LEN];
    uint8_t token_secret[HS_QUIC_SECRET_LEN];
    hs_time epoch;
    hs_time idle_timeout;
    size_t sessions_max;
    size_t max_datagram;
};

/* Bytes at a fixed address until they are acknowledged: ngtcp2 sends them again from there. */
typedef struct hs_quic_chunk {
    struct hs_quic_chunk *next;
    uint64_t start; /* offset in the stream */
    size_t len;
    size_t capacity;
    uint8_t data[];
} hs_quic_chunk;

typedef struct hs_quic_stream {
    struct hs_quic_stream *next; /* in the order in which they were opened */
    int64_t id;
    bool is_local;
    bool opened; /* ngtcp2 has it */
    hs_quic_chunk *first;
    hs_quic_chunk *last;
    uint64_t acked; /* all before this is acknowledged */
    uint64_t sent;
    uint64_t end; /* of what was queued */
    bool fin;
    bool fin_sent;
    bool fin_acked;
    bool send_over;   /* fin acknowledged, reset, or a direction that is not ours */
    bool is_stopped;  /* by the peer; to be told */
    bool is_blocked;  /* by the peer's flow control */
    bool was_refused; /* hs_quic_session_send answered HS_LIMIT */
    bool receive_over;
    uint64_t unconsumed; /* received, and not yet given back as window */
} hs_quic_stream;

typedef enum hs_quic_stage {
    HS_QUIC_STAGE_IDLE,
    HS_QUIC_STAGE_OPEN, /* from the first Initial on */
    HS_QUIC_STAGE_CLOSED,
    HS_QUIC_STAGE_ENDED,
} hs_quic_stage;

/* Which session a connection ID leads to: in the server's table and in the session's list. */
typedef struct hs_quic_route {
    struct hs_quic_route *next;
    struct hs_quic_route *next_of_session;
    hs_quic_session *session;
    ngtcp2_cid cid;
} hs_quic_route;

/* The server's half of a server's session; NULLs of a client's. */
typedef struct hs_quic_server_link {
    hs_quic_server *server;
    void (*put_out)(hs_quic_server *server, const hs_quic_path *path, hs_bytes datagram,
                    hs_quic_ecn ecn);
    void (*accepted)(hs_quic_session *session);
    void (*cid_issued)(hs_quic_session *session, const ngtcp2_cid *cid);
    void (*cid_retired)(hs_quic_session *session, const ngtcp2_cid *cid);
    hs_quic_route *routes;
    hs_quic_session *previous;
    hs_quic_session *next;
} hs_quic_server_link;

struct hs_quic_session {
    hs_quic_context *context;
    hs_quic_session_events events;
    hs_quic_server_link link; /* NULLs of a client's */
    void *user;

    hs_quic_stage stage;
    unsigned depth; /* of public calls under way */
    bool in_output;
    bool is_accepted; /* the server's caller knows it */
    hs_time now;
    hs_time deadline;

    ngtcp2_conn *conn;
    hs_quic_tls *tls;
    hs_quic_path path;
    ngtcp2_cid scid; /* our first */
    uint32_t versions[HS_QUIC_VERSIONS_MAX];
    size_t version_count;
    uint32_t version;                      /* of the first Initial */
    uint32_t original_version;             /* before Version Negotiation; 0: there was none */
    uint32_t offered[HS_QUIC_OFFERED_MAX]; /* by Version Negotiation */
    size_t offered_count;
    hs_time idle_timeout;
    size_t max_datagram;

    uint8_t alpn[HS_QUIC_ALPN_MAX];
    size_t alpn_len;
    hs_tls_peer peer;
    bool was_judged_bad;
    hs_tls_failure judged;

    hs_buffer offer; /* the ticket that is resumed */
    bool may_send_early;
    bool has_early_key;
    bool has_sent_early;
    hs_early_data early_data;
    bool used_token;
    bool retried;
    hs_buffer token;  /* client: of NEW_TOKEN */
    hs_buffer ticket; /* client: hs_quic_session_ticket */

    hs_bytes held[HS_QUIC_HELD_MAX]; /* allocated */
    size_t held_count;

    hs_quic_stream *streams;
    size_t stream_count;
    size_t local_count;
    uint64_t opened_bidi; /* local streams so far, by which their IDs are made */
    uint64_t opened_uni;
    uint64_t early_bidi; /* how many there may be before the start */
    uint64_t early_uni;

    bool completed;
    bool confirmed;
    bool wants_retry; /* the server has to have this client come again */
    bool is_reset;    /* statelessly */
    bool close_waits; /* asked for within a call-back, or found there to be needed */
    ngtcp2_ccerr close_error;
    char close_reason[HS_QUIC_REASON_MAX];
    bool is_closing; /* we sent CONNECTION_CLOSE */
    hs_quic_end end;
    hs_time ends_at;
    uint8_t close_packet[HS_QUIC_DATAGRAM_MIN];
    size_t close_len;
    uint64_t close_received; /* bytes since */
    uint64_t close_sent;
    uint64_t close_count;
};

/* quic_connection.c: ngtcp2's connection and GnuTLS's session of this session. */
HS_CHECKED hs_result hs_quic_connect(hs_quic_session *session);
typedef struct hs_quic_arrival {
    uint32_t version;
    ngtcp2_cid client_scid;
    ngtcp2_cid original_dcid;
    ngtcp2_cid retry_scid; /* where `retried` */
    bool retried;
    bool has_token; /* of NEW_TOKEN */
    hs_bytes token;
} hs_quic_arrival;
HS_CHECKED hs_result hs_quic_accept(hs_quic_session *session, const hs_quic_arrival *arrival);
void hs_quic_disconnect(hs_quic_session *session);
ngtcp2_path hs_quic_ngtcp2_path(const hs_quic_path *path);

/* quic_session_new.c */
HS_CHECKED hs_result hs_quic_session_make(hs_quic_context *context, const hs_quic_path *path,
                                          hs_quic_session **out);
void hs_quic_session_destroy(hs_quic_session *session);
HS_CHECKED hs_result hs_quic_read_alpn(const char *list, uint8_t out[HS_QUIC_ALPN_MAX],
                                       size_t *len);
HS_CHECKED hs_result hs_quic_take_versions(const uint32_t *versions, size_t count,
                                           uint32_t out[HS_QUIC_VERSIONS_MAX], size_t *out_count);
bool hs_quic_speaks(uint32_t version);

/* quic_session_read.c */
void hs_quic_read(hs_quic_session *session, const hs_quic_path *from, hs_bytes datagram,
                  hs_quic_ecn ecn);
void hs_quic_held_free(hs_quic_session *session);

/* quic_callbacks.c */
void hs_quic_set_callbacks(ngtcp2_callbacks *callbacks, bool is_server);

/* quic_session_write.c: puts out what may be sent now; an error of ngtcp2's, or 0. */
int hs_quic_write(hs_quic_session *session);
void hs_quic_put_out(hs_quic_session *session, const ngtcp2_path *path, hs_bytes datagram,
                     uint32_t ecn);

/* quic_session_streams.c */
hs_quic_stream *hs_quic_stream_find(const hs_quic_session *session, int64_t id);
/* A stream of the peer's, noted when first met; NULL: out of memory. */
hs_quic_stream *hs_quic_stream_meet(hs_quic_session *session, int64_t id);
void hs_quic_stream_forget(hs_quic_session *session, hs_quic_stream *stream);
void hs_quic_streams_free(hs_quic_session *session);
void hs_quic_stream_acked(hs_quic_session *session, hs_quic_stream *stream, uint64_t up_to);
/* Opens, in order, those that ngtcp2 does not have yet; an error of ngtcp2's, or 0. */
int hs_quic_streams_open(hs_quic_session *session);
/* All of them begin again, as if nothing had been sent. */
void hs_quic_streams_rewind(hs_quic_session *session);
void hs_quic_stream_give_back(hs_quic_session *session, hs_quic_stream *stream, uint64_t len);

/* quic_session_end.c */
/* An error of ngtcp2's ends the session. */
void hs_quic_fail(hs_quic_session *session, int error);
/* It ends by what stands in `end`; with CONNECTION_CLOSE where `close` is not NULL. */
void hs_quic_finish(hs_quic_session *session, const ngtcp2_ccerr *close);
/* Within a call-back: what `end` holds ends the session when that returns. */
void hs_quic_end_later(hs_quic_session *session, uint64_t error);
/* A datagram for a session that is closed. */
void hs_quic_answer_closed(hs_quic_session *session, size_t len);

/* quic_failure.c: words and classes, into `end`. */
void hs_quic_end_of_error(hs_quic_session *session, int error);
void hs_quic_end_of_peer(hs_quic_session *session);
void hs_quic_end_of_versions(hs_quic_session *session);
void hs_quic_end_of_icmp(hs_quic_session *session, int os_errno);
void HS_PRINTF(4, 5) hs_quic_end_set(hs_quic_session *session, hs_quic_end_kind kind,
                                     hs_failure_class cls, const char *format, ...);
/* The alert that tells the peer what is wrong with its certificate (RFC 8446 6.2). */
uint8_t hs_quic_verify_alert(int verify);

/* quic_session_ticket.c: the ticket is made anew. */
void hs_quic_ticket_changed(hs_quic_session *session);

#endif
