#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include <handshake/report.h>

#include "golden.h"
#include "qlog_records.h"
#include "quic_talk.h"
#include "samples.h"
#include "wire/quic/packet.h"

static void stream_bytes(quic_talk *talk, uint64_t id, hs_bytes bytes)
{
    talk_frame(talk, &(hs_quic_frame){.kind = HS_QUIC_FRAME_STREAM,
                                      .type = HS_QUIC_STREAM | HS_QUIC_STREAM_LEN,
                                      .stream = {.stream_id = id, .data = bytes}});
}

/* A handshake and frames of HTTP/3: SETTINGS with one of no name, GREASE, a response, GOAWAY. */
static quic_talk *http3_talk(void)
{
    static const uint8_t control[] = {0x00, 0x04, 0x0a, 0x06, 0x40, 0x64, 0x40, 0x5f,
                                      0x01, 0x33, 0x01, 0x07, 0x04, 0x07, 0x01, 0x08};
    static const uint8_t unknown[] = {0x40, 0x41, 0x02, 0xaa, 0xbb, 0x21, 0x01, 0xcc};
    /* :status 200 of the static table, then DATA. */
    static const uint8_t answer[] = {0x01, 0x03, 0x00, 0x00, 0xd9, 0x00, 0x02, 'h', 'i'};
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk->alpn = "h3";
    talk_handshake(talk, 0);
    stream_bytes(talk, 3, hs_bytes_of(control, sizeof control));
    stream_bytes(talk, 4, hs_bytes_of(answer, sizeof answer));
    stream_bytes(talk, 8, hs_bytes_of(unknown, sizeof unknown));
    talk_packet(talk, HS_SERVER, TALK_APPLICATION);
    talk_send(talk, 40 * HS_MILLISECOND);
    talk_close(talk, true, 0x100, "bye");
    talk_packet(talk, HS_CLIENT, TALK_APPLICATION);
    talk_send(talk, 41 * HS_MILLISECOND);
    return talk;
}

static hs_trace *http3_trace(void)
{
    quic_talk *talk = http3_talk();
    hs_trace *trace = talk_decode(talk, TALK_KEYS_FIRST, NULL);
    talk_free(talk);
    return trace;
}

static void golden(void **state)
{
    (void)state;
    hs_trace *trace = http3_trace();
    char *text = qlog_text(trace);
    hs_golden_check("http3.sqlog", text);
    free(text);
    hs_trace_free(trace);
}

static void every_sample(void **state)
{
    (void)state;
    for (const hs_sample *sample = hs_samples; sample->name; sample++) {
        hs_trace *trace = sample->make();
        if (trace->event_count > 0) {
            json_decref(qlog_records(trace));
        } else {
            char room[16];
            FILE *out = fmemopen(room, sizeof room, "w");
            assert_int_equal(hs_report_qlog(trace, out), HS_INVALID);
            assert_int_equal(ftell(out), 0);
            fclose(out);
        }
        hs_trace_free(trace);
    }
}

/* Every packet and datagram of the trace, with all frames, whenever the keys come. */
static void packets(void **state)
{
    (void)state;
    quic_talk *talk = http3_talk();
    for (int keys = TALK_KEYS_FIRST; keys <= TALK_KEYS_NO_LOG; keys++) {
        hs_trace *trace = talk_decode(talk, (talk_keys)keys, NULL);
        json_t *records = qlog_records(trace);
        size_t count[2] = {0};
        size_t opened = 0;
        for (const hs_event *event = trace->events; event; event = event->next) {
            bool is_packet = event->layer == HS_LAYER_QUIC && event->type >= HS_EVENT_QUIC_PACKET;
            count[event->from] += is_packet;
            opened += is_packet && talk_detail(event, "pn");
        }
        assert_int_equal(qlog_count(records, "quic:packet_sent"), count[HS_CLIENT]);
        assert_int_equal(qlog_count(records, "quic:packet_received"), count[HS_SERVER]);
        assert_int_equal(qlog_count(records, "quic:udp_datagrams_sent") +
                             qlog_count(records, "quic:udp_datagrams_received"),
                         talk->count);
        for (size_t i = 1; i < json_array_size(records); i++) {
            opened -= json_object_get(json_object_get(json_array_get(records, i), "data"),
                                      "frames") != NULL;
        }
        assert_int_equal(opened, 0);
        json_decref(records);
        hs_trace_free(trace);
    }
    talk_free(talk);
}

/* Without their bytes frames are not listed, and nothing else fails. */
static void without_bytes(void **state)
{
    (void)state;
    hs_trace *trace = http3_trace();
    for (hs_event *event = trace->events; event; event = event->next) {
        event->raw = (hs_bytes){0};
    }
    json_t *records = qlog_records(trace);
    json_t *data = qlog_data(records, "quic:packet_sent", 0);
    assert_string_equal(qlog_member(json_object_get(data, "header"), "dcid"), "8394c8f03e515708");
    assert_null(json_object_get(data, "frames"));
    assert_null(qlog_data(records, "http3:parameters_set", 0));
    json_decref(records);
    hs_trace_free(trace);
}

static void capture(void **state)
{
    (void)state;
    hs_trace *trace = http3_trace();
    trace->capture.present = true;
    trace->capture.client_address = "192.0.2.1";
    trace->capture.client_port = 4433;
    trace->target.address = "2001:db8::1";
    trace->target.port = 443;
    json_t *records = qlog_records(trace);
    json_t *header = json_object_get(json_array_get(records, 0), "trace");
    json_t *vantage = json_object_get(header, "vantage_point");
    json_t *time = json_object_get(json_object_get(header, "common_fields"), "reference_time");
    json_t *started = qlog_data(records, "quic:connection_started", 0);
    assert_string_equal(qlog_member(vantage, "type"), "network");
    assert_string_equal(qlog_member(vantage, "flow"), "client");
    assert_string_equal(qlog_member(time, "clock_type"), "system");
    assert_string_equal(qlog_member(time, "epoch"), "1970-01-01T00:00:00.000000000Z");
    assert_string_equal(qlog_member(json_object_get(started, "local"), "ip_v4"), "192.0.2.1");
    assert_int_equal(qlog_number(json_object_get(started, "remote"), "port_v6"), 443);
    json_decref(records);
    hs_trace_free(trace);
}

/* --- what packets and frames hold --- */

static json_t *decoded(quic_talk *talk)
{
    hs_trace *trace = talk_decode(talk, TALK_KEYS_FIRST, NULL);
    json_t *records = qlog_records(trace);
    hs_trace_free(trace);
    talk_free(talk);
    return records;
}

static void retry(void **state)
{
    (void)state;
    static const uint8_t scid[] = {0xaa, 0xbb, 0xcc};
    static const uint8_t token[] = {1, 2, 3, 4, 5};
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_crypto(talk, 0, talk_client_hello(talk));
    talk_padding(talk, 800);
    talk_packet(talk, HS_CLIENT, TALK_INITIAL);
    talk_send(talk, 0);
    talk_retry(talk, hs_bytes_of(scid, sizeof scid), hs_bytes_of(token, sizeof token),
               talk->client_dcid, true);
    talk_send(talk, HS_MILLISECOND);
    talk_set_initial(talk, HS_QUIC_V1, hs_bytes_of(scid, sizeof scid));
    talk->token = hs_bytes_of(token, sizeof token);
    talk_handshake(talk, 2 * HS_MILLISECOND);
    json_t *records = decoded(talk);
    json_t *header = json_object_get(qlog_data(records, "quic:packet_received", 0), "header");
    json_t *sent = json_object_get(qlog_data(records, "quic:packet_sent", 1), "header");
    json_t *held = json_object_get(header, "token");
    assert_string_equal(qlog_member(header, "packet_type"), "retry");
    assert_string_equal(qlog_member(header, "scid"), "aabbcc");
    assert_string_equal(qlog_member(held, "type"), "retry");
    assert_int_equal(qlog_number(json_object_get(held, "raw"), "length"), sizeof token);
    held = json_object_get(sent, "token");
    assert_int_equal(qlog_number(json_object_get(held, "raw"), "length"), sizeof token);
    assert_string_equal(qlog_member(held, "type"), "");
    assert_int_equal(qlog_count(records, "quic:connection_started"), 1);
    assert_int_equal(qlog_count(records, "quic:parameters_set"), 2);
    json_decref(records);
}

static void version_negotiation(void **state)
{
    (void)state;
    static const uint32_t offered[] = {0x1a2a3a4a, HS_QUIC_V1};
    uint8_t bytes[128];
    hs_writer w;
    quic_talk *talk = talk_new(HS_QUIC_V2);
    talk_crypto(talk, 0, talk_client_hello(talk));
    talk_padding(talk, 800);
    talk_packet(talk, HS_CLIENT, TALK_INITIAL);
    talk_send(talk, 0);
    hs_writer_init(&w, bytes, sizeof bytes);
    assert_int_equal(hs_quic_write_version_negotiation(&w, 0x40, talk->client_scid,
                                                       talk->client_dcid, offered, 2),
                     HS_OK);
    talk_raw(talk, HS_SERVER, hs_writer_bytes(&w));
    talk_send(talk, HS_MILLISECOND);
    talk->numbers[0][HS_CLIENT] = 0;
    talk_set_initial(talk, HS_QUIC_V1, talk->client_dcid);
    talk_set_version(talk, HS_QUIC_V1);
    talk_handshake(talk, 2 * HS_MILLISECOND);
    json_t *records = decoded(talk);
    json_t *data = qlog_data(records, "quic:packet_received", 0);
    json_t *versions = json_object_get(data, "supported_versions");
    json_t *first = qlog_data(records, "quic:version_information", 0);
    json_t *second = qlog_data(records, "quic:version_information", 1);
    assert_string_equal(qlog_member(json_object_get(data, "header"), "packet_type"),
                        "version_negotiation");
    assert_string_equal(json_string_value(json_array_get(versions, 0)), "1a2a3a4a");
    assert_string_equal(qlog_member(first, "chosen_version"), "6b3343cf");
    assert_string_equal(qlog_member(second, "chosen_version"), "00000001");
    assert_int_equal(json_array_size(json_object_get(second, "server_versions")), 2);
    assert_int_equal(qlog_count(records, "quic:parameters_set"), 2);
    json_decref(records);
}

/* A client that begins with a version of which only the invariants are known. */
static void reserved_version(void **state)
{
    (void)state;
    static const uint8_t first[] = {0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8,    0x83, 0x94, 0xc8, 0xf0,
                                    0x3e, 0x51, 0x57, 0x08, 4,    0xc1, 0xc2, 0xc3, 0xc4, 0,
                                    0,    0,    0,    0,    0,    0,    0,    0,    0,    0};
    static const uint32_t offered[] = {HS_QUIC_V1};
    uint8_t bytes[128];
    hs_writer w;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_raw(talk, HS_CLIENT, hs_bytes_of(first, sizeof first));
    talk_send(talk, 0);
    hs_writer_init(&w, bytes, sizeof bytes);
    assert_int_equal(hs_quic_write_version_negotiation(&w, 0x40, talk->client_scid,
                                                       talk->client_dcid, offered, 1),
                     HS_OK);
    talk_raw(talk, HS_SERVER, hs_writer_bytes(&w));
    talk_send(talk, HS_MILLISECOND);
    talk_handshake(talk, 2 * HS_MILLISECOND);
    json_t *records = decoded(talk);
    json_t *sent = json_object_get(qlog_data(records, "quic:packet_sent", 0), "header");
    json_t *versions = qlog_data(records, "quic:version_information", 0);
    assert_string_equal(qlog_member(sent, "packet_type"), "unknown");
    assert_string_equal(qlog_member(sent, "version"), "1a2a3a4a");
    assert_string_equal(qlog_member(versions, "chosen_version"), "1a2a3a4a");
    versions = qlog_data(records, "quic:version_information", 1);
    assert_string_equal(qlog_member(versions, "chosen_version"), "00000001");
    assert_int_equal(qlog_count(records, "quic:connection_started"), 1);
    json_decref(records);
}

static const char *const frame_names[] = {
    "reset_stream",  "stop_sending",      "max_data",        "max_stream_data",
    "max_streams",   "data_blocked",      "streams_blocked", "stream_data_blocked",
    "ping",          "new_connection_id", "path_challenge",  "retire_connection_id",
    "path_response", "new_token",         "datagram",        "unknown",
};

/* One of each kind that a handshake does not have, of the server. */
static void put_frames(quic_talk *talk)
{
    static const uint8_t eight[] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const uint8_t sixteen[16] = {9};
    static const uint8_t strange[] = {0x40, 0x77, 0x01};
    hs_bytes id = hs_bytes_of(eight, sizeof eight);
    const hs_quic_frame frames[] = {
        {.kind = HS_QUIC_FRAME_RESET_STREAM,
         .type = HS_QUIC_RESET_STREAM,
         .reset_stream = {4, 0x10c, 7}},
        {.kind = HS_QUIC_FRAME_STOP_SENDING,
         .type = HS_QUIC_STOP_SENDING,
         .stop_sending = {4, 0x1234}},
        {.kind = HS_QUIC_FRAME_MAX_DATA, .type = HS_QUIC_MAX_DATA, .max_data = {100000}},
        {.kind = HS_QUIC_FRAME_MAX_STREAM_DATA,
         .type = HS_QUIC_MAX_STREAM_DATA,
         .max_stream_data = {4, 5000}},
        {.kind = HS_QUIC_FRAME_MAX_STREAMS, .type = HS_QUIC_MAX_STREAMS + 1, .max_streams = {9, 1}},
        {.kind = HS_QUIC_FRAME_DATA_BLOCKED, .type = HS_QUIC_DATA_BLOCKED, .data_blocked = {11}},
        {.kind = HS_QUIC_FRAME_STREAMS_BLOCKED,
         .type = HS_QUIC_STREAMS_BLOCKED,
         .max_streams = {12, 0}},
        {.kind = HS_QUIC_FRAME_STREAM_DATA_BLOCKED,
         .type = HS_QUIC_STREAM_DATA_BLOCKED,
         .max_stream_data = {4, 13}},
        {.kind = HS_QUIC_FRAME_PING, .type = HS_QUIC_PING},
        {.kind = HS_QUIC_FRAME_NEW_CONNECTION_ID,
         .type = HS_QUIC_NEW_CONNECTION_ID,
         .new_connection_id = {1, 0, id, hs_bytes_of(sixteen, sizeof sixteen)}},
        {.kind = HS_QUIC_FRAME_PATH_CHALLENGE, .type = HS_QUIC_PATH_CHALLENGE, .path = {id}},
        {.kind = HS_QUIC_FRAME_RETIRE_CONNECTION_ID,
         .type = HS_QUIC_RETIRE_CONNECTION_ID,
         .retire_connection_id = {0}},
        {.kind = HS_QUIC_FRAME_PATH_RESPONSE, .type = HS_QUIC_PATH_RESPONSE, .path = {id}},
        {.kind = HS_QUIC_FRAME_NEW_TOKEN, .type = HS_QUIC_NEW_TOKEN, .new_token = {id}},
        {.kind = HS_QUIC_FRAME_DATAGRAM,
         .type = HS_QUIC_DATAGRAM + HS_QUIC_DATAGRAM_LEN,
         .datagram = {id}},
    };
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        talk_frame(talk, &frames[i]);
    }
    hs_write_bytes(&talk->frames, hs_bytes_of(strange, sizeof strange));
}

static void frames(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk->alpn = "h3";
    talk_handshake(talk, 0);
    put_frames(talk);
    talk_packet(talk, HS_SERVER, TALK_APPLICATION);
    talk_send(talk, 40 * HS_MILLISECOND);
    json_t *records = decoded(talk);
    for (size_t i = 0; i < sizeof frame_names / sizeof frame_names[0]; i++) {
        if (!qlog_frame(records, frame_names[i], 0)) {
            fail_msg("there is no frame %s", frame_names[i]);
        }
    }
    json_t *frame = qlog_frame(records, "reset_stream", 0);
    assert_string_equal(qlog_member(frame, "error"), "http_request_cancelled");
    assert_int_equal(qlog_number(frame, "final_size"), 7);
    frame = qlog_frame(records, "stop_sending", 0);
    assert_string_equal(qlog_member(frame, "error"), "unknown");
    assert_int_equal(qlog_number(frame, "error_code"), 0x1234);
    frame = qlog_frame(records, "max_streams", 0);
    assert_string_equal(qlog_member(frame, "stream_type"), "unidirectional");
    assert_int_equal(qlog_number(frame, "maximum"), 9);
    assert_int_equal(qlog_number(qlog_frame(records, "streams_blocked", 0), "limit"), 12);
    assert_int_equal(qlog_number(qlog_frame(records, "stream_data_blocked", 0), "limit"), 13);
    frame = qlog_frame(records, "new_connection_id", 0);
    assert_string_equal(qlog_member(frame, "connection_id"), "0102030405060708");
    assert_int_equal(strlen(qlog_member(frame, "stateless_reset_token")), 32);
    assert_int_equal(qlog_number(qlog_frame(records, "unknown", 0), "frame_type_bytes"), 0x77);
    frame = qlog_frame(records, "datagram", 0);
    assert_int_equal(qlog_number(json_object_get(frame, "raw"), "length"), 8);
    json_decref(records);
}

/* A packet that ends within a frame: the frame's type is all that can be told. */
static void malformed_frame(void **state)
{
    (void)state;
    static const uint8_t cut[] = {0x01, 0x01, 0x01, 0x06, 0x00, 0x44};
    quic_talk *talk = talk_new(HS_QUIC_V1);
    hs_write_bytes(&talk->frames, hs_bytes_of(cut, sizeof cut));
    talk_packet(talk, HS_CLIENT, TALK_INITIAL);
    talk_send(talk, 0);
    json_t *records = decoded(talk);
    assert_int_equal(qlog_number(qlog_frame(records, "unknown", 0), "frame_type_bytes"), 6);
    json_decref(records);
}

static void key_update(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_handshake(talk, 0);
    talk_ping(talk);
    talk_packet(talk, HS_CLIENT, TALK_NEXT);
    talk_send(talk, 51 * HS_MILLISECOND);
    talk_ping(talk);
    talk_packet(talk, HS_SERVER, TALK_NEXT);
    talk_send(talk, 52 * HS_MILLISECOND);
    json_t *records = decoded(talk);
    json_t *mine = qlog_data(records, "quic:key_updated", 0);
    json_t *theirs = qlog_data(records, "quic:key_updated", 1);
    assert_int_equal(qlog_count(records, "quic:key_updated"), 2);
    assert_string_equal(qlog_member(mine, "key_type"), "client_1rtt_secret");
    assert_string_equal(qlog_member(theirs, "key_type"), "server_1rtt_secret");
    assert_string_equal(qlog_member(mine, "trigger"), "local_update");
    assert_string_equal(qlog_member(theirs, "trigger"), "local_update");
    assert_int_equal(qlog_number(theirs, "key_phase"), 1);
    json_decref(records);
}

static json_t *closed_by(bool is_application, uint64_t error, const char *alpn)
{
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk->alpn = alpn;
    talk_handshake(talk, 0);
    talk_close(talk, is_application, error, "why");
    talk_packet(talk, HS_SERVER, TALK_APPLICATION);
    talk_send(talk, 40 * HS_MILLISECOND);
    return decoded(talk);
}

static void closes(void **state)
{
    (void)state;
    static const struct {
        bool is_application;
        uint64_t error;
        const char *alpn;
        const char *name;
    } rows[] = {
        {false, 0x0a, "h3", "protocol_violation"},
        {false, 0x128, "h3", "crypto_error_0x128"},
        {false, 0x11, "h3", "unknown"},
        {true, 0x107, "h3", "http_excessive_load"},
        {true, 0x107, "echo", "unknown"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *records = closed_by(rows[i].is_application, rows[i].error, rows[i].alpn);
        json_t *data = qlog_data(records, "quic:connection_closed", 0);
        json_t *frame = qlog_frame(records, "connection_close", 0);
        const char *key = rows[i].is_application ? "application_error" : "connection_error";
        assert_string_equal(qlog_member(data, key), rows[i].name);
        assert_string_equal(qlog_member(data, "initiator"), "remote");
        assert_string_equal(qlog_member(data, "reason"), "why");
        assert_string_equal(qlog_member(frame, "error"), rows[i].name);
        assert_string_equal(qlog_member(frame, "reason"), "why");
        if (strcmp(rows[i].name, "unknown") == 0) {
            assert_int_equal(qlog_number(data, "error_code"), rows[i].error);
            assert_int_equal(qlog_number(frame, "error_code"), rows[i].error);
        }
        json_decref(records);
    }
}

static void stateless_reset(void **state)
{
    (void)state;
    static const uint8_t noise[] = {0x40, 1,  2,  3,  4, 5, 6, 7, 8, 9, 10, 11, 12,
                                    13,   14, 15, 16, 1, 2, 3, 4, 5, 6, 7,  8};
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_handshake(talk, 0);
    talk_raw(talk, HS_SERVER, hs_bytes_of(noise, sizeof noise));
    talk_raw(talk, HS_SERVER, talk_reset_token());
    talk_send(talk, 60 * HS_MILLISECOND);
    json_t *records = decoded(talk);
    json_t *data = qlog_data(records, "quic:connection_closed", 0);
    assert_string_equal(qlog_member(data, "trigger"), "stateless_reset");
    size_t last = qlog_count(records, "quic:packet_received") - 1;
    data = qlog_data(records, "quic:packet_received", last);
    assert_string_equal(qlog_member(json_object_get(data, "header"), "packet_type"),
                        "stateless_reset");
    assert_string_equal(qlog_member(data, "stateless_reset_token"),
                        "d0d1d2d3d4d5d6d7d8d9dadbdcdddedf");
    json_decref(records);
}

/* --- failures --- */

static size_t until_failure;

static void *failing_malloc(size_t size)
{
    if (until_failure == 0) {
        return NULL;
    }
    until_failure--;
    return malloc(size);
}

/* Whichever allocation fails: no crash, no leak, and it is said. */
static void out_of_memory(void **state)
{
    (void)state;
    hs_trace *trace = http3_trace();
    hs_result result = HS_NO_MEMORY;
    size_t count = 0;
    json_set_alloc_funcs(failing_malloc, free);
    for (; result == HS_NO_MEMORY; count++) {
        FILE *out = fopen("/dev/null", "w");
        assert_non_null(out);
        until_failure = count;
        result = hs_report_qlog(trace, out);
        fclose(out);
    }
    json_set_alloc_funcs(malloc, free);
    assert_int_equal(result, HS_OK);
    assert_true(count > 100);
    hs_trace_free(trace);
}

static void broken_output(void **state)
{
    (void)state;
    hs_trace *trace = http3_trace();
    FILE *out = fopen("/dev/full", "w");
    assert_non_null(out);
    setvbuf(out, NULL, _IONBF, 0);
    assert_int_equal(hs_report_qlog(trace, out), HS_SYSTEM);
    fclose(out);
    hs_trace_free(trace);
}

/* A file that is not whole says so, and its last packet does not list some of its frames. */
static void events_dropped(void **state)
{
    (void)state;
    hs_trace *trace = http3_trace();
    trace->events_dropped = 7;
    json_t *records = qlog_records(trace);
    assert_non_null(strstr(qlog_member(json_array_get(records, 0), "description"), "7 further"));
    size_t last = qlog_count(records, "quic:packet_sent") - 1;
    assert_null(json_object_get(qlog_data(records, "quic:packet_sent", last), "frames"));
    json_decref(records);
    hs_trace_free(trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden),
        cmocka_unit_test(every_sample),
        cmocka_unit_test(packets),
        cmocka_unit_test(without_bytes),
        cmocka_unit_test(capture),
        cmocka_unit_test(retry),
        cmocka_unit_test(version_negotiation),
        cmocka_unit_test(reserved_version),
        cmocka_unit_test(frames),
        cmocka_unit_test(malformed_frame),
        cmocka_unit_test(key_update),
        cmocka_unit_test(closes),
        cmocka_unit_test(stateless_reset),
        cmocka_unit_test(out_of_memory),
        cmocka_unit_test(broken_output),
        cmocka_unit_test(events_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
