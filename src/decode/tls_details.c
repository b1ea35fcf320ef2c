/* The telling facts of each handshake message, in the order in which a person would tell them. */
#include <string.h>

#include "decode/certificate.h"
#include "decode/tls_state.h"
#include "decode/tls_words.h"
#include "wire/tls/extension_get.h"

enum { ALPN_MAX = 512, SHOWN = 8, SUITES_SHOWN = 3 };

static void tell_bytes(hs_trace *trace, hs_event *event, const char *key, hs_bytes bytes)
{
    hs_event_add_text(trace, event, key, hs_arena_escaped(hs_trace_arena(trace), bytes));
}

static void tell_alpn(hs_trace *trace, hs_event *event, const hs_tls_extensions *extensions)
{
    hs_tls_opaque_list list;
    hs_bytes protocol;
    char text[ALPN_MAX];
    hs_writer w;
    hs_writer_init(&w, text, sizeof text);
    if (!hs_tls_get_alpn_list(extensions, &list)) {
        return;
    }
    while (hs_tls_opaque_next(&list, &protocol) && !w.overflow) {
        if (w.len > 0) {
            hs_write_u8(&w, ' ');
        }
        hs_write_bytes(&w, protocol);
    }
    tell_bytes(trace, event, "alpn", hs_writer_bytes(&w));
}

static void tell_malformed_extension(hs_trace *trace, hs_event *event,
                                     const hs_tls_extensions *extensions)
{
    if (extensions->malformed == 0) {
        return;
    }
    const char *name = hs_tls_extension_name(extensions->malformed_type);
    const char *field = extensions->fault.field;
    hs_event_add_format(trace, event, "malformed_extension", "%s (0x%04x), at %s",
                        name ? name : "unknown", extensions->malformed_type, field ? field : "?");
}

static void tell_key_shares(hs_trace *trace, hs_event *event, const hs_tls_extensions *extensions)
{
    hs_tls_key_share_list list;
    hs_tls_key_share_entry entry;
    hs_tls_words w;
    hs_tls_words_init(&w);
    if (!hs_tls_get_key_shares(extensions, &list)) {
        return;
    }
    while (hs_tls_key_share_next(&list, &entry)) {
        hs_tls_words_add(&w, SHOWN, hs_tls_group_name, entry.group);
    }
    hs_event_add_text(trace, event, "key_share", hs_tls_words_text(&w));
}

static void tell_suites(hs_trace *trace, hs_event *event, hs_bytes cipher_suites)
{
    hs_tls_u16_list list = {cipher_suites};
    uint16_t id = 0;
    hs_tls_words w;
    hs_tls_words_init(&w);
    while (hs_tls_u16_next(&list, &id)) {
        hs_tls_words_add(&w, SUITES_SHOWN, hs_tls_cipher_suite_name, id);
    }
    hs_event_add_format(trace, event, "cipher_suites", "%zu: %s", w.count, hs_tls_words_text(&w));
}

static void tell_client_hello(hs_trace *trace, hs_event *event, const hs_tls_client_hello *hello)
{
    const hs_tls_extensions *extensions = &hello->extensions;
    hs_tls_u16_list list;
    hs_bytes name;
    if (hs_tls_get_supported_versions(extensions, &list)) {
        hs_tls_tell_list(trace, event, "versions", list, hs_tls_version_name);
    } else {
        hs_tls_tell_value(trace, event, "versions", hs_tls_version_name, hello->legacy_version);
    }
    if (hs_tls_get_host_name(extensions, &name)) {
        tell_bytes(trace, event, "server_name", name);
    }
    tell_alpn(trace, event, extensions);
    tell_suites(trace, event, hello->cipher_suites);
    if (hs_tls_get_supported_groups(extensions, &list)) {
        hs_tls_tell_list(trace, event, "groups", list, hs_tls_group_name);
    }
    tell_key_shares(trace, event, extensions);
    size_t identities = 0;
    hs_tls_psk_list psks;
    if (hs_tls_get_psk_identities(extensions, &identities, &psks)) {
        hs_event_add_number(trace, event, "psk_identities", (int64_t)identities);
    }
    hs_bytes ticket;
    if (hs_tls_get_session_ticket(extensions, &ticket) && ticket.len > 0) {
        hs_event_add_number(trace, event, "session_ticket", (int64_t)ticket.len);
    }
    if (hs_tls_get_early_data(extensions)) {
        hs_event_add_text(trace, event, "early_data", "offered");
    }
    tell_malformed_extension(trace, event, extensions);
}

static void tell_server_hello(hs_trace *trace, hs_event *event, const hs_tls_server_hello *hello)
{
    const hs_tls_extensions *extensions = &hello->extensions;
    uint16_t value = 0;
    hs_tls_tell_value(trace, event, "version", hs_tls_version_name,
                      hs_tls_server_hello_version(hello));
    hs_tls_tell_value(trace, event, "cipher", hs_tls_cipher_suite_name, hello->cipher_suite);
    if (hs_tls_get_selected_group(extensions, &value, NULL)) {
        hs_tls_tell_value(trace, event, "group", hs_tls_group_name, value);
    }
    if (hs_tls_get_psk_selected(extensions, &value)) {
        hs_event_add_number(trace, event, "psk_selected", value);
    }
    tell_alpn(trace, event, extensions);
    hs_bytes cookie;
    if (hs_tls_get_cookie(extensions, &cookie)) {
        hs_event_add_number(trace, event, "cookie", (int64_t)cookie.len);
    }
    uint16_t downgrade = hs_tls_server_hello_downgrade(hello);
    if (downgrade != 0) {
        hs_tls_tell_value(trace, event, "downgrade_to", hs_tls_version_name, downgrade);
    }
    tell_malformed_extension(trace, event, extensions);
}

static void tell_encrypted_extensions(hs_trace *trace, hs_event *event,
                                      const hs_tls_encrypted_extensions *message)
{
    tell_alpn(trace, event, &message->extensions);
    if (hs_tls_get_early_data(&message->extensions)) {
        hs_event_add_text(trace, event, "early_data", "accepted");
    }
    if (message->extensions.count == 0) {
        hs_event_add_number(trace, event, "extensions", 0);
    }
    tell_malformed_extension(trace, event, &message->extensions);
}

static void tell_certificate(hs_trace *trace, hs_event *event, hs_side side,
                             const hs_tls_certificate *message)
{
    hs_tls_certificate_iterator it = hs_tls_certificate_begin(message);
    hs_tls_certificate_entry leaf;
    hs_event_add_number(trace, event, "certificates", (int64_t)message->count);
    if (!hs_tls_certificate_next(&it, &leaf)) {
        return;
    }
    hs_event_add_number(trace, event, "list_bytes", (int64_t)message->certificate_list.len);
    hs_certificate parsed;
    if (side == HS_SERVER && trace->certificate_count > 0) {
        hs_event_add_text(trace, event, "subject", trace->certificates[0].subject);
        hs_event_add_text(trace, event, "key", trace->certificates[0].key);
    } else if (side == HS_CLIENT &&
               hs_certificate_parse(hs_trace_arena(trace), leaf.cert_data, &parsed) == HS_OK) {
        hs_event_add_text(trace, event, "subject", parsed.subject);
        hs_event_add_text(trace, event, "key", parsed.key);
    }
    uint8_t type = 0;
    hs_bytes response;
    if (hs_tls_get_certificate_status(&leaf.extensions, &type, &response)) {
        hs_event_add_number(trace, event, "ocsp_response", (int64_t)response.len);
    }
}

static void tell_certificate_request(hs_trace *trace, hs_event *event,
                                     const hs_tls_certificate_request *message)
{
    hs_tls_u16_list list;
    if (hs_tls_certificate_request_algorithms(message, &list)) {
        hs_tls_tell_list(trace, event, "signature_algorithms", list, hs_tls_signature_scheme_name);
    }
    if (message->certificate_authorities.len > 0) {
        hs_event_add_number(trace, event, "authorities_bytes",
                            (int64_t)message->certificate_authorities.len);
    }
}

static void tell_server_key_exchange(hs_trace *trace, hs_event *event,
                                     const hs_tls_server_key_exchange *message)
{
    if (message->form == HS_TLS_SKE_ECDHE) {
        hs_tls_tell_value(trace, event, "group", hs_tls_group_name, message->named_curve);
    }
    if (message->form == HS_TLS_SKE_DHE) {
        hs_event_add_number(trace, event, "dh_p_bits", (int64_t)message->dh_p.len * 8);
    }
    if (message->is_signed && message->algorithm != 0) {
        hs_tls_tell_value(trace, event, "signature", hs_tls_signature_scheme_name,
                          message->algorithm);
    }
    if (message->has_psk_identity_hint && message->psk_identity_hint.len > 0) {
        tell_bytes(trace, event, "psk_identity_hint", message->psk_identity_hint);
    }
}

static void tell_client_key_exchange(hs_trace *trace, hs_event *event,
                                     const hs_tls_client_key_exchange *message)
{
    if (message->has_psk_identity) {
        tell_bytes(trace, event, "psk_identity", message->psk_identity);
    }
    if (message->form != HS_TLS_CKE_RAW) {
        hs_event_add_number(trace, event, "exchange_keys", (int64_t)message->exchange_keys.len);
    }
}

static void tell_new_session_ticket(hs_trace *trace, hs_event *event,
                                    const hs_tls_new_session_ticket *message)
{
    uint32_t size = 0;
    hs_event_add_number(trace, event, "lifetime", message->ticket_lifetime);
    hs_event_add_number(trace, event, "ticket", (int64_t)message->ticket.len);
    if (message->version == HS_TLS_1_3 &&
        hs_tls_get_max_early_data_size(&message->extensions, &size)) {
        hs_event_add_number(trace, event, "max_early_data_size", size);
    }
}

static void tell_compressed_certificate(hs_trace *trace, hs_event *event,
                                        const hs_tls_compressed_certificate *message)
{
    hs_tls_tell_value(trace, event, "algorithm", hs_tls_certificate_compression_name,
                      message->algorithm);
    hs_event_add_number(trace, event, "uncompressed_length", message->uncompressed_length);
}

static void tell_key_update(hs_trace *trace, hs_event *event, const hs_tls_key_update *message)
{
    const char *name = hs_tls_key_update_request_name(message->request_update);
    if (name) {
        hs_event_add_text(trace, event, "request_update", name);
    } else {
        hs_event_add_format(trace, event, "request_update", "0x%02x", message->request_update);
    }
}

void hs_tls_tell(hs_tls_decoder *d, const hs_tls_found *found, const hs_tls_message *message,
                 hs_event *event)
{
    hs_trace *trace = d->trace;
    if (!event) {
        return;
    }
    switch (message->msg_type) {
    case HS_TLS_HS_CLIENT_HELLO:
        tell_client_hello(trace, event, &message->body.client_hello);
        break;
    case HS_TLS_HS_SERVER_HELLO:
        tell_server_hello(trace, event, &message->body.server_hello);
        break;
    case HS_TLS_HS_ENCRYPTED_EXTENSIONS:
        tell_encrypted_extensions(trace, event, &message->body.encrypted_extensions);
        break;
    case HS_TLS_HS_CERTIFICATE:
        tell_certificate(trace, event, found->direction->side, &message->body.certificate);
        break;
    case HS_TLS_HS_COMPRESSED_CERTIFICATE:
        tell_compressed_certificate(trace, event, &message->body.compressed_certificate);
        break;
    case HS_TLS_HS_CERTIFICATE_REQUEST:
        tell_certificate_request(trace, event, &message->body.certificate_request);
        break;
    case HS_TLS_HS_CERTIFICATE_VERIFY:
        if (message->body.certificate_verify.algorithm != 0) {
            hs_tls_tell_value(trace, event, "signature", hs_tls_signature_scheme_name,
                              message->body.certificate_verify.algorithm);
        }
        break;
    case HS_TLS_HS_CERTIFICATE_STATUS:
        hs_event_add_number(trace, event, "ocsp_response",
                            (int64_t)message->body.certificate_status.response.len);
        break;
    case HS_TLS_HS_SERVER_KEY_EXCHANGE:
        tell_server_key_exchange(trace, event, &message->body.server_key_exchange);
        break;
    case HS_TLS_HS_CLIENT_KEY_EXCHANGE:
        tell_client_key_exchange(trace, event, &message->body.client_key_exchange);
        break;
    case HS_TLS_HS_NEW_SESSION_TICKET:
        tell_new_session_ticket(trace, event, &message->body.new_session_ticket);
        break;
    case HS_TLS_HS_KEY_UPDATE:
        tell_key_update(trace, event, &message->body.key_update);
        break;
    default:
        break;
    }
}
