/* The certificate that the server shows: brought by the caller, or minted by the local CA. */
#ifndef HS_SERVE_CREDENTIALS_H
#define HS_SERVE_CREDENTIALS_H

#include <handshake/serve.h>

#include "net/tls_session.h"
#include "serve/listen.h"

/* `*ca_file` is allocated, and NULL where the certificate was brought. HS_INVALID and HS_CRYPTO
 * come with `problem` filled; HS_NO_MEMORY. */
HS_CHECKED hs_result hs_credentials_load(const hs_serve_options *options,
                                         const hs_listen_address *addresses, size_t count,
                                         hs_tls_context **tls, char **ca_file, hs_problem *problem);

#endif
