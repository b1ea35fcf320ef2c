#include "wire/tls/server_key_exchange.h"

#include "wire/tls/fields.h"
#include "wire/tls/names.h"

enum { NAMED_CURVE = 3 };

static hs_tls_server_key_exchange_form form_of(hs_tls_key_exchange key_exchange)
{
    switch (key_exchange) {
    case HS_TLS_KX_ECDHE:
    case HS_TLS_KX_ECDH_ANON:
    case HS_TLS_KX_ECDHE_PSK:
        return HS_TLS_SKE_ECDHE;
    case HS_TLS_KX_DHE:
    case HS_TLS_KX_DH_ANON:
    case HS_TLS_KX_DHE_PSK:
        return HS_TLS_SKE_DHE;
    case HS_TLS_KX_PSK:
    case HS_TLS_KX_RSA_PSK:
        return HS_TLS_SKE_PSK;
    default:
        return HS_TLS_SKE_RAW;
    }
}

static bool has_hint(hs_tls_key_exchange key_exchange)
{
    return key_exchange == HS_TLS_KX_PSK || key_exchange == HS_TLS_KX_RSA_PSK ||
           key_exchange == HS_TLS_KX_DHE_PSK || key_exchange == HS_TLS_KX_ECDHE_PSK;
}

static void read_ecdhe(hs_reader *r, hs_tls_server_key_exchange *out)
{
    out->curve_type = hs_tls_read_u8(r, "curve_type", hs_tls_ec_curve_type_name);
    if (out->curve_type != NAMED_CURVE) {
        out->raw = hs_read_rest(r, "explicit_curve");
        return;
    }
    out->named_curve = hs_tls_read_u16(r, "namedcurve", hs_tls_group_name);
    out->public_key = hs_tls_read_opaque(r, 1, "public");
}

static void read_dhe(hs_reader *r, hs_tls_server_key_exchange *out)
{
    out->dh_p = hs_tls_read_opaque(r, 2, "dh_p");
    out->dh_g = hs_tls_read_opaque(r, 2, "dh_g");
    out->public_key = hs_tls_read_opaque(r, 2, "dh_Ys");
}

static void read_signature(hs_reader *r, hs_tls_server_key_exchange *out)
{
    if (out->version >= HS_TLS_1_2) {
        out->algorithm = hs_tls_read_u16(r, "algorithm", hs_tls_signature_scheme_name);
    }
    out->signature = hs_tls_read_opaque(r, 2, "signature");
}

hs_result hs_tls_server_key_exchange_read(hs_reader *r, uint16_t version,
                                          hs_tls_key_exchange key_exchange,
                                          hs_tls_server_key_exchange *out)
{
    *out = (hs_tls_server_key_exchange){.version = version,
                                        .form = form_of(key_exchange),
                                        .has_psk_identity_hint = has_hint(key_exchange)};
    if (out->has_psk_identity_hint) {
        out->psk_identity_hint = hs_tls_read_opaque(r, 2, "psk_identity_hint");
    }
    switch (out->form) {
    case HS_TLS_SKE_ECDHE:
        read_ecdhe(r, out);
        out->is_signed = key_exchange == HS_TLS_KX_ECDHE && out->curve_type == NAMED_CURVE;
        break;
    case HS_TLS_SKE_DHE:
        read_dhe(r, out);
        out->is_signed = key_exchange == HS_TLS_KX_DHE;
        break;
    case HS_TLS_SKE_PSK:
        break;
    case HS_TLS_SKE_RAW:
        out->raw = hs_read_rest(r, "exchange_keys");
        break;
    }
    if (out->is_signed) {
        read_signature(r, out);
    }
    return hs_reader_finish(r);
}

void hs_tls_server_key_exchange_write(hs_writer *w, const hs_tls_server_key_exchange *message)
{
    if (message->has_psk_identity_hint) {
        hs_tls_write_opaque(w, 2, message->psk_identity_hint);
    }
    if (message->form == HS_TLS_SKE_ECDHE) {
        hs_write_u8(w, message->curve_type);
        if (message->curve_type == NAMED_CURVE) {
            hs_write_u16(w, message->named_curve);
            hs_tls_write_opaque(w, 1, message->public_key);
        }
    } else if (message->form == HS_TLS_SKE_DHE) {
        hs_tls_write_opaque(w, 2, message->dh_p);
        hs_tls_write_opaque(w, 2, message->dh_g);
        hs_tls_write_opaque(w, 2, message->public_key);
    }
    hs_write_bytes(w, message->raw);
    if (message->is_signed) {
        if (message->version >= HS_TLS_1_2) {
            hs_write_u16(w, message->algorithm);
        }
        hs_tls_write_opaque(w, 2, message->signature);
    }
}
