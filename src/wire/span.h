/* A bounded cursor for the headers of captured packets, where hs_reader's names and notes would
 * cost more than the parsing.
 *
 * It knows two lengths: what was captured, and how much there was as the headers around it say. So
 * bytes that the snapshot length cut off differ from bytes that cannot be.
 */
#ifndef HS_WIRE_SPAN_H
#define HS_WIRE_SPAN_H

#include <stdbool.h>

#include <handshake/api.h>

typedef struct hs_span {
    const uint8_t *at;
    size_t left;  /* bytes that were captured */
    size_t whole; /* bytes that there were; never less than `left` */
} hs_span;

/* More than this is what `whole` has while no header has said how much there is. */
#define HS_SPAN_KNOWN_MAX (SIZE_MAX / 2)

static inline hs_span hs_span_of(hs_bytes bytes)
{
    /* No bytes may come as NULL, to which not even 0 may be added. */
    static const uint8_t nothing[1] = {0};
    return (hs_span){bytes.data ? bytes.data : nothing, bytes.len, SIZE_MAX};
}

/* The next `len` bytes, or NULL where so many were not captured. */
static inline const uint8_t *hs_span_take(hs_span *span, size_t len)
{
    if (len > span->left) {
        return NULL;
    }
    const uint8_t *at = span->at;
    span->at += len;
    span->left -= len;
    span->whole -= len;
    return at;
}

/* Goes on behind `len` bytes, captured or not; there must have been as many. */
static inline void hs_span_skip(hs_span *span, size_t len)
{
    size_t captured = len < span->left ? len : span->left;
    span->at += captured;
    span->left -= captured;
    span->whole -= len;
}

/* As hs_span_take, and stays before them. */
static inline const uint8_t *hs_span_peek(const hs_span *span, size_t len)
{
    return len > span->left ? NULL : span->at;
}

/* A header says that `len` bytes follow. More than the headers around it have is not believed. */
static inline void hs_span_limit(hs_span *span, size_t len)
{
    if (len < span->whole) {
        span->whole = len;
    }
    if (len < span->left) {
        span->left = len;
    }
}

static inline bool hs_span_is_known(const hs_span *span)
{
    return span->whole <= HS_SPAN_KNOWN_MAX;
}

/* How many bytes there were; what was captured, where no header said so. */
static inline uint32_t hs_span_length(const hs_span *span)
{
    return (uint32_t)(hs_span_is_known(span) ? span->whole : span->left);
}

static inline hs_bytes hs_span_rest(const hs_span *span)
{
    return (hs_bytes){span->at, span->left};
}

static inline uint16_t hs_load_u16(const uint8_t *at)
{
    return (uint16_t)((unsigned)at[0] << 8 | at[1]);
}

static inline uint32_t hs_load_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

#endif
