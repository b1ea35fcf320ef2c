/* Far ends that answer QUIC's first datagrams by hand (RFC 9000 17.2; RFC 9001 5): what no server
 * in its right mind sends. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/reader.h"
#include "base/writer.h"
#include "lab/failures/case.h"
#include "lab/failures/retry.h"
#include "secrets/quic_protection.h"
#include "wire/quic/frame.h"

enum { DATAGRAM_MAX = 2048, PADDED = 64, BACKLOG = 16 };

/* Reserved for versions to be negotiated with (RFC 9000 15). */
static const uint32_t other_versions[] = {0x1a2a3a4a, 0x5a6a7a8a};

typedef struct hand {
    hs_quic_crypto *crypto;
    hs_quic_keys *keys;
    uint8_t room[DATAGRAM_MAX];
    hs_bytes datagram; /* within `room` */
} hand;

static hs_result write_retry(hand *h, const hs_quic_packet *initial)
{
    return hs_far_write_retry(h->crypto, initial, h->room, sizeof h->room, &h->datagram);
}

/* An Initial packet with this frame alone, and PADDING. */
static hs_result write_initial(hand *h, const hs_quic_packet *initial, const hs_quic_frame *frame)
{
    uint8_t frames[PADDED] = {0}; /* PADDING is zeros */
    uint8_t header[DATAGRAM_MAX];
    const hs_quic_clear clear = {.packet_number_len = 1};
    const hs_quic_packet packet = {.type = HS_QUIC_INITIAL,
                                   .fixed_bit = true,
                                   .version = initial->version,
                                   .dcid = initial->scid,
                                   .scid = hs_far_cid(),
                                   .length = clear.packet_number_len + PADDED + HS_QUIC_TAG};
    hs_writer payload;
    hs_writer w;
    size_t len = 0;
    hs_writer_init(&payload, frames, sizeof frames);
    hs_writer_init(&w, header, sizeof header);
    hs_result result = hs_quic_write_frame(&payload, frame);
    if (result == HS_OK) {
        result = hs_quic_write_header(&w, &packet, &clear);
    }
    if (result == HS_OK) {
        result = hs_quic_keys_set_initial(h->keys, initial->version, initial->dcid, false);
    }
    if (result == HS_OK) {
        result = hs_quic_packet_seal(h->keys, hs_writer_bytes(&w), 0,
                                     hs_bytes_of(frames, sizeof frames), h->room, sizeof h->room,
                                     &len);
    }
    h->datagram = hs_bytes_of(h->room, len);
    return result;
}

static hs_result write_version_negotiation(hand *h, const hs_quic_packet *initial)
{
    hs_writer w;
    hs_writer_init(&w, h->room, sizeof h->room);
    hs_result result = hs_quic_write_version_negotiation(
        &w, HS_QUIC_BIT_FIXED, initial->scid, initial->dcid, other_versions,
        sizeof other_versions / sizeof other_versions[0]);
    h->datagram = hs_writer_bytes(&w);
    return result;
}

/* The answer to one Initial packet; empty: none. */
static hs_result answer(hand *h, hs_datagrams how, const hs_quic_packet *initial)
{
    static const uint8_t other[] = "too early";
    static const hs_quic_frame refusal = {
        .kind = HS_QUIC_FRAME_CONNECTION_CLOSE,
        .type = HS_QUIC_CONNECTION_CLOSE,
        .connection_close = {.error = HS_QUIC_ERROR_INVALID_TOKEN}};
    static const hs_quic_frame forbidden = {.kind = HS_QUIC_FRAME_STREAM,
                                            .type = HS_QUIC_STREAM | HS_QUIC_STREAM_LEN,
                                            .stream = {.data = {other, sizeof other - 1}}};
    /* Of the first packet, which has the ClientHello or its beginning. */
    static const hs_quic_frame ack = {.kind = HS_QUIC_FRAME_ACK, .type = HS_QUIC_ACK};
    switch (how) {
    case HS_DATAGRAMS_RETRY_FOR_EVER:
        return write_retry(h, initial);
    case HS_DATAGRAMS_TOKEN_REFUSED:
        return initial->token.len == 0 ? write_retry(h, initial)
                                       : write_initial(h, initial, &refusal);
    case HS_DATAGRAMS_OTHER_VERSIONS:
        return write_version_negotiation(h, initial);
    case HS_DATAGRAMS_FORBIDDEN_FRAME:
        return write_initial(h, initial, &forbidden);
    case HS_DATAGRAMS_ACK_ALONE:
        return write_initial(h, initial, &ack);
    case HS_DATAGRAMS_NOISE:
        memset(h->room, 0x2a, PADDED);
        h->datagram = hs_bytes_of(h->room, PADDED);
        return HS_OK;
    default:
        return HS_OK;
    }
}

static void serve(hand *h, int fd, hs_datagrams how)
{
    uint8_t room[DATAGRAM_MAX];
    for (;;) {
        struct sockaddr_storage from;
        socklen_t from_len = sizeof from;
        ssize_t got = recvfrom(fd, room, sizeof room, 0, (struct sockaddr *)&from, &from_len);
        if (got < 0 && errno != EINTR && errno != ECONNREFUSED) {
            return;
        }
        hs_reader r;
        hs_fault fault;
        hs_quic_packet packet;
        hs_reader_init(&r, hs_bytes_of(room, got > 0 ? (size_t)got : 0), &fault, NULL);
        h->datagram = hs_bytes_of(NULL, 0);
        if (hs_quic_read_packet(&r, HS_FAR_CID_LEN, &packet) == HS_OK &&
            packet.type == HS_QUIC_INITIAL && answer(h, how, &packet) == HS_OK &&
            h->datagram.len > 0) {
            (void)!sendto(fd, h->datagram.data, h->datagram.len, 0, (struct sockaddr *)&from,
                          from_len);
        }
    }
}

void hs_far_datagrams(const hs_far_place *place)
{
    static hand h; /* large */
    const hs_datagrams how = place->row->datagrams;
    int fd = hs_far_bind_udp(place->port);
    /* It tells a path without UDP from a host that is not there. */
    int listener = how == HS_DATAGRAMS_SWALLOWED ? hs_far_listen(place->port, BACKLOG) : -1;
    bool is_open = fd >= 0 && (listener >= 0 || how != HS_DATAGRAMS_SWALLOWED) &&
                   hs_quic_crypto_new(&h.crypto) == HS_OK &&
                   hs_quic_keys_new(h.crypto, &h.keys) == HS_OK;
    if (is_open) {
        hs_far_is_ready(place);
        serve(&h, fd, how);
    }
    hs_quic_keys_free(h.keys);
    hs_quic_crypto_free(h.crypto);
    close(fd);
    close(listener);
}
