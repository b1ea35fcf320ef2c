/* Datagrams in: cut into packets, which are worked on or wait. */
#include "decode/quic.h"

#include <stdlib.h>

#include <openssl/err.h>

#include "decode/milestones.h"
#include "decode/quic_parts.h"
#include "wire/tls/cipher_suite.h"
#include "wire/tls/handshake.h"

hs_quic_decoder *hs_quic_decoder_new(hs_trace *trace, const hs_keylog *keylog,
                                     hs_quic_crypto *crypto)
{
    hs_quic_decoder *d = calloc(1, sizeof *d);
    if (!d) {
        return NULL;
    }
    d->trace = trace;
    d->keylog = keylog;
    d->crypto = crypto;
    d->waiting_end = &d->waiting;
    d->tls = hs_tls_decoder_new_quic(trace);
    for (int i = 0; i < 2; i++) {
        hs_quic_direction *direction = &d->sides[i];
        direction->offset = hs_trace_stream_length(trace, (hs_side)i);
        d->ack_exponent[i] = HS_QUIC_DEFAULT_ACK_EXPONENT;
        for (int space = 0; space < HS_QUIC_SPACE_COUNT; space++) {
            direction->numbers[space].largest = HS_QUIC_NO_PACKET_NUMBER;
            direction->acknowledged[space] = HS_QUIC_NO_PACKET_NUMBER;
            hs_quic_crypto_stream_free(&direction->crypto[space]);
        }
    }
    if (!d->tls) {
        hs_quic_decoder_free(d);
        return NULL;
    }
    return d;
}

void hs_quic_decoder_free(hs_quic_decoder *decoder)
{
    if (!decoder) {
        return;
    }
    hs_quic_free_waiting(decoder);
    hs_quic_free_generations(decoder);
    hs_quic_decoder_streams_free(decoder);
    hs_quic_application_free(decoder);
    for (int i = 0; i < 2; i++) {
        hs_quic_free_keys(&decoder->sides[i]);
        for (int space = 0; space < HS_QUIC_SPACE_COUNT; space++) {
            hs_quic_crypto_stream_free(&decoder->sides[i].crypto[space]);
        }
    }
    hs_tls_decoder_free(decoder->tls);
    free(decoder->records);
    free(decoder);
}

/* The client's first packet, whatever its version. */
static void observe_client_hello(hs_quic_decoder *d, const hs_quic_found *found)
{
    hs_quic_facts *quic = &d->trace->quic;
    const hs_quic_packet *packet = &found->packet;
    bool is_new = d->client_version == 0 ||
                  (packet->version != d->client_version && !d->sides[HS_SERVER].has_initial);
    if (is_new) {
        d->client_version = packet->version;
        hs_quic_id_set(&d->client_dcid, packet->dcid);
        hs_quic_id_set(&d->client_scid, packet->scid);
        d->has_news = true;
    }
    if (packet->type == HS_QUIC_UNKNOWN_VERSION && quic->original_version == 0) {
        quic->present = true;
        quic->version = quic->original_version = packet->version;
        quic->original_dcid = hs_arena_hex(hs_trace_arena(d->trace), packet->dcid);
        quic->client_cid = hs_arena_hex(hs_trace_arena(d->trace), packet->scid);
    }
    hs_milestone_quic_start(d->trace, found->datagram_end);
}

/* A hidden packet that has room for the client's Finished (RFC 8446 4.4.4) in a CRYPTO frame. */
static bool has_room_for_finished(const hs_quic_decoder *d, const hs_quic_packet *packet)
{
    enum { NUMBER = 1, FRAME = 3, SHA256 = 32, SHA384 = 48 };
    uint16_t id = 0;
    (void)hs_tls_decoder_suite(d->tls, &id);
    const hs_tls_cipher_suite *suite = hs_tls_cipher_suite_find(id);
    bool is_384 = suite && hs_tls_cipher_suite_prf(suite) == HS_TLS_HASH_SHA384;
    return packet->payload.len >= NUMBER + FRAME + HS_TLS_HANDSHAKE_HEADER +
                                      (size_t)(is_384 ? SHA384 : SHA256) + HS_QUIC_TAG;
}

/* What is seen of a packet without opening it. */
static void observe(hs_quic_decoder *d, const hs_quic_found *found)
{
    hs_quic_direction *direction = &d->sides[found->from];
    const hs_quic_packet *packet = &found->packet;
    bool is_client = found->from == HS_CLIENT;
    if (is_client && (packet->type == HS_QUIC_INITIAL || packet->type == HS_QUIC_UNKNOWN_VERSION)) {
        observe_client_hello(d, found);
    }
    if (packet->type == HS_QUIC_1RTT && !direction->has_1rtt) {
        direction->has_1rtt = true;
        direction->first_1rtt_end = found->datagram_end;
    }
    if (packet->type == HS_QUIC_1RTT && !is_client && d->sides[HS_CLIENT].has_1rtt) {
        d->has_gone_on = true;
    }
    if (packet->type == HS_QUIC_HANDSHAKE) {
        direction->has_handshake = true;
        if (is_client && d->sides[HS_SERVER].has_handshake && !direction->has_finished_by_length &&
            has_room_for_finished(d, packet)) {
            direction->has_finished_by_length = true;
            direction->finished_end = found->datagram_end;
        }
    }
    bool has_source = packet->type == HS_QUIC_INITIAL || packet->type == HS_QUIC_HANDSHAKE ||
                      packet->type == HS_QUIC_0RTT;
    if (has_source && !direction->has_scid) {
        direction->has_scid = true;
        direction->scid_len = packet->scid.len;
    }
}

static void take_packet(hs_quic_decoder *d, hs_quic_found *found)
{
    found->place = d->next_place++;
    observe(d, found);
    if (!hs_quic_receive(d, found, false)) {
        hs_quic_wait(d, found);
    }
}

static size_t take_datagram(hs_quic_decoder *d, hs_side from, hs_bytes bytes, uint64_t first)
{
    hs_quic_datagram datagram;
    hs_quic_found found = {.from = from, .datagram_end = first + bytes.len};
    hs_quic_datagram_init(&datagram, bytes, hs_quic_short_id_len(d, from));
    while (hs_quic_datagram_next(&datagram, &found.packet)) {
        found.first = first + (uint64_t)(found.packet.bytes.data - bytes.data);
        found.end = found.first + found.packet.bytes.len;
        found.is_alone = found.packet.bytes.len == bytes.len;
        take_packet(d, &found);
    }
    if (datagram.trailing.len > 0) {
        found.end = found.datagram_end;
        found.first = found.end - datagram.trailing.len;
        hs_quic_show_trailing(d, &found, datagram.trailing, &datagram.fault);
    }
    return datagram.count;
}

hs_result hs_quic_decoder_feed_marked(hs_quic_decoder *decoder, hs_side from, hs_bytes datagram,
                                      hs_moment moment, int ecn)
{
    hs_quic_decoder *d = decoder;
    hs_quic_direction *direction = &d->sides[from];
    uint64_t first = direction->offset;
    d->error = HS_OK;
    if (datagram.len == 0) {
        return HS_OK;
    }
    ERR_set_mark();
    hs_milestone_first_byte(d->trace, from);
    hs_trace_add_segment(d->trace, from, datagram.len, moment);
    direction->offset += datagram.len;
    hs_event *event = hs_quic_show_datagram(d, from, datagram, first, ecn);
    size_t packets = take_datagram(d, from, datagram, first);
    hs_event_add_number(d->trace, event, "packets", (int64_t)packets);
    hs_quic_pump(d, false);
    ERR_pop_to_mark();
    return d->error;
}

hs_result hs_quic_decoder_feed(hs_quic_decoder *decoder, hs_side from, hs_bytes datagram,
                               hs_moment moment)
{
    return hs_quic_decoder_feed_marked(decoder, from, datagram, moment, -1);
}

hs_result hs_quic_decoder_keys_changed(hs_quic_decoder *decoder)
{
    decoder->error = HS_OK;
    decoder->has_news = true;
    ERR_set_mark();
    hs_quic_pump(decoder, false);
    ERR_pop_to_mark();
    return decoder->error;
}

hs_result hs_quic_decoder_finish(hs_quic_decoder *decoder)
{
    hs_quic_decoder *d = decoder;
    d->error = HS_OK;
    d->has_news = true;
    ERR_set_mark();
    hs_quic_pump(d, false);
    d->is_finishing = true;
    hs_quic_pump(d, true);
    hs_quic_streams_finish(d);
    hs_quic_application_finish(d);
    hs_quic_crypto_stream_finish(d);
    hs_result finished = hs_tls_decoder_finish(d->tls);
    hs_quic_settle(d);
    ERR_pop_to_mark();
    return d->error == HS_OK ? finished : d->error;
}

bool hs_quic_decoder_has_begun(const hs_quic_decoder *decoder)
{
    return decoder->has_begun;
}

bool hs_quic_decoder_is_done(const hs_quic_decoder *decoder)
{
    return decoder->sides[HS_CLIENT].has_1rtt ||
           hs_trace_is_marked(decoder->trace, HS_MILESTONE_QUIC_DONE);
}

bool hs_quic_decoder_is_over(const hs_quic_decoder *decoder)
{
    return decoder->is_closed || decoder->is_confirmed || decoder->has_gone_on;
}

static size_t memory_of(const hs_quic_keys *keys)
{
    enum { KEYS = 2 * 1024 }; /* with what libcrypto has for them */
    return keys ? KEYS : 0;
}

size_t hs_quic_decoder_memory(const hs_quic_decoder *decoder)
{
    enum { TLS = 1024 };
    const hs_quic_decoder *d = decoder;
    size_t memory = sizeof *d + TLS + hs_quic_application_memory(d) + d->waiting_held +
                    d->record_capacity * sizeof *d->records;
    for (size_t i = 0; i < d->generation_count; i++) {
        memory += memory_of(d->generations[i].keys[HS_CLIENT]) +
                  memory_of(d->generations[i].keys[HS_SERVER]);
    }
    for (int i = 0; i < 2; i++) {
        const hs_quic_direction *direction = &d->sides[i];
        memory += memory_of(direction->early.keys) + memory_of(direction->handshake.keys) +
                  memory_of(direction->application.keys) + memory_of(direction->previous) +
                  memory_of(direction->next);
        for (int space = 0; space < HS_QUIC_SPACE_COUNT; space++) {
            memory += direction->crypto[space].order.held +
                      direction->crypto[space].message.capacity;
        }
        for (const hs_quic_stream *stream = direction->streams; stream; stream = stream->next) {
            memory += sizeof *stream + stream->order.held;
        }
    }
    return memory;
}
