/* What the files of the TLS engine share: the context and the session behind their handles. */
#ifndef HS_NET_TLS_STATE_H
#define HS_NET_TLS_STATE_H

#include <openssl/provider.h>
#include <openssl/ssl.h>

#include "base/buffer.h"
#include "net/pins.h"
#include "net/tls_peer.h"
#include "net/tls_session.h"
#include "net/trust.h"

enum {
    HS_TLS_EARLY_MAX = 1 << 20, /* early data held for the ClientHello */
    HS_TLS_TICKET_MAX = 256 << 10,
    HS_TLS_FIRST_BYTES = 48,
    HS_TLS_ALPN_MAX = 256,
    HS_TLS_EARLY_ACCEPTED_MAX = 16384, /* a server's limit */
};

struct hs_tls_context {
    SSL_CTX *ctx;
    OSSL_PROVIDER *hello_retry; /* NULL: none is forced */
    hs_trust *trust;            /* clients only */
    hs_pins *pins;              /* NULL: none */
    bool is_server;
    bool insecure;
    bool has_certificate;
    int auth_level; /* of certificates, where it differs from that of TLS; -1 */
};

typedef enum hs_tls_stage {
    HS_TLS_IDLE,
    HS_TLS_EARLY,     /* a server that reads early data, if there is any */
    HS_TLS_HANDSHAKE, /* until Finished */
    HS_TLS_OPEN,
    HS_TLS_FAILED,
} hs_tls_stage;

struct hs_tls_session {
    hs_tls_context *context;
    hs_tls_session_events events;
    SSL *ssl;
    BIO *in;  /* owned by `ssl` */
    BIO *out; /* owned by `ssl` */
    hs_tls_stage stage;
    unsigned depth; /* of public calls under way; output waits for the outermost */
    bool in_output;
    bool established;
    bool peer_closed; /* close_notify was received */

    hs_tls_peer peer;
    uint8_t alpn[HS_TLS_ALPN_MAX]; /* as on the wire: length, name, … */
    size_t alpn_len;
    char alpn_chosen[HS_TLS_ALPN_MAX];

    uint8_t first[HS_TLS_FIRST_BYTES]; /* the first bytes from the peer */
    uint64_t received;

    bool client_certificate_requested;
    int alert; /* first fatal one; -1 */
    bool alert_received;

    uint32_t early_max; /* of the offered ticket */
    hs_buffer early;
    uint8_t *ticket;
    size_t ticket_len;
};

/* The session of an SSL of ours. */
hs_tls_session *hs_tls_session_of(const SSL *ssl);

/* A server that has accepted early data may answer it before the handshake is done. */
bool hs_tls_session_accepted_early(const hs_tls_session *session);

#endif
