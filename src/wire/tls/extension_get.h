/* What a decoder asks of an extensions block, by type. Each returns false where the extension is
 * absent, has another form in this context, or does not follow its format; the outputs are then
 * untouched. */
#ifndef HS_WIRE_TLS_EXTENSION_GET_H
#define HS_WIRE_TLS_EXTENSION_GET_H

#include "wire/tls/extension.h"

/* A list of 16-bit values: walk it with hs_tls_u16_next. */
typedef struct hs_tls_u16_list {
    hs_bytes left;
} hs_tls_u16_list;

bool hs_tls_u16_next(hs_tls_u16_list *list, uint16_t *value);

/* A list of byte strings with a length prefix each. */
typedef struct hs_tls_opaque_list {
    hs_bytes left;
    unsigned prefix; /* 1 or 2 */
} hs_tls_opaque_list;

bool hs_tls_opaque_next(hs_tls_opaque_list *list, hs_bytes *value);

/* SNI's first host_name, as the bytes that were sent (ClientHello). */
bool hs_tls_get_host_name(const hs_tls_extensions *extensions, hs_bytes *host_name);
/* ALPN: all that are offered; of a server's answer, the one. */
bool hs_tls_get_alpn_list(const hs_tls_extensions *extensions, hs_tls_opaque_list *list);
bool hs_tls_get_alpn_first(const hs_tls_extensions *extensions, hs_bytes *protocol);
/* supported_versions: offered (ClientHello), selected (ServerHello, HelloRetryRequest). */
bool hs_tls_get_supported_versions(const hs_tls_extensions *extensions, hs_tls_u16_list *list);
bool hs_tls_get_selected_version(const hs_tls_extensions *extensions, uint16_t *version);
bool hs_tls_get_supported_groups(const hs_tls_extensions *extensions, hs_tls_u16_list *list);
bool hs_tls_get_signature_algorithms(const hs_tls_extensions *extensions, hs_tls_u16_list *list);
bool hs_tls_get_signature_algorithms_cert(const hs_tls_extensions *extensions,
                                          hs_tls_u16_list *list);

/* key_share: the client's entries; the group that a ServerHello or HelloRetryRequest selects. */
typedef struct hs_tls_key_share_entry {
    uint16_t group;
    hs_bytes key_exchange;
} hs_tls_key_share_entry;

typedef struct hs_tls_key_share_list {
    hs_bytes left;
} hs_tls_key_share_list;

bool hs_tls_get_key_shares(const hs_tls_extensions *extensions, hs_tls_key_share_list *list);
bool hs_tls_key_share_next(hs_tls_key_share_list *list, hs_tls_key_share_entry *entry);
/* `key_exchange` may be NULL; it is empty in a HelloRetryRequest. */
bool hs_tls_get_selected_group(const hs_tls_extensions *extensions, uint16_t *group,
                               hs_bytes *key_exchange);

/* pre_shared_key: the client's identities, what the server chose of them. */
typedef struct hs_tls_psk_identity {
    hs_bytes identity;
    uint32_t obfuscated_ticket_age;
} hs_tls_psk_identity;

typedef struct hs_tls_psk_list {
    hs_bytes left;
} hs_tls_psk_list;

bool hs_tls_get_psk_identities(const hs_tls_extensions *extensions, size_t *count,
                               hs_tls_psk_list *list);
bool hs_tls_psk_next(hs_tls_psk_list *list, hs_tls_psk_identity *identity);
bool hs_tls_get_psk_selected(const hs_tls_extensions *extensions, uint16_t *selected_identity);

/* early_data is there (ClientHello, EncryptedExtensions); its limit (NewSessionTicket). */
bool hs_tls_get_early_data(const hs_tls_extensions *extensions);
bool hs_tls_get_max_early_data_size(const hs_tls_extensions *extensions, uint32_t *size);

bool hs_tls_get_cookie(const hs_tls_extensions *extensions, hs_bytes *cookie);
/* The client asks for a stapled status. */
bool hs_tls_get_status_request(const hs_tls_extensions *extensions, uint8_t *status_type);
/* A TLS 1.3 Certificate entry carries one: the DER OCSPResponse. */
bool hs_tls_get_certificate_status(const hs_tls_extensions *extensions, uint8_t *status_type,
                                   hs_bytes *response);
/* RFC 5077: offered (empty: asks for one) or granted. */
bool hs_tls_get_session_ticket(const hs_tls_extensions *extensions, hs_bytes *ticket);
bool hs_tls_get_record_size_limit(const hs_tls_extensions *extensions, uint16_t *limit);
bool hs_tls_get_max_fragment_length(const hs_tls_extensions *extensions, uint8_t *code);
bool hs_tls_get_psk_key_exchange_modes(const hs_tls_extensions *extensions, hs_bytes *modes);
/* Also by the number that QUIC's drafts had. */
bool hs_tls_get_quic_transport_parameters(const hs_tls_extensions *extensions, hs_bytes *body);
/* Whether an extension of that type is there, whatever its body. */
bool hs_tls_has_extension(const hs_tls_extensions *extensions, uint16_t type);

#endif
