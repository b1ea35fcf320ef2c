/* HTTP/3 over QUIC: streams put in order go to its decoder, early ones too, whenever ALPN is known.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "quic_talk.h"
#include "trace/build.h"

/* A control stream with empty SETTINGS, and GET https://example.com/ (RFC 9204 A). */
static const uint8_t control[] = {0x00, 0x04, 0x00};
static const uint8_t request[] = {0x01, 0x12, 0x00, 0x00, 0xd1, 0xd7, 0xc1, 0x50, 0x0b, 'e',
                                  'x',  'a',  'm',  'p',  'l',  'e',  '.',  'c',  'o',  'm'};
/* SETTINGS_MAX_FIELD_SECTION_SIZE 100; status 200, and three bytes of content. */
static const uint8_t settings[] = {0x00, 0x04, 0x03, 0x06, 0x40, 0x64};
static const uint8_t response[] = {0x01, 0x03, 0x00, 0x00, 0xd9, 0x00, 0x03, 'a', 'b', 'c'};

static const talk_stream_row client_says[] = {
    {2, {control, sizeof control}}, {0, {request, sizeof request}}, {0}};
static const talk_stream_row server_says[] = {
    {3, {settings, sizeof settings}}, {0, {response, sizeof response}}, {0}};

static quic_talk *talk_http3(const char *alpn)
{
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk->alpn = alpn;
    talk->said[HS_CLIENT] = client_says;
    talk->said[HS_SERVER] = server_says;
    talk->said_early = SIZE_MAX;
    return talk;
}

static void request_and_response(void **state)
{
    (void)state;
    static const char *const protocols[] = {"h3", "h3-29"};
    for (size_t i = 0; i < 2; i++) {
        quic_talk *talk = talk_http3(protocols[i]);
        talk_handshake(talk, 0);
        hs_trace *trace = talk_decode(talk, TALK_KEYS_LAST, NULL);
        char *names = talk_names(trace, HS_SERVER, HS_LAYER_HTTP3);
        assert_non_null(strstr(names, "SETTINGS"));
        assert_non_null(strstr(names, "HEADERS"));
        free(names);
        assert_true(trace->http3.present);
        assert_int_equal(trace->http.status, 200);
        assert_string_equal(trace->http.version, "HTTP/3");
        assert_int_equal(trace->milestones[HS_MILESTONE_SETTINGS_DONE].at, 25 * HS_MILLISECOND);
        assert_int_equal(trace->milestones[HS_MILESTONE_REQUEST].at, 15 * HS_MILLISECOND);
        assert_int_equal(trace->milestones[HS_MILESTONE_FIRST_RESPONSE].at, 25 * HS_MILLISECOND);
        assert_null(talk_event(trace, "data", 0));
        hs_trace_free(trace);
        talk_free(talk);
    }
}

/* The request crosses as early data, before the server has chosen a protocol. */
static void early_request(void **state)
{
    (void)state;
    for (int keys = 0; keys < 2; keys++) {
        quic_talk *talk = talk_http3("h3");
        talk->early = true;
        talk_handshake(talk, 0);
        if (keys == 1) { /* of early data alone: what the client offers first counts */
            strchr(talk->keylog, '\n')[1] = '\0';
        }
        hs_trace *trace = talk_decode(talk, TALK_KEYS_BETWEEN, NULL);
        assert_int_equal(trace->milestones[HS_MILESTONE_REQUEST].at, 0);
        const hs_event *headers = talk_event(trace, "HEADERS", 0);
        assert_int_equal(headers->from, HS_CLIENT);
        assert_int_equal(headers->moment.at, 0);
        assert_string_equal(talk_detail(headers, ":method"), "GET");
        assert_int_equal(trace->http.status, keys == 0 ? 200 : 0);
        hs_trace_free(trace);
        talk_free(talk);
    }
}

/* The middle of the answer is never seen. */
static void hole_in_a_stream(void **state)
{
    (void)state;
    quic_talk *talk = talk_http3("h3");
    static const talk_stream_row nothing[] = {{0}};
    talk->said[HS_SERVER] = nothing;
    talk_handshake(talk, 0);
    talk_stream_bytes(talk, 0, 0, hs_bytes_of(response, 5), false);
    talk_packet(talk, HS_SERVER, TALK_APPLICATION);
    talk_send(talk, 40 * HS_MILLISECOND);
    talk_stream_bytes(talk, 0, 8, hs_bytes_of(response + 8, 2), true);
    talk_packet(talk, HS_SERVER, TALK_APPLICATION);
    talk_send(talk, 41 * HS_MILLISECOND);
    hs_trace *trace = talk_decode(talk, TALK_KEYS_LAST, NULL);
    assert_int_equal(trace->http.status, 200);
    assert_true(trace->incomplete);
    hs_trace_free(trace);
    talk_free(talk);
}

static void out_of_order_says_the_same(void **state)
{
    (void)state;
    quic_talk *talk = talk_http3("h3");
    talk_handshake(talk, 0);
    hs_trace *trace = talk_decode(talk, TALK_KEYS_FIRST, NULL);
    char *want = talk_dump(trace);
    hs_trace_free(trace);
    /* The server's datagrams are come upon first, or last. */
    for (int first = 0; first < 2; first++) {
        size_t order[TALK_STEPS_MAX];
        size_t count = 0;
        for (int turn = 0; turn < 2; turn++) {
            for (size_t i = 0; i < talk->count; i++) {
                if (((int)talk->steps[i].from == first) == (turn == 0)) {
                    order[count++] = i;
                }
            }
        }
        for (int keys = TALK_KEYS_FIRST; keys <= TALK_KEYS_LAST; keys++) {
            trace = talk_decode(talk, (talk_keys)keys, order);
            char *dump = talk_dump(trace);
            assert_string_equal(dump, want);
            free(dump);
            hs_trace_free(trace);
        }
    }
    free(want);
    talk_free(talk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_and_response),
        cmocka_unit_test(early_request),
        cmocka_unit_test(hole_in_a_stream),
        cmocka_unit_test(out_of_order_says_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
