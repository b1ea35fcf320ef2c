/* Any bytes as a QUIC packet, opened with the Initial keys of its own Destination Connection ID,
 * with those of every suite, and as a Retry. What opens is sealed to the same bytes, and what is
 * sealed opens to the same content. */
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "base/writer.h"
#include "secrets/quic_protection.h"
#include "secrets/quic_retry.h"

enum { ROOM = 4096 };

/* They live as long as the process does. */
static hs_quic_crypto *crypto;
static hs_quic_keys *initial;
static hs_quic_keys *suites[4];

static bool set_up(void)
{
    static const uint8_t secret[48] = {1, 2, 3};
    if (crypto) {
        return true;
    }
    if (hs_quic_crypto_new(&crypto) != HS_OK || hs_quic_keys_new(crypto, &initial) != HS_OK) {
        return false;
    }
    for (uint16_t i = 0; i < 4; i++) {
        if (hs_quic_keys_new(crypto, &suites[i]) != HS_OK ||
            hs_quic_keys_set_traffic(suites[i], 1, (uint16_t)(0x1301 + i),
                                     hs_bytes_of(secret, i == 1 ? 48 : 32)) != HS_OK) {
            abort();
        }
    }
    return true;
}

/* Where the packet number of an Initial packet begins. */
static hs_result read_initial(hs_bytes packet, uint32_t *version, hs_bytes *dcid, size_t *offset)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, packet, &fault, NULL);
    (void)hs_read_u8(&r, "first_byte");
    *version = hs_read_u32(&r, "version");
    hs_reader block = hs_read_block8(&r, "dcid");
    *dcid = hs_read_rest(&block, "dcid");
    hs_reader_close(&block);
    block = hs_read_block8(&r, "scid");
    (void)hs_read_rest(&block, "scid");
    hs_reader_close(&block);
    uint64_t token_len = hs_read_varint(&r, "token_length");
    (void)hs_read_bytes(&r, token_len < SIZE_MAX ? (size_t)token_len : SIZE_MAX, "token");
    (void)hs_read_varint(&r, "length");
    *offset = r.pos;
    return hs_reader_result(&r);
}

static void open_it(hs_quic_keys *keys, hs_bytes packet, size_t offset)
{
    static uint8_t plain[ROOM];
    static uint8_t again[ROOM];
    hs_quic_protected_header header;
    hs_bytes payload;
    if (hs_quic_packet_open(keys, packet, offset, HS_QUIC_NO_PACKET_NUMBER, plain, &header,
                            &payload) != HS_OK) {
        return;
    }
    /* The header in the clear stands before the payload. */
    size_t len = 0;
    hs_bytes clear = hs_bytes_of(plain, offset + header.packet_number_length);
    if (hs_quic_packet_seal(keys, clear, header.packet_number, payload, again, sizeof again,
                            &len) != HS_OK ||
        len != packet.len || memcmp(again, packet.data, len) != 0) {
        abort();
    }
}

/* The bytes as the first byte, the packet number and the content of a packet with a short header.
 */
static void seal_it(hs_quic_keys *keys, hs_bytes bytes)
{
    static uint8_t sealed[ROOM + 64];
    static uint8_t plain[ROOM + 64];
    uint8_t header[5];
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, bytes, &fault, NULL);
    uint8_t first_byte = hs_read_u8(&r, "first_byte") & 0x7f;
    uint64_t number = hs_read_u64(&r, "packet_number") >> 2;
    hs_bytes content = hs_read_rest(&r, "content");
    hs_writer w;
    hs_writer_init(&w, header, sizeof header);
    hs_write_u8(&w, first_byte);
    for (unsigned i = (first_byte & 3U) + 1; i > 0; i--) {
        hs_write_u8(&w, (uint8_t)(number >> (8 * (i - 1))));
    }
    size_t len = 0;
    if (!hs_reader_ok(&r) || hs_quic_packet_seal(keys, hs_writer_bytes(&w), number, content, sealed,
                                                 sizeof sealed, &len) != HS_OK) {
        return;
    }
    hs_quic_protected_header got;
    hs_bytes payload;
    if (hs_quic_packet_open(keys, hs_bytes_of(sealed, len), 1, number - 1, plain, &got, &payload) !=
            HS_OK ||
        got.packet_number != number || got.first_byte != first_byte ||
        !hs_bytes_equal(payload, content)) {
        abort();
    }
}

static void retry(uint32_t version, hs_bytes dcid, hs_bytes packet)
{
    static uint8_t made[ROOM + HS_QUIC_RETRY_TAG_LEN];
    (void)!hs_quic_retry_check(crypto, version, dcid, packet);
    uint8_t tag[HS_QUIC_RETRY_TAG_LEN];
    if (hs_quic_retry_make(crypto, version, dcid, packet, tag) != HS_OK) {
        return;
    }
    hs_writer w;
    hs_writer_init(&w, made, sizeof made);
    hs_write_bytes(&w, packet);
    hs_write_bytes(&w, hs_bytes_of(tag, sizeof tag));
    if (hs_quic_retry_check(crypto, version, dcid, hs_writer_bytes(&w)) != HS_OK) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > ROOM || !set_up()) {
        return 0;
    }
    hs_bytes packet = hs_bytes_of(data, size);
    uint32_t version = 0;
    hs_bytes dcid = {0};
    size_t offset = 1;
    if (read_initial(packet, &version, &dcid, &offset) == HS_OK) {
        if (hs_quic_keys_set_initial(initial, version, dcid, true) == HS_OK ||
            hs_quic_keys_set_initial(initial, 1, dcid, true) == HS_OK) {
            open_it(initial, packet, offset);
        }
        retry(version, dcid, packet);
    }
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        open_it(suites[i], packet, 1);
        seal_it(suites[i], packet);
    }
    return 0;
}
