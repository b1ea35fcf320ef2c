/* WebSocket over HTTP/2 (RFC 8441) where recordings do not go: odd framing, refusals, other
 * requests before and after, and early data that was rejected. */
#include "recording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "base/writer.h"
#include "decode/application.h"

enum { FRAME_MAX = 1 << 17, DATA = 0, HEADERS = 1, CONTINUATION = 9 };
enum { END_STREAM = 1, END_HEADERS = 4, PADDED = 8 };

#define CONNECT                                                                                    \
    "\x02\x07"                                                                                     \
    "CONNECT\x00\x09:protocol\x09websocket\x04\x02/x"
#define GET "\x82\x84"
#define OK "\x88"

static const char *const first_frames = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

static void frame(recording *r, uint8_t from, uint8_t type, uint8_t flags, uint32_t stream,
                  const void *payload, size_t len)
{
    static uint8_t bytes[FRAME_MAX];
    hs_writer w;
    hs_writer_init(&w, bytes, sizeof bytes);
    hs_write_u24(&w, (uint32_t)len);
    hs_write_u8(&w, type);
    hs_write_u8(&w, flags);
    hs_write_u32(&w, stream);
    hs_write_bytes(&w, hs_bytes_of(payload, len));
    assert_int_equal(hs_writer_result(&w), HS_OK);
    add(r, from, bytes, w.len);
}

#define HEADERS_OF(r, from, flags, stream, fields)                                                 \
    frame((r), (from), HEADERS, (flags), (stream), (fields), sizeof(fields) - 1)
#define DATA_OF(r, from, flags, stream, bytes)                                                     \
    frame((r), (from), DATA, (flags), (stream), (bytes), sizeof(bytes) - 1)

/* Preface and both sides' SETTINGS: records 0 to 2. */
static void begin(recording *r)
{
    client(r, first_frames);
    frame(r, 0, 4, 0, 0, NULL, 0);
    frame(r, FROM_SERVER, 4, 0, 0, "\0\x08\0\0\0\x01", 6);
}

/* And an upgrade: records 3 and 4. */
static void upgrade(recording *r)
{
    begin(r);
    HEADERS_OF(r, 0, END_HEADERS, 1, CONNECT);
    HEADERS_OF(r, FROM_SERVER, END_HEADERS, 1, OK);
}

static void holds(recording *r, const char *const *parts)
{
    char *text = play_all(r);
    for (; *parts; parts++) {
        if (!strstr(text, *parts)) {
            fail_msg("'%s' is not in:\n%s", *parts, text);
        }
    }
    free(text);
    free(r->data);
    *r = (recording){0};
}

static void lacks(const recording *r, const char *part)
{
    char *text = play_all(r);
    if (strstr(text, part)) {
        fail_msg("'%s' is in:\n%s", part, text);
    }
    free(text);
}

static void frames_do_not_follow_those_of_http2(void **state)
{
    (void)state;
    recording r = {0};
    upgrade(&r);
    DATA_OF(&r, FROM_SERVER, 0, 1, "\x81");
    DATA_OF(&r, FROM_SERVER, PADDED, 1, "\x02\x02h\0\0");
    DATA_OF(&r, FROM_SERVER, 0, 3, "of another stream");
    DATA_OF(&r, FROM_SERVER, 0, 1, "i\x82\x01x\x89\0\x01");
    holds(&r, (const char *const[]){"< text 4 length=2 text=hi @5-8\n",
                                    "< binary 3 length=1 @8-8\n", "< ping 2 length=0 @8-8\n",
                                    "< frame 1 incomplete=the frame header has not ended @8-8\n",
                                    "upgrade_start @3\nupgrade_done @4\n", "first_response @5\n",
                                    NULL});
}

static void what_is_no_frame_is_data(void **state)
{
    (void)state;
    recording r = {0};
    upgrade(&r);
    DATA_OF(&r, FROM_SERVER, 0, 1, "\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff");
    DATA_OF(&r, FROM_SERVER, 0, 1, "more");
    holds(&r, (const char *const[]){"< data 14 text=", "its highest bit is set @5-6\n", NULL});
}

/* A frame of HTTP/2 that is too long to be read ends what is followed. */
static void a_long_frame_ends_it(void **state)
{
    (void)state;
    static uint8_t bytes[70000];
    recording r = {0};
    upgrade(&r);
    DATA_OF(&r, FROM_SERVER, 0, 1, "\x81\x7e\xff\xff");
    frame(&r, FROM_SERVER, DATA, 0, 1, bytes, sizeof bytes);
    DATA_OF(&r, FROM_SERVER, 0, 1, "\x89\0");
    lacks(&r, "< ping");
    holds(&r, (const char *const[]){"< text 4 length=65535 incomplete=65535 bytes have not come",
                                    "< DATA 70009 stream=1 length=70000", NULL});
}

static void extensions_are_known(void **state)
{
    (void)state;
    recording r = {0};
    begin(&r);
    HEADERS_OF(&r, 0, END_HEADERS, 1, CONNECT);
    HEADERS_OF(&r, FROM_SERVER, END_HEADERS, 1,
               OK "\x00\x18sec-websocket-extensions\x26permessage-deflate; x=1, another-one12");
    DATA_OF(&r, FROM_SERVER, 0, 1, "\xc1\x02hi");
    holds(&r, (const char *const[]){
                  "< text 4 length=2 rsv=4 @5-5\n",
                  "subprotocol=- extensions=permessage-deflate; x=1, another-one12", NULL});
}

static void a_refusal_leaves_data(void **state)
{
    (void)state;
    recording r = {0};
    begin(&r);
    HEADERS_OF(&r, 0, END_HEADERS, 1, CONNECT);
    HEADERS_OF(&r, FROM_SERVER, END_HEADERS, 1, "\x8d");
    DATA_OF(&r, FROM_SERVER, END_STREAM, 1, "\x89\0");
    DATA_OF(&r, 0, END_STREAM, 1, "\x89\x80\0\0\0\0");
    lacks(&r, "ping");
    holds(&r, (const char *const[]){"upgrade_done @4\n", "websocket 404 accepted=-1", NULL});
}

/* The final answer counts, and the first. */
static void interim_answers_are_passed_over(void **state)
{
    (void)state;
    recording r = {0};
    begin(&r);
    HEADERS_OF(&r, 0, END_HEADERS, 1, CONNECT);
    HEADERS_OF(&r, FROM_SERVER, END_HEADERS, 1,
               "\x08\x03"
               "103");
    HEADERS_OF(&r, FROM_SERVER, END_HEADERS, 1,
               "\x08\x03"
               "201");
    HEADERS_OF(&r, FROM_SERVER, END_HEADERS, 1, "\x8d");
    holds(&r, (const char *const[]){"upgrade_done @5\n", "websocket 201 accepted=-1", NULL});
}

static void blocks_go_on_in_continuation(void **state)
{
    (void)state;
    recording r = {0};
    begin(&r);
    HEADERS_OF(&r, 0, 0, 1,
               "\x02\x07"
               "CONNECT");
    frame(&r, 0, CONTINUATION, 0, 1, "\x00\x09:protocol\x09WebSo", 17);
    frame(&r, 0, CONTINUATION, END_HEADERS, 1, "cket", 4);
    HEADERS_OF(&r, FROM_SERVER, 0, 1, OK);
    frame(&r, FROM_SERVER, CONTINUATION, END_HEADERS, 1,
          "\x00\x16sec-websocket-protocol\x01"
          "a",
          26);
    holds(&r, (const char *const[]){"upgrade_start @5\nupgrade_done @7\n", "subprotocol=a", NULL});
}

/* A plain CONNECT, another protocol, and :protocol without CONNECT. */
static void other_requests_are_requests(void **state)
{
    (void)state;
    recording r = {0};
    begin(&r);
    HEADERS_OF(&r, 0, END_HEADERS, 1,
               "\x02\x07"
               "CONNECT");
    HEADERS_OF(&r, 0, END_HEADERS, 3,
               "\x02\x07"
               "CONNECT\x00\x09:protocol\x0b"
               "connect-udp");
    HEADERS_OF(&r, 0, END_HEADERS, 5, GET "\x00\x09:protocol\x09websocket");
    DATA_OF(&r, 0, 0, 1, "\x89\0");
    lacks(&r, "ping");
    lacks(&r, "upgrade_start");
    lacks(&r, "\nwebsocket ");
    holds(&r, (const char *const[]){"request @3\n", NULL});
}

/* On a connection that is in use already: the handshake was over before. */
static void a_later_one_is_no_upgrade_of_the_connection(void **state)
{
    (void)state;
    recording r = {0};
    begin(&r);
    HEADERS_OF(&r, 0, END_HEADERS | END_STREAM, 1, GET);
    HEADERS_OF(&r, FROM_SERVER, END_HEADERS | END_STREAM, 1, OK);
    HEADERS_OF(&r, 0, END_HEADERS, 3, CONNECT);
    HEADERS_OF(&r, FROM_SERVER, END_HEADERS, 3, OK);
    DATA_OF(&r, 0, 0, 3, "\x89\x80\0\0\0\0");
    lacks(&r, "upgrade_");
    holds(&r, (const char *const[]){"> ping 6 length=0 @7-7\n", "request @3\nfirst_response @4\n",
                                    "websocket 200", NULL});
}

static void requests_beside_it_are_told_apart(void **state)
{
    (void)state;
    recording r = {0};
    upgrade(&r);
    HEADERS_OF(&r, 0, END_HEADERS, 3, CONNECT); /* a second one: only its stream's DATA */
    HEADERS_OF(&r, FROM_SERVER, END_HEADERS, 3, "\x8d");
    DATA_OF(&r, 0, 0, 3, "\x89\x80\0\0\0\0");
    lacks(&r, "ping");
    holds(&r, (const char *const[]){"upgrade_start @3\nupgrade_done @4\n",
                                    "request @5\nfirst_response @6\n", "websocket 200", NULL});
}

static void rejected_early_data_counts_for_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = {"GET /early HTTP/1.1\r\nHost: a\r\n\r\n",
                                        "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
                                        "POST /early HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc",
                                        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0", "\x16\x03"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        hs_trace *trace = hs_trace_new(&(hs_trace_config){.keep_events = true});
        hs_application *app = trace ? hs_application_new(trace) : NULL;
        assert_non_null(app);
        hs_chunk said = {HS_CLIENT, hs_bytes_of(texts[i], strlen(texts[i])), 0, 100, true};
        assert_int_equal(hs_application_feed(app, &said), HS_OK);
        hs_application_forget_client(app);
        static const char again[] = "GET /late HTTP/1.1\r\nHost: b\r\n\r\n";
        said = (hs_chunk){HS_CLIENT, hs_bytes_of(again, sizeof again - 1), 200, 300, true};
        assert_int_equal(hs_application_feed(app, &said), HS_OK);
        static const char answer[] = "HTTP/1.1 204 No Content\r\n\r\n";
        hs_chunk heard = {HS_SERVER, hs_bytes_of(answer, sizeof answer - 1), 0, 50, true};
        assert_int_equal(hs_application_feed(app, &heard), HS_OK);
        hs_application_finish(app);
        hs_trace_add_segment(trace, HS_CLIENT, 150, (hs_moment){10, HS_CLOCK_USER});
        hs_trace_add_segment(trace, HS_CLIENT, 150, (hs_moment){20, HS_CLOCK_USER});
        assert_int_equal(hs_trace_finish(trace), HS_OK);
        assert_int_equal(trace->http.status, 204);
        assert_int_equal(trace->milestones[HS_MILESTONE_REQUEST].at, 20);
        assert_int_equal(trace->milestones[HS_MILESTONE_UPGRADE_START].at, HS_TIME_NONE);
        assert_int_equal(trace->milestones[HS_MILESTONE_SETTINGS_START].at, HS_TIME_NONE);
        assert_false(trace->websocket.present);
        hs_application_free(app);
        hs_trace_free(trace);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_do_not_follow_those_of_http2),
        cmocka_unit_test(what_is_no_frame_is_data),
        cmocka_unit_test(a_long_frame_ends_it),
        cmocka_unit_test(extensions_are_known),
        cmocka_unit_test(a_refusal_leaves_data),
        cmocka_unit_test(interim_answers_are_passed_over),
        cmocka_unit_test(blocks_go_on_in_continuation),
        cmocka_unit_test(other_requests_are_requests),
        cmocka_unit_test(a_later_one_is_no_upgrade_of_the_connection),
        cmocka_unit_test(requests_beside_it_are_told_apart),
        cmocka_unit_test(rejected_early_data_counts_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
