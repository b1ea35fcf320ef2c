/* quic-initial [SECONDS]: how many Initial packets of QUIC are opened in a second by one core, each
 * of another connection: keys made from its Destination Connection ID, header and payload
 * protection removed, the CRYPTO frame read, and the ClientHello in it.
 *
 * The ClientHello is that of RFC 9001 A.2; the packets fill datagrams of 1200 bytes, as they must.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../tests/secrets/quic_samples.h"
#include "secrets/quic_protection.h"
#include "wire/quic/frame.h"
#include "wire/quic/packet.h"
#include "wire/tls/extension_get.h"
#include "wire/tls/message.h"

enum {
    PACKETS = 4096, /* 5 MB: more than the second level of caches has */
    DCID_LENGTH = 8,
    NUMBER_LENGTH = 2,
    HEADER_MAX = 64,
    BATCH = 512, /* packets between two looks at the clock */
};

typedef struct datagram {
    uint8_t bytes[HS_QUIC_INITIAL_DATAGRAM_MIN];
} datagram;

typedef struct bench {
    hs_quic_crypto *crypto;
    hs_quic_keys *keys;
    datagram *datagrams;
    size_t names; /* host names found: all that were opened, if nothing is wrong */
} bench;

/* How much of the work is done. */
typedef hs_result (*part)(bench *b, const hs_quic_packet *packet);

static void check(hs_result result, const char *what)
{
    if (result != HS_OK) {
        fprintf(stderr, "quic-initial: %s: %s\n", what, hs_result_text(result));
        exit(1);
    }
}

/* ---- packets */

static size_t unhex(const char *text, uint8_t *out)
{
    size_t len = strlen(text) / 2;
    for (size_t i = 0; i < len; i++) {
        unsigned value = 0;
        (void)sscanf(text + 2 * i, "%2x", &value);
        out[i] = (uint8_t)value;
    }
    return len;
}

static void random_bytes(uint8_t *out, size_t len)
{
    static uint64_t state = 88172645463325252; /* xorshift: the same packets each time */
    for (size_t i = 0; i < len; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        out[i] = (uint8_t)(state >> 24);
    }
}

static hs_bytes write_header(hs_bytes dcid, uint8_t out[HEADER_MAX], size_t length)
{
    hs_writer w;
    hs_quic_packet packet = {.type = HS_QUIC_INITIAL,
                             .fixed_bit = true,
                             .version = 1,
                             .dcid = dcid,
                             .length = length,
                             .length_size = 2};
    hs_quic_clear clear = {.packet_number_len = NUMBER_LENGTH, .packet_number = 0};
    hs_writer_init(&w, out, HEADER_MAX);
    check(hs_quic_write_header(&w, &packet, &clear), "header");
    return hs_writer_bytes(&w);
}

static void make_datagram(bench *b, datagram *out)
{
    uint8_t id[DCID_LENGTH];
    uint8_t header_bytes[HEADER_MAX];
    uint8_t payload[HS_QUIC_INITIAL_DATAGRAM_MIN] = {0}; /* PADDING behind the frame */
    random_bytes(id, sizeof id);
    hs_bytes dcid = hs_bytes_of(id, sizeof id);
    size_t header_len = write_header(dcid, header_bytes, sizeof payload).len;
    size_t payload_len = sizeof payload - header_len - HS_QUIC_TAG;
    hs_bytes header = write_header(dcid, header_bytes, NUMBER_LENGTH + payload_len + HS_QUIC_TAG);
    (void)unhex(quic_sample_sets[0].client_payload, payload);
    size_t len = 0;
    check(hs_quic_keys_set_initial(b->keys, 1, dcid, true), "keys");
    check(hs_quic_packet_seal(b->keys, header, 0, hs_bytes_of(payload, payload_len), out->bytes,
                              sizeof out->bytes, &len),
          "packet");
}

/* ---- the work */

static hs_result set_keys(bench *b, const hs_quic_packet *packet)
{
    return hs_quic_keys_set_initial(b->keys, packet->version, packet->dcid, true);
}

/* With the keys that there are: of the first packet alone they are the right ones. */
static hs_result open_packet(bench *b, const hs_quic_packet *packet, hs_bytes *payload)
{
    static uint8_t plain[HS_QUIC_INITIAL_DATAGRAM_MIN];
    hs_quic_protected_header header;
    return hs_quic_packet_open(b->keys, packet->bytes, packet->packet_number_offset,
                               HS_QUIC_NO_PACKET_NUMBER, plain, &header, payload);
}

static hs_result open_again(bench *b, const hs_quic_packet *packet)
{
    hs_bytes payload;
    return open_packet(b, packet, &payload);
}

static void read_hello(bench *b, hs_bytes bytes)
{
    static const hs_tls_message_context context = {.version = HS_TLS_1_3};
    hs_fault fault;
    hs_reader r;
    hs_tls_message message;
    hs_bytes name;
    hs_reader_init(&r, bytes, &fault, NULL);
    if (hs_tls_message_read(&r, &context, &message) == HS_OK &&
        message.msg_type == HS_TLS_HS_CLIENT_HELLO &&
        hs_tls_get_host_name(&message.body.client_hello.extensions, &name)) {
        b->names++;
    }
}

static hs_result open_whole(bench *b, const hs_quic_packet *packet)
{
    hs_bytes payload;
    hs_result result = set_keys(b, packet);
    result = result == HS_OK ? open_packet(b, packet, &payload) : result;
    if (result != HS_OK) {
        return result;
    }
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, payload, &fault, NULL);
    while (hs_reader_left(&r) > 0) {
        hs_quic_frame frame;
        result = hs_quic_read_frame(&r, &frame);
        if (result != HS_OK) {
            return result;
        }
        if (frame.kind == HS_QUIC_FRAME_CRYPTO) {
            read_hello(b, frame.crypto.data);
        }
    }
    return HS_OK;
}

/* ---- the measurement */

static double processor_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void read_datagram(const datagram *from, hs_quic_packet *packet)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, hs_bytes_of(from->bytes, sizeof from->bytes), &fault, NULL);
    check(hs_quic_read_packet(&r, 0, packet), "datagram");
}

static void measure(bench *b, const char *name, part work, bool same_packet, double seconds)
{
    size_t count = 0;
    double start = processor_time();
    double end = start;
    while (end - start < seconds) {
        for (size_t i = 0; i < BATCH; i++, count++) {
            hs_quic_packet packet;
            read_datagram(&b->datagrams[same_packet ? 0 : count % PACKETS], &packet);
            check(work(b, &packet), name);
        }
        end = processor_time();
    }
    printf("%-44s%12.0f%12.2f\n", name, (double)count / (end - start),
           (end - start) / (double)count * 1e6);
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? atof(argv[1]) : 2;
    bench b = {.datagrams = malloc(PACKETS * sizeof *b.datagrams)};
    check(b.datagrams ? HS_OK : HS_NO_MEMORY, "datagrams");
    check(hs_quic_crypto_new(&b.crypto), "crypto");
    check(hs_quic_keys_new(b.crypto, &b.keys), "keys");
    for (size_t i = 0; i < PACKETS; i++) {
        make_datagram(&b, &b.datagrams[i]);
    }
    printf("%-44s%12s%12s\n", "", "Initials/s", "us each");
    measure(&b, "opened, each of another connection", open_whole, false, seconds);
    measure(&b, "of that, keys from the connection ID", set_keys, false, seconds);
    hs_quic_packet first;
    read_datagram(&b.datagrams[0], &first);
    check(set_keys(&b, &first), "keys");
    measure(&b, "protection removed, with the keys there", open_again, true, seconds);
    hs_quic_keys_free(b.keys);
    hs_quic_crypto_free(b.crypto);
    free(b.datagrams);
    if (b.names == 0) {
        fputs("quic-initial: no ClientHello was found\n", stderr);
        return 1;
    }
    return 0;
}
