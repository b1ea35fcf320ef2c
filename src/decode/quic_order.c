#include "decode/quic_order.h"

#include <stdlib.h>
#include <string.h>

#include "wire/quic/field.h"

static size_t cost(size_t len)
{
    return sizeof(hs_quic_held) + len;
}

static hs_result keep(hs_quic_order *order, hs_quic_held **link, const hs_quic_piece *piece,
                      size_t limit, size_t pieces)
{
    size_t len = piece->bytes.len;
    if (order->count >= pieces || order->held >= limit || cost(len) > limit - order->held) {
        return HS_LIMIT;
    }
    hs_quic_held *held = malloc(sizeof *held + len);
    if (!held) {
        return HS_NO_MEMORY;
    }
    held->piece = *piece;
    memcpy(held->data, piece->bytes.data, len);
    held->piece.bytes.data = held->data;
    held->next = *link;
    *link = held;
    order->held += cost(len);
    order->count++;
    return HS_OK;
}

static void cut_front(hs_quic_piece *piece, uint64_t len)
{
    size_t cut = len < piece->bytes.len ? (size_t)len : piece->bytes.len;
    piece->offset += cut;
    if (cut > 0) {
        piece->bytes.data += cut;
    }
    piece->bytes.len -= cut;
}

static uint64_t end_of(const hs_quic_piece *piece)
{
    return piece->offset + piece->bytes.len;
}

hs_result hs_quic_order_add(hs_quic_order *order, const hs_quic_piece *piece, size_t limit,
                            size_t pieces, bool *overlaps)
{
    hs_quic_piece left = *piece;
    bool overlapped = false;
    if (left.offset > HS_QUIC_VARINT_MAX - left.bytes.len) {
        return HS_LIMIT;
    }
    if (left.offset < order->next) {
        overlapped = left.bytes.len > 0;
        cut_front(&left, order->next - left.offset);
    }
    hs_result result = HS_OK;
    hs_quic_held **link = &order->head;
    while (left.bytes.len > 0 && result == HS_OK) {
        hs_quic_held *held = *link;
        if (held && end_of(&held->piece) <= left.offset) {
            link = &held->next;
            continue;
        }
        uint64_t free_until = held ? held->piece.offset : UINT64_MAX;
        hs_quic_piece part = left;
        if (free_until <= left.offset) {
            overlapped = true;
            cut_front(&left, end_of(&held->piece) - left.offset);
            continue;
        }
        if (free_until - left.offset < part.bytes.len) {
            part.bytes.len = (size_t)(free_until - left.offset);
        }
        result = keep(order, link, &part, limit, pieces);
        cut_front(&left, part.bytes.len);
        if (result == HS_OK) {
            link = &(*link)->next;
        }
    }
    if (overlaps) {
        *overlaps = overlapped;
    }
    return result;
}

bool hs_quic_order_pass(hs_quic_order *order, const hs_quic_piece *piece)
{
    if (order->head || piece->offset != order->next ||
        piece->offset > HS_QUIC_VARINT_MAX - piece->bytes.len) {
        return false;
    }
    order->next += piece->bytes.len;
    return true;
}

const hs_quic_piece *hs_quic_order_first(const hs_quic_order *order)
{
    return order->head ? &order->head->piece : NULL;
}

const hs_quic_piece *hs_quic_order_head(const hs_quic_order *order)
{
    bool is_next = order->head && order->head->piece.offset == order->next;
    return is_next ? &order->head->piece : NULL;
}

void hs_quic_order_drop(hs_quic_order *order)
{
    hs_quic_held *held = order->head;
    if (held) {
        order->head = held->next;
        order->next = end_of(&held->piece);
        order->held -= cost(held->piece.bytes.len);
        order->count--;
        free(held);
    }
}

void hs_quic_order_free(hs_quic_order *order)
{
    while (order->head) {
        hs_quic_order_drop(order);
    }
}
