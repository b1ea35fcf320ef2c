/* What a session has negotiated, and what its library says of a failure. */
#include <string.h>

#include <gnutls/gnutls.h>

#include "net/quic_gnutls_state.h"
#include "net/quic_priority.h"

const char *hs_quic_tls_cipher(const hs_quic_tls *tls)
{
    return gnutls_cipher_get(tls->session) == GNUTLS_CIPHER_NULL
               ? NULL
               : gnutls_ciphersuite_get(tls->session);
}

const char *hs_quic_tls_group(const hs_quic_tls *tls)
{
    return hs_quic_group_name(gnutls_group_get_name(gnutls_group_get(tls->session)));
}

const char *hs_quic_tls_alpn(const hs_quic_tls *tls)
{
    hs_quic_tls *own = (hs_quic_tls *)tls;
    gnutls_datum_t chosen;
    if (gnutls_alpn_get_selected_protocol(tls->session, &chosen) != 0 || chosen.size == 0 ||
        chosen.size >= sizeof(own->alpn)) {
        return NULL;
    }
    memcpy(own->alpn, chosen.data, chosen.size);
    own->alpn[chosen.size] = 0;
    return own->alpn;
}

const char *hs_quic_tls_server_name(const hs_quic_tls *tls)
{
    hs_quic_tls *own = (hs_quic_tls *)tls;
    size_t len = sizeof(own->server_name) - 1;
    unsigned type = 0;
    if (gnutls_server_name_get(tls->session, own->server_name, &len, &type, 0) != 0 ||
        type != GNUTLS_NAME_DNS || len == 0) {
        return NULL;
    }
    own->server_name[len < sizeof(own->server_name) ? len : sizeof(own->server_name) - 1] = 0;
    return own->server_name;
}

bool hs_quic_tls_resumed(const hs_quic_tls *tls)
{
    return gnutls_session_is_resumed(tls->session);
}

bool hs_quic_tls_early_data_accepted(const hs_quic_tls *tls)
{
    return gnutls_session_get_flags(tls->session) & GNUTLS_SFLAGS_EARLY_DATA;
}

bool hs_quic_tls_early_data_offered(const hs_quic_tls *tls)
{
    return tls->early_data_offered;
}

const char *hs_quic_tls_error_text(const hs_quic_tls *tls)
{
    return tls->error ? gnutls_strerror(tls->error) : NULL;
}

bool hs_quic_tls_error_is_ours(const hs_quic_tls *tls)
{
    return tls->error == GNUTLS_E_INVALID_REQUEST || tls->error == GNUTLS_E_MEMORY_ERROR ||
           tls->error == GNUTLS_E_INTERNAL_ERROR;
}
