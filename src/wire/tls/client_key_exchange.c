#include "wire/tls/client_key_exchange.h"

#include "wire/tls/fields.h"
#include "wire/tls/names.h"

static hs_tls_client_key_exchange_form form_of(hs_tls_key_exchange key_exchange)
{
    switch (key_exchange) {
    case HS_TLS_KX_RSA:
    case HS_TLS_KX_RSA_EXPORT:
    case HS_TLS_KX_RSA_PSK:
        return HS_TLS_CKE_RSA;
    case HS_TLS_KX_DH:
    case HS_TLS_KX_DHE:
    case HS_TLS_KX_DH_ANON:
    case HS_TLS_KX_DHE_PSK:
        return HS_TLS_CKE_DHE;
    case HS_TLS_KX_ECDH:
    case HS_TLS_KX_ECDHE:
    case HS_TLS_KX_ECDH_ANON:
    case HS_TLS_KX_ECDHE_PSK:
        return HS_TLS_CKE_ECDHE;
    case HS_TLS_KX_PSK:
        return HS_TLS_CKE_PSK;
    default:
        return HS_TLS_CKE_RAW;
    }
}

static bool has_identity(hs_tls_key_exchange key_exchange)
{
    return key_exchange == HS_TLS_KX_PSK || key_exchange == HS_TLS_KX_RSA_PSK ||
           key_exchange == HS_TLS_KX_DHE_PSK || key_exchange == HS_TLS_KX_ECDHE_PSK;
}

/* A certificate that holds the client's static key leaves the body empty. */
static bool is_implicit(const hs_reader *r, hs_tls_key_exchange key_exchange)
{
    return hs_reader_left(r) == 0 &&
           (key_exchange == HS_TLS_KX_DH || key_exchange == HS_TLS_KX_ECDH);
}

static void read_keys(hs_reader *r, hs_tls_client_key_exchange *out)
{
    switch (out->form) {
    case HS_TLS_CKE_RSA:
        out->exchange_keys = out->version == HS_TLS_SSLV3
                                 ? hs_read_rest(r, "encrypted_pre_master_secret")
                                 : hs_tls_read_opaque(r, 2, "encrypted_pre_master_secret");
        break;
    case HS_TLS_CKE_DHE:
        out->exchange_keys = hs_tls_read_opaque(r, 2, "dh_Yc");
        break;
    case HS_TLS_CKE_ECDHE:
        out->exchange_keys = hs_tls_read_opaque(r, 1, "ecdh_Yc");
        break;
    case HS_TLS_CKE_PSK:
        break;
    case HS_TLS_CKE_RAW:
        out->raw = hs_read_rest(r, "exchange_keys");
        break;
    }
}

hs_result hs_tls_client_key_exchange_read(hs_reader *r, uint16_t version,
                                          hs_tls_key_exchange key_exchange,
                                          hs_tls_client_key_exchange *out)
{
    *out = (hs_tls_client_key_exchange){.version = version,
                                        .form = form_of(key_exchange),
                                        .has_psk_identity = has_identity(key_exchange)};
    if (out->has_psk_identity) {
        out->psk_identity = hs_tls_read_opaque(r, 2, "psk_identity");
    }
    out->is_implicit = is_implicit(r, key_exchange);
    if (!out->is_implicit) {
        read_keys(r, out);
    }
    return hs_reader_finish(r);
}

void hs_tls_client_key_exchange_write(hs_writer *w, const hs_tls_client_key_exchange *message)
{
    if (message->has_psk_identity) {
        hs_tls_write_opaque(w, 2, message->psk_identity);
    }
    if (message->is_implicit) {
        return;
    }
    if (message->form == HS_TLS_CKE_RAW) {
        hs_write_bytes(w, message->raw);
    } else if (message->form == HS_TLS_CKE_RSA && message->version == HS_TLS_SSLV3) {
        hs_write_bytes(w, message->exchange_keys);
    } else if (message->form != HS_TLS_CKE_PSK) {
        hs_tls_write_opaque(w, message->form == HS_TLS_CKE_ECDHE ? 1 : 2, message->exchange_keys);
    }
}
