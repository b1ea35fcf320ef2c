/* The local CA: minted once and kept, with a leaf that is renewed when it must be. */
#include "serve/authority.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "net/file.h"
#include "serve/mint.h"

static const char ca_name[] = "ca.pem";
static const char ca_key_name[] = "ca-key.pem";
static const char server_name[] =
    "server.pem"; /* one file, so that key and leaf always belong together */

enum { DAY = 24 * 60 * 60 };

typedef struct opening {
    const hs_authority_config *config;
    hs_authority *authority;
    hs_problem *problem;
    hs_minted ca;
    hs_minted leaf;
} opening;

static hs_result crypto_problem(opening *o, const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return hs_problem_set(o->problem, HS_CRYPTO, "%s: %s", what, reason ? reason : "failed");
}

/* NULL where the bytes are empty or not PEM of that kind. */
static X509 *parse_certificate(hs_bytes pem)
{
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    X509 *certificate = bio && pem.len > 0 ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    ERR_clear_error();
    return certificate;
}

/* Without a prompt on the terminal, whatever the file says. */
static int no_passphrase(char *out, int size, int writing, void *context)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

static EVP_PKEY *parse_key(hs_bytes pem)
{
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    EVP_PKEY *key = bio && pem.len > 0 ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL)
                                       : NULL;
    BIO_free(bio);
    ERR_clear_error();
    return key;
}

static bool lasts(const X509 *certificate, int64_t now, int days)
{
    time_t until = (time_t)(now + (int64_t)days * DAY);
    return X509_cmp_time(X509_get0_notAfter(certificate), &until) > 0;
}

/* HS_OK with an empty `ca` where there is none yet. */
static hs_result load_ca(opening *o)
{
    const hs_state_folder *folder = &o->authority->folder;
    hs_buffer certificate;
    hs_buffer key;
    hs_buffer_init(&certificate, HS_STATE_FILE_MAX);
    hs_buffer_init(&key, HS_STATE_FILE_MAX);
    hs_result result = hs_state_folder_read(folder, ca_name, false, &certificate, o->problem);
    if (result == HS_OK) {
        result = hs_state_folder_read(folder, ca_key_name, true, &key, o->problem);
    }
    if (result != HS_OK || hs_buffer_bytes(&certificate).len == 0 ||
        hs_buffer_bytes(&key).len == 0) {
        goto done;
    }
    o->ca.certificate = parse_certificate(hs_buffer_bytes(&certificate));
    o->ca.key = parse_key(hs_buffer_bytes(&key));
    /* Not replaced silently: people may have told their programs to trust it. */
    if (!o->ca.certificate || !o->ca.key) {
        result = hs_problem_set(
            o->problem, HS_INVALID, "%s/%s: damaged; remove %s and %s to have a new CA minted",
            folder->path, o->ca.certificate ? ca_key_name : ca_name, ca_name, ca_key_name);
    } else if (X509_check_private_key(o->ca.certificate, o->ca.key) != 1) {
        ERR_clear_error();
        result = hs_problem_set(o->problem, HS_INVALID,
                                "%s/%s: not the key of %s; remove both to have a new CA minted",
                                folder->path, ca_key_name, ca_name);
    } else if (X509_cmp_time(X509_get0_notBefore(o->ca.certificate),
                             &(time_t){(time_t)o->config->now}) > 0) {
        result = hs_problem_set(o->problem, HS_INVALID,
                                "%s/%s: not valid yet; is this machine's clock right?",
                                folder->path, ca_name);
    } else if (!lasts(o->ca.certificate, o->config->now, HS_CA_RENEW_DAYS)) {
        hs_minted_free(&o->ca);
    }
done:
    hs_buffer_free(&certificate);
    if (key.data) {
        OPENSSL_cleanse(key.data, key.capacity);
    }
    hs_buffer_free(&key);
    return result;
}

/* `key` and `certificate` may each be NULL. */
static hs_result save(opening *o, const char *name, mode_t mode, EVP_PKEY *key, X509 *certificate)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    hs_result result = HS_OK;
    if (!bio || (key && !PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)) ||
        (certificate && !PEM_write_bio_X509(bio, certificate))) {
        result = crypto_problem(o, name);
    } else {
        char *data;
        long len = BIO_get_mem_data(bio, &data);
        result = hs_state_folder_write(&o->authority->folder, name, mode,
                                       (hs_bytes){(const uint8_t *)data, (size_t)len}, o->problem);
    }
    BIO_free(bio);
    return result;
}

static hs_result mint_ca(opening *o)
{
    hs_minted_free(&o->ca);
    if (hs_mint_ca(o->config->names, o->config->name_count, o->config->now, &o->ca) != HS_OK) {
        return crypto_problem(o, "minting the local CA");
    }
    o->authority->new_ca = true;
    hs_result result = save(o, ca_key_name, 0600, o->ca.key, NULL);
    return result == HS_OK ? save(o, ca_name, 0644, NULL, o->ca.certificate) : result;
}

static hs_result load_leaf(opening *o)
{
    hs_buffer pem;
    hs_buffer_init(&pem, HS_STATE_FILE_MAX);
    hs_result result = hs_state_folder_read(&o->authority->folder, server_name, true, &pem,
                                            o->problem);
    if (result == HS_OK) {
        o->leaf.certificate = parse_certificate(hs_buffer_bytes(&pem));
        o->leaf.key = parse_key(hs_buffer_bytes(&pem));
    }
    if (pem.data) {
        OPENSSL_cleanse(pem.data, pem.capacity);
    }
    hs_buffer_free(&pem);
    return result;
}

static bool is_name(const GENERAL_NAME *general, const char *name)
{
    uint8_t address[sizeof(struct in6_addr)];
    size_t len = inet_pton(AF_INET, name, address) == 1    ? sizeof(struct in_addr)
                 : inet_pton(AF_INET6, name, address) == 1 ? sizeof(struct in6_addr)
                                                           : 0;
    int type;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(general, &type);
    if (len > 0) {
        return type == GEN_IPADD && (size_t)ASN1_STRING_length(value) == len &&
               memcmp(ASN1_STRING_get0_data(value), address, len) == 0;
    }
    return type == GEN_DNS && (size_t)ASN1_STRING_length(value) == strlen(name) &&
           strncasecmp((const char *)ASN1_STRING_get0_data(value), name, strlen(name)) == 0;
}

static bool has_names(X509 *leaf, const hs_authority_config *config)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    size_t found = 0;
    for (size_t i = 0; names && i < config->name_count; i++) {
        for (int j = 0; j < sk_GENERAL_NAME_num(names); j++) {
            if (is_name(sk_GENERAL_NAME_value(names, j), config->names[i])) {
                found++;
                break;
            }
        }
    }
    GENERAL_NAMES_free(names);
    return found == config->name_count;
}

/* X509_V_OK, or what a client that trusts the CA would object to. */
static int verify_leaf(const opening *o)
{
    int error = X509_V_ERR_UNSPECIFIED;
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    if (store && context && X509_STORE_add_cert(store, o->ca.certificate) &&
        X509_STORE_CTX_init(context, store, o->leaf.certificate, NULL)) {
        X509_STORE_CTX_set_default(context, "ssl_server");
        X509_STORE_CTX_set_time(context, 0, (time_t)o->config->now);
        X509_verify_cert(context);
        error = X509_STORE_CTX_get_error(context);
    }
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    ERR_clear_error();
    return error;
}

static bool leaf_is_good(const opening *o)
{
    bool whole = o->leaf.certificate && o->leaf.key;
    bool matches = whole && X509_check_private_key(o->leaf.certificate, o->leaf.key) == 1;
    ERR_clear_error();
    return matches && lasts(o->leaf.certificate, o->config->now, HS_LEAF_RENEW_DAYS) &&
           has_names(o->leaf.certificate, o->config) && verify_leaf(o) == X509_V_OK;
}

static hs_result mint_leaf(opening *o)
{
    hs_minted_free(&o->leaf);
    const hs_authority_config *config = o->config;
    if (hs_mint_leaf(&o->ca, config->names, config->name_count, config->now, &o->leaf) != HS_OK) {
        return crypto_problem(o, "minting the server's certificate");
    }
    return HS_OK;
}

static hs_result renew_leaf(opening *o)
{
    hs_result result = mint_leaf(o);
    int error = result == HS_OK ? verify_leaf(o) : X509_V_OK;
    if (result == HS_OK && error == X509_V_ERR_PERMITTED_VIOLATION) {
        /* This host has a name that the kept CA may not vouch for. */
        result = mint_ca(o);
        if (result == HS_OK) {
            result = mint_leaf(o);
        }
        error = result == HS_OK ? verify_leaf(o) : X509_V_OK;
    }
    if (result == HS_OK && error != X509_V_OK) {
        result = hs_problem_set(o->problem, HS_CRYPTO, "the minted certificate: %s",
                                X509_verify_cert_error_string(error));
    }
    if (result == HS_OK) {
        o->authority->new_leaf = true;
        result = save(o, server_name, 0600, o->leaf.key, o->leaf.certificate);
    }
    return result;
}

hs_result hs_authority_open(const hs_authority_config *config, hs_authority *out,
                            hs_problem *problem)
{
    opening o = {.config = config, .authority = out, .problem = problem};
    memset(out, 0, sizeof *out);
    hs_result result = hs_state_folder_open(config->state, &out->folder, problem);
    if (result != HS_OK) {
        return result;
    }
    snprintf(out->ca_file, sizeof out->ca_file, "%s/%s", out->folder.path, ca_name);
    snprintf(out->server_file, sizeof out->server_file, "%s/%s", out->folder.path, server_name);
    result = load_ca(&o);
    if (result == HS_OK && !o.ca.certificate) {
        result = mint_ca(&o);
    }
    if (result == HS_OK) {
        result = load_leaf(&o);
    }
    if (result == HS_OK && !leaf_is_good(&o)) {
        result = renew_leaf(&o);
    }
    hs_minted_free(&o.ca);
    hs_minted_free(&o.leaf);
    if (result != HS_OK) {
        hs_authority_close(out);
    }
    return result;
}

void hs_authority_close(hs_authority *authority)
{
    hs_state_folder_close(&authority->folder);
}
