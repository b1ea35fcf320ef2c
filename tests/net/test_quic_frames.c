/* A peer that holds the keys and sends nonsense: the plain text of packets is changed before it is
 * protected, so that it arrives, and frames and TLS messages are what comes out of that. */
#include <stdlib.h>
#include <string.h>

#include "../cmocka_headers.h"

#include <ngtcp2/ngtcp2_crypto.h>

#include "base/reader.h"
#include "quic_world.h"
#include "wire/quic/packet.h"

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

/* What the next packet that it fits becomes: its plain text is overwritten, or found and changed.
 */
static struct {
    bool is_short; /* of a short header */
    const uint8_t *find;
    size_t find_len;
    const uint8_t *become;
    size_t len;
} forgery;

static bool forge(uint8_t *bytes, size_t len, uint8_t first)
{
    bool is_short = !(first & HS_QUIC_BIT_LONG);
    if (!forgery.become || is_short != forgery.is_short || len < forgery.len) {
        return false;
    }
    uint8_t *at = bytes;
    if (forgery.find) {
        at = memmem(bytes, len, forgery.find, forgery.find_len);
    } else {
        memset(bytes, 0, len);
    }
    if (at) {
        memcpy(at, forgery.become, forgery.len);
        forgery.become = NULL;
    }
    return at;
}

/* In place of the library's: the program's own symbol is the one that its objects find. */
int ngtcp2_crypto_encrypt_cb(uint8_t *dest, const ngtcp2_crypto_aead *aead,
                             const ngtcp2_crypto_aead_ctx *aead_ctx, const uint8_t *plaintext,
                             size_t plaintextlen, const uint8_t *nonce, size_t noncelen,
                             const uint8_t *aad, size_t aadlen)
{
    uint8_t copy[HS_QUIC_DATAGRAM_MAX];
    if (forgery.become && plaintextlen <= sizeof(copy)) {
        memcpy(copy, plaintext, plaintextlen);
        if (forge(copy, plaintextlen, aad[0])) {
            plaintext = copy;
        }
    } else if (one_in > 0 && plaintextlen > 0 && plaintextlen <= sizeof(copy) &&
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
            world_offer(&w, ticket, true);
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

/* Each of these made ngtcp2 1.11 abort the process. */
static void frames_before_the_clients_finished(void **state)
{
    static const uint8_t handshake_done[] = {0x1e};
    /* seq 1, retire_prior_to 1 */
    static const uint8_t new_connection_id[] = {0x18, 1, 1, 8, 1, 2, 3, 4,  5,  6,  7,  8,  1,  2,
                                                3,    4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    static const struct {
        const uint8_t *become;
        size_t len;
    } cases[] = {{handshake_done, sizeof(handshake_done)},
                 {new_connection_id, sizeof(new_connection_id)}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world w;
        one_in = 0;
        world_open(&w, *state, &(world_options){0});
        world_client(&w, NULL, NULL, NULL, 0);
        forgery.is_short = true;
        forgery.find = NULL;
        forgery.become = cases[i].become;
        forgery.len = cases[i].len;
        world_start(&w);
        world_settle(&w);
        assert_null(forgery.become);
        assert_int_equal(w.c.completed, 1);
        world_close(&w);
    }
}

static void a_client_without_transport_parameters(void **state)
{
    static const uint8_t extension[] = {0x00, 0x39, 0x00};
    static const uint8_t other[] = {0x7f, 0x39, 0x00};
    world w;
    one_in = 0;
    world_open(&w, *state, &(world_options){0});
    world_client(&w, NULL, NULL, NULL, 0);
    forgery.is_short = false;
    forgery.find = extension;
    forgery.find_len = sizeof(extension);
    forgery.become = other;
    forgery.len = sizeof(other);
    world_start(&w);
    world_settle(&w);
    assert_null(forgery.become);
    assert_int_equal(w.s->closed, 1);
    assert_int_equal(w.s->end.failure.cls, HS_FAILURE_TLS_PROTOCOL_ERROR);
    assert_int_equal(w.s->end.error, 0x16d); /* missing_extension, RFC 9001 8.2 */
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_and_messages_are_nonsense),
        cmocka_unit_test(frames_before_the_clients_finished),
        cmocka_unit_test(a_client_without_transport_parameters),
    };
    return cmocka_run_group_tests(tests, tls_fixture_open, tls_fixture_close);
}
