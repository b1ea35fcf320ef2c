#include <stdlib.h>
#include <string.h>

#include "../cmocka_headers.h"

#include "base/reader.h"
#include "secrets/keylog.h"
#include "tls_fixture.h"

enum { WHOLE = 1 << 20 };

static hs_tls_context *client_of(const tls_fixture *fixture, uint16_t version)
{
    hs_probe_options options = {.cacert = fixture->ca_file, .tls_min = version, .tls_max = version};
    return tls_client(&options);
}

static void open_pair(tls_fixture *fixture, hs_tls_context *client_context, tls_end *client,
                      tls_end *server)
{
    tls_end_open(client, client_context, "host.example", "h2,http/1.1");
    tls_end_open(server, fixture->server, NULL, "h2,http/1.1");
    server->echo = true;
    tls_end_start(server);
}

static void check_open(tls_end *client, tls_end *server)
{
    assert_string_equal(client->failure.message, "");
    assert_string_equal(server->failure.message, "");
    assert_int_equal(client->established, 1);
    assert_int_equal(server->established, 1);
    assert_int_equal(hs_tls_session_verify(client->session), 0);
    assert_string_equal(hs_tls_session_verify_text(client->session), "ok");
    assert_string_equal(hs_tls_session_alpn(client->session), "h2");
    assert_string_equal(hs_tls_session_alpn(server->session), "h2");
    assert_string_equal(hs_tls_session_version(client->session),
                        hs_tls_session_version(server->session));
    assert_string_equal(hs_tls_session_cipher(client->session),
                        hs_tls_session_cipher(server->session));
}

/* One full handshake, an echo, and close_notify both ways. */
static void full(tls_fixture *fixture, uint16_t version, const char *name, size_t step)
{
    tls_end client;
    tls_end server;
    hs_tls_context *context = client_of(fixture, version);
    open_pair(fixture, context, &client, &server);
    tls_end_start(&client);
    assert_int_equal(client.outputs, 1);
    assert_null(hs_tls_session_alpn(client.session));
    assert_int_equal(hs_tls_session_early_data(client.session), HS_EARLY_DATA_UNSEEN);
    tls_end_run(&client, &server, step);
    check_open(&client, &server);
    assert_string_equal(hs_tls_session_version(client.session), name);
    assert_false(hs_tls_session_resumed(client.session));
    assert_int_equal(hs_tls_session_early_data(client.session), HS_EARLY_DATA_NOT_OFFERED);
    assert_int_equal(hs_tls_session_early_data(server.session), HS_EARLY_DATA_NOT_OFFERED);
    assert_true(hs_tls_session_ticket(client.session).len > 0);

    tls_end_send(&client, "hello");
    tls_end_send(&client, "");
    tls_end_run(&client, &server, step);
    assert_string_equal(tls_end_plain(&client), "hello");
    hs_tls_session_close(client.session);
    tls_end_run(&client, &server, step);
    assert_int_equal(server.closed, 1);
    hs_tls_session_close(server.session);
    tls_end_run(&client, &server, step);
    assert_int_equal(client.closed, 1);
    hs_tls_session_transport_ended(client.session, false);
    assert_int_equal(client.failed, 0);
    tls_end_free(&client);
    tls_end_free(&server);
    hs_tls_context_free(context);
}

static void full_handshakes(void **state)
{
    full(*state, 0, "TLSv1.3", WHOLE);
    full(*state, 0x0304, "TLSv1.3", WHOLE);
    full(*state, 0x0303, "TLSv1.2", WHOLE);
}

static void any_chunking_will_do(void **state)
{
    static const size_t steps[] = {1, 2, 3, 5, 7, 100};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        full(*state, 0x0304, "TLSv1.3", steps[i]);
        full(*state, 0x0303, "TLSv1.2", steps[i]);
    }
}

/* A ticket of a full handshake; malloc'ed. */
static hs_bytes take_ticket(tls_fixture *fixture, hs_tls_context *context, const char *name)
{
    tls_end client;
    tls_end server;
    tls_end_open(&client, context, name, "h2,http/1.1");
    tls_end_open(&server, fixture->server, NULL, "h2,http/1.1");
    tls_end_start(&server);
    tls_end_start(&client);
    tls_end_run(&client, &server, WHOLE);
    hs_bytes ticket = hs_tls_session_ticket(client.session);
    assert_true(ticket.len > 0);
    uint8_t *copy = malloc(ticket.len);
    assert_non_null(copy);
    memcpy(copy, ticket.data, ticket.len);
    tls_end_free(&client);
    tls_end_free(&server);
    return hs_bytes_of(copy, ticket.len);
}

static void resume(tls_fixture *fixture, uint16_t version)
{
    tls_end client;
    tls_end server;
    hs_tls_context *context = client_of(fixture, version);
    hs_bytes ticket = take_ticket(fixture, context, "host.example");
    open_pair(fixture, context, &client, &server);
    uint32_t early_max = 1;
    assert_int_equal(hs_tls_session_offer(client.session, ticket, &early_max), HS_OK);
    assert_int_equal(early_max, version == 0x0304 ? 16384 : 0);
    tls_end_start(&client);
    tls_end_run(&client, &server, 1);
    check_open(&client, &server);
    assert_true(hs_tls_session_resumed(client.session));
    assert_true(hs_tls_session_resumed(server.session));
    assert_int_equal(hs_tls_session_early_data(client.session), HS_EARLY_DATA_NOT_OFFERED);
    tls_end_free(&client);
    tls_end_free(&server);
    free((void *)ticket.data);
    hs_tls_context_free(context);
}

static void resumed_handshakes(void **state)
{
    resume(*state, 0x0304);
    resume(*state, 0x0303);
}

static void other_bytes_are_no_ticket(void **state)
{
    tls_fixture *fixture = *state;
    tls_end client;
    hs_bytes ticket = take_ticket(fixture, fixture->client, "host.example");
    tls_end_open(&client, fixture->client, "host.example", "h2");
    assert_int_equal(hs_tls_session_offer(client.session, hs_bytes_of("x", 1), NULL), HS_MALFORMED);
    assert_int_equal(hs_tls_session_offer(client.session, hs_bytes_of(NULL, 0), NULL),
                     HS_MALFORMED);
    for (size_t len = 0; len < ticket.len; len++) {
        assert_int_equal(hs_tls_session_offer(client.session, hs_bytes_of(ticket.data, len), NULL),
                         HS_MALFORMED);
    }
    assert_int_equal(hs_tls_session_early(client.session, hs_bytes_of("x", 1)), HS_LIMIT);
    tls_end_free(&client);
    free((void *)ticket.data);
}

/* A resumed session is for the name that it was verified for. */
static void a_ticket_of_another_name_is_refused(void **state)
{
    tls_fixture *fixture = *state;
    tls_end client;
    tls_end server;
    hs_bytes ticket = take_ticket(fixture, fixture->client, "host.example");
    tls_end_open(&client, fixture->client, "other.example", "h2");
    tls_end_open(&server, fixture->server, NULL, "h2");
    tls_end_start(&server);
    uint32_t early_max = 1;
    assert_int_equal(hs_tls_session_offer(client.session, ticket, &early_max), HS_OK);
    assert_int_equal(early_max, 0);
    tls_end_start(&client);
    tls_end_run(&client, &server, WHOLE);
    assert_int_equal(client.established, 0);
    assert_int_equal(client.failure.cls, HS_FAILURE_TLS_CERT_NAME_INVALID);
    tls_end_free(&client);
    tls_end_free(&server);
    free((void *)ticket.data);
}

static void early_data_is_accepted_once(void **state)
{
    tls_fixture *fixture = *state;
    hs_bytes ticket = take_ticket(fixture, fixture->client, "host.example");
    for (int replay = 0; replay < 2; replay++) {
        tls_end client;
        tls_end server;
        open_pair(fixture, fixture->client, &client, &server);
        uint32_t early_max = 0;
        assert_int_equal(hs_tls_session_offer(client.session, ticket, &early_max), HS_OK);
        assert_int_equal(early_max, 16384);
        assert_int_equal(hs_tls_session_early(client.session, hs_bytes_of("GET ", 4)), HS_OK);
        assert_int_equal(hs_tls_session_early(client.session, hs_bytes_of("/", 1)), HS_OK);
        tls_end_start(&client);
        assert_int_equal(client.outputs, 1);
        tls_end_run(&client, &server, replay ? 1 : WHOLE);
        check_open(&client, &server);
        hs_early_data outcome = replay ? HS_EARLY_DATA_REJECTED : HS_EARLY_DATA_ACCEPTED;
        assert_int_equal(hs_tls_session_early_data(client.session), outcome);
        assert_int_equal(hs_tls_session_early_data(server.session), outcome);
        assert_int_equal(server.plain_at_established, replay ? 0 : 5);
        assert_false(server.send_refused);
        assert_string_equal(tls_end_plain(&client), replay ? "" : "GET /");
        assert_int_equal(hs_tls_session_resumed(client.session), !replay);
        tls_end_send(&client, "more");
        tls_end_run(&client, &server, WHOLE);
        assert_string_equal(tls_end_plain(&client), replay ? "more" : "GET /more");
        tls_end_free(&client);
        tls_end_free(&server);
    }
    free((void *)ticket.data);
}

static void early_data_has_a_limit(void **state)
{
    tls_fixture *fixture = *state;
    static const uint8_t bytes[16385];
    tls_end client;
    tls_end server;
    hs_bytes ticket = take_ticket(fixture, fixture->client, "host.example");
    open_pair(fixture, fixture->client, &client, &server);
    assert_int_equal(hs_tls_session_offer(client.session, ticket, NULL), HS_OK);
    assert_int_equal(hs_tls_session_early(client.session, hs_bytes_of(bytes, 16385)), HS_LIMIT);
    assert_int_equal(hs_tls_session_early(client.session, hs_bytes_of(bytes, 16384)), HS_OK);
    assert_int_equal(hs_tls_session_early(client.session, hs_bytes_of(bytes, 1)), HS_LIMIT);
    tls_end_start(&client);
    assert_int_equal(hs_tls_session_early(client.session, hs_bytes_of(bytes, 1)), HS_INVALID);
    tls_end_run(&client, &server, WHOLE);
    check_open(&client, &server);
    assert_int_equal(hs_tls_session_early_data(client.session), HS_EARLY_DATA_ACCEPTED);
    assert_int_equal(server.plain_at_established, 16384);
    tls_end_free(&client);
    tls_end_free(&server);
    free((void *)ticket.data);
}

/* A ticket taken under one ALPN does not end a handshake under another. */
static void early_data_needs_the_same_protocol(void **state)
{
    tls_fixture *fixture = *state;
    tls_end client;
    tls_end server;
    hs_bytes ticket = take_ticket(fixture, fixture->client, "host.example");
    tls_end_open(&client, fixture->client, "host.example", "http/1.1");
    tls_end_open(&server, fixture->server, NULL, "h2,http/1.1");
    tls_end_start(&server);
    uint32_t early_max = 1;
    assert_int_equal(hs_tls_session_offer(client.session, ticket, &early_max), HS_OK);
    assert_int_equal(early_max, 0);
    tls_end_start(&client);
    tls_end_run(&client, &server, WHOLE);
    assert_int_equal(client.established, 1);
    assert_string_equal(hs_tls_session_alpn(client.session), "http/1.1");
    tls_end_free(&client);
    tls_end_free(&server);
    free((void *)ticket.data);
}

static void alpn_is_chosen_in_the_servers_order(void **state)
{
    tls_fixture *fixture = *state;
    static const struct {
        const char *client;
        const char *server;
        const char *chosen;
    } cases[] = {
        {"h2,http/1.1", "http/1.1,h2", "http/1.1"},
        {" h2 , http/1.1 ", "h2", "h2"},
        {"h2", "", NULL},
        {"", "h2", NULL},
        {NULL, "h2", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tls_end client;
        tls_end server;
        tls_end_open(&client, fixture->client, "host.example", cases[i].client);
        tls_end_open(&server, fixture->server, NULL, cases[i].server);
        tls_end_start(&server);
        tls_end_start(&client);
        tls_end_run(&client, &server, WHOLE);
        assert_int_equal(client.established, 1);
        const char *chosen = hs_tls_session_alpn(client.session);
        if (cases[i].chosen) {
            assert_string_equal(chosen, cases[i].chosen);
        } else {
            assert_null(chosen);
        }
        tls_end_free(&client);
        tls_end_free(&server);
    }
}

static void malformed_names_and_protocols_are_invalid(void **state)
{
    tls_fixture *fixture = *state;
    const hs_tls_session_events events = {NULL, NULL, NULL, NULL, NULL, NULL, NULL};
    hs_tls_session *session = NULL;
    char long_name[300];
    memset(long_name, 'a', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = 0;
    static const char *const lists[] = {"h2,,http/1.1", ",", ",h2", " "};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        assert_int_equal(hs_tls_session_new(fixture->client, "a", lists[i], &events, &session),
                         HS_INVALID);
        assert_null(session);
    }
    assert_int_equal(hs_tls_session_new(fixture->client, "a", long_name, &events, &session),
                     HS_INVALID);
    assert_int_equal(hs_tls_session_new(fixture->client, long_name, "h2", &events, &session),
                     HS_INVALID);
    assert_int_equal(hs_tls_session_new(fixture->client, "", "h2", &events, &session), HS_INVALID);
}

static void names_are_matched_as_the_rfc_has_it(void **state)
{
    tls_fixture *fixture = *state;
    static const struct {
        const char *name;
        bool matches;
    } cases[] = {
        {"host.example", true},   {"HOST.EXAMPLE", true},      {"host.example.", true},
        {"a.wild.example", true}, {"a.b.wild.example", false}, {"wild.example", false},
        {"127.0.0.1", true},      {"127.0.0.2", false},        {"::1", false},
        {"[::1]", false},         {"ost.example", false},      {NULL, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tls_end client;
        tls_end server;
        tls_end_open(&client, fixture->client, cases[i].name, NULL);
        tls_end_open(&server, fixture->server, NULL, NULL);
        tls_end_start(&server);
        tls_end_start(&client);
        tls_end_run(&client, &server, WHOLE);
        assert_int_equal(client.established, cases[i].matches);
        assert_int_equal(client.failed, !cases[i].matches);
        tls_end_free(&client);
        tls_end_free(&server);
    }
}

static void order_of_calls_is_checked(void **state)
{
    tls_fixture *fixture = *state;
    tls_end client;
    tls_end server;
    open_pair(fixture, fixture->client, &client, &server);
    assert_int_equal(hs_tls_session_feed(client.session, hs_bytes_of("x", 1)), HS_INVALID);
    assert_int_equal(hs_tls_session_send(client.session, hs_bytes_of("x", 1)), HS_INVALID);
    hs_tls_session_close(client.session);
    tls_end_start(&client);
    assert_int_equal(hs_tls_session_start(client.session), HS_INVALID);
    assert_int_equal(hs_tls_session_offer(client.session, hs_bytes_of("x", 1), NULL), HS_INVALID);
    assert_int_equal(hs_tls_session_send(client.session, hs_bytes_of("x", 1)), HS_INVALID);
    assert_int_equal(hs_tls_session_send(server.session, hs_bytes_of("x", 1)), HS_INVALID);
    hs_tls_session_close(client.session);
    tls_end_run(&client, &server, WHOLE);
    check_open(&client, &server);
    tls_end_free(&client);
    tls_end_free(&server);
}

/* What a call-back sends leaves together, after the flight that completed the handshake. */
static void a_greeting_follows_the_handshake(void **state)
{
    tls_fixture *fixture = *state;
    tls_end client;
    tls_end server;
    open_pair(fixture, fixture->client, &client, &server);
    client.greet = "first words";
    tls_end_start(&client);
    tls_end_deliver(&client, &server, WHOLE);
    assert_int_equal(server.outputs, 1);
    tls_end_deliver(&server, &client, WHOLE);
    assert_int_equal(client.outputs, 3);
    tls_end_run(&client, &server, WHOLE);
    assert_string_equal(tls_end_plain(&client), "first words");
    tls_end_free(&client);
    tls_end_free(&server);
}

static void much_data_passes_whole(void **state)
{
    tls_fixture *fixture = *state;
    enum { MUCH = 3 << 20 };
    tls_end client;
    tls_end server;
    uint8_t *bytes = malloc(MUCH);
    assert_non_null(bytes);
    for (size_t i = 0; i < MUCH; i++) {
        bytes[i] = (uint8_t)(i * 7 + i / 251);
    }
    open_pair(fixture, fixture->client, &client, &server);
    server.echo = false;
    tls_end_start(&client);
    tls_end_run(&client, &server, WHOLE);
    assert_int_equal(hs_tls_session_send(client.session, hs_bytes_of(bytes, MUCH)), HS_OK);
    hs_bytes wire = hs_buffer_bytes(&client.wire);
    assert_true(wire.len > MUCH);
    assert_int_equal(hs_tls_session_feed(server.session, wire), HS_OK);
    hs_bytes plain = hs_buffer_bytes(&server.plain);
    assert_int_equal(plain.len, MUCH);
    assert_memory_equal(plain.data, bytes, MUCH);
    free(bytes);
    tls_end_free(&client);
    tls_end_free(&server);
}

static void check_keylog(tls_fixture *fixture, uint16_t version, const char *const *labels,
                         size_t count)
{
    tls_end client;
    tls_end server;
    hs_tls_context *context = client_of(fixture, version);
    open_pair(fixture, context, &client, &server);
    tls_end_start(&client);
    hs_bytes hello = hs_buffer_bytes(&client.wire);
    assert_true(hello.len > 43);
    uint8_t random[32];
    memcpy(random, hello.data + 11, sizeof(random)); /* record header, type, length, version */
    tls_end_run(&client, &server, WHOLE);
    hs_keylog *keylog = hs_keylog_new(0);
    size_t malformed = 1;
    assert_non_null(keylog);
    assert_int_equal(hs_keylog_add_text(keylog, hs_buffer_bytes(&client.log), &malformed), HS_OK);
    assert_int_equal(malformed, 0);
    assert_int_equal(hs_keylog_count(keylog), count);
    for (size_t i = 0; i < count; i++) {
        hs_bytes secret = hs_keylog_find(keylog, labels[i], hs_bytes_of(random, sizeof(random)));
        assert_true(secret.len == 32 || secret.len == 48);
    }
    assert_true(hs_bytes_equal(hs_buffer_bytes(&client.log), hs_buffer_bytes(&server.log)) ||
                version == 0x0304);
    hs_keylog_free(keylog);
    tls_end_free(&client);
    tls_end_free(&server);
    hs_tls_context_free(context);
}

static void key_log_lines_parse(void **state)
{
    static const char *const tls13[] = {
        "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
        "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0", "EXPORTER_SECRET"};
    static const char *const tls12[] = {"CLIENT_RANDOM"};
    check_keylog(*state, 0x0304, tls13, 5);
    check_keylog(*state, 0x0303, tls12, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_handshakes),
        cmocka_unit_test(any_chunking_will_do),
        cmocka_unit_test(resumed_handshakes),
        cmocka_unit_test(other_bytes_are_no_ticket),
        cmocka_unit_test(a_ticket_of_another_name_is_refused),
        cmocka_unit_test(early_data_is_accepted_once),
        cmocka_unit_test(early_data_has_a_limit),
        cmocka_unit_test(early_data_needs_the_same_protocol),
        cmocka_unit_test(alpn_is_chosen_in_the_servers_order),
        cmocka_unit_test(malformed_names_and_protocols_are_invalid),
        cmocka_unit_test(names_are_matched_as_the_rfc_has_it),
        cmocka_unit_test(order_of_calls_is_checked),
        cmocka_unit_test(a_greeting_follows_the_handshake),
        cmocka_unit_test(much_data_passes_whole),
        cmocka_unit_test(key_log_lines_parse),
    };
    return cmocka_run_group_tests(tests, tls_fixture_open, tls_fixture_close);
}
