/* Contexts: what all sessions of a client or of a server have in common. */
#include <stdlib.h>

#include <gnutls/gnutls.h>

#include "net/file.h"
#include "net/quic_gnutls_state.h"
#include "net/quic_priority.h"

static hs_result new_context(const char *ciphers, const char *groups, hs_quic_tls_context **out,
                             hs_problem *problem)
{
    char priority[HS_QUIC_PRIORITY_MAX];
    const char *refused = NULL;
    *out = NULL;
    hs_result result = hs_quic_priority(ciphers, groups, priority, problem);
    if (result != HS_OK) {
        return result;
    }
    hs_quic_tls_context *context = calloc(1, sizeof(*context));
    if (!context || gnutls_certificate_allocate_credentials(&context->credentials) != 0) {
        hs_quic_tls_context_free(context);
        return hs_problem_set(problem, HS_NO_MEMORY, "QUIC: no context could be made");
    }
    int error = gnutls_priority_init(&context->priority, priority, &refused);
    if (error != 0) {
        context->priority = NULL;
        hs_quic_tls_context_free(context);
        return hs_problem_set(problem, HS_INVALID,
                              "ciphers and groups: this GnuTLS does not have: %.200s",
                              refused && *refused ? refused : gnutls_strerror(error));
    }
    *out = context;
    return HS_OK;
}

hs_result hs_quic_tls_context_new_client(const hs_probe_options *options, hs_quic_tls_context **out,
                                         hs_problem *problem)
{
    hs_quic_tls_context *context = NULL;
    *out = NULL;
    hs_result result = new_context(options->ciphers, options->groups, &context, problem);
    if (result != HS_OK) {
        return result;
    }
    gnutls_certificate_set_verify_function(context->credentials, hs_quic_tls_on_certificate);
    if (options->cert) {
        result = hs_quic_tls_use_credentials(context, options->cert, options->key, problem);
    }
    if (result != HS_OK) {
        hs_quic_tls_context_free(context);
        return result;
    }
    *out = context;
    return HS_OK;
}

hs_result hs_quic_tls_context_new_server(const hs_quic_tls_server *server,
                                         hs_quic_tls_context **out, hs_problem *problem)
{
    hs_quic_tls_context *context = NULL;
    *out = NULL;
    hs_result result = new_context(NULL, NULL, &context, problem);
    if (result != HS_OK) {
        return result;
    }
    context->is_server = true;
    context->no_tickets = server->no_tickets;
    context->no_early_data = server->no_early_data;
    result = hs_quic_tls_use_credentials(context, server->cert, server->key, problem);
    if (result == HS_OK) {
        result = hs_quic_tls_use_tickets(context, server->ticket_secret);
        if (result != HS_OK) {
            hs_problem_set(problem, result, "QUIC: no ticket keys could be made");
        }
    }
    if (result != HS_OK) {
        hs_quic_tls_context_free(context);
        return result;
    }
    *out = context;
    return HS_OK;
}

void hs_quic_tls_context_free(hs_quic_tls_context *context)
{
    if (!context) {
        return;
    }
    if (context->credentials) {
        gnutls_certificate_free_credentials(context->credentials);
    }
    if (context->priority) {
        gnutls_priority_deinit(context->priority);
    }
    if (context->anti_replay) {
        gnutls_anti_replay_deinit(context->anti_replay);
    }
    if (context->ticket_key.data) {
        gnutls_memset(context->ticket_key.data, 0, context->ticket_key.size);
        gnutls_free(context->ticket_key.data);
    }
    hs_quic_replay_free(context->replay);
    free(context);
}
