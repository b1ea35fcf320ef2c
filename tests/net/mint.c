#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "mint.h"

/* A test that cannot mint cannot go on. */
static void must(bool done, const char *what)
{
    if (!done) {
        fprintf(stderr, "mint: %s failed\n", what);
        abort();
    }
}

static void add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    must(extension && X509_add_ext(certificate, extension, -1) == 1, value);
    X509_EXTENSION_free(extension);
}

mint mint_certificate(const mint_request *request)
{
    static long serial = 1000;
    bool default_dates = request->starts_in == 0 && request->ends_in == 0;
    mint minted = {X509_new(), NULL};
    minted.key = request->rsa_bits ? EVP_RSA_gen(request->rsa_bits) : EVP_EC_gen("P-256");
    const mint *issuer = request->issuer ? request->issuer : &minted;
    must(minted.certificate && minted.key, "key");
    X509 *x = minted.certificate;
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
    X509_gmtime_adj(X509_getm_notBefore(x), default_dates ? -3600 : request->starts_in);
    X509_gmtime_adj(X509_getm_notAfter(x), default_dates ? 86400 : request->ends_in);
    X509_NAME *subject = X509_get_subject_name(x);
    must(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                    (const unsigned char *)request->name, -1, -1, 0) == 1,
         "name");
    must(X509_set_issuer_name(x, X509_get_subject_name(issuer->certificate)) == 1 &&
             X509_set_pubkey(x, minted.key) == 1,
         "issuer");
    add_extension(x, issuer->certificate, NID_basic_constraints,
                  request->is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    add_extension(x, issuer->certificate, NID_subject_key_identifier, "hash");
    add_extension(x, issuer->certificate, NID_authority_key_identifier, "keyid:always");
    if (request->names) {
        add_extension(x, issuer->certificate, NID_subject_alt_name, request->names);
    }
    must(X509_sign(x, issuer->key, request->sha1 ? EVP_sha1() : EVP_sha256()) > 0, "signature");
    return minted;
}

void mint_free(mint *minted)
{
    X509_free(minted->certificate);
    EVP_PKEY_free(minted->key);
    *minted = (mint){NULL, NULL};
}

mint mint_leaf(const mint *issuer)
{
    mint_request request = {.name = "host.example",
                            .names = "DNS:host.example,DNS:*.wild.example,IP:127.0.0.1",
                            .issuer = issuer};
    return mint_certificate(&request);
}

mint mint_ca(const char *name)
{
    mint_request request = {.name = name, .is_ca = true};
    return mint_certificate(&request);
}

static FILE *create(const char *folder, const char *name, char **path)
{
    must(asprintf(path, "%s/%s", folder, name) > 0, "path");
    FILE *file = fopen(*path, "w");
    must(file != NULL, *path);
    return file;
}

char *mint_write(const char *folder, const char *name, const X509 *certificate, const X509 *chain,
                 const EVP_PKEY *key)
{
    char *path = NULL;
    FILE *file = create(folder, name, &path);
    must(!certificate || PEM_write_X509(file, certificate) == 1, "certificate");
    must(!chain || PEM_write_X509(file, chain) == 1, "chain");
    must(!key || PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1, "key");
    fclose(file);
    return path;
}

char *mint_write_text(const char *folder, const char *name, const char *text)
{
    char *path = NULL;
    FILE *file = create(folder, name, &path);
    must(fputs(text, file) >= 0, "text");
    fclose(file);
    return path;
}

char *mint_folder(void)
{
    char *folder = strdup("/tmp/handshake-test-XXXXXX");
    must(folder && mkdtemp(folder), "folder");
    return folder;
}

void mint_remove_folder(char *folder)
{
    DIR *listing = opendir(folder);
    for (struct dirent *entry = listing ? readdir(listing) : NULL; entry;
         entry = readdir(listing)) {
        char *path = NULL;
        must(asprintf(&path, "%s/%s", folder, entry->d_name) > 0, "path");
        if (entry->d_name[0] != '.') {
            unlink(path);
        }
        free(path);
    }
    if (listing) {
        closedir(listing);
    }
    rmdir(folder);
    free(folder);
}
