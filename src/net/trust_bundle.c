/* PEM blocks (RFC 7468) are kept as DER and found by their subject (RFC 5280 4.1.2.6). */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "net/file.h"
#include "net/trust_bundle.h"

enum { ENTRIES_MAX = 65536 };

typedef struct entry {
    X509_NAME *subject;
    unsigned char *der;
    long len;
} entry;

struct hs_trust_bundle {
    X509_LOOKUP_METHOD *method;
    char *path;
    bool read;
    entry *entries;
    int count;
    int capacity;
};

/* Steps into, or over, the DER element at `*at`; false where it is not of this kind. */
static bool der_enter(const unsigned char **at, const unsigned char *end, int tag, int class,
                      bool over)
{
    long len = 0;
    int found_tag = 0;
    int found_class = 0;
    int flags = ASN1_get_object(at, &len, &found_tag, &found_class, end - *at);
    if ((flags & 0x80) || found_tag != tag || found_class != class) {
        return false;
    }
    if (over) {
        *at += len;
    }
    return true;
}

/* RFC 5280 4.1: Certificate { TBSCertificate { [0] version, serialNumber, signature, issuer,
 * validity, subject … */
static X509_NAME *subject_of(const unsigned char *der, long len)
{
    const unsigned char *at = der;
    const unsigned char *end = der + len;
    if (!der_enter(&at, end, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL, false) ||
        !der_enter(&at, end, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL, false)) {
        return NULL;
    }
    const unsigned char *versionless = at;
    if (!der_enter(&at, end, 0, V_ASN1_CONTEXT_SPECIFIC, true)) {
        at = versionless;
    }
    if (!der_enter(&at, end, V_ASN1_INTEGER, V_ASN1_UNIVERSAL, true) ||
        !der_enter(&at, end, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL, true) ||
        !der_enter(&at, end, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL, true) ||
        !der_enter(&at, end, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL, true)) {
        return NULL;
    }
    return d2i_X509_NAME(NULL, &at, end - at);
}

static bool is_certificate(const char *name)
{
    return strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0 ||
           strcmp(name, PEM_STRING_X509_TRUSTED) == 0;
}

/* Takes over `der` where it answers true. */
static bool add_entry(hs_trust_bundle *bundle, unsigned char *der, long len)
{
    if (bundle->count == bundle->capacity) {
        int larger = bundle->capacity ? bundle->capacity * 2 : 256;
        entry *entries = larger <= ENTRIES_MAX
                             ? realloc(bundle->entries, (size_t)larger * sizeof(entry))
                             : NULL;
        if (!entries) {
            return false;
        }
        bundle->entries = entries;
        bundle->capacity = larger;
    }
    X509_NAME *subject = subject_of(der, len);
    if (!subject) {
        return false;
    }
    bundle->entries[bundle->count++] = (entry){subject, der, len};
    return true;
}

static void read_bundle(hs_trust_bundle *bundle)
{
    hs_file file;
    bundle->read = true;
    if (hs_file_read(bundle->path, "", &file, NULL) != HS_OK) {
        return;
    }
    BIO *bio = BIO_new_mem_buf(file.data, (int)file.len);
    char *name = NULL;
    char *header = NULL;
    unsigned char *der = NULL;
    long len = 0;
    while (bio && PEM_read_bio(bio, &name, &header, &der, &len) == 1) {
        if (!is_certificate(name) || !add_entry(bundle, der, len)) {
            OPENSSL_free(der);
        }
        OPENSSL_free(name);
        OPENSSL_free(header);
    }
    BIO_free(bio);
    hs_file_free(&file);
}

/* A file may hold several certificates of one subject, so all of them go into the store, which
 * picks the one that fits. What is put into `ret` must be given up again:
 * X509_STORE_CTX_get_by_subject takes a reference of its own (manual of X509_LOOKUP_meth_new). */
static int by_subject(X509_LOOKUP *lookup, X509_LOOKUP_TYPE type, const X509_NAME *name,
                      X509_OBJECT *ret)
{
    hs_trust_bundle *bundle = X509_LOOKUP_get_method_data(lookup);
    int found = 0;
    if (type != X509_LU_X509) {
        return 0;
    }
    ERR_set_mark();
    if (!bundle->read) {
        read_bundle(bundle);
    }
    for (int i = 0; i < bundle->count; i++) {
        const entry *candidate = &bundle->entries[i];
        if (X509_NAME_cmp(candidate->subject, name) != 0) {
            continue;
        }
        const unsigned char *at = candidate->der;
        X509 *certificate = d2i_X509_AUX(NULL, &at, candidate->len);
        if (!certificate) {
            continue;
        }
        if (X509_STORE_add_cert(X509_LOOKUP_get_store(lookup), certificate) == 1 && !found) {
            found = X509_OBJECT_set1_X509(ret, certificate);
            X509_free(certificate);
        }
        X509_free(certificate);
    }
    ERR_pop_to_mark();
    return found;
}

hs_result hs_trust_bundle_new(X509_STORE *store, const char *path, hs_trust_bundle **out)
{
    *out = NULL;
    hs_trust_bundle *bundle = calloc(1, sizeof(*bundle));
    if (!bundle) {
        return HS_NO_MEMORY;
    }
    bundle->path = strdup(path);
    bundle->method = X509_LOOKUP_meth_new("bundle read on demand");
    X509_LOOKUP *lookup = NULL;
    if (bundle->path && bundle->method &&
        X509_LOOKUP_meth_set_get_by_subject(bundle->method, by_subject) == 1) {
        lookup = X509_STORE_add_lookup(store, bundle->method);
    }
    if (!lookup) {
        hs_trust_bundle_free(bundle);
        return HS_NO_MEMORY;
    }
    /* From here on the store refers to the method. */
    *out = bundle;
    return X509_LOOKUP_set_method_data(lookup, bundle) == 1 ? HS_OK : HS_NO_MEMORY;
}

void hs_trust_bundle_free(hs_trust_bundle *bundle)
{
    if (!bundle) {
        return;
    }
    for (int i = 0; i < bundle->count; i++) {
        X509_NAME_free(bundle->entries[i].subject);
        OPENSSL_free(bundle->entries[i].der);
    }
    free(bundle->entries);
    free(bundle->path);
    X509_LOOKUP_meth_free(bundle->method);
    free(bundle);
}

int hs_trust_bundle_size(const hs_trust_bundle *bundle)
{
    return bundle->read ? bundle->count : -1;
}
