/* The certificates of the catalogue (RFC 5280): minted on the spot, one for each way to be wrong,
 * and a revocation (RFC 6960) of the one that is right. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "lab/failures/case.h"
#include "lab/namespaces.h"
#include "net/file.h"
#include "serve/mint.h"

enum { DAY = 86400, WEAK_BITS = 1024, OWNER_ONLY = 0600 };

/* Of a network that no CA of the lab may vouch for (RFC 5737). */
#define FOREIGN_ADDRESS "203.0.113.7"

typedef struct minting {
    const char *folder;
    int64_t now;
    hs_minted ca;
    hs_minted stranger; /* another CA */
    hs_problem *problem;
} minting;

const char *hs_lab_certificate_file(const char *folder, hs_lab_certificate certificate,
                                    char path[HS_LAB_PATH_MAX])
{
    static const char *const files[] = {
#define HS_X(symbol, file) file,
        HS_LAB_CERTIFICATE_MAP(HS_X)
#undef HS_X
    };
    (void)snprintf(path, HS_LAB_PATH_MAX, "%s/%s.pem", folder, files[certificate]);
    return path;
}

static FILE *create(const minting *m, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, OWNER_ONLY);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!file) {
        (void)hs_problem_set(m->problem, HS_SYSTEM, "%s: %s", path, strerror(errno));
    }
    return file;
}

/* `key` may be NULL. */
static hs_result save(const minting *m, const char *path, X509 *certificate, EVP_PKEY *key)
{
    FILE *file = create(m, path);
    if (!file) {
        return HS_SYSTEM;
    }
    bool is_written = PEM_write_X509(file, certificate) == 1 &&
                      (!key || PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1);
    return fclose(file) == 0 && is_written
               ? HS_OK
               : hs_problem_set(m->problem, HS_SYSTEM, "%s: it could not be written", path);
}

/* --- what is made of a right certificate --- */

static bool make_self_signed(hs_minted *leaf)
{
    /* It names the CA's key as its issuer's. */
    int at = X509_get_ext_by_NID(leaf->certificate, NID_authority_key_identifier, -1);
    X509_EXTENSION_free(at >= 0 ? X509_delete_ext(leaf->certificate, at) : NULL);
    return X509_set_issuer_name(leaf->certificate, X509_get_subject_name(leaf->certificate)) &&
           X509_sign(leaf->certificate, leaf->key, EVP_sha256()) > 0;
}

static bool make_weak(const minting *m, hs_minted *leaf)
{
    EVP_PKEY *key = EVP_RSA_gen(WEAK_BITS);
    if (!key) {
        return false;
    }
    EVP_PKEY_free(leaf->key);
    leaf->key = key;
    return X509_set_pubkey(leaf->certificate, key) &&
           X509_sign(leaf->certificate, m->ca.key, EVP_sha256()) > 0;
}

static bool make_forged(const minting *m, hs_minted *leaf)
{
    return X509_sign(leaf->certificate, m->stranger.key, EVP_sha256()) > 0;
}

static hs_result mint(const minting *m, hs_lab_certificate which, hs_minted *leaf)
{
    static const char *const right[] = {HS_LAB_SERVER_IPV4, "localhost"};
    static const char *const other[] = {"other.localhost"};
    static const char *const foreign[] = {HS_LAB_SERVER_IPV4, FOREIGN_ADDRESS};
    const size_t right_count = sizeof right / sizeof right[0];
    const int64_t long_ago = m->now - 2 * (int64_t)HS_MINT_LEAF_DAYS * DAY;
    switch (which) {
    case HS_CERTIFICATE_EXPIRED:
        return hs_mint_leaf(&m->ca, right, right_count, long_ago, leaf);
    case HS_CERTIFICATE_NOT_YET_VALID:
        return hs_mint_leaf(&m->ca, right, right_count, m->now + DAY, leaf);
    case HS_CERTIFICATE_OTHER_NAME:
        return hs_mint_leaf(&m->ca, other, sizeof other / sizeof other[0], m->now, leaf);
    case HS_CERTIFICATE_STRANGER:
        return hs_mint_leaf(&m->stranger, right, right_count, m->now, leaf);
    case HS_CERTIFICATE_NOT_PERMITTED:
        return hs_mint_leaf(&m->ca, foreign, sizeof foreign / sizeof foreign[0], m->now, leaf);
    default:
        break;
    }
    hs_result result = hs_mint_leaf(&m->ca, right, right_count, m->now, leaf);
    bool is_made = which == HS_CERTIFICATE_SELF_SIGNED ? result == HS_OK && make_self_signed(leaf)
                   : which == HS_CERTIFICATE_WEAK      ? result == HS_OK && make_weak(m, leaf)
                   : which == HS_CERTIFICATE_FORGED    ? result == HS_OK && make_forged(m, leaf)
                                                       : result == HS_OK;
    return is_made ? HS_OK : HS_CRYPTO;
}

/* --- the revocation --- */

static OCSP_RESPONSE *make_revocation(const minting *m, X509 *certificate)
{
    OCSP_RESPONSE *response = NULL;
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), certificate, m->ca.certificate);
    ASN1_TIME *revoked = X509_gmtime_adj(NULL, -DAY);
    ASN1_TIME *from = X509_gmtime_adj(NULL, -60);
    ASN1_TIME *until = X509_gmtime_adj(NULL, DAY);
    if (basic && id && revoked && from && until &&
        OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_REVOKED,
                               OCSP_REVOKED_STATUS_KEYCOMPROMISE, revoked, from, until) &&
        OCSP_basic_sign(basic, m->ca.certificate, m->ca.key, EVP_sha256(), NULL, 0) == 1) {
        response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    }
    ASN1_TIME_free(revoked);
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    OCSP_CERTID_free(id);
    OCSP_BASICRESP_free(basic);
    return response;
}

static hs_result save_revocation(const minting *m, X509 *certificate)
{
    char path[HS_LAB_PATH_MAX];
    unsigned char *der = NULL;
    (void)snprintf(path, sizeof path, "%s/revoked.ocsp", m->folder);
    OCSP_RESPONSE *response = make_revocation(m, certificate);
    int len = response ? i2d_OCSP_RESPONSE(response, &der) : 0;
    FILE *file = len > 0 ? create(m, path) : NULL;
    hs_result result = len <= 0 ? HS_CRYPTO : file ? HS_OK : HS_SYSTEM;
    if (file) {
        bool is_written = fwrite(der, 1, (size_t)len, file) == (size_t)len;
        is_written = fclose(file) == 0 && is_written;
        result = is_written
                     ? HS_OK
                     : hs_problem_set(m->problem, HS_SYSTEM, "%s: it could not be written", path);
    }
    OPENSSL_free(der);
    OCSP_RESPONSE_free(response);
    return result;
}

/* --- all of it --- */

static hs_result mint_all(minting *m)
{
    static const char *const none[] = {"localhost"};
    char path[HS_LAB_PATH_MAX];
    hs_result result = hs_mint_ca(none, 1, m->now, &m->ca);
    if (result == HS_OK) {
        result = hs_mint_ca(none, 1, m->now, &m->stranger);
    }
    if (result == HS_OK) {
        (void)snprintf(path, sizeof path, "%s/ca.pem", m->folder);
        result = save(m, path, m->ca.certificate, NULL);
    }
    for (int i = 0; result == HS_OK && i < HS_CERTIFICATE_COUNT; i++) {
        hs_minted leaf = {NULL, NULL};
        const hs_lab_certificate which = (hs_lab_certificate)i;
        result = mint(m, which, &leaf);
        if (result == HS_OK) {
            result = save(m, hs_lab_certificate_file(m->folder, which, path), leaf.certificate,
                          leaf.key);
        }
        if (result == HS_OK && which == HS_CERTIFICATE_GOOD) {
            result = save_revocation(m, leaf.certificate);
        }
        hs_minted_free(&leaf);
    }
    return result;
}

hs_result hs_lab_certificates_mint(const char *folder, hs_problem *problem)
{
    minting m = {.folder = folder, .now = (int64_t)time(NULL), .problem = problem};
    problem->text[0] = '\0';
    hs_result result = mint_all(&m);
    hs_minted_free(&m.ca);
    hs_minted_free(&m.stranger);
    if (result != HS_OK && problem->text[0] == '\0') {
        (void)hs_problem_set(problem, result, "the lab's certificates could not be minted");
    }
    return result;
}
