/* What the files of QUIC's TLS (quic_gnutls*.c) share. What GnuTLS calls is named `on_…`; it has a
 * session of GnuTLS's, and finds ours by hs_quic_tls_of. */
#ifndef HS_NET_QUIC_GNUTLS_STATE_H
#define HS_NET_QUIC_GNUTLS_STATE_H

#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include "net/quic_gnutls.h"
#include "net/quic_replay.h"
#include "secrets/hkdf.h"

enum {
    HS_QUIC_TLS_NAME_MAX = 256,
    HS_QUIC_TLS_MESSAGE_HEADER = 4,
    HS_QUIC_TLS_IDENTITY_DIGEST = 32,
    HS_QUIC_TLS_LEVELS = NGTCP2_ENCRYPTION_LEVEL_0RTT + 1,
};

struct hs_quic_tls_context {
    bool is_server;
    bool has_certificate;
    bool no_tickets;
    bool no_early_data;
    gnutls_certificate_credentials_t credentials;
    gnutls_priority_t priority;
    gnutls_datum_t ticket_key;
    gnutls_anti_replay_t anti_replay;
    hs_quic_replay *replay;
    /* Server: of the ClientHello that is being read, the digest of its ticket, if it has one. */
    uint8_t identity[HS_QUIC_TLS_IDENTITY_DIGEST];
    size_t identity_len;
    bool may_take_early_data; /* by that ClientHello */
};

struct hs_quic_tls {
    ngtcp2_crypto_conn_ref conn_ref; /* what GnuTLS's session points to */
    hs_quic_tls_context *context;
    hs_quic_tls_events events;
    gnutls_session_t session;
    bool wants_protocol; /* ALPN was offered or is demanded */
    bool judged;
    bool has_ticket;
    uint32_t early_data_max;                  /* of the newest ticket */
    bool done;                                /* the TLS handshake */
    unsigned hello_count;                     /* server: of ClientHellos */
    bool early_data_offered;                  /* server: in one of them */
    hs_secret early_secret;                   /* server: until the Handshake keys are there */
    bool has_receive_key[HS_QUIC_TLS_LEVELS]; /* by ngtcp2's levels */
    bool has_send_key[HS_QUIC_TLS_LEVELS];
    int error; /* GnuTLS's last fatal one */
    /* The handshake messages that come after the handshake, by their framing. */
    uint8_t header[HS_QUIC_TLS_MESSAGE_HEADER];
    size_t header_len;
    size_t body_left;
    char alpn[HS_QUIC_TLS_NAME_MAX];
    char server_name[HS_QUIC_TLS_NAME_MAX];
};

/* quic_gnutls.c: of a session that hs_quic_tls_new has made. */
hs_quic_tls *hs_quic_tls_of(gnutls_session_t session);

/* quic_gnutls_credentials.c: this side's own certificate, and the verify function, by which the
 * peer's comes to `judge`. */
HS_CHECKED hs_result hs_quic_tls_use_credentials(hs_quic_tls_context *context, const char *cert,
                                                 const char *key, hs_problem *problem);
int hs_quic_tls_on_certificate(gnutls_session_t session);

/* quic_gnutls_secrets.c: the secret function, by which ngtcp2 gets its keys, and the keylog
 * function. */
int hs_quic_tls_on_secret(gnutls_session_t session, gnutls_record_encryption_level_t level,
                          const void *receive, const void *send, size_t len);
int hs_quic_tls_on_keylog(gnutls_session_t session, const char *label,
                          const gnutls_datum_t *secret);

/* quic_gnutls_messages.c: the hook of every handshake message, before and after it is read. */
int hs_quic_tls_on_message(gnutls_session_t session, unsigned type, unsigned when,
                           unsigned incoming, const gnutls_datum_t *message);

/* quic_gnutls_tickets.c. Server: a key for tickets that is derived from `secret`, and the memory of
 * those that have brought early data. */
HS_CHECKED hs_result hs_quic_tls_use_tickets(hs_quic_tls_context *context, hs_bytes secret);
/* Server: what the decision about early data needs of a ClientHello that is about to be read. */
void hs_quic_tls_note_hello(hs_quic_tls *tls, const gnutls_datum_t *message);
/* Client: a NewSessionTicket, at GNUTLS_HOOK_PRE and _POST. */
void hs_quic_tls_note_ticket(hs_quic_tls *tls, unsigned when, const gnutls_datum_t *message);

#endif
