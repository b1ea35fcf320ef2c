/* What is spoken, and bytes that are wrong, too many, or not whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/reader.h"
#include "base/writer.h"
#include "decode/decoder.h"
#include "decode/tls.h"
#include "kit.h"
#include "trace/build.h"
#include "wire/tls/names.h"
#include "wire/tls/record.h"

static const hs_moment now = {HS_MILLISECOND, HS_CLOCK_USER};

static hs_bytes copy(const void *data, size_t len)
{
    uint8_t *out = malloc(len + 1);
    assert_non_null(out);
    memcpy(out, data, len);
    return hs_bytes_of(out, len);
}

static hs_bytes text(const char *bytes)
{
    return copy(bytes, strlen(bytes));
}

/* Only what the client and the server said first in that recording. */
static kit_recording *beginning_of(const char *file, size_t steps)
{
    kit_recording *whole = kit_load(file);
    kit_recording *recording = kit_recording_new();
    for (size_t i = 0; i < steps; i++) {
        hs_bytes bytes = whole->steps[i].bytes;
        kit_add(recording, whole->steps[i].from, copy(bytes.data, bytes.len));
    }
    if (whole->keylog) {
        recording->keylog = strdup(whole->keylog);
    }
    kit_recording_free(whole);
    return recording;
}

static hs_trace *decode_and_free(kit_recording *recording)
{
    kit_assert_same_every_way(recording);
    hs_trace *trace = kit_decode(recording, (kit_way){.keys = KIT_KEYS_FIRST});
    kit_recording_free(recording);
    return trace;
}

static void assert_names(const hs_trace *trace, hs_side from, const char *want)
{
    char *names = kit_names(trace, from);
    assert_string_equal(names, want);
    free(names);
}

static void plain_http(void **state)
{
    (void)state;
    kit_recording *recording = kit_recording_new();
    kit_add(recording, HS_CLIENT, text("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    kit_add(recording, HS_SERVER, text("HTTP/1.1 204 No Content\r\n\r\n"));
    hs_trace *trace = decode_and_free(recording);
    assert_false(trace->tls.present);
    assert_int_equal(trace->http.status, 204);
    assert_int_equal(trace->milestones[HS_MILESTONE_FIRST_FLIGHT].at, HS_MILLISECOND);
    assert_int_equal(trace->milestones[HS_MILESTONE_SERVER_FIRST_BYTE].at, 2 * HS_MILLISECOND);
    hs_trace_free(trace);
}

static void a_server_that_speaks_first(void **state)
{
    (void)state;
    kit_recording *recording = kit_recording_new();
    kit_add(recording, HS_SERVER, text("SSH-2.0-OpenSSH_9.2\r\n"));
    kit_add(recording, HS_CLIENT, text("SSH-2.0-test\r\n"));
    hs_trace *trace = decode_and_free(recording);
    assert_false(trace->tls.present);
    assert_names(trace, HS_SERVER, "data");
    hs_trace_free(trace);

    recording = kit_recording_new();
    kit_add(recording, HS_SERVER, text("220 smtp.example ESMTP\r\n"));
    trace = decode_and_free(recording);
    assert_names(trace, HS_SERVER, "data");
    hs_trace_free(trace);
}

/* Feeds a ClientHello, then `answer`, a byte at a time: when the answer cannot be TLS is said. */
static size_t bytes_until_not_tls(const char *answer)
{
    kit_recording *hello = beginning_of("tls13_aes256.tls", 1);
    hs_trace_config config = {.keep_bytes = true};
    hs_trace *trace = hs_trace_new(&config);
    hs_decoder *decoder = hs_decoder_new(trace, NULL);
    size_t needed = 0;
    assert_int_equal(hs_decoder_feed(decoder, HS_CLIENT, hello->steps[0].bytes, now), HS_OK);
    assert_false(hs_decoder_not_tls(decoder, NULL));
    for (size_t i = 0; i < strlen(answer); i++) {
        assert_int_equal(hs_decoder_feed(decoder, HS_SERVER, hs_bytes_of(answer + i, 1), now),
                         HS_OK);
        if (needed == 0 && hs_decoder_not_tls(decoder, NULL)) {
            needed = i + 1;
        }
    }
    hs_bytes first;
    if (hs_decoder_not_tls(decoder, &first)) {
        assert_int_equal(first.len, strlen(answer));
        assert_memory_equal(first.data, answer, first.len);
    }
    assert_int_equal(hs_decoder_finish(decoder), HS_OK);
    hs_decoder_free(decoder);
    hs_trace_free(trace);
    kit_recording_free(hello);
    return needed;
}

static void not_tls(void **state)
{
    (void)state;
    assert_int_equal(bytes_until_not_tls("HTTP/1.1 400 Bad Request\r\n\r\n"), 1);
    assert_int_equal(bytes_until_not_tls("220 smtp.example\r\n"), 1);
    assert_int_equal(bytes_until_not_tls("\x16\x04\x03"), 3);
    assert_int_equal(bytes_until_not_tls("\x15\x03\x03"), 0);

    kit_recording *recording = beginning_of("tls13_aes256.tls", 1);
    kit_add(recording, HS_SERVER, text("HTTP/1.1 400 Bad Request\r\n\r\n"));
    hs_trace *trace = decode_and_free(recording);
    assert_true(trace->tls.present);
    assert_int_equal(trace->tls.version, 0);
    assert_names(trace, HS_CLIENT, "ClientHello");
    assert_null(kit_event(trace, "malformed", 0));
    assert_non_null(trace->events->next);
    hs_trace_free(trace);
}

/* What an echo server answers is no handshake. */
static void an_echo(void **state)
{
    (void)state;
    kit_recording *recording = beginning_of("tls13_aes256.tls", 1);
    hs_bytes hello = recording->steps[0].bytes;
    kit_add(recording, HS_SERVER, copy(hello.data, hello.len));
    hs_trace *trace = decode_and_free(recording);
    assert_names(trace, HS_SERVER, "ClientHello");
    const char *said = NULL;
    for (const hs_event *event = trace->events; event; event = event->next) {
        if (event->from == HS_SERVER) {
            said = kit_detail(event, "unexpected");
        }
    }
    assert_non_null(said);
    assert_int_equal(trace->tls.version, 0);
    hs_trace_free(trace);
}

static void malformed_records(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        const char *field;
        const char *offset; /* within the record; NULL: only the ways are compared */
    } cases[] = {
        {"160303ffff00", "length", "5"},
        {"150303000202281603030001002f2f2f2f2f", "type", "1"},
        {"1503030002022815020300", "legacy_record_version", "3"},
        {"140303000201", "type", NULL},
        {"15030300010215", NULL, NULL},
        {"1603030004020000011700", NULL, NULL},
        {"17030300020000", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kit_recording *recording = beginning_of("tls12_ecdhe_gcm.tls", 1);
        kit_add_hex(recording, HS_SERVER, cases[i].hex);
        hs_trace *trace = decode_and_free(recording);
        const hs_event *event = kit_event(trace, "malformed", 0);
        if (cases[i].offset) {
            assert_non_null(event);
            assert_string_equal(kit_detail(event, "what"), "record");
            assert_string_equal(kit_detail(event, "field"), cases[i].field);
            assert_string_equal(kit_detail(event, "offset"), cases[i].offset);
            assert_non_null(kit_detail(event, "why"));
        }
        hs_trace_free(trace);
    }
}

/* A message whose body contradicts itself ends its direction; the bytes behind it are counted. */
static void malformed_message(void **state)
{
    (void)state;
    kit_recording *recording = beginning_of("tls12_ecdhe_gcm.tls", 2);
    uint8_t *server = (uint8_t *)(uintptr_t)recording->steps[1].bytes.data;
    server[5 + 4 + 2 + 32] = 0xff; /* the length of the session id */
    hs_trace *trace = decode_and_free(recording);
    const hs_event *event = kit_event(trace, "malformed", 0);
    assert_non_null(event);
    assert_string_equal(kit_detail(event, "what"), "ServerHello");
    assert_int_equal(event->from, HS_SERVER);
    const hs_event *rest = kit_event(trace, "not decoded", 0);
    assert_non_null(rest);
    assert_true(rest->bytes > 0);
    assert_int_equal(trace->tls.version, 0);
    hs_trace_free(trace);
}

static void too_long_a_message(void **state)
{
    (void)state;
    kit_recording *recording = beginning_of("tls12_ecdhe_gcm.tls", 1);
    kit_add_hex(recording, HS_SERVER, "16030300060b0400010000");
    hs_trace *trace = decode_and_free(recording);
    const hs_event *event = kit_event(trace, "malformed", 0);
    assert_non_null(event);
    assert_string_equal(kit_detail(event, "field"), "length");
    assert_non_null(strstr(kit_detail(event, "why"), "longer"));
    hs_trace_free(trace);
}

static void not_whole(void **state)
{
    (void)state;
    kit_recording *recording = beginning_of("tls12_ecdhe_gcm.tls", 2);
    /* The ServerHello's record, and ten bytes of the next one. */
    hs_bytes *server = &recording->steps[1].bytes;
    server->len = 5 + (size_t)(server->data[3] * 256 + server->data[4]) + 10;
    hs_trace *trace = decode_and_free(recording);
    assert_names(trace, HS_SERVER, "ServerHello incomplete");
    const hs_event *event = kit_event(trace, "incomplete", 0);
    assert_string_equal(kit_detail(event, "what"), "record");
    assert_string_equal(kit_detail(event, "received"), "10");
    hs_trace_free(trace);

    recording = beginning_of("tls12_ecdhe_gcm.tls", 1);
    kit_add_hex(recording, HS_SERVER, "16030300060b0003e80000");
    trace = decode_and_free(recording);
    event = kit_event(trace, "incomplete", 0);
    assert_non_null(event);
    assert_string_equal(kit_detail(event, "what"), "Certificate");
    assert_string_equal(kit_detail(event, "expected"), "1004");
    hs_trace_free(trace);
}

static void ssl2_client_hello(void **state)
{
    (void)state;
    kit_recording *recording = kit_recording_new();
    /* CLIENT-HELLO of version 3.1 with two cipher specs and a challenge of 16 bytes. */
    kit_add_hex(recording, HS_CLIENT,
                "801f01030100060000001000002f000005000102030405060708090a0b0c0d0e0f");
    kit_add_hex(recording, HS_SERVER, "15030100020228");
    hs_trace *trace = decode_and_free(recording);
    assert_names(trace, HS_CLIENT, "ClientHello");
    assert_string_equal(kit_detail(kit_event(trace, "ClientHello", 0), "form"), "SSLv2");
    assert_true(trace->tls.present);
    assert_true(trace->tls.has_alert);
    hs_trace_free(trace);
}

/* Every cut of a connection decodes to a beginning of the whole, and cannot hurt. */
static void every_truncation(void **state)
{
    (void)state;
    static const char *const files[] = {"tls13_early_data.tls", "tls12_client_auth.tls"};
    for (size_t f = 0; f < 2; f++) {
        kit_recording *recording = kit_load(files[f]);
        for (size_t steps = recording->count; steps > 0; steps--) {
            hs_bytes *last = &recording->steps[steps - 1].bytes;
            uint8_t *original = (uint8_t *)(uintptr_t)last->data;
            size_t count = recording->count;
            recording->count = steps;
            for (size_t len = last->len; len > 0; len--) {
                uint8_t *cut = malloc(len);
                assert_non_null(cut);
                memcpy(cut, original, len);
                *last = hs_bytes_of(cut, len);
                hs_trace *trace = kit_decode(recording, (kit_way){.keys = KIT_KEYS_FIRST});
                assert_null(kit_event(trace, "malformed", 0));
                hs_trace_free(trace);
                free(cut);
            }
            recording->count = count;
            *last = hs_bytes_of(original, 0);
        }
        kit_recording_free(recording);
    }
}

/* Any byte changed: no crash, and the answer does not depend on the chunks. */
static void changed_bytes(void **state)
{
    (void)state;
    unsigned seed = 7;
    kit_recording *recording = kit_load("tls13_client_auth.tls");
    for (int i = 0; i < 300; i++) {
        hs_bytes bytes = recording->steps[(size_t)rand_r(&seed) % recording->count].bytes;
        uint8_t *at = (uint8_t *)(uintptr_t)bytes.data + (size_t)rand_r(&seed) % bytes.len;
        uint8_t old = *at;
        *at = (uint8_t)(old ^ (1 << (rand_r(&seed) % 8)));
        if (i % 30 == 0) {
            kit_assert_same_every_way(recording);
        } else {
            hs_trace_free(kit_decode(recording, (kit_way){.keys = KIT_KEYS_LAST}));
        }
        *at = old;
    }
    kit_recording_free(recording);
}

/* A long download without keys: few events, bounded memory, and keys that come too late do no
 * harm. */
static void much_without_keys(void **state)
{
    (void)state;
    enum { RECORDS = 200, SIZE = 16384 };
    kit_recording *recording = beginning_of("tls13_aes256.tls", 3);
    static uint8_t data[RECORDS * (5 + SIZE)];
    hs_writer w;
    hs_writer_init(&w, data, sizeof data);
    static uint8_t fragment[SIZE];
    for (int i = 0; i < RECORDS; i++) {
        hs_tls_record record = {HS_TLS_APPLICATION_DATA, HS_TLS_1_2, hs_bytes_of(fragment, SIZE)};
        hs_tls_record_write(&w, &record);
    }
    assert_int_equal(hs_writer_result(&w), HS_OK);
    kit_add(recording, HS_SERVER, copy(data, w.len));
    hs_trace *trace = kit_decode(recording, (kit_way){.keys = KIT_KEYS_NONE});
    assert_true(trace->event_count < 20);
    const hs_event *last = NULL;
    for (const hs_event *event = trace->events; event; event = event->next) {
        last = event;
    }
    assert_string_equal(last->name, "encrypted record");
    assert_int_equal(last->bytes, (size_t)RECORDS * SIZE);
    assert_string_equal(kit_detail(last, "records"), "200");
    hs_trace_free(trace);
    hs_trace_free(kit_decode(recording, (kit_way){.keys = KIT_KEYS_LAST}));
    kit_recording_free(recording);
}

/* Where no events are kept, the facts are the same. */
static void facts_alone(void **state)
{
    (void)state;
    kit_recording *recording = kit_load("tls13_client_auth.tls");
    hs_trace *full = kit_decode(recording, (kit_way){.keys = KIT_KEYS_FIRST});
    hs_trace *brief = kit_decode(recording, (kit_way){.keys = KIT_KEYS_FIRST, .is_brief = true});
    assert_null(brief->events);
    assert_int_equal(brief->tls.version, full->tls.version);
    assert_string_equal(brief->tls.ja4, full->tls.ja4);
    assert_int_equal(brief->tls.tickets, full->tls.tickets);
    assert_int_equal(brief->certificate_count, 1);
    assert_int_equal(brief->milestones[HS_MILESTONE_TLS_DONE].at,
                     full->milestones[HS_MILESTONE_TLS_DONE].at);
    hs_trace_free(full);
    hs_trace_free(brief);
    kit_recording_free(recording);
}

static void nothing_at_all(void **state)
{
    (void)state;
    kit_recording *recording = kit_recording_new();
    hs_trace *trace = decode_and_free(recording);
    assert_int_equal(trace->event_count, 0);
    hs_trace_free(trace);
    hs_decoder_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_http),
        cmocka_unit_test(a_server_that_speaks_first),
        cmocka_unit_test(not_tls),
        cmocka_unit_test(an_echo),
        cmocka_unit_test(malformed_records),
        cmocka_unit_test(malformed_message),
        cmocka_unit_test(too_long_a_message),
        cmocka_unit_test(not_whole),
        cmocka_unit_test(ssl2_client_hello),
        cmocka_unit_test(every_truncation),
        cmocka_unit_test(changed_bytes),
        cmocka_unit_test(much_without_keys),
        cmocka_unit_test(facts_alone),
        cmocka_unit_test(nothing_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
