/* The application-layer decoder over recorded conversations with real peers
 * (fuzz/corpus/application), each in many splittings, against what was seen to be right
 * (data/application); and over conversations made here for what the recordings do not have. */
#include "../cmocka_headers.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conversation.h"
#include "decode/annotate_application.h"

enum { RECORDING_MAX = 1 << 20 };

typedef struct recording {
    uint8_t *data;
    size_t len;
} recording;

static void add(recording *r, uint8_t flags, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    if (!r->data) {
        r->data = malloc(RECORDING_MAX);
        assert_non_null(r->data);
    }
    while (len > 0) {
        size_t part = len < 0xffff ? len : 0xffff;
        assert_true(r->len + 3 + part <= RECORDING_MAX);
        uint8_t head[] = {flags, (uint8_t)(part >> 8), (uint8_t)(part & 0xff)};
        memcpy(r->data + r->len, head, 3);
        memcpy(r->data + r->len + 3, at, part);
        r->len += 3 + part;
        at += part;
        len -= part;
    }
}

static void client(recording *r, const char *text)
{
    add(r, 0, text, strlen(text));
}

static void server(recording *r, const char *text)
{
    add(r, FROM_SERVER, text, strlen(text));
}

static size_t one_byte(size_t left, void *context)
{
    (void)left;
    (void)context;
    return 1;
}

static size_t some_bytes(size_t left, void *context)
{
    uint32_t *seed = context;
    *seed = *seed * 1664525U + 1013904223U;
    size_t most = left < 64 ? left : 64;
    return 1 + (*seed >> 16) % most;
}

static char *play(const recording *r, conversation_split split, void *context)
{
    hs_trace *trace = conversation_play((hs_bytes){r->data, r->len}, split, context);
    assert_non_null(trace);
    char *text = conversation_text(trace);
    assert_non_null(text);
    hs_trace_free(trace);
    return text;
}

/* The text of a recording, the same in every splitting. */
static char *play_all(const recording *r)
{
    char *whole = play(r, NULL, NULL);
    char *bytes = play(r, one_byte, NULL);
    assert_string_equal(whole, bytes);
    free(bytes);
    for (uint32_t i = 1; i <= 5; i++) {
        uint32_t seed = i;
        char *random = play(r, some_bytes, &seed);
        assert_string_equal(whole, random);
        free(random);
    }
    return whole;
}

static void expect(recording *r, const char *expected)
{
    char *text = play_all(r);
    assert_string_equal(text, expected);
    free(text);
    free(r->data);
    *r = (recording){0};
}

static uint8_t *read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    uint8_t *data = malloc(RECORDING_MAX + 1);
    assert_non_null(data);
    *len = fread(data, 1, RECORDING_MAX, file);
    data[*len] = 0;
    fclose(file);
    return data;
}

static recording read_recording(const char *name)
{
    char path[1024];
    recording r;
    snprintf(path, sizeof path, HS_SOURCE_ROOT "/fuzz/corpus/application/%s", name);
    r.data = read_file(path, &r.len);
    return r;
}

static void recordings_of_real_peers(void **state)
{
    (void)state;
    DIR *folder = opendir(HS_SOURCE_ROOT "/tests/decode/data/application");
    assert_non_null(folder);
    int count = 0;
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        const char *end = strstr(entry->d_name, ".txt");
        char path[1024];
        size_t len;
        if (!end) {
            continue;
        }
        snprintf(path, sizeof path, HS_SOURCE_ROOT "/tests/decode/data/application/%s",
                 entry->d_name);
        char *expected = (char *)read_file(path, &len);
        snprintf(path, sizeof path, HS_SOURCE_ROOT "/fuzz/corpus/application/%.*s",
                 (int)(end - entry->d_name), entry->d_name);
        recording r;
        r.data = read_file(path, &r.len);
        expect(&r, expected);
        free(expected);
        count++;
    }
    closedir(folder);
    assert_true(count >= 20);
}

static void every_message_of_the_recordings_is_annotated(void **state)
{
    (void)state;
    DIR *folder = opendir(HS_SOURCE_ROOT "/fuzz/corpus/application");
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        recording r = read_recording(entry->d_name);
        hs_trace *trace = conversation_play((hs_bytes){r.data, r.len}, NULL, NULL);
        assert_non_null(trace);
        for (const hs_event *event = trace->events; event; event = event->next) {
            hs_note items[256];
            hs_notes notes = {.items = items, .capacity = 256};
            hs_fault fault;
            hs_reader reader;
            hs_reader_init(&reader, event->raw, &fault, &notes);
            assert_int_equal(hs_annotate_application(event, &reader), HS_OK);
            assert_int_equal(hs_reader_left(&reader), 0);
            assert_true(notes.count > 0);
        }
        hs_trace_free(trace);
        free(r.data);
    }
    closedir(folder);
}

static void tls_events_are_not_annotated_here(void **state)
{
    (void)state;
    hs_event event = {.layer = HS_LAYER_TLS};
    hs_fault fault;
    hs_reader reader;
    hs_reader_init(&reader, event.raw, &fault, NULL);
    assert_int_equal(hs_annotate_application(&event, &reader), HS_INVALID);
}

/* Every truncation of every recording: it ends, and what was there before is still told. */
static void recordings_cut_anywhere(void **state)
{
    (void)state;
    static const char *const names[] = {"http1_chunked_answer", "http1_post_chunked_100",
                                        "http2_node_goaway", "ws_echo"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        recording r = read_recording(names[i]);
        size_t len = r.len;
        for (r.len = 0; r.len < len; r.len++) {
            char *whole = play(&r, NULL, NULL);
            char *bytes = play(&r, one_byte, NULL);
            assert_string_equal(whole, bytes);
            if (r.len > 3) {
                assert_true(whole[0] == '>' || whole[0] == '<');
            }
            free(whole);
            free(bytes);
        }
        free(r.data);
    }
}

static void pipelined_requests_meet_their_answers(void **state)
{
    (void)state;
    recording r = {0};
    client(&r, "HEAD /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n");
    server(&r, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
               "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno");
    expect(&r, "> request 20 method=HEAD target=/a version=HTTP/1.1 @0-0\n"
               "> request 19 method=GET target=/b version=HTTP/1.1 @0-0\n"
               "< response 38 status=200 reason=OK version=HTTP/1.1 content-length=5 @1-1\n"
               "< response 45 status=404 reason=Not Found version=HTTP/1.1 content-length=2 @1-1\n"
               "< message body 2 content=2 @1-1\n"
               "request @0\n"
               "first_response @1\n"
               "http HTTP/1.1 200 server=- location=-\n");
}

/* Late keys may bring the server's bytes first. */
static void an_answer_waits_for_its_request(void **state)
{
    (void)state;
    recording r = {0};
    server(&r, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    client(&r, "HEAD / HTTP/1.1\r\n\r\n");
    server(&r, "HTTP/1.1 408 Request Timeout\r\n\r\nbye");
    expect(&r, "< response 38 status=200 reason=OK version=HTTP/1.1 content-length=5 @0-0\n"
               "> request 19 method=HEAD target=/ version=HTTP/1.1 @1-1\n"
               "< response 32 status=408 reason=Request Timeout version=HTTP/1.1 @2-2\n"
               "< message body 3 content=3 @2-2\n"
               "request @1\n"
               "first_response @0\n"
               "http HTTP/1.1 200 server=- location=-\n");
}

#define WS_REQUEST                                                                                 \
    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                   \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

static void websocket_answers_are_judged_against_the_key(void **state)
{
    (void)state;
    static const struct {
        const char *fields;
        const char *fact;
    } rows[] = {
        {"Upgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
         "\nwebsocket 101 accepted=1 subprotocol=- extensions=- upgrade=1\n"},
        {"Upgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: t3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
         "\nwebsocket 101 accepted=0 subprotocol=- extensions=- upgrade=1\n"},
        {"Upgrade: websocket\r\nConnection: Upgrade\r\n",
         "\nwebsocket 101 accepted=0 subprotocol=- extensions=- upgrade=1\n"},
        {"Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
         "Sec-WebSocket-Protocol: chat\r\n",
         "\nwebsocket 101 accepted=1 subprotocol=chat extensions=- upgrade=0\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char answer[512];
        recording r = {0};
        client(&r, WS_REQUEST);
        snprintf(answer, sizeof answer, "HTTP/1.1 101 Switching Protocols\r\n%s\r\n",
                 rows[i].fields);
        server(&r, answer);
        add(&r, 0, "\x89\x82\0\0\0\0hi", 8);
        add(&r, FROM_SERVER, "\x8a\x02hi", 4);
        char *text = play_all(&r);
        assert_non_null(strstr(text, rows[i].fact));
        assert_non_null(strstr(text, "> ping 8 length=2 text=hi @2-2\n"));
        assert_non_null(strstr(text, "< pong 4 length=2 text=hi @3-3\n"));
        assert_non_null(strstr(text, "upgrade_start @0\nupgrade_done @1\nrequest @2\n"
                                     "first_response @3\n"));
        free(text);
        free(r.data);
    }
}

static void a_refused_upgrade_stays_http(void **state)
{
    (void)state;
    recording r = {0};
    client(&r, WS_REQUEST);
    server(&r, "HTTP/1.1 301 Moved Permanently\r\nLocation: wss://b/\r\nContent-Length: 0\r\n\r\n");
    client(&r, "GET /next HTTP/1.1\r\n\r\n");
    char *text = play_all(&r);
    assert_non_null(strstr(text, "> request 22 method=GET target=/next version=HTTP/1.1 @2-2\n"
                                 "upgrade_start @0\nupgrade_done @1\nrequest @2\n"
                                 "http HTTP/1.1 301 server=- location=wss://b/\n"
                                 "websocket 301 accepted=-1"));
    free(text);
    free(r.data);
}

static void a_body_goes_on_after_an_early_upgrade(void **state)
{
    (void)state;
    recording r = {0};
    client(&r, "POST / HTTP/1.1\r\nUpgrade: websocket\r\nContent-Length: 4\r\n\r\nab");
    server(&r, "HTTP/1.1 101 Switching Protocols\r\n\r\n");
    add(&r, 0, "cd\x81\x81\0\0\0\0x", 9);
    char *text = play_all(&r);
    assert_non_null(strstr(text, "> message body 4 content=4 @0-2\n"
                                 "> text 7 length=1 text=x @2-2\n"));
    free(text);
    free(r.data);
}

static void an_upgrade_to_h2c(void **state)
{
    (void)state;
    recording r = {0};
    client(&r, "GET / HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
               "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n");
    server(&r, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
    add(&r, FROM_SERVER, "\0\0\0\x04\0\0\0\0\0\0\0\x01\x01\x05\0\0\0\x01\x88", 19);
    client(&r, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    add(&r, 0, "\0\0\0\x04\x01\0\0\0\0", 9);
    char *text = play_all(&r);
    assert_non_null(strstr(text,
                           "< SETTINGS 9 @2-2\n"
                           "< HEADERS 10 stream=1 flags=END_STREAM, END_HEADERS :status=200 @2-2\n"
                           "> connection preface 24 @3-3\n"
                           "> SETTINGS 9 flags=ACK @4-4\n"));
    assert_non_null(strstr(text, "http HTTP/2 200"));
    free(text);
    free(r.data);
}

static void malformed_heads_end_in_data(void **state)
{
    (void)state;
    recording r = {0};
    client(&r, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    server(&r, "HTTP/1.1 200 OK\r\nServer : x\r\n\r\n");
    expect(&r, "> request 27 method=GET target=/ version=HTTP/1.1 host=a @0-0\n"
               "< response 24 status=200 reason=OK version=HTTP/1.1 "
               "malformed=field name: has whitespace before the colon @1-1\n"
               "< data 7 text=: x\\x0d\\x0a\\x0d\\x0a @1-1\n"
               "request @0\n"
               "first_response @1\n");
    client(&r, "GET / HTTP/1.1\r\n\r\n");
    server(&r, "HTTP/1.1 204 No Content\r\n\r\n<html>");
    expect(&r, "> request 18 method=GET target=/ version=HTTP/1.1 @0-0\n"
               "< response 27 status=204 reason=No Content version=HTTP/1.1 @1-1\n"
               "< data 6 text=<html> malformed=HTTP-version: is not \"HTTP/\" and two digits @1-1\n"
               "request @0\n"
               "first_response @1\n"
               "http HTTP/1.1 204 server=- location=-\n");
    client(&r, "GET / HTTP/1.1\r\n\r\n");
    server(&r, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n");
    expect(&r,
           "> request 18 method=GET target=/ version=HTTP/1.1 @0-0\n"
           "< response 47 status=200 reason=OK version=HTTP/1.1 transfer-encoding=chunked @1-1\n"
           "< message body 6 content=3 malformed=no CRLF follows the chunk's data @1-1\n"
           "< data 3 text=d\\x0d\\x0a @1-1\n"
           "request @0\n"
           "first_response @1\n"
           "http HTTP/1.1 200 server=- location=-\n");
}

static void what_did_not_end_says_so(void **state)
{
    (void)state;
    recording r = {0};
    client(&r, "GET / HTTP/1.1\r\n\r\n");
    server(&r, "HTTP/1.1 200 OK\r\nServer: half");
    expect(&r, "> request 18 method=GET target=/ version=HTTP/1.1 @0-0\n"
               "< response 29 status=200 reason=OK version=HTTP/1.1 "
               "incomplete=the head ends within: field value @1-1\n"
               "request @0\n"
               "first_response @1\n");
    client(&r, "GET / HTTP/1.1\r\n\r\n");
    server(&r, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
    expect(&r, "> request 18 method=GET target=/ version=HTTP/1.1 @0-0\n"
               "< response 40 status=200 reason=OK version=HTTP/1.1 content-length=100 @1-1\n"
               "< message body 3 content=3 incomplete=97 bytes have not come @1-1\n"
               "request @0\n"
               "first_response @1\n"
               "http HTTP/1.1 200 server=- location=-\n");
    client(&r, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    add(&r, 0, "\0\0\x10\x07\0\0\0\0\0abc", 12);
    add(&r, FROM_SERVER,
        "\0\0\0\x04\0\0\0\0\0\0\0\x05\0\0\0\0\0\x01"
        "xy",
        20);
    expect(&r, "> connection preface 24 @0-0\n"
               "> GOAWAY 12 incomplete=13 bytes have not come @1-1\n"
               "< SETTINGS 9 @2-2\n"
               "< DATA 11 stream=1 length=5 incomplete=3 bytes have not come @2-2\n"
               "settings_start @0\n"
               "settings_done @2\n"
               "http2\n");
}

static void frames_that_break_rules_are_shown_with_them(void **state)
{
    (void)state;
    recording r = {0};
    client(&r, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    add(&r, 0, "\0\0\x01\x08\0\0\0\0\0x", 10);        /* WINDOW_UPDATE of 1 */
    add(&r, 0, "\0\0\0\xfa\x03\0\0\0\x05", 9);        /* unknown */
    add(&r, 0, "\0\0\x01\x01\0\0\0\0\x01\x82", 10);   /* HEADERS that do not end */
    add(&r, 0, "\0\0\x08\x06\0\0\0\0\0ABCDEFGH", 17); /* PING within */
    add(&r, 0, "\0\0\x01\x09\x04\0\0\0\x01\xff", 10); /* CONTINUATION: a cut integer */
    add(&r, 0, "\0\0\x01\x01\x04\0\0\0\x03\x82", 10); /* HEADERS after it */
    add(&r, FROM_SERVER, "\0\0\x08\x07\0\0\0\0\0\0\0\0\x01\0\0\xab\xcd", 17); /* GOAWAY first */
    add(&r, FROM_SERVER, "\0\0\x06\x04\0\0\0\0\0\x4d\x44\0\0\0\x07", 15);     /* unknown setting */
    expect(&r,
           "> connection preface 24 @0-0\n"
           "> WINDOW_UPDATE 10 malformed=Window Size Increment: runs past the end of its block "
           "problem=the first frame is not SETTINGS @1-1\n"
           "> unknown frame 9 stream=5 unknown_flags=0x03 type=0xfa length=0 @2-2\n"
           "> HEADERS 10 stream=1 :method=GET @3-3\n"
           "> PING 17 data=4142434445464748 problem=a field block has not ended @4-4\n"
           "> CONTINUATION 10 stream=1 flags=END_HEADERS fields=cannot be decompressed @5-5\n"
           "> HEADERS 10 stream=3 flags=END_HEADERS fields=cannot be decompressed @6-6\n"
           "< GOAWAY 17 error=0xabcd last_stream=1 problem=the first frame is not SETTINGS @7-7\n"
           "< SETTINGS 15 0x4d44=7 @8-8\n"
           "settings_start @0\n"
           "settings_done @8\n"
           "request @3\n"
           "http2 19780=7\n"
           "goaway 43981\n");
}

static void websocket_frames_that_break_rules(void **state)
{
    (void)state;
    recording r = {0};
    client(&r, WS_REQUEST);
    server(&r, "HTTP/1.1 101 Switching Protocols\r\n\r\n");
    add(&r, FROM_SERVER, "\x83\0", 2);
    add(&r, FROM_SERVER, "\x88\x01x", 3);
    add(&r, FROM_SERVER,
        "\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff"
        "abcd",
        14);
    add(&r, 0, "\x81\x02hi", 4);
    add(&r, 0,
        "\x82\x7e\xff\xff"
        "abc",
        7);
    char *text = play_all(&r);
    assert_non_null(strstr(text,
                           "< unknown 2 opcode=3 length=0 problem=the opcode is reserved @2-2\n"
                           "< close 3 length=1 malformed=status code: one byte is not a code "
                           "@3-3\n"
                           "< data 14 text=\\x82\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xffabcd "
                           "malformed=extended payload length: its highest bit is set @4-4\n"
                           "> text 4 length=2 text=hi problem=a frame from the client is not "
                           "masked @5-5\n"
                           "> binary 7 length=65535 problem=a frame from the client is not "
                           "masked incomplete=65532 bytes have not come @6-6\n"));
    free(text);
    free(r.data);
}

/* The size of the table in which both ends remember fields follows the settings that were
 * acknowledged. */
static void field_compression_follows_the_settings(void **state)
{
    (void)state;
    recording r = {0};
    client(&r, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    add(&r, 0, "\0\0\x06\x04\0\0\0\0\0\0\x01\0\0\x20\0", 15); /* HEADER_TABLE_SIZE 8192 */
    add(&r, FROM_SERVER, "\0\0\0\x04\0\0\0\0\0\0\0\0\x04\x01\0\0\0\0", 18);
    /* the server's table grows to 8192, which the default would not allow */
    add(&r, FROM_SERVER, "\0\0\x04\x01\x05\0\0\0\x01\x3f\xe1\x3f\x88", 13);
    char *text = play_all(&r);
    assert_non_null(
        strstr(text, "< HEADERS 13 stream=1 flags=END_STREAM, END_HEADERS :status=200"));
    free(text);
    r.data[3 + 24 + 3 + 9 + 1] = 3; /* another setting: then it may not */
    text = play_all(&r);
    assert_non_null(strstr(text, "fields=cannot be decompressed"));
    free(text);
    free(r.data);
}

static void long_messages_are_counted_and_not_kept(void **state)
{
    (void)state;
    recording r = {0};
    static uint8_t bytes[300000];
    memset(bytes, 'z', sizeof bytes);
    client(&r, "GET / HTTP/1.1\r\n\r\n");
    server(&r, "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n");
    add(&r, FROM_SERVER, bytes, sizeof bytes);
    hs_trace *trace = conversation_play((hs_bytes){r.data, r.len}, NULL, NULL);
    assert_non_null(trace);
    const hs_event *body = trace->events->next->next;
    assert_string_equal(body->name, "message body");
    assert_int_equal(body->bytes, sizeof bytes);
    assert_int_equal(body->raw.len, 1024);
    hs_trace_free(trace);
    free(r.data);
}

/* A client that sends on without end after a request that changes the protocol. */
static void what_waits_has_its_limit(void **state)
{
    (void)state;
    recording r = {0};
    static uint8_t bytes[300000];
    memset(bytes, 'z', sizeof bytes);
    client(&r, WS_REQUEST);
    add(&r, 0, bytes, sizeof bytes);
    server(&r, "HTTP/1.1 101 Switching Protocols\r\n\r\n");
    char *text = play_all(&r);
    assert_non_null(strstr(text, "> data 262144 text=zzzz"));
    assert_non_null(strstr(text, " stopped=more than 256 KiB wait for the other direction @"));
    assert_non_null(strstr(text, "< response 36 status=101"));
    free(text);
    free(r.data);
}

static void a_request_that_never_ends_is_malformed(void **state)
{
    (void)state;
    recording r = {0};
    static uint8_t bytes[70000];
    memset(bytes, 'z', sizeof bytes);
    client(&r, "GET / HTTP/1.1\r\nA: ");
    add(&r, 0, bytes, sizeof bytes);
    char *text = play_all(&r);
    assert_non_null(strstr(text, "malformed=field value: the head is longer than 64 KiB @"));
    free(text);
    free(r.data);
}

static void requests_without_answer_have_their_limit(void **state)
{
    (void)state;
    recording r = {0};
    for (int i = 0; i < 70; i++) {
        client(&r, "GET / HTTP/1.1\r\n\r\n");
    }
    for (int i = 0; i < 70; i++) {
        server(&r, "HTTP/1.1 204 No Content\r\n\r\n");
    }
    char *text = play_all(&r);
    size_t requests = 0;
    size_t responses = 0;
    for (const char *at = text; (at = strstr(at, "> request 18 method=GET")); at++) {
        requests++;
    }
    for (const char *at = text; (at = strstr(at, "< response 27 status=204")); at++) {
        responses++;
    }
    assert_int_equal(requests, 70);
    assert_int_equal(responses, 70);
    free(text);
    free(r.data);
}

/* The facts are the same where nobody wants the events. */
static void facts_do_not_need_events(void **state)
{
    (void)state;
    static const char *const names[] = {"http1_head_redirect", "http2_node_goaway", "ws_deflate"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        recording r = read_recording(names[i]);
        char *with = play(&r, NULL, NULL);
        hs_trace_config config = {.keep_events = false};
        hs_trace *trace = conversation_play_into(&config, (hs_bytes){r.data, r.len}, NULL, NULL);
        assert_non_null(trace);
        assert_int_equal(trace->event_count, 0);
        char *without = conversation_text(trace);
        assert_non_null(without);
        assert_true(strlen(without) > 0 && strlen(without) < strlen(with));
        assert_string_equal(with + strlen(with) - strlen(without), without);
        hs_trace_free(trace);
        free(with);
        free(without);
        free(r.data);
    }
}

typedef struct allowance {
    size_t left;
} allowance;

static void *allocate_within(void *context, size_t size)
{
    allowance *a = context;
    if (a->left == 0) {
        return NULL;
    }
    a->left--;
    return malloc(size);
}

static void release(void *context, void *memory)
{
    (void)context;
    free(memory);
}

/* Memory of the trace ends at every allocation in turn, and at many limits: what is there stays
 * sound. */
static void the_trace_may_run_out_of_memory(void **state)
{
    (void)state;
    recording r = read_recording("http2_node_big");
    for (size_t n = 0; n < 64; n++) {
        allowance a = {n};
        hs_allocator allocator = {allocate_within, release, &a};
        hs_trace_config config = {.allocator = &allocator, .keep_bytes = true};
        hs_trace *trace = conversation_play_into(&config, (hs_bytes){r.data, r.len}, NULL, NULL);
        char *text = trace ? conversation_text(trace) : NULL;
        free(text);
        hs_trace_free(trace);
    }
    for (size_t limit = 1024; limit < 64 * 1024; limit += 512) {
        hs_trace_config config = {.memory_limit = limit, .keep_bytes = true};
        hs_trace *trace = conversation_play_into(&config, (hs_bytes){r.data, r.len}, NULL, NULL);
        char *text = trace ? conversation_text(trace) : NULL;
        free(text);
        hs_trace_free(trace);
    }
    free(r.data);
}

static void nothing_was_fed(void **state)
{
    (void)state;
    hs_trace *trace = conversation_play((hs_bytes){0}, NULL, NULL);
    assert_non_null(trace);
    assert_int_equal(trace->event_count, 0);
    assert_false(trace->http.present);
    assert_false(trace->websocket.present);
    hs_trace_free(trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recordings_of_real_peers),
        cmocka_unit_test(every_message_of_the_recordings_is_annotated),
        cmocka_unit_test(tls_events_are_not_annotated_here),
        cmocka_unit_test(recordings_cut_anywhere),
        cmocka_unit_test(pipelined_requests_meet_their_answers),
        cmocka_unit_test(an_answer_waits_for_its_request),
        cmocka_unit_test(websocket_answers_are_judged_against_the_key),
        cmocka_unit_test(a_refused_upgrade_stays_http),
        cmocka_unit_test(a_body_goes_on_after_an_early_upgrade),
        cmocka_unit_test(an_upgrade_to_h2c),
        cmocka_unit_test(malformed_heads_end_in_data),
        cmocka_unit_test(what_did_not_end_says_so),
        cmocka_unit_test(frames_that_break_rules_are_shown_with_them),
        cmocka_unit_test(websocket_frames_that_break_rules),
        cmocka_unit_test(field_compression_follows_the_settings),
        cmocka_unit_test(long_messages_are_counted_and_not_kept),
        cmocka_unit_test(what_waits_has_its_limit),
        cmocka_unit_test(a_request_that_never_ends_is_malformed),
        cmocka_unit_test(requests_without_answer_have_their_limit),
        cmocka_unit_test(facts_do_not_need_events),
        cmocka_unit_test(the_trace_may_run_out_of_memory),
        cmocka_unit_test(nothing_was_fed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
