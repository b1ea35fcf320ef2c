/* PEM chains and keys (RFC 7468), and in words what is wrong with them. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "net/file.h"
#include "net/tls_credentials.h"

/* Whether the newest error is this one of OpenSSL's. */
static bool last_error_is(int library, int reason)
{
    unsigned long error = ERR_peek_last_error();
    return ERR_GET_LIB(error) == library && ERR_GET_REASON(error) == reason;
}

static hs_result refused(hs_problem *problem, const char *what, const char *path)
{
    unsigned long error = ERR_peek_last_error();
    if (ERR_GET_LIB(error) == ERR_LIB_SSL && (ERR_GET_REASON(error) == SSL_R_EE_KEY_TOO_SMALL ||
                                              ERR_GET_REASON(error) == SSL_R_CA_KEY_TOO_SMALL)) {
        return hs_problem_set(problem, HS_INVALID, "%s: %s: the key is too small", what, path);
    }
    if (ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == SSL_R_CA_MD_TOO_WEAK) {
        return hs_problem_set(problem, HS_INVALID, "%s: %s: signed with too weak a hash", what,
                              path);
    }
    const char *why = ERR_reason_error_string(error);
    return hs_problem_set(problem, HS_INVALID, "%s: %s: OpenSSL refuses it: %s", what, path,
                          why ? why : "no reason given");
}

static hs_result use_chain(SSL_CTX *ctx, BIO *bio, const char *path, hs_problem *problem)
{
    static const char what[] = "certificate";
    X509 *certificate = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL);
    if (!certificate) {
        bool none = last_error_is(ERR_LIB_PEM, PEM_R_NO_START_LINE);
        return hs_problem_set(problem, HS_INVALID, "%s: %s: %s", what, path,
                              none ? "there is no PEM certificate in it"
                                   : "the certificate is malformed");
    }
    int used = SSL_CTX_use_certificate(ctx, certificate);
    X509_free(certificate);
    for (int number = 2; used == 1; number++) {
        ERR_clear_error();
        certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
        if (!certificate && last_error_is(ERR_LIB_PEM, PEM_R_NO_START_LINE)) {
            return HS_OK;
        }
        if (!certificate) {
            return hs_problem_set(problem, HS_INVALID, "%s: %s: certificate %d is malformed", what,
                                  path, number);
        }
        used = SSL_CTX_add1_chain_cert(ctx, certificate) == 1;
        X509_free(certificate);
    }
    return refused(problem, what, path);
}

/* Asked for a pass phrase: there is none to give, and nobody is asked. */
static int note_encrypted(char *buffer, int size, int writing, void *asked)
{
    (void)buffer;
    (void)size;
    (void)writing;
    *(bool *)asked = true;
    return -1;
}

static hs_result use_key(SSL_CTX *ctx, const hs_file *file, const char *path, hs_problem *problem)
{
    static const char what[] = "key";
    bool encrypted = false;
    BIO *bio = BIO_new_mem_buf(file->data, (int)file->len);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, note_encrypted, &encrypted) : NULL;
    BIO_free(bio);
    if (!key) {
        bool has = memmem(file->data, file->len, "PRIVATE KEY-----", 16) != NULL;
        return hs_problem_set(problem, HS_INVALID, "%s: %s: %s", what, path,
                              encrypted ? "the key is encrypted; give it without a pass phrase"
                              : has     ? "the private key is malformed"
                                        : "there is no PEM private key in it");
    }
    ERR_clear_error();
    int used = SSL_CTX_use_PrivateKey(ctx, key);
    EVP_PKEY_free(key);
    if (used != 1 && !last_error_is(ERR_LIB_X509, X509_R_KEY_VALUES_MISMATCH) &&
        !last_error_is(ERR_LIB_X509, X509_R_KEY_TYPE_MISMATCH)) {
        return refused(problem, what, path);
    }
    if (used != 1 || SSL_CTX_check_private_key(ctx) != 1) {
        return hs_problem_set(problem, HS_INVALID, "%s: %s: the key is not the certificate's", what,
                              path);
    }
    return HS_OK;
}

hs_result hs_tls_use_credentials(SSL_CTX *ctx, const char *cert, const char *key,
                                 hs_problem *problem)
{
    hs_file cert_file = {NULL, 0};
    hs_file key_file = {NULL, 0};
    BIO *bio = NULL;
    hs_result result = hs_file_read(cert, "certificate", &cert_file, problem);
    if (result == HS_OK) {
        result = hs_file_read(key ? key : cert, "key", &key_file, problem);
    }
    if (result != HS_OK) {
        goto done;
    }
    ERR_clear_error();
    bio = BIO_new_mem_buf(cert_file.data, (int)cert_file.len);
    result = bio ? use_chain(ctx, bio, cert, problem)
                 : hs_problem_set(problem, HS_NO_MEMORY, "certificate: out of memory");
    if (result == HS_OK) {
        result = use_key(ctx, &key_file, key ? key : cert, problem);
    }
done:
    BIO_free(bio);
    hs_file_free(&cert_file);
    hs_file_free(&key_file);
    ERR_clear_error();
    return result;
}
