#include "wire/tls/extension_get.h"

#include "wire/tls/fields.h"

static bool get(const hs_tls_extensions *extensions, uint16_t type, hs_tls_extension_value *value)
{
    hs_tls_extension found;
    return hs_tls_extension_find(extensions, type, &found) &&
           hs_tls_extension_has_format(type, extensions->context) &&
           hs_tls_extension_value_read(&found, extensions->context, value) == HS_OK;
}

static bool is_in(const hs_tls_extensions *extensions, hs_tls_extension_context context)
{
    return extensions->context == context;
}

bool hs_tls_has_extension(const hs_tls_extensions *extensions, uint16_t type)
{
    hs_tls_extension found;
    return hs_tls_extension_find(extensions, type, &found);
}

/* Starts to read the next element; false at the end. */
static bool begin(hs_bytes left, hs_fault *fault, hs_reader *r)
{
    hs_reader_init(r, left, fault, NULL);
    return hs_reader_left(r) > 0;
}

static bool end(const hs_reader *r, hs_bytes *left)
{
    *left = hs_tls_peek(r);
    return hs_reader_ok(r);
}

bool hs_tls_u16_next(hs_tls_u16_list *list, uint16_t *value)
{
    hs_fault fault;
    hs_reader r;
    if (!begin(list->left, &fault, &r)) {
        return false;
    }
    *value = hs_read_u16(&r, "value");
    return end(&r, &list->left);
}

bool hs_tls_opaque_next(hs_tls_opaque_list *list, hs_bytes *value)
{
    hs_fault fault;
    hs_reader r;
    if (!begin(list->left, &fault, &r)) {
        return false;
    }
    *value = hs_tls_read_opaque(&r, list->prefix, "value");
    return end(&r, &list->left);
}

bool hs_tls_key_share_next(hs_tls_key_share_list *list, hs_tls_key_share_entry *entry)
{
    hs_fault fault;
    hs_reader r;
    if (!begin(list->left, &fault, &r)) {
        return false;
    }
    entry->group = hs_read_u16(&r, "group");
    entry->key_exchange = hs_tls_read_opaque(&r, 2, "key_exchange");
    return end(&r, &list->left);
}

bool hs_tls_psk_next(hs_tls_psk_list *list, hs_tls_psk_identity *identity)
{
    hs_fault fault;
    hs_reader r;
    if (!begin(list->left, &fault, &r)) {
        return false;
    }
    identity->identity = hs_tls_read_opaque(&r, 2, "identity");
    identity->obfuscated_ticket_age = hs_read_u32(&r, "obfuscated_ticket_age");
    return end(&r, &list->left);
}

static bool get_u16_list(const hs_tls_extensions *extensions, uint16_t type, hs_tls_u16_list *list)
{
    hs_tls_extension_value value;
    if (!get(extensions, type, &value)) {
        return false;
    }
    list->left = value.list;
    return true;
}

static bool get_bytes(const hs_tls_extensions *extensions, uint16_t type, hs_bytes *bytes)
{
    hs_tls_extension_value value;
    if (!get(extensions, type, &value)) {
        return false;
    }
    *bytes = value.bytes;
    return true;
}

static bool get_u16(const hs_tls_extensions *extensions, uint16_t type, uint16_t *number)
{
    hs_tls_extension_value value;
    if (!get(extensions, type, &value)) {
        return false;
    }
    *number = (uint16_t)value.number;
    return true;
}

bool hs_tls_get_host_name(const hs_tls_extensions *extensions, hs_bytes *host_name)
{
    hs_tls_extension_value value;
    if (!is_in(extensions, HS_TLS_IN_CLIENT_HELLO) ||
        !get(extensions, HS_TLS_EXT_SERVER_NAME, &value) || !value.bytes.data) {
        return false;
    }
    *host_name = value.bytes;
    return true;
}

bool hs_tls_get_alpn_list(const hs_tls_extensions *extensions, hs_tls_opaque_list *list)
{
    hs_tls_extension_value value;
    if (!get(extensions, HS_TLS_EXT_APPLICATION_LAYER_PROTOCOL_NEGOTIATION, &value)) {
        return false;
    }
    *list = (hs_tls_opaque_list){.left = value.list, .prefix = 1};
    return true;
}

bool hs_tls_get_alpn_first(const hs_tls_extensions *extensions, hs_bytes *protocol)
{
    hs_tls_opaque_list list;
    return hs_tls_get_alpn_list(extensions, &list) && hs_tls_opaque_next(&list, protocol);
}

bool hs_tls_get_supported_versions(const hs_tls_extensions *extensions, hs_tls_u16_list *list)
{
    return is_in(extensions, HS_TLS_IN_CLIENT_HELLO) &&
           get_u16_list(extensions, HS_TLS_EXT_SUPPORTED_VERSIONS, list);
}

bool hs_tls_get_selected_version(const hs_tls_extensions *extensions, uint16_t *version)
{
    return !is_in(extensions, HS_TLS_IN_CLIENT_HELLO) &&
           get_u16(extensions, HS_TLS_EXT_SUPPORTED_VERSIONS, version);
}

bool hs_tls_get_supported_groups(const hs_tls_extensions *extensions, hs_tls_u16_list *list)
{
    return get_u16_list(extensions, HS_TLS_EXT_SUPPORTED_GROUPS, list);
}

bool hs_tls_get_signature_algorithms(const hs_tls_extensions *extensions, hs_tls_u16_list *list)
{
    return get_u16_list(extensions, HS_TLS_EXT_SIGNATURE_ALGORITHMS, list);
}

bool hs_tls_get_signature_algorithms_cert(const hs_tls_extensions *extensions,
                                          hs_tls_u16_list *list)
{
    return get_u16_list(extensions, HS_TLS_EXT_SIGNATURE_ALGORITHMS_CERT, list);
}

/* The drafts of TLS 1.3 before 23 had another number for it. */
static bool get_key_share(const hs_tls_extensions *extensions, hs_tls_extension_value *value)
{
    return get(extensions, HS_TLS_EXT_KEY_SHARE, value) ||
           get(extensions, HS_TLS_EXT_KEY_SHARE_DRAFT, value);
}

bool hs_tls_get_key_shares(const hs_tls_extensions *extensions, hs_tls_key_share_list *list)
{
    hs_tls_extension_value value;
    if (!is_in(extensions, HS_TLS_IN_CLIENT_HELLO) || !get_key_share(extensions, &value)) {
        return false;
    }
    list->left = value.list;
    return true;
}

bool hs_tls_get_selected_group(const hs_tls_extensions *extensions, uint16_t *group,
                               hs_bytes *key_exchange)
{
    hs_tls_extension_value value;
    if (is_in(extensions, HS_TLS_IN_CLIENT_HELLO) || !get_key_share(extensions, &value)) {
        return false;
    }
    *group = (uint16_t)value.number;
    if (key_exchange) {
        *key_exchange = value.bytes;
    }
    return true;
}

bool hs_tls_get_psk_identities(const hs_tls_extensions *extensions, size_t *count,
                               hs_tls_psk_list *list)
{
    hs_tls_extension_value value;
    if (!is_in(extensions, HS_TLS_IN_CLIENT_HELLO) ||
        !get(extensions, HS_TLS_EXT_PRE_SHARED_KEY, &value)) {
        return false;
    }
    *count = value.count;
    list->left = value.list;
    return true;
}

bool hs_tls_get_psk_selected(const hs_tls_extensions *extensions, uint16_t *selected_identity)
{
    return !is_in(extensions, HS_TLS_IN_CLIENT_HELLO) &&
           get_u16(extensions, HS_TLS_EXT_PRE_SHARED_KEY, selected_identity);
}

bool hs_tls_get_early_data(const hs_tls_extensions *extensions)
{
    hs_tls_extension_value value;
    return !is_in(extensions, HS_TLS_IN_NEW_SESSION_TICKET) &&
           get(extensions, HS_TLS_EXT_EARLY_DATA, &value);
}

bool hs_tls_get_max_early_data_size(const hs_tls_extensions *extensions, uint32_t *size)
{
    hs_tls_extension_value value;
    if (!is_in(extensions, HS_TLS_IN_NEW_SESSION_TICKET) ||
        !get(extensions, HS_TLS_EXT_EARLY_DATA, &value)) {
        return false;
    }
    *size = value.number;
    return true;
}

bool hs_tls_get_cookie(const hs_tls_extensions *extensions, hs_bytes *cookie)
{
    return get_bytes(extensions, HS_TLS_EXT_COOKIE, cookie);
}

bool hs_tls_get_status_request(const hs_tls_extensions *extensions, uint8_t *status_type)
{
    hs_tls_extension_value value;
    if (!is_in(extensions, HS_TLS_IN_CLIENT_HELLO) ||
        !get(extensions, HS_TLS_EXT_STATUS_REQUEST, &value)) {
        return false;
    }
    *status_type = (uint8_t)value.number;
    return true;
}

bool hs_tls_get_certificate_status(const hs_tls_extensions *extensions, uint8_t *status_type,
                                   hs_bytes *response)
{
    hs_tls_extension_value value;
    if (!is_in(extensions, HS_TLS_IN_CERTIFICATE) ||
        !get(extensions, HS_TLS_EXT_STATUS_REQUEST, &value)) {
        return false;
    }
    *status_type = (uint8_t)value.number;
    *response = value.bytes;
    return true;
}

bool hs_tls_get_session_ticket(const hs_tls_extensions *extensions, hs_bytes *ticket)
{
    return get_bytes(extensions, HS_TLS_EXT_SESSION_TICKET, ticket);
}

bool hs_tls_get_record_size_limit(const hs_tls_extensions *extensions, uint16_t *limit)
{
    return get_u16(extensions, HS_TLS_EXT_RECORD_SIZE_LIMIT, limit);
}

bool hs_tls_get_max_fragment_length(const hs_tls_extensions *extensions, uint8_t *code)
{
    uint16_t number = 0;
    if (!get_u16(extensions, HS_TLS_EXT_MAX_FRAGMENT_LENGTH, &number)) {
        return false;
    }
    *code = (uint8_t)number;
    return true;
}

bool hs_tls_get_psk_key_exchange_modes(const hs_tls_extensions *extensions, hs_bytes *modes)
{
    hs_tls_extension_value value;
    if (!get(extensions, HS_TLS_EXT_PSK_KEY_EXCHANGE_MODES, &value)) {
        return false;
    }
    *modes = value.list;
    return true;
}

bool hs_tls_get_quic_transport_parameters(const hs_tls_extensions *extensions, hs_bytes *body)
{
    return get_bytes(extensions, HS_TLS_EXT_QUIC_TRANSPORT_PARAMETERS, body) ||
           get_bytes(extensions, HS_TLS_EXT_QUIC_TRANSPORT_PARAMETERS_DRAFT, body);
}
