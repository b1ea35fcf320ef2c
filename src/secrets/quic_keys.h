/* The keys of QUIC packet protection: RFC 9001 5.1, 5.2 and 6 for version 1, RFC 9369 3.3 for
 * version 2, and draft-ietf-quic-tls-29 to -34.
 *
 * One object holds what protects one direction at one encryption level and key phase: the AEAD's
 * key and IV, and the header protection key. It is made empty, set, and may be set anew as often as
 * is wished, for other connections too, which costs much less than to make another. */
#ifndef HS_SECRETS_QUIC_KEYS_H
#define HS_SECRETS_QUIC_KEYS_H

#include <stdbool.h>

#include <handshake/api.h>

#include "secrets/quic_crypto.h"

typedef struct hs_quic_keys hs_quic_keys;

/* Keys that are not set yet. HS_NO_MEMORY. `crypto` must outlive them. */
HS_CHECKED hs_result hs_quic_keys_new(hs_quic_crypto *crypto, hs_quic_keys **out);
/* Wipes the keys. */
void hs_quic_keys_free(hs_quic_keys *keys);

/* Whether the Initial keys of `version` can be known, that is, its salt is. */
bool hs_quic_keys_has_version(uint32_t version);

/* Initial keys (RFC 9001 5.2) of the client's or the server's packets. `client_dcid` is the
 * Destination Connection ID of the client's first Initial packet; after a Retry, that of the first
 * one that follows it. HS_NO_KEY: the version's salt is not known. HS_LIMIT: a connection ID of
 * more than 255 bytes. After any result but HS_OK the keys are not set; so in the functions
 * below. */
HS_CHECKED hs_result hs_quic_keys_set_initial(hs_quic_keys *keys, uint32_t version,
                                              hs_bytes client_dcid, bool of_client);
/* Keys from a traffic secret of TLS 1.3, as a key log has it: 0-RTT, Handshake, 1-RTT. HS_NO_KEY:
 * the version's labels are not known. HS_INVALID: QUIC has no such suite (TLS_AES_128_CCM_8_SHA256
 * among them), libcrypto has it not, or the secret has not its hash's length. */
HS_CHECKED hs_result hs_quic_keys_set_traffic(hs_quic_keys *keys, uint32_t version,
                                              uint16_t cipher_suite, hs_bytes traffic_secret);
/* The next key phase of `current` (RFC 9001 6.1): its header protection key stays. `keys` may be
 * `current`; where they differ, packets of both phases can be opened. HS_INVALID: `current` is not
 * set. */
HS_CHECKED hs_result hs_quic_keys_set_next(hs_quic_keys *keys, const hs_quic_keys *current);

bool hs_quic_keys_are_set(const hs_quic_keys *keys);

#endif
