/* One TLS connection, either side, without a socket: OpenSSL between memory BIOs.
 *
 * Bytes from the wire are fed in; bytes for the wire, plain bytes, key log lines and the outcome
 * come out by call-back, from within hs_tls_session_start, _feed, _transport_ended, _send and
 * _close. From within a call-back (but not `output`) the session may be sent to, closed and asked;
 * it may not be fed, nor freed. Any call-back but `output` may be NULL.
 *
 * The functions answer HS_OK also where the handshake fails: that is `failed`'s news.
 */
#ifndef HS_NET_TLS_SESSION_H
#define HS_NET_TLS_SESSION_H

#include <stdbool.h>

#include <handshake/api.h>
#include <handshake/failure.h>
#include <handshake/probe.h>
#include <handshake/trace.h>

/* What all sessions of one prober or server share: SSL_CTX, trust store, pins, client certificate.
 */
typedef struct hs_tls_context hs_tls_context;

/* A client's context from the probe's options: reads cacert, cert, key and pins, sets versions,
 * ciphers and groups. HS_INVALID and HS_SYSTEM come with `problem` filled. */
HS_CHECKED hs_result hs_tls_context_new_client(const hs_probe_options *options,
                                               hs_tls_context **out, hs_problem *problem);
/* A server's: PEM chain and key; TLS 1.2 and 1.3, tickets, early data with anti-replay. `alpn` is a
 * comma list in order of preference, chosen from per session. */
HS_CHECKED hs_result hs_tls_context_new_server(const char *cert, const char *key,
                                               hs_tls_context **out, hs_problem *problem);
/* Its sessions must have been freed. */
void hs_tls_context_free(hs_tls_context *context);

typedef struct hs_tls_failure {
    hs_failure_class cls;
    int alert; /* sent or received; -1 none */
    bool alert_received;
    int verify; /* X509_V_ERR_…; -1 where not verified */
    char message[256];
} hs_tls_failure;

typedef struct hs_tls_session_events {
    void *context;
    /* For the wire: a whole flight in one call. What completes the handshake, or ends it, is put
     * out before `established` or `failed`. */
    void (*output)(void *context, hs_bytes bytes);
    /* From the peer. A server gets early data before `established`, and may answer it at once. */
    void (*plaintext)(void *context, hs_bytes bytes);
    void (*keylog)(void *context, const char *line); /* without newline */
    void (*established)(void *context);              /* once */
    void (*closed)(void *context);                   /* close_notify from the peer; once */
    void (*failed)(void *context, const hs_tls_failure *failure); /* once; nothing follows */
} hs_tls_session_events;

typedef struct hs_tls_session hs_tls_session;

/* `server_name` (client): SNI and the name to verify; a literal address is verified as an address
 * and not sent as SNI. `alpn`: comma list, NULL or "" for none. */
HS_CHECKED hs_result hs_tls_session_new(hs_tls_context *context, const char *server_name,
                                        const char *alpn, const hs_tls_session_events *events,
                                        hs_tls_session **out);
void hs_tls_session_free(hs_tls_session *session);

/* Client, before the start: offers this session (HS_MALFORMED: it is none). The ticket's early data
 * limit is in `*early_data_max` (may be NULL): 0 where it allows none, or is for another name or
 * application protocol. */
HS_CHECKED hs_result hs_tls_session_offer(hs_tls_session *session, hs_bytes ticket,
                                          uint32_t *early_data_max);
/* Client: plain bytes to send as early data with the ClientHello (copied; HS_LIMIT: over
 * the ticket's limit). If they are rejected, the caller sends them again when established. */
HS_CHECKED hs_result hs_tls_session_early(hs_tls_session *session, hs_bytes bytes);

/* The client's ClientHello leaves; a server waits. */
HS_CHECKED hs_result hs_tls_session_start(hs_tls_session *session);
HS_CHECKED hs_result hs_tls_session_feed(hs_tls_session *session, hs_bytes bytes);
/* The transport ended without close_notify: within the handshake `failed` follows. Afterwards
 * nothing does: what it means is the caller's to say. */
void hs_tls_session_transport_ended(hs_tls_session *session, bool reset);
/* After `established` (HS_INVALID before). HS_CRYPTO: `failed` was called. */
HS_CHECKED hs_result hs_tls_session_send(hs_tls_session *session, hs_bytes bytes);
/* Sends close_notify. */
void hs_tls_session_close(hs_tls_session *session);

/* What was negotiated, for the server's log lines and the client's next step. NULL where not known.
 */
const char *hs_tls_session_version(const hs_tls_session *session);
const char *hs_tls_session_cipher(const hs_tls_session *session);
/* The key exchange group as OpenSSL spells it: "x25519", "secp256r1". */
const char *hs_tls_session_group(const hs_tls_session *session);
const char *hs_tls_session_alpn(const hs_tls_session *session);
bool hs_tls_session_resumed(const hs_tls_session *session);
hs_early_data hs_tls_session_early_data(const hs_tls_session *session);
/* Client: X509_V_OK or the error (also with --insecure); -1 where no chain was verified. */
int hs_tls_session_verify(const hs_tls_session *session);
const char *hs_tls_session_verify_text(const hs_tls_session *session);
/* Client: what a stapled OCSP response said; NULL where none was stapled. */
const char *hs_tls_session_ocsp_text(const hs_tls_session *session);
/* The newest resumable session, serialised; empty bytes where none came. Borrowed until the next
 * call on this session. */
hs_bytes hs_tls_session_ticket(const hs_tls_session *session);

#endif
