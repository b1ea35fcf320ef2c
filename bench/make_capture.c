/* make_capture CONNECTIONS [BYTES]: a pcap file on stdout, of TLS connections as a busy server's
 * port 443 has them, each with BYTES of response (default 1200). Three of four are TLS 1.3, the
 * rest TLS 1.2 with a certificate in the clear; some hundred are under way at any time. The same
 * arguments give the same bytes, but for the certificate, which is made anew.
 *
 * Sizes are those of a browser's ClientHello, an ECDSA chain and a small page. Randoms, keys and
 * encrypted records have no meaning: only their lengths are true.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

enum {
    ACTIVE = 300,
    MSS = 1448,
    HEADERS = 14 + 20 + 32,
    FRAME_MAX = HEADERS + MSS,
    HELLO_LENGTH = 517,
    FLIGHT_13 = 2800, /* EncryptedExtensions to Finished, encrypted */
    REQUEST = 320,
    RECORD_MAX = 16384,
};

typedef struct connection {
    uint32_t number;
    uint32_t seq[2]; /* next, client's first */
    uint32_t ack[2];
    uint32_t step;
    uint32_t left;   /* bytes of the response still to come */
    uint32_t record; /* bytes of its current record still to come */
    uint32_t unacknowledged;
} connection;

static uint8_t certificate[4096];
static size_t certificate_len;
static uint64_t now = UINT64_C(1700000000000000000);
static uint64_t seed = 88172645463325252;
static uint32_t response_length = 1200;

static uint32_t random32(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 16);
}

static uint8_t *put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

static uint8_t *put24(uint8_t *at, uint32_t value)
{
    *at = (uint8_t)(value >> 16);
    return put16(at + 1, value);
}

static uint8_t *put32(uint8_t *at, uint32_t value)
{
    return put16(put16(at, value >> 16), value);
}

static uint8_t *put_random(uint8_t *at, size_t len)
{
    for (size_t i = 0; i < len; i += 4) {
        uint32_t value = random32();
        memcpy(at + i, &value, len - i < 4 ? len - i : 4);
    }
    return at + len;
}

static uint8_t *put_bytes(uint8_t *at, const void *bytes, size_t len)
{
    memcpy(at, bytes, len);
    return at + len;
}

static void make_certificate(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x509 = X509_new();
    uint8_t *at = certificate;
    X509_set_version(x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), 0);
    X509_gmtime_adj(X509_getm_notAfter(x509), 90 * 86400);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
                               (const unsigned char *)"bench.example", -1, -1, 0);
    X509_set_issuer_name(x509, X509_get_subject_name(x509));
    X509_set_pubkey(x509, key);
    if (!X509_sign(x509, key, EVP_sha256()) || i2d_X509(x509, NULL) > (int)sizeof certificate) {
        exit(1);
    }
    certificate_len = (size_t)i2d_X509(x509, &at);
    X509_free(x509);
    EVP_PKEY_free(key);
}

static void write_packet(const uint8_t *frame, uint32_t len)
{
    uint32_t head[4] = {(uint32_t)(now / 1000000000), (uint32_t)(now % 1000000000), len, len};
    now += 200 + random32() % 3000;
    if (fwrite(head, sizeof head, 1, stdout) != 1 || fwrite(frame, len, 1, stdout) != 1) {
        perror("make_capture");
        exit(1);
    }
}

enum { FIN = 1, SYN = 2, PSH = 8, ACK = 16 };

/* One TCP segment of `from` (0: the client). */
static void segment(connection *c, int from, int flags, const uint8_t *data, uint32_t len)
{
    uint8_t frame[FRAME_MAX + 32];
    uint32_t options = flags & SYN ? 20 : 12;
    uint32_t client = 0x0a000000 | (c->number / 50000 + 1);
    uint32_t server = 0xc0000200 | (c->number % 7 + 1);
    uint16_t port = (uint16_t)(10000 + c->number % 50000);
    uint8_t *at = put_bytes(frame, "\2\0\0\0\0\2\2\0\0\0\0\1\x08\0", 14);
    uint8_t *ip = at;
    at = put16(at, 0x4500);
    at = put16(at, 40 + options + len);
    at = put32(at, (c->number & 0xffff) << 16 | 0x4000);
    at = put32(at, 0x40060000);
    at = put32(at, from == 0 ? client : server);
    at = put32(at, from == 0 ? server : client);
    uint32_t sum = 0;
    for (int i = 0; i < 20; i += 2) {
        sum += (uint32_t)ip[i] << 8 | ip[i + 1];
    }
    put16(ip + 10, ~(sum + (sum >> 16)) & 0xffff);
    at = put16(at, from == 0 ? port : 443);
    at = put16(at, from == 0 ? 443 : port);
    at = put32(at, c->seq[from]);
    at = put32(at, flags & ACK ? c->seq[!from] : 0);
    at = put16(at, (5 + options / 4) << 12 | (uint32_t)flags);
    at = put32(at, 0xfaf00000);
    at = put16(at, 0);
    if (flags & SYN) {
        at = put_bytes(at, "\2\4\5\xb4\4\2\x08\x0a", 8);
        at = put32(at, (uint32_t)(now / 1000000));
        at = put32(at, 0);
        at = put_bytes(at, "\1\3\3\7", 4);
    } else {
        at = put_bytes(at, "\1\1\x08\x0a", 4);
        at = put32(at, (uint32_t)(now / 1000000));
        at = put32(at, 7);
    }
    at = put_bytes(at, data, len);
    write_packet(frame, (uint32_t)(at - frame));
    c->seq[from] += len + (flags & (SYN | FIN) ? 1 : 0);
}

/* Any number of bytes, in segments, each second one acknowledged. */
static void stream(connection *c, int from, const uint8_t *data, uint32_t len)
{
    for (uint32_t sent = 0; sent < len;) {
        uint32_t part = len - sent < MSS ? len - sent : MSS;
        segment(c, from, PSH | ACK, data + sent, part);
        sent += part;
        if (++c->unacknowledged % 2 == 0) {
            segment(c, !from, ACK, data, 0);
        }
    }
}

static uint8_t *put_record_head(uint8_t *at, uint8_t type, uint32_t len)
{
    *at = type;
    return put16(put16(at + 1, 0x0303), len);
}

static void client_hello(connection *c)
{
    static const uint8_t suites[] = {0x13, 1,    0x13, 2,    0x13, 3,    0xc0, 0x2b,
                                     0xc0, 0x2f, 0xc0, 0x2c, 0xc0, 0x30, 0xcc, 0xa9,
                                     0xcc, 0xa8, 0,    0x9c, 0,    0x2f};
    static const uint8_t fixed[] = {
        0,   23,  0,   0,   0xff, 1,   0,   1,  0, 0, 10, 0,  8, 0,  6, 0,  29, 0,   23,  0,  24,
        0,   11,  0,   2,   1,    0,   0,   35, 0, 0, 0,  16, 0, 14, 0, 12, 2,  'h', '2', 8,  'h',
        't', 't', 'p', '/', '1',  '.', '1', 0,  5, 0, 5,  1,  0, 0,  0, 0,  0,  13,  0,   10, 0,
        8,   4,   3,   8,   4,    4,   1,   5,  3, 0, 43, 0,  5, 4,  3, 4,  3,  3};
    uint8_t hello[HELLO_LENGTH];
    char name[32];
    uint32_t len = (uint32_t)snprintf(name, sizeof name, "host-%u.example", c->number % 1000);
    uint8_t *at = put_record_head(hello, 22, HELLO_LENGTH - 5);
    *at++ = 1;
    at = put24(at, HELLO_LENGTH - 9);
    at = put16(at, 0x0303);
    at = put_random(at, 32);
    *at++ = 32;
    at = put_random(at, 32);
    at = put16(at, sizeof suites);
    at = put_bytes(at, suites, sizeof suites);
    at = put16(at, 0x0100);
    at = put16(at, (uint32_t)(HELLO_LENGTH - (at + 2 - hello)));
    at = put16(put16(at, 0), len + 5);
    at = put16(at, len + 3);
    *at++ = 0;
    at = put16(at, len);
    at = put_bytes(at, name, len);
    at = put_bytes(at, fixed, sizeof fixed);
    at = put16(put16(at, 51), 38);
    at = put16(put16(put16(at, 36), 29), 32);
    at = put_random(at, 32);
    at = put16(at, 21);
    at = put16(at, (uint32_t)(HELLO_LENGTH - (at + 2 - hello)));
    memset(at, 0, (size_t)(hello + HELLO_LENGTH - at));
    stream(c, 0, hello, HELLO_LENGTH);
}

static uint8_t *put_server_hello(uint8_t *out, int is_13)
{
    uint8_t *at = put_record_head(out, 22, is_13 ? 122 : 76);
    *at++ = 2;
    at = put24(at, is_13 ? 118 : 72);
    at = put16(at, 0x0303);
    at = put_random(at, 32);
    *at++ = 32;
    at = put_random(at, 32);
    at = put16(at, is_13 ? 0x1301 : 0xc02b);
    *at++ = 0;
    if (!is_13) {
        return put16(at, 0);
    }
    at = put16(at, 46);
    at = put16(put16(put16(at, 43), 2), 0x0304);
    at = put16(put16(at, 51), 36);
    at = put16(put16(at, 29), 32);
    return put_random(at, 32);
}

static uint8_t *put_sealed(uint8_t *at, uint8_t type, uint32_t len)
{
    return put_random(put_record_head(at, type, len), len);
}

static uint8_t *put_change_cipher_spec(uint8_t *at)
{
    return put_bytes(at, "\x14\3\3\0\1\1", 6);
}

static uint8_t *put_message(uint8_t *at, uint8_t type, const uint8_t *body, uint32_t len)
{
    at = put_record_head(at, 22, len + 4);
    *at++ = type;
    return put_bytes(put24(at, len), body, len);
}

static void server_flight(connection *c, int is_13)
{
    uint8_t flight[8192];
    uint8_t body[4200];
    uint8_t *at = put_server_hello(flight, is_13);
    if (is_13) {
        at = put_sealed(put_change_cipher_spec(at), 23, FLIGHT_13);
    } else {
        uint8_t *end = put24(put24(body, (uint32_t)certificate_len + 3), (uint32_t)certificate_len);
        end = put_bytes(end, certificate, certificate_len);
        at = put_message(at, 11, body, (uint32_t)(end - body));
        end = put_bytes(body, "\3\0\x1d\x20", 4);
        end = put_random(end, 32);
        end = put_random(put16(put16(end, 0x0403), 71), 71);
        at = put_message(at, 12, body, (uint32_t)(end - body));
        at = put_message(at, 14, body, 0);
    }
    stream(c, 1, flight, (uint32_t)(at - flight));
}

static void client_finished(connection *c, int is_13)
{
    uint8_t flight[1024];
    uint8_t body[64];
    uint8_t *at = flight;
    if (!is_13) {
        body[0] = 32;
        put_random(body + 1, 32);
        at = put_message(at, 16, body, 33);
    }
    at = put_sealed(put_change_cipher_spec(at), is_13 ? 23 : 22, is_13 ? 53 : 40);
    if (is_13) {
        at = put_sealed(at, 23, REQUEST);
    }
    stream(c, 0, flight, (uint32_t)(at - flight));
}

/* Tickets and Finished of the server, then what TLS 1.2 could not send before. */
static void after_finished(connection *c, int is_13)
{
    uint8_t flight[1024];
    uint8_t *at = flight;
    at = is_13 ? put_sealed(put_sealed(at, 23, 250), 23, 250)
               : put_sealed(put_change_cipher_spec(at), 22, 40);
    stream(c, 1, flight, (uint32_t)(at - flight));
    if (!is_13) {
        at = put_sealed(flight, 23, REQUEST);
        stream(c, 0, flight, (uint32_t)(at - flight));
    }
}

/* One segment of the response; 0 when it is complete. */
static int response(connection *c)
{
    uint8_t data[MSS];
    uint8_t *at = data;
    while (at < data + MSS - 5 && (c->left > 0 || c->record > 0)) {
        if (c->record == 0) {
            c->record = c->left < RECORD_MAX ? c->left : RECORD_MAX;
            c->left -= c->record;
            at = put_record_head(at, 23, c->record);
        }
        uint32_t room = (uint32_t)(data + MSS - at);
        uint32_t part = c->record < room ? c->record : room;
        at = put_random(at, part);
        c->record -= part;
    }
    stream(c, 1, data, (uint32_t)(at - data));
    return c->left > 0 || c->record > 0;
}

static void close_alerts(connection *c, int from)
{
    uint8_t alert[32];
    stream(c, from, alert, (uint32_t)(put_sealed(alert, 23, 19) - alert));
}

/* The next thing that happens on a connection; 0 when nothing is left. */
static int advance(connection *c)
{
    int is_13 = c->number % 4 != 0;
    switch (c->step++) {
    case 0:
        segment(c, 0, SYN, certificate, 0);
        return 1;
    case 1:
        segment(c, 1, SYN | ACK, certificate, 0);
        return 1;
    case 2:
        segment(c, 0, ACK, certificate, 0);
        client_hello(c);
        return 1;
    case 3:
        segment(c, 1, ACK, certificate, 0);
        server_flight(c, is_13);
        return 1;
    case 4:
        segment(c, 0, ACK, certificate, 0);
        client_finished(c, is_13);
        return 1;
    case 5:
        segment(c, 1, ACK, certificate, 0);
        after_finished(c, is_13);
        return 1;
    case 6:
        c->step -= response(c) ? 1 : 0;
        return 1;
    case 7:
        close_alerts(c, 0);
        segment(c, 0, FIN | ACK, certificate, 0);
        return 1;
    case 8:
        close_alerts(c, 1);
        segment(c, 1, FIN | ACK, certificate, 0);
        return 1;
    default:
        segment(c, 0, ACK, certificate, 0);
        return 0;
    }
}

int main(int argc, char **argv)
{
    static connection active[ACTIVE];
    uint32_t file_head[6] = {0xa1b23c4d, 2 | 4 << 16, 0, 0, 262144, 1};
    uint32_t total = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
    if (total == 0) {
        fprintf(stderr, "usage: make_capture CONNECTIONS [BYTES]\n");
        return 2;
    }
    response_length = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : response_length;
    make_certificate();
    setvbuf(stdout, NULL, _IOFBF, 1 << 20);
    fwrite(file_head, sizeof file_head, 1, stdout);
    uint32_t begun = 0;
    uint32_t count = 0;
    while (begun < total || count > 0) {
        if (begun < total && count < ACTIVE) {
            active[count++] = (connection){
                .number = begun++, .seq = {random32(), random32()}, .left = response_length};
        }
        uint32_t i = random32() % count;
        if (!advance(&active[i])) {
            active[i] = active[--count];
        }
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
