/* The certificate that the server shows: brought by the caller, or minted by the local CA. */
#include "serve/credentials.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net/file.h"
#include "serve/authority.h"
#include "serve/names.h"

static hs_result load_minted(const hs_serve_options *options, const hs_listen_address *addresses,
                             size_t count, hs_tls_context **tls, char **ca_file,
                             hs_problem *problem)
{
    hs_serve_names names;
    hs_serve_names_collect(addresses, count, &names);
    const hs_authority_config config = {
        .state = options->state,
        .names = names.items,
        .name_count = names.count,
        .now = (int64_t)time(NULL),
    };
    hs_authority authority;
    hs_result result = hs_authority_open(&config, &authority, problem);
    if (result != HS_OK) {
        return result;
    }
    *ca_file = strdup(authority.ca_file);
    result = *ca_file ? hs_tls_context_new_server(authority.server_file, authority.server_file, tls,
                                                  problem)
                      : hs_problem_set(problem, HS_NO_MEMORY, "out of memory");
    hs_authority_close(&authority);
    if (result != HS_OK) {
        free(*ca_file);
        *ca_file = NULL;
    }
    return result;
}

hs_result hs_credentials_load(const hs_serve_options *options, const hs_listen_address *addresses,
                              size_t count, hs_tls_context **tls, char **ca_file,
                              hs_problem *problem)
{
    *ca_file = NULL;
    if (!options->cert) {
        return load_minted(options, addresses, count, tls, ca_file, problem);
    }
    const char *key = options->key ? options->key : options->cert;
    hs_result result = hs_tls_context_new_server(options->cert, key, tls, problem);
    /* A file that cannot be read is a wrong argument here. */
    return result == HS_SYSTEM ? HS_INVALID : result;
}
