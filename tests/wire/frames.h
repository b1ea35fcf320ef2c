/* Frames written as hex text, in exactly as many bytes as they have, so that a sanitizer sees every
 * read behind them. */
#ifndef TESTS_WIRE_FRAMES_H
#define TESTS_WIRE_FRAMES_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "wire/packet.h"

typedef struct hex_frame {
    uint8_t *data;
    size_t len;
} hex_frame;

static inline unsigned hex_digit(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = strchr(digits, digit);
    assert(at && *at);
    return (unsigned)(at - digits);
}

static inline hex_frame frame_of(const char *hex)
{
    size_t len = strlen(hex) / 2;
    hex_frame made = {malloc(len > 0 ? len : 1), len};
    assert(made.data && strlen(hex) % 2 == 0);
    for (size_t i = 0; i < len; i++) {
        made.data[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
    }
    return made;
}

/* A copy of the first `len` bytes. */
static inline hex_frame frame_cut(const hex_frame *whole, size_t len)
{
    hex_frame made = {malloc(len > 0 ? len : 1), len};
    assert(made.data && len <= whole->len);
    memcpy(made.data, whole->data, len);
    return made;
}

static inline hs_packet_kind frame_read(int link, const hex_frame *frame, hs_packet *packet)
{
    return hs_packet_read(link, (hs_bytes){frame->data, frame->len}, packet);
}

/* Reads a frame whose payload is not looked at. */
static inline hs_packet_kind read_hex(int link, const char *hex, hs_packet *packet)
{
    hex_frame made = frame_of(hex);
    hs_packet_kind kind = frame_read(link, &made, packet);
    free(made.data);
    return kind;
}

/* Pieces to put together. TCP: 51234 to 4433, five bytes of payload; UDP: 40000 to 53, eight. */
#define ETHERNET(type)                                                                             \
    "020000000002"                                                                                 \
    "020000000001" type
#define IPV4(total, place, protocol)                                                               \
    "4500" total "0007" place "40" protocol "0000"                                                 \
    "c0000201"                                                                                     \
    "c6336402"
#define IPV6(length, next)                                                                         \
    "60000000" length next "40"                                                                    \
    "20010db8000000000000000000000001"                                                             \
    "20010db8000100000000000000000002"
#define TCP_HEADER                                                                                 \
    "c8221151"                                                                                     \
    "11223344"                                                                                     \
    "55667788"                                                                                     \
    "5018"                                                                                         \
    "faf0"                                                                                         \
    "0000"                                                                                         \
    "0000"
#define TCP TCP_HEADER "68656c6c6f"
#define TCP_IPV4 IPV4("002d", "4000", "06") TCP
#define UDP(source, destination, length) source destination length "0000"
#define UDP_DNS UDP("9c40", "0035", "0010") "7175657374696f6e"

#endif
