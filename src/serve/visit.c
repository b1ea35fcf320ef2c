/* What the server knows of a visitor's handshake. */
#include "serve/visit.h"

void hs_visit_of_connection(const hs_connection *c, const char *http, hs_visit *out)
{
    *out = (hs_visit){.scheme = c->service->scheme, .client = c->peer, .http = http};
    if (!c->tls) {
        return;
    }
    out->has_tls = true;
    out->tls_version = hs_tls_session_version(c->tls);
    out->cipher = hs_tls_session_cipher(c->tls);
    out->group = hs_tls_session_group(c->tls);
    out->alpn = hs_tls_session_alpn(c->tls);
    out->resumed = hs_tls_session_resumed(c->tls);
    out->early_data = hs_connection_is_early(c) ? HS_EARLY_DATA_ACCEPTED
                                                : hs_tls_session_early_data(c->tls);
    out->handshake_ns = c->handshake_ns;
}
