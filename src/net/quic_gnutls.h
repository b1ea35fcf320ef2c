/* TLS 1.3 for QUIC (RFC 9001 4) by GnuTLS: all that the rest of the program knows of that library.
 *
 * Handshake bytes go in and out through ngtcp2's connection; what is noticed on the way comes by
 * call-back. */
#ifndef HS_NET_QUIC_GNUTLS_H
#define HS_NET_QUIC_GNUTLS_H

#include <stdbool.h>

#include <ngtcp2/ngtcp2.h>

#include <handshake/api.h>
#include <handshake/probe.h>

#include "base/buffer.h"

/* Credentials, priorities, ticket key, anti-replay. */
typedef struct hs_quic_tls_context hs_quic_tls_context;

typedef struct hs_quic_tls_server {
    const char *cert;
    const char *key;
    hs_bytes ticket_secret; /* ticket keys are derived from it */
    bool no_tickets;
    bool no_early_data;
} hs_quic_tls_server;

HS_CHECKED hs_result hs_quic_tls_context_new_client(const hs_probe_options *options,
                                                    hs_quic_tls_context **out, hs_problem *problem);
HS_CHECKED hs_result hs_quic_tls_context_new_server(const hs_quic_tls_server *server,
                                                    hs_quic_tls_context **out, hs_problem *problem);
void hs_quic_tls_context_free(hs_quic_tls_context *context);
bool hs_quic_tls_has_certificate(const hs_quic_tls_context *context);

typedef struct hs_quic_tls_events {
    void *context;
    ngtcp2_conn *(*connection)(void *context);
    void (*keylog)(void *context, const char *line);
    /* Client: the server's chain, DER, leaf first; false ends the handshake. */
    bool (*judge)(void *context, const hs_bytes *certificates, size_t count, hs_bytes staple);
    /* Client: a session ticket came; hs_quic_tls_ticket has it. */
    void (*ticket)(void *context);
} hs_quic_tls_events;

typedef struct hs_quic_tls hs_quic_tls;

/* `alpn` as on the wire: length, name, …; a server's in order of preference. `server_name` (client;
 * may be NULL): SNI. `early_data` (client): offer it, where the session that is resumed allows it.
 */
HS_CHECKED hs_result hs_quic_tls_new(hs_quic_tls_context *context, hs_bytes alpn,
                                     const char *server_name, bool early_data,
                                     const hs_quic_tls_events *events, hs_quic_tls **out);
void hs_quic_tls_free(hs_quic_tls *tls);
/* For ngtcp2_conn_set_tls_native_handle. */
void *hs_quic_tls_native(hs_quic_tls *tls);
/* ngtcp2's recv_crypto_data. */
int hs_quic_tls_receive(hs_quic_tls *tls, ngtcp2_encryption_level level, hs_bytes bytes);

/* Whether the TLS handshake is done. */
bool hs_quic_tls_is_done(const hs_quic_tls *tls);

/* Client, before the start. HS_MALFORMED: no session. */
HS_CHECKED hs_result hs_quic_tls_resume(hs_quic_tls *tls, hs_bytes session);
/* Client: appends the session to resume, once a ticket came; the ticket's limit of early data, 0
 * where it allows none. */
HS_CHECKED hs_result hs_quic_tls_ticket(hs_quic_tls *tls, hs_buffer *session,
                                        uint32_t *early_data_max);
/* Server, when the handshake is done. */
HS_CHECKED hs_result hs_quic_tls_send_ticket(hs_quic_tls *tls);
/* Client: judges the chain of a resumed session too, by `judge`, unless that was called. */
bool hs_quic_tls_judge_resumed(hs_quic_tls *tls);

/* NULL where not known. Texts are static, or live as long as the session. */
const char *hs_quic_tls_cipher(const hs_quic_tls *tls);
const char *hs_quic_tls_group(const hs_quic_tls *tls);
const char *hs_quic_tls_alpn(const hs_quic_tls *tls);
const char *hs_quic_tls_server_name(const hs_quic_tls *tls);
bool hs_quic_tls_resumed(const hs_quic_tls *tls);
/* Server: the ClientHello, or the first of two, had early_data. */
bool hs_quic_tls_early_data_offered(const hs_quic_tls *tls);
bool hs_quic_tls_early_data_accepted(const hs_quic_tls *tls);
bool hs_quic_tls_certificate_requested(const hs_quic_tls *tls);
/* What the library says of its last failure; NULL where there was none. */
const char *hs_quic_tls_error_text(const hs_quic_tls *tls);
/* It was the library's own, and not of what the peer sent. */
bool hs_quic_tls_error_is_ours(const hs_quic_tls *tls);

HS_CHECKED hs_result hs_quic_random(void *out, size_t len);

#endif
