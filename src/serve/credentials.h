/* The certificate that the server shows: brought by the caller, or minted by the local CA. */
#ifndef HS_SERVE_CREDENTIALS_H
#define HS_SERVE_CREDENTIALS_H

#include <handshake/serve.h>

#include "net/tls_session.h"
#include "serve/listen.h"
#include "serve/quic_plan.h"

typedef struct hs_credentials {
    hs_tls_context *tls;
    hs_quic_context *quic[HS_QUIC_PORTS_MAX]; /* one for each plan */
    char *ca_file;                            /* NULL where the certificate was brought */
    hs_problem key_not_kept; /* why QUIC's secret is new with each start; "" where it is kept */
} hs_credentials;

/* HS_INVALID, HS_CRYPTO, HS_NO_MEMORY come with `problem`; what is in `out` then is still to be
 * freed. */
HS_CHECKED hs_result hs_credentials_load(const hs_serve_options *options,
                                         const hs_listen_address *addresses, size_t count,
                                         const hs_quic_plan *plans, size_t plan_count,
                                         hs_credentials *out, hs_problem *problem);
void hs_credentials_free(hs_credentials *credentials);

#endif
