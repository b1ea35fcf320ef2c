/* SSL_CTX for clients and servers.
 *
 * The system's OpenSSL configuration is honoured (it costs 0.3 ms): a diagnosis made under another
 * policy than that of the machine's other programs would be a wrong one. */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "net/file.h"
#include "net/tls_callbacks.h"
#include "net/tls_ciphers.h"
#include "net/tls_credentials.h"
#include "net/tls_hello_retry.h"
#include "net/tls_state.h"
#include "net/tls_verify.h"

enum { SERVER_SESSIONS_MAX = 1024 };

static hs_result new_context(const SSL_METHOD *method, bool hello_retry, hs_tls_context **out,
                             hs_problem *problem)
{
    *out = NULL;
    hs_tls_context *context = calloc(1, sizeof(*context));
    OSSL_PROVIDER *provider = hello_retry ? hs_tls_hello_retry_open() : NULL;
    SSL_CTX *ctx = SSL_CTX_new(method);
    if (!context || !ctx || (hello_retry && !provider)) {
        free(context);
        SSL_CTX_free(ctx);
        hs_tls_hello_retry_close(provider);
        ERR_clear_error();
        return hs_problem_set(problem, HS_NO_MEMORY, "TLS: no context could be made");
    }
    context->ctx = ctx;
    context->hello_retry = provider;
    context->auth_level = -1;
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_info_callback(ctx, hs_tls_on_info);
    SSL_CTX_set_keylog_callback(ctx, hs_tls_on_keylog);
    *out = context;
    return HS_OK;
}

static bool is_old(uint16_t version)
{
    return version != 0 && version < TLS1_2_VERSION;
}

/* TLS 1.0 and 1.1 sign with SHA-1, which OpenSSL 3 does at level 0 only. Who asks for these
 * versions shall get them, without weaker certificates being let through. */
static void allow_old_versions(hs_tls_context *context, const hs_probe_options *options)
{
    bool has_level = options->ciphers && strstr(options->ciphers, "@SECLEVEL");
    if ((is_old(options->tls_min) || is_old(options->tls_max)) && !has_level) {
        context->auth_level = SSL_CTX_get_security_level(context->ctx);
        SSL_CTX_set_security_level(context->ctx, 0);
    }
}

static void set_client_callbacks(hs_tls_context *context)
{
    SSL_CTX *ctx = context->ctx;
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, hs_tls_on_verify);
    SSL_CTX_set_cert_verify_callback(ctx, hs_tls_verify_chain, context);
    SSL_CTX_set_cert_cb(ctx, hs_tls_on_certificate_request, NULL);
    SSL_CTX_set_tlsext_status_type(ctx, TLSEXT_STATUSTYPE_ocsp);
    SSL_CTX_set_tlsext_status_cb(ctx, hs_tls_on_status);
    /* Without the internal cache a ticket is ours alone, and can be offered again. */
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, hs_tls_on_ticket);
}

static hs_result apply_options(hs_tls_context *context, const hs_probe_options *options,
                               hs_problem *problem)
{
    hs_result result = hs_tls_set_versions(context->ctx, options->tls_min, options->tls_max,
                                           problem);
    if (result == HS_OK && options->ciphers) {
        result = hs_tls_set_ciphers(context->ctx, options->ciphers, problem);
    }
    if (result == HS_OK && options->groups) {
        result = hs_tls_set_groups(context->ctx, options->groups, problem);
    }
    if (result == HS_OK && options->key && !options->cert) {
        result = hs_problem_set(problem, HS_INVALID, "key: %s: there is no certificate for it",
                                options->key);
    }
    if (result == HS_OK && options->cert) {
        result = hs_tls_use_credentials(context->ctx, options->cert, options->key, problem);
        context->has_certificate = true;
    }
    if (result == HS_OK && options->pinned_public_key) {
        result = hs_pins_new(options->pinned_public_key, &context->pins, problem);
    }
    if (result == HS_OK && options->hello_retry) {
        result = hs_tls_hello_retry_set(context->ctx, problem);
    }
    return result;
}

hs_result hs_tls_context_new_client(const hs_probe_options *options, hs_tls_context **out,
                                    hs_problem *problem)
{
    hs_tls_context *context = NULL;
    *out = NULL;
    hs_result result = new_context(TLS_client_method(), options->hello_retry, &context, problem);
    if (result != HS_OK) {
        return result;
    }
    context->insecure = options->insecure;
    set_client_callbacks(context);
    allow_old_versions(context, options);
    result = hs_trust_new(options->cacert, &context->trust, problem);
    if (result == HS_OK) {
        SSL_CTX_set1_cert_store(context->ctx, hs_trust_store(context->trust));
        result = apply_options(context, options, problem);
    }
    if (result == HS_OK) {
        *out = context;
    } else {
        hs_tls_context_free(context);
    }
    return result;
}

/* OpenSSL's own anti-replay (RFC 8446 8.1, single-use tickets) is on unless it is switched off; it
 * lives in the session cache. */
static bool set_server_sessions(SSL_CTX *ctx)
{
    static const unsigned char id[] = "handshake";
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_SERVER);
    SSL_CTX_sess_set_cache_size(ctx, SERVER_SESSIONS_MAX);
    return SSL_CTX_set_session_id_context(ctx, id, sizeof(id) - 1) == 1 &&
           SSL_CTX_set_max_early_data(ctx, HS_TLS_EARLY_ACCEPTED_MAX) == 1 &&
           SSL_CTX_set_recv_max_early_data(ctx, HS_TLS_EARLY_ACCEPTED_MAX) == 1;
}

hs_result hs_tls_context_new_server(const char *cert, const char *key, hs_tls_context **out,
                                    hs_problem *problem)
{
    hs_tls_context *context = NULL;
    *out = NULL;
    hs_result result = new_context(TLS_server_method(), false, &context, problem);
    if (result != HS_OK) {
        return result;
    }
    context->is_server = true;
    context->has_certificate = true;
    SSL_CTX_set_alpn_select_cb(context->ctx, hs_tls_on_alpn, NULL);
    result = hs_tls_set_versions(context->ctx, TLS1_2_VERSION, TLS1_3_VERSION, problem);
    if (result == HS_OK && !set_server_sessions(context->ctx)) {
        result = hs_problem_set(problem, HS_NO_MEMORY, "TLS: no context could be made");
    }
    if (result == HS_OK) {
        result = hs_tls_use_credentials(context->ctx, cert, key, problem);
    }
    if (result == HS_OK) {
        *out = context;
    } else {
        hs_tls_context_free(context);
    }
    return result;
}

void hs_tls_context_free(hs_tls_context *context)
{
    if (context) {
        SSL_CTX_free(context->ctx);
        hs_tls_hello_retry_close(context->hello_retry);
        hs_trust_free(context->trust);
        hs_pins_free(context->pins);
        free(context);
    }
}
