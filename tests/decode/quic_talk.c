#include "quic_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/writer.h"
#include "decode/quic.h"
#include "secrets/quic_retry.h"
#include "trace/build.h"
#include "wire/quic/retry.h"
#include "wire/quic/transport_parameters.h"

static const char *const labels[TALK_LEVELS][2] = {
    [TALK_EARLY] = {"CLIENT_EARLY_TRAFFIC_SECRET", NULL},
    [TALK_HANDSHAKE] = {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET"},
    [TALK_APPLICATION] = {"CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"},
};

static hs_bytes secret_of(talk_level level, int side)
{
    static uint8_t secrets[TALK_LEVELS][2][TALK_SECRET];
    memset(secrets[level][side], 0x11 * (int)level + side + 1, TALK_SECRET);
    return hs_bytes_of(secrets[level][side], TALK_SECRET);
}

void talk_set_initial(quic_talk *talk, uint32_t version, hs_bytes dcid)
{
    talk->client_dcid = dcid;
    for (int side = 0; side < 2; side++) {
        assert_int_equal(hs_quic_keys_set_initial(talk->keys[TALK_INITIAL][side], version, dcid,
                                                  side == HS_CLIENT),
                         HS_OK);
    }
    talk->version = version;
}

void talk_set_version(quic_talk *talk, uint32_t version)
{
    for (int level = TALK_EARLY; level <= TALK_APPLICATION; level++) {
        for (int side = 0; side < 2; side++) {
            assert_int_equal(hs_quic_keys_set_traffic(talk->keys[level][side], version, 0x1301,
                                                      secret_of((talk_level)level, side)),
                             HS_OK);
        }
    }
    for (int side = 0; side < 2; side++) {
        assert_int_equal(
            hs_quic_keys_set_next(talk->keys[TALK_NEXT][side], talk->keys[TALK_APPLICATION][side]),
            HS_OK);
    }
    talk->version = version;
}

static void write_keylog(quic_talk *talk)
{
    uint8_t random[32];
    char *at = talk->keylog;
    memset(random, talk->random, sizeof random);
    for (int level = TALK_EARLY; level <= TALK_APPLICATION; level++) {
        for (int side = 0; side < 2; side++) {
            char line[HS_KEYLOG_LINE_MAX];
            if (labels[level][side]) {
                assert_int_equal(hs_keylog_line(labels[level][side],
                                                hs_bytes_of(random, sizeof random),
                                                secret_of((talk_level)level, side), line),
                                 HS_OK);
                at += sprintf(at, "%s\n", line);
            }
        }
    }
}

quic_talk *talk_new(uint32_t version)
{
    static const uint8_t dcid[] = {0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08};
    static const uint8_t client[] = {0xc1, 0xc2, 0xc3, 0xc4};
    static const uint8_t server[] = {0x51, 0x52, 0x53, 0x54, 0x55, 0x56};
    quic_talk *talk = calloc(1, sizeof *talk);
    assert_non_null(talk);
    assert_int_equal(hs_quic_crypto_new(&talk->crypto), HS_OK);
    for (int level = 0; level < TALK_LEVELS; level++) {
        for (int side = 0; side < 2; side++) {
            assert_int_equal(hs_quic_keys_new(talk->crypto, &talk->keys[level][side]), HS_OK);
        }
    }
    static const talk_stream_row hello[] = {{0, {(const uint8_t *)"earlyhello", 10}}, {0}};
    static const talk_stream_row world[] = {{0, {(const uint8_t *)"world", 5}}, {0}};
    talk->said[HS_CLIENT] = hello;
    talk->said[HS_SERVER] = world;
    talk->said_early = 5;
    talk->alpn = "echo";
    talk->random = 0x42;
    talk->client_scid = hs_bytes_of(client, sizeof client);
    talk->server_scid = hs_bytes_of(server, sizeof server);
    talk_set_initial(talk, version, hs_bytes_of(dcid, sizeof dcid));
    talk_set_version(talk, version);
    write_keylog(talk);
    hs_writer_init(&talk->frames, talk->payload, sizeof talk->payload);
    return talk;
}

void talk_free(quic_talk *talk)
{
    for (int level = 0; level < TALK_LEVELS; level++) {
        hs_quic_keys_free(talk->keys[level][0]);
        hs_quic_keys_free(talk->keys[level][1]);
    }
    for (size_t i = 0; i < talk->count; i++) {
        free((void *)(uintptr_t)talk->steps[i].bytes.data);
    }
    hs_quic_crypto_free(talk->crypto);
    free(talk);
}

/* --- frames --- */

void talk_frame(quic_talk *talk, const hs_quic_frame *frame)
{
    assert_int_equal(hs_quic_write_frame(&talk->frames, frame), HS_OK);
}

void talk_crypto(quic_talk *talk, uint64_t offset, hs_bytes data)
{
    talk_frame(talk, &(hs_quic_frame){.kind = HS_QUIC_FRAME_CRYPTO,
                                      .type = HS_QUIC_CRYPTO,
                                      .crypto = {.offset = offset, .data = data}});
}

void talk_ack(quic_talk *talk, uint64_t largest, uint64_t first_range, uint64_t delay)
{
    hs_quic_ack_range range = {.smallest = largest - first_range, .largest = largest};
    hs_quic_ack ack = {.delay = delay};
    assert_int_equal(hs_quic_write_ack(&talk->frames, &ack, &range, 1), HS_OK);
}

void talk_stream(quic_talk *talk, uint64_t id, uint64_t offset, const char *text, bool fin)
{
    talk_stream_bytes(talk, id, offset, hs_bytes_of(text, strlen(text)), fin);
}

void talk_stream_bytes(quic_talk *talk, uint64_t id, uint64_t offset, hs_bytes data, bool fin)
{
    talk_frame(talk,
               &(hs_quic_frame){
                   .kind = HS_QUIC_FRAME_STREAM,
                   .type = HS_QUIC_STREAM | HS_QUIC_STREAM_LEN |
                           (offset > 0 ? HS_QUIC_STREAM_OFF : 0U) | (fin ? HS_QUIC_STREAM_FIN : 0U),
                   .stream = {.stream_id = id, .offset = offset, .data = data, .fin = fin}});
}

void talk_padding(quic_talk *talk, size_t len)
{
    talk_frame(talk, &(hs_quic_frame){.kind = HS_QUIC_FRAME_PADDING,
                                      .type = HS_QUIC_PADDING,
                                      .padding = {.length = len}});
}

void talk_ping(quic_talk *talk)
{
    talk_frame(talk, &(hs_quic_frame){.kind = HS_QUIC_FRAME_PING, .type = HS_QUIC_PING});
}

void talk_close(quic_talk *talk, bool is_application, uint64_t error, const char *reason)
{
    talk_frame(
        talk, &(hs_quic_frame){.kind = is_application ? HS_QUIC_FRAME_CONNECTION_CLOSE_APPLICATION
                                                      : HS_QUIC_FRAME_CONNECTION_CLOSE,
                               .type = is_application ? HS_QUIC_CONNECTION_CLOSE_APPLICATION
                                                      : HS_QUIC_CONNECTION_CLOSE,
                               .connection_close = {
                                   .error = error, .reason = hs_bytes_of(reason, strlen(reason))}});
}

/* --- packets --- */

static hs_quic_packet_type type_of(talk_level level)
{
    static const hs_quic_packet_type types[] = {
        [TALK_INITIAL] = HS_QUIC_INITIAL,     [TALK_EARLY] = HS_QUIC_0RTT,
        [TALK_HANDSHAKE] = HS_QUIC_HANDSHAKE, [TALK_APPLICATION] = HS_QUIC_1RTT,
        [TALK_NEXT] = HS_QUIC_1RTT,
    };
    return types[level];
}

static hs_bytes destination(const quic_talk *talk, hs_side from)
{
    if (from == HS_SERVER) {
        return talk->client_scid;
    }
    return talk->client_knows ? talk->server_scid : talk->client_dcid;
}

void talk_packet(quic_talk *talk, hs_side from, talk_level level)
{
    enum { NUMBER = 2, ROOM = 128 };
    int space = level == TALK_INITIAL ? 0 : level == TALK_HANDSHAKE ? 1 : 2;
    uint64_t number = talk->numbers[space][from]++;
    while (talk->frames.len < 4) {
        hs_write_u8(&talk->frames, 0);
    }
    hs_bytes payload = hs_writer_bytes(&talk->frames);
    hs_quic_packet packet = {.type = type_of(level),
                             .fixed_bit = true,
                             .version = talk->version,
                             .dcid = destination(talk, from),
                             .length = NUMBER + payload.len + HS_QUIC_TAG,
                             .length_size = 2};
    if (packet.type != HS_QUIC_1RTT) {
        packet.scid = from == HS_CLIENT ? talk->client_scid : talk->server_scid;
    }
    if (level == TALK_INITIAL && from == HS_CLIENT) {
        packet.token = talk->token;
    }
    hs_quic_clear clear = {.packet_number_len = NUMBER,
                           .packet_number = (uint32_t)number & 0xffff,
                           .key_phase = level == TALK_NEXT};
    uint8_t header[ROOM + 256];
    hs_writer w;
    hs_writer_init(&w, header, sizeof header);
    assert_int_equal(hs_quic_write_header(&w, &packet, &clear), HS_OK);
    size_t len = 0;
    talk->from = from;
    assert_int_equal(hs_quic_packet_seal(talk->keys[level][from], hs_writer_bytes(&w), number,
                                         payload, talk->datagram + talk->datagram_len,
                                         sizeof talk->datagram - talk->datagram_len, &len),
                     HS_OK);
    talk->datagram_len += len;
    hs_writer_init(&talk->frames, talk->payload, sizeof talk->payload);
}

void talk_raw(quic_talk *talk, hs_side from, hs_bytes bytes)
{
    talk->from = from;
    assert_true(bytes.len <= sizeof talk->datagram - talk->datagram_len);
    memcpy(talk->datagram + talk->datagram_len, bytes.data, bytes.len);
    talk->datagram_len += bytes.len;
}

void talk_send(quic_talk *talk, hs_time at)
{
    assert_true(talk->count < TALK_STEPS_MAX);
    uint8_t *copy = malloc(talk->datagram_len);
    assert_non_null(copy);
    memcpy(copy, talk->datagram, talk->datagram_len);
    talk->steps[talk->count++] = (talk_step){
        .from = talk->from, .at = at, .bytes = hs_bytes_of(copy, talk->datagram_len), .ecn = -1};
    talk->datagram_len = 0;
}

void talk_retry(quic_talk *talk, hs_bytes scid, hs_bytes token, hs_bytes answers, bool is_right)
{
    uint8_t bytes[256];
    hs_writer w;
    uint8_t tag[HS_QUIC_RETRY_TAG_LEN];
    hs_quic_packet packet = {.type = HS_QUIC_RETRY,
                             .version = talk->version,
                             .fixed_bit = true,
                             .dcid = talk->client_scid,
                             .scid = scid,
                             .token = token};
    hs_writer_init(&w, bytes, sizeof bytes);
    assert_int_equal(hs_quic_write_retry(&w, &packet), HS_OK);
    assert_int_equal(
        hs_quic_retry_make(talk->crypto, talk->version, answers, hs_writer_bytes(&w), tag), HS_OK);
    tag[0] ^= is_right ? 0 : 1;
    hs_write_bytes(&w, hs_bytes_of(tag, sizeof tag));
    talk_raw(talk, HS_SERVER, hs_writer_bytes(&w));
}

/* --- messages --- */

static hs_writer message_writer(void)
{
    enum { TURNS = 16, ROOM = 8192 };
    static uint8_t buffers[TURNS][ROOM];
    static size_t turn;
    hs_writer w;
    hs_writer_init(&w, buffers[turn++ % TURNS], ROOM);
    return w;
}

static hs_block open_message(hs_writer *w, uint8_t type)
{
    hs_write_u8(w, type);
    return hs_write_open(w, 3);
}

static hs_bytes close_message(hs_writer *w, hs_block block)
{
    hs_write_close(w, block);
    assert_int_equal(hs_writer_result(w), HS_OK);
    return hs_writer_bytes(w);
}

static void write_fill(hs_writer *w, uint8_t byte, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        hs_write_u8(w, byte);
    }
}

static hs_block open_extension(hs_writer *w, uint16_t type)
{
    hs_write_u16(w, type);
    return hs_write_open(w, 2);
}

static void write_alpn(hs_writer *w, const char *alpn)
{
    hs_block extension = open_extension(w, 16);
    hs_block list = hs_write_open(w, 2);
    hs_block name = hs_write_open(w, 1);
    hs_write_text(w, alpn);
    hs_write_close(w, name);
    hs_write_close(w, list);
    hs_write_close(w, extension);
}

static void write_server_name(hs_writer *w)
{
    hs_block extension = open_extension(w, 0);
    hs_block list = hs_write_open(w, 2);
    hs_write_u8(w, 0);
    hs_block name = hs_write_open(w, 2);
    hs_write_text(w, "example.com");
    hs_write_close(w, name);
    hs_write_close(w, list);
    hs_write_close(w, extension);
}

static void write_key_share(hs_writer *w, bool is_client)
{
    hs_block extension = open_extension(w, 51);
    hs_block list = is_client ? hs_write_open(w, 2) : (hs_block){0};
    hs_write_u16(w, 0x001d);
    hs_write_u16(w, 32);
    write_fill(w, 0x99, 32);
    if (is_client) {
        hs_write_close(w, list);
    }
    hs_write_close(w, extension);
}

hs_bytes talk_reset_token(void)
{
    static const uint8_t token[HS_QUIC_STATELESS_RESET_TOKEN_LEN] = {
        0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7,
        0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf};
    return hs_bytes_of(token, sizeof token);
}

static void write_parameters(hs_writer *w, const quic_talk *talk, bool is_client)
{
    hs_block extension = open_extension(w, 57);
    assert_int_equal(
        hs_quic_write_parameter_bytes(w, HS_QUIC_PARAMETER_ID_INITIAL_SOURCE_CONNECTION_ID,
                                      is_client ? talk->client_scid : talk->server_scid),
        HS_OK);
    assert_int_equal(hs_quic_write_parameter_number(w, HS_QUIC_PARAMETER_ID_ACK_DELAY_EXPONENT, 0),
                     HS_OK);
    if (!is_client) {
        assert_int_equal(
            hs_quic_write_parameter_bytes(
                w, HS_QUIC_PARAMETER_ID_ORIGINAL_DESTINATION_CONNECTION_ID, talk->client_dcid),
            HS_OK);
        assert_int_equal(hs_quic_write_parameter_bytes(
                             w, HS_QUIC_PARAMETER_ID_STATELESS_RESET_TOKEN, talk_reset_token()),
                         HS_OK);
    }
    hs_write_close(w, extension);
}

static void write_psk(hs_writer *w)
{
    hs_block extension = open_extension(w, 42);
    hs_write_close(w, extension);
    extension = open_extension(w, 45);
    hs_write_u8(w, 1);
    hs_write_u8(w, 1);
    hs_write_close(w, extension);
    extension = open_extension(w, 41);
    hs_block list = hs_write_open(w, 2);
    hs_block identity = hs_write_open(w, 2);
    write_fill(w, 0x77, 16);
    hs_write_close(w, identity);
    hs_write_u32(w, 1);
    hs_write_close(w, list);
    list = hs_write_open(w, 2);
    hs_block binder = hs_write_open(w, 1);
    write_fill(w, 0x78, 32);
    hs_write_close(w, binder);
    hs_write_close(w, list);
    hs_write_close(w, extension);
}

hs_bytes talk_client_hello(const quic_talk *talk)
{
    hs_writer w = message_writer();
    hs_block message = open_message(&w, 1);
    hs_write_u16(&w, 0x0303);
    write_fill(&w, talk->random, 32);
    hs_write_u8(&w, 0);
    hs_write_u16(&w, 4);
    hs_write_u16(&w, 0x1302);
    hs_write_u16(&w, 0x1301);
    hs_write_u16(&w, 0x0100);
    hs_block extensions = hs_write_open(&w, 2);
    write_server_name(&w);
    write_alpn(&w, talk->alpn);
    hs_block versions = open_extension(&w, 43);
    hs_write_u8(&w, 2);
    hs_write_u16(&w, 0x0304);
    hs_write_close(&w, versions);
    write_key_share(&w, true);
    write_parameters(&w, talk, true);
    if (talk->early) {
        write_psk(&w);
    }
    hs_write_close(&w, extensions);
    return close_message(&w, message);
}

hs_bytes talk_server_hello(const quic_talk *talk)
{
    hs_writer w = message_writer();
    hs_block message = open_message(&w, 2);
    hs_write_u16(&w, 0x0303);
    write_fill(&w, 0x53, 32);
    hs_write_u8(&w, 0);
    hs_write_u16(&w, 0x1301);
    hs_write_u8(&w, 0);
    hs_block extensions = hs_write_open(&w, 2);
    hs_block version = open_extension(&w, 43);
    hs_write_u16(&w, 0x0304);
    hs_write_close(&w, version);
    write_key_share(&w, false);
    if (talk->early) {
        hs_block psk = open_extension(&w, 41);
        hs_write_u16(&w, 0);
        hs_write_close(&w, psk);
    }
    hs_write_close(&w, extensions);
    return close_message(&w, message);
}

hs_bytes talk_encrypted_extensions(const quic_talk *talk)
{
    hs_writer w = message_writer();
    hs_block message = open_message(&w, 8);
    hs_block extensions = hs_write_open(&w, 2);
    write_alpn(&w, talk->alpn);
    write_parameters(&w, talk, false);
    if (talk->early) {
        hs_block early = open_extension(&w, 42);
        hs_write_close(&w, early);
    }
    hs_write_close(&w, extensions);
    return close_message(&w, message);
}

/* One entry that is no certificate. */
hs_bytes talk_certificate(size_t len)
{
    hs_writer w = message_writer();
    hs_block message = open_message(&w, 11);
    hs_write_u8(&w, 0);
    hs_block list = hs_write_open(&w, 3);
    hs_block entry = hs_write_open(&w, 3);
    write_fill(&w, 0xce, len);
    hs_write_close(&w, entry);
    hs_write_u16(&w, 0);
    hs_write_close(&w, list);
    return close_message(&w, message);
}

hs_bytes talk_finished(void)
{
    hs_writer w = message_writer();
    hs_block message = open_message(&w, 20);
    write_fill(&w, 0xf1, 32);
    return close_message(&w, message);
}

hs_bytes talk_ticket(void)
{
    hs_writer w = message_writer();
    hs_block message = open_message(&w, 4);
    hs_write_u32(&w, 7200);
    hs_write_u32(&w, 1);
    hs_block nonce = hs_write_open(&w, 1);
    hs_write_close(&w, nonce);
    hs_block ticket = hs_write_open(&w, 2);
    write_fill(&w, 0x77, 16);
    hs_write_close(&w, ticket);
    hs_write_u16(&w, 0);
    return close_message(&w, message);
}

hs_bytes talk_part(hs_bytes bytes, size_t from, size_t to)
{
    return hs_bytes_of(bytes.data + from, (to < bytes.len ? to : bytes.len) - from);
}

/* --- a handshake --- */

/* The streams of a side from byte `from` to before `to`; a FIN behind the last byte of the client's
 * requests and their answers. */
static void talk_said(quic_talk *talk, size_t from, const talk_stream_row *rows, size_t to)
{
    for (; rows->bytes.data; rows++) {
        size_t end = to < rows->bytes.len ? to : rows->bytes.len;
        bool fin = end == rows->bytes.len && rows->id % 4 == 0;
        if (from < end) {
            talk_stream_bytes(talk, rows->id, from,
                              hs_bytes_of(rows->bytes.data + from, end - from), fin);
        }
    }
}

void talk_message(quic_talk *talk, hs_side from, talk_level level, hs_bytes message)
{
    talk_crypto(talk, 0, message);
    talk_packet(talk, from, level);
}

void talk_initial(quic_talk *talk, hs_time at)
{
    talk_message(talk, HS_CLIENT, TALK_INITIAL, talk_client_hello(talk));
    talk_send(talk, at);
}

void talk_handshake(quic_talk *talk, hs_time at)
{
    const hs_time way = 5 * HS_MILLISECOND;
    hs_bytes hello = talk_client_hello(talk);
    hs_bytes extensions = talk_encrypted_extensions(talk);
    hs_bytes certificate = talk_certificate(1500);
    hs_bytes finished = talk_finished();
    size_t half = 900;
    talk_crypto(talk, 0, hello);
    talk_padding(talk, 1200 - hello.len - 60);
    talk_packet(talk, HS_CLIENT, TALK_INITIAL);
    if (talk->early) {
        talk_said(talk, 0, talk->said[HS_CLIENT], talk->said_early);
        talk_packet(talk, HS_CLIENT, TALK_EARLY);
    }
    talk_send(talk, at);

    talk_ack(talk, talk->numbers[0][HS_CLIENT] - 1, 0, 0);
    talk_crypto(talk, 0, talk_server_hello(talk));
    talk_packet(talk, HS_SERVER, TALK_INITIAL);
    talk_crypto(talk, 0, extensions);
    talk_crypto(talk, extensions.len, talk_part(certificate, 0, half));
    talk_packet(talk, HS_SERVER, TALK_HANDSHAKE);
    talk_send(talk, at + 2 * way);
    talk_crypto(talk, extensions.len + half, talk_part(certificate, half, certificate.len));
    talk_crypto(talk, extensions.len + certificate.len, finished);
    talk_packet(talk, HS_SERVER, TALK_HANDSHAKE);
    talk_send(talk, at + 2 * way + HS_MILLISECOND);

    talk->client_knows = true;
    talk_ack(talk, 0, 0, 0);
    talk_padding(talk, 1000);
    talk_packet(talk, HS_CLIENT, TALK_INITIAL);
    talk_ack(talk, 1, 1, 0);
    talk_crypto(talk, 0, finished);
    talk_packet(talk, HS_CLIENT, TALK_HANDSHAKE);
    talk_said(talk, talk->early ? talk->said_early : 0, talk->said[HS_CLIENT], SIZE_MAX);
    talk_packet(talk, HS_CLIENT, TALK_APPLICATION);
    talk_send(talk, at + 3 * way);

    talk_ack(talk, talk->numbers[2][HS_CLIENT] - 1, 0, 1000);
    talk_frame(talk, &(hs_quic_frame){.kind = HS_QUIC_FRAME_HANDSHAKE_DONE,
                                      .type = HS_QUIC_HANDSHAKE_DONE});
    talk_crypto(talk, 0, talk_ticket());
    talk_said(talk, 0, talk->said[HS_SERVER], SIZE_MAX);
    talk_packet(talk, HS_SERVER, TALK_APPLICATION);
    talk_send(talk, at + 5 * way);
    talk_ack(talk, 0, 0, 0);
    talk_packet(talk, HS_CLIENT, TALK_APPLICATION);
    talk_send(talk, at + 6 * way);
}
