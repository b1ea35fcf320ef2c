/* Sessions resumed up to TLS 1.2: their keys are found where the key log has those of the full
 * handshake alone, and only where the server did resume. */
#include "../cmocka_headers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/writer.h"
#include "kit.h"
#include "wire/tls/extension_get.h"
#include "wire/tls/message.h"
#include "wire/tls/record.h"

static const uint64_t seed[2] = {3, 4};

static hs_tls12_sessions *new_sessions(void)
{
    hs_tls12_sessions *sessions = hs_tls12_sessions_new(1 << 20, seed);
    assert_non_null(sessions);
    return sessions;
}

static hs_bytes text(const char *characters)
{
    return hs_bytes_of(characters, strlen(characters));
}

static hs_bytes random_of(uint8_t value)
{
    static uint8_t random[HS_TLS_RANDOM];
    memset(random, value, sizeof random);
    return hs_bytes_of(random, sizeof random);
}

/* --- real connections, whose key log is under another random --- */

static void client_hello_of(const kit_recording *recording, hs_tls_message *message)
{
    const hs_tls_message_context context = {.version = HS_TLS_1_2};
    hs_fault fault;
    hs_reader r;
    hs_tls_record record;
    hs_reader_init(&r, recording->steps[0].bytes, &fault, NULL);
    assert_int_equal(hs_tls_record_read(&r, &record), HS_OK);
    hs_reader_init(&r, record.fragment, &fault, NULL);
    assert_int_equal(hs_tls_message_read(&r, &context, message), HS_OK);
}

/* "CLIENT_RANDOM own secret" becomes "CLIENT_RANDOM aa… secret". */
static void rename_keys(kit_recording *recording)
{
    char *line = strstr(recording->keylog, "CLIENT_RANDOM ");
    assert_non_null(line);
    memset(line + strlen("CLIENT_RANDOM "), 'a', 2 * (size_t)HS_TLS_RANDOM);
}

static hs_bytes name_of(const hs_tls_client_hello *hello, bool by_ticket)
{
    hs_bytes ticket = {0};
    assert_int_equal(hs_tls_get_session_ticket(&hello->extensions, &ticket) && ticket.len > 0,
                     by_ticket);
    return by_ticket ? ticket : hello->legacy_session_id;
}

static void assert_decrypts(const char *file, bool by_ticket)
{
    static const kit_keys orders[] = {KIT_KEYS_FIRST, KIT_KEYS_BETWEEN, KIT_KEYS_LAST};
    static const kit_chunks chunks[] = {KIT_WHOLE, KIT_BYTES, KIT_RANDOM};
    kit_recording *recording = kit_load(file);
    hs_tls_message message;
    rename_keys(recording);
    client_hello_of(recording, &message);
    for (size_t i = 0; i < 9; i++) {
        kit_way way = {.keys = orders[i / 3], .chunks = chunks[i % 3], .seed = 5};
        way.sessions = new_sessions();
        hs_trace *without = kit_decode(recording, way);
        assert_int_equal(without->tls.resumed, HS_YES);
        assert_null(kit_event(without, "Finished", 0));
        assert_false(without->tls.has_session_random);
        hs_trace_free(without);

        assert_int_equal(hs_tls12_sessions_add(way.sessions,
                                               name_of(&message.body.client_hello, by_ticket),
                                               random_of(0xaa)),
                         HS_OK);
        hs_trace *trace = kit_decode(recording, way);
        assert_non_null(kit_event(trace, "Finished", 1));
        assert_null(kit_event(trace, "encrypted record", 0));
        assert_true(trace->tls.has_session_random);
        assert_memory_equal(trace->tls.session_random, random_of(0xaa).data, HS_TLS_RANDOM);
        assert_false(trace->incomplete);
        hs_trace_free(trace);
        hs_tls12_sessions_free(way.sessions);
    }
    kit_recording_free(recording);
}

static void resumed_sessions_are_decrypted(void **state)
{
    (void)state;
    assert_decrypts("tls12_resumed_id.tls", false);
    assert_decrypts("tls12_resumed_ticket.tls", true);
}

static void a_full_handshake_has_keys_of_its_own(void **state)
{
    (void)state;
    uint8_t found[HS_TLS_RANDOM];
    kit_recording *recording = kit_load("tls12_ecdhe_gcm.tls");
    hs_tls_message message;
    client_hello_of(recording, &message);
    rename_keys(recording);
    kit_way way = {.keys = KIT_KEYS_FIRST, .sessions = new_sessions()};
    hs_trace *trace = kit_decode(recording, way);
    assert_int_equal(trace->tls.resumed, HS_NO);
    assert_null(kit_event(trace, "Finished", 0));
    assert_true(hs_tls12_sessions_count(way.sessions) > 0);
    assert_false(hs_tls12_sessions_find(way.sessions, random_of(0xaa), found));
    hs_trace_free(trace);
    hs_tls12_sessions_free(way.sessions);
    kit_recording_free(recording);
}

/* --- hellos made for it --- */

enum { MESSAGE_MAX = 512 };

static void add_message(kit_recording *recording, hs_side from, uint8_t type, hs_bytes body)
{
    uint8_t *out = malloc(MESSAGE_MAX);
    assert_non_null(out);
    hs_writer w;
    hs_writer_init(&w, out, MESSAGE_MAX);
    hs_write_u8(&w, type == 0 ? HS_TLS_CHANGE_CIPHER_SPEC : HS_TLS_HANDSHAKE);
    hs_write_u16(&w, HS_TLS_1_2);
    hs_block fragment = hs_write_open(&w, 2);
    if (type == 0) {
        hs_write_u8(&w, 1);
    } else {
        hs_write_u8(&w, type);
        hs_block block = hs_write_open(&w, 3);
        hs_write_bytes(&w, body);
        hs_write_close(&w, block);
    }
    hs_write_close(&w, fragment);
    assert_int_equal(hs_writer_result(&w), HS_OK);
    kit_add(recording, from, hs_writer_bytes(&w));
}

static void write_vector(hs_writer *w, unsigned prefix, hs_bytes bytes)
{
    hs_block block = hs_write_open(w, prefix);
    hs_write_bytes(w, bytes);
    hs_write_close(w, block);
}

static void add_client_hello(kit_recording *recording, uint8_t random, const char *id,
                             const char *ticket)
{
    uint8_t body[MESSAGE_MAX];
    hs_writer w;
    hs_writer_init(&w, body, sizeof body);
    hs_write_u16(&w, HS_TLS_1_2);
    hs_write_bytes(&w, random_of(random));
    write_vector(&w, 1, text(id));
    write_vector(&w, 2, text("\xc0\x2f"));
    write_vector(&w, 1, hs_bytes_of("", 1));
    hs_block extensions = hs_write_open(&w, 2);
    hs_write_u16(&w, HS_TLS_EXT_SESSION_TICKET);
    write_vector(&w, 2, text(ticket));
    hs_write_close(&w, extensions);
    add_message(recording, HS_CLIENT, HS_TLS_HS_CLIENT_HELLO, hs_writer_bytes(&w));
}

static void add_server_hello(kit_recording *recording, const char *id)
{
    uint8_t body[MESSAGE_MAX];
    hs_writer w;
    hs_writer_init(&w, body, sizeof body);
    hs_write_u16(&w, HS_TLS_1_2);
    hs_write_bytes(&w, random_of(0x55));
    write_vector(&w, 1, text(id));
    hs_write_u16(&w, 0xc02f);
    hs_write_u8(&w, 0);
    add_message(recording, HS_SERVER, HS_TLS_HS_SERVER_HELLO, hs_writer_bytes(&w));
}

static void add_ticket(kit_recording *recording, const char *ticket)
{
    uint8_t body[MESSAGE_MAX];
    hs_writer w;
    hs_writer_init(&w, body, sizeof body);
    hs_write_u32(&w, 300);
    write_vector(&w, 2, text(ticket));
    add_message(recording, HS_SERVER, HS_TLS_HS_NEW_SESSION_TICKET, hs_writer_bytes(&w));
}

typedef struct handshake {
    uint8_t random;
    const char *offered_id;
    const char *offered_ticket;
    const char *id; /* in the ServerHello */
    bool is_full;   /* with a ServerHelloDone */
    const char *new_ticket;
} handshake;

/* Whose session the trace says that it is: 0 where it says none. */
static uint8_t play(hs_tls12_sessions *sessions, handshake h, kit_chunks chunks)
{
    kit_recording *recording = kit_recording_new();
    add_client_hello(recording, h.random, h.offered_id, h.offered_ticket);
    add_server_hello(recording, h.id);
    if (h.is_full) {
        add_message(recording, HS_SERVER, HS_TLS_HS_SERVER_HELLO_DONE, (hs_bytes){0});
    }
    if (h.new_ticket) {
        add_ticket(recording, h.new_ticket);
    }
    add_message(recording, HS_SERVER, 0, (hs_bytes){0});
    add_message(recording, HS_CLIENT, 0, (hs_bytes){0});
    hs_trace *trace = kit_decode(
        recording, (kit_way){.chunks = chunks, .keys = KIT_KEYS_NONE, .sessions = sessions});
    uint8_t random = trace->tls.has_session_random ? trace->tls.session_random[0] : 0;
    hs_trace_free(trace);
    kit_recording_free(recording);
    return random;
}

static void a_ticket_of_a_ticket_is_of_the_first_handshake(void **state)
{
    (void)state;
    for (kit_chunks chunks = KIT_WHOLE; chunks <= KIT_RANDOM; chunks++) {
        hs_tls12_sessions *s = new_sessions();
        assert_int_equal(play(s, (handshake){1, "", "", "id 1", true, "t1"}, chunks), 0);
        assert_int_equal(play(s, (handshake){2, "x", "t1", "x", false, "t2"}, chunks), 1);
        assert_int_equal(play(s, (handshake){3, "y", "t2", "y", false, NULL}, chunks), 1);
        assert_int_equal(play(s, (handshake){4, "", "t2", "", false, "t3"}, chunks), 1);
        assert_int_equal(play(s, (handshake){5, "z", "t3", "z", false, NULL}, chunks), 1);
        assert_int_equal(play(s, (handshake){6, "id 1", "", "id 1", false, NULL}, chunks), 1);
        /* What a client makes up to see whether its ticket is taken names no session. */
        assert_int_equal(hs_tls12_sessions_count(s), 4);
        hs_tls12_sessions_free(s);
    }
}

static void what_the_server_does_not_take_is_not_resumed(void **state)
{
    (void)state;
    hs_tls12_sessions *s = new_sessions();
    assert_int_equal(play(s, (handshake){1, "", "", "id 1", true, "t1"}, KIT_WHOLE), 0);
    assert_int_equal(play(s, (handshake){2, "x", "t1", "id 2", true, "t2"}, KIT_WHOLE), 0);
    assert_int_equal(play(s, (handshake){3, "", "t1", "", true, NULL}, KIT_WHOLE), 0);
    assert_int_equal(play(s, (handshake){4, "id 1", "", "", true, NULL}, KIT_WHOLE), 0);
    assert_int_equal(play(s, (handshake){5, "", "t2", "", false, NULL}, KIT_WHOLE), 2);
    assert_int_equal(play(s, (handshake){6, "id 2", "", "id 2", false, NULL}, KIT_WHOLE), 2);
    /* The server says so, and then it does not. */
    assert_int_equal(play(s, (handshake){7, "id 2", "", "id 2", true, "t7"}, KIT_WHOLE), 0);
    assert_int_equal(play(s, (handshake){8, "", "t7", "", false, NULL}, KIT_WHOLE), 7);
    hs_tls12_sessions_free(s);
}

/* The full handshake was before the capture: its tickets are of the oldest that was seen. */
static void a_session_of_before(void **state)
{
    (void)state;
    hs_tls12_sessions *s = new_sessions();
    assert_int_equal(play(s, (handshake){1, "x", "t0", "x", false, "t1"}, KIT_WHOLE), 0);
    assert_int_equal(play(s, (handshake){2, "y", "t1", "y", false, NULL}, KIT_WHOLE), 1);
    hs_tls12_sessions_free(s);
}

static void many_tickets_of_one_server(void **state)
{
    (void)state;
    enum { TICKETS = 200 };
    static const uint64_t other[2] = {9, 9};
    hs_tls12_sessions *s = hs_tls12_sessions_new(0, other);
    char ticket[16];
    for (int i = 0; i < TICKETS; i++) {
        snprintf(ticket, sizeof ticket, "t%d", i);
        assert_int_equal(play(s, (handshake){1, "", "", "", true, ticket}, KIT_WHOLE), 0);
    }
    assert_int_equal(hs_tls12_sessions_count(s), 16);
    assert_int_equal(play(s, (handshake){2, "x", "t0", "x", false, NULL}, KIT_WHOLE), 0);
    assert_int_equal(play(s, (handshake){2, "x", ticket, "x", false, NULL}, KIT_WHOLE), 1);
    hs_tls12_sessions_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resumed_sessions_are_decrypted),
        cmocka_unit_test(a_full_handshake_has_keys_of_its_own),
        cmocka_unit_test(a_ticket_of_a_ticket_is_of_the_first_handshake),
        cmocka_unit_test(what_the_server_does_not_take_is_not_resumed),
        cmocka_unit_test(a_session_of_before),
        cmocka_unit_test(many_tickets_of_one_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
