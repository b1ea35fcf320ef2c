/* Names for what a certificate holds: its key, its algorithms, its addresses. */
#ifndef HS_DECODE_CERTIFICATE_KEY_H
#define HS_DECODE_CERTIFICATE_KEY_H

#include "base/arena.h"

/* "RSA 2048", "EC P-256", "Ed25519" of a SubjectPublicKeyInfo; of others the algorithm's name. NULL
 * where it is malformed, or out of memory. */
char *hs_certificate_key_text(hs_arena *arena, hs_bytes subject_public_key_info);
/* "ecdsa-with-SHA256" of an AlgorithmIdentifier; a dotted number where it has no name. NULL as
 * above. */
char *hs_certificate_algorithm_text(hs_arena *arena, hs_bytes algorithm_identifier);
/* RFC 5952. */
char *hs_certificate_ipv6_text(hs_arena *arena, const uint8_t address[16]);

#endif
