/* Sessions of TLS up to 1.2, and which full handshake made each (RFC 5246 7.4.1.3, RFC 5077 3).
 *
 * A session is resumed by its ID or by a ticket, and goes on with the master secret of its full
 * handshake, which some key logs have under the client random of that handshake alone. This is a
 * bounded table from a hash of the ID or the ticket to that client random. There is no secret in
 * it, so the key log may still grow.
 */
#ifndef HS_SECRETS_TLS12_SESSIONS_H
#define HS_SECRETS_TLS12_SESSIONS_H

#include <stdbool.h>

#include <handshake/api.h>

enum { HS_TLS12_SESSIONS_RANDOM = 32 };

typedef struct hs_tls12_sessions hs_tls12_sessions;

/* About `memory_limit` bytes, but 16 to 65536 entries. `seed` is what no peer can guess: it keeps
 * them from choosing where in the table their entries go. NULL when out of memory. */
hs_tls12_sessions *hs_tls12_sessions_new(size_t memory_limit, const uint64_t seed[2]);
void hs_tls12_sessions_free(hs_tls12_sessions *sessions);

/* A handshake with `client_random` made the session that `name`, an ID or a ticket, stands for; a
 * name that is there already is given the new random. Where the table is full, the oldest goes. An
 * empty name and a random of another length name nothing. HS_NO_MEMORY, HS_CRYPTO. */
HS_CHECKED hs_result hs_tls12_sessions_add(hs_tls12_sessions *sessions, hs_bytes name,
                                           hs_bytes client_random);
/* False: it is not known. */
bool hs_tls12_sessions_find(const hs_tls12_sessions *sessions, hs_bytes name,
                            uint8_t client_random[HS_TLS12_SESSIONS_RANDOM]);
size_t hs_tls12_sessions_count(const hs_tls12_sessions *sessions);
size_t hs_tls12_sessions_memory(const hs_tls12_sessions *sessions);

#endif
