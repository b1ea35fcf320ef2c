/* From what OpenSSL reports to the failure registry: verify results, alerts and reason numbers, one
 * const table each. Numbers are matched, never strings: those change between versions. */
#ifndef HS_NET_TLS_FAILURE_H
#define HS_NET_TLS_FAILURE_H

#include <openssl/ssl.h>

#include "net/pins.h"
#include "net/tls_peer.h"
#include "net/tls_session.h"

/* The class of an X509_V_ERR_…; HS_FAILURE_NONE for X509_V_OK. */
hs_failure_class hs_tls_verify_class(int verify);
/* The class, for a client, of an alert that the server sent; `certificate_requested`: after it had
 * asked for a client certificate. */
hs_failure_class hs_tls_alert_class(int alert, bool certificate_requested);
/* The class of a reason of OpenSSL's SSL library, found on our own side. */
hs_failure_class hs_tls_reason_class(int reason);
/* What that reason means, in our words; NULL where OpenSSL's have to do. */
const char *hs_tls_reason_what(int reason);
/* Whether these may be the first bytes of a TLS peer (records of RFC 8446 5.1; SSLv2's hello). */
bool hs_tls_looks_like_tls(hs_bytes first);

/* From OpenSSL's error queue, which is emptied. */
void hs_tls_failure_of_errors(const hs_tls_session *session, hs_tls_failure *out);
/* The transport, or the peer by close_notify, ended within the handshake. */
void hs_tls_failure_of_end(const hs_tls_session *session, bool reset, bool close_notify,
                           hs_tls_failure *out);
/* The chain was not verified, as the session has noted. */
void hs_tls_failure_of_verify(const hs_tls_session *session, hs_tls_failure *out);
/* `leaf` may be NULL. */
void hs_tls_failure_of_pins(const hs_tls_session *session, const X509 *leaf, hs_tls_failure *out);
/* Both of a peer alone, into a failure that the caller has begun. */
void hs_tls_peer_failure(const hs_tls_peer *peer, hs_tls_failure *out);
void hs_tls_pins_failure(const hs_pins *pins, const X509 *leaf, hs_tls_failure *out);

/* Parts of a message (tls_failure_hint.c), over TCP and over QUIC. */
const char *hs_tls_alert_text(int alert);
/* "h2,http/1.1": the names in a ProtocolNameList (RFC 7301 3.1), which is whole; "" for none. */
void hs_tls_protocols_text(hs_bytes list, char *out, size_t size);
/* What an alert of this class means to the client that the server sent it to, to stand behind its
 * name; "" where that says all. */
void hs_tls_alert_hint(hs_failure_class cls, const hs_tls_peer *peer, bool has_certificate,
                       char *out, size_t size);

#endif
