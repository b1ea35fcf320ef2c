/* QUIC datagrams to a trace: a whole handshake, whatever the order and whenever the keys come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../secrets/hex.h"
#include "../secrets/quic_samples.h"
#include "decode/annotate.h"
#include "decode/quic.h"
#include "quic_talk.h"
#include "trace/build.h"
#include "wire/quic/version.h"

static void assert_names(const hs_trace *trace, hs_side from, hs_layer layer, const char *want)
{
    char *names = talk_names(trace, from, layer);
    assert_string_equal(names, want);
    free(names);
}

/* The client's and the server's Initial of RFC 9001, RFC 9369 and the drafts. */
static void sample_packets(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    for (size_t i = 0; i < sizeof quic_sample_sets / sizeof quic_sample_sets[0]; i++) {
        const quic_samples *s = &quic_sample_sets[i];
        hs_trace_config config = {.keep_bytes = true};
        hs_trace *trace = hs_trace_new(&config);
        hs_quic_decoder *decoder = hs_quic_decoder_new(trace, NULL, talk->crypto);
        hs_moment moment = {0, HS_CLOCK_CAPTURE};
        assert_int_equal(hs_quic_decoder_feed(decoder, HS_CLIENT, hex(s->client_packet), moment),
                         HS_OK);
        assert_true(hs_quic_decoder_has_begun(decoder));
        moment.at = 5;
        assert_int_equal(hs_quic_decoder_feed(decoder, HS_SERVER, hex(s->server_packet), moment),
                         HS_OK);
        assert_int_equal(hs_quic_decoder_finish(decoder), HS_OK);
        hs_quic_decoder_free(decoder);
        assert_int_equal(hs_trace_finish(trace), HS_OK);
        assert_int_equal(trace->quic.version, s->version);
        assert_int_equal(trace->quic.original_version, s->version);
        assert_string_equal(trace->quic.original_dcid, quic_sample_dcid);
        assert_string_equal(trace->quic.server_cid, "f067a5502a4262b5");
        assert_non_null(trace->tls.server_name);
        assert_int_equal(trace->tls.ja4[0], 'q');
        assert_names(trace, HS_CLIENT, HS_LAYER_QUIC, "Initial CRYPTO PADDING");
        /* The server's payload in the drafts is of their forerunners: no frames of today's. */
        if (strncmp(s->server_payload, "02", 2) == 0) {
            assert_names(trace, HS_SERVER, HS_LAYER_TLS, "ServerHello");
            assert_int_equal(trace->tls.cipher, 0x1301);
        }
        assert_string_equal(talk_detail(talk_event(trace, "Initial", 0), "pn"), "2");
        /* Its header without protection, as the RFC has it. */
        assert_hex(talk_event(trace, "Initial", 0)->raw.data,
                   talk_event(trace, "Initial", 0)->raw.len, s->client_header);
        hs_trace_free(trace);
    }
    talk_free(talk);
}

static void whole_handshake(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_handshake(talk, 0);
    talk->steps[0].ecn = 2;
    hs_trace *trace = talk_decode(talk, TALK_KEYS_FIRST, NULL);
    assert_names(trace, HS_CLIENT, HS_LAYER_UDP, "Datagram Datagram Datagram");
    assert_names(trace, HS_CLIENT, HS_LAYER_QUIC,
                 "Initial CRYPTO PADDING Initial ACK PADDING Handshake ACK CRYPTO 1-RTT STREAM "
                 "1-RTT ACK");
    assert_names(trace, HS_SERVER, HS_LAYER_QUIC,
                 "Initial ACK CRYPTO Handshake CRYPTO CRYPTO Handshake CRYPTO CRYPTO 1-RTT ACK "
                 "HANDSHAKE_DONE CRYPTO STREAM");
    assert_names(trace, HS_SERVER, HS_LAYER_TLS,
                 "ServerHello EncryptedExtensions Certificate Finished NewSessionTicket");
    assert_names(trace, HS_CLIENT, HS_LAYER_DATA, "data");
    const hs_event *first = trace->events;
    assert_string_equal(first->name, "Datagram");
    assert_string_equal(talk_detail(first, "ecn"), "ECT(0)");
    assert_string_equal(talk_detail(first, "packets"), "1");
    assert_string_equal(first->next->name, "Initial");
    assert_int_equal(first->next->type, HS_EVENT_QUIC_PACKET | HS_QUIC_INITIAL);
    assert_non_null(strstr(talk_detail(first->next, "frames"), "CRYPTO[0.."));
    /* The certificate began in the datagram before the one that ended it. */
    const hs_event *certificate = talk_event(trace, "Certificate", 0);
    assert_int_equal(certificate->first_at, 10 * HS_MILLISECOND);
    assert_int_equal(certificate->moment.at, 11 * HS_MILLISECOND);
    assert_int_equal(trace->milestones[HS_MILESTONE_QUIC_START].at, 0);
    assert_int_equal(trace->milestones[HS_MILESTONE_QUIC_DONE].at, 15 * HS_MILLISECOND);
    assert_int_equal(trace->milestones[HS_MILESTONE_READY].at, 15 * HS_MILLISECOND);
    assert_int_equal(trace->milestones[HS_MILESTONE_TLS_START].at, HS_TIME_NONE);
    assert_true(trace->phases[HS_PHASE_QUIC].present);
    assert_int_equal(trace->phases[HS_PHASE_QUIC].round_trips, 1);
    const hs_quic_facts *quic = &trace->quic;
    assert_true(quic->present);
    assert_int_equal(quic->handshake_confirmed, HS_YES);
    assert_int_equal(quic->retry, HS_NO);
    assert_int_equal(quic->version_negotiation, HS_NO);
    assert_int_equal(quic->token, HS_NO);
    assert_int_equal(quic->early_data, HS_EARLY_DATA_NOT_OFFERED);
    assert_int_equal(quic->stateless_reset, HS_NO);
    assert_true(quic->client_parameters.seen);
    assert_true(quic->server_parameters.seen);
    assert_int_equal(quic->rtt_server, 9 * HS_MILLISECOND); /* of the 1-RTT packet, less a delay */
    assert_int_equal(quic->rtt_client, 4 * HS_MILLISECOND);
    assert_int_equal(quic->retransmits, 0);
    assert_int_equal(quic->lost, 0);
    assert_int_equal(quic->probe_timeouts, 0);
    assert_int_equal(trace->tls.tickets, 1);
    assert_string_equal(trace->tls.alpn, "echo");
    assert_false(trace->incomplete);
    hs_trace_free(trace);
    talk_free(talk);
}

static void assert_same(const quic_talk *talk, talk_keys keys, const size_t *order,
                        const char *want)
{
    hs_trace *trace = talk_decode(talk, keys, order);
    char *dump = talk_dump(trace);
    assert_string_equal(dump, want);
    free(dump);
    hs_trace_free(trace);
}

/* The other side's datagrams may all come first; within a side the order stays. */
static void shuffle(const quic_talk *talk, size_t *order, unsigned *seed)
{
    size_t at[2] = {0, 0};
    for (size_t n = 0; n < talk->count; n++) {
        *seed = *seed * 1103515245U + 12345U;
        int side = (int)(*seed >> 16 & 1);
        for (int tries = 0; tries < 2; tries++, side = 1 - side) {
            while (at[side] < talk->count && (int)talk->steps[at[side]].from != side) {
                at[side]++;
            }
            if (at[side] < talk->count) {
                break;
            }
        }
        order[n] = at[side]++;
    }
}

static void any_order_and_late_keys(void **state)
{
    (void)state;
    for (int early = 0; early < 2; early++) {
        quic_talk *talk = talk_new(HS_QUIC_V1);
        talk->early = early;
        talk_handshake(talk, 0);
        hs_trace *trace = talk_decode(talk, TALK_KEYS_FIRST, NULL);
        char *want = talk_dump(trace);
        hs_trace_free(trace);
        assert_same(talk, TALK_KEYS_BETWEEN, NULL, want);
        assert_same(talk, TALK_KEYS_LAST, NULL, want);
        unsigned seed = 7;
        for (int i = 0; i < 100; i++) {
            size_t order[TALK_STEPS_MAX];
            shuffle(talk, order, &seed);
            assert_same(talk, TALK_KEYS_FIRST, order, want);
            assert_same(talk, TALK_KEYS_BETWEEN, order, want);
            assert_same(talk, TALK_KEYS_LAST, order, want);
        }
        free(want);
        talk_free(talk);
    }
}

/* Also where a side's own datagrams are out of order, the same is known in the end. */
static void any_order_at_all(void **state)
{
    (void)state;
    unsigned seed = 11;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk->early = true;
    talk_handshake(talk, 0);
    hs_trace *trace = talk_decode(talk, TALK_KEYS_FIRST, NULL);
    char *want = talk_facts(trace);
    hs_trace_free(trace);
    for (int turn = 0; turn < 200; turn++) {
        size_t order[TALK_STEPS_MAX];
        for (size_t i = 0; i < talk->count; i++) {
            seed = seed * 1103515245U + 12345U;
            size_t at = (seed >> 16) % (i + 1);
            order[i] = order[at];
            order[at] = i;
        }
        trace = talk_decode(talk, turn % 2 ? TALK_KEYS_FIRST : TALK_KEYS_BETWEEN, order);
        char *facts = talk_facts(trace);
        assert_string_equal(facts, want);
        free(facts);
        hs_trace_free(trace);
    }
    free(want);
    talk_free(talk);
}

static void without_keys(void **state)
{
    (void)state;
    for (int way = 0; way < 2; way++) {
        quic_talk *talk = talk_new(HS_QUIC_V1);
        talk_handshake(talk, 0);
        hs_trace *trace = talk_decode(talk, way ? TALK_KEYS_NONE : TALK_KEYS_NO_LOG, NULL);
        assert_names(trace, HS_SERVER, HS_LAYER_QUIC,
                     "Initial ACK CRYPTO Handshake Handshake 1-RTT");
        assert_names(trace, HS_SERVER, HS_LAYER_TLS, "ServerHello");
        assert_true(talk_event(trace, "Handshake", 0)->is_protected);
        assert_string_equal(talk_detail(talk_event(trace, "1-RTT", 0), "dcid"), "515253545556");
        /* The client's first packet of 1-RTT. */
        assert_int_equal(trace->milestones[HS_MILESTONE_QUIC_DONE].at, 15 * HS_MILLISECOND);
        assert_int_equal(trace->quic.handshake_confirmed, HS_UNSEEN);
        assert_int_equal(trace->quic.stateless_reset, HS_UNSEEN);
        assert_int_equal(trace->quic.early_data, HS_EARLY_DATA_NOT_OFFERED);
        assert_false(trace->quic.server_parameters.seen);
        assert_null(trace->tls.alpn);
        hs_trace_free(trace);
        talk_free(talk);
    }
}

static void early_data(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk->early = true;
    talk_handshake(talk, 0);
    hs_trace *trace = talk_decode(talk, TALK_KEYS_FIRST, NULL);
    assert_int_equal(trace->quic.early_data, HS_EARLY_DATA_ACCEPTED);
    assert_int_equal(trace->tls.resumed, HS_YES);
    assert_int_equal(trace->milestones[HS_MILESTONE_READY].at, 0);
    const hs_event *packet = talk_event(trace, "0-RTT", 0);
    assert_true(packet->is_protected);
    assert_string_equal(talk_detail(packet, "frames"), "STREAM 0[0..5)");
    /* Its bytes crossed with the first datagram, though ALPN was known later. */
    const hs_event *data = talk_event(trace, "data", 0);
    assert_int_equal(data->moment.at, 0);
    assert_string_equal(talk_detail(data, "text"), "early");
    hs_trace_free(trace);
    talk_free(talk);
}

/* The ClientHello over three packets that come out of order, one of them twice. */
static void crypto_out_of_order(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    hs_bytes hello = talk_client_hello(talk);
    static const size_t parts[][2] = {{60, 120}, {120, 4096}, {60, 120}, {0, 70}};
    for (size_t i = 0; i < 4; i++) {
        talk_crypto(talk, parts[i][0], talk_part(hello, parts[i][0], parts[i][1]));
        talk_packet(talk, HS_CLIENT, TALK_INITIAL);
        talk_send(talk, (hs_time)i);
    }
    hs_trace *trace = talk_decode(talk, TALK_KEYS_FIRST, NULL);
    const hs_event *event = talk_event(trace, "ClientHello", 0);
    assert_non_null(event);
    assert_int_equal(event->first_at, 0);
    assert_int_equal(event->moment.at, 3);
    assert_int_equal(event->bytes, hello.len);
    assert_memory_equal(event->raw.data, hello.data, hello.len);
    assert_null(talk_event(trace, "ClientHello", 1));
    assert_string_equal(trace->tls.server_name, "example.com");
    assert_int_equal(trace->quic.retransmits, 2); /* the second time, and the overlap */
    hs_trace_free(trace);

    talk->count = 2;
    trace = talk_decode(talk, TALK_KEYS_FIRST, NULL);
    assert_null(talk_event(trace, "ClientHello", 0));
    hs_trace_free(trace);
    talk->count = 4;
    talk_free(talk);
}

static void key_update(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_handshake(talk, 0);
    /* One of the phase before that is overtaken. */
    talk_ping(talk);
    talk_packet(talk, HS_CLIENT, TALK_APPLICATION);
    talk_send(talk, 50 * HS_MILLISECOND);
    talk_ping(talk);
    talk_packet(talk, HS_CLIENT, TALK_NEXT);
    talk_send(talk, 51 * HS_MILLISECOND);
    talk_ack(talk, 3, 3, 0);
    talk_packet(talk, HS_SERVER, TALK_NEXT);
    talk_send(talk, 52 * HS_MILLISECOND);
    size_t order[TALK_STEPS_MAX];
    for (size_t i = 0; i < talk->count; i++) {
        order[i] = i;
    }
    size_t last = talk->count - 1;
    order[last - 2] = last - 1;
    order[last - 1] = last - 2;
    for (int way = 0; way < 2; way++) {
        hs_trace *trace = talk_decode(talk, TALK_KEYS_FIRST, way ? order : NULL);
        assert_int_equal(trace->quic.key_updates, 2); /* one of each side */
        assert_non_null(talk_event(trace, "PING", 1));
        assert_non_null(talk_detail(talk_event(trace, "1-RTT", 4), "key_phase"));
        hs_trace_free(trace);
    }
    talk_free(talk);
}

/* The capture lacks packets, of whose numbers the peer's acknowledgment tells. */
static void numbers_beyond_what_was_seen(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_handshake(talk, 0);
    enum { LATER = 0x30000 }; /* two bytes of a number do not reach so far */
    talk_ack(talk, LATER, 0, 0);
    talk_packet(talk, HS_CLIENT, TALK_APPLICATION);
    talk_send(talk, 50 * HS_MILLISECOND);
    talk->numbers[2][HS_SERVER] = LATER + 1;
    talk_ping(talk);
    talk_packet(talk, HS_SERVER, TALK_APPLICATION);
    talk_send(talk, 51 * HS_MILLISECOND);
    hs_trace *trace = talk_decode(talk, TALK_KEYS_FIRST, NULL);
    const hs_event *ping = talk_event(trace, "PING", 0);
    assert_non_null(ping);
    assert_int_equal(ping->moment.at, 51 * HS_MILLISECOND);
    hs_trace_free(trace);
    talk_free(talk);
}

/* Several datagrams that the capture shows as one, as where the kernel cuts or joins them. */
static void joined_datagrams(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_handshake(talk, 0);
    for (int i = 0; i < 3; i++) {
        talk_ping(talk);
        talk_padding(talk, 40);
        talk_packet(talk, HS_SERVER, TALK_APPLICATION);
    }
    static const uint8_t last[30] = {0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46};
    talk_send(talk, 50 * HS_MILLISECOND);
    hs_trace *trace = talk_decode(talk, TALK_KEYS_FIRST, NULL);
    assert_non_null(talk_event(trace, "PING", 2));
    assert_null(talk_event(trace, "PING", 3));
    const hs_event *second = talk_event(trace, "PING", 1);
    assert_int_equal(second->moment.at, 50 * HS_MILLISECOND);
    assert_int_equal(trace->quic.lost, 0);
    hs_trace_free(trace);

    /* One of them is none. */
    talk_ping(talk);
    talk_packet(talk, HS_SERVER, TALK_APPLICATION);
    hs_bytes id = talk->client_scid;
    talk_raw(talk, HS_SERVER, hs_bytes_of(last, 1));
    talk_raw(talk, HS_SERVER, id);
    talk_raw(talk, HS_SERVER, hs_bytes_of(last, sizeof last));
    talk_ping(talk);
    talk_packet(talk, HS_SERVER, TALK_APPLICATION);
    talk_send(talk, 51 * HS_MILLISECOND);
    trace = talk_decode(talk, TALK_KEYS_FIRST, NULL);
    assert_non_null(talk_event(trace, "PING", 4));
    assert_null(talk_event(trace, "PING", 5));
    hs_trace_free(trace);
    talk_free(talk);
}

static void duplicates(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_handshake(talk, 0);
    hs_bytes again = talk->steps[1].bytes;
    talk_raw(talk, HS_SERVER, again);
    talk_send(talk, 60 * HS_MILLISECOND);
    hs_trace *trace = talk_decode(talk, TALK_KEYS_FIRST, NULL);
    assert_non_null(talk_detail(talk_event(trace, "Initial", 3), "duplicate"));
    assert_null(talk_event(trace, "ServerHello", 1));
    assert_int_equal(trace->quic.retransmits, 0);
    hs_trace_free(trace);
    talk_free(talk);
}

static void connection_ids(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_handshake(talk, 0);
    static const uint8_t more[] = {9, 8, 7, 6, 5, 4};
    talk_frame(talk, &(hs_quic_frame){
                         .kind = HS_QUIC_FRAME_NEW_CONNECTION_ID,
                         .type = HS_QUIC_NEW_CONNECTION_ID,
                         .new_connection_id = {.sequence_number = 1,
                                               .connection_id = hs_bytes_of(more, sizeof more),
                                               .stateless_reset_token = talk_reset_token()}});
    talk_packet(talk, HS_SERVER, TALK_APPLICATION);
    talk_send(talk, 60 * HS_MILLISECOND);
    hs_trace_config config = {0};
    hs_trace *trace = hs_trace_new(&config);
    hs_keylog *keylog = hs_keylog_new(0);
    size_t malformed = 0;
    assert_int_equal(
        hs_keylog_add_text(keylog, hs_bytes_of(talk->keylog, strlen(talk->keylog)), &malformed),
        HS_OK);
    hs_quic_decoder *decoder = hs_quic_decoder_new(trace, keylog, talk->crypto);
    hs_bytes ids[HS_QUIC_IDS_MAX];
    for (size_t i = 0; i < talk->count; i++) {
        hs_moment moment = {talk->steps[i].at, HS_CLOCK_CAPTURE};
        assert_false(hs_quic_decoder_is_over(decoder) && i < 4);
        assert_int_equal(
            hs_quic_decoder_feed(decoder, talk->steps[i].from, talk->steps[i].bytes, moment),
            HS_OK);
        assert_int_equal(hs_quic_decoder_is_done(decoder), i >= 3);
    }
    assert_true(hs_quic_decoder_is_over(decoder));
    assert_int_equal(hs_quic_decoder_connection_ids(decoder, HS_CLIENT, ids, HS_QUIC_IDS_MAX), 1);
    assert_true(hs_bytes_equal(ids[0], talk->client_scid));
    assert_int_equal(hs_quic_decoder_connection_ids(decoder, HS_SERVER, ids, HS_QUIC_IDS_MAX), 3);
    assert_true(hs_bytes_equal(ids[0], talk->client_dcid));
    assert_true(hs_bytes_equal(ids[1], talk->server_scid));
    assert_true(hs_bytes_equal(ids[2], hs_bytes_of(more, sizeof more)));
    hs_quic_decoder_free(decoder);
    hs_keylog_free(keylog);
    hs_trace_free(trace);
    talk_free(talk);
}

/* -vv: each event's bytes are read again, to their end. */
static void every_field(void **state)
{
    (void)state;
    enum { NOTES_MAX = 512 };
    static hs_note items[NOTES_MAX];
    for (int keys = 0; keys < 2; keys++) {
        quic_talk *talk = talk_new(HS_QUIC_V1);
        talk->early = true;
        talk_handshake(talk, 0);
        hs_trace *trace = talk_decode(talk, keys ? TALK_KEYS_LAST : TALK_KEYS_NONE, NULL);
        size_t seen = 0;
        for (const hs_event *event = trace->events; event; event = event->next) {
            hs_notes notes = {.items = items, .capacity = NOTES_MAX};
            hs_fault fault;
            if (strcmp(event->name, "Certificate") == 0) {
                continue; /* of bytes that are none */
            }
            assert_int_equal(hs_annotate(trace, event, &notes, &fault), HS_OK);
            assert_true(notes.count > 0);
            size_t end = 0;
            for (size_t i = 0; i < notes.count; i++) {
                size_t note_end = items[i].offset + items[i].length;
                end = note_end > end ? note_end : end;
            }
            assert_int_equal(end, event->raw.len);
            seen++;
        }
        assert_true(seen > (keys ? 40 : 20));
        hs_trace_free(trace);
        talk_free(talk);
    }
}

static void malformed_frames(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_crypto(talk, 0, talk_client_hello(talk));
    talk->frames.data[talk->frames.len++] = HS_QUIC_CRYPTO; /* and nothing behind it */
    talk_packet(talk, HS_CLIENT, TALK_INITIAL);
    talk_frame(talk, &(hs_quic_frame){.kind = HS_QUIC_FRAME_HANDSHAKE_DONE,
                                      .type = HS_QUIC_HANDSHAKE_DONE});
    talk_packet(talk, HS_CLIENT, TALK_INITIAL);
    talk_send(talk, 0);
    hs_trace *trace = talk_decode(talk, TALK_KEYS_NO_LOG, NULL);
    /* What stands before counts; what a client cannot say there does not. */
    assert_string_equal(trace->tls.server_name, "example.com");
    const hs_event *event = talk_event(trace, "malformed", 0);
    assert_string_equal(talk_detail(event, "what"), "frame");
    assert_string_equal(talk_detail(event, "field"), "Offset");
    assert_non_null(strstr(talk_detail(talk_event(trace, "Initial", 0), "frames"), "malformed"));
    assert_non_null(talk_detail(talk_event(trace, "HANDSHAKE_DONE", 0), "problem"));
    assert_int_equal(trace->quic.handshake_confirmed, HS_UNSEEN);
    hs_trace_free(trace);
    talk_free(talk);
}

/* The key log has the handshake's secrets alone. */
static void some_keys(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk_handshake(talk, 0);
    char *application = strstr(talk->keylog, "CLIENT_TRAFFIC_SECRET_0");
    assert_non_null(application);
    *application = '\0';
    hs_trace *trace = talk_decode(talk, TALK_KEYS_BETWEEN, NULL);
    assert_string_equal(trace->tls.alpn, "echo");
    assert_names(trace, HS_CLIENT, HS_LAYER_TLS, "ClientHello Finished");
    assert_int_equal(trace->milestones[HS_MILESTONE_QUIC_DONE].at, 15 * HS_MILLISECOND);
    assert_int_equal(trace->quic.handshake_confirmed, HS_UNSEEN);
    assert_int_equal(trace->quic.stateless_reset, HS_NO);
    assert_null(talk_detail(talk_event(trace, "1-RTT", 0), "pn"));
    hs_trace_free(trace);
    talk_free(talk);
}

/* Wherever the trace's memory ends, the decoder goes on. */
static void little_memory(void **state)
{
    (void)state;
    quic_talk *talk = talk_new(HS_QUIC_V1);
    talk->early = true;
    talk_handshake(talk, 0);
    for (size_t limit = 4096; limit < 80 * 1024; limit += 1024) {
        hs_trace_config config = {.keep_bytes = true, .memory_limit = limit};
        hs_trace *trace = hs_trace_new(&config);
        if (!trace) {
            continue;
        }
        hs_keylog *keylog = hs_keylog_new(0);
        assert_int_equal(
            hs_keylog_add_text(keylog, hs_bytes_of(talk->keylog, strlen(talk->keylog)), NULL),
            HS_OK);
        hs_quic_decoder *decoder = hs_quic_decoder_new(trace, keylog, talk->crypto);
        for (size_t i = 0; i < talk->count; i++) {
            (void)!hs_quic_decoder_feed(decoder, talk->steps[i].from, talk->steps[i].bytes,
                                        (hs_moment){talk->steps[i].at, HS_CLOCK_CAPTURE});
        }
        (void)!hs_quic_decoder_finish(decoder);
        (void)hs_quic_decoder_fail(decoder, HS_SECOND, true);
        hs_quic_decoder_free(decoder);
        (void)!hs_trace_finish(trace);
        hs_keylog_free(keylog);
        hs_trace_free(trace);
    }
    talk_free(talk);
}

/* Streams one after another are all followed, and what is sent again of one that is forgotten is no
 * new one; only those that are open at once have a limit. */
static void many_streams(void **state)
{
    (void)state;
    for (int closed = 0; closed < 2; closed++) {
        quic_talk *talk = talk_new(HS_QUIC_V1);
        talk->alpn = "echo";
        talk_handshake(talk, 0);
        for (uint64_t i = 1; i <= 3 * HS_QUIC_FOLLOWED_STREAMS_MAX; i++) {
            talk_stream(talk, 4 * i, 0, "x", closed);
            talk_packet(talk, HS_CLIENT, TALK_APPLICATION);
            talk_send(talk, (hs_time)(100 + i) * HS_MILLISECOND);
        }
        talk_stream(talk, 4, 0, "x", closed);
        talk_packet(talk, HS_CLIENT, TALK_APPLICATION);
        talk_send(talk, 500 * HS_MILLISECOND);
        hs_trace *trace = talk_decode(talk, TALK_KEYS_FIRST, NULL);
        assert_int_equal(trace->incomplete, !closed);
        hs_trace_free(trace);
        talk_free(talk);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sample_packets),
        cmocka_unit_test(whole_handshake),
        cmocka_unit_test(any_order_and_late_keys),
        cmocka_unit_test(any_order_at_all),
        cmocka_unit_test(without_keys),
        cmocka_unit_test(early_data),
        cmocka_unit_test(crypto_out_of_order),
        cmocka_unit_test(key_update),
        cmocka_unit_test(numbers_beyond_what_was_seen),
        cmocka_unit_test(joined_datagrams),
        cmocka_unit_test(duplicates),
        cmocka_unit_test(connection_ids),
        cmocka_unit_test(every_field),
        cmocka_unit_test(malformed_frames),
        cmocka_unit_test(some_keys),
        cmocka_unit_test(little_memory),
        cmocka_unit_test(many_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
