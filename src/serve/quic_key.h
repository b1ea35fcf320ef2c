/* The secret of the server's QUIC tokens, kept over restarts: what clients were given by NEW_TOKEN
 * (RFC 9000 8.1.3), in session tickets and as stateless reset tokens (10.3) then stays good. */
#ifndef HS_SERVE_QUIC_KEY_H
#define HS_SERVE_QUIC_KEY_H

#include "net/quic_session.h"
#include "serve/state_folder.h"

/* From its file in the folder, which is written where there is none. HS_INVALID with `problem`: it
 * cannot be read or written, or is not a key of ours. */
HS_CHECKED hs_result hs_quic_key_load(const hs_state_folder *folder,
                                      uint8_t secret[HS_QUIC_SECRET_LEN], hs_problem *problem);
/* A secret that is not kept. HS_CRYPTO with `problem`. */
HS_CHECKED hs_result hs_quic_key_make(uint8_t secret[HS_QUIC_SECRET_LEN], hs_problem *problem);

#endif
