/* The secrets that GnuTLS has come to (RFC 9001 5.1), on their way into ngtcp2 and into the key
 * log. */
#include <string.h>

#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include "base/reader.h"
#include "net/quic_gnutls_state.h"

enum { KEYLOG_LABEL_MAX = 64, KEYLOG_SECRET_MAX = 64, CLIENT_RANDOM = 32 };

static char *write_hex(char *out, const uint8_t *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        *out++ = digits[data[i] >> 4];
        *out++ = digits[data[i] & 15];
    }
    return out;
}

/* A line of the NSS key log format. */
int hs_quic_tls_on_keylog(gnutls_session_t session, const char *label, const gnutls_datum_t *secret)
{
    char line[KEYLOG_LABEL_MAX + 2 * (CLIENT_RANDOM + KEYLOG_SECRET_MAX) + 3];
    gnutls_datum_t client = {NULL, 0};
    gnutls_datum_t server = {NULL, 0};
    const hs_quic_tls *tls = hs_quic_tls_of(session);
    size_t label_len = strlen(label);
    gnutls_session_get_random(session, &client, &server);
    if (label_len > KEYLOG_LABEL_MAX || client.size != CLIENT_RANDOM ||
        secret->size > KEYLOG_SECRET_MAX) {
        return 0;
    }
    memcpy(line, label, label_len);
    char *at = line + label_len;
    *at++ = ' ';
    at = write_hex(at, client.data, client.size);
    *at++ = ' ';
    at = write_hex(at, secret->data, secret->size);
    *at = 0;
    tls->events.keylog(tls->events.context, line);
    gnutls_memset(line, 0, sizeof(line));
    return 0;
}

static bool install(hs_quic_tls *tls, ngtcp2_encryption_level level, const void *receive,
                    const void *send, size_t len)
{
    ngtcp2_conn *conn = tls->events.connection(tls->events.context);
    /* ngtcp2 aborts the process over keys that it has already. */
    if ((receive && tls->has_receive_key[level]) || (send && tls->has_send_key[level])) {
        return false;
    }
    if (receive &&
        ngtcp2_crypto_derive_and_install_rx_key(conn, NULL, NULL, NULL, level, receive, len) != 0) {
        return false;
    }
    tls->has_receive_key[level] = tls->has_receive_key[level] || receive;
    if (send &&
        ngtcp2_crypto_derive_and_install_tx_key(conn, NULL, NULL, NULL, level, send, len) != 0) {
        return false;
    }
    tls->has_send_key[level] = tls->has_send_key[level] || send;
    return true;
}

/* Early data ends with HelloRetryRequest (RFC 8446 4.1.2). A server knows whether it sends one when
 * the Handshake keys come, or do not; ngtcp2, which aborts the process over 0-RTT packets before
 * them, gets those of early data then. A client's second ClientHello has no use of them. */
static int on_early_secret(hs_quic_tls *tls, const void *receive, const void *send, size_t len)
{
    if (!tls->context->is_server) {
        bool again = tls->has_send_key[NGTCP2_ENCRYPTION_LEVEL_0RTT];
        return again || install(tls, NGTCP2_ENCRYPTION_LEVEL_0RTT, NULL, send, len)
                   ? 0
                   : GNUTLS_E_INTERNAL_ERROR;
    }
    bool is_first = tls->hello_count == 1;
    return !is_first || hs_secret_set(&tls->early_secret, hs_bytes_of(receive, len)) == HS_OK
               ? 0
               : GNUTLS_E_INTERNAL_ERROR;
}

int hs_quic_tls_on_secret(gnutls_session_t session, gnutls_record_encryption_level_t level,
                          const void *receive, const void *send, size_t len)
{
    hs_quic_tls *tls = hs_quic_tls_of(session);
    ngtcp2_encryption_level at = ngtcp2_crypto_gnutls_from_gnutls_record_encryption_level(level);
    if (at == NGTCP2_ENCRYPTION_LEVEL_0RTT) {
        return on_early_secret(tls, receive, send, len);
    }
    if (!install(tls, at, receive, send, len)) {
        return GNUTLS_E_INTERNAL_ERROR;
    }
    bool waits = at == NGTCP2_ENCRYPTION_LEVEL_HANDSHAKE && tls->early_secret.len > 0;
    if (waits && tls->has_send_key[at]) {
        bool done = install(tls, NGTCP2_ENCRYPTION_LEVEL_0RTT, tls->early_secret.data, NULL,
                            tls->early_secret.len);
        hs_secret_wipe(&tls->early_secret);
        return done ? 0 : GNUTLS_E_INTERNAL_ERROR;
    }
    return 0;
}
