/* New certificates (RFC 5280): a CA that can vouch for this host's own names only, and its leaf.
 *
 * Names are DNS names or IP addresses as text, already checked by the caller.
 */
#ifndef HS_SERVE_MINT_H
#define HS_SERVE_MINT_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

#include <handshake/api.h>

enum { HS_MINT_CA_DAYS = 3650, HS_MINT_LEAF_DAYS = 89 };

typedef struct hs_minted {
    X509 *certificate;
    EVP_PKEY *key;
} hs_minted;

void hs_minted_free(hs_minted *minted);

/* EC P-256. Name constraints (RFC 5280 4.2.1.10) permit localhost, loopback, private and link-local
 * addresses, and `names`. `now`: seconds since the epoch. HS_CRYPTO on failure. */
HS_CHECKED hs_result hs_mint_ca(const char *const *names, size_t name_count, int64_t now,
                                hs_minted *out);
/* A TLS server's certificate for `names`, signed by `ca`. */
HS_CHECKED hs_result hs_mint_leaf(const hs_minted *ca, const char *const *names, size_t name_count,
                                  int64_t now, hs_minted *out);

#endif
