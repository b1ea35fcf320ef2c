/* OpenSSL's names of TLS 1.3 cipher suites and groups, as the options spell them, made a GnuTLS
 * priority string; and back, for what was negotiated. */
#ifndef HS_NET_QUIC_PRIORITY_H
#define HS_NET_QUIC_PRIORITY_H

#include <handshake/api.h>
#include <handshake/probe.h>

enum { HS_QUIC_PRIORITY_MAX = 2048 };

/* `ciphers` and `groups` may be NULL: the defaults. HS_INVALID with `problem` names what QUIC does
 * not have (RFC 9001 5.3: a suite without header protection, or of an older TLS), or is not known.
 */
HS_CHECKED hs_result hs_quic_priority(const char *ciphers, const char *groups,
                                      char out[HS_QUIC_PRIORITY_MAX], hs_problem *problem);
/* OpenSSL's name of GnuTLS's group ("X25519"): "x25519"; NULL where it is not known. */
const char *hs_quic_group_name(const char *gnutls_name);

#endif
