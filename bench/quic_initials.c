/* How many Initial packets of QUIC clients one core opens and decodes: each of another connection,
 * with its own Destination Connection ID and so its own keys (RFC 9001 5.2), the ClientHello of RFC
 * 9001 A.2 in it. Processor time, in one run:
 *
 *   opened    keys from the connection ID, protection off header and payload
 *   decoded   the whole way of `handshake read` behind UDP: packet, keys, frames, ClientHello with
 *             its JA4, facts and trace
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "decode/quic.h"
#include "secrets/quic_protection.h"
#include "trace/build.h"
#include "wire/quic/frame.h"

enum { CONNECTIONS = 100000, DATAGRAM = 1200, TAG = HS_QUIC_TAG };

static const char hello_hex[] = "010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f0"
                                "6a2b69484c00000413011302010000"
                                "c000000010000e00000b6578616d706c652e636f6dff01000100000a0008000600"
                                "1d0017001800100007000504616c70"
                                "6e000500050100000000003300260024001d00209370b2c9caa47fbabaf4559fed"
                                "ba753de171fa71f50f1ce15d43e994"
                                "ec74d748002b0003020304000d0010000e0403050306030203080408050806002d"
                                "00020101001c000240010039003204"
                                "08ffffffffffffffff05048000ffff07048000ffff080110010480007530090110"
                                "0f088394c8f03e51570806048000ff"
                                "ff";

static void die(const char *what)
{
    fprintf(stderr, "quic_initials: %s\n", what);
    exit(1);
}

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static size_t unhex(const char *text, uint8_t *out)
{
    size_t len = strlen(text) / 2;
    for (size_t i = 0; i < len; i++) {
        unsigned byte = 0;
        if (sscanf(text + 2 * i, "%2x", &byte) != 1) {
            die("the ClientHello is no hex");
        }
        out[i] = (uint8_t)byte;
    }
    return len;
}

/* The n-th client's connection ID. */
static hs_bytes id_of(uint32_t n, uint8_t id[8])
{
    memcpy(id, "\x83\x94\xc8\xf0", 4);
    memcpy(id + 4, &n, sizeof n);
    return hs_bytes_of(id, 8);
}

static void seal(hs_quic_keys *keys, uint32_t n, hs_bytes payload, uint8_t out[DATAGRAM],
                 size_t *number_at)
{
    uint8_t id[8];
    uint8_t header[64];
    hs_writer w;
    size_t len = 0;
    const hs_quic_packet packet = {.type = HS_QUIC_INITIAL,
                                   .version = HS_QUIC_V1,
                                   .fixed_bit = true,
                                   .dcid = id_of(n, id),
                                   .length = payload.len + 4 + TAG,
                                   .length_size = 2};
    const hs_quic_clear clear = {.packet_number_len = 4, .packet_number = 2};
    hs_writer_init(&w, header, sizeof header);
    if (hs_quic_write_header(&w, &packet, &clear) != HS_OK ||
        hs_quic_keys_set_initial(keys, HS_QUIC_V1, packet.dcid, true) != HS_OK ||
        hs_quic_packet_seal(keys, hs_writer_bytes(&w), 2, payload, out, DATAGRAM, &len) != HS_OK ||
        len != DATAGRAM) {
        die("a packet cannot be made");
    }
    *number_at = hs_writer_bytes(&w).len - 4;
}

static void open_all(hs_quic_keys *keys, const uint8_t *datagrams, size_t number_at)
{
    uint8_t out[DATAGRAM];
    for (uint32_t n = 0; n < CONNECTIONS; n++) {
        uint8_t id[8];
        hs_quic_protected_header header;
        hs_bytes payload;
        hs_bytes packet = hs_bytes_of(datagrams + (size_t)n * DATAGRAM, DATAGRAM);
        if (hs_quic_keys_set_initial(keys, HS_QUIC_V1, id_of(n, id), true) != HS_OK ||
            hs_quic_packet_open(keys, packet, number_at, HS_QUIC_NO_PACKET_NUMBER, out, &header,
                                &payload) != HS_OK) {
            die("a packet does not open");
        }
    }
}

static void decode_all(hs_quic_crypto *crypto, const uint8_t *datagrams)
{
    const hs_trace_config config = {0};
    for (uint32_t n = 0; n < CONNECTIONS; n++) {
        hs_trace *trace = hs_trace_new(&config);
        hs_quic_decoder *decoder = trace ? hs_quic_decoder_new(trace, NULL, crypto) : NULL;
        if (!decoder ||
            hs_quic_decoder_feed(decoder, HS_CLIENT,
                                 hs_bytes_of(datagrams + (size_t)n * DATAGRAM, DATAGRAM),
                                 (hs_moment){1, HS_CLOCK_CAPTURE}) != HS_OK ||
            hs_quic_decoder_finish(decoder) != HS_OK || !trace->tls.ja4 ||
            strcmp(trace->tls.server_name, "example.com") != 0) {
            die("a ClientHello is not found");
        }
        hs_quic_decoder_free(decoder);
        hs_trace_free(trace);
    }
}

static void show(const char *what, double seconds)
{
    printf("%-10s %10.0f a second  %6.2f us each\n", what, CONNECTIONS / seconds,
           seconds * 1e6 / CONNECTIONS);
}

int main(void)
{
    static uint8_t payload[DATAGRAM];
    uint8_t hello[512];
    hs_writer w;
    hs_quic_crypto *crypto = NULL;
    hs_quic_keys *keys = NULL;
    size_t number_at = 0;
    uint8_t *datagrams = malloc((size_t)CONNECTIONS * DATAGRAM);
    hs_quic_frame frame = {.kind = HS_QUIC_FRAME_CRYPTO, .type = HS_QUIC_CRYPTO};
    frame.crypto.data = hs_bytes_of(hello, unhex(hello_hex, hello));
    hs_writer_init(&w, payload, sizeof payload);
    if (!datagrams || hs_quic_crypto_new(&crypto) != HS_OK ||
        hs_quic_keys_new(crypto, &keys) != HS_OK || hs_quic_write_frame(&w, &frame) != HS_OK) {
        die("no memory");
    }
    /* First byte, version, both IDs, no token, Length, packet number; the rest is PADDING. */
    size_t header = 1 + 4 + 1 + 8 + 1 + 1 + 2 + 4;
    for (uint32_t n = 0; n < CONNECTIONS; n++) {
        seal(keys, n, hs_bytes_of(payload, DATAGRAM - header - TAG),
             datagrams + (size_t)n * DATAGRAM, &number_at);
    }
    printf("%d Initial packets, each with keys of its own, on one core\n", CONNECTIONS);
    double start = cpu_seconds();
    open_all(keys, datagrams, number_at);
    double opened = cpu_seconds();
    decode_all(crypto, datagrams);
    double decoded = cpu_seconds();
    show("opened", opened - start);
    show("decoded", decoded - opened);
    hs_quic_keys_free(keys);
    hs_quic_crypto_free(crypto);
    free(datagrams);
    return 0;
}
