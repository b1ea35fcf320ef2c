/* What the tests of QUIC's secrets share: libcrypto's algorithms, fetched once for a program. */
#ifndef TESTS_SECRETS_QUIC_FIXTURE_H
#define TESTS_SECRETS_QUIC_FIXTURE_H

#include "hex.h"

#include "quic_samples.h"
#include "secrets/quic_crypto.h"

static hs_quic_crypto *crypto;

static int set_up(void **state)
{
    (void)state;
    return hs_quic_crypto_new(&crypto) == HS_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    hs_quic_crypto_free(crypto);
    return 0;
}

#endif
