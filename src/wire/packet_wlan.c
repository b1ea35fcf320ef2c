/* IEEE 802.11 data frames that are not encrypted, and the radiotap header before them. Of an
 * aggregate (A-MSDU) the first part counts. */
#include "wire/packet_layers.h"

enum {
    TYPE_MASK = 0x0c, /* in the first byte of frame control */
    TYPE_DATA = 0x08,
    SUBTYPE_NO_DATA = 0x40,
    SUBTYPE_QOS = 0x80,
    TO_AND_FROM_DS = 0x03, /* in the second */
    PROTECTED = 0x40,
    HAS_HT_CONTROL = 0x80,
    QOS_IS_AGGREGATE = 0x80,
};

static hs_packet_kind read_aggregate(hs_layers *layers, hs_span *span)
{
    const uint8_t *header = hs_span_take(span, 14);
    if (!header) {
        return hs_span_short(span, 14);
    }
    hs_span_limit(span, hs_load_u16(header + 12));
    return hs_layer_llc(layers, span);
}

/* `is_padded`: the body begins at a multiple of 4 bytes. */
static hs_packet_kind read_frame(hs_layers *layers, bool is_padded, hs_span *span)
{
    const uint8_t *control = hs_span_peek(span, 2);
    if (!control) {
        return hs_span_short(span, 2);
    }
    if ((control[0] & TYPE_MASK) != TYPE_DATA || control[0] & SUBTYPE_NO_DATA ||
        control[1] & PROTECTED) {
        return HS_PACKET_OTHER;
    }
    size_t len = 24;
    if ((control[1] & TO_AND_FROM_DS) == TO_AND_FROM_DS) {
        len += 6;
    }
    size_t qos_at = len;
    bool has_qos = control[0] & SUBTYPE_QOS;
    if (has_qos) {
        len += control[1] & HAS_HT_CONTROL ? 6 : 2;
    }
    size_t padded = is_padded ? (len + 3) & ~(size_t)3 : len;
    const uint8_t *header = hs_span_take(span, padded);
    if (!header) {
        return hs_span_short(span, padded);
    }
    if (has_qos && header[qos_at] & QOS_IS_AGGREGATE) {
        return read_aggregate(layers, span);
    }
    return hs_layer_llc(layers, span);
}

hs_packet_kind hs_layer_wlan(hs_layers *layers, hs_span *span)
{
    return read_frame(layers, false, span);
}

/* Radiotap's fields follow each other in the order of the bits that announce them: the time (bit
 * 0), at a multiple of 8 bytes, then the flags (bit 1). */
static bool body_is_padded(const uint8_t *header, size_t len)
{
    enum { HAS_TIME = 0x01, HAS_FLAGS = 0x02, HAS_MORE = 0x80, FLAG_PADDED = 0x20 };
    uint8_t present = header[4];
    size_t at = 4;
    do {
        at += 4;
    } while (at <= len && header[at - 1] & HAS_MORE);
    if (!(present & HAS_FLAGS)) {
        return false;
    }
    if (present & HAS_TIME) {
        at = ((at + 7) & ~(size_t)7) + 8;
    }
    return at < len && header[at] & FLAG_PADDED;
}

hs_packet_kind hs_layer_radiotap(hs_layers *layers, hs_span *span)
{
    const uint8_t *start = hs_span_peek(span, 8);
    if (!start) {
        return hs_span_short(span, 8);
    }
    size_t len = (size_t)start[3] << 8 | start[2]; /* little-endian */
    if (start[0] != 0 || len < 8) {
        return HS_PACKET_MALFORMED;
    }
    const uint8_t *header = hs_span_take(span, len);
    if (!header) {
        return hs_span_short(span, len);
    }
    return read_frame(layers, body_is_padded(header, len), span);
}
