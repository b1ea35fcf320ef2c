/* The algorithms of libcrypto that QUIC packet protection needs (RFC 9001 5), fetched once.
 *
 * The caller owns it, and any number of connections share it: what is made with it must end before
 * it. It has working space of its own, so only one thread at a time may use it and all that was
 * made with it. */
#ifndef HS_SECRETS_QUIC_CRYPTO_H
#define HS_SECRETS_QUIC_CRYPTO_H

#include <handshake/api.h>

typedef struct hs_quic_crypto hs_quic_crypto;

/* HS_NO_MEMORY; HS_CRYPTO: libcrypto has not even SHA-256 and AES-128-GCM, without which there is
 * no QUIC. An algorithm that it lacks otherwise is missed when keys need it. */
HS_CHECKED hs_result hs_quic_crypto_new(hs_quic_crypto **out);
/* Wipes its working space. */
void hs_quic_crypto_free(hs_quic_crypto *crypto);

#endif
