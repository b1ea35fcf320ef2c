/* Which extension has which body where: one row each (RFC 8446 4.2, and IANA's "TLS ExtensionType
 * Values"), sorted by type. An extension without a row is kept raw. */
#include "wire/tls/extension_registry.h"

#include "wire/tls/names.h"

typedef hs_tls_extension_format format;

#define SHAPE(shape, ...)                                                                          \
    {                                                                                              \
        hs_tls_read_##shape, hs_tls_write_##shape, __VA_ARGS__                                     \
    }
#define BODY(shape)                                                                                \
    {                                                                                              \
        .read = hs_tls_read_##shape, .write = hs_tls_write_##shape                                 \
    }

static const format raw = SHAPE(shape_rest, .list = "extension_data");
static const format empty = BODY(shape_empty);

static const format server_name_list = BODY(server_name_list);
static const format max_fragment_length = SHAPE(shape_u8, .list = "max_fragment_length",
                                                .name_u8 = hs_tls_max_fragment_length_name);
static const format status_request = BODY(status_request);
static const format status_request_optional = BODY(status_request_optional);
static const format status_request_v2 = BODY(status_request_v2);
static const format certificate_status = BODY(certificate_status_body);
static const format authz_format_list = SHAPE(shape_list8_u8, .list = "authz_format_list",
                                              .item = "authz_format");
static const format cert_type_list = SHAPE(shape_list8_u8, .list = "certificate_types",
                                           .item = "certificate_type",
                                           .name_u8 = hs_tls_certificate_type_name);
static const format cert_type = SHAPE(shape_u8, .list = "certificate_type",
                                      .name_u8 = hs_tls_certificate_type_name);
static const format named_group_list = SHAPE(shape_list16_u16, .list = "named_group_list",
                                             .item = "named_group", .name_u16 = hs_tls_group_name);
static const format ec_point_format_list = SHAPE(shape_list8_u8, .list = "ec_point_format_list",
                                                 .item = "ec_point_format",
                                                 .name_u8 = hs_tls_ec_point_format_name);
static const format srp_identity = SHAPE(shape_opaque8, .list = "srp_I");
static const format signature_algorithms = SHAPE(
    shape_list16_u16, .list = "supported_signature_algorithms", .item = "signature_scheme",
    .name_u16 = hs_tls_signature_scheme_name);
static const format use_srtp = BODY(use_srtp);
static const format heartbeat_mode = SHAPE(shape_u8, .list = "mode",
                                           .name_u8 = hs_tls_heartbeat_mode_name);
static const format protocol_name_list = SHAPE(shape_list16_opaque8, .list = "protocol_name_list",
                                               .item = "ProtocolName");
static const format sct_list = SHAPE(shape_list16_opaque16, .list = "sct_list",
                                     .item = "SerializedSCT");
static const format trans_item_list = SHAPE(shape_list16_opaque16, .list = "trans_item_list",
                                            .item = "SerializedTransItem");
static const format padding = SHAPE(shape_rest, .list = "padding");
static const format token_binding = BODY(token_binding);
static const format compression_algorithms = SHAPE(shape_list8_u16, .list = "algorithms",
                                                   .item = "algorithm",
                                                   .name_u16 = hs_tls_certificate_compression_name);
static const format record_size_limit = SHAPE(shape_u16, .list = "record_size_limit");
static const format delegated_credential = BODY(delegated_credential);
static const format session_ticket = SHAPE(shape_rest, .list = "ticket");
static const format offered_psks = BODY(offered_psks);
static const format selected_identity = SHAPE(shape_u16, .list = "selected_identity");
static const format max_early_data_size = SHAPE(shape_u32, .list = "max_early_data_size");
static const format supported_versions = SHAPE(shape_list8_u16, .list = "versions",
                                               .item = "version", .name_u16 = hs_tls_version_name);
static const format selected_version = SHAPE(shape_u16, .list = "selected_version",
                                             .name_u16 = hs_tls_version_name);
static const format cookie = SHAPE(shape_opaque16, .list = "cookie");
static const format ke_modes = SHAPE(shape_list8_u8, .list = "ke_modes", .item = "ke_mode",
                                     .name_u8 = hs_tls_psk_key_exchange_mode_name);
static const format authorities = SHAPE(shape_list16_opaque16, .list = "authorities",
                                        .item = "DistinguishedName");
static const format oid_filters = BODY(oid_filters);
static const format key_share_client = BODY(key_share_client);
static const format key_share_server = BODY(key_share_server);
static const format selected_group = SHAPE(shape_u16, .list = "selected_group",
                                           .name_u16 = hs_tls_group_name);
static const format connection_id = SHAPE(shape_opaque8, .list = "cid");
static const format binding_hash = SHAPE(shape_opaque8, .list = "binding_hash");
static const format session_id = SHAPE(shape_opaque8, .list = "session_id");
static const format transport_parameters = BODY(quic_transport_parameters);
static const format ticket_request = BODY(ticket_request);
static const format expected_count = SHAPE(shape_u8, .list = "expected_count");
static const format port_number = SHAPE(shape_u16, .list = "port_number");
static const format flags = SHAPE(shape_opaque8, .list = "flags");
static const format next_protocols = SHAPE(shape_rest_opaque8, .item = "protocol_name");
static const format trust_anchors = SHAPE(shape_list16_opaque8, .list = "trust_anchor_list",
                                          .item = "TrustAnchorID");
static const format settings = SHAPE(shape_rest, .list = "settings");
static const format outer_extensions = SHAPE(shape_list8_u16, .list = "OuterExtensions",
                                             .item = "ExtensionType",
                                             .name_u16 = hs_tls_extension_name);
static const format ech_client_hello = BODY(ech_client_hello);
static const format ech_confirmation = BODY(ech_confirmation);
static const format retry_configs = SHAPE(shape_opaque16, .list = "retry_configs");
static const format renegotiated_connection = SHAPE(shape_opaque8,
                                                    .list = "renegotiated_connection");

#define CH [HS_TLS_IN_CLIENT_HELLO]
#define SH [HS_TLS_IN_SERVER_HELLO]
#define HRR [HS_TLS_IN_HELLO_RETRY_REQUEST]
#define EE [HS_TLS_IN_ENCRYPTED_EXTENSIONS]
#define CR [HS_TLS_IN_CERTIFICATE_REQUEST]
#define CT [HS_TLS_IN_CERTIFICATE]
#define NST [HS_TLS_IN_NEW_SESSION_TICKET]
#define ROW(symbol, ...)                                                                           \
    {                                                                                              \
        HS_TLS_EXT_##symbol,                                                                       \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define PLACE(symbol, ...) [HS_TLS_EXT_##symbol] = ROW(symbol, __VA_ARGS__)

/* clang-format off */
/* The low numbers, which most extensions have, each at its own place; a place that is left free has
 * no form. */
static const hs_tls_extension_descriptor low_types[] = {
    PLACE(SERVER_NAME, CH = &server_name_list, SH = &empty, EE = &empty),
    PLACE(MAX_FRAGMENT_LENGTH, CH = &max_fragment_length, SH = &max_fragment_length,
        EE = &max_fragment_length),
    PLACE(CLIENT_CERTIFICATE_URL, CH = &empty, SH = &empty),
    PLACE(TRUNCATED_HMAC, CH = &empty, SH = &empty),
    PLACE(STATUS_REQUEST, CH = &status_request, SH = &empty, CR = &status_request_optional,
        CT = &certificate_status),
    PLACE(CLIENT_AUTHZ, CH = &authz_format_list, SH = &authz_format_list),
    PLACE(SERVER_AUTHZ, CH = &authz_format_list, SH = &authz_format_list),
    PLACE(CERT_TYPE, CH = &cert_type_list, SH = &cert_type),
    PLACE(SUPPORTED_GROUPS, CH = &named_group_list, SH = &named_group_list, EE = &named_group_list),
    PLACE(EC_POINT_FORMATS, CH = &ec_point_format_list, SH = &ec_point_format_list),
    PLACE(SRP, CH = &srp_identity),
    PLACE(SIGNATURE_ALGORITHMS, CH = &signature_algorithms, CR = &signature_algorithms),
    PLACE(USE_SRTP, CH = &use_srtp, SH = &use_srtp, EE = &use_srtp),
    PLACE(HEARTBEAT, CH = &heartbeat_mode, SH = &heartbeat_mode, EE = &heartbeat_mode),
    PLACE(APPLICATION_LAYER_PROTOCOL_NEGOTIATION, CH = &protocol_name_list, SH = &protocol_name_list,
        EE = &protocol_name_list),
    PLACE(STATUS_REQUEST_V2, CH = &status_request_v2, SH = &empty),
    PLACE(SIGNED_CERTIFICATE_TIMESTAMP, CH = &empty, SH = &sct_list, CR = &empty, CT = &sct_list),
    PLACE(CLIENT_CERTIFICATE_TYPE, CH = &cert_type_list, SH = &cert_type, EE = &cert_type),
    PLACE(SERVER_CERTIFICATE_TYPE, CH = &cert_type_list, SH = &cert_type, EE = &cert_type),
    PLACE(PADDING, CH = &padding),
    PLACE(ENCRYPT_THEN_MAC, CH = &empty, SH = &empty),
    PLACE(EXTENDED_MASTER_SECRET, CH = &empty, SH = &empty),
    PLACE(TOKEN_BINDING, CH = &token_binding, SH = &token_binding, EE = &token_binding),
    PLACE(COMPRESS_CERTIFICATE, CH = &compression_algorithms, CR = &compression_algorithms),
    PLACE(RECORD_SIZE_LIMIT, CH = &record_size_limit, SH = &record_size_limit,
        EE = &record_size_limit),
    PLACE(TLS_CERT_WITH_EXTERN_PSK, CH = &empty, SH = &empty),
    PLACE(DELEGATED_CREDENTIAL, CH = &signature_algorithms, CR = &signature_algorithms,
        CT = &delegated_credential),
    PLACE(SESSION_TICKET, CH = &session_ticket, SH = &session_ticket),
    PLACE(KEY_SHARE_DRAFT, CH = &key_share_client, SH = &key_share_server),
    PLACE(PRE_SHARED_KEY, CH = &offered_psks, SH = &selected_identity),
    PLACE(EARLY_DATA, CH = &empty, EE = &empty, NST = &max_early_data_size),
    PLACE(SUPPORTED_VERSIONS, CH = &supported_versions, SH = &selected_version,
        HRR = &selected_version),
    PLACE(COOKIE, CH = &cookie, HRR = &cookie),
    PLACE(PSK_KEY_EXCHANGE_MODES, CH = &ke_modes),
    PLACE(CERTIFICATE_AUTHORITIES, CH = &authorities, CR = &authorities),
    PLACE(OID_FILTERS, CR = &oid_filters),
    PLACE(POST_HANDSHAKE_AUTH, CH = &empty),
    PLACE(SIGNATURE_ALGORITHMS_CERT, CH = &signature_algorithms, CR = &signature_algorithms),
    PLACE(KEY_SHARE, CH = &key_share_client, SH = &key_share_server, HRR = &selected_group),
    PLACE(TRANSPARENCY_INFO, CH = &empty, SH = &trans_item_list, CR = &empty, CT = &trans_item_list),
    PLACE(CONNECTION_ID, CH = &connection_id, SH = &connection_id, EE = &connection_id),
    PLACE(EXTERNAL_ID_HASH, CH = &binding_hash, SH = &binding_hash, EE = &binding_hash),
    PLACE(EXTERNAL_SESSION_ID, CH = &session_id, SH = &session_id, EE = &session_id),
    PLACE(QUIC_TRANSPORT_PARAMETERS, CH = &transport_parameters, EE = &transport_parameters),
    PLACE(TICKET_REQUEST, CH = &ticket_request, EE = &expected_count),
    PLACE(DNSSEC_CHAIN, CH = &port_number),
    PLACE(TLS_FLAGS, CH = &flags, SH = &flags, EE = &flags, CR = &flags, CT = &flags, NST = &flags),
};

/* The others, sorted. */
static const hs_tls_extension_descriptor high_types[] = {
    ROW(NEXT_PROTOCOL_NEGOTIATION, CH = &empty, SH = &next_protocols),
    ROW(APPLICATION_SETTINGS_OLD, CH = &protocol_name_list, EE = &settings),
    ROW(APPLICATION_SETTINGS, CH = &protocol_name_list, EE = &settings),
    ROW(CHANNEL_ID_OLD, CH = &empty, SH = &empty),
    ROW(CHANNEL_ID, CH = &empty, SH = &empty),
    ROW(TRUST_ANCHORS, CH = &trust_anchors, EE = &trust_anchors, CT = &empty),
    ROW(ECH_OUTER_EXTENSIONS, CH = &outer_extensions),
    ROW(ENCRYPTED_CLIENT_HELLO, CH = &ech_client_hello, HRR = &ech_confirmation,
        EE = &retry_configs),
    ROW(RENEGOTIATION_INFO, CH = &renegotiated_connection, SH = &renegotiated_connection),
    ROW(QUIC_TRANSPORT_PARAMETERS_DRAFT, CH = &transport_parameters, EE = &transport_parameters),
};
/* clang-format on */

static const hs_tls_extension_descriptor *find_high(uint16_t type)
{
    size_t low = 0;
    size_t high = sizeof high_types / sizeof high_types[0];
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (high_types[middle].type == type) {
            return &high_types[middle];
        }
        if (high_types[middle].type < type) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const hs_tls_extension_format *hs_tls_extension_format_find(uint16_t type,
                                                            hs_tls_extension_context context)
{
    const hs_tls_extension_descriptor *found = type < sizeof low_types / sizeof low_types[0]
                                                   ? &low_types[type]
                                                   : find_high(type);
    const format *form = found ? found->format[context] : NULL;
    return form ? form : &raw;
}

bool hs_tls_extension_has_format(uint16_t type, hs_tls_extension_context context)
{
    return hs_tls_extension_format_find(type, context) != &raw;
}
