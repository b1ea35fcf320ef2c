/* A bundle of roots in one PEM file, as an X509_LOOKUP that costs nothing until it is asked.
 *
 * On the first question the file is read and split; a certificate is decoded only when its subject
 * is the one asked for, since OpenSSL 3.0 takes 0.2 ms to decode each public key.
 */
#ifndef HS_NET_TRUST_BUNDLE_H
#define HS_NET_TRUST_BUNDLE_H

#include <openssl/x509_vfy.h>

#include <handshake/api.h>

typedef struct hs_trust_bundle hs_trust_bundle;

/* Adds the lookup to `store`, behind those that it has. `path` is copied; a file that is not there
 * has no certificates. `*out`, where it is not NULL, must outlive the store. */
HS_CHECKED hs_result hs_trust_bundle_new(X509_STORE *store, const char *path,
                                         hs_trust_bundle **out);
void hs_trust_bundle_free(hs_trust_bundle *bundle);

/* Certificates found in the file; -1 while it has not been read. */
int hs_trust_bundle_size(const hs_trust_bundle *bundle);

#endif
