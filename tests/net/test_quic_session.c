#include <stdlib.h>
#include <string.h>

#include "../cmocka_headers.h"

#include "base/reader.h"
#include "quic_world.h"
#include "wire/quic/error.h"
#include "wire/quic/version.h"

#define ROUND_TRIP (2 * WORLD_DELAY)

static const uint32_t only_v1[] = {HS_QUIC_V1};
static const uint32_t only_v2[] = {HS_QUIC_V2};
static const uint32_t v1_first[] = {HS_QUIC_V1, HS_QUIC_V2};
static const uint32_t v2_first[] = {HS_QUIC_V2, HS_QUIC_V1};

/* The default client has shaken hands with a server of these options. */
static void open_connected(world *w, void **state, const world_options *options)
{
    world_open(w, *state, options);
    world_client(w, NULL, NULL, NULL, 0);
    world_connect(w);
}

static void one_round_trip(void **state)
{
    world w;
    world_open(&w, *state, &(world_options){0});
    world_client(&w, NULL, NULL, NULL, 0);
    assert_int_equal(hs_quic_session_version(w.client), 0);
    assert_int_equal(hs_quic_session_deadline(w.client), HS_TIME_NONE);
    hs_time start = w.now;
    world_connect(&w);
    assert_int_equal(w.c.completed, 1);
    assert_int_equal(w.c.completed_at - start, ROUND_TRIP);
    assert_int_equal(w.c.confirmed_at - start, 2 * ROUND_TRIP);
    assert_int_equal(w.s->completed, 1);
    assert_int_equal(w.s->confirmed, 1);
    assert_string_equal(hs_quic_session_cipher(w.client), "TLS_AES_128_GCM_SHA256");
    assert_string_equal(hs_quic_session_group(w.client), "x25519");
    assert_string_equal(hs_quic_session_alpn(w.client), "h3");
    assert_string_equal(hs_quic_session_alpn(w.accepted), "h3");
    assert_string_equal(hs_quic_session_server_name(w.accepted), "host.example");
    assert_int_equal(hs_quic_session_verify(w.client), 0);
    assert_string_equal(hs_quic_session_verify_text(w.client), "ok");
    assert_null(hs_quic_session_ocsp_text(w.client));
    assert_false(hs_quic_session_resumed(w.client));
    assert_false(hs_quic_session_retried(w.client));
    assert_int_equal(hs_quic_session_early_data(w.client), HS_EARLY_DATA_NOT_OFFERED);
    assert_int_equal(hs_quic_session_version(w.client), HS_QUIC_V2);
    assert_int_equal(hs_quic_session_min_rtt(w.client), ROUND_TRIP);
    assert_int_equal(w.c.keylog_lines, 5);
    assert_int_equal(w.s->keylog_lines, 5);

    world_ask(&w, "hello", true);
    assert_false(hs_quic_session_all_acknowledged(w.client));
    assert_int_equal(hs_quic_session_flush(w.client, w.now), HS_OK);
    world_settle(&w);
    assert_string_equal(world_text(&w.c), "hello");
    assert_int_equal(w.c.fins, 1);
    assert_int_equal(w.s->fins, 1);
    assert_int_equal(w.c.streams_closed, 1);
    assert_int_equal(w.s->streams_closed, 1);
    assert_true(hs_quic_session_all_acknowledged(w.client));
    assert_int_equal(w.c.tokens, 1);
    assert_true(w.c.tickets >= 1);

    hs_quic_session_close(w.client, 0x100, "bye", w.now);
    assert_int_equal(w.c.closed, 1);
    assert_int_equal(w.c.end.kind, HS_QUIC_END_LOCAL_CLOSE);
    assert_int_equal(w.c.end.failure.cls, HS_FAILURE_NONE);
    assert_int_equal(w.c.ended, 0);
    assert_int_equal(hs_quic_server_count(w.server), 1);
    world_settle(&w);
    assert_int_equal(w.c.ended, 1);
    assert_int_equal(w.s->closed, 1);
    assert_int_equal(w.s->ended, 1);
    assert_int_equal(w.s->end.kind, HS_QUIC_END_PEER_CLOSE);
    assert_true(w.s->end.has_error && w.s->end.is_application);
    assert_int_equal(w.s->end.error, 0x100);
    assert_string_equal(w.s->end.reason, "bye");
    assert_int_equal(w.s->end.failure.cls, HS_FAILURE_QUIC_CLOSED);
    assert_int_equal(hs_quic_server_count(w.server), 0);
    assert_int_equal(hs_quic_session_deadline(w.client), HS_TIME_NONE);
    world_close(&w);
}

/* A first connection, whose ticket is returned. */
static hs_bytes first_ticket(world *w, const uint32_t *versions, size_t count)
{
    world_client(w, NULL, NULL, versions, count);
    world_start(w);
    world_settle(w);
    assert_int_equal(w->c.confirmed, 1);
    hs_bytes ticket = world_ticket(w);
    hs_quic_session_close(w->client, 0, NULL, w->now);
    world_settle(w);
    return ticket;
}

static void resumed(void **state)
{
    world w;
    world_open(&w, *state, &(world_options){0});
    hs_bytes ticket = first_ticket(&w, NULL, 0);
    world_client(&w, NULL, NULL, NULL, 0);
    world_offer(&w, ticket, true);
    world_connect(&w);
    assert_int_equal(w.c.confirmed, 1);
    assert_true(hs_quic_session_resumed(w.client));
    assert_true(hs_quic_session_resumed(w.accepted));
    assert_true(hs_quic_session_used_token(w.client));
    assert_true(hs_quic_session_used_token(w.accepted));
    assert_int_equal(hs_quic_session_verify(w.client), 0);
    assert_int_equal(hs_quic_session_early_data(w.client), HS_EARLY_DATA_NOT_OFFERED);
    assert_int_equal(w.c.accepted_early + w.c.rejected_early, 0);
    free((void *)ticket.data);
    world_close(&w);
}

static void early_data_accepted_then_replayed(void **state)
{
    world w;
    world_open(&w, *state, &(world_options){0});
    hs_bytes ticket = first_ticket(&w, only_v1, 1);
    for (int round = 0; round < 3; round++) {
        world_client(&w, NULL, NULL, only_v1, 1);
        world_offer(&w, ticket, true);
        int64_t control = -1;
        assert_int_equal(hs_quic_session_open(w.client, false, &control), HS_OK);
        assert_int_equal(control, 2);
        assert_int_equal(hs_quic_session_send(w.client, control, hs_bytes_of("control;", 8), false),
                         HS_OK);
        int64_t asked = world_ask(&w, "early", true);
        assert_int_equal(asked, 0);
        hs_time start = w.now;
        world_connect(&w);
        world_settle(&w);
        bool accepted = round == 0;
        assert_int_equal(w.c.completed, 1);
        assert_int_equal(w.c.completed_at - start, ROUND_TRIP);
        assert_int_equal(w.c.accepted_early, accepted);
        assert_int_equal(w.c.rejected_early, !accepted);
        assert_int_equal(hs_quic_session_early_data(w.client),
                         accepted ? HS_EARLY_DATA_ACCEPTED : HS_EARLY_DATA_REJECTED);
        assert_int_equal(w.s->early_chunks > 0, accepted);
        assert_non_null(strstr(world_text(w.s), "control;"));
        assert_string_equal(world_text(&w.c), "early");
        assert_int_equal(w.c.streams_closed, 1);
        hs_quic_session_close(w.client, 0, NULL, w.now);
        world_settle(&w);
    }
    free((void *)ticket.data);
    world_close(&w);
}

static void early_data_is_refused_by_a_server_that_has_none(void **state)
{
    world w;
    world_open(&w, *state, &(world_options){.no_early_data = true});
    hs_bytes ticket = first_ticket(&w, NULL, 0);
    world_client(&w, NULL, NULL, NULL, 0);
    world_offer(&w, ticket, false);
    int64_t stream = 0;
    assert_int_equal(hs_quic_session_open(w.client, true, &stream), HS_INVALID);
    world_connect(&w);
    assert_true(hs_quic_session_resumed(w.client));
    free((void *)ticket.data);
    world_close(&w);
}

static void a_ticket_is_for_its_name_protocol_and_version(void **state)
{
    world w;
    world_open(&w, *state, &(world_options){0});
    hs_bytes ticket = first_ticket(&w, only_v1, 1);
    world_client(&w, "a.wild.example", NULL, only_v1, 1);
    world_offer(&w, ticket, false);
    world_connect(&w);
    assert_int_equal(w.c.confirmed, 1);
    assert_false(hs_quic_session_resumed(w.client));

    world_client(&w, NULL, "echo", only_v1, 1);
    world_offer(&w, ticket, false);

    world_client(&w, NULL, NULL, only_v2, 1);
    world_offer(&w, ticket, false);
    world_connect(&w);
    assert_int_equal(w.c.confirmed, 1);
    assert_false(hs_quic_session_resumed(w.client));
    assert_false(hs_quic_session_used_token(w.client));

    /* Of two versions the ticket's is begun with. */
    world_client(&w, NULL, NULL, v2_first, 2);
    world_offer(&w, ticket, true);
    world_connect(&w);
    assert_true(hs_quic_session_resumed(w.client));
    free((void *)ticket.data);
    world_close(&w);
}

static void tickets_and_tokens_outlive_the_server(void **state)
{
    world w;
    world next;
    world_open(&w, *state, &(world_options){.secret = 7});
    hs_bytes ticket = first_ticket(&w, NULL, 0);
    world_close(&w);
    world_open(&next, *state, &(world_options){.secret = 7, .retry = HS_QUIC_RETRY_ALWAYS});
    world_client(&next, NULL, NULL, NULL, 0);
    world_offer(&next, ticket, true);
    world_connect(&next);
    assert_true(hs_quic_session_resumed(next.client));
    assert_false(hs_quic_session_retried(next.client));
    assert_true(hs_quic_session_used_token(next.accepted));
    world_close(&next);
    /* Another secret knows neither. */
    world_open(&next, *state, &(world_options){.secret = 8, .retry = HS_QUIC_RETRY_ALWAYS});
    world_client(&next, NULL, NULL, NULL, 0);
    world_offer(&next, ticket, true);
    world_connect(&next);
    assert_int_equal(next.c.confirmed, 1);
    assert_false(hs_quic_session_resumed(next.client));
    assert_true(hs_quic_session_retried(next.client));
    world_close(&next);
    free((void *)ticket.data);
}

static void a_damaged_ticket_is_none(void **state)
{
    world w;
    world_open(&w, *state, &(world_options){0});
    hs_bytes ticket = first_ticket(&w, NULL, 0);
    for (size_t len = 0; len < ticket.len; len++) {
        world_client(&w, NULL, NULL, NULL, 0);
        assert_int_equal(hs_quic_session_offer(w.client, hs_bytes_of(ticket.data, len), NULL),
                         HS_MALFORMED);
    }
    uint8_t *bytes = (uint8_t *)ticket.data;
    for (size_t at = 0; at < ticket.len; at++) {
        bytes[at] ^= (uint8_t)(1 << at % 8);
        world_client(&w, NULL, NULL, NULL, 0);
        assert_int_equal(hs_quic_session_offer(w.client, ticket, NULL), HS_MALFORMED);
        bytes[at] ^= (uint8_t)(1 << at % 8);
    }
    free(bytes);
    world_close(&w);
}

static void retry(void **state)
{
    world w;
    world_open(&w, *state, &(world_options){.retry = HS_QUIC_RETRY_ALWAYS});
    world_client(&w, NULL, NULL, NULL, 0);
    hs_time start = w.now;
    world_connect(&w);
    assert_int_equal(w.c.completed_at - start, 2 * ROUND_TRIP);
    assert_true(hs_quic_session_retried(w.client));
    assert_true(hs_quic_session_retried(w.accepted));
    assert_int_equal(w.sessions, 1);
    assert_int_equal(w.stateless, 1);
    assert_string_equal(w.last_stateless, "Retry");
    world_close(&w);
}

static void versions(void **state)
{
    static const struct {
        const uint32_t *client;
        size_t client_count;
        const uint32_t *server;
        size_t server_count;
        uint32_t result;
        uint32_t negotiated; /* by a Version Negotiation packet */
        int round_trips;
    } cases[] = {
        {only_v1, 1, NULL, 0, HS_QUIC_V1, 0, 1},
        {only_v2, 1, NULL, 0, HS_QUIC_V2, 0, 1},
        {v1_first, 2, NULL, 0, HS_QUIC_V2, 0, 1}, /* compatible */
        {v2_first, 2, NULL, 0, HS_QUIC_V2, 0, 1},
        {v1_first, 2, v1_first, 2, HS_QUIC_V1, 0, 1},
        {v2_first, 2, v1_first, 2, HS_QUIC_V1, 0, 1}, /* compatible, the other way */
        {v2_first, 2, only_v1, 1, HS_QUIC_V1, HS_QUIC_V1, 2},
        {v1_first, 2, only_v2, 1, HS_QUIC_V2, HS_QUIC_V2, 2},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world w;
        world_open(&w, *state,
                   &(world_options){.server_versions = cases[i].server,
                                    .server_version_count = cases[i].server_count});
        world_client(&w, NULL, NULL, cases[i].client, cases[i].client_count);
        hs_time start = w.now;
        world_connect(&w);
        assert_int_equal(w.c.confirmed, 1);
        assert_int_equal(hs_quic_session_version(w.client), cases[i].result);
        assert_int_equal(hs_quic_session_version(w.accepted), cases[i].result);
        assert_int_equal(w.c.negotiated, cases[i].negotiated);
        assert_int_equal(w.c.completed_at - start, cases[i].round_trips * ROUND_TRIP);
        world_close(&w);
    }
}

static void a_reserved_version_provokes_negotiation(void **state)
{
    static const uint32_t greased[] = {0x1a2a3a4a, HS_QUIC_V1};
    world w;
    world_open(&w, *state, &(world_options){0});
    world_client(&w, NULL, NULL, greased, 2);
    world_connect(&w);
    assert_int_equal(w.c.confirmed, 1);
    assert_int_equal(w.c.negotiated, HS_QUIC_V1);
    world_close(&w);
}

static void early_data_survives_version_negotiation(void **state)
{
    world w;
    world next;
    world_open(&w, *state, &(world_options){.secret = 1});
    hs_bytes ticket = first_ticket(&w, only_v2, 1);
    world_close(&w);
    world_open(
        &next, *state,
        &(world_options){.secret = 1, .server_versions = only_v1, .server_version_count = 1});
    world_client(&next, NULL, NULL, v2_first, 2);
    world_offer(&next, ticket, true);
    assert_int_equal(world_ask(&next, "once more", true), 0);
    world_connect(&next);
    world_settle(&next);
    assert_int_equal(next.c.negotiated, HS_QUIC_V1);
    assert_int_equal(next.s->early_chunks, 0);
    assert_string_equal(world_text(&next.c), "once more");
    assert_int_equal(hs_quic_session_early_data(next.client), HS_EARLY_DATA_NOT_OFFERED);
    world_close(&next);
    free((void *)ticket.data);
}

static void ciphers_and_groups(void **state)
{
    static const struct {
        const char *ciphers;
        const char *groups;
        const char *cipher;
        const char *group;
    } cases[] = {
        {"TLS_CHACHA20_POLY1305_SHA256", NULL, "TLS_CHACHA20_POLY1305_SHA256", "x25519"},
        {"TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256", "P-384", "TLS_AES_256_GCM_SHA384",
         "secp384r1"},
        {"TLS_AES_128_CCM_SHA256", "prime256v1:X25519", "TLS_AES_128_CCM_SHA256", "secp256r1"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world w;
        open_connected(&w, state,
                       &(world_options){.ciphers = cases[i].ciphers, .groups = cases[i].groups});
        assert_int_equal(w.c.confirmed, 1);
        assert_string_equal(hs_quic_session_cipher(w.client), cases[i].cipher);
        assert_string_equal(hs_quic_session_group(w.client), cases[i].group);
        world_close(&w);
    }
}

static void keys_are_updated(void **state)
{
    world w;
    world_open(&w, *state, &(world_options){0});
    world_client(&w, NULL, NULL, NULL, 0);
    assert_int_equal(hs_quic_session_update_keys(w.client, w.now), HS_INVALID);
    world_connect(&w);
    world_settle(&w);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(hs_quic_session_update_keys(w.client, w.now), HS_OK);
        world_ask(&w, "x", true);
        assert_int_equal(hs_quic_session_flush(w.client, w.now), HS_OK);
        world_settle(&w);
    }
    assert_string_equal(world_text(&w.c), "xxx");
    assert_int_equal(w.c.closed, 0);
    world_close(&w);
}

static void much_is_sent_and_comes_back(void **state)
{
    enum { PIECE = 50000, PIECES = 16 };
    static char piece[PIECE];
    world w;
    open_connected(&w, state, &(world_options){0});
    int64_t stream = -1;
    assert_int_equal(hs_quic_session_open(w.client, true, &stream), HS_OK);
    int sent = 0;
    while (sent < PIECES) {
        memset(piece, 'a' + sent, PIECE);
        hs_result result = hs_quic_session_send(w.client, stream, hs_bytes_of(piece, PIECE),
                                                sent == PIECES - 1);
        if (result == HS_LIMIT) {
            assert_true(hs_quic_session_room(w.client, stream) < PIECE);
            world_settle(&w);
            continue;
        }
        assert_int_equal(result, HS_OK);
        assert_int_equal(hs_quic_session_flush(w.client, w.now), HS_OK);
        sent++;
    }
    world_run(&w, w.now + 20 * HS_SECOND);
    hs_bytes came = hs_buffer_bytes(&w.c.data);
    assert_int_equal(came.len, PIECE * PIECES);
    for (size_t i = 0; i < came.len; i++) {
        assert_int_equal(came.data[i], 'a' + (int)(i / PIECE));
    }
    assert_int_equal(w.c.fins, 1);
    world_close(&w);
}

static void streams_are_reset_and_stopped(void **state)
{
    world w;
    open_connected(&w, state, &(world_options){0});
    int64_t stream = world_ask(&w, "half", false);
    assert_int_equal(hs_quic_session_flush(w.client, w.now), HS_OK);
    world_settle(&w);
    assert_int_equal(hs_quic_session_reset(w.client, stream, 7), HS_OK);
    assert_int_equal(hs_quic_session_reset(w.client, stream, 7), HS_INVALID);
    assert_int_equal(hs_quic_session_send(w.client, stream, hs_bytes_of("x", 1), false),
                     HS_INVALID);
    assert_int_equal(hs_quic_session_stop(w.client, stream, 8), HS_OK);
    assert_int_equal(hs_quic_session_flush(w.client, w.now), HS_OK);
    world_settle(&w);
    assert_int_equal(w.s->streams_reset, 1);
    assert_int_equal(w.s->streams_closed, 1);
    assert_int_equal(w.c.streams_closed, 1);
    assert_int_equal(w.c.closed, 0);
    world_close(&w);
}

static void streams_have_limits(void **state)
{
    world w;
    int64_t stream = 0;
    world_open(&w, *state, &(world_options){0});
    world_client(&w, NULL, NULL, NULL, 0);
    assert_int_equal(hs_quic_session_open(w.client, true, &stream), HS_INVALID);
    world_start(&w);
    assert_int_equal(hs_quic_session_open(w.client, true, &stream), HS_LIMIT);
    world_shake_hands(&w, HS_SECOND);
    int opened = 0;
    while (hs_quic_session_open(w.client, true, &stream) == HS_OK) {
        assert_int_equal(hs_quic_session_send(w.client, stream, hs_bytes_of("x", 1), true), HS_OK);
        opened++;
    }
    assert_in_range(opened, 16, HS_QUIC_STREAMS_MAX / 2);
    assert_int_equal(hs_quic_session_flush(w.client, w.now), HS_OK);
    world_settle(&w);
    assert_int_equal(w.c.streams_closed, opened);
    assert_int_equal(hs_quic_session_open(w.client, true, &stream), HS_OK);
    assert_int_equal(hs_quic_session_send(w.client, 4000, hs_bytes_of("x", 1), true), HS_INVALID);
    assert_int_equal(hs_quic_session_consume(w.client, stream, 1), HS_INVALID);
    world_close(&w);
}

static void the_clients_address_changes(void **state)
{
    world w;
    world_open(&w, *state, &(world_options){0});
    world_client(&w, NULL, NULL, NULL, 0);
    world_start(&w);
    world_settle(&w);
    assert_memory_equal(hs_quic_session_path(w.accepted), &w.seen, sizeof(w.seen));
    world_rebind(&w);
    for (int i = 0; i < 2; i++) {
        world_ask(&w, "x", true);
        assert_int_equal(hs_quic_session_flush(w.client, w.now), HS_OK);
        world_settle(&w);
    }
    assert_string_equal(world_text(&w.c), "xx");
    assert_memory_equal(hs_quic_session_path(w.accepted), &w.seen, sizeof(w.seen));
    assert_int_equal(w.c.closed, 0);
    world_close(&w);
}

static void early_data_with_retry(void **state)
{
    world w;
    world_open(&w, *state, &(world_options){.no_new_tokens = true});
    hs_bytes ticket = first_ticket(&w, only_v1, 1);
    hs_quic_server_set_retry(w.server, HS_QUIC_RETRY_ALWAYS);
    world_client(&w, NULL, NULL, only_v1, 1);
    world_offer(&w, ticket, true);
    int64_t asked = world_ask(&w, "twice asked", true);
    assert_int_equal(hs_quic_session_reset(w.client, asked, 5), HS_INVALID);
    world_start(&w);
    world_settle(&w);
    assert_true(hs_quic_session_retried(w.client));
    assert_int_equal(hs_quic_session_early_data(w.client), HS_EARLY_DATA_ACCEPTED);
    assert_true(w.s->early_chunks > 0);
    assert_string_equal(world_text(&w.c), "twice asked");
    free((void *)ticket.data);
    world_close(&w);
}

/* HelloRetryRequest ends early data (RFC 8446 4.1.2). */
static void early_data_with_hello_retry_request(void **state)
{
    /* GnuTLS sends a key share for the first group of each kind. */
    const hs_probe_options other_groups = {.groups = "x448:x25519"};
    hs_quic_context *context = NULL;
    hs_problem problem;
    world w;
    world_open(&w, *state, &(world_options){.groups = "secp384r1"});
    hs_bytes ticket = first_ticket(&w, only_v1, 1);
    world_drop_client(&w);
    hs_quic_context_free(w.client_context);
    assert_int_equal(hs_quic_context_new_client(&other_groups, w.verifier, &context, &problem),
                     HS_OK);
    w.client_context = context;
    world_client(&w, NULL, NULL, only_v1, 1);
    world_offer(&w, ticket, true);
    world_ask(&w, "not so early", true);
    world_start(&w);
    world_settle(&w);
    assert_int_equal(w.s->early_chunks, 0);
    if (w.c.closed) {
        /* GnuTLS 3.7 runs out of its own key epochs there, as a client, and says so. */
        world_expect_failure(&w, HS_FAILURE_LOCAL, "sent alert internal_error (80)");
        assert_int_equal(w.s->closed, 1);
    } else {
        assert_int_equal(w.c.confirmed, 1);
        assert_string_equal(hs_quic_session_group(w.client), "x25519");
        assert_int_equal(hs_quic_session_early_data(w.client), HS_EARLY_DATA_REJECTED);
        assert_string_equal(world_text(&w.c), "not so early");
    }
    free((void *)ticket.data);
    world_close(&w);
}

static void a_server_under_load_demands_retry(void **state)
{
    enum { HALF_OPEN = 4 };
    world w;
    world_open(&w, *state, &(world_options){.sessions_max = 4 * HALF_OPEN});
    for (int i = 0; i < HALF_OPEN; i++) {
        world_client(&w, NULL, NULL, NULL, 0);
        world_start(&w);
        world_run(&w, w.now + WORLD_DELAY + 1);
        assert_false(hs_quic_session_retried(w.client));
    }
    assert_int_equal(hs_quic_server_count(w.server), HALF_OPEN);
    world_client(&w, NULL, NULL, NULL, 0);
    world_connect(&w);
    assert_int_equal(w.c.confirmed, 1);
    assert_true(hs_quic_session_retried(w.client));
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_round_trip),
        cmocka_unit_test(resumed),
        cmocka_unit_test(early_data_accepted_then_replayed),
        cmocka_unit_test(early_data_is_refused_by_a_server_that_has_none),
        cmocka_unit_test(a_ticket_is_for_its_name_protocol_and_version),
        cmocka_unit_test(tickets_and_tokens_outlive_the_server),
        cmocka_unit_test(a_damaged_ticket_is_none),
        cmocka_unit_test(retry),
        cmocka_unit_test(versions),
        cmocka_unit_test(a_reserved_version_provokes_negotiation),
        cmocka_unit_test(early_data_survives_version_negotiation),
        cmocka_unit_test(ciphers_and_groups),
        cmocka_unit_test(keys_are_updated),
        cmocka_unit_test(much_is_sent_and_comes_back),
        cmocka_unit_test(streams_are_reset_and_stopped),
        cmocka_unit_test(streams_have_limits),
        cmocka_unit_test(the_clients_address_changes),
        cmocka_unit_test(early_data_with_retry),
        cmocka_unit_test(early_data_with_hello_retry_request),
        cmocka_unit_test(a_server_under_load_demands_retry),
    };
    return cmocka_run_group_tests(tests, tls_fixture_open, tls_fixture_close);
}
