/* What all QUIC sessions of one prober or server share. */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/reader.h"
#include "net/file.h"
#include "net/quic_state.h"
#include "net/tls_state.h"
#include "secrets/hkdf.h"
#include "wire/quic/version.h"

enum { SESSIONS_DEFAULT = 1024, TLS_1_3 = 0x0304 };

static hs_result no_memory(hs_problem *problem)
{
    return hs_problem_set(problem, HS_NO_MEMORY, "QUIC: no context could be made");
}

hs_result hs_quic_context_new_client(const hs_probe_options *options, hs_tls_context *verifier,
                                     hs_quic_context **out, hs_problem *problem)
{
    *out = NULL;
    if (options->tls_max != 0 && options->tls_max < TLS_1_3) {
        return hs_problem_set(problem, HS_INVALID, "QUIC needs TLS 1.3, which is not allowed here");
    }
    if (options->key && !options->cert) {
        return hs_problem_set(problem, HS_INVALID, "key: %s: there is no certificate for it",
                              options->key);
    }
    hs_quic_context *context = calloc(1, sizeof(*context));
    if (!context) {
        return no_memory(problem);
    }
    context->verifier = verifier;
    hs_result result = hs_quic_crypto_new(&context->crypto);
    if (result != HS_OK) {
        hs_problem_set(problem, result, "QUIC: libcrypto lacks what packet protection needs");
    } else {
        result = hs_quic_tls_context_new_client(options, &context->tls, problem);
    }
    if (result == HS_OK) {
        *out = context;
    } else {
        hs_quic_context_free(context);
    }
    return result;
}

bool hs_quic_speaks(uint32_t version)
{
    return (version == HS_QUIC_V1 || version == HS_QUIC_V2) && ngtcp2_is_supported_version(version);
}

hs_result hs_quic_take_versions(const uint32_t *versions, size_t count,
                                uint32_t out[HS_QUIC_VERSIONS_MAX], size_t *out_count)
{
    if (count > HS_QUIC_VERSIONS_MAX) {
        return HS_INVALID;
    }
    for (size_t i = 0; i < count; i++) {
        bool may_lead = i == 0 && hs_quic_version_is_reserved(versions[i]);
        if (!hs_quic_speaks(versions[i]) && !may_lead) {
            return HS_INVALID;
        }
        out[i] = versions[i];
    }
    *out_count = count;
    return HS_OK;
}

static hs_result derive(const uint8_t secret[HS_QUIC_SECRET_LEN], const char *info,
                        uint8_t out[HS_QUIC_SECRET_LEN])
{
    hs_secret prk;
    hs_result result = hs_hkdf_extract(EVP_sha256(), hs_bytes_of(NULL, 0),
                                       hs_bytes_of(secret, HS_QUIC_SECRET_LEN), &prk);
    if (result == HS_OK) {
        result = hs_hkdf_expand(EVP_sha256(), hs_secret_bytes(&prk),
                                hs_bytes_of(info, strlen(info)), out, HS_QUIC_SECRET_LEN);
        hs_secret_wipe(&prk);
    }
    return result;
}

static hs_result take_config(hs_quic_context *context, const hs_quic_server_config *config,
                             hs_problem *problem)
{
    static const uint32_t defaults[] = {HS_QUIC_V2, HS_QUIC_V1};
    bool has_versions = config->version_count > 0;
    context->retry = config->retry;
    context->no_new_tokens = config->no_new_tokens;
    context->epoch = config->epoch;
    context->idle_timeout = config->idle_timeout > 0 ? config->idle_timeout : HS_QUIC_IDLE_DEFAULT;
    context->sessions_max = config->sessions_max ? config->sessions_max : SESSIONS_DEFAULT;
    context->max_datagram = config->max_datagram ? config->max_datagram : HS_QUIC_DATAGRAM_MAX;
    if (context->max_datagram < HS_QUIC_DATAGRAM_MIN ||
        context->max_datagram > HS_QUIC_DATAGRAM_MAX) {
        return hs_problem_set(problem, HS_INVALID, "QUIC: datagrams of %zu bytes cannot be",
                              context->max_datagram);
    }
    if (hs_quic_take_versions(has_versions ? config->versions : defaults,
                              has_versions ? config->version_count : 2, context->versions,
                              &context->version_count) != HS_OK ||
        !hs_quic_speaks(context->versions[0])) {
        return hs_problem_set(problem, HS_INVALID, "QUIC: a version that cannot be offered");
    }
    if (!config->alpn ||
        hs_quic_read_alpn(config->alpn, context->alpn, &context->alpn_len) != HS_OK ||
        context->alpn_len == 0) {
        return hs_problem_set(problem, HS_INVALID, "QUIC: no list of application protocols");
    }
    return HS_OK;
}

hs_result hs_quic_context_new_server(const hs_quic_server_config *config, hs_quic_context **out,
                                     hs_problem *problem)
{
    uint8_t ticket_secret[HS_QUIC_SECRET_LEN];
    *out = NULL;
    hs_quic_context *context = calloc(1, sizeof(*context));
    if (!context) {
        return no_memory(problem);
    }
    context->is_server = true;
    hs_result result = take_config(context, config, problem);
    if (result == HS_OK &&
        (derive(config->secret, "handshake QUIC stateless reset", context->reset_secret) != HS_OK ||
         derive(config->secret, "handshake QUIC tokens", context->token_secret) != HS_OK ||
         derive(config->secret, "handshake QUIC tickets", ticket_secret) != HS_OK)) {
        result = hs_problem_set(problem, HS_CRYPTO, "QUIC: no secrets could be derived");
    }
    if (result == HS_OK) {
        hs_quic_tls_server server = {.cert = config->cert,
                                     .key = config->key,
                                     .ticket_secret = {ticket_secret, sizeof(ticket_secret)},
                                     .no_tickets = config->no_tickets,
                                     .no_early_data = config->no_early_data};
        result = hs_quic_tls_context_new_server(&server, &context->tls, problem);
        OPENSSL_cleanse(ticket_secret, sizeof(ticket_secret));
    }
    if (result == HS_OK) {
        *out = context;
    } else {
        hs_quic_context_free(context);
    }
    return result;
}

void hs_quic_context_free(hs_quic_context *context)
{
    if (context) {
        hs_quic_tls_context_free(context->tls);
        hs_quic_crypto_free(context->crypto);
        OPENSSL_cleanse(context->reset_secret, sizeof(context->reset_secret));
        OPENSSL_cleanse(context->token_secret, sizeof(context->token_secret));
        free(context);
    }
}
