#include "lab/failures/tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "base/reader.h"
#include "net/file.h"

struct hs_failure_tls {
    const hs_script_tls *options;
    SSL_CTX *context;
    hs_file staple;
};

/* --- call-backs --- */

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *offered, unsigned offered_len, void *context)
{
    (void)ssl;
    const hs_script_tls *options = context;
    hs_reader r;
    hs_fault fault;
    hs_reader_init(&r, hs_bytes_of(offered, offered_len), &fault, NULL);
    while (hs_reader_left(&r) > 0) {
        const uint8_t len = hs_read_u8(&r, "length");
        const hs_bytes name = hs_read_bytes(&r, len, "name");
        if (hs_bytes_are(name, options->alpn)) {
            *out = name.data;
            *out_len = len;
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int refuse_name(SSL *ssl, int *alert, void *context)
{
    (void)ssl;
    (void)context;
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int staple(SSL *ssl, void *context)
{
    const hs_failure_tls *tls = context;
    unsigned char *copy = OPENSSL_memdup(tls->staple.data, tls->staple.len);
    if (!copy) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)tls->staple.len);
    return SSL_TLSEXT_ERR_OK;
}

/* --- the context --- */

static bool set_certificate(const hs_failure_tls *tls, const char *folder)
{
    char path[HS_LAB_PATH_MAX];
    hs_lab_certificate_file(folder, tls->options->certificate, path);
    return SSL_CTX_use_certificate_chain_file(tls->context, path) == 1 &&
           SSL_CTX_use_PrivateKey_file(tls->context, path, SSL_FILETYPE_PEM) == 1;
}

static bool set_algorithms(const hs_failure_tls *tls)
{
    const hs_script_tls *o = tls->options;
    SSL_CTX *c = tls->context;
    /* A weak certificate is to be sent too. */
    SSL_CTX_set_security_level(c, 0);
    return SSL_CTX_set_min_proto_version(c, o->version) == 1 &&
           SSL_CTX_set_max_proto_version(c, o->version) == 1 &&
           (!o->ciphers || SSL_CTX_set_ciphersuites(c, o->ciphers) == 1) &&
           (!o->groups || SSL_CTX_set1_groups_list(c, o->groups) == 1);
}

static bool set_behaviour(hs_failure_tls *tls, const char *folder)
{
    const hs_script_tls *o = tls->options;
    if (o->alpn) {
        SSL_CTX_set_alpn_select_cb(tls->context, choose_protocol, (void *)o);
    }
    if (o->wants_client_certificate) {
        SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    if (o->refuses_name) {
        SSL_CTX_set_tlsext_servername_callback(tls->context, refuse_name);
    }
    if (!o->staples_revocation) {
        return true;
    }
    char path[HS_LAB_PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/revoked.ocsp", folder);
    SSL_CTX_set_tlsext_status_cb(tls->context, staple);
    SSL_CTX_set_tlsext_status_arg(tls->context, tls);
    return hs_file_read(path, "OCSP", &tls->staple, NULL) == HS_OK;
}

hs_failure_tls *hs_failure_tls_new(const hs_script_tls *options, const char *folder)
{
    hs_failure_tls *tls = calloc(1, sizeof *tls);
    if (!tls) {
        return NULL;
    }
    tls->options = options;
    tls->context = SSL_CTX_new(TLS_server_method());
    if (!tls->context || !set_algorithms(tls) || !set_certificate(tls, folder) ||
        !set_behaviour(tls, folder)) {
        hs_failure_tls_free(tls);
        return NULL;
    }
    return tls;
}

void hs_failure_tls_free(hs_failure_tls *tls)
{
    if (tls) {
        SSL_CTX_free(tls->context);
        hs_file_free(&tls->staple);
        free(tls);
    }
}

/* --- the handshake --- */

SSL *hs_failure_tls_accept(hs_failure_tls *tls, int fd)
{
    SSL *ssl = SSL_new(tls->context);
    if (ssl && (SSL_set_fd(ssl, fd) != 1 || SSL_accept(ssl) != 1)) {
        SSL_free(ssl);
        ssl = NULL;
    }
    ERR_clear_error();
    return ssl;
}

size_t hs_failure_tls_flight(hs_failure_tls *tls, hs_bytes client_hello, uint8_t *flight,
                             size_t capacity)
{
    int len = 0;
    SSL *ssl = SSL_new(tls->context);
    BIO *in = BIO_new(BIO_s_mem());
    BIO *out = BIO_new(BIO_s_mem());
    if (ssl && in && out) {
        SSL_set_bio(ssl, in, out);
        if (BIO_write(in, client_hello.data, (int)client_hello.len) > 0) {
            (void)SSL_accept(ssl); /* it waits for the client's next flight */
            len = BIO_read(out, flight, (int)capacity);
        }
    } else {
        BIO_free(in);
        BIO_free(out);
    }
    SSL_free(ssl);
    ERR_clear_error();
    return len > 0 ? (size_t)len : 0;
}
