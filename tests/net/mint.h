/* Certificates for tests, of any kind that a server should not have too. */
#ifndef HS_TESTS_NET_MINT_H
#define HS_TESTS_NET_MINT_H

#include <stdbool.h>

#include <openssl/x509.h>

typedef struct mint {
    X509 *certificate;
    EVP_PKEY *key;
} mint;

typedef struct mint_request {
    const char *name; /* common name */
    const char
        *names; /* subjectAltName as openssl.cnf has it: "DNS:a.example,IP:127.0.0.1"; or NULL */
    const mint *issuer; /* NULL: self-signed */
    bool is_ca;
    unsigned rsa_bits; /* 0: P-256 */
    bool sha1;
    long starts_in; /* seconds from now; both 0: from an hour ago to tomorrow */
    long ends_in;
} mint_request;

mint mint_certificate(const mint_request *request);
void mint_free(mint *minted);

/* A leaf for "host.example", "*.wild.example" and 127.0.0.1. */
mint mint_leaf(const mint *issuer);
mint mint_ca(const char *name);

/* Writes PEM into a new file under `folder`; the name is malloc'ed. `key` may be NULL; `chain` (may
 * be NULL) follows the certificate. */
char *mint_write(const char *folder, const char *name, const X509 *certificate, const X509 *chain,
                 const EVP_PKEY *key);
/* Writes text. */
char *mint_write_text(const char *folder, const char *name, const char *text);
/* A new folder under /tmp; malloc'ed. */
char *mint_folder(void);
/* Removes the folder and the files in it. */
void mint_remove_folder(char *folder);

#endif
