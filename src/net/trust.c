/* The order of the search: what was given, the hashed folder, the bundle. */
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "net/file.h"
#include "net/trust.h"
#include "net/trust_bundle.h"

struct hs_trust {
    X509_STORE *store;
    hs_trust_bundle *bundle;
};

/* Adds every certificate of the file; what is not a certificate is passed over. */
static hs_result add_file(X509_STORE *store, const char *path, hs_problem *problem)
{
    hs_file file;
    hs_result result = hs_file_read(path, "cacert", &file, problem);
    if (result != HS_OK) {
        return result;
    }
    BIO *bio = BIO_new_mem_buf(file.data, (int)file.len);
    int count = 0;
    X509 *certificate = NULL;
    ERR_clear_error();
    while (bio && (certificate = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL))) {
        int added = X509_STORE_add_cert(store, certificate);
        X509_free(certificate);
        if (added != 1) {
            break;
        }
        count++;
    }
    unsigned long error = ERR_peek_last_error();
    if (!bio || certificate) {
        result = hs_problem_set(problem, HS_NO_MEMORY, "cacert: %s: out of memory", path);
    } else if (ERR_GET_LIB(error) != ERR_LIB_PEM || ERR_GET_REASON(error) != PEM_R_NO_START_LINE) {
        result = hs_problem_set(problem, HS_INVALID, "cacert: %s: certificate %d is malformed",
                                path, count + 1);
    } else if (count == 0) {
        result = hs_problem_set(problem, HS_INVALID,
                                "cacert: %s: there is no PEM certificate in it", path);
    }
    ERR_clear_error();
    BIO_free(bio);
    hs_file_free(&file);
    return result;
}

/* As OpenSSL itself does, the environment counts only where it may be trusted. */
static const char *setting(const char *variable, const char *otherwise)
{
    const char *value = secure_getenv(variable);
    return value && value[0] ? value : otherwise;
}

static hs_result add_system(hs_trust *trust)
{
    const char *folder = setting(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());
    const char *file = setting(X509_get_default_cert_file_env(), X509_get_default_cert_file());
    X509_LOOKUP *hashed = X509_STORE_add_lookup(trust->store, X509_LOOKUP_hash_dir());
    if (!hashed || X509_LOOKUP_add_dir(hashed, folder, X509_FILETYPE_PEM) != 1) {
        return HS_NO_MEMORY;
    }
    return hs_trust_bundle_new(trust->store, file, &trust->bundle);
}

hs_result hs_trust_new(const char *cacert, hs_trust **out, hs_problem *problem)
{
    *out = NULL;
    hs_result result = HS_NO_MEMORY;
    hs_trust *trust = calloc(1, sizeof(*trust));
    if (trust) {
        trust->store = X509_STORE_new();
    }
    /* What the user trusts is an end of the chain, also where it is no self-signed root. */
    if (trust && trust->store &&
        X509_STORE_set_flags(trust->store, X509_V_FLAG_PARTIAL_CHAIN) == 1) {
        result = add_system(trust);
    }
    if (result != HS_OK) {
        hs_problem_set(problem, result, "trust store: out of memory");
    } else if (cacert) {
        result = add_file(trust->store, cacert, problem);
    }
    if (result == HS_OK) {
        *out = trust;
    } else {
        hs_trust_free(trust);
    }
    return result;
}

void hs_trust_free(hs_trust *trust)
{
    if (trust) {
        /* The store's lookups refer to the bundle. */
        X509_STORE_free(trust->store);
        hs_trust_bundle_free(trust->bundle);
        free(trust);
    }
}

X509_STORE *hs_trust_store(const hs_trust *trust)
{
    return trust->store;
}

bool hs_trust_read_bundle(const hs_trust *trust)
{
    return hs_trust_bundle_size(trust->bundle) >= 0;
}
