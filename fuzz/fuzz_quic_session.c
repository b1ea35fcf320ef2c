/* Frames of anybody's choice to a QUIC server and to a QUIC client, in Initial packets that are
 * protected as they have to be: an outcome is told once, and nothing aborts. The first byte chooses
 * the side; then each packet's payload has its length in two bytes before it. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>

#include "../tests/net/mint.h"
#include "base/reader.h"
#include "net/quic_session.h"
#include "secrets/quic_keys.h"
#include "secrets/quic_protection.h"
#include "wire/quic/packet.h"

enum { PAYLOAD_MIN = 1200, DATAGRAM_MAX = 4096, PACKETS_MAX = 8, EXPIRIES = 6 };

typedef struct witness {
    int completed;
    int closed;
    uint8_t dcid[HS_QUIC_CONNECTION_ID_MAX]; /* of the client's first Initial */
    size_t dcid_len;
    uint8_t scid[HS_QUIC_CONNECTION_ID_MAX];
    size_t scid_len;
} witness;

static hs_tls_context *verifier;
static hs_quic_context *contexts[2]; /* client, server */
static hs_quic_crypto *crypto;
static hs_quic_keys *keys;
static hs_quic_path path;

static void on_output(void *context, const hs_quic_path *to, hs_bytes datagram, hs_quic_ecn ecn)
{
    witness *seen = context;
    hs_fault fault;
    hs_reader r;
    hs_quic_packet packet;
    (void)to;
    (void)ecn;
    if (datagram.len == 0 || datagram.len > HS_QUIC_DATAGRAM_MAX) {
        abort();
    }
    hs_reader_init(&r, datagram, &fault, NULL);
    if (seen->dcid_len == 0 && hs_quic_read_packet(&r, 8, &packet) == HS_OK) {
        memcpy(seen->dcid, packet.dcid.data, packet.dcid.len);
        memcpy(seen->scid, packet.scid.data, packet.scid.len);
        seen->dcid_len = packet.dcid.len;
        seen->scid_len = packet.scid.len;
    }
}

static void on_completed(void *context)
{
    witness *seen = context;
    if (seen->closed || seen->completed++) {
        abort();
    }
}

static void on_closed(void *context, const hs_quic_end *end)
{
    witness *seen = context;
    if (seen->closed++ || !end->failure.message[0] || end->failure.cls == HS_FAILURE_NONE) {
        abort();
    }
}

static void on_accepted(void *context, hs_quic_session *session, hs_quic_session_events *events)
{
    (void)session;
    events->context = context;
    events->handshake_completed = on_completed;
    events->closed = on_closed;
}

static void must(hs_result result)
{
    if (result != HS_OK) {
        abort();
    }
}

static void make_contexts(void)
{
    hs_problem problem;
    char *folder = mint_folder();
    mint leaf = mint_leaf(NULL);
    char *file = mint_write(folder, "server.pem", leaf.certificate, NULL, leaf.key);
    hs_probe_options options = {.cacert = file};
    hs_quic_server_config config = {.cert = file, .alpn = "h3", .retry = HS_QUIC_RETRY_NEVER};
    must(hs_tls_context_new_client(&options, &verifier, &problem));
    must(hs_quic_context_new_client(&options, verifier, &contexts[0], &problem));
    must(hs_quic_context_new_server(&config, &contexts[1], &problem));
    must(hs_quic_crypto_new(&crypto));
    must(hs_quic_keys_new(crypto, &keys));
    struct sockaddr_in *ends[] = {(struct sockaddr_in *)&path.local,
                                  (struct sockaddr_in *)&path.remote};
    for (unsigned i = 0; i < 2; i++) {
        ends[i]->sin_family = AF_INET;
        ends[i]->sin_port = htons((uint16_t)(4433 + i));
        ends[i]->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
    free(file);
    mint_free(&leaf);
    mint_remove_folder(folder);
}

/* One Initial packet of the other side's, padded; its length. */
static size_t seal(hs_bytes payload, hs_bytes dcid, hs_bytes scid, uint64_t number, uint8_t *out)
{
    uint8_t padded[DATAGRAM_MAX];
    uint8_t header[128];
    size_t len = 0;
    size_t padded_len = payload.len < PAYLOAD_MIN ? PAYLOAD_MIN : payload.len;
    hs_writer w;
    memset(padded, 0, sizeof(padded));
    if (payload.len > 0) {
        memcpy(padded, payload.data, payload.len);
    }
    hs_quic_packet packet = {.type = HS_QUIC_INITIAL,
                             .fixed_bit = true,
                             .version = HS_QUIC_V1,
                             .dcid = dcid,
                             .scid = scid,
                             .length = 4 + padded_len + HS_QUIC_TAG};
    hs_quic_clear clear = {.packet_number_len = 4, .packet_number = (uint32_t)number};
    hs_writer_init(&w, header, sizeof(header));
    must(hs_quic_write_header(&w, &packet, &clear));
    must(hs_quic_packet_seal(keys, hs_writer_bytes(&w), number, hs_bytes_of(padded, padded_len),
                             out, DATAGRAM_MAX + 256, &len));
    return len;
}

typedef hs_result (*feed_function)(void *end, hs_bytes datagram, hs_time now);

static hs_result feed_server(void *end, hs_bytes datagram, hs_time now)
{
    return hs_quic_server_feed(end, &path, datagram, HS_QUIC_ECN_NOT_ECT, now);
}

static hs_result feed_client(void *end, hs_bytes datagram, hs_time now)
{
    return hs_quic_session_feed(end, &path, datagram, HS_QUIC_ECN_NOT_ECT, now);
}

static void feed_all(hs_reader *r, feed_function feed, void *end, hs_bytes dcid, hs_bytes scid)
{
    uint8_t datagram[DATAGRAM_MAX + 256];
    for (uint64_t number = 0; number < PACKETS_MAX && hs_reader_left(r) > 0; number++) {
        size_t len = hs_read_u16(r, "length");
        len = len < hs_reader_left(r) ? len : hs_reader_left(r);
        len = len < DATAGRAM_MAX ? len : DATAGRAM_MAX;
        hs_bytes payload = hs_read_bytes(r, len, "payload");
        size_t sealed = seal(payload, dcid, scid, number, datagram);
        must(feed(end, hs_bytes_of(datagram, sealed), HS_SECOND));
    }
}

static void try_server(hs_reader *r, witness *seen)
{
    static const uint8_t dcid[] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const uint8_t scid[] = {9, 9, 9, 9};
    const hs_quic_server_events events = {
        .context = seen, .output = on_output, .accepted = on_accepted};
    hs_quic_server *server = NULL;
    must(hs_quic_server_new(contexts[1], &events, &server));
    must(hs_quic_keys_set_initial(keys, HS_QUIC_V1, hs_bytes_of(dcid, sizeof(dcid)), true));
    feed_all(r, feed_server, server, hs_bytes_of(dcid, sizeof(dcid)),
             hs_bytes_of(scid, sizeof(scid)));
    for (int i = 0; i < EXPIRIES && hs_quic_server_deadline(server) != HS_TIME_NONE; i++) {
        must(hs_quic_server_expire(server, hs_quic_server_deadline(server)));
    }
    hs_quic_server_free(server);
}

static void try_client(hs_reader *r, witness *seen)
{
    static const uint8_t scid[] = {7, 7, 7, 7, 7, 7};
    static const uint32_t versions[] = {HS_QUIC_V1};
    const hs_quic_session_events events = {.context = seen,
                                           .output = on_output,
                                           .handshake_completed = on_completed,
                                           .closed = on_closed};
    const hs_quic_target target = {.server_name = "host.example",
                                   .alpn = "h3",
                                   .path = path,
                                   .versions = versions,
                                   .version_count = 1};
    hs_quic_session *session = NULL;
    must(hs_quic_session_new(contexts[0], &target, &events, &session));
    must(hs_quic_session_start(session, HS_SECOND));
    must(
        hs_quic_keys_set_initial(keys, HS_QUIC_V1, hs_bytes_of(seen->dcid, seen->dcid_len), false));
    feed_all(r, feed_client, session, hs_bytes_of(seen->scid, seen->scid_len),
             hs_bytes_of(scid, sizeof(scid)));
    for (int i = 0; i < EXPIRIES && hs_quic_session_deadline(session) != HS_TIME_NONE; i++) {
        must(hs_quic_session_expire(session, hs_quic_session_deadline(session)));
    }
    hs_quic_session_free(session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    witness seen = {0};
    hs_fault fault;
    hs_reader r;
    if (!contexts[0]) {
        make_contexts();
    }
    hs_reader_init(&r, hs_bytes_of(data, size), &fault, NULL);
    if (hs_read_u8(&r, "side") & 1) {
        try_server(&r, &seen);
    } else {
        try_client(&r, &seen);
    }
    return 0;
}
