#include <stdlib.h>
#include <string.h>

#include "../cmocka_headers.h"

#include <ngtcp2/ngtcp2_crypto.h>

#include "base/reader.h"
#include "net/quic_replay.h"
#include "net/quic_state.h"
#include "quic_world.h"
#include "wire/quic/error.h"
#include "wire/quic/packet.h"
#include "wire/quic/version.h"

#define ROUND_TRIP (2 * WORLD_DELAY)

static const uint32_t only_v1[] = {HS_QUIC_V1};

/* xorshift64: the same path every time. */
static uint64_t next_random(world *w)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return w->random;
}

static bool lose_one(world *w, bool from_client, int number, uint8_t *bytes, size_t *len)
{
    (void)bytes;
    (void)len;
    return from_client != w->lost_from_client || number != w->lost_number;
}

static void any_one_datagram_may_be_lost(void **state)
{
    for (int direction = 0; direction < 2; direction++) {
        for (int number = 1; number <= 12; number++) {
            world w;
            world_open(&w, *state, &(world_options){0});
            world_client(&w, NULL, NULL, NULL, 0);
            w.filter = lose_one;
            w.lost_from_client = direction;
            w.lost_number = number;
            world_start(&w);
            world_shake_hands(&w, 10 * HS_SECOND);
            assert_int_equal(w.c.confirmed, 1);
            world_ask(&w, "hello", true);
            assert_int_equal(hs_quic_session_flush(w.client, w.now), HS_OK);
            world_run(&w, w.now + 10 * HS_SECOND);
            assert_int_equal(w.c.closed, 0);
            assert_string_equal(world_text(&w.c), "hello");
            assert_true(hs_quic_session_all_acknowledged(w.client));
            world_close(&w);
        }
    }
}

static bool lose_from(world *w, bool from_client, int number, uint8_t *bytes, size_t *len)
{
    (void)bytes;
    (void)len;
    return from_client != w->lost_from_client || number < w->lost_number;
}

/* The session goes on asking, ever more rarely; when to give up is the caller's to say, or the idle
 * timeout's. */
static void silence_at_each_stage(void **state)
{
    for (int direction = 0; direction < 2; direction++) {
        for (int number = 1; number <= 6; number++) {
            world w;
            world_open(&w, *state, &(world_options){0});
            world_client(&w, NULL, NULL, NULL, 0);
            w.filter = lose_from;
            w.lost_from_client = direction;
            w.lost_number = number;
            world_start(&w);
            world_run(&w, w.now + 5 * HS_SECOND);
            assert_int_equal(w.c.closed, 0);
            assert_in_range(w.sent[0], 1, 40);
            world_run(&w, w.now + 300 * HS_SECOND);
            world_expect_failure(&w, HS_FAILURE_QUIC_TIMED_OUT, "nothing came from the server");
            assert_int_equal(w.c.end.kind, HS_QUIC_END_IDLE);
            assert_int_equal(hs_quic_server_count(w.server), 0);
            world_close(&w);
        }
    }
}

static void a_large_chain_waits_for_the_client(void **state)
{
    const tls_fixture *fixture = *state;
    enum { NAMES = 400 };
    char names[NAMES * 20 + 64] = "DNS:host.example";
    for (int i = 0; i < NAMES; i++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof(names) - used, ",DNS:n%d.example", i);
    }
    mint_request request = {.name = "host.example", .names = names, .issuer = &fixture->ca};
    mint leaf = mint_certificate(&request);
    char *file = mint_write(fixture->folder, "large.pem", leaf.certificate, NULL, leaf.key);
    world w;
    world_open(&w, fixture, &(world_options){.cert = file});
    world_client(&w, NULL, NULL, only_v1, 1);
    hs_time start = w.now;
    world_start(&w);
    size_t asked = w.sent_bytes[0];
    world_run(&w, start + WORLD_DELAY);
    assert_true(w.sent_bytes[1] <= 3 * asked);
    world_shake_hands(&w, HS_SECOND);
    assert_int_equal(w.c.confirmed, 1);
    assert_int_equal(w.c.completed_at - start, 2 * ROUND_TRIP);
    world_close(&w);
    free(file);
    mint_free(&leaf);
}

static bool damage(world *w, bool from_client, int number, uint8_t *bytes, size_t *len)
{
    (void)from_client;
    (void)number;
    switch (next_random(w) % 8) {
    case 0:
        bytes[next_random(w) % *len] ^= (uint8_t)(1U << next_random(w) % 8);
        return true;
    case 1:
        *len = 1 + next_random(w) % *len;
        return true;
    case 2:
        return false;
    case 3:
        for (int i = 0; i < 16; i++) {
            bytes[next_random(w) % *len] = (uint8_t)next_random(w);
        }
        return true;
    default:
        return true;
    }
}

/* One connection over such a path: with what the last one left, or without; Retry or not. */
static void damaged_connection(world *w, int round, hs_bytes *ticket)
{
    bool early = false;
    hs_quic_server_set_retry(w->server,
                             round % 5 == 0 ? HS_QUIC_RETRY_ALWAYS : HS_QUIC_RETRY_NEVER);
    world_client(w, NULL, NULL, NULL, 0);
    w->filter = damage;
    if (ticket->len > 0) {
        assert_int_equal(hs_quic_session_offer(w->client, *ticket, &early), HS_OK);
    }
    if (early) {
        world_ask(w, "early", true);
    }
    world_start(w);
    world_shake_hands(w, 20 * HS_SECOND);
    if (w->c.confirmed && !w->c.closed) {
        world_ask(w, "hello", true);
        if (round % 3 == 0) {
            (void)!hs_quic_session_update_keys(w->client, w->now);
        }
        assert_int_equal(hs_quic_session_flush(w->client, w->now), HS_OK);
        world_run(w, w->now + 10 * HS_SECOND);
    }
    assert_true(w->c.closed <= 1);
    assert_true(!w->c.closed || w->c.end.failure.cls != HS_FAILURE_NONE);
    if (hs_quic_session_ticket(w->client).len > 0) {
        free((void *)ticket->data);
        *ticket = world_ticket(w);
    }
}

static void a_path_that_damages(void **state)
{
    enum { ROUNDS = 150 };
    int completed = 0;
    int datagrams = 0;
    int accepted = 0;
    hs_bytes ticket = {NULL, 0};
    world w;
    world_open(&w, *state, &(world_options){.sessions_max = 64});
    for (int round = 0; round < ROUNDS; round++) {
        damaged_connection(&w, round, &ticket);
        completed += w.c.completed;
        accepted += w.c.accepted_early;
        datagrams += w.sent[0] + w.sent[1];
    }
    assert_true(completed > ROUNDS / 2);
    assert_true(accepted > ROUNDS / 10);
    assert_true(datagrams > 2000);
    w.filter = NULL;
    world_drop_client(&w);
    world_run(&w, w.now + 120 * HS_SECOND);
    assert_int_equal(hs_quic_server_count(w.server), 0);
    free((void *)ticket.data);
    world_close(&w);
}

static void noise_makes_no_sessions(void **state)
{
    uint8_t bytes[HS_QUIC_DATAGRAM_MAX];
    world w;
    world_open(&w, *state, &(world_options){0});
    hs_quic_path path = {w.path.remote, w.path.local};
    for (int i = 0; i < 5000; i++) {
        size_t len = 1 + next_random(&w) % sizeof(bytes);
        for (size_t at = 0; at < len; at++) {
            bytes[at] = (uint8_t)next_random(&w);
        }
        if (i % 3 == 0 && len > 24) {
            /* The shape of an Initial. */
            static const uint8_t header[] = {0xc3, 0, 0, 0, 1, 8};
            memcpy(bytes, header, sizeof(header));
            bytes[14] = 0;
            bytes[15] = (uint8_t)(i % 2 ? 0 : bytes[15] % 40);
        }
        assert_int_equal(hs_quic_server_feed(w.server, &path, hs_bytes_of(bytes, len),
                                             HS_QUIC_ECN_NOT_ECT, w.now),
                         HS_OK);
    }
    assert_int_equal(w.sessions, 0);
    assert_int_equal(hs_quic_server_count(w.server), 0);
    /* All within one instant: the rate is limited. */
    assert_in_range(w.stateless, 1, 200);
    while (w.queue) {
        world_datagram *next = w.queue->next;
        free(w.queue);
        w.queue = next;
    }
    world_close(&w);
}

static void a_reset_is_shorter_than_what_it_answers(void **state)
{
    uint8_t bytes[100] = {0x40};
    world w;
    world_open(&w, *state, &(world_options){0});
    hs_quic_path path = {w.path.remote, w.path.local};
    for (size_t len = 1; len <= sizeof(bytes); len++) {
        size_t before = w.sent_bytes[1];
        assert_int_equal(hs_quic_server_feed(w.server, &path, hs_bytes_of(bytes, len),
                                             HS_QUIC_ECN_NOT_ECT, w.now),
                         HS_OK);
        size_t answered = w.sent_bytes[1] - before;
        assert_true(answered < len);
        assert_int_equal(answered > 0, len > 21);
        assert_true(answered == 0 || answered >= 21);
    }
    world_close(&w);
}

/* --- the first flight, recorded and sent once more --- */

enum { RECORDED_MAX = 4 };
static struct {
    size_t count;
    size_t len[RECORDED_MAX];
    uint8_t bytes[RECORDED_MAX][HS_QUIC_DATAGRAM_MAX];
} recorded;

static bool record_first_flight(world *w, bool from_client, int number, uint8_t *bytes, size_t *len)
{
    (void)number;
    if (from_client && w->sent[1] == 0 && recorded.count < RECORDED_MAX) {
        memcpy(recorded.bytes[recorded.count], bytes, *len);
        recorded.len[recorded.count++] = *len;
    }
    return true;
}

static void a_recorded_first_flight_is_not_served_again(void **state)
{
    world w;
    world_open(&w, *state, &(world_options){0});
    world_client(&w, NULL, NULL, only_v1, 1);
    world_start(&w);
    world_settle(&w);
    hs_bytes ticket = world_ticket(&w);
    world_client(&w, NULL, NULL, only_v1, 1);
    world_offer(&w, ticket, true);
    world_ask(&w, "pay", true);
    memset(&recorded, 0, sizeof(recorded));
    w.filter = record_first_flight;
    world_start(&w);
    world_settle(&w);
    assert_int_equal(w.s->early_chunks, 1);
    assert_true(recorded.count >= 1);
    hs_quic_session_close(w.client, 0, NULL, w.now);
    world_settle(&w);
    world_drop_client(&w);
    int sessions = w.sessions;
    hs_quic_path path = {w.path.remote, w.path.local};
    for (size_t i = 0; i < recorded.count; i++) {
        assert_int_equal(hs_quic_server_feed(w.server, &path,
                                             hs_bytes_of(recorded.bytes[i], recorded.len[i]),
                                             HS_QUIC_ECN_NOT_ECT, w.now),
                         HS_OK);
    }
    assert_int_equal(w.sessions, sessions + 1);
    assert_int_equal(w.s->early_chunks, 0);
    assert_int_equal(hs_buffer_bytes(&w.s->data).len, 0);
    world_run(&w, w.now + 60 * HS_SECOND);
    assert_int_equal(hs_quic_server_count(w.server), 0);
    free((void *)ticket.data);
    world_close(&w);
}

static void the_replay_table(void **state)
{
    (void)state;
    hs_quic_replay *replay = hs_quic_replay_new();
    assert_non_null(replay);
    for (uint32_t i = 0; i < HS_QUIC_REPLAY_MAX; i++) {
        assert_true(hs_quic_replay_add(replay, hs_bytes_of(&i, sizeof(i)), 100, 110));
        assert_false(hs_quic_replay_add(replay, hs_bytes_of(&i, sizeof(i)), 100, 110));
    }
    uint32_t more = HS_QUIC_REPLAY_MAX;
    assert_false(hs_quic_replay_add(replay, hs_bytes_of(&more, sizeof(more)), 109, 119));
    /* Remembered beyond its time while there is room, then not. */
    uint32_t first = 0;
    assert_false(hs_quic_replay_add(replay, hs_bytes_of(&first, sizeof(first)), 500, 510));
    assert_true(hs_quic_replay_add(replay, hs_bytes_of(&more, sizeof(more)), 500, 510));
    assert_false(hs_quic_replay_add(replay, hs_bytes_of(&more, sizeof(more)), 500, 510));
    hs_quic_replay_free(replay);
}

/* --- a peer that holds the keys and breaks the rules --- */

static void connected(world *w, const tls_fixture *fixture)
{
    world_open(w, fixture, &(world_options){0});
    world_client(w, NULL, NULL, only_v1, 1);
    world_start(w);
    world_settle(w);
    assert_int_equal(w->c.confirmed, 1);
}

static void no_key_update_of_tls(void **state)
{
    /* KeyUpdate; CertificateRequest; a ticket's header and then another message. */
    static const uint8_t key_update[] = {24, 0, 0, 1, 0};
    static const uint8_t request[] = {13, 0, 0, 3, 0, 0, 0};
    static const struct {
        hs_bytes bytes;
    } cases[] = {{{key_update, sizeof(key_update)}}, {{request, sizeof(request)}}};
    for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
        world w;
        bool from_server = i % 2;
        connected(&w, *state);
        hs_quic_session *sender = from_server ? w.accepted : w.client;
        assert_int_equal(ngtcp2_conn_submit_crypto_data(sender->conn, NGTCP2_ENCRYPTION_LEVEL_1RTT,
                                                        cases[i / 2].bytes.data,
                                                        cases[i / 2].bytes.len),
                         0);
        assert_int_equal(hs_quic_session_flush(sender, w.now), HS_OK);
        world_settle(&w);
        const world_end *end = from_server ? &w.c : w.s;
        assert_int_equal(end->closed, 1);
        assert_int_equal(end->end.kind, HS_QUIC_END_LOCAL_CLOSE);
        assert_int_equal(end->end.failure.cls, HS_FAILURE_TLS_PROTOCOL_ERROR);
        assert_int_equal(end->end.error, 0x10a);
        world_close(&w);
    }
}

static void a_damaged_ticket_message_ends_the_connection_or_nothing(void **state)
{
    static const uint8_t ticket[] = {4, 0, 0, 13, 0, 0, 0, 9, 1, 2, 3, 4, 0, 0, 9, 1, 2};
    world w;
    connected(&w, *state);
    assert_int_equal(ngtcp2_conn_submit_crypto_data(w.accepted->conn, NGTCP2_ENCRYPTION_LEVEL_1RTT,
                                                    ticket, sizeof(ticket)),
                     0);
    assert_int_equal(hs_quic_session_flush(w.accepted, w.now), HS_OK);
    world_settle(&w);
    assert_int_equal(w.c.closed, 1);
    assert_int_equal(w.c.end.failure.cls, HS_FAILURE_TLS_PROTOCOL_ERROR);
    world_close(&w);
}

static ngtcp2_cid cid_of(hs_bytes bytes)
{
    ngtcp2_cid cid;
    ngtcp2_cid_init(&cid, bytes.data, bytes.len);
    return cid;
}

static uint8_t last_flight[HS_QUIC_DATAGRAM_MAX];
static size_t last_flight_len;

static bool keep_last(world *w, bool from_client, int number, uint8_t *bytes, size_t *len)
{
    (void)w;
    (void)number;
    if (from_client) {
        memcpy(last_flight, bytes, *len);
        last_flight_len = *len;
    }
    return false;
}

static void feed_retry(world *w, uint8_t scid_byte)
{
    static const uint8_t token[] = "a token";
    uint8_t packet[256];
    hs_fault fault;
    hs_reader r;
    hs_quic_packet initial;
    hs_reader_init(&r, hs_bytes_of(last_flight, last_flight_len), &fault, NULL);
    assert_int_equal(hs_quic_read_packet(&r, 8, &initial), HS_OK);
    ngtcp2_cid client = cid_of(initial.scid);
    ngtcp2_cid original = cid_of(initial.dcid);
    uint8_t ours[8] = {scid_byte};
    ngtcp2_cid scid = cid_of(hs_bytes_of(ours, sizeof(ours)));
    ngtcp2_ssize len = ngtcp2_crypto_write_retry(packet, sizeof(packet), HS_QUIC_V1, &client, &scid,
                                                 &original, token, sizeof(token));
    assert_true(len > 0);
    assert_int_equal(hs_quic_session_feed(w->client, &w->path, hs_bytes_of(packet, (size_t)len),
                                          HS_QUIC_ECN_NOT_ECT, w->now),
                     HS_OK);
    /* The same again, as a path may do, says nothing. */
    if (!w->c.closed) {
        assert_int_equal(hs_quic_session_feed(w->client, &w->path, hs_bytes_of(packet, (size_t)len),
                                              HS_QUIC_ECN_NOT_ECT, w->now),
                         HS_OK);
    }
}

static void retry_after_retry(void **state)
{
    world w;
    world_open(&w, *state, &(world_options){0});
    world_client(&w, NULL, NULL, only_v1, 1);
    w.filter = keep_last;
    world_start(&w);
    feed_retry(&w, 1);
    assert_int_equal(w.c.closed, 0);
    assert_true(hs_quic_session_retried(w.client));
    feed_retry(&w, 2);
    world_expect_failure(&w, HS_FAILURE_QUIC_RETRY_LOOP, "another Retry");
    assert_false(w.c.end.has_error);
    world_close(&w);
}

/* RFC 9000 6.2: one that lists the version that was sent is to be ignored. */
static void version_negotiation_that_contradicts_itself(void **state)
{
    static const uint32_t listed[] = {HS_QUIC_V2, HS_QUIC_V1};
    uint8_t packet[128];
    hs_fault fault;
    hs_reader r;
    hs_writer out;
    hs_quic_packet initial;
    world w;
    world_open(&w, *state, &(world_options){0});
    world_client(&w, NULL, NULL, only_v1, 1);
    w.filter = keep_last;
    world_start(&w);
    hs_reader_init(&r, hs_bytes_of(last_flight, last_flight_len), &fault, NULL);
    assert_int_equal(hs_quic_read_packet(&r, 8, &initial), HS_OK);
    for (size_t count = 1; count <= 2; count++) {
        hs_writer_init(&out, packet, sizeof(packet));
        assert_int_equal(hs_quic_write_version_negotiation(&out, 0, initial.scid, initial.dcid,
                                                           listed, 3 - count),
                         HS_OK);
        assert_int_equal(hs_quic_session_feed(w.client, &w.path, hs_writer_bytes(&out),
                                              HS_QUIC_ECN_NOT_ECT, w.now),
                         HS_OK);
        assert_int_equal(w.c.closed, count == 2);
    }
    world_expect_failure(&w, HS_FAILURE_QUIC_VERSION_MISMATCH, "it offers v2");
    world_close(&w);
}

static void a_closed_session_repeats_itself_ever_more_rarely(void **state)
{
    uint8_t bytes[1200] = {0x40};
    world w;
    connected(&w, *state);
    hs_quic_session_close(w.client, 1, NULL, w.now);
    int sent = w.sent[0];
    for (int i = 0; i < 64; i++) {
        assert_int_equal(hs_quic_session_feed(w.client, &w.path, hs_bytes_of(bytes, sizeof(bytes)),
                                              HS_QUIC_ECN_NOT_ECT, w.now),
                         HS_OK);
    }
    assert_int_equal(w.sent[0] - sent, 7); /* after 1, 2, 4 … 64 */
    world_settle(&w);
    assert_int_equal(w.c.ended, 1);
    sent = w.sent[0];
    assert_int_equal(hs_quic_session_feed(w.client, &w.path, hs_bytes_of(bytes, sizeof(bytes)),
                                          HS_QUIC_ECN_NOT_ECT, w.now),
                     HS_OK);
    assert_int_equal(w.sent[0], sent);
    world_close(&w);
}

static void every_truncation_of_the_first_flight(void **state)
{
    world w;
    world_open(&w, *state, &(world_options){0});
    world_client(&w, NULL, NULL, only_v1, 1);
    w.filter = keep_last;
    world_start(&w);
    hs_quic_path path = {w.path.remote, w.path.local};
    for (size_t len = 0; len < last_flight_len; len++) {
        assert_int_equal(hs_quic_server_feed(w.server, &path, hs_bytes_of(last_flight, len),
                                             HS_QUIC_ECN_NOT_ECT, w.now),
                         HS_OK);
        assert_int_equal(hs_quic_server_count(w.server), 0);
    }
    assert_int_equal(hs_quic_server_feed(w.server, &path, hs_bytes_of(last_flight, last_flight_len),
                                         HS_QUIC_ECN_NOT_ECT, w.now),
                     HS_OK);
    assert_int_equal(hs_quic_server_count(w.server), 1);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_one_datagram_may_be_lost),
        cmocka_unit_test(silence_at_each_stage),
        cmocka_unit_test(a_large_chain_waits_for_the_client),
        cmocka_unit_test(a_path_that_damages),
        cmocka_unit_test(noise_makes_no_sessions),
        cmocka_unit_test(a_reset_is_shorter_than_what_it_answers),
        cmocka_unit_test(a_recorded_first_flight_is_not_served_again),
        cmocka_unit_test(the_replay_table),
        cmocka_unit_test(no_key_update_of_tls),
        cmocka_unit_test(a_damaged_ticket_message_ends_the_connection_or_nothing),
        cmocka_unit_test(retry_after_retry),
        cmocka_unit_test(version_negotiation_that_contradicts_itself),
        cmocka_unit_test(a_closed_session_repeats_itself_ever_more_rarely),
        cmocka_unit_test(every_truncation_of_the_first_flight),
    };
    return cmocka_run_group_tests(tests, tls_fixture_open, tls_fixture_close);
}
