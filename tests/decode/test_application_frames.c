/* The application-layer decoder over upgrades and frames that recordings do not have. */
#include "recording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
           "request @5\n"
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(websocket_answers_are_judged_against_the_key),
        cmocka_unit_test(a_refused_upgrade_stays_http),
        cmocka_unit_test(a_body_goes_on_after_an_early_upgrade),
        cmocka_unit_test(an_upgrade_to_h2c),
        cmocka_unit_test(frames_that_break_rules_are_shown_with_them),
        cmocka_unit_test(websocket_frames_that_break_rules),
        cmocka_unit_test(field_compression_follows_the_settings),
        cmocka_unit_test(what_waits_has_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
