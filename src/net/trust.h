/* Which roots a client trusts: the system's, on demand, and those of a file given by the user.
 *
 * Roots are looked for by their subject's hash in $SSL_CERT_DIR or OpenSSL's default folder; what
 * is not there is looked for in the bundle ($SSL_CERT_FILE or OpenSSL's default file), which is
 * read at most once and only then.
 */
#ifndef HS_NET_TRUST_H
#define HS_NET_TRUST_H

#include <stdbool.h>

#include <openssl/x509_vfy.h>

#include <handshake/api.h>
#include <handshake/probe.h>

typedef struct hs_trust hs_trust;

/* `cacert` (may be NULL) is a PEM file whose certificates are trusted too, be they roots,
 * intermediates or a server's own. HS_INVALID, HS_SYSTEM and HS_NO_MEMORY come with `problem`
 * filled. */
HS_CHECKED hs_result hs_trust_new(const char *cacert, hs_trust **out, hs_problem *problem);
/* Every other reference to its store must be gone. */
void hs_trust_free(hs_trust *trust);

/* Borrowed. */
X509_STORE *hs_trust_store(const hs_trust *trust);
/* Whether the bundle had to be read. */
bool hs_trust_read_bundle(const hs_trust *trust);

#endif
