/* The extensions of TLS: one registry of descriptors, and one way to walk and find them.
 *
 * To add an extension is one row in the table of extension_registry.c; a body of a new shape has
 * its reader and writer in a file extension_*.c. A body that does not follow its format does not
 * spoil the message around it: it is kept raw, and its fault is kept beside it.
 */
#ifndef HS_WIRE_TLS_EXTENSION_H
#define HS_WIRE_TLS_EXTENSION_H

#include "base/reader.h"
#include "base/writer.h"

/* X(symbol, number, RFC name) */
#define HS_TLS_EXTENSION_TYPE_MAP(X)                                                               \
    X(SERVER_NAME, 0, "server_name")                                                               \
    X(MAX_FRAGMENT_LENGTH, 1, "max_fragment_length")                                               \
    X(CLIENT_CERTIFICATE_URL, 2, "client_certificate_url")                                         \
    X(TRUSTED_CA_KEYS, 3, "trusted_ca_keys")                                                       \
    X(TRUNCATED_HMAC, 4, "truncated_hmac")                                                         \
    X(STATUS_REQUEST, 5, "status_request")                                                         \
    X(USER_MAPPING, 6, "user_mapping")                                                             \
    X(CLIENT_AUTHZ, 7, "client_authz")                                                             \
    X(SERVER_AUTHZ, 8, "server_authz")                                                             \
    X(CERT_TYPE, 9, "cert_type")                                                                   \
    X(SUPPORTED_GROUPS, 10, "supported_groups")                                                    \
    X(EC_POINT_FORMATS, 11, "ec_point_formats")                                                    \
    X(SRP, 12, "srp")                                                                              \
    X(SIGNATURE_ALGORITHMS, 13, "signature_algorithms")                                            \
    X(USE_SRTP, 14, "use_srtp")                                                                    \
    X(HEARTBEAT, 15, "heartbeat")                                                                  \
    X(APPLICATION_LAYER_PROTOCOL_NEGOTIATION, 16, "application_layer_protocol_negotiation")        \
    X(STATUS_REQUEST_V2, 17, "status_request_v2")                                                  \
    X(SIGNED_CERTIFICATE_TIMESTAMP, 18, "signed_certificate_timestamp")                            \
    X(CLIENT_CERTIFICATE_TYPE, 19, "client_certificate_type")                                      \
    X(SERVER_CERTIFICATE_TYPE, 20, "server_certificate_type")                                      \
    X(PADDING, 21, "padding")                                                                      \
    X(ENCRYPT_THEN_MAC, 22, "encrypt_then_mac")                                                    \
    X(EXTENDED_MASTER_SECRET, 23, "extended_master_secret")                                        \
    X(TOKEN_BINDING, 24, "token_binding")                                                          \
    X(CACHED_INFO, 25, "cached_info")                                                              \
    X(TLS_LTS, 26, "tls_lts")                                                                      \
    X(COMPRESS_CERTIFICATE, 27, "compress_certificate")                                            \
    X(RECORD_SIZE_LIMIT, 28, "record_size_limit")                                                  \
    X(PWD_PROTECT, 29, "pwd_protect")                                                              \
    X(PWD_CLEAR, 30, "pwd_clear")                                                                  \
    X(PASSWORD_SALT, 31, "password_salt")                                                          \
    X(TICKET_PINNING, 32, "ticket_pinning")                                                        \
    X(TLS_CERT_WITH_EXTERN_PSK, 33, "tls_cert_with_extern_psk")                                    \
    X(DELEGATED_CREDENTIAL, 34, "delegated_credential")                                            \
    X(SESSION_TICKET, 35, "session_ticket")                                                        \
    X(TLMSP, 36, "TLMSP")                                                                          \
    X(TLMSP_PROXYING, 37, "TLMSP_proxying")                                                        \
    X(TLMSP_DELEGATE, 38, "TLMSP_delegate")                                                        \
    X(SUPPORTED_EKT_CIPHERS, 39, "supported_ekt_ciphers")                                          \
    X(KEY_SHARE_DRAFT, 40, "key_share_draft")                                                      \
    X(PRE_SHARED_KEY, 41, "pre_shared_key")                                                        \
    X(EARLY_DATA, 42, "early_data")                                                                \
    X(SUPPORTED_VERSIONS, 43, "supported_versions")                                                \
    X(COOKIE, 44, "cookie")                                                                        \
    X(PSK_KEY_EXCHANGE_MODES, 45, "psk_key_exchange_modes")                                        \
    X(CERTIFICATE_AUTHORITIES, 47, "certificate_authorities")                                      \
    X(OID_FILTERS, 48, "oid_filters")                                                              \
    X(POST_HANDSHAKE_AUTH, 49, "post_handshake_auth")                                              \
    X(SIGNATURE_ALGORITHMS_CERT, 50, "signature_algorithms_cert")                                  \
    X(KEY_SHARE, 51, "key_share")                                                                  \
    X(TRANSPARENCY_INFO, 52, "transparency_info")                                                  \
    X(CONNECTION_ID_DEPRECATED, 53, "connection_id_deprecated")                                    \
    X(CONNECTION_ID, 54, "connection_id")                                                          \
    X(EXTERNAL_ID_HASH, 55, "external_id_hash")                                                    \
    X(EXTERNAL_SESSION_ID, 56, "external_session_id")                                              \
    X(QUIC_TRANSPORT_PARAMETERS, 57, "quic_transport_parameters")                                  \
    X(TICKET_REQUEST, 58, "ticket_request")                                                        \
    X(DNSSEC_CHAIN, 59, "dnssec_chain")                                                            \
    X(SEQUENCE_NUMBER_ENCRYPTION_ALGORITHMS, 60, "sequence_number_encryption_algorithms")          \
    X(RRC, 61, "rrc")                                                                              \
    X(TLS_FLAGS, 62, "tls_flags")                                                                  \
    X(NEXT_PROTOCOL_NEGOTIATION, 13172, "next_protocol_negotiation")                               \
    X(APPLICATION_SETTINGS_OLD, 17513, "application_settings_old")                                 \
    X(APPLICATION_SETTINGS, 17613, "application_settings")                                         \
    X(CHANNEL_ID_OLD, 30031, "channel_id_old")                                                     \
    X(CHANNEL_ID, 30032, "channel_id")                                                             \
    X(TRUST_ANCHORS, 0xca34, "trust_anchors")                                                      \
    X(ECH_OUTER_EXTENSIONS, 0xfd00, "ech_outer_extensions")                                        \
    X(ENCRYPTED_CLIENT_HELLO, 0xfe0d, "encrypted_client_hello")                                    \
    X(RENEGOTIATION_INFO, 0xff01, "renegotiation_info")                                            \
    X(QUIC_TRANSPORT_PARAMETERS_DRAFT, 0xffa5, "quic_transport_parameters_draft")

typedef enum hs_tls_extension_type {
#define HS_X(symbol, number, name) HS_TLS_EXT_##symbol = number,
    HS_TLS_EXTENSION_TYPE_MAP(HS_X)
#undef HS_X
} hs_tls_extension_type;

/* Where an extension stands: its body's form depends on it (RFC 8446 4.2). */
typedef enum hs_tls_extension_context {
    HS_TLS_IN_CLIENT_HELLO,
    HS_TLS_IN_SERVER_HELLO, /* of every version */
    HS_TLS_IN_HELLO_RETRY_REQUEST,
    HS_TLS_IN_ENCRYPTED_EXTENSIONS,
    HS_TLS_IN_CERTIFICATE_REQUEST,
    HS_TLS_IN_CERTIFICATE,
    HS_TLS_IN_NEW_SESSION_TICKET,
    HS_TLS_EXTENSION_CONTEXT_COUNT
} hs_tls_extension_context;

/* What a body says, in the few shapes that bodies have. Which members an extension uses stands in
 * extension_get.h and beside their readers; the others are empty. */
typedef struct hs_tls_extension_value {
    uint32_t number; /* a choice, a version, a limit */
    size_t count;    /* of the elements in `list` */
    hs_bytes list;   /* elements as on the wire, without the list's length prefix */
    hs_bytes bytes;  /* opaque content, without its length prefix */
    hs_bytes extra;  /* a second opaque content or list */
} hs_tls_extension_value;

/* One extension as it stands in its block. */
typedef struct hs_tls_extension {
    uint16_t type;
    hs_bytes data;
    size_t index; /* 0 for the first */
} hs_tls_extension;

/* A block of extensions. */
typedef struct hs_tls_extensions {
    bool present; /* before TLS 1.3 the block may be absent */
    hs_tls_extension_context context;
    hs_bytes bytes; /* of all of them, without the block's length prefix */
    size_t count;
    bool is_indexed; /* by reading: `kinds` has a bit for each extension, its type modulo 64 */
    uint64_t kinds;
    size_t malformed;        /* how many have a body that does not follow its format */
    uint16_t malformed_type; /* the first of those, with its fault */
    hs_fault fault;
} hs_tls_extensions;

/* Reads a block with its length prefix, walking every body. */
void hs_tls_extensions_read(hs_reader *r, hs_tls_extension_context context, hs_tls_extensions *out);
/* Writes the block with its length prefix, unless it is not present. */
void hs_tls_extensions_write(hs_writer *w, const hs_tls_extensions *extensions);

typedef struct hs_tls_extension_iterator {
    hs_bytes left;
    size_t index;
} hs_tls_extension_iterator;

/* for (it = hs_tls_extensions_begin(&e); hs_tls_extension_next(&it, &x);) in wire order. */
hs_tls_extension_iterator hs_tls_extensions_begin(const hs_tls_extensions *extensions);
bool hs_tls_extension_next(hs_tls_extension_iterator *it, hs_tls_extension *out);
/* The first of that type. */
bool hs_tls_extension_find(const hs_tls_extensions *extensions, uint16_t type,
                           hs_tls_extension *out);

/* Whether the registry knows a form for this body; for the others `value->bytes` is the whole body.
 */
bool hs_tls_extension_has_format(uint16_t type, hs_tls_extension_context context);
/* Reads a body. HS_MALFORMED where it does not follow its format. */
HS_CHECKED hs_result hs_tls_extension_value_read(const hs_tls_extension *extension,
                                                 hs_tls_extension_context context,
                                                 hs_tls_extension_value *out);
/* The same with notes; the reader holds the body alone. */
void hs_tls_extension_body_read(hs_reader *r, uint16_t type, hs_tls_extension_context context,
                                hs_tls_extension_value *out);
/* Writes one extension: type, length and body. */
void hs_tls_extension_write(hs_writer *w, uint16_t type, hs_tls_extension_context context,
                            const hs_tls_extension_value *value);
/* One extension around what the caller writes. */
hs_block hs_tls_extension_open(hs_writer *w, uint16_t type);

/* "key_share"; "GREASE"; NULL for what has no name. */
const char *hs_tls_extension_name(uint16_t type);

#endif
