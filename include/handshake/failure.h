/* The failure registry: one row for each way in which a handshake can go wrong.
 *
 * Class names are those of W3C Network Error Logging (section "Predefined Network Error Types"),
 * extended by its dotted rule. The same name stands in text, JSON, metrics and exit code.
 * To add a failure, add one row.
 */
#ifndef HANDSHAKE_FAILURE_H
#define HANDSHAKE_FAILURE_H

#include <stdbool.h>

#include <handshake/api.h>
#include <handshake/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* X(symbol, class name, exit status, meaning, advice) */
#define HS_FAILURE_MAP(X)                                                                          \
    X(DNS_NAME_NOT_RESOLVED, "dns.name_not_resolved", 6, "the name has no address",                \
      "check the spelling, the search domain, and that a record of the wanted family exists")      \
    X(DNS_FAILED, "dns.failed", 6, "the name server answered with an error",                       \
      "ask another resolver for the same name; SERVFAIL often means broken DNSSEC or delegation")  \
    X(DNS_TIMED_OUT, "dns.timed_out", 28, "no name server answered in time",                       \
      "check /etc/resolv.conf and whether UDP and TCP port 53 are reachable")                      \
    X(TCP_REFUSED, "tcp.refused", 7, "the host answered the SYN with a reset: nothing listens",    \
      "check that the service runs and listens on this address and port")                          \
    X(TCP_TIMED_OUT, "tcp.timed_out", 28, "no answer to the SYN in time",                          \
      "a firewall that drops, a wrong route or a full accept queue; try from the server's "        \
      "network")                                                                                   \
    X(TCP_RESET, "tcp.reset", 7, "the connection was reset before it was usable",                  \
      "look for a firewall, a load balancer without backends, or a crashing server")               \
    X(TCP_CLOSED, "tcp.closed", 52, "the peer closed the connection without an answer",            \
      "the service may refuse this client; look in its log")                                       \
    X(TCP_ADDRESS_UNREACHABLE, "tcp.address_unreachable", 7, "no route to the address",            \
      "check the route, the address family (-4, -6) and the VPN")                                  \
    X(TCP_FAILED, "tcp.failed", 7, "the connection could not be made",                             \
      "the system's error names the cause")                                                        \
    X(TLS_TIMED_OUT, "tls.timed_out", 28, "the TLS handshake did not finish in time",              \
      "the server accepted the connection and went silent; is it overloaded, or not TLS at all?")  \
    X(TLS_CLOSED, "tls.closed", 35, "the peer closed the connection within the TLS handshake",     \
      "servers do so for an unknown name, a missing certificate or a policy; look in its log")     \
    X(TLS_RESET, "tls.reset", 56, "the connection was reset within the TLS handshake",             \
      "a middlebox that filters by name, or a crashing server; compare with another network")      \
    X(TLS_VERSION_MISMATCH, "tls.version_mismatch", 35, "no TLS version in common",                \
      "allow a version that both sides support (--tlsv1.2, --tls-max), or upgrade the older side") \
    X(TLS_CIPHER_MISMATCH, "tls.cipher_mismatch", 35,                                              \
      "no cipher suite, group or signature algorithm in common",                                   \
      "compare --ciphers and --groups with the server's; an ECDSA-only or RSA-only key matters")   \
    X(TLS_ALPN_MISMATCH, "tls.alpn_mismatch", 35, "no application protocol in common",             \
      "offer a protocol that the server knows (--alpn), or let it be configured there")            \
    X(TLS_UNRECOGNIZED_NAME, "tls.unrecognized_name", 35, "the server does not know this name",    \
      "check --servername and the server's virtual hosts")                                         \
    X(TLS_NOT_TLS, "tls.not_tls", 35, "the peer does not speak TLS on this port",                  \
      "the port speaks another protocol; use its scheme, or the port that has TLS")                \
    X(TLS_BAD_CLIENT_AUTH_CERT, "tls.bad_client_auth_cert", 35,                                    \
      "the server wants a client certificate and did not accept what it got",                      \
      "give --cert and --key from a CA that the server trusts")                                    \
    X(TLS_ALERT, "tls.alert", 35, "the peer ended the TLS handshake with an alert",                \
      "the alert names the cause; the server's log says more")                                     \
    X(TLS_PROTOCOL_ERROR, "tls.protocol.error", 35, "the TLS messages do not follow the protocol", \
      "a broken implementation or a middlebox; -vv shows the bytes")                               \
    X(TLS_CERT_NAME_INVALID, "tls.cert.name_invalid", 60, "the certificate is for another name",   \
      "use a name from the certificate, or issue one that has this name")                          \
    X(TLS_CERT_DATE_INVALID, "tls.cert.date_invalid", 60,                                          \
      "the certificate is expired or not yet valid",                                               \
      "renew the certificate; check the clocks of both sides")                                     \
    X(TLS_CERT_AUTHORITY_INVALID, "tls.cert.authority_invalid", 60,                                \
      "the certificate's issuer is not trusted",                                                   \
      "add the CA with --cacert, or let the server send its intermediate certificates")            \
    X(TLS_CERT_SELF_SIGNED, "tls.cert.self_signed", 60, "the certificate is self-signed",          \
      "give it with --cacert if you trust it, or use a certificate from a CA")                     \
    X(TLS_CERT_REVOKED, "tls.cert.revoked", 91, "the certificate is revoked",                      \
      "replace the certificate and its key")                                                       \
    X(TLS_CERT_WEAK, "tls.cert.weak", 60, "the certificate's key or signature is too weak",        \
      "issue one with RSA 2048 bits or P-256 and SHA-256, or better")                              \
    X(TLS_CERT_INVALID, "tls.cert.invalid", 60, "the certificate chain is not valid",              \
      "the verify result names the cause")                                                         \
    X(TLS_CERT_PINNED_KEY, "tls.cert.pinned_key_not_in_cert_chain", 90,                            \
      "the server's public key matches none of the pins",                                          \
      "if the key was rotated as planned, update the pins; if not, do not connect")                \
    X(HTTP_RESPONSE_INVALID, "http.response.invalid", 8, "the answer is not an HTTP response",     \
      "the port speaks another protocol; TLS may be needed (https, wss)")                          \
    X(HTTP_TIMED_OUT, "http.timed_out", 28, "no response to the HTTP request in time",             \
      "the connection is up and the application is silent; look at the server behind it")          \
    X(HTTP_RESET, "http.reset", 56, "the connection was reset before the HTTP response",           \
      "look in the server's log for this request")                                                 \
    X(HTTP_CLOSED, "http.closed", 52, "the connection was closed before the HTTP response",        \
      "look in the server's log for this request")                                                 \
    X(WEBSOCKET_STATUS, "websocket.status", 22, "the server refused the WebSocket upgrade",        \
      "the HTTP status names the cause: path, authorization, origin or a redirect")                \
    X(WEBSOCKET_BAD_ACCEPT, "websocket.bad_accept", 22,                                            \
      "the Sec-WebSocket-Accept value does not answer the key that was sent",                      \
      "a cache or a proxy replayed an old answer, or the server computes it wrongly")              \
    X(WEBSOCKET_BAD_UPGRADE, "websocket.bad_upgrade", 22,                                          \
      "the server does not switch to WebSocket: its 101 lacks a proper Upgrade or Connection "     \
      "header or names an extension that was not offered, or its HTTP/2 SETTINGS lack "            \
      "ENABLE_CONNECT_PROTOCOL",                                                                   \
      "a proxy on the way does not pass it on, or the server has no WebSocket over HTTP/2: "       \
      "configure it, or try --http1.1")                                                            \
    X(WEBSOCKET_SUBPROTOCOL_MISMATCH, "websocket.subprotocol_mismatch", 22,                        \
      "the server chose a subprotocol that was not offered",                                       \
      "compare the offered list with the server's")                                                \
    X(WEBSOCKET_TIMED_OUT, "websocket.timed_out", 28,                                              \
      "no answer to the WebSocket upgrade in time",                                                \
      "the server accepted the connection and did not answer the upgrade")                         \
    X(WEBSOCKET_CLOSED, "websocket.closed", 52,                                                    \
      "the connection was closed within the WebSocket upgrade",                                    \
      "look in the server's log for the upgrade request")                                          \
    X(WEBSOCKET_RESET, "websocket.reset", 56,                                                      \
      "the connection was reset within the WebSocket upgrade",                                     \
      "look in the server's log for the upgrade request")                                          \
    X(WEBSOCKET_PROTOCOL_ERROR, "websocket.protocol.error", 8,                                     \
      "the WebSocket frames do not follow the protocol", "-vv shows the bytes")                    \
    X(HTTP2_PROTOCOL_ERROR, "http2.protocol.error", 16, "the HTTP/2 peer broke the protocol",      \
      "-vv shows the frames; try --http1.1")                                                       \
    X(HTTP2_TIMED_OUT, "http2.timed_out", 28, "no HTTP/2 SETTINGS or response in time",            \
      "the server chose h2 and went silent; try --http1.1")                                        \
    X(HTTP2_GOAWAY, "http2.goaway", 56, "the server ended the HTTP/2 connection with GOAWAY",      \
      "the error code names the cause; NO_ERROR means that it is shutting down")                   \
    X(HTTP2_CLOSED, "http2.closed", 52, "the HTTP/2 connection was closed without a response",     \
      "look in the server's log for this request")                                                 \
    X(HTTP2_RESET, "http2.reset", 56, "the connection was reset within the HTTP/2 exchange",       \
      "look in the server's log for this request")                                                 \
    X(QUIC_TIMED_OUT, "quic.timed_out", 28,                                                        \
      "no answer to QUIC's datagrams, or the handshake did not end, in time",                      \
      "compare with the TCP side: where that answers, UDP is dropped on the way or at the host")   \
    X(QUIC_REFUSED, "quic.refused", 96,                                                            \
      "the host answered the datagram with ICMP: nothing listens",                                 \
      "check that the service runs with QUIC and listens on this UDP port")                        \
    X(QUIC_UNREACHABLE, "quic.unreachable", 96,                                                    \
      "no route for the datagram, or it may not be sent",                                          \
      "check the route, the address family (-4, -6), the firewall and the VPN")                    \
    X(QUIC_VERSION_MISMATCH, "quic.version_mismatch", 96, "no QUIC version in common",             \
      "allow a version that both sides support")                                                   \
    X(QUIC_RETRY_LOOP, "quic.retry_loop", 96, "the server answered Retry after Retry",             \
      "its check of tokens fails: the key differs between its hosts, or the path changes "         \
      "addresses")                                                                                 \
    X(QUIC_INVALID_TOKEN, "quic.invalid_token", 96,                                                \
      "the server did not accept the token of its Retry",                                          \
      "the key of its tokens differs between its hosts, or the path changes addresses")            \
    X(QUIC_STATELESS_RESET, "quic.stateless_reset", 96,                                            \
      "the peer lost the connection's state and reset it",                                         \
      "the server restarted, or another host behind the address got the datagrams")                \
    X(QUIC_CLOSED, "quic.closed", 96, "the peer closed the QUIC connection",                       \
      "the error code and the reason name the cause; the server's log says more")                  \
    X(QUIC_PROTOCOL_ERROR, "quic.protocol.error", 96,                                              \
      "the QUIC packets or frames do not follow the protocol",                                     \
      "-vv shows the bytes; try over TCP")                                                         \
    X(HTTP3_PROTOCOL_ERROR, "http3.protocol.error", 95, "the HTTP/3 peer broke the protocol",      \
      "-vv shows the frames; try --http2")                                                         \
    X(HTTP3_TIMED_OUT, "http3.timed_out", 28, "no HTTP/3 SETTINGS or response in time",            \
      "the server chose h3 and went silent; try --http2")                                          \
    X(HTTP3_GOAWAY, "http3.goaway", 56, "the server ended the HTTP/3 connection with GOAWAY",      \
      "it is shutting down; try again, or another of its hosts")                                   \
    X(HTTP3_CLOSED, "http3.closed", 52, "the HTTP/3 connection was closed without a response",     \
      "look in the server's log for this request")                                                 \
    X(ABANDONED, "abandoned", 28, "the overall deadline ended the attempt",                        \
      "raise --timeout, or look at the phase that was under way")                                  \
    X(LOCAL, "local", 2, "this machine could not carry out the probe",                             \
      "the message names the cause")

typedef enum hs_failure_class {
    HS_FAILURE_NONE,
#define HS_X(symbol, name, exit_status, meaning, advice) HS_FAILURE_##symbol,
    HS_FAILURE_MAP(HS_X)
#undef HS_X
        HS_FAILURE_COUNT
} hs_failure_class;

typedef struct hs_failure_descriptor {
    const char *name; /* "tcp.refused" */
    int exit_status;  /* the process's exit status, after curl's */
    const char *meaning;
    const char *advice;
} hs_failure_descriptor;

/* The registry's row for `cls`; NULL for HS_FAILURE_NONE and for values out of range. */
HS_API const hs_failure_descriptor *hs_failure_describe(hs_failure_class cls);

/* The class with this dotted name, or HS_FAILURE_NONE. */
HS_API hs_failure_class hs_failure_find(const char *name);

#ifdef __cplusplus
}
#endif
#endif
