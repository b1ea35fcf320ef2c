#include "secrets/quic_protection.h"

#include "base/reader.h"
#include "base/writer.h"
#include "secrets/quic_state.h"

enum {
    LONG_PROTECTED = 0x0f,
    LONG_RESERVED_SHIFT = 2,
    SHORT_PROTECTED = 0x1f,
    SHORT_RESERVED_SHIFT = 3,
    SHORT_KEY_PHASE = 0x04,
    RESERVED = 0x03, /* shifted */
    PACKET_NUMBER_LENGTH = 0x03,
    MASK = 5,
    AES_BLOCK = 16,
};

static bool is_long(uint8_t first_byte)
{
    return (first_byte & HS_QUIC_BIT_LONG) != 0;
}

static uint8_t packet_number_length(uint8_t first_byte)
{
    return (uint8_t)((first_byte & PACKET_NUMBER_LENGTH) + 1);
}

/* header_protection(hp_key, sample): RFC 9001 5.4.3, 5.4.4 */
static hs_result make_mask(hs_quic_keys *keys, hs_bytes sample, uint8_t mask[AES_BLOCK])
{
    static const uint8_t zeros[MASK];
    hs_result result = hs_quic_keys_ready_mask(keys);
    if (result != HS_OK) {
        return result;
    }
    int len = 0;
    if (keys->suite->mask == HS_QUIC_CHACHA20) {
        /* libcrypto's IV is the block counter, little-endian, and the nonce: just the sample. */
        return EVP_CipherInit_ex2(keys->mask, NULL, NULL, sample.data, 1, NULL) &&
                       EVP_CipherUpdate(keys->mask, mask, &len, zeros, MASK)
                   ? HS_OK
                   : HS_CRYPTO;
    }
    return EVP_CipherUpdate(keys->mask, mask, &len, sample.data, (int)sample.len) &&
                   len == AES_BLOCK
               ? HS_OK
               : HS_CRYPTO;
}

static uint8_t mask_first_byte(uint8_t first_byte, const uint8_t *mask)
{
    return first_byte ^ (mask[0] & (is_long(first_byte) ? LONG_PROTECTED : SHORT_PROTECTED));
}

static uint32_t unmask_packet_number(hs_bytes field, const uint8_t *mask, unsigned length)
{
    uint32_t number = 0;
    for (size_t i = 0; i < length; i++) {
        number = number << 8 | (uint8_t)(field.data[i] ^ mask[1 + i]);
    }
    return number;
}

hs_result hs_quic_header_open(hs_quic_keys *keys, hs_bytes packet, size_t packet_number_offset,
                              uint64_t largest, hs_quic_protected_header *out)
{
    *out = (hs_quic_protected_header){0};
    if (!keys->suite || packet_number_offset == 0) {
        return HS_INVALID;
    }
    if (packet.len > HS_QUIC_PACKET_MAX) {
        return HS_LIMIT;
    }
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, packet, &fault, NULL);
    uint8_t first_byte = hs_read_u8(&r, "first_byte");
    (void)hs_read_bytes(&r, packet_number_offset - 1, "header");
    /* The sample is taken as if the packet number had all its bytes. */
    hs_bytes field = hs_read_bytes(&r, HS_QUIC_PACKET_NUMBER_MAX_LEN, "packet_number");
    hs_bytes sample = hs_read_bytes(&r, HS_QUIC_SAMPLE, "sample");
    hs_result result = hs_reader_result(&r);
    if (result != HS_OK) {
        return result;
    }
    uint8_t mask[AES_BLOCK];
    result = make_mask(keys, sample, mask);
    if (result != HS_OK) {
        return result;
    }
    uint8_t first = mask_first_byte(first_byte, mask);
    uint8_t length = packet_number_length(first);
    unsigned shift = is_long(first) ? LONG_RESERVED_SHIFT : SHORT_RESERVED_SHIFT;
    *out = (hs_quic_protected_header){
        .first_byte = first,
        .reserved_bits = (uint8_t)(first >> shift & RESERVED),
        .key_phase = !is_long(first) && (first & SHORT_KEY_PHASE) != 0,
        .packet_number_length = length,
        .packet_number = hs_quic_packet_number_decode(
            largest, unmask_packet_number(field, mask, length), length)};
    return HS_OK;
}

/* The IV with the packet number, left-padded, over it (RFC 9001 5.3). */
static void make_nonce(const hs_quic_keys *keys, uint64_t packet_number,
                       uint8_t nonce[HS_QUIC_NONCE])
{
    hs_writer w;
    hs_writer_init(&w, nonce, HS_QUIC_NONCE);
    hs_write_u32(&w, 0);
    hs_write_u64(&w, packet_number);
    for (size_t i = 0; i < HS_QUIC_NONCE; i++) {
        nonce[i] ^= keys->iv[i];
    }
}

static bool feed(hs_quic_keys *keys, uint8_t *out, hs_bytes in)
{
    static const uint8_t nothing[1];
    int len = 0;
    return EVP_CipherUpdate(keys->aead, out, &len, in.len > 0 ? in.data : nothing, (int)in.len) >
               0 &&
           len == (int)in.len;
}

/* CCM must know the length before the additional data. */
static bool announce(hs_quic_keys *keys, size_t len)
{
    int done = 0;
    return keys->suite->aead != HS_QUIC_AES_128_CCM ||
           EVP_CipherUpdate(keys->aead, NULL, &done, NULL, (int)len) > 0;
}

static hs_result aead_open(hs_quic_keys *keys, uint64_t packet_number, hs_bytes header,
                           hs_bytes sealed, hs_bytes tag, uint8_t *out)
{
    hs_result result = hs_quic_keys_ready_aead(keys, false);
    if (result != HS_OK) {
        return result;
    }
    uint8_t nonce[HS_QUIC_NONCE];
    uint8_t expected[HS_QUIC_TAG]; /* libcrypto wants it writable */
    hs_writer w;
    hs_writer_init(&w, expected, sizeof expected);
    hs_write_bytes(&w, tag);
    make_nonce(keys, packet_number, nonce);
    if (!EVP_CipherInit_ex2(keys->aead, NULL, NULL, nonce, 0, NULL) ||
        EVP_CIPHER_CTX_ctrl(keys->aead, EVP_CTRL_AEAD_SET_TAG, HS_QUIC_TAG, expected) <= 0 ||
        !announce(keys, sealed.len) || !feed(keys, NULL, header)) {
        return HS_CRYPTO;
    }
    int rest = 0;
    bool is_ccm = keys->suite->aead == HS_QUIC_AES_128_CCM; /* which is done after one call */
    if (!feed(keys, out, sealed) ||
        (!is_ccm && EVP_CipherFinal_ex(keys->aead, out + sealed.len, &rest) <= 0)) {
        return HS_NO_KEY;
    }
    return HS_OK;
}

static void write_packet_number(hs_writer *w, uint64_t packet_number, unsigned length)
{
    for (unsigned i = length; i > 0; i--) {
        hs_write_u8(w, (uint8_t)(packet_number >> (8 * (i - 1))));
    }
}

hs_result hs_quic_payload_open(hs_quic_keys *keys, hs_bytes packet, size_t packet_number_offset,
                               const hs_quic_protected_header *header, uint8_t *out,
                               hs_bytes *payload)
{
    *payload = (hs_bytes){0};
    if (!keys->suite || packet_number_offset == 0 ||
        header->packet_number_length > HS_QUIC_PACKET_NUMBER_MAX_LEN) {
        return HS_INVALID;
    }
    if (packet.len > HS_QUIC_PACKET_MAX) {
        return HS_LIMIT;
    }
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, packet, &fault, NULL);
    (void)hs_read_u8(&r, "first_byte");
    hs_bytes between = hs_read_bytes(&r, packet_number_offset - 1, "header");
    (void)hs_read_bytes(&r, header->packet_number_length, "packet_number");
    size_t left = hs_reader_left(&r);
    hs_bytes sealed = hs_read_bytes(&r, left < HS_QUIC_TAG ? left : left - HS_QUIC_TAG, "payload");
    hs_bytes tag = hs_read_bytes(&r, HS_QUIC_TAG, "tag");
    hs_result result = hs_reader_result(&r);
    if (result != HS_OK) {
        return result;
    }
    /* The additional data is the header in the clear: it is put together where there is room. */
    hs_writer w;
    hs_writer_init(&w, out, packet.len);
    hs_write_u8(&w, header->first_byte);
    hs_write_bytes(&w, between);
    write_packet_number(&w, header->packet_number, header->packet_number_length);
    uint8_t *plain = out + w.len;
    result = aead_open(keys, header->packet_number, hs_writer_bytes(&w), sealed, tag, plain);
    if (result == HS_OK) {
        *payload = hs_bytes_of(plain, sealed.len);
    }
    return result;
}

hs_result hs_quic_packet_open(hs_quic_keys *keys, hs_bytes packet, size_t packet_number_offset,
                              uint64_t largest, uint8_t *out, hs_quic_protected_header *header,
                              hs_bytes *payload)
{
    *payload = (hs_bytes){0};
    hs_result result = hs_quic_header_open(keys, packet, packet_number_offset, largest, header);
    return result == HS_OK
               ? hs_quic_payload_open(keys, packet, packet_number_offset, header, out, payload)
               : result;
}

static hs_result aead_seal(hs_quic_keys *keys, uint64_t packet_number, hs_bytes header,
                           hs_bytes plain, uint8_t *sealed, uint8_t *tag)
{
    hs_result result = hs_quic_keys_ready_aead(keys, true);
    if (result != HS_OK) {
        return result;
    }
    uint8_t nonce[HS_QUIC_NONCE];
    make_nonce(keys, packet_number, nonce);
    int rest = 0;
    if (!EVP_CipherInit_ex2(keys->aead, NULL, NULL, nonce, 1, NULL) || !announce(keys, plain.len) ||
        !feed(keys, NULL, header) || !feed(keys, sealed, plain) ||
        EVP_CipherFinal_ex(keys->aead, tag, &rest) <= 0 ||
        EVP_CIPHER_CTX_ctrl(keys->aead, EVP_CTRL_AEAD_GET_TAG, HS_QUIC_TAG, tag) <= 0) {
        return HS_CRYPTO;
    }
    return HS_OK;
}

/* Puts the mask on a packet that is whole but for it. */
static hs_result mask_header(hs_quic_keys *keys, uint8_t *packet, size_t len,
                             size_t packet_number_offset)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, hs_bytes_of(packet, len), &fault, NULL);
    (void)hs_read_bytes(&r, packet_number_offset, "header");
    (void)hs_read_bytes(&r, HS_QUIC_PACKET_NUMBER_MAX_LEN, "packet_number");
    hs_bytes sample = hs_read_bytes(&r, HS_QUIC_SAMPLE, "sample");
    if (hs_reader_result(&r) != HS_OK) {
        return HS_INVALID; /* nothing could be sampled: the payload is not padded */
    }
    uint8_t mask[AES_BLOCK];
    hs_result result = make_mask(keys, sample, mask);
    if (result != HS_OK) {
        return result;
    }
    unsigned length = packet_number_length(packet[0]);
    packet[0] = mask_first_byte(packet[0], mask);
    for (size_t i = 0; i < length; i++) {
        packet[packet_number_offset + i] ^= mask[1 + i];
    }
    return HS_OK;
}

hs_result hs_quic_packet_seal(hs_quic_keys *keys, hs_bytes header, uint64_t packet_number,
                              hs_bytes payload, uint8_t *out, size_t capacity, size_t *len)
{
    static const uint8_t no_tag[HS_QUIC_TAG];
    *len = 0;
    /* The first byte, and behind it at least the packet number. */
    if (!keys->suite || header.len == 0 || header.len <= packet_number_length(header.data[0])) {
        return HS_INVALID;
    }
    hs_writer w;
    hs_writer_init(&w, out, capacity < HS_QUIC_PACKET_MAX ? capacity : HS_QUIC_PACKET_MAX);
    hs_write_bytes(&w, header);
    size_t payload_at = w.len;
    hs_write_bytes(&w, payload);
    size_t tag_at = w.len;
    hs_write_bytes(&w, hs_bytes_of(no_tag, sizeof no_tag));
    hs_result result = hs_writer_result(&w);
    if (result != HS_OK) {
        return result;
    }
    result = aead_seal(keys, packet_number, header, payload, out + payload_at, out + tag_at);
    if (result == HS_OK) {
        result = mask_header(keys, out, w.len, header.len - packet_number_length(header.data[0]));
    }
    if (result == HS_OK) {
        *len = w.len;
    }
    return result;
}
