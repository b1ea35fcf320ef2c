/* How far a connection is followed for the sake of keys, and what is kept of sessions: counted in
 * memory. */
#include "../cmocka_headers.h"

#include <stdlib.h>
#include <string.h>

#include "base/writer.h"
#include "wire.h"
#include "wire/packet.h"
#include "wire/tls/extension.h"
#include "wire/tls/handshake.h"
#include "wire/tls/names.h"
#include "wire/tls/record.h"

#define MS HS_MILLISECOND

enum { BODY_MAX = 256, RECORD_MAX = 2048, DATA = 1000, DATA_RECORDS = 40 };

/* The ends of a connection at work. */
typedef struct talk {
    wire *w;
    uint32_t next[2];
} talk;

static void open_talk(talk *t)
{
    wire_open(t->w);
    t->next[HS_CLIENT] = 1;
    t->next[HS_SERVER] = 1;
}

static void say(talk *t, hs_side from, uint8_t type, hs_bytes fragment)
{
    uint8_t out[RECORD_MAX];
    hs_writer w;
    hs_writer_init(&w, out, sizeof out);
    hs_write_u8(&w, type);
    hs_write_u16(&w, HS_TLS_1_2);
    hs_block block = hs_write_open(&w, 2);
    hs_write_bytes(&w, fragment);
    hs_write_close(&w, block);
    assert_int_equal(hs_writer_result(&w), HS_OK);
    hs_bytes bytes = hs_writer_bytes(&w);
    wire_send(t->w, 1 * MS,
              &(wire_packet){.from_server = from == HS_SERVER,
                             .flags = HS_TCP_ACK,
                             .seq = t->next[from],
                             .ack = t->next[from == HS_CLIENT ? HS_SERVER : HS_CLIENT],
                             .data = bytes});
    t->next[from] += (uint32_t)bytes.len;
}

static void say_message(talk *t, hs_side from, uint8_t type, hs_bytes body)
{
    uint8_t out[RECORD_MAX];
    hs_writer w;
    hs_writer_init(&w, out, sizeof out);
    hs_write_u8(&w, type);
    hs_block block = hs_write_open(&w, 3);
    hs_write_bytes(&w, body);
    hs_write_close(&w, block);
    say(t, from, HS_TLS_HANDSHAKE, hs_writer_bytes(&w));
}

static hs_bytes bytes_of(uint8_t value, size_t len)
{
    static uint8_t bytes[DATA];
    memset(bytes, value, sizeof bytes);
    return hs_bytes_of(bytes, len);
}

/* Its random is all `random`. */
static void say_client_hello(talk *t, uint8_t random)
{
    uint8_t body[BODY_MAX];
    hs_writer w;
    hs_writer_init(&w, body, sizeof body);
    hs_write_u16(&w, HS_TLS_1_2);
    hs_write_bytes(&w, bytes_of(random, HS_TLS_RANDOM));
    hs_write_u8(&w, 0);
    hs_write_u16(&w, 4);
    hs_write_u16(&w, 0x1301);
    hs_write_u16(&w, 0xc02f);
    hs_write_u16(&w, 0x0100);
    say_message(t, HS_CLIENT, HS_TLS_HS_CLIENT_HELLO, hs_writer_bytes(&w));
}

static void say_server_hello(talk *t, uint16_t version, hs_bytes id)
{
    uint8_t body[BODY_MAX];
    hs_writer w;
    hs_writer_init(&w, body, sizeof body);
    hs_write_u16(&w, HS_TLS_1_2);
    hs_write_bytes(&w, bytes_of(0x55, HS_TLS_RANDOM));
    hs_block block = hs_write_open(&w, 1);
    hs_write_bytes(&w, id);
    hs_write_close(&w, block);
    hs_write_u16(&w, version == HS_TLS_1_3 ? 0x1301 : 0xc02f);
    hs_write_u8(&w, 0);
    if (version == HS_TLS_1_3) {
        hs_write_u16(&w, 6);
        hs_write_u16(&w, HS_TLS_EXT_SUPPORTED_VERSIONS);
        hs_write_u16(&w, 2);
        hs_write_u16(&w, version);
    }
    say_message(t, HS_SERVER, HS_TLS_HS_SERVER_HELLO, hs_writer_bytes(&w));
}

/* A handshake whose secrets nobody can use, and much that follows it. */
static void converse(talk *t, uint16_t version, uint8_t random)
{
    hs_bytes ccs = bytes_of(1, 1);
    open_talk(t);
    say_client_hello(t, random);
    say_server_hello(t, version, (hs_bytes){0});
    if (version == HS_TLS_1_3) {
        say(t, HS_SERVER, HS_TLS_APPLICATION_DATA, bytes_of(7, 200));
        say(t, HS_CLIENT, HS_TLS_APPLICATION_DATA, bytes_of(7, 53));
    } else {
        say_message(t, HS_SERVER, HS_TLS_HS_SERVER_HELLO_DONE, (hs_bytes){0});
        say(t, HS_CLIENT, HS_TLS_CHANGE_CIPHER_SPEC, ccs);
        say(t, HS_CLIENT, HS_TLS_HANDSHAKE, bytes_of(7, 40));
        say(t, HS_SERVER, HS_TLS_CHANGE_CIPHER_SPEC, ccs);
        say(t, HS_SERVER, HS_TLS_HANDSHAKE, bytes_of(7, 40));
    }
    say(t, HS_CLIENT, HS_TLS_APPLICATION_DATA, bytes_of(7, 100));
    for (int i = 0; i < DATA_RECORDS; i++) {
        say(t, HS_SERVER, HS_TLS_APPLICATION_DATA, bytes_of(7, DATA));
    }
}

typedef enum keys { NO_KEY_LOG, EMPTY_KEY_LOG, OTHERS_KEYS, ITS_KEYS } keys;

static hs_keylog *keylog_of(keys which, const char *label)
{
    char line[HS_KEYLOG_LINE_MAX];
    hs_keylog *keylog = which == NO_KEY_LOG ? NULL : hs_keylog_new(0);
    if (which == OTHERS_KEYS || which == ITS_KEYS) {
        hs_bytes random = bytes_of(which == ITS_KEYS ? 1 : 2, HS_TLS_RANDOM);
        assert_int_equal(hs_keylog_line(label, random, hs_bytes_of("0123456789abcdef", 16), line),
                         HS_OK);
        assert_int_equal(hs_keylog_add_line(keylog, hs_bytes_of(line, strlen(line))), HS_OK);
    }
    return keylog;
}

static size_t memory_in_use(const hs_flows *flows)
{
    hs_flows_counters counters = hs_flows_count(flows);
    return counters.memory - counters.memory_idle;
}

/* The memory that the connection came to hold. */
static size_t memory_for(uint16_t version, keys which, const char *label, bool is_complete)
{
    hs_keylog *keylog = keylog_of(which, label);
    talk t = {.w = wire_new(&(hs_flows_config){
                  .light = true, .keylog = keylog, .keylog_complete = is_complete})};
    size_t before = memory_in_use(t.w->flows);
    converse(&t, version, 1);
    size_t after = memory_in_use(t.w->flows);
    hs_trace *trace = wire_finish(t.w);
    assert_int_equal(trace->tls.version, version);
    wire_free(t.w);
    hs_keylog_free(keylog);
    return after - before;
}

static void who_has_no_keys_in_a_whole_key_log_is_not_followed_for_them(void **state)
{
    (void)state;
    static const struct {
        uint16_t version;
        const char *label;
    } rows[] = {
        {HS_TLS_1_2, "CLIENT_RANDOM"},
        {HS_TLS_1_3, "CLIENT_HANDSHAKE_TRAFFIC_SECRET"},
        {HS_TLS_1_3, "SERVER_HANDSHAKE_TRAFFIC_SECRET"},
        {HS_TLS_1_3, "CLIENT_TRAFFIC_SECRET_0"},
        {HS_TLS_1_3, "SERVER_TRAFFIC_SECRET_0"},
        {HS_TLS_1_3, "CLIENT_EARLY_TRAFFIC_SECRET"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint16_t version = rows[i].version;
        const char *label = rows[i].label;
        size_t least = memory_for(version, NO_KEY_LOG, label, false);
        size_t most = (size_t)DATA * DATA_RECORDS + least;
        assert_true(least < (size_t)DATA * DATA_RECORDS);
        for (int is_complete = 0; is_complete < 2; is_complete++) {
            assert_int_equal(memory_for(version, EMPTY_KEY_LOG, label, is_complete), least);
            assert_true(memory_for(version, ITS_KEYS, label, is_complete) > most);
        }
        assert_int_equal(memory_for(version, OTHERS_KEYS, label, true), least);
        assert_true(memory_for(version, OTHERS_KEYS, label, false) > most);
    }
}

/* Every server names a session of its own. */
static void sessions_are_kept_within_the_limit(void **state)
{
    (void)state;
    enum { LIMIT = 1024 * 1024, MANY = 4000 };
    hs_keylog *keylog = keylog_of(EMPTY_KEY_LOG, NULL);
    talk t = {.w = wire_new(&(hs_flows_config){
                  .light = true, .memory_limit = LIMIT, .keylog = keylog, .linger = 1})};
    size_t before = memory_in_use(t.w->flows);
    for (uint32_t i = 0; i < MANY; i++) {
        uint8_t id[4];
        hs_writer w;
        hs_writer_init(&w, id, sizeof id);
        hs_write_u32(&w, i);
        t.w->client_address++;
        open_talk(&t);
        say_client_hello(&t, 1);
        say_server_hello(&t, HS_TLS_1_2, hs_writer_bytes(&w));
        wire_client(t.w, 1 * MS, HS_TCP_RST, t.next[HS_CLIENT], t.next[HS_SERVER], "");
        assert_true(hs_flows_count(t.w->flows).memory <= LIMIT);
    }
    hs_flows_finish(t.w->flows);
    size_t kept = memory_in_use(t.w->flows) - before;
    assert_true(kept > LIMIT / 32 && kept < LIMIT / 8);
    assert_int_equal(t.w->count, MANY);
    wire_free(t.w);
    hs_keylog_free(keylog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_has_no_keys_in_a_whole_key_log_is_not_followed_for_them),
        cmocka_unit_test(sessions_are_kept_within_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
