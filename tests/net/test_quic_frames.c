/* A peer that holds the keys and sends nonsense: the plain text of packets is changed before it is
 * protected, so that it arrives, and frames and TLS messages are what comes out of that. */
#include <stdlib.h>
#include <string.h>

#include "../cmocka_headers.h"

#include <ngtcp2/ngtcp2_crypto.h>

#include "base/reader.h"
#include "quic_world.h"

static uint64_t random_state = 88172645463325252ULL;
static unsigned one_in; /* packets; 0: none */

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void spoil(uint8_t *bytes, size_t len)
{
    switch (next_random() % 3) {
    case 0: /* a frame type, most often */
        bytes[0] = (uint8_t)(next_random() % 0x32);
        break;
    case 1:
        bytes[next_random() % len] ^= (uint8_t)(1U << next_random() % 8);
        break;
    default:
        for (unsigned i = 0; i < 8; i++) {
            bytes[next_random() % len] = (uint8_t)next_random();
        }
        break;
    }
}

/* In place of the library's: the program's own symbol is the one that its objects find. */
int ngtcp2_crypto_encrypt_cb(uint8_t *dest, const ngtcp2_crypto_aead *aead,
                             const ngtcp2_crypto_aead_ctx *aead_ctx, const uint8_t *plaintext,
                             size_t plaintextlen, const uint8_t *nonce, size_t noncelen,
                             const uint8_t *aad, size_t aadlen)
{
    uint8_t copy[HS_QUIC_DATAGRAM_MAX];
    if (one_in > 0 && plaintextlen > 0 && plaintextlen <= sizeof(copy) &&
        next_random() % one_in == 0) {
        memcpy(copy, plaintext, plaintextlen);
        spoil(copy, plaintextlen);
        plaintext = copy;
    }
    return ngtcp2_crypto_encrypt(dest, aead, aead_ctx, plaintext, plaintextlen, nonce, noncelen,
                                 aad, aadlen) == 0
               ? 0
               : NGTCP2_ERR_CALLBACK_FAILURE;
}

static void frames_and_messages_are_nonsense(void **state)
{
    enum { ROUNDS = 400 };
    int classes[HS_FAILURE_COUNT] = {0};
    int completed = 0;
    bool early = false;
    world w;
    world_open(&w, *state, &(world_options){.sessions_max = 64, .retry = HS_QUIC_RETRY_NEVER});
    one_in = 0;
    world_client(&w, NULL, NULL, NULL, 0);
    world_start(&w);
    world_settle(&w);
    hs_bytes ticket = world_ticket(&w);
    for (int round = 0; round < ROUNDS; round++) {
        one_in = 2 + (unsigned)round % 12;
        world_client(&w, NULL, NULL, NULL, 0);
        if (round % 4 == 0) {
            assert_int_equal(hs_quic_session_offer(w.client, ticket, &early), HS_OK);
            world_ask(&w, "early", true);
        }
        world_start(&w);
        world_shake_hands(&w, 20 * HS_SECOND);
        for (int i = 0; i < 4 && w.c.completed && !w.c.closed; i++) {
            world_ask(&w, "hello", true);
            assert_int_equal(hs_quic_session_flush(w.client, w.now), HS_OK);
            world_settle(&w);
        }
        completed += w.c.completed;
        assert_true(w.c.closed <= 1);
        classes[w.c.closed ? w.c.end.failure.cls : 0]++;
        assert_true(!w.c.closed || w.c.end.failure.cls != HS_FAILURE_NONE);
        assert_true(!w.c.closed || w.c.end.failure.message[0]);
    }
    /* It was not all lost at the first step, and more than one thing went wrong. */
    assert_true(completed > ROUNDS / 10);
    assert_true(classes[HS_FAILURE_QUIC_PROTOCOL_ERROR] > 0);
    assert_true(classes[HS_FAILURE_QUIC_CLOSED] > 0);
    one_in = 0;
    world_drop_client(&w);
    world_run(&w, w.now + 120 * HS_SECOND);
    assert_int_equal(hs_quic_server_count(w.server), 0);
    free((void *)ticket.data);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_and_messages_are_nonsense),
    };
    return cmocka_run_group_tests(tests, tls_fixture_open, tls_fixture_close);
}
