/* The certificate that the server shows: brought by the caller, or minted by the local CA. */
#include "serve/credentials.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>

#include "net/file.h"
#include "serve/authority.h"
#include "serve/names.h"
#include "serve/quic_key.h"

typedef struct loading {
    const hs_quic_plan *plans;
    size_t plan_count;
    hs_credentials *out;
    hs_problem *problem;
} loading;

static hs_result make_contexts(const loading *l, const char *cert, const char *key,
                               const uint8_t secret[HS_QUIC_SECRET_LEN])
{
    hs_result result = hs_tls_context_new_server(cert, key, &l->out->tls, l->problem);
    for (size_t i = 0; i < l->plan_count && result == HS_OK; i++) {
        hs_quic_server_config config;
        hs_quic_plan_config(&l->plans[i], &config);
        config.cert = cert;
        config.key = key;
        memcpy(config.secret, secret, sizeof config.secret);
        result = hs_quic_context_new_server(&config, &l->out->quic[i], l->problem);
        OPENSSL_cleanse(config.secret, sizeof config.secret);
    }
    return result;
}

static hs_result load_minted(const loading *l, const hs_serve_options *options,
                             const hs_listen_address *addresses, size_t count)
{
    hs_serve_names names;
    hs_serve_names_collect(addresses, count, &names);
    const hs_authority_config config = {
        .state = options->state,
        .names = names.items,
        .name_count = names.count,
        .now = (int64_t)time(NULL),
    };
    uint8_t secret[HS_QUIC_SECRET_LEN] = {0};
    hs_authority authority;
    hs_result result = hs_authority_open(&config, &authority, l->problem);
    if (result != HS_OK) {
        return result;
    }
    if (l->plan_count > 0) {
        result = hs_quic_key_load(&authority.folder, secret, l->problem);
    }
    if (result == HS_OK) {
        l->out->ca_file = strdup(authority.ca_file);
        result = l->out->ca_file
                     ? make_contexts(l, authority.server_file, authority.server_file, secret)
                     : hs_problem_set(l->problem, HS_NO_MEMORY, "out of memory");
    }
    OPENSSL_cleanse(secret, sizeof secret);
    hs_authority_close(&authority);
    return result;
}

/* With a certificate of its own a server needs no folder; the default one is then used if it can
 * be.
 */
static hs_result load_key(const loading *l, const char *state, uint8_t secret[HS_QUIC_SECRET_LEN])
{
    hs_state_folder folder;
    hs_problem *problem = state ? l->problem : &l->out->key_not_kept;
    hs_result result = hs_state_folder_open(state, &folder, problem);
    if (result == HS_OK) {
        result = hs_quic_key_load(&folder, secret, problem);
        hs_state_folder_close(&folder);
    }
    return result == HS_OK || state ? result : hs_quic_key_make(secret, l->problem);
}

static hs_result load_brought(const loading *l, const hs_serve_options *options)
{
    uint8_t secret[HS_QUIC_SECRET_LEN] = {0};
    hs_result result = l->plan_count > 0 ? load_key(l, options->state, secret) : HS_OK;
    if (result == HS_OK) {
        const char *key = options->key ? options->key : options->cert;
        result = make_contexts(l, options->cert, key, secret);
    }
    OPENSSL_cleanse(secret, sizeof secret);
    /* A file that cannot be read is a wrong argument here. */
    return result == HS_SYSTEM ? HS_INVALID : result;
}

hs_result hs_credentials_load(const hs_serve_options *options, const hs_listen_address *addresses,
                              size_t count, const hs_quic_plan *plans, size_t plan_count,
                              hs_credentials *out, hs_problem *problem)
{
    *out = (hs_credentials){.tls = NULL};
    const loading l = {plans, plan_count, out, problem};
    return options->cert ? load_brought(&l, options) : load_minted(&l, options, addresses, count);
}

void hs_credentials_free(hs_credentials *credentials)
{
    hs_tls_context_free(credentials->tls);
    for (size_t i = 0; i < HS_QUIC_PORTS_MAX; i++) {
        hs_quic_context_free(credentials->quic[i]);
    }
    free(credentials->ca_file);
}
